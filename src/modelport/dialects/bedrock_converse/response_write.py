"""Whole answers for a caller, written anew or patched."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.bedrock_converse.blocks_write import opaque_block, write_annotation, write_input
from modelport.dialects.bedrock_converse.errors import Malformed
from modelport.dialects.bedrock_converse.response_read import REASONS
from modelport.dialects.bedrock_converse.wire import BLOCK_FORMAT, CALL_SIGNATURE, is_plain, seal, write_redacted
from modelport.dialects.canonical import FinishReason, Reasoning, Refusal, Text, ToolCall
from modelport.kit.money import to_number
from modelport.kit.raw_json import FAULTS, overlaid

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Choice, Finish, Identity, Output

__all__ = [
    "call_signature",
    "image_block",
    "patch_response",
    "stop_fields",
    "write_reasoning",
    "write_response",
    "write_usage",
]

_STOPS = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.CONTENT_FILTER: "content_filtered",
    FinishReason.ERROR: "malformed_model_output",
}
_FORMATS = ("png", "jpeg", "gif", "webp")

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_ENCODER = msgspec.json.Encoder()


def write_response(output: Output, identity: Identity, charged: Charged) -> bytes:
    """The body for a caller; of several choices the first, as this dialect has one only.

    It has no room for an id or a model: the gateway says the id in the header `x-amzn-requestid`.
    """
    del identity
    choice = output.choices[0] if output.choices else None
    content = _content(choice) if choice is not None else []
    finish = choice.finish if choice is not None else None
    called = choice is not None and any(isinstance(part, ToolCall) for part in choice.parts)
    return _ENCODER.encode({
        "output": {"message": {"role": "assistant", "content": content}},
        **stop_fields(finish, called=called),
        "usage": write_usage(charged),
        "metrics": {"latencyMs": 0},  # required; how long it took is not known here
    })  # fmt: skip


def patch_response(body: bytes, identity: Identity, charged: Charged, *, without_reasoning: bool) -> bytes:
    """A provider's own body with our usage; all else byte for byte, unknown fields too. Raises `Malformed`."""
    del identity  # this dialect's answers name neither an id nor a model
    try:
        fields: dict[str, Any] = {**_OBJECT.decode(body)}
        output = _OBJECT.decode(fields["output"])
        if without_reasoning:
            message = _OBJECT.decode(output["message"])
            blocks = [raw for raw in _LIST.decode(message["content"]) if "reasoningContent" not in _OBJECT.decode(raw)]
            fields["output"] = {**output, "message": {**message, "content": blocks}}
        fields["usage"] = overlaid(fields.get("usage"), write_usage(charged))
    except (*FAULTS, KeyError) as error:
        raise Malformed("the body is not an answer of Converse") from error
    return _ENCODER.encode(fields)


def stop_fields(finish: Finish | None, *, called: bool) -> dict[str, object]:
    """Why the answer ended, in a word that callers know; the provider's own where it is one of them."""
    fields: dict[str, object] = {"stopReason": _stop_reason(finish, called=called)}
    if finish is not None and finish.stop_sequence is not None:
        fields["additionalModelResponseFields"] = {"stop_sequence": finish.stop_sequence}
    return fields


def _stop_reason(finish: Finish | None, *, called: bool) -> str:
    if finish is None:
        return "tool_use" if called else "end_turn"
    if finish.native in REASONS:
        return finish.native
    if finish.stop_sequence is not None and finish.reason == FinishReason.STOP:
        return "stop_sequence"
    if called and finish.reason == FinishReason.STOP:
        return "tool_use"  # some providers say `stop` after a call, and agents run tools by this word
    return _STOPS[finish.reason]


