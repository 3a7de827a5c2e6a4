"""Keys and parameters on the wire: what a provider is shown, and which endpoint takes what another can't."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from api_upstream import Upstream, played

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller

CHAT = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "up",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "chatty"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "gemini"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4},
}
CONVERSE = {
    "output": {"message": {"role": "assistant", "content": [{"text": "converse"}]}}, "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
}  # fmt: skip
LOGIN = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A provider, and the token service of one."""
    with Upstream().serving() as served:
        yield served


def model_of(caller: Caller, *providers: dict[str, Any]) -> str:
    """A model of these providers, the first of which is tried first."""
    name = f"wire-{caller.key_hash[:8]}"
    slugs = [f"{name}-{index}" for index in range(len(providers))]
    given = [{"slug": slug, "name": slug, "api_key": "k", **each} for slug, each in zip(slugs, providers, strict=True)]
    price = {"prompt": "0.000001", "completion": "0.000002"}
    endpoints = [{"provider": slug, "upstream_model": "up", "pricing": price} for slug in slugs]
    card = {"id": f"wire/{name}", "name": name, "context_length": 8192, "endpoints": endpoints}
    document = Document.model_validate({"providers": given, "models": [card]})
    caller.harness.call(caller.harness.services.catalog.apply(document))
    return f"wire/{name}"


class TestKeys:
    """What a provider is shown."""

    def test_a_google_login_becomes_a_token_that_is_kept(self, caller: Caller, upstream: Upstream) -> None:
        model = model_of(caller, {
            "kind": "google-vertex", "base_url": upstream.url, "api_key": json.dumps(LOGIN),
            "options": {"project": "p", "token_url": f"{upstream.url}/token"},
        })  # fmt: skip
        upstream.expect(played({"access_token": "ya29.one", "expires_in": 3600}), played(GEMINI))
        assert caller.chat("hi", model=model).text == "gemini"
        assert caller.chat("hi", model=model).text == "gemini"
        assert [each.path for each in upstream.asked] == ["/token", *["/models/up:generateContent"] * 2]
        assert {each.headers["authorization"] for each in upstream.asked[1:]} == {"Bearer ya29.one"}
        assert "x-goog-api-key" not in upstream.asked[1].headers

    def test_a_token_that_is_refused_is_not_shown_again(self, caller: Caller, upstream: Upstream) -> None:
        model = model_of(caller, {
            "kind": "google-vertex", "base_url": upstream.url, "api_key": json.dumps(LOGIN),
            "options": {"project": "p", "token_url": f"{upstream.url}/token"},
        })  # fmt: skip
        refused = played({"error": {"code": 401, "message": "expired", "status": "UNAUTHENTICATED"}}, status=401)
        grants = [played({"access_token": f"ya29.{name}", "expires_in": 3600}) for name in ("one", "two")]
        upstream.expect(grants[0], refused, grants[1], played(GEMINI))
        assert caller.chat("hi", model=model).status >= 400
        assert caller.chat("hi", model=model).text == "gemini"
        assert upstream.asked[-1].headers["authorization"] == "Bearer ya29.two"

    def test_a_key_that_gives_no_token_leaves_it_to_the_next_provider(self, caller: Caller, upstream: Upstream) -> None:
        broken = {
            "kind": "google-vertex", "base_url": upstream.url, "api_key": json.dumps(LOGIN),
            "options": {"project": "p", "token_url": f"{upstream.url}/token"},
        }  # fmt: skip
        model = model_of(caller, broken, {"base_url": upstream.url})
        upstream.expect(played({"error": "invalid_grant"}, status=400), played(CHAT))
        slug = f"wire-{caller.key_hash[:8]}-0"
        answer = caller.chat("hi", model=model, provider={"order": [slug]})
        assert answer.text == "chatty"

    def test_amazon_is_sent_a_signature(self, caller: Caller, upstream: Upstream) -> None:
        model = model_of(caller, {
            "kind": "amazon-bedrock", "base_url": upstream.url, "api_key": "AKIA:secret:session",
            "options": {"region": "eu-west-1"},
        })  # fmt: skip
        upstream.expect(played(CONVERSE))
        assert caller.chat("hi", model=model).text == "converse"
        headers = upstream.asked[0].headers
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA/")
        assert "/eu-west-1/bedrock/aws4_request" in headers["authorization"]
        assert headers["x-amz-security-token"] == "session"
        assert "secret" not in str(headers)

    def test_an_api_key_with_a_version_behind_the_address(self, caller: Caller, upstream: Upstream) -> None:
        model = model_of(caller, {
            "base_url": f"{upstream.url}/openai", "auth": "api-key", "query": {"api-version": "2024-10-21"},
            "adds": {"extra": 1},
        })  # fmt: skip
        upstream.expect(played(CHAT))
        assert caller.chat("hi", model=model).text == "chatty"
        asked = upstream.asked[0]
        assert asked.path == "/openai/chat/completions?api-version=2024-10-21"
        assert asked.headers["api-key"] == "k"
        assert "authorization" not in asked.headers
        assert asked.json["extra"] == 1


class TestParameters:
    """What a dialect has no words for."""

    def test_another_endpoint_takes_what_one_cant_be_told(self, caller: Caller, upstream: Upstream) -> None:
        silent = {"base_url": upstream.url, "dialect": "anthropic_messages"}
        model = model_of(caller, silent, {"base_url": upstream.url})
        upstream.expect(played(CHAT))
        slug = f"wire-{caller.key_hash[:8]}-0"
        answer = caller.chat("hi", model=model, n=2, max_tokens=20, provider={"order": [slug]})
        assert answer.text == "chatty"
        assert [each.path for each in upstream.asked] == ["/chat/completions"]

    def test_where_none_can_the_parameter_is_named_and_nothing_charged(
        self, caller: Caller, upstream: Upstream
    ) -> None:
        model = model_of(caller, {"base_url": upstream.url, "dialect": "anthropic_messages"})
        upstream.expect(played(CHAT))
        answer = caller.chat("hi", model=model, n=2, max_tokens=20)
        assert answer.status == 400
        assert "`n`" in answer.error["message"]
        assert not upstream.asked
        assert caller.used == 0


class TestFetching:
    """What a request points to, for a provider that takes data only."""

    def test_an_address_of_our_own_network_is_refused_before_the_call(self, caller: Caller, upstream: Upstream) -> None:
        model = model_of(caller, {
            "kind": "amazon-bedrock", "base_url": upstream.url, "api_key": "AKIA:secret",
        })  # fmt: skip
        upstream.expect(played(CONVERSE))
        picture = {"type": "image_url", "image_url": {"url": f"{upstream.url}/a.png"}}
        messages = [{"role": "user", "content": [{"type": "text", "text": "look"}, picture]}]
        body = {"model": model, "messages": messages, "max_tokens": 20}
        answer = caller.post(json.dumps(body).encode())
        assert answer.status == 400
        assert "`messages.0`" in answer.error["message"]
        assert not upstream.asked
        assert caller.used == 0
