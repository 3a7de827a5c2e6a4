"""The table: one column per subject, one row per figure, and the ratios to nginx and to the raw proxy."""

import json
import os
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from .runner import Plan, Report
from .subjects import SUBJECTS


@dataclass(frozen=True)
class Figure:
    """One row: its key in the report, its words, and how its numbers are shown."""

    key: str
    title: str
    digits: int = 0
    more_is_better: bool = False
    ratio: bool = False


FIGURES: Final = (
    Figure("rps", "requests/s", more_is_better=True, ratio=True),
    Figure("cpu_us_request", "CPU us per request", ratio=True),
    Figure("cpu_us_event", "CPU us per streamed event", 1, ratio=True),
    Figure("cpu_us_stream", "CPU us per stream, begin and end"),
    Figure("p50_ms", "latency at a fixed rate p50, ms", 2),
    Figure("added_p50_ms", "added latency p50, ms", 2),
    Figure("added_p99_ms", "added latency p99, ms", 2),
    Figure("added_lag_p50_ms", "added event lag p50, ms", 2),
    Figure("added_lag_p99_ms", "added event lag p99, ms", 2),
    Figure("rss_idle_mb", "memory at rest, MB", ratio=True),
    Figure("rss_streams_mb", "memory under streams, MB", ratio=True),
    Figure("start_s", "start to ready, s", 2),
    Figure("idle_cores", "cores used at rest", 3),
)
_PEERS: Final = ("nginx", "raw")


def _cell(figure: Figure, values: list[float]) -> str:
    """Median, and the best round in brackets."""
    if not values:
        return "-"
    median = f"{statistics.median(values):,.{figure.digits}f}"
    if len(values) == 1:
        return median
    best = max(values) if figure.more_is_better else min(values)
    return f"{median} ({best:,.{figure.digits}f})"


def ratio(mine: list[float], theirs: list[float]) -> float | None:
    """The median of the ratios round by round: both sides of each saw the same noise."""
    pairs = [a / b for a, b in zip(mine, theirs, strict=False) if b > 0]
    return statistics.median(pairs) if pairs else None


def table(report: Report) -> list[list[str]]:
    """All rows, the head first."""
    names = [name for name in ("direct", *SUBJECTS) if name in report.versions]
    rows = [["median (best round)", *names]]
    rows += [
        [figure.title, *(_cell(figure, report.values[name].get(figure.key, [])) for name in names)]
        for figure in FIGURES
    ]
    for peer in [peer for peer in _PEERS if peer in names]:
        for figure in [figure for figure in FIGURES if figure.ratio]:
            cells: list[str] = []
            for name in names:
                base = report.values[peer].get(figure.key, [])
                found = ratio(report.values[name].get(figure.key, []), base)
                cells.append("-" if found is None or name == "direct" else f"x{found:.3g}")
            rows.append([f"{figure.title}: ratio to {peer}", *cells])
    return rows


_BILLED: Final = {
    "cpu_us_request": ("CPU us per request", 0),
    "cpu_us_event": ("CPU us per streamed event", 1),
    "cpu_us_stream": ("CPU us per stream, begin and end", 0),
    "p50_ms": ("latency p50, ms", 2),
    "p99_ms": ("latency p99, ms", 2),
    "rss_idle_mb": ("memory at rest, MB", 0),
}


def billing(report: Report) -> list[str]:
    """What money costs on the chat path: medians with it and without, round by round."""
    with_it, without = report.values.get("modelport", {}), report.values.get("unbilled", {})
    lines: list[str] = []
    for key, (title, digits) in _BILLED.items():
        pairs = list(zip(with_it.get(key, []), without.get(key, []), strict=False))
        times = ratio(with_it.get(key, []), without.get(key, []))
        if times is not None:
            more = statistics.median(a - b for a, b in pairs)
            lines.append(f"billing: {title} x{times:.3g} ({more:+,.{digits}f})")
    return lines


def as_text(rows: list[list[str]]) -> str:
    """The table for a terminal."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines)


def as_markdown(rows: list[list[str]]) -> str:
    """The table for a page."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "| --- |" + " ---: |" * (len(rows[0]) - 1))
    return "\n".join(lines)


def machine() -> dict[str, str]:
    """What it ran on."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": models[0] if models else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load": " ".join(f"{value:.1f}" for value in os.getloadavg()),
        "system": platform.platform(),
        "python": sys.version.split()[0],
    }


def notes(plan: Plan, report: Report) -> list[str]:
    """What one has to know to read the table."""
    lines = [f"{name}: {version}" for name, version in report.versions.items()]
    lines.append(
        f"{plan.rounds} rounds, windows of {plan.seconds:g} s, {plan.concurrency} connections, "
        f"{plan.streams} streams at once, {'pinned to cores' if plan.pin else 'not pinned'}"
    )
    lines.append(", ".join(f"{name} {value}" for name, value in machine().items()))
    lines += billing(report)
    if "litellm" in report.versions:
        lines.append("litellm at 20 requests/s and 1 event/s a stream, the others at 100 and 20")
    lines += [f"SKIPPED {name}: {reason.splitlines()[0]}" for name, reason in report.skipped.items()]
    lines += [f"WARNING {warning}" for warning in report.warnings]
    lines += [f"FAULT {fault}" for fault in report.faults]
    return lines


def write(plan: Plan, report: Report, out: Path) -> str:
    """Write `latest.json` and `latest.md`, and return the table for the terminal."""
    out.mkdir(parents=True, exist_ok=True)
    rows, said = table(report), notes(plan, report)
    whole = {"plan": asdict(plan), "machine": machine(), **asdict(report)}
    (out / "latest.json").write_text(json.dumps(whole, indent=1))
    listed = "\n".join(f"- {line}" for line in said)
    (out / "latest.md").write_text(f"# Benchmark\n\n{as_markdown(rows)}\n\n{listed}\n")
    return "\n".join([as_text(rows), "", *said])
