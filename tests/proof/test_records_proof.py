"""Ten million generations do not slow anything: activity, the log and rankings answer within 300 ms.

`MODELPORT_PROOF_ROWS` chooses how many; a short version of it runs with every test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from db.postgres_cluster import Cluster

_ROOT = Path(__file__).parents[2]


def _run(server: Cluster, name: str, rows: int, rounds: int) -> subprocess.CompletedProcess[str]:
    server.sql(f"CREATE DATABASE {name}")
    command = [sys.executable, "-m", "bench.records", "--url", server.url(name)]
    sizes = ["--rows", str(rows), "--rounds", str(rounds)]
    try:
        return subprocess.run([*command, *sizes], cwd=_ROOT, capture_output=True, text=True, check=False)
    finally:
        server.sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_few_thousand(cluster: Cluster) -> None:
    """Every question is answered; how fast is the long run's matter."""
    done = _run(cluster, "records_small", 3_000, 2)
    assert done.stdout.count("p95") == 16, done.stdout + done.stderr


@pytest.mark.proof
def test_ten_million(cluster: Cluster) -> None:
    done = _run(cluster, "records_large", int(os.environ.get("MODELPORT_PROOF_ROWS", "10000000")), 100)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
