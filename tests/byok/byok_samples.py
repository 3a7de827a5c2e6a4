"""Answers of providers in several dialects, and what gives an account a key of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from api.api_harness import Caller

CHAT: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "up",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "openai_chat": CHAT,
    "anthropic_messages": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "up",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    },
    "openai_responses": {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "up",
        "output": [
            {
                "type": "message",
                "id": "m1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "hi", "annotations": []}],
            }
        ],
        "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
    },
    "gemini": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
        "modelVersion": "up",
    },
    "bedrock_converse": {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
        "metrics": {"latencyMs": 1},
    },
}
PRICE = 10 * 1_000 + 5 * 2_000
"""What each of them costs at the prices of `serve_models`, in nano-dollars."""


def manager(caller: Caller) -> dict[str, str]:
    """Headers with a management key of the caller's account."""

    async def make() -> str:
        services = caller.harness.services
        own = (await services.keys.of_account(caller.account_id))[0]
        text, _ = await services.keys.create(caller.account_id, own.user_id, "manager", management=True)
        return text

    return {"authorization": f"Bearer {caller.harness.call(make())}"}


def post(caller: Caller, body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
    """`POST /byok`."""
    return caller.harness.http.post("/api/v1/byok", json=body, headers=headers or manager(caller))


def give(caller: Caller, provider: str, key: str = "own-secret-canary-1234", **fields: Any) -> dict[str, Any]:
    """An own key of the caller's account."""
    response = post(caller, {"provider": provider, "key": key, **fields})
    assert response.status_code == 201, response.text
    return response.json()["data"]
