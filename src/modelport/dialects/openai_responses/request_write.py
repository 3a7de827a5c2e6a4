"""Requests for a provider that speaks this dialect.

What a caller of this dialect wrote is kept beside its meaning. For a provider of the same dialect each composite field
goes out as it came, unless something changed its meaning on the way; so items and tools that the canonical vocabulary
has no words for survive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Message, Places, ReasoningOptions, Request, Role, Text, Tool, respelled
from modelport.dialects.openai_responses.items import Writing
from modelport.dialects.openai_responses.request_read import read_format, read_input, read_reasoning, read_tools
from modelport.dialects.openai_responses.wire import (
    GATEWAY_FIELDS,
    OPENAI_FORMAT,
    ReasoningBody,
    TextBody,
    ToolBody,
    ToolChoiceBody,
)
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from modelport.dialects.canonical import ReasoningOptions, Target

__all__ = ["CHANGED", "DROPPED", "PLACES", "REFUSED", "effort_of", "refuse_gateway_tools", "write_request"]

_IGNORED = "no such parameter here; the reference drops it"
DROPPED = {
    "top_k": _IGNORED,
    "min_p": _IGNORED,
    "top_a": _IGNORED,
    "frequency_penalty": _IGNORED,
    "presence_penalty": _IGNORED,
    "repetition_penalty": _IGNORED,
    "seed": _IGNORED,
    "stop": _IGNORED,
    "logit_bias": _IGNORED,
    "prediction": "a hint for speed only",
    "cache_control": "OpenAI caches by itself; breakpoints are sent on only beside `prompt_cache_options`, because "
    "models before GPT-5.6 refuse them",
    "is_error": "a tool's result can't be marked as an error; its words say it",
    "reasoning.exclude": "what is shown is decided here, after the answer",
    "reasoning_details": "those of another provider (`format`), and bare words without an id: they would be refused",
}
"""What a provider of this dialect is not told, and why."""

REFUSED = {
    "n": "one answer at a time",
    "modalities": "text is the only kind of answer",
    "video_url": "no film in messages",
    "assistant images": "no pictures or sound in the assistant's own messages",
    "tool results with sound": "text, pictures and files only",
    "tools": "tools of another provider's own",
}
"""What can't be asked of a provider of this dialect, because the answer would be another one."""

CHANGED = {
    "reasoning.max_tokens": "becomes the nearest `effort` (`behaviour.md` section 11)",
    "reasoning.enabled": "`true` becomes effort `medium`, `false` becomes `none`",
    "strict": "false where a caller of another dialect is silent: silence means true here",
    "name": "put in front of the message's words",
    "logprobs": "becomes an `include`",
}
"""What is said in another way."""


PLACES = Places("input", ("tools",), ("content", "output"))
"""Where this dialect keeps what a provider's row may spell otherwise."""

_HOSTED = frozenset({
    "apply_patch", "code_interpreter", "computer", "computer_use_preview", "custom", "file_search", "image_generation",
    "local_shell", "mcp", "namespace", "shell", "tool_search", "web_search", "web_search_2025_08_26",
    "web_search_preview", "web_search_preview_2025_03_11", "x_search",
})  # fmt: skip
"""Types of tools that providers of this dialect have of their own."""


_KEPT = frozenset({"input", "instructions", "tools", "tool_choice", "reasoning", "text", "include"})
"""Fields kept as they came in `Request.extra`, beside their meaning."""
_SHARED = frozenset({
    "context_management", "max_tool_calls", "moderation", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "safety_identifier", "truncation",
})  # fmt: skip
"""Fields of this dialect that a request in another one may hold under the same name and meaning."""


