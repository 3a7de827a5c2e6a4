"""Whole answers, written for a caller; and the pieces of them that streams have as well.

The object's fields are those that the reference really sends (recorded), which contain all that the official clients
demand; what the caller asked for is echoed in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import (
    Charged,
    Choice,
    FinishReason,
    Identity,
    Output,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from modelport.dialects.openai_responses.output import write_annotation
from modelport.dialects.openai_responses.reasoning import TEMPORARY, Group, call_signature, kept_item, write_group
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from modelport.dialects.canonical import Request


__all__ = [
    "INCOMPLETE",
    "Ids",
    "call_item",
    "custom_tools",
    "id_of",
    "image_item",
    "message_item",
    "response_object",
    "text_part",
    "write_response",
    "write_usage",
]

_ENCODER = msgspec.json.Encoder()

INCOMPLETE = {FinishReason.LENGTH: "max_output_tokens", FinishReason.CONTENT_FILTER: "content_filter"}
"""The reference's finish reasons that are told as `incomplete_details.reason`; all others are `completed`."""


class Ids:
    """Ids for the items of one answer, made from the generation's own. Providers' ids of reasoning are kept."""

    def __init__(self, identity: Identity) -> None:
        self._tail = identity.id.removeprefix("gen-")
        self._given: set[str] = set()

    def of(self, prefix: str, provided: str | None = None) -> str:
        """A new id, or the provider's when no other item bears it."""
        item_id = provided
        if item_id is None or item_id in self._given:
            item_id = f"{prefix}{TEMPORARY}{self._tail}_{len(self._given)}"
        self._given.add(item_id)
        return item_id


def text_part(text: str, annotations: list[object], logprobs: list[Raw]) -> dict[str, object]:
    """A message's part of plain words."""
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}


def message_item(item_id: str, status: str, content: list[dict[str, object]]) -> dict[str, object]:
    """A message of the assistant."""
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def call_item(item_id: str, status: str, call: ToolCall, *, custom: bool) -> dict[str, object]:
    """A tool call; a custom tool's has plain text for its input."""
    kind, field = ("custom_tool_call", "input") if custom else ("function_call", "arguments")
    return {
        "id": item_id,
        "type": kind,
        "status": status,
        "call_id": call.id,
        "name": call.name,
        field: call.arguments,
    }


def image_item(item_id: str, url: str) -> dict[str, object]:
    """A picture, as if a tool of the provider's own had made it: the only form this dialect has."""
    head, mark, data = url.partition(";base64,")
    if not mark or not head.startswith("data:image/"):
        return {"id": item_id, "type": "image_generation_call", "status": "completed", "result": url}
    return {
        "id": item_id,
        "type": "image_generation_call",
        "status": "completed",
        "result": data,
        "output_format": head.removeprefix("data:image/"),
    }


def custom_tools(request: Request | None) -> frozenset[str]:
    """Names of the tools whose input is plain text."""
    tools = request.tools if request is not None else []
    return frozenset(tool.name for tool in tools if tool.raw is not None and _TYPE.decode(tool.raw).type == "custom")


class _Type(Struct):
    type: str | None = None


_TYPE = msgspec.json.Decoder(_Type)


def write_usage(charged: Charged) -> dict[str, object]:
    """`usage` for the caller, with its cost in USD (`behaviour.md` section 20; names as recorded)."""
    usage = charged.usage
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
        "cost": to_number(charged.cost),
        "is_byok": charged.is_byok,
        "cost_details": {
            "upstream_inference_cost": charged.upstream,
            "upstream_inference_input_cost": to_number(charged.prompt_cost),
            "upstream_inference_output_cost": to_number(charged.completion_cost),
        },
    }