def write_usage(charged: Charged) -> dict[str, object]:
    """`usage` with its cost in USD, which callers of this dialect leave unread unless they look for it."""
    usage = charged.usage
    # The three add up here; some providers count a token that was written and read at once twice.
    written = max(min(usage.cache_write_tokens, usage.prompt_tokens - usage.cached_tokens), 0)
    lasting = min(usage.cache_write_1h_tokens, written)
    details = [
        {"ttl": ttl, "inputTokens": count} for ttl, count in (("5m", written - lasting), ("1h", lasting)) if count > 0
    ]
    fields: dict[str, object] = {
        "inputTokens": max(usage.prompt_tokens - usage.cached_tokens - written, 0),
        "outputTokens": usage.completion_tokens,
        "totalTokens": usage.total_tokens,
        "cacheReadInputTokens": usage.cached_tokens,
        "cacheWriteInputTokens": written,
    }
    if details:
        fields["cacheDetails"] = details
    return {
        **fields,
        "cost": to_number(charged.cost),
        "cost_details": {
            "upstream_inference_prompt_cost": to_number(charged.prompt_cost),
            "upstream_inference_completions_cost": to_number(charged.completion_cost),
        },
    }


def write_reasoning(part: Reasoning) -> dict[str, Any] | Raw | None:
    """A block of reasoning for a caller; what another maker wants back with it is sealed into it."""
    if part.format == BLOCK_FORMAT:
        return opaque_block(part.data)
    if part.kind == "encrypted":
        return {
            "reasoningContent": {"redactedContent": write_redacted(part.data or "" if is_plain(part) else seal(part))}
        }
    inner = {"text": part.text}
    if signature := part.signature if is_plain(part) else seal(part):
        inner["signature"] = signature
    return {"reasoningContent": {"reasoningText": inner}}


def call_signature(call_id: str, signature: str) -> dict[str, Any]:
    """A block that carries a call's signature, for which this dialect's calls have no room."""
    sealed = seal(Reasoning("encrypted", signature=signature, id=call_id, format=CALL_SIGNATURE))
    return {"reasoningContent": {"redactedContent": write_redacted(sealed)}}


def image_block(url: str) -> dict[str, Any]:
    """A picture that the model drew; one at an address, or of another format, becomes words."""
    head, _, data = url.partition(";base64,")
    form = head.removeprefix("data:image/")
    try:
        if form in _FORMATS and b64decode(data, validate=True):
            return {"image": {"format": form, "source": {"bytes": data}}}
    except (binascii.Error, ValueError):
        pass
    return {"text": f"![image]({url})"}


def _content(choice: Choice) -> list[object]:
    content: list[object] = []
    begins = 0
    for part in choice.parts:
        match part:
            case Text():
                content.extend(_text_blocks(part, begins))
                begins += len(part.text)
            case Refusal() if part.text:
                content.append({"text": part.text})
            case Reasoning():
                content.extend(block for block in [write_reasoning(part)] if block is not None)
            case ToolCall():
                call = {"toolUseId": part.id, "name": part.name, "input": write_input(part.arguments)}
                content.append({"toolUse": call})
                if part.signature is not None:
                    content.append(call_signature(part.id, part.signature))
            case _:
                pass
    content.extend(image_block(url) for url in choice.images)
    if choice.audio is not None and choice.audio.transcript:
        content.append({"text": choice.audio.transcript})
    return content


def _cited(text: str, citations: list[Raw]) -> dict[str, object]:
    if not citations:
        return {"text": text}
    return {"citationsContent": {"content": [{"text": text}], "citations": citations}}


def _text_blocks(part: Text, begins: int) -> list[dict[str, object]]:
    """Words cut into blocks where citations say which of them they are for; else one block with all citations."""
    spans: dict[tuple[int, int], list[Raw]] = {}
    for each in part.annotations:
        span = ((each.start or 0) - begins, (each.end or 0) - begins)
        spans.setdefault(span, []).append(write_annotation(each))
    blocks: list[dict[str, object]] = []
    at = 0
    for (start, end), citations in sorted(spans.items()):
        if not at <= start < end <= len(part.text):
            return [_cited(part.text, [raw for each in spans.values() for raw in each])]
        if at < start:
            blocks.append(_cited(part.text[at:start], []))
        blocks.append(_cited(part.text[start:end], citations))
        at = end
    if at < len(part.text):
        blocks.append(_cited(part.text[at:], []))
    return blocks
