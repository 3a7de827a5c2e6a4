"""Ten million generations do not slow anything: activity, the log and rankings answer within 300 ms.

`MODELPORT_PROOF_ROWS` chooses how many; a short version of it runs with every test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from db.postgres_cluster import Cluster, binaries

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
@pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")
def test_ten_million() -> None:
    server = Cluster()  # the tests' other one has less memory than any installed PostgreSQL
    server.start("shared_buffers=128MB", "max_wal_size=4GB")
    try:
        done = _run(server, "records_large", int(os.environ.get("MODELPORT_PROOF_ROWS", "10000000")), 100)
    finally:
        server.remove()
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
