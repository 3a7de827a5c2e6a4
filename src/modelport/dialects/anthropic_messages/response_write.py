"""Whole answers, written for a caller; and the pieces of them that streams have as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.anthropic_messages.blocks_write import opaque, write_annotation, write_input
from modelport.dialects.anthropic_messages.response_read import is_reason
from modelport.dialects.anthropic_messages.wire import BLOCK_FORMAT, CALL_SIGNATURE, is_plain, seal
from modelport.dialects.canonical import Finish, FinishReason, Reasoning, Refusal, Text, ToolCall
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Choice, Identity, Output

__all__ = ["call_signature", "stop_reason", "write_reasoning", "write_response", "write_usage"]

_STOPS = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
    FinishReason.ERROR: "end_turn",
}


_ENCODER = msgspec.json.Encoder()


def write_response(output: Output, identity: Identity, charged: Charged) -> bytes:
    """The body for a caller; of several choices the first, as this dialect has one only."""
    choice = output.choices[0] if output.choices else None
    content = _content(choice) if choice is not None else []
    finish = choice.finish if choice is not None else None
    called = choice is not None and any(isinstance(part, ToolCall) for part in choice.parts)
    return _ENCODER.encode({
        "id": identity.id,
        "type": "message",
        "role": "assistant",
        "model": identity.model,
        "provider": identity.provider,
        "content": content,
        "container": None,
        "stop_reason": stop_reason(finish, called=called),
        "stop_sequence": finish.stop_sequence if finish is not None else None,
        "stop_details": None,
        "usage": write_usage(charged),
    })  # fmt: skip


def stop_reason(finish: Finish | None, *, called: bool) -> str:
    """The word callers of this dialect know; a provider's own word where it is one of them."""
    if finish is None:
        return "tool_use" if called else "end_turn"
    if finish.native is not None and is_reason(finish.native):
        return finish.native
    if finish.stop_sequence is not None and finish.reason == FinishReason.STOP:
        return "stop_sequence"
    if called and finish.reason == FinishReason.STOP:
        return "tool_use"  # some providers say `stop` after a call, and agents run tools by this word
    return _STOPS[finish.reason]


def write_usage(charged: Charged) -> dict[str, object]:
    """`usage` with its cost in USD, in the shape the reference promises for this door."""
    usage = charged.usage
    # The three add up here; some providers count a token that was written and read at once twice.
    written = max(min(usage.cache_write_tokens, usage.prompt_tokens - usage.cached_tokens), 0)
    lasting = min(usage.cache_write_1h_tokens, written)
    return {
        "input_tokens": max(usage.prompt_tokens - usage.cached_tokens - written, 0),
        "output_tokens": usage.completion_tokens,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": written - lasting,
            "ephemeral_1h_input_tokens": lasting,
        },
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        "server_tool_use": (
            {"web_search_requests": usage.web_searches, "web_fetch_requests": 0} if usage.web_searches else None
        ),
        "service_tier": "standard",
        "inference_geo": None,
        "cost": to_number(charged.cost),
        "is_byok": charged.is_byok,
        "cost_details": {
            "upstream_inference_cost": charged.upstream,
            "upstream_inference_prompt_cost": to_number(charged.prompt_cost),
            "upstream_inference_completions_cost": to_number(charged.completion_cost),
        },
    }


def write_reasoning(part: Reasoning) -> dict[str, object] | Raw | None:
    """A block of reasoning for a caller; what another maker wants back with it is sealed into it."""
    if part.format == BLOCK_FORMAT:
        return opaque(part.data)
    if part.kind == "encrypted":
        return {"type": "redacted_thinking", "data": (part.data or "") if is_plain(part) else seal(part)}
    signature = (part.signature or "") if is_plain(part) else seal(part)
    return {"type": "thinking", "thinking": part.text, "signature": signature}


def call_signature(call_id: str, signature: str) -> dict[str, object]:
    """A block that carries a call's signature, for which this dialect's calls have no room."""
    sealed = seal(Reasoning("encrypted", signature=signature, id=call_id, format=CALL_SIGNATURE))
    return {"type": "redacted_thinking", "data": sealed}


def _content(choice: Choice) -> list[object]:
    content: list[object] = []
    begins = 0
    for part in choice.parts:
        match part:
            case Text():
                content.extend(_text_blocks(part, begins))
                begins += len(part.text)
            case Refusal() if part.text:
                content.append(_text_block(part.text))
            case Reasoning():
                content.extend(block for block in [write_reasoning(part)] if block is not None)
            case ToolCall():
                block = {"type": "tool_use", "id": part.id, "name": part.name, "input": write_input(part.arguments)}
                content.append(block)
                if part.signature is not None:
                    content.append(call_signature(part.id, part.signature))
            case _:
                pass
    content.extend(_text_block(f"![image]({url})") for url in choice.images)  # there are no image blocks in answers
    if choice.audio is not None and choice.audio.transcript:
        content.append(_text_block(choice.audio.transcript))
    return content


def _text_block(text: str, citations: list[Raw] | None = None) -> dict[str, object]:
    return {"type": "text", "text": text, "citations": citations or None}


def _text_blocks(part: Text, begins: int) -> list[dict[str, object]]:
    """Words cut into blocks where citations say which of them they are for; else one block with all citations."""
    spans: dict[tuple[int, int], list[Raw]] = {}
    for each in part.annotations:
        start, end = (each.start or 0) - begins, (each.end or 0) - begins
        spans.setdefault((start, end), []).append(write_annotation(each))
    blocks: list[dict[str, object]] = []
    at = 0
    for (start, end), citations in sorted(spans.items()):
        if not at <= start < end <= len(part.text):
            everything = [raw for each in spans.values() for raw in each]
            return [_text_block(part.text, everything)]
        if at < start:
            blocks.append(_text_block(part.text[at:start]))
        blocks.append(_text_block(part.text[start:end], citations))
        at = end
    if at < len(part.text):
        blocks.append(_text_block(part.text[at:]))
    return blocks
