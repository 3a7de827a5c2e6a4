"""The official `openrouter` client, unmodified, with only base URL and key changed: its own types accept all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openrouter import OpenRouter, errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller

# The client's own model of a key has a field that it calls deprecated, and warns of itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")


def asking(content: str) -> list[Any]:
    return [{"role": "user", "content": content}]


@pytest.fixture(params=["/api/v1", "/v1"])
def client(caller: Caller, request: pytest.FixtureRequest) -> Iterator[OpenRouter]:
    with OpenRouter(server_url=caller.harness.url + str(request.param), api_key=caller.key) as made:
        yield made


class TestChat:
    """`chat.send`."""

    def test_a_whole_answer(self, client: OpenRouter, caller: Caller) -> None:
        answer = client.chat.send(model="fake/text", messages=asking('fake: text="one two"'))
        assert answer.choices[0].message.content == "one two"
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 2
        assert answer.id.startswith("gen-")
        assert caller.used > 0

    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    def test_an_assembled_answer(self, client: OpenRouter, model: str) -> None:
        answer = client.chat.send(model=model, messages=asking("fake: kind=reasoning tokens=6"))
        assert answer.choices[0].message.reasoning

    def test_a_stream(self, client: OpenRouter) -> None:
        with client.chat.send(model="fake/text", messages=asking('fake: text="one two"'), stream=True) as stream:
            chunks = list(stream)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two"
        assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("model", ["fake/text", "fake/lazy"])
    def test_tool_calls(self, client: OpenRouter, model: str, *, stream: bool) -> None:
        tools: list[Any] = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
        messages = asking("fake: kind=tools")
        if stream:
            with client.chat.send(model=model, messages=messages, tools=tools, stream=True) as events:
                assert any(chunk.choices[0].delta.tool_calls for chunk in events)
        else:
            answer = client.chat.send(model=model, messages=messages, tools=tools)
            assert len(answer.choices[0].message.tool_calls or []) == 2

    async def test_asynchronously(self, caller: Caller) -> None:
        async with OpenRouter(server_url=caller.harness.url + "/api/v1", api_key=caller.key) as client:
            stream = await client.chat.send_async(model="fake/text", messages=asking("x"), stream=True)
            async with stream:
                chunks = [chunk async for chunk in stream]
        assert chunks[-1].usage is not None

    def test_an_error_in_mid_stream(self, client: OpenRouter) -> None:
        with client.chat.send(
            model="fake/text", messages=asking("fake: interval_ms=20 fail=reset at=4"), stream=True
        ) as stream:
            chunks = list(stream)
        assert chunks[-1].error is not None
        assert chunks[-1].error.message == "Provider returned error"
        assert chunks[-1].choices[0].finish_reason == "error"

    @pytest.mark.parametrize(
        ("model", "script", "kind"),
        [
            ("fake/none", "x", errors.BadRequestResponseError),
            ("fake/nowhere", "x", errors.NotFoundResponseError),
            ("fake/text", "fake: fail=status status=429", errors.TooManyRequestsResponseError),
            ("fake/text", "fake: fail=status status=500", errors.BadGatewayResponseError),
            ("fake/text", "fake: fail=status status=503", errors.ServiceUnavailableResponseError),
        ],
    )
    def test_errors_are_its_own_classes(
        self, client: OpenRouter, model: str, script: str, kind: type[Exception]
    ) -> None:
        with pytest.raises(kind):
            client.chat.send(model=model, messages=asking(script), retries=None)

    def test_refused_keys_and_empty_accounts(self, caller: Caller) -> None:
        url = caller.harness.url + "/api/v1"
        with (
            OpenRouter(server_url=url, api_key="sk-mp-v1-x") as client,
            pytest.raises(errors.UnauthorizedResponseError),
        ):
            client.chat.send(model="fake/text", messages=asking("x"), retries=None)
        with (
            OpenRouter(server_url=url, api_key=caller.harness.caller("0").key) as client,
            pytest.raises(errors.PaymentRequiredResponseError),
        ):
            client.chat.send(model="fake/text", messages=asking("x"), retries=None)


class TestCatalog:
    """Models, endpoints, providers."""

    def test_models(self, client: OpenRouter) -> None:
        listed = client.models.list()
        assert listed is not None
        ids = {model.id for model in listed.result.data}
        assert "fake/text" in ids
        count = client.models.count()
        assert count.data.count == len(ids)

    def test_endpoints(self, client: OpenRouter) -> None:
        found = client.endpoints.list(author="fake", slug="multi")
        assert [each.provider_name for each in found.data.endpoints] == ["Alpha", "Beta", "Gamma"]

    def test_providers(self, client: OpenRouter) -> None:
        assert {"fake", "alpha"} <= {provider.slug for provider in client.providers.list().data}


class TestAccount:
    """Key, credits, generation."""

    def test_the_key(self, client: OpenRouter) -> None:
        found = client.api_keys.get_current_key_metadata()
        assert found.data.usage == 0
        assert found.data.limit is None

    def test_the_credits(self, client: OpenRouter) -> None:
        assert client.credits.get_credits().data.total_credits == 1

    def test_a_generation(self, client: OpenRouter) -> None:
        answer = client.chat.send(model="fake/text", messages=asking("fake: tokens=3"))
        found = client.generations.get_generation(id=answer.id)
        assert found.data.id == answer.id
        assert found.data.tokens_completion == 3


def test_every_operation_on_presets(client: OpenRouter) -> None:
    presets = client.presets
    made = presets.create_presets_chat_completions(slug="sdk", model="fake/text", messages=asking("x"), temperature=0.5)
    assert made.data.slug == "sdk"
    presets.create_presets_messages(slug="sdk", model="fake/text", messages=asking("x"), max_tokens=9)
    again = presets.create_presets_responses(slug="sdk", model="fake/text", input="x")
    assert again.data.designated_version is not None
    assert again.data.designated_version.version == 3
    assert [each.slug for each in _result(presets.list()).data] == ["sdk"]
    assert presets.get(slug="sdk").data.id == made.data.id
    assert [each.version for each in _result(presets.list_versions(slug="sdk")).data] == [1, 2, 3]
    assert _result(presets.get_version(slug="sdk", version="2")).data.version == 2
    answer = client.chat.send(model="@preset/sdk", messages=asking('fake: text="one two"'))
    assert answer.choices[0].message.content == "one two"


def _result(page: Any) -> Any:
    return page.result if hasattr(page, "result") else page
