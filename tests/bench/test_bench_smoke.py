"""The benchmark works: mock provider, raw proxy, load generator and report, in one short run without verdict."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench.report import billing
from bench.runner import Report

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.proof
def test_a_short_run_fills_the_table(tmp_path: Path) -> None:
    options = ["--quick", "--only", "raw", "--rounds", "1", "--seconds", "0.2", "--streams", "10"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *options, "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "latest.json").read_text())
    assert found["faults"] == []
    assert found["skipped"] == {}
    for subject in ("direct", "raw"):
        values = found["values"][subject]
        assert {"rps", "cpu_us_request", "cpu_us_event", "p50_ms", "rss_idle_mb", "start_s"} <= set(values)
        assert values["rps"][0] > 0
    streams = [run for run in found["runs"] if run["mode"] == "streams"]
    assert [run["completed"] for run in streams] == [10, 10]
    assert "CPU us per streamed event" in (tmp_path / "latest.md").read_text()


def test_translation_is_measured() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.translation", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| chat -> chat |" in done.stdout
    assert "| chat -> Anthropic |" in done.stdout


def test_the_cost_of_money_is_told() -> None:
    report = Report()
    for subject, requests, waits in (
        ("modelport", (500.0, 660.0), (2.0, 4.0)),
        ("unbilled", (400.0, 600.0), (1.0, 2.0)),
    ):
        for cpu, wait in zip(requests, waits, strict=True):
            report.add(subject, "cpu_us_request", cpu)
            report.add(subject, "p50_ms", wait)
    assert billing(report) == ["billing: CPU us per request x1.18 (+80)", "billing: latency p50, ms x2 (+1.50)"]
    assert billing(Report()) == []
