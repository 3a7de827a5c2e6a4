"""Whole answers for a caller, and the pieces that streams are written with too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Choice, FinishReason, Reasoning, Refusal, Text, ToolCall
from modelport.dialects.gemini.grounding import write_grounding
from modelport.dialects.gemini.logprobs import write_logprobs
from modelport.dialects.gemini.media import guess_type, split_data_url, spoken_type
from modelport.dialects.gemini.parts_write import sign, write_args
from modelport.dialects.gemini.response_read import REASONS
from modelport.dialects.gemini.usage import write_usage
from modelport.dialects.gemini.wire import (
    BLOCK_FORMAT,
    FORMAT,
    is_plain,
    opaque,
    seal,
    sealed_signature,
)
from modelport.kit.raw_json import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.dialects.canonical import Annotation, Charged, Finish, Identity, Output

__all__ = [
    "Object",
    "call_part",
    "end_of_candidate",
    "finish_word",
    "image_part",
    "is_signature",
    "sound_part",
    "thought_signature",
    "write_response",
]

Object = dict[str, object]

_ENCODER = msgspec.json.Encoder()

_WORDS = {
    FinishReason.STOP: "STOP",
    FinishReason.TOOL_CALLS: "STOP",
    FinishReason.LENGTH: "MAX_TOKENS",
    FinishReason.CONTENT_FILTER: "SAFETY",
    FinishReason.ERROR: "OTHER",
}


def write_response(output: Output, identity: Identity, charged: Charged) -> bytes:
    """The body for a caller."""
    candidates = [_candidate(choice, index) for index, choice in enumerate(output.choices or [Choice()])]
    return _ENCODER.encode({
        "candidates": candidates,
        "usageMetadata": write_usage(charged),
        "modelVersion": identity.model,
        "responseId": identity.id,
        "provider": identity.provider,
    })  # fmt: skip


def finish_word(finish: Finish | None) -> str:
    """The word callers of this dialect know; a provider's own word where it is one of them."""
    if finish is None:
        return "STOP"
    return finish.native if finish.native in REASONS else _WORDS[finish.reason]


def end_of_candidate(
    finish: Finish | None, annotations: Sequence[Annotation], text: str, entries: Sequence[Raw] | None
) -> Object:
    """What stands beside a candidate's content: the reason, citations for `text`, the tokens' probabilities."""
    written: Object = {"finishReason": finish_word(finish)}
    if grounding := write_grounding(annotations, text):
        written["groundingMetadata"] = grounding
    if entries is not None:
        written["logprobsResult"] = write_logprobs(entries)
    return written


def _candidate(choice: Choice, index: int) -> Object:
    texts = [part for part in choice.parts if isinstance(part, Text)]
    cited = [each for part in texts for each in part.annotations]
    entries = choice.logprobs.content if choice.logprobs is not None else None
    end = end_of_candidate(choice.finish, cited, "".join(part.text for part in texts), entries)
    return {"content": {"parts": _parts(choice), "role": "model"}, **end, "index": index}


def _parts(choice: Choice) -> list[Object | Raw]:
    parts: list[Object | Raw] = []
    for part in choice.parts:
        match part:
            case Text() | Refusal() if part.text:
                parts.append({"text": part.text})
            case Reasoning():
                _add_reasoning(parts, part)
            case ToolCall():
                parts.append(call_part(part))
            case _:
                pass
    parts += [image_part(url) for url in choice.images]
    if choice.audio is not None:
        if choice.audio.data:
            parts.append(sound_part(choice.audio.data))
        if choice.audio.transcript:
            parts.append({"text": choice.audio.transcript})
    return [
        {"text": "", **part} if isinstance(part, dict) and set(part) == {"thoughtSignature"} else part for part in parts
    ]


def _add_reasoning(parts: list[Object | Raw], part: Reasoning) -> None:
    if part.format == BLOCK_FORMAT:
        parts += [block for block in [opaque(part.data)] if block is not None]
    elif is_signature(part):
        sign(parts, sealed_signature(part.data or ""))
    else:
        thought: Object = {"text": part.text, "thought": True}
        if (signature := thought_signature(part)) is not None:
            thought["thoughtSignature"] = signature
        parts.append(thought)


def is_signature(part: Reasoning) -> bool:
    """Whether a block is one of Google's signatures, which belongs to the part before it."""
    return part.kind == "encrypted" and part.format == FORMAT


def thought_signature(part: Reasoning) -> str | None:
    """What a thought is signed with; what another maker wants back with it is sealed into that."""
    if not is_plain(part):
        return seal(part)
    return sealed_signature(part.signature) if part.signature else None


def call_part(call: ToolCall) -> Object:
    """A call, on one line."""
    args = Raw(one_line(bytes(write_args(call.arguments))))
    written: Object = {"functionCall": {"id": call.id, "name": call.name, "args": args}}
    if call.signature is not None:
        written["thoughtSignature"] = sealed_signature(call.signature)
    return written


def image_part(url: str) -> Object:
    """A picture, as data where it came so."""
    found = split_data_url(url)
    if found is None:
        return {"fileData": {"mimeType": guess_type(url, None, "image/png"), "fileUri": url}}
    return {"inlineData": {"mimeType": found[0] or "image/png", "data": found[1]}}


def sound_part(data: str) -> Object:
    """A spoken answer, or a piece of one."""
    return {"inlineData": {"mimeType": spoken_type(data), "data": data}}