_RATIOS = {"xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
_ENCRYPTED, _LOGPROBS = "reasoning.encrypted_content", "message.output_text.logprobs"


_T = TypeVar("_T")
_M = TypeVar("_M")

_ITEMS = msgspec.json.Decoder(str | list[Raw])
_TOOLS = msgspec.json.Decoder(list[Raw])
_TOOL = msgspec.json.Decoder(ToolBody)
_CHOICE = msgspec.json.Decoder(str | ToolChoiceBody)
_REASONING = msgspec.json.Decoder(ReasoningBody)
_TEXT = msgspec.json.Decoder(TextBody)
_STRS = msgspec.json.Decoder(list[str])
_STR = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()
_NO_PARAMETERS = Raw(b'{"type":"object","properties":{}}')


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider. Raises `BadRequest` that names what can't be asked of it."""
    _refuse(request)
    own = "input" in request.extra
    fields: dict[str, object] = {"model": target.model}
    fields.update(_write_input(request, target, own=own))
    fields["stream"] = True if target.stream else None
    fields["store"] = False
    fields["max_output_tokens"] = target.max_tokens or request.max_tokens
    fields["temperature"] = request.temperature
    fields["top_p"] = request.top_p
    fields["top_logprobs"] = request.top_logprobs
    fields.update(_write_tools(request, own=own))
    fields["parallel_tool_calls"] = request.parallel_tool_calls
    fields["reasoning"] = _write_reasoning(request, target)
    fields["text"] = _write_text(request)
    fields["include"] = _include(request, own=own) or (request.extra.get("include") if own else None)
    fields["service_tier"] = request.service_tier
    fields["user"] = request.user
    fields["metadata"] = request.metadata
    fields |= {
        name: raw
        for name, raw in request.extra.items()
        if (name not in GATEWAY_FIELDS or name in target.keeps) and name not in _KEPT and (own or name in _SHARED)
    }
    said = {name: value for name, value in fields.items() if value is not None}
    return _ENCODER.encode(respelled(said, target, PLACES))


def _refuse(request: Request) -> None:
    if request.n is not None and request.n > 1:
        raise BadRequest(f"The provider can't take `n`: {REFUSED['n']} in its dialect (OpenAI Responses).")
    if set(request.modalities or ()) - {"text"}:
        raise BadRequest(
            f"The provider can't take `modalities`: {REFUSED['modalities']} in its dialect (OpenAI Responses)."
        )


def _unchanged(
    request: Request, name: str, decoder: msgspec.json.Decoder[_T], read: Callable[[_T], _M], meaning: _M
) -> Raw | None:
    """The field as the caller of this dialect wrote it, where it still means what is asked now."""
    raw = request.extra.get(name) if "input" in request.extra else None
    return raw if raw is not None and read(decoder.decode(raw)) == meaning else None


def _write_input(request: Request, target: Target, *, own: bool) -> dict[str, object]:
    fields: dict[str, object] = {}
    messages = request.messages
    if own and (raw := request.extra.get("instructions")) is not None:
        first = Message(Role.SYSTEM, [Text(_STR.decode(raw))])
        if messages and messages[0] == first:
            fields["instructions"] = raw
            messages = messages[1:]
    if own:
        raw = request.extra["input"]
        before, plain = read_input(_ITEMS.decode(raw))
        if plain and before == messages:
            return {**fields, "input": raw}
    custom = frozenset(tool.name for tool in request.tools if _type_of(tool) == "custom")
    breakpoints = "prompt_cache_options" in request.extra
    writing = Writing(custom, target.reasoning_format or OPENAI_FORMAT, breakpoints=breakpoints)
    return {**fields, "input": writing.write(messages)}


def _type_of(tool: Tool) -> str:
    """The type of a tool; empty for one of a dialect whose tools have none."""
    if tool.raw is None:
        return "function"
    try:
        return _TOOL.decode(tool.raw).type
    except FAULTS:
        return ""


def refuse_gateway_tools(kinds: Iterable[str]) -> None:
    """Raises `BadRequest` for tools of the gateway's own, which no provider knows."""
    for kind in kinds:
        if kind.startswith("openrouter:"):
            raise BadRequest(f"The provider can't take `tools`: {kind!r} is not of its dialect (OpenAI Responses).")


def _write_tools(request: Request, *, own: bool) -> dict[str, object]:
    refuse_gateway_tools(map(_type_of, request.tools))
    if own:
        raws = request.extra.get("tools"), request.extra.get("tool_choice")
        tools = _TOOLS.decode(raws[0]) if raws[0] is not None else []
        choice = _CHOICE.decode(raws[1]) if raws[1] is not None else None
        if read_tools(tools, choice) == (request.tools, request.tool_choice):
            return {"tools": raws[0], "tool_choice": raws[1]}
    fields: dict[str, object] = {}
    if request.tools:
        fields["tools"] = [_write_tool(tool, own=own) for tool in request.tools]
    choice = request.tool_choice
    if choice is not None:
        fields["tool_choice"] = choice.mode if choice.mode != "tool" else _write_choice(request, choice.name or "")
    return fields


def _write_tool(tool: Tool, *, own: bool) -> object:
    if tool.raw is not None:
        if not own and (kind := _type_of(tool)) not in _HOSTED:
            raise BadRequest(
                f"The provider can't take `tools`: {kind or tool.name!r} is not of its dialect (OpenAI Responses)."
            )
        return tool.raw
    item: dict[str, object] = {"type": "function", "name": tool.name}
    if tool.description is not None:
        item["description"] = tool.description
    item["parameters"] = tool.parameters if tool.parameters is not None else _NO_PARAMETERS
    if tool.strict is not None or not own:
        item["strict"] = bool(tool.strict)
    return item


def _write_choice(request: Request, name: str) -> dict[str, object]:
    kinds = {tool.name: _type_of(tool) for tool in request.tools}
    kind = kinds.get(name, "function")
    if kind == "mcp":
        return {"type": kind, "server_label": name}
    return {"type": kind, "name": name} if kind in {"function", "custom"} else {"type": kind}


def _write_reasoning(request: Request, target: Target) -> object:
    options = request.reasoning
    if options is None:
        return None
    if options.max_tokens is None and options.enabled is None and options.exclude is None:  # those are the reference's
        raw = _unchanged(request, "reasoning", _REASONING, read_reasoning, options)
        if raw is not None:
            return raw
    effort = effort_of(options, request.max_tokens)
    fields = {"effort": None if effort is None else target.effort(effort), "summary": options.summary}
    return {name: value for name, value in fields.items() if value is not None} or None


def effort_of(options: ReasoningOptions, max_tokens: int | None) -> str | None:
    """How much to reason in the one word that this dialect has for it; `max_tokens` is the length of the answer."""
    effort = options.effort
    if effort is None and options.enabled is False:
        effort = "none"
    elif effort is None and options.max_tokens is not None:
        # Without a length to compare with, the budget says no more than that there is to be reasoning.
        ratio = options.max_tokens / max_tokens if max_tokens else 0.5
        effort = min(_RATIOS, key=lambda name: abs(_RATIOS[name] - ratio))
    elif effort is None and options.enabled:
        effort = "medium"
    return effort


def _write_text(request: Request) -> object:
    meaning = (request.response_format, request.verbosity)
    raw = _unchanged(request, "text", _TEXT, lambda one: (read_format(one), one.verbosity), meaning)
    if raw is not None:
        return raw
    text: dict[str, object] = {}
    wanted = request.response_format
    if wanted is not None:
        fields: dict[str, object] = {"type": wanted.kind}
        if wanted.kind == "json_schema":
            fields |= {"name": wanted.name or "response", "schema": wanted.schema or Raw(b"{}")}
            fields |= {"strict": wanted.strict, "description": wanted.description}
        text["format"] = {name: value for name, value in fields.items() if value is not None}
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    return text or None


def _include(request: Request, *, own: bool) -> list[str]:
    raw = request.extra.get("include")
    include = _STRS.decode(raw) if own and raw is not None else []
    options = request.reasoning
    thinking = options is not None and options.effort != "none" and options.enabled is not False
    # Without its secret a reasoning item can't be sent back, and nothing is stored; models that don't reason refuse
    # to be asked for it, so it goes where reasoning was asked for.
    if thinking and not own and _ENCRYPTED not in include:
        include.append(_ENCRYPTED)
    if request.logprobs and _LOGPROBS not in include:
        include.append(_LOGPROBS)
    return include
