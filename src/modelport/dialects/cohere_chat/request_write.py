"""Requests written for a provider of this dialect, from whatever dialect they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Places, respelled
from modelport.dialects.cohere_chat.content_write import write_message
from modelport.dialects.cohere_chat.wire import GATEWAY_FIELDS, KeptTool, Thinking
from modelport.errors import BadRequest

if TYPE_CHECKING:
    from modelport.dialects.canonical import ReasoningOptions, Request, ResponseFormat, Target, Tool

__all__ = ["PLACES", "write_request"]

PLACES = Places("messages", ("tools",), ("content",))
"""Where renames and drops of a provider's row find turns and parts."""

_RATIOS = {"max": 0.95, "xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
"""How much of the longest answer an effort leaves for thinking (`behaviour.md` section 11)."""

_ENCODER = msgspec.json.Encoder()


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider. `Request.extra` is taken for fields of this dialect.

    Raises `BadRequest` that names what can't be said here.
    """
    _refuse(request)
    messages = [
        written
        for index, message in enumerate(request.messages)
        for written in write_message(message, f"messages.{index}")
    ]
    if not messages:
        raise BadRequest("Input required: every one of the `messages` is empty.")
    longest = target.max_tokens or request.max_tokens
    body: dict[str, Any] = {"model": target.model, "messages": messages, **_tools(request)}
    options = {
        "max_tokens": longest,
        "temperature": request.temperature,
        "p": _within(request.top_p, 0.01, 0.99),
        "k": _within(request.top_k, 0, 500),
        "seed": request.seed,
        "frequency_penalty": _within(request.frequency_penalty, 0, 1),
        "presence_penalty": _within(request.presence_penalty, 0, 1),
        "stop_sequences": request.stop,
        "logprobs": request.logprobs,
        "response_format": _format(request.response_format),
        "thinking": _thinking(request.reasoning, longest),
    }
    body.update({name: value for name, value in options.items() if value is not None})
    body.update({
        name: raw
        for name, raw in request.extra.items()
        if name not in GATEWAY_FIELDS or name in target.keeps
    })  # fmt: skip
    if target.stream:
        body["stream"] = True
    return _ENCODER.encode(respelled(body, target, PLACES))


def _refuse(request: Request) -> None:
    if request.n is not None and request.n > 1:
        raise BadRequest("`n`: this model gives one answer at a time; leave `n` out or ask several times.")
    if request.audio is not None or "audio" in (request.modalities or ()):
        raise BadRequest("`audio`: this model gives no spoken answers.")
    if "image" in (request.modalities or ()):
        raise BadRequest("`modalities`: this model answers in text only.")


def _within(value: float | None, least: float, most: float) -> float | None:
    return None if value is None else min(max(value, least), most)


def _tools(request: Request) -> dict[str, Any]:
    tools, choice = request.tools, request.tool_choice
    fields: dict[str, Any] = {}
    if choice is not None and choice.mode == "tool":
        tools = [tool for tool in tools if tool.name == choice.name]
        if not tools:
            raise BadRequest(f"`tool_choice`: there is no tool named {choice.name!r} among the `tools`.")
    if tools:
        fields["tools"] = [_write_tool(tool, index) for index, tool in enumerate(tools)]
        strict = {tool.strict for tool in tools}
        if strict in ({True}, {False}):
            fields["strict_tools"] = strict.pop()
    if choice is not None and choice.mode != "auto":
        fields["tool_choice"] = "NONE" if choice.mode == "none" else "REQUIRED"
    return fields


def _write_tool(tool: Tool, index: int) -> dict[str, Any] | Raw:
    if tool.raw is not None:
        if isinstance(tool, KeptTool):
            return tool.raw
        raise BadRequest(f"`tools.{index}`: this model has functions only, and none of another provider's own tools.")
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters or {"type": "object", "properties": {}}
    if isinstance(tool, KeptTool):
        function.update(tool.rest)
    return {"type": "function", "function": function}


def _format(layout: ResponseFormat | None) -> dict[str, Any] | None:
    if layout is None:
        return None
    if layout.kind == "json_schema" and layout.schema is not None:
        return {"type": "json_object", "json_schema": layout.schema}
    return {"type": "text" if layout.kind == "text" else "json_object"}


def _thinking(options: ReasoningOptions | None, longest: int | None) -> dict[str, Any] | Raw | None:
    """The `thinking` object; `longest` is the limit of the answer, of which an effort takes its share."""
    if options is None:
        return None
    if isinstance(options, Thinking) and options.thinking is not None:
        return options.thinking
    if options.enabled is False or options.effort == "none":
        return {"type": "disabled"}
    if options.enabled is None and options.effort is None and options.max_tokens is None:
        return None
    budget = options.max_tokens
    if budget is None and longest is not None:
        budget = int(longest * _RATIOS.get(options.effort or "medium", 0.5))
    return {"type": "enabled"} if budget is None else {"type": "enabled", "token_budget": max(budget, 1)}
