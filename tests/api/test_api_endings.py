"""Every way out of a request settles it exactly once: what the caller got, the ledger, the record, the provider.

The `harness` fixture checks after each test that nothing is held any more and that the ledger is green.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import PROMPT_NANOS, Caller, Harness, marker, nanos, read_answer, until

from modelport.gateway import tokens

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from api_harness import Answer

CHAT = "/api/v1/chat/completions"
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@contextmanager
def half_way(caller: Caller, body: dict[str, Any], events: int) -> Generator[tuple[str, list[dict[str, Any]]]]:
    """A stream of which so many events were read; leaving the block closes the connection."""
    with caller.harness.http.stream("POST", CHAT, json={**body, "stream": True}, headers=caller.headers) as response:
        seen: list[dict[str, Any]] = []
        lines = response.iter_lines()  # kept until the end: letting go of it would close the connection
        for line in lines:
            if line.startswith("data: {"):
                seen.append(json.loads(line.removeprefix("data: ")))
            if len(seen) == events:
                break
        yield response.headers["x-generation-id"], seen


def posted(caller: Caller, body: dict[str, Any]) -> socket.socket:
    """A connection on which a request was sent and nothing read."""
    connection = socket.create_connection(("127.0.0.1", caller.harness.port))
    content = json.dumps(body).encode()
    head = (
        f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    connection.sendall(head.encode() + content)
    return connection


@contextmanager
def at_the_provider(harness: Harness) -> Generator[None]:
    """A block after which the provider has the request that was sent in it."""
    before = harness.fake._number
    yield
    until(lambda: harness.fake._number > before)


def check_failure(caller: Caller, answer: Answer, status: int, kind: str, times: int = 1) -> None:
    """The caller was told, paid nothing, and the failure is on record."""
    error = answer.error
    assert (error["code"], error["metadata"]["error_type"]) == (status, kind)
    assert "sk-upstream" not in json.dumps(error)
    assert str(caller.harness.fake_port) not in json.dumps(error)
    row = caller.generation(answer.id)
    assert (row.status, row.error_type, row.finish_reason, row.cost) == ("error", kind, "error", 0)
    assert caller.used == 0
    assert len(json.loads(row.trace)["attempts"]) == times


class TestBeforeTheFirstByte:
    """A failure before anything was delivered is an HTTP error, and free."""

    @BOTH
    @pytest.mark.parametrize(
        ("script", "status", "kind"),
        [
            ("fail=status status=500", 502, "provider_unavailable"),
            ("fail=status status=501", 502, "provider_unavailable"),
            ("fail=status status=503", 503, "provider_overloaded"),
            ("fail=status status=529", 503, "provider_overloaded"),
            ("fail=status status=504", 504, "timeout"),
            ("fail=status status=408", 504, "timeout"),
            ("fail=status status=429", 429, "rate_limit_exceeded"),
            ("fail=status status=400", 400, "invalid_request"),
            ("fail=status status=422", 400, "invalid_request"),
            ("fail=status status=413", 413, "payload_too_large"),
            ("fail=status status=401", 502, "provider_unavailable"),
            ("fail=status status=403", 502, "provider_unavailable"),
            ("fail=status status=404", 502, "provider_unavailable"),
            ("fail=status status=302", 502, "provider_unavailable"),
            ("fail=reset", 502, "provider_unavailable"),
            ("fail=html", 502, "provider_unavailable"),
            ("fail=html status=503", 503, "provider_overloaded"),
            ("fail=empty200", 502, "provider_unavailable"),
            ("fail=badchunk", 502, "provider_unavailable"),
            ("fail=truncate", 502, "provider_unavailable"),
            ("fail=garbage", 502, "provider_unavailable"),
            ("fail=error_event", 502, "provider_unavailable"),
        ],
    )
    def test_it_is_told_and_free(self, caller: Caller, script: str, status: int, kind: str, *, stream: bool) -> None:
        answer = caller.chat(f"fake: {script}", stream=stream)
        assert answer.status == status
        assert answer.headers["content-type"] == "application/json"
        assert answer.error["message"] == "Provider returned error"
        assert answer.error["metadata"]["provider_name"] == "Fake"
        check_failure(caller, answer, status, kind)

    def test_the_providers_words_are_passed_on(self, caller: Caller) -> None:
        error = caller.chat("fake: fail=status status=503").error
        assert error["metadata"]["raw"] == "The scripted provider answers 503."

    def test_a_provider_that_is_full_says_when_to_come_back(self, caller: Caller) -> None:
        answer = caller.chat("fake: fail=status status=429 retry_after=7")
        assert (answer.status, answer.headers["retry-after"]) == (429, "7")
        assert answer.error["metadata"]["limit_source"] == "upstream_provider_shared_pool"
        assert "x-ratelimit-limit" not in answer.headers

    @BOTH
    def test_a_provider_that_is_not_there(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat(model="fake/dead", stream=stream)
        assert answer.status == 502
        check_failure(caller, answer, 502, "provider_unavailable", times=2)  # once more, as it was never reached
        assert "127.0.0.1" not in json.dumps(answer.error)

    @BOTH
    def test_a_refused_key_of_ours_is_not_the_callers_fault(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat(model="fake/unkeyed", stream=stream)
        assert answer.status == 502
        check_failure(caller, answer, 502, "provider_unavailable")

    @BOTH
    def test_silence_ends_in_504(self, caller: Caller, *, stream: bool) -> None:
        mark = marker()
        answer = caller.chat(f"fake: fail=stall marker={mark}", "fake/hasty", stream=stream)
        assert (answer.status, answer.error["message"]) == (504, "Provider timed out")
        check_failure(caller, answer, 504, "timeout")
        assert caller.harness.record(mark).client_gone

    @BOTH
    def test_all_of_them_down_tells_the_last_and_lists_the_others(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat(model="fake/doomed", stream=stream, provider={"order": ["alpha", "beta"]})
        assert answer.status == 503
        previous = answer.error["metadata"]["previous_errors"]
        assert [(each["provider"], each["code"]) for each in previous] == [("Alpha", 500)]
        check_failure(caller, answer, 503, "provider_overloaded", times=2)

    def test_a_busy_provider_is_503(self, caller: Caller) -> None:
        mark = marker()
        with half_way(caller, caller.body(f"fake: fail=stall at=2 marker={mark}", "fake/narrow"), 1):
            answer = caller.chat(model="fake/narrow")
            assert answer.status == 503
            check_failure(caller, answer, 503, "provider_overloaded")
        caller.harness.record(mark)
        assert until(lambda: caller.chat(model="fake/narrow").status == 200 or None), "its place is free again"


class TestAfterTheFirstByte:
    """A stream that breaks is told in the stream, and free."""

    @pytest.mark.parametrize("script", ["reset", "truncate", "badchunk", "garbage", "error_event"])
    def test_the_break_is_the_last_event(self, caller: Caller, script: str) -> None:
        mark = marker()
        answer = caller.chat(f"fake: tokens=20 interval_ms=2 fail={script} at=5 marker={mark}", stream=True)
        assert answer.status == 200
        assert 1 <= len(answer.text.split()) <= 5
        last = answer.events[-1]
        assert last["id"] == answer.id
        assert last["choices"][0]["finish_reason"] == "error"
        assert last["choices"][0]["delta"]["content"] == ""
        assert last["error"]["message"] == "Provider returned error"
        assert answer.done
        assert not [event for event in answer.events if "usage" in event]
        check_failure(caller, answer, 502, "provider_unavailable")

    def test_no_other_provider_is_tried(self, caller: Caller) -> None:
        mark = marker()
        answer = caller.chat(
            f'fake: text="one two three four five" interval_ms=2 fail=reset at=3 marker={mark}',
            "fake/multi",
            stream=True,
        )
        assert "error" in answer.events[-1]
        assert len(caller.harness.records(mark)) == 1

    def test_a_stream_that_falls_silent_ends_in_a_timeout(self, caller: Caller) -> None:
        mark = marker()
        answer = caller.chat(f"fake: fail=stall at=3 marker={mark}", "fake/hasty", stream=True)
        assert answer.status == 200
        assert answer.error["code"] == 504
        assert len(answer.text.split()) == 2
        check_failure(caller, answer, 504, "timeout")
        assert caller.harness.record(mark).client_gone

    @BOTH
    def test_an_answer_that_takes_too_long_in_all(self, caller: Caller, *, stream: bool) -> None:
        mark = marker()
        script = "interval_ms=20" if stream else "first_ms=8000"
        answer = caller.chat(f"fake: tokens=400 {script} marker={mark}", "fake/brief", stream=stream)
        assert answer.error["code"] == 504
        check_failure(caller, answer, 504, "timeout")
        assert caller.harness.record(mark).client_gone

    @pytest.mark.parametrize("script", ["reset", "truncate", "badchunk", "garbage", "error_event"])
    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    def test_a_whole_answer_that_breaks_is_an_http_error(self, caller: Caller, model: str, script: str) -> None:
        answer = caller.chat(f"fake: tokens=20 fail={script} at=5", model)
        assert answer.status == 502
        check_failure(caller, answer, 502, "provider_unavailable")

    def test_a_whole_answer_that_breaks_may_come_from_the_next(self, caller: Caller) -> None:
        mark = marker()
        answer = caller.chat(f"fake: fail=truncate at=1 rate=0.5 seed=1 marker={mark}", "fake/multi")
        assert answer.status in {200, 502}
        assert caller.used == (nanos_of(answer) if answer.status == 200 else 0)


def nanos_of(answer: Answer) -> int:
    """What the answer says it cost."""
    return round(answer.usage["cost"] * 10**9)


class TestCallerGone:
    """Whoever leaves pays for what had come until then; the provider is stopped at once."""

    @BOTH
    def test_before_the_first_byte_it_is_free(self, caller: Caller, *, stream: bool) -> None:
        mark = marker()
        harness = caller.harness
        with at_the_provider(harness):
            connection = posted(caller, caller.body(f"fake: fail=stall marker={mark}", stream=stream))
        connection.close()
        record = harness.record(mark)
        assert record.client_gone
        assert caller.used == 0
        harness.check()

    @BOTH
    def test_a_row_says_that_it_was_cancelled(self, caller: Caller, *, stream: bool) -> None:
        mark = marker()
        with at_the_provider(caller.harness):
            connection = posted(caller, caller.body(f"fake: fail=stall marker={mark}", stream=stream))
        connection.close()
        caller.harness.record(mark)
        rows = until(lambda: rows_of(caller))
        assert rows == [("cancelled", 1, 0)]

    def test_in_mid_stream_what_came_is_paid(self, caller: Caller) -> None:
        mark = marker()
        body = caller.body(f"fake: tokens=500 interval_ms=20 prompt_tokens=50 marker={mark}")
        with half_way(caller, body, 5) as (generation_id, seen):
            assert len(seen) == 5
        record = caller.harness.record(mark)
        assert record.client_gone
        assert record.completion_tokens_sent < 250, "the provider was stopped"
        row = caller.generation(generation_id)
        assert (row.status, row.cancelled) == ("cancelled", True)
        assert row.estimated
        # Counted offline, by another tokenizer than the scripted provider's.
        assert 4 <= row.completion_tokens <= 4 * record.completion_tokens_sent
        assert row.prompt_tokens > 0
        assert caller.used == row.cost > 0

    def test_with_a_reset_as_well(self, caller: Caller) -> None:
        mark = marker()
        connection = posted(caller, caller.body(f"fake: tokens=500 interval_ms=20 marker={mark}", stream=True))
        connection.recv(200)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
        assert caller.harness.record(mark).client_gone
        ((status, _, cost),) = until(lambda: rows_of(caller))
        assert status == "cancelled"
        assert caller.used == cost > 0

    def test_many_at_once_each_settle_once(self, caller: Caller) -> None:
        marks = [marker() for _ in range(12)]

        def leave(mark: str, events: int) -> None:
            body = caller.body(f"fake: tokens=500 interval_ms=10 marker={mark}", max_tokens=600)
            with half_way(caller, body, events):
                pass

        threads = [threading.Thread(target=leave, args=(mark, n + 1)) for n, mark in enumerate(marks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        for mark in marks:
            assert caller.harness.record(mark).client_gone
        rows = until(lambda: found if len(found := rows_of(caller)) == len(marks) else None)
        assert caller.used == sum(cost for _, _, cost in rows)

    def test_a_slow_reader_holds_the_provider_back(self, caller: Caller) -> None:
        mark = marker()
        body = caller.body(f"fake: tokens=400000 marker={mark}", "fake/wide:free", stream=True, max_tokens=400_000)
        connection = posted(caller, body)
        connection.recv(100)
        # Nothing is read for a while: what is on its way is bounded, so the provider can't have ended.
        threading.Event().wait(0.3)
        assert caller.harness.records(mark) == []
        connection.close()
        record = caller.harness.record(mark)
        assert record.client_gone
        assert record.completion_tokens_sent < 400_000


class TestOurOwnFault:
    """A fault of the house is a generic 500 in the reference's shape, settled like any failure."""

    @pytest.fixture(autouse=True)
    def _broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(text: str) -> int:
            raise ZeroDivisionError(text)

        # Counting tokens stands for anything of ours that may break once an answer is in hand.
        monkeypatch.setattr(tokens, "count", broken)

    @BOTH
    def test_at_the_end_of_an_answer(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat("fake: fail=no_usage", stream=stream, max_tokens=50)
        error = answer.error
        assert error == {"code": 500, "message": "Internal Server Error", "metadata": {"error_type": "server"}}
        assert answer.status == (200 if stream else 500)
        assert caller.generation(answer.id).status == "error"
        assert caller.used == 0

    def test_when_the_caller_leaves(self, caller: Caller) -> None:
        mark = marker()
        body = caller.body(f"fake: tokens=500 interval_ms=20 marker={mark}", max_tokens=600)
        with half_way(caller, body, 3) as (generation_id, _):
            pass
        assert caller.harness.record(mark).client_gone
        row = caller.generation(generation_id)
        assert row.status in {"cancelled", "error"}
        assert row.cost == caller.used


def rows_of(caller: Caller) -> list[tuple[str, int, int]]:
    """Status, cancelled and cost of every generation of the account."""
    from sqlalchemy import select

    from modelport.usage.tables import generations

    query = select(generations.c.status, generations.c.cancelled, generations.c.cost).where(
        generations.c.account_id == caller.account_id
    )
    rows = caller.harness.call(
        caller.harness.services.database.read(lambda connection: connection.execute(query).all())
    )
    return [(row.status, int(row.cancelled), row.cost) for row in rows]


class TestShutdown:
    """The server stops in an orderly way, whatever is under way."""

    def test_running_streams_may_end(self, tmp_path: Path) -> None:
        harness = Harness(tmp_path)
        caller = harness.caller()
        answers: list[Answer] = []

        def ask() -> None:
            with harness.http.stream(
                "POST", CHAT, json=caller.body("fake: tokens=30 interval_ms=10", stream=True), headers=caller.headers
            ) as response:
                answers.append(read_answer(response, response.read()))

        thread = threading.Thread(target=ask)
        thread.start()
        until(harness._held)
        harness.server.should_exit = True
        thread.join(20)
        harness.stop()
        assert answers[0].done
        assert answers[0].usage["completion_tokens"] == 30
        again = Harness(tmp_path)
        assert again.call(again.services.credits.totals(caller.account_id))[1] == nanos(answers[0].usage)
        again.check()
        again.stop()

    def test_streams_that_do_not_end_are_cut_and_settled(self, tmp_path: Path) -> None:
        harness = Harness(tmp_path)
        caller = harness.caller()
        mark = marker()
        connection = posted(caller, caller.body(f"fake: fail=stall at=4 prompt_tokens=10 marker={mark}", stream=True))
        received = b""
        while received.count(b"data: ") < 4:
            received += connection.recv(10_000)
        with at_the_provider(harness):
            waiting = posted(caller, caller.body("fake: fail=stall", stream=False))
        harness.stop(within=0.2)
        connection.close()
        waiting.close()
        again = Harness(tmp_path)
        report = again.call(again.services.credits.check())
        assert (report.fault, report.open_holds) == (None, 0)
        rows = sorted(rows_of(Caller(again, caller.email, caller.account_id, caller.key, caller.key_hash)))
        assert [status for status, _, _ in rows] == ["cancelled", "cancelled"]
        costs = sorted(cost for _, _, cost in rows)
        assert costs[0] == 0
        assert costs[1] >= PROMPT_NANOS
        assert again.call(again.services.credits.totals(caller.account_id))[1] == costs[1]
        again.stop()
