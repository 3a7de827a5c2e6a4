"""Every official client onto every dialect of providers: words, tools, reasoning, forms; whole and streamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from api_clients import CLIENTS, SCHEMA, TOOL
from api_loops import ROOTS, make_loops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_clients import Client
    from api_harness import Caller, Harness

# The client's own model of a key has a field that it calls deprecated, and warns of itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture(scope="session")
def loops(shared_harness: Harness) -> dict[str, str]:
    """A model for each dialect."""
    return make_loops(shared_harness)


@pytest.fixture(params=CLIENTS, ids=lambda made: made.name)
def client(request: pytest.FixtureRequest, caller: Caller) -> Iterator[Client]:
    made: Client = request.param(caller.harness.url, caller.key)
    yield made
    made.close()


@pytest.fixture(params=ROOTS)
def model(request: pytest.FixtureRequest, loops: dict[str, str]) -> str:
    return loops[request.param]


@BOTH
class TestEachOntoEach:
    """A client, and a provider of a dialect that may be another."""

    def test_words_and_what_they_cost(self, client: Client, model: str, caller: Caller, *, stream: bool) -> None:
        heard = client.ask(model, [client.says('fake: text="one two three"')], stream=stream)
        assert heard.text == "one two three"
        assert heard.finish == client.finishes["stop"]
        assert heard.completion_tokens == 3
        assert heard.prompt_tokens > 0
        assert caller.used > 0

    def test_a_tool_is_called_and_answered(self, client: Client, model: str, *, stream: bool) -> None:
        asked = [client.says("fake: kind=tools")]
        heard = client.ask(model, asked, stream=stream, tools=True)
        assert heard.finish == client.finishes["tool_calls"]
        assert [call[1] for call in heard.calls] == [TOOL, TOOL]
        assert len({call[0] for call in heard.calls}) == 2
        assert all(call[2] for call in heard.calls)
        if heard.turn is None:
            return
        second = client.ask(model, [*asked, *client.results(heard, "12 degrees", "fake: text=@body")], tools=True)
        body = json.loads(second.text)
        said = [turn for turn in body["messages"] if turn["role"] in {"assistant", "tool"}]
        (called,) = [turn for turn in said if turn["role"] == "assistant"]
        calls = [(each["id"], each["function"]["name"], json.loads(each["function"]["arguments"]))
                 for each in called["tool_calls"]]  # fmt: skip
        assert [call[1:] for call in calls] == [call[1:] for call in heard.calls]
        told = {turn["tool_call_id"]: turn["content"] for turn in said if turn["role"] == "tool"}
        assert set(told) == {call[0] for call in calls}
        assert all("12 degrees" in json.dumps(content) for content in told.values())
        assert body["tools"][0]["function"]["parameters"] == SCHEMA

    def test_reasoning(self, client: Client, model: str, *, stream: bool) -> None:
        heard = client.ask(model, [client.says("fake: kind=reasoning tokens=8")], stream=stream)
        assert heard.reasoning
        assert heard.text
        assert heard.completion_tokens == 8

    def test_the_form_of_an_answer_reaches_the_provider(self, client: Client, model: str, *, stream: bool) -> None:
        heard = client.ask(model, [client.says("fake: text=@body")], stream=stream, schema=True)
        form = json.loads(heard.text)["response_format"]
        assert form["type"] == "json_schema"
        assert form["json_schema"]["schema"] == SCHEMA