def response_object(identity: Identity, request: Request | None, status: str) -> dict[str, object]:
    """The response object without output and usage; what the caller asked for is repeated in it."""
    extra = request.extra if request is not None else {}
    return {
        "id": identity.id,
        "object": "response",
        "created_at": identity.created,
        "completed_at": None,
        "model": identity.model,
        "status": status,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "instructions": extra.get("instructions"),
        "metadata": (request and request.metadata) or {},
        "tools": _tools(request),
        "tool_choice": _tool_choice(request),
        "parallel_tool_calls": request is None or request.parallel_tool_calls is not False,
        "max_output_tokens": request and request.max_tokens,
        "temperature": _or(request and request.temperature, 1),
        "top_p": _or(request and request.top_p, 1),
        "presence_penalty": _or(request and request.presence_penalty, 0),
        "frequency_penalty": _or(request and request.frequency_penalty, 0),
        "top_logprobs": _or(request and request.top_logprobs, 0),
        "max_tool_calls": extra.get("max_tool_calls"),
        "background": False,
        "previous_response_id": None,
        "service_tier": (request and request.service_tier) or "auto",
        "truncation": extra.get("truncation", "disabled"),
        "store": False,
        "text": extra.get("text") or {"format": {"type": "text"}},
        "reasoning": _reasoning(request),
        "safety_identifier": extra.get("safety_identifier"),
        "prompt_cache_key": extra.get("prompt_cache_key"),
        "user": request and request.user,
        "usage": None,
    }


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _tools(request: Request | None) -> object:
    if request is None:
        return []
    if (raw := request.extra.get("tools")) is not None:
        return raw
    return [
        tool.raw
        or {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": tool.strict,
        }
        for tool in request.tools
    ]


def _tool_choice(request: Request | None) -> object:
    if request is None or request.tool_choice is None:
        return "auto"
    if (raw := request.extra.get("tool_choice")) is not None:
        return raw
    choice = request.tool_choice
    return {"type": "function", "name": choice.name} if choice.mode == "tool" else choice.mode


def _reasoning(request: Request | None) -> object:
    if request is None or request.reasoning is None:
        return {"effort": None, "summary": None}
    return {"effort": request.reasoning.effort, "summary": request.reasoning.summary}


def write_response(
    output: Output,
    identity: Identity,
    charged: Charged,
    *,
    request: Request | None = None,
    completed_at: int | None = None,
) -> bytes:
    """The body for the caller; `request` is what it asked, to be repeated there."""
    choice = output.choices[0] if output.choices else Choice()
    reason = choice.finish.reason if choice.finish is not None else FinishReason.STOP
    status = "incomplete" if reason in INCOMPLETE else "failed" if reason is FinishReason.ERROR else "completed"
    body = response_object(identity, request, status)
    body["completed_at"] = completed_at
    body["output"] = _items(choice, Ids(identity), custom_tools(request))
    if reason in INCOMPLETE:
        body["incomplete_details"] = {"reason": INCOMPLETE[reason]}
    if reason is FinishReason.ERROR:
        body["error"] = {"code": "server_error", "message": "Provider returned error"}
    body["usage"] = write_usage(charged)
    return _ENCODER.encode(body)


def _items(choice: Choice, ids: Ids, custom: frozenset[str]) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    group: Group | None = None
    content: list[dict[str, object]] = []
    logprobs = list((choice.logprobs.content if choice.logprobs else None) or ())
    for part in choice.parts:
        if not isinstance(part, Text | Refusal):
            content = []
        if isinstance(part, Reasoning) and group is not None and group.takes(part):
            group.blocks.append(part)
            items[-1] = write_group(group, str(items[-1]["id"]), "completed")
            continue
        group = None
        match part:
            case Reasoning() if (kept := kept_item(part)) is not None:
                items.append({**kept, "id": ids.of("item", id_of(kept))})
            case Reasoning():
                group = Group(part)
                items.append(write_group(group, ids.of("rs", part.id), "completed"))
            case Text() | Refusal():
                if not content:
                    items.append(message_item(ids.of("msg"), "completed", content))
                content.append(_words(part, logprobs))
                logprobs = [] if isinstance(part, Text) else logprobs
            case ToolCall():
                if part.signature is not None:
                    items.append(call_signature(part.id, part.signature, ids.of("rs")))
                items.append(
                    call_item(
                        ids.of("ctc" if part.name in custom else "fc"), "completed", part, custom=part.name in custom
                    )
                )
            case _:
                pass
    items.extend(image_item(ids.of("ig"), url) for url in choice.images)
    return items


def id_of(item: dict[str, object]) -> str | None:
    """The id an item came with."""
    item_id = item.get("id")
    return item_id if isinstance(item_id, str) and item_id else None


def _words(part: Text | Refusal, logprobs: list[Raw]) -> dict[str, object]:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    annotations = [write_annotation(one, part.text) for one in part.annotations]
    return text_part(part.text, [one for one in annotations if one is not None], logprobs)
