"""Anthropic Messages at the door and towards a provider, each against chat completions on the other side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anthropic
import pytest

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anthropic.types import MessageParam, ToolParam
    from api_harness import Caller

TOOL: ToolParam = {"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}


def asking(content: str) -> list[MessageParam]:
    return [{"role": "user", "content": content}]


@pytest.fixture
def client(caller: Caller) -> Iterator[anthropic.Anthropic]:
    """The official client as its users set it up: only base URL and key changed."""
    with anthropic.Anthropic(base_url=f"{caller.harness.url}/api", api_key=caller.key, max_retries=0) as made:
        yield made


class TestDoor:
    """The official `anthropic` client onto a provider that speaks chat completions."""

    def test_a_whole_answer(self, client: anthropic.Anthropic, caller: Caller) -> None:
        answer = client.messages.create(model="fake/text", max_tokens=50, messages=asking('fake: text="one two"'))
        assert [block.text for block in answer.content if block.type == "text"] == ["one two"]
        assert answer.stop_reason == "end_turn"
        assert answer.usage.output_tokens == 2
        assert caller.used > 0

    def test_a_stream(self, client: anthropic.Anthropic, caller: Caller) -> None:
        with client.messages.stream(
            model="fake/text", max_tokens=50, messages=asking('fake: text="one two three"')
        ) as stream:
            assert "".join(stream.text_stream) == "one two three"
            answer = stream.get_final_message()
        assert answer.stop_reason == "end_turn"
        assert answer.usage.output_tokens == 3
        assert caller.used > 0

    @pytest.mark.parametrize("kind", ["tool", "tools"])
    def test_tool_calls(self, client: anthropic.Anthropic, kind: str) -> None:
        with client.messages.stream(
            model="fake/text", max_tokens=200, messages=asking(f"fake: kind={kind}"), tools=[TOOL]
        ) as stream:
            answer = stream.get_final_message()
        calls = [block for block in answer.content if block.type == "tool_use"]
        assert len(calls) == (1 if kind == "tool" else 2)
        assert all(isinstance(call.input, dict) for call in calls)
        assert answer.stop_reason == "tool_use"

    def test_a_tool_conversation_reaches_the_provider(self, client: anthropic.Anthropic) -> None:
        first = client.messages.create(
            model="fake/text", max_tokens=200, messages=asking("fake: kind=tool"), tools=[TOOL]
        )
        (call,) = [block for block in first.content if block.type == "tool_use"]
        result: MessageParam = {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": call.id, "content": "42"},
                {"type": "text", "text": 'fake: text="it is 42"'},
            ],
        }
        second = client.messages.create(
            model="fake/text",
            max_tokens=50,
            tools=[TOOL],
            messages=[*asking("fake: kind=tool"), {"role": "assistant", "content": first.content}, result],
        )
        assert [block.text for block in second.content if block.type == "text"] == ["it is 42"]

    def test_reasoning(self, client: anthropic.Anthropic) -> None:
        answer = client.messages.create(model="fake/text", max_tokens=200, messages=asking("fake: kind=reasoning"))
        assert [block.type for block in answer.content] == ["thinking", "text"]

    def test_tokens_are_counted_for_nothing(self, client: anthropic.Anthropic, caller: Caller) -> None:
        counted = client.messages.count_tokens(model="fake/text", messages=asking("one two three"))
        assert counted.input_tokens >= 3
        assert caller.used == 0

    def test_errors_are_in_its_words(self, client: anthropic.Anthropic, caller: Caller) -> None:
        with pytest.raises(anthropic.BadRequestError):
            client.messages.create(model="no/such", max_tokens=5, messages=asking("hello"))
        with (
            anthropic.Anthropic(base_url=f"{caller.harness.url}/api", api_key="sk-mp-v1-x", max_retries=0) as stranger,
            pytest.raises(anthropic.AuthenticationError),
        ):
            stranger.messages.create(model="fake/text", max_tokens=5, messages=asking("hello"))

    def test_a_fault_in_mid_stream_is_an_error_event_and_free(
        self, client: anthropic.Anthropic, caller: Caller
    ) -> None:
        with (
            pytest.raises(anthropic.APIError),
            client.messages.stream(
                model="fake/text", max_tokens=50, messages=asking("fake: tokens=30 fail=reset at=5 interval_ms=5")
            ) as stream,
        ):
            stream.get_final_message()
        assert caller.used == 0


class TestProvider:
    """A provider that speaks Anthropic Messages: this server's own door, one hop further."""

    @pytest.fixture
    def model(self, caller: Caller) -> str:
        name = f"loop-{caller.key_hash[:8]}"
        document = Document.model_validate(
            {
                "providers": [
                    {
                        "slug": name,
                        "name": "Loop",
                        "dialect": "anthropic_messages",
                        "base_url": f"{caller.harness.url}/api/v1",
                        "api_key": caller.key,
                    }
                ],
                "models": [
                    {
                        "id": f"loop/{name}",
                        "name": name,
                        "context_length": 8192,
                        "endpoints": [
                            {
                                "provider": name,
                                "upstream_model": "fake/text",
                                "pricing": {"prompt": "0.000001", "completion": "0.000002"},
                                "max_completion_tokens": 500,
                            }
                        ],
                    }
                ],
            }
        )
        caller.harness.call(caller.harness.services.catalog.apply(document))
        return f"loop/{name}"

    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
    def test_words(self, caller: Caller, model: str, *, stream: bool) -> None:
        answer = caller.chat('fake: text="one two"', model=model, stream=stream, max_tokens=50)
        assert answer.status == 200
        assert answer.text == "one two"
        assert answer.usage["completion_tokens"] == 2
        assert answer.usage["cost"] > 0

    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
    def test_a_length_that_nobody_gave(self, caller: Caller, model: str, *, stream: bool) -> None:
        assert caller.chat("fake: tokens=3", model=model, stream=stream).status == 200

    def test_its_refusal_comes_in_the_callers_dialect(self, caller: Caller, model: str) -> None:
        answer = caller.chat("fake: fail=status status=400", model=model, max_tokens=50)
        assert answer.status == 400
        assert answer.error["metadata"]["provider_name"] == "Loop"
        assert caller.used == 0

    def test_both_sides_speak_it(self, caller: Caller, client: anthropic.Anthropic, model: str) -> None:
        answer = client.messages.create(model=model, max_tokens=50, messages=asking('fake: text="there and back"'))
        assert [block.text for block in answer.content if block.type == "text"] == ["there and back"]
        assert caller.used > 0
