"""The fault board: every fault x streamed or not x one or three endpoints, against real sockets.

What comes out is a page of the documentation; run with `MODELPORT_WRITE_FAULTS=1` to write it anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from api_harness import until
from fault_board import FAULTS, Fault, catalogue, expired_tls

from modelport.catalog.document import Document
from modelport.gateway.plan_health import FINE, RESTING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Answer, Caller, Harness

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
CASES = [(number, stream, many) for number in range(len(FAULTS)) for stream in (False, True) for many in (False, True)]


class Row(NamedTuple):
    """What came of one case."""

    outcome: str
    charged: str
    attempts: int
    health: str


@pytest.fixture
def board(harness: Harness, tmp_path: Path) -> Iterator[Harness]:
    server = expired_tls(tmp_path)
    port = harness.call(server.__aenter__())
    harness.call(harness.services.catalog.apply(Document.model_validate(catalogue(harness.fake_port, port))))
    yield harness
    harness.call(server.__aexit__(None, None, None))


def test_the_board(board: Harness) -> None:
    rows: dict[tuple[int, bool, bool], Row] = {}
    for number, stream, many in CASES:
        board.services.health.forget()
        caller = board.caller()
        model = f"board/{number}-{'three' if many else 'alone'}"
        order = {"order": [f"fault-{number}"]}
        answer = caller.chat("hello", model, provider=order, stream=stream)
        rows[number, stream, many] = row = _seen(board, caller, answer, number)
        _check(FAULTS[number], row, answer, stream=stream, many=many)
    page = _page(rows)
    if os.environ.get("MODELPORT_WRITE_FAULTS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run this test with MODELPORT_WRITE_FAULTS=1"


def _seen(board: Harness, caller: Caller, answer: Answer, number: int) -> Row:
    record = caller.generation(answer.id)
    attempts = json.loads(record.trace)["attempts"]
    endpoint = board.services.catalog.snapshot.models[record.model if record.endpoint_id else attempts[-1]["model"]]
    failing = next(each for each in endpoint.endpoints if each.tag == f"fault-{number}")
    used = caller.used
    assert used == record.cost, "the ledger and the record say the same"
    failed = "error" in (answer.events[-1] if answer.events else answer.json)
    if not failed:
        outcome = "200, the whole answer"
        assert used > 0
        if answer.events:
            assert answer.done
    elif answer.events:
        outcome = f"200, then an error {answer.error['code']} in the stream"
    else:
        outcome = f"{answer.status} `{answer.error['metadata']['error_type']}`"
    if failed:
        assert used == 0, "a failure is free"
        told = json.dumps(answer.error)
        assert "127.0.0.1" not in told
        assert "nobody.invalid" not in told
    return Row(outcome, "once" if used else "nothing", len(attempts), _health(board, failing.id))


def _health(board: Harness, endpoint_id: str) -> str:
    health = board.services.health

    def look() -> str | None:
        record = health.records.get(endpoint_id)
        if record is None:
            return "nothing"
        standing = health.troubled.get(endpoint_id, FINE)
        if standing == RESTING:
            return "rests as it asked" if record.stated else "rests"
        good, bad = record.minutes.sums(health.now(), 5)
        return "a fault" if bad else "a success" if good else "nothing"

    return until(look)


def _check(fault: Fault, row: Row, answer: Answer, *, stream: bool, many: bool) -> None:
    struck = fault.delivers and stream
    expected = {
        "fault": "a fault",
        "throttled": "rests as it asked" if "retry_after" in fault.script else "rests",
        "rests": "rests",
        "nothing": "nothing",
    }[fault.health]
    assert row.health == expected, (fault, row)
    if struck:
        assert "then an error" in row.outcome, (fault, row)
        assert answer.error["code"] == fault.status
        assert row.attempts == 1
    elif many and fault.mends:
        assert (row.outcome, row.attempts) == ("200, the whole answer", 2), (fault, row)
    else:
        assert (answer.status, answer.error["metadata"]["error_type"]) == (fault.status, fault.kind), (fault, row)
        assert row.attempts == fault.attempts, (fault, row)


def _page(rows: dict[tuple[int, bool, bool], Row]) -> str:
    lines = [
        "# Faults of providers, and what becomes of them",
        "",
        "Written by `tests/api/test_api_fault_board.py`, which plays every fault on a real socket. With one endpoint",
        "there is nothing to fall back on; with three, the failing one is tried first and two sound ones are left.",
        "*Health* is what the failing endpoint's health learned. What fails is free: at most one answer is charged.",
        "",
        "| fault | streamed | endpoints | outcome | charged | attempts | health |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (number, stream, many), row in rows.items():
        lines.append(
            f"| {FAULTS[number].name} | {'yes' if stream else 'no'} | {3 if many else 1} "
            f"| {row.outcome} | {row.charged} | {row.attempts} | {row.health} |"
        )
    return "\n".join(lines) + "\n"
