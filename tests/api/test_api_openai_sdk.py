"""The official `openai` client, unmodified, with only base URL and key changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller
    from openai.types.chat import ChatCompletionMessageParam


def asking(content: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": content}]


@pytest.fixture(params=["/api/v1", "/v1"])
def client(caller: Caller, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    base_url = caller.harness.url + str(request.param)
    with openai.OpenAI(base_url=base_url, api_key=caller.key, max_retries=0) as made:
        yield made


class TestChat:
    """`chat.completions.create`."""

    def test_a_whole_answer(self, client: openai.OpenAI, caller: Caller) -> None:
        answer = client.chat.completions.create(model="fake/text", messages=asking('fake: text="one two"'))
        assert answer.choices[0].message.content == "one two"
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 2
        assert answer.usage.model_extra is not None
        assert answer.usage.model_extra["cost"] == pytest.approx(caller.used / 10**9)

    def test_a_stream(self, client: openai.OpenAI) -> None:
        stream = client.chat.completions.create(
            model="fake/text", messages=asking('fake: text="one two three"'), stream=True
        )
        chunks = list(stream)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two three"
        assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]

    def test_the_stream_helper_adds_it_up(self, client: openai.OpenAI) -> None:
        with client.chat.completions.stream(model="fake/text", messages=asking('fake: text="a b c"')) as stream:
            answer = stream.get_final_completion()
        assert answer.choices[0].message.content == "a b c"
        assert answer.usage is not None

    def test_tool_calls(self, client: openai.OpenAI) -> None:
        answer = client.chat.completions.create(
            model="fake/text",
            messages=asking("fake: kind=tool"),
            tools=[{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
        )
        assert answer.choices[0].message.tool_calls is not None
        assert answer.choices[0].message.tool_calls[0].type == "function"

    def test_the_raw_response_has_the_generations_id(self, client: openai.OpenAI) -> None:
        raw = client.chat.completions.with_raw_response.create(model="fake/text", messages=asking("x"))
        assert raw.headers["x-generation-id"] == raw.parse().id

    async def test_asynchronously(self, caller: Caller) -> None:
        async with openai.AsyncOpenAI(base_url=caller.harness.url + "/v1", api_key=caller.key) as client:
            stream = await client.chat.completions.create(model="fake/text", messages=asking("x"), stream=True)
            chunks = [chunk async for chunk in stream]
        assert chunks[-1].usage is not None

    def test_leaving_a_stream_is_harmless(self, client: openai.OpenAI, caller: Caller) -> None:
        stream = client.chat.completions.create(
            model="fake/text", messages=asking("fake: tokens=500 interval_ms=20"), stream=True
        )
        next(iter(stream))
        stream.close()
        caller.harness.check()
        assert caller.used > 0


class TestModels:
    """`models.list` and `models.retrieve`."""

    def test_listing(self, client: openai.OpenAI) -> None:
        assert {"fake/text", "fake/free:free"} <= {model.id for model in client.models.list()}


class TestErrors:
    """Each fault arrives as the client's own class for it."""

    def test_of_the_request(self, client: openai.OpenAI, caller: Caller) -> None:
        create = client.chat.completions.create
        with pytest.raises(openai.BadRequestError) as bad:
            create(model="fake/none", messages=asking("x"))
        assert "is not a valid model ID" in bad.value.message
        with pytest.raises(openai.NotFoundError):
            create(model="fake/nowhere", messages=asking("x"))
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key="sk-mp-v1-wrong").chat.completions.create(
                model="fake/text", messages=asking("x")
            )
        with pytest.raises(openai.APIStatusError) as poor:
            client.with_options(api_key=caller.harness.caller("0").key).chat.completions.create(
                model="fake/text", messages=asking("x")
            )
        assert poor.value.status_code == 402

    @pytest.mark.parametrize("stream", [False, True])
    def test_of_the_provider(self, client: openai.OpenAI, *, stream: bool) -> None:
        create = client.chat.completions.create
        with pytest.raises(openai.RateLimitError):
            create(model="fake/text", messages=asking("fake: fail=status status=429"), stream=stream)
        with pytest.raises(openai.InternalServerError) as failed:
            create(model="fake/text", messages=asking("fake: fail=status status=500"), stream=stream)
        assert failed.value.status_code == 502

    def test_in_mid_stream(self, client: openai.OpenAI) -> None:
        stream = client.chat.completions.create(
            model="fake/text", messages=asking("fake: interval_ms=20 fail=error_event at=4"), stream=True
        )
        with pytest.raises(openai.APIError, match="Provider returned error"):
            list(stream)
