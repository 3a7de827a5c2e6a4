"""Whole answers of this dialect: a provider's into canonical events, and one added up from events for a caller.

What is left out rather than null, and what is always there, is what official clients were measured to need
(`strictness.json`, `clients.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    AudioDelta,
    Charged,
    Choice,
    Event,
    Identity,
    LogprobsDelta,
    Output,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from modelport.dialects.openai_chat.canonical_answer import AnswerReader
from modelport.dialects.openai_chat.canonical_details import Detail, write_annotation, write_detail
from modelport.dialects.openai_chat.canonical_turns import call_signatures
from modelport.dialects.openai_chat.errors import Malformed, StreamError
from modelport.dialects.openai_chat.response import Bill, finish_reason, read_usage, write_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Malformed",
    "audio_fields",
    "finish_reason",
    "image_field",
    "logprobs_field",
    "read_response",
    "read_usage",
    "to_bill",
    "write_response",
]

_ENCODER = msgspec.json.Encoder()


def read_response(body: bytes) -> list[Event]:
    """A provider's whole answer.

    Raises `Malformed` when it is none, such as an HTML page or an error object inside a 200.
    """
    reader = AnswerReader(whole=True)
    try:
        body.decode()
        events, choices = reader.read(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the body is not a chat completion") from error
    except StreamError as error:
        raise Malformed(f"the body holds an error: {error.message}") from error
    if not choices:
        raise Malformed("the body has no choices")
    return events + reader.end()


def write_response(output: Output, identity: Identity, charged: Charged) -> bytes:
    """The body for the caller."""
    return _ENCODER.encode({
        "id": identity.id,
        "object": "chat.completion",
        "created": identity.created,
        "model": identity.model,
        "provider": identity.provider,
        "system_fingerprint": None,  # required by the official SDKs, null allowed
        "choices": [_choice(index, choice) for index, choice in enumerate(output.choices or [Choice()])],
        "usage": write_usage(to_bill(charged)),
    })  # fmt: skip


def to_bill(charged: Charged) -> Bill:
    """The charge in the form that the same-dialect path uses."""
    return Bill(charged.usage, charged.cost, charged.prompt_cost, charged.completion_cost, charged.own_cost)


def logprobs_field(logprobs: LogprobsDelta) -> dict[str, list[Raw] | None]:
    """`logprobs`; both fields stand there, for official SDKs require them."""
    return {"content": logprobs.content, "refusal": logprobs.refusal}


def audio_fields(audio: AudioDelta) -> dict[str, object]:
    """`audio`, with what there is of it."""
    said = {"id": audio.id, "data": audio.data, "transcript": audio.transcript, "expires_at": audio.expires_at}
    return {name: value for name, value in said.items() if value is not None}


def image_field(url: str, index: int) -> dict[str, object]:
    """One entry of `images`."""
    return {"type": "image_url", "image_url": {"url": url}, "index": index}


def _choice(index: int, choice: Choice) -> dict[str, object]:
    finish = choice.finish
    fields: dict[str, object] = {
        "index": index,
        "message": _message(choice),
        "finish_reason": None if finish is None else finish.reason,
        "native_finish_reason": None if finish is None else finish.native,
    }
    if choice.logprobs is not None:
        fields["logprobs"] = logprobs_field(choice.logprobs)
    return fields


def _message(choice: Choice) -> dict[str, object]:
    parts = choice.parts
    texts = [part for part in parts if isinstance(part, Text)]
    message: dict[str, object] = {"role": "assistant", "content": "".join(text.text for text in texts) or None}
    message |= _reasoning(parts)
    if refusal := "".join(part.text for part in parts if isinstance(part, Refusal)):
        message["refusal"] = refusal
    if calls := [part for part in parts if isinstance(part, ToolCall)]:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
    cited = [written for text in texts for one in text.annotations if (written := write_annotation(one)) is not None]
    if cited:
        message["annotations"] = cited
    if choice.images:
        message["images"] = [image_field(url, index) for index, url in enumerate(choice.images)]
    if choice.audio is not None:
        message["audio"] = audio_fields(choice.audio)
    return message


def _reasoning(parts: Sequence[Part]) -> dict[str, object]:
    blocks = [part for part in parts if isinstance(part, Reasoning)]
    signatures = call_signatures(part for part in parts if isinstance(part, ToolCall))
    fields: dict[str, object] = {}
    if text := "".join(block.text for block in blocks if block.kind != "encrypted"):
        fields["reasoning"] = text
    if blocks or signatures:
        fields["reasoning_details"] = [*(_detail(block, index) for index, block in enumerate(blocks)), *signatures]
    return fields


def _detail(block: Reasoning, index: int) -> Detail:
    detail = write_detail(block)
    detail.index = index if block.index is None else block.index
    detail.format = detail.format or "unknown"  # the reference's word for reasoning nobody can take back
    return detail
