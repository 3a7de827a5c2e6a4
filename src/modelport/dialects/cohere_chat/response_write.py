"""A whole answer, written for a caller of this dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from modelport.dialects.canonical import FinishReason, Reasoning, Refusal, Text, ToolCall
from modelport.dialects.cohere_chat.citations import write_citation, write_logprob
from modelport.dialects.cohere_chat.content_write import opaque
from modelport.dialects.cohere_chat.response_read import REASONS
from modelport.dialects.cohere_chat.wire import BLOCK_FORMAT, PLAN_FORMAT, detail_of
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from msgspec import Raw

    from modelport.dialects.canonical import Charged, Choice, Finish, Identity, Output

__all__ = ["stop_word", "write_response", "write_usage"]

_STOPS = {
    FinishReason.STOP: "COMPLETE",
    FinishReason.LENGTH: "MAX_TOKENS",
    FinishReason.TOOL_CALLS: "TOOL_CALL",
    FinishReason.CONTENT_FILTER: "ERROR_TOXIC",
    FinishReason.ERROR: "ERROR",
}

_ENCODER = msgspec.json.Encoder()


def write_response(output: Output, identity: Identity, charged: Charged) -> bytes:
    """The body for a caller; of several choices the first, as this dialect has one only."""
    choice = output.choices[0] if output.choices else None
    finish = choice.finish if choice is not None else None
    called = choice is not None and any(isinstance(part, ToolCall) for part in choice.parts)
    answer: dict[str, Any] = {
        "id": identity.id,
        "model": identity.model,
        "provider": identity.provider,
        "message": {"role": "assistant", **(_write_message(choice) if choice is not None else {})},
        "finish_reason": stop_word(finish, called=called),
        "usage": write_usage(charged),
    }
    entries = choice.logprobs.content if choice is not None and choice.logprobs is not None else None
    if entries:
        answer["logprobs"] = [entry for raw in entries if (entry := write_logprob(raw)) is not None]
    return _ENCODER.encode(answer)


def stop_word(finish: Finish | None, *, called: bool) -> str:
    """The word callers of this dialect know; a provider's own word where it is one of them."""
    if finish is None:
        return "TOOL_CALL" if called else "COMPLETE"
    if finish.native is not None and REASONS.get(finish.native) == finish.reason:
        return finish.native
    if finish.reason == FinishReason.STOP and (called or finish.stop_sequence is not None):
        # Some providers say `stop` after a call, and agents run tools by this word.
        return "TOOL_CALL" if called else "STOP_SEQUENCE"
    return _STOPS[finish.reason]


def write_usage(charged: Charged) -> dict[str, Any]:
    """`usage` with its cost in USD, which the official SDK hands on."""
    usage = charged.usage
    tokens = {
        "input_tokens": max(usage.prompt_tokens - usage.prompt_image_tokens, 0),
        "output_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }
    if usage.prompt_image_tokens:
        tokens["image_tokens"] = usage.prompt_image_tokens
    return {
        "billed_units": {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens},
        "tokens": tokens,
        "cached_tokens": usage.cached_tokens,
        "cost": to_number(charged.cost),
        "is_byok": charged.is_byok,
        "cost_details": {
            "upstream_inference_cost": charged.upstream,
            "upstream_inference_prompt_cost": to_number(charged.prompt_cost),
            "upstream_inference_completions_cost": to_number(charged.completion_cost),
        },
    }


def _write_message(choice: Choice) -> dict[str, Any]:
    content: list[Any] = []
    citations: list[Any] = []
    calls: list[dict[str, Any]] = []
    plans: list[str] = []
    begins = 0
    for part in choice.parts:
        match part:
            case Text():
                citations += [write_citation(each, len(content), begins, part.text) for each in part.annotations]
                content += [{"type": "text", "text": part.text}] if part.text or part.annotations else []
                begins += len(part.text)
            case Refusal() if part.text:
                content.append({"type": "text", "text": part.text})
            case Reasoning() if part.format == PLAN_FORMAT:
                plans.append(part.text)
            case Reasoning():
                content += [block for block in [_write_reasoning(part)] if block is not None]
            case ToolCall():
                function = {"name": part.name, "arguments": part.arguments}
                signed = {"signature": part.signature} if part.signature is not None else {}
                calls.append({"id": part.id, "type": "function", "function": function, **signed})
            case _:
                pass
    content += [{"type": "text", "text": f"![image]({url})"} for url in choice.images]  # no pictures in answers
    if choice.audio is not None and choice.audio.transcript:
        content.append({"type": "text", "text": choice.audio.transcript})
    if not content and not calls:
        content = [{"type": "text", "text": ""}]  # callers take the first block without looking
    message = {"content": content, "tool_plan": "".join(plans), "tool_calls": calls, "citations": citations}
    return {name: value for name, value in message.items() if value}


def _write_reasoning(part: Reasoning) -> dict[str, Any] | Raw | None:
    if part.format == BLOCK_FORMAT:
        return opaque(part.data)
    block: dict[str, Any] = {"type": "thinking", "thinking": part.text}
    detail = detail_of(part)
    return block if detail is None else {**block, "reasoning_detail": detail}
