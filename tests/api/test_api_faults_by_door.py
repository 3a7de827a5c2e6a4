"""A provider's faults as the callers of each dialect meet them: a status before the first byte, an event after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from modelport.kit import eventstream

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from api_harness import Caller


@dataclass(frozen=True)
class Spoken:
    """How a dialect is spoken at its door."""

    path: str
    """With `MODEL` for the model's id."""
    body: Callable[[str, str], dict[str, Any]]
    """From the model's id and what the user says."""
    error: Callable[[Any], Any]
    """The words of an error answer's body."""
    ended_badly: Callable[[bytes], bool]
    """Whether a stream's bytes end in a typed error, and as a stream of this dialect has to end."""


def events(data: bytes) -> list[dict[str, Any]]:
    """Every `data:` line that holds JSON."""
    lines = [line[5:].strip() for line in data.decode().splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def frames(data: bytes) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Every frame of a binary event stream."""
    found: list[tuple[dict[str, str], dict[str, Any]]] = []
    while data:
        size = eventstream.length(data[:12])
        headers, payload = eventstream.decode(data[:size])
        found.append((headers, json.loads(payload)))
        data = data[size:]
    return found


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def contents(text: str) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


DOORS: dict[str, Spoken] = {
    "chat": Spoken(
        "/api/v1/chat/completions",
        lambda model, text: {"model": model, "messages": user(text), "stream": True},
        lambda body: body["error"]["message"],
        lambda data: (
            data.endswith(b"data: [DONE]\n\n")
            and events(data)[-1]["choices"][0]["finish_reason"] == "error"
            and isinstance(events(data)[-1]["error"]["code"], int)
        ),
    ),
    "completions": Spoken(
        "/api/v1/completions",
        lambda model, text: {"model": model, "prompt": text, "stream": True},
        lambda body: body["error"]["message"],
        lambda data: data.endswith(b"data: [DONE]\n\n") and "error" in events(data)[-1],
    ),
    "responses": Spoken(
        "/api/v1/responses",
        lambda model, text: {"model": model, "input": text, "stream": True},
        lambda body: body["error"]["message"],
        lambda data: events(data)[-1]["type"] in {"response.failed", "error"},
    ),
    "messages": Spoken(
        "/api/v1/messages",
        lambda model, text: {"model": model, "max_tokens": 99, "messages": user(text), "stream": True},
        lambda body: body["error"]["message"],
        lambda data: events(data)[-1]["type"] == "error" and bool(events(data)[-1]["error"]["type"]),
    ),
    "gemini": Spoken(
        "/v1beta/models/MODEL:streamGenerateContent?alt=sse",
        lambda _model, text: contents(text),
        lambda body: body["error"]["message"],
        lambda data: "status" in events(data)[-1].get("error", {}),
    ),
    "gemini-array": Spoken(
        "/v1beta/models/MODEL:streamGenerateContent",
        lambda _model, text: contents(text),
        lambda body: body["error"]["message"],
        lambda data: "status" in json.loads(data)[-1].get("error", {}),
    ),
    "converse": Spoken(
        "/model/MODEL/converse-stream",
        lambda _model, text: {"messages": [{"role": "user", "content": [{"text": text}]}]},
        lambda body: body["message"],
        lambda data: frames(data)[-1][0][":message-type"] == "exception",
    ),
    "cohere": Spoken(
        "/v2/chat",
        lambda model, text: {"model": model, "messages": user(text), "stream": True},
        lambda body: body["message"],
        lambda data: events(data)[-1]["delta"]["finish_reason"] == "ERROR",
    ),
}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Spoken:
    return DOORS[request.param]


def ask(caller: Caller, door: Spoken, text: str, model: str = "fake/text") -> httpx.Response:
    return caller.harness.http.post(
        door.path.replace("MODEL", model), json=door.body(model, text), headers=caller.headers
    )


class TestAfterTheFirstByte:
    """The status is out: the stream says what went wrong, ends as it should, and costs nothing."""

    @pytest.mark.parametrize(
        "fault",
        ["reset", "truncate", "garbage", "error_event", "bigline size=9000000", "badchunk"],
    )
    def test_a_typed_error_and_a_proper_end(self, caller: Caller, door: Spoken, fault: str) -> None:
        answer = ask(caller, door, f"fake: tokens=30 fail={fault} at=5 interval_ms=5")
        assert answer.status_code == 200
        assert door.ended_badly(answer.content), answer.content[-500:]
        assert caller.used == 0
        row = caller.generation(answer.headers["x-generation-id"])
        assert (row.status, row.cost) == ("error", 0)

    def test_a_provider_that_falls_silent(self, caller: Caller, door: Spoken) -> None:
        answer = ask(caller, door, "fake: tokens=30 fail=stall at=5 interval_ms=5", model="fake/hasty")
        assert door.ended_badly(answer.content), answer.content[-500:]
        assert caller.used == 0


class TestBeforeTheFirstByte:
    """An HTTP status, in the words of the door."""

    @pytest.mark.parametrize(
        ("fault", "status"),
        [("status status=400", 400), ("status status=500", 502), ("reset", 502), ("html", 502), ("empty200", 502)],
    )
    def test_a_status_and_words(self, caller: Caller, door: Spoken, fault: str, status: int) -> None:
        answer = ask(caller, door, f"fake: fail={fault}")
        assert answer.status_code == status
        assert door.error(answer.json())
        assert caller.used == 0

    def test_a_wrong_key(self, caller: Caller, door: Spoken) -> None:
        answer = caller.harness.http.post(
            door.path.replace("MODEL", "fake/text"),
            json=door.body("fake/text", "hello"),
            headers={"authorization": "Bearer sk-mp-v1-wrong"},
        )
        assert answer.status_code == 401
        assert "User not found" in door.error(answer.json())

    def test_no_such_model(self, caller: Caller, door: Spoken) -> None:
        answer = ask(caller, door, "hello", model="no/such")
        assert answer.status_code == 400
        assert "no/such" in door.error(answer.json())

    def test_what_is_no_json(self, caller: Caller, door: Spoken) -> None:
        path = door.path.replace("MODEL", "fake/text")
        answer = caller.harness.http.post(path, content=b'{"messages": [', headers=caller.headers)
        assert answer.status_code == 400
        assert door.error(answer.json())

    def test_no_credits(self, caller: Caller, door: Spoken) -> None:
        poor = caller.harness.caller("0")
        answer = ask(poor, door, "hello")
        assert answer.status_code == 402
        assert "credits" in door.error(answer.json())


class TestUsageThatNeverComes:
    """Counted here, charged, and marked as estimated."""

    @pytest.mark.parametrize("fault", ["usage=none", "usage=none fail=no_done"])
    def test_is_counted(self, caller: Caller, door: Spoken, fault: str) -> None:
        answer = ask(caller, door, f'fake: text="one two three" {fault}')
        assert answer.status_code == 200
        assert not door.ended_badly(answer.content)
        assert caller.used > 0
        row = caller.generation(answer.headers["x-generation-id"])
        assert row.estimated
        assert row.completion_tokens >= 3
