"""A conversation of two turns with a tool, by every client onto providers whose reasoning must come back unchanged.

The first answer reasons, signs it and calls; what the client then sends as the second turn must carry the signature,
the encrypted part or the thought signature to the provider, byte for byte.
"""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from api_clients import CLIENTS
from api_upstream import SSE, Played, Upstream, played, serve_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_clients import Client
    from api_harness import Caller, Harness

# The client's own model of a key has a field that it calls deprecated, and warns of itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")

TRAFFIC = Path(__file__).parents[3] / "shared" / "traffic"
SIGNED = base64.b64encode(b"what only its maker can read").decode()
ARGUMENTS = {"town": "Oslo", "degrees": 3}

ANTHROPIC: dict[str, Any] = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "up", "stop_reason": "tool_use",
    "content": [
        {"type": "thinking", "thinking": "I should look.", "signature": SIGNED},
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": ARGUMENTS},
    ],
    "usage": {"input_tokens": 10, "output_tokens": 20},
}  # fmt: skip
GEMINI: dict[str, Any] = {
    "candidates": [{
        "content": {"role": "model", "parts": [
            {"text": "I should look.", "thought": True},
            {"functionCall": {"name": "look", "args": ARGUMENTS}, "thoughtSignature": SIGNED},
        ]},
        "finishReason": "STOP", "index": 0,
    }],
    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 12, "thoughtsTokenCount": 8,
                      "totalTokenCount": 30},
    "modelVersion": "up", "responseId": "r1",
}  # fmt: skip
RESPONSES: dict[str, Any] = {
    "id": "resp_1", "object": "response", "status": "completed", "model": "up", "created_at": 1, "error": None,
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I should look."}],
         "encrypted_content": SIGNED},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "status": "completed",
         "arguments": json.dumps(ARGUMENTS)},
    ],
    "usage": {"input_tokens": 10, "output_tokens": 20, "total_tokens": 30,
              "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 8}},
}  # fmt: skip
WRITTEN = {"anthropic_messages": ANTHROPIC, "gemini": GEMINI, "openai_responses": RESPONSES}


def sse(*events: dict[str, Any], named: bool = False) -> Played:
    lines = [(f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event)}\n\n" for event in events]
    return Played(["".join(lines).encode()], SSE)


STREAMED = {
    "anthropic_messages": sse(
        {"type": "message_start", "message": {**ANTHROPIC, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "I should "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "look."}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": SIGNED}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1,
         "content_block": {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}},
        {"type": "content_block_delta", "index": 1,
         "delta": {"type": "input_json_delta", "partial_json": json.dumps(ARGUMENTS)}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
        named=True,
    ),
    "gemini": sse(GEMINI),
    "openai_responses": sse(
        {"type": "response.created", "sequence_number": 0, "response": {**RESPONSES, "status": "in_progress"}},
        {"type": "response.output_item.done", "sequence_number": 1, "output_index": 0,
         "item": RESPONSES["output"][0]},
        {"type": "response.output_item.done", "sequence_number": 2, "output_index": 1,
         "item": RESPONSES["output"][1]},
        {"type": "response.completed", "sequence_number": 3, "response": RESPONSES},
        named=True,
    ),
}  # fmt: skip

RECORDED = {
    "anthropic_messages": ("anthropic", "test_anthropic_tool_with_thinking.yaml#0"),
    "gemini": ("gemini", "required_maps_to_any_and_forces_function_call.yaml#0"),
    "openai_responses": ("openai", "test_multimodal_tool_return_matrix[direct-binary-image-openai_responses].yaml#0"),
}


def recorded(dialect: str) -> tuple[Played, list[str]]:
    """A recorded answer, and the opaque texts in it that have to come back."""
    provider, piece = RECORDED[dialect]
    path = TRAFFIC / f"{provider}.jsonl.gz"
    if not path.exists():
        pytest.skip("no recorded traffic beside us")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        one: dict[str, Any] = next(json.loads(line) for line in lines if piece in line)
    body = one["response_body"]
    parsed: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return played(parsed), list(opaque(parsed))


def opaque(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from opaque(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in {"signature", "encrypted_content", "thoughtSignature"} and isinstance(each, str):
                yield each
            yield from opaque(each)


@pytest.fixture(scope="session")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    with Upstream().serving() as made:
        serve_models(
            shared_harness,
            "turns",
            [(dialect, {"base_url": made.url, "dialect": dialect}, {}) for dialect in WRITTEN],
        )
        yield made


@pytest.fixture(params=CLIENTS, ids=lambda made: made.name)
def client(request: pytest.FixtureRequest, caller: Caller) -> Iterator[Client]:
    made: Client = request.param(caller.harness.url, caller.key)
    yield made
    made.close()


@pytest.fixture(params=WRITTEN)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


def second_turn(client: Client, upstream: Upstream, dialect: str, answer: Played, *, stream: bool = False) -> Any:
    """The body of the second request, after the client has heard `answer` and put its turn into the conversation."""
    upstream.expect(answer)
    model = f"turns/{dialect}"
    asked = [client.says("How cold is it?")]
    heard = client.ask(model, asked, stream=stream, tools=True)
    assert heard.calls
    if heard.turn is None:
        pytest.skip("this client hands out no turn after a stream; its users add it up themselves")
    client.ask(model, [*asked, *client.results(heard, "3 degrees", "And now?")], tools=True)
    return upstream.asked[-1].json


class TestSignaturesComeBack:
    """Unchanged, and in their own place."""

    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
    def test_written(self, client: Client, upstream: Upstream, dialect: str, *, stream: bool) -> None:
        answer = STREAMED[dialect] if stream else played(WRITTEN[dialect])
        if stream:
            # The second turn is answered whole.
            upstream.expect(answer)
        body = second_turn(client, upstream, dialect, answer, stream=stream)
        assert SIGNED in list(opaque(body)), json.dumps(body)[:2000]
        assert "3 degrees" in json.dumps(body)

    def test_recorded(self, client: Client, upstream: Upstream, dialect: str) -> None:
        answer, kept = recorded(dialect)
        assert kept
        body = second_turn(client, upstream, dialect, answer)
        assert set(kept) <= set(opaque(body)), json.dumps(body)[:2000]
