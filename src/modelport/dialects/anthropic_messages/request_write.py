"""Requests for a provider that speaks this dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.anthropic_messages.blocks_write import write_cache, write_part
from modelport.dialects.anthropic_messages.thinking import DEFAULT_MAX_TOKENS, think
from modelport.dialects.anthropic_messages.wire import (
    EAGER,
    GATEWAY_FIELDS,
    NO_PREFILL,
    InPlaceSystem,
    KeptTool,
    Thinking,
)
from modelport.dialects.canonical import Message, Places, Request, Role, Text, Tool, respelled
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["spelled", "write_request"]

_PLACES = Places("messages", ("system", "tools"), ("content",))
"""Where this dialect keeps what a provider's row may spell otherwise."""

_OF_TOOLS = frozenset({"strict", "eager_input_streaming"})
"""Fields of tools that a row may drop under their bare names."""

_JSON_ONLY = "Answer with a single valid JSON object and nothing else: no code fence, no words before or after it."

_OWN_TOOL = re.compile(r"_20\d{6}$|^mcp_toolset$")


class _Typed(Struct):
    type: str | None = None


_TYPED = msgspec.json.Decoder(_Typed)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider. `Request.extra` is taken for fields of this dialect.

    Raises `BadRequest` that names what can't be said here.
    """
    _refuse(request)
    said = target.max_tokens or request.max_tokens
    body: dict[str, Any] = {
        "model": target.model,
        "max_tokens": said or target.default_max_tokens or DEFAULT_MAX_TOKENS,
    }
    system, body["messages"] = _turns(request)
    if body["messages"][-1]["role"] == "assistant" and NO_PREFILL in target.quirks:
        raise BadRequest("`messages`: this model does not continue an answer that was begun (prefill).")
    if request.response_format is not None and request.response_format.kind == "json_object":
        system.append({"type": "text", "text": _JSON_ONLY})
    if system:
        body["system"] = system
    if request.tools:
        body["tools"] = [_write_tool(tool, target, f"tools.{at}") for at, tool in enumerate(request.tools)]
    if (choice := _choice(request)) is not None:
        body["tool_choice"] = choice
    body.update(_small(request))
    think(body, request.reasoning, target=target, said=said is not None)
    _describe_output(body, request)
    body.update({
        name: raw
        for name, raw in request.extra.items()
        if (name not in GATEWAY_FIELDS or name in target.keeps) and name != "output_config"
    })  # fmt: skip
    if target.stream:
        body["stream"] = True
    return _ENCODER.encode(spelled(body, target))


def spelled(body: dict[str, Any], target: Target) -> dict[str, object]:
    """A body in the provider's words."""
    drops = target.drops | {f"parts.{name}" for name in _OF_TOOLS & target.drops}
    return respelled(body, target._replace(drops=drops), _PLACES)


def _small(request: Request) -> dict[str, Any]:
    """The fields that stand for themselves."""
    tiers = {"auto": "auto", "standard_only": "standard_only", "default": "standard_only"}
    fields = {
        "stop_sequences": [text for text in request.stop or () if text.strip()] or None,
        "temperature": min(request.temperature, 1.0) if request.temperature is not None else None,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "service_tier": tiers.get(request.service_tier or ""),
        "metadata": {"user_id": request.user} if request.user is not None else None,
        "cache_control": write_cache(request.cache) if request.cache is not None else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _refuse(request: Request) -> None:
    if request.n is not None and request.n > 1:
        raise BadRequest("`n`: this model gives one answer at a time; leave `n` out or ask several times.")
    if request.audio is not None or "audio" in (request.modalities or ()):
        raise BadRequest("`audio`: this model gives no spoken answers.")
    if "image" in (request.modalities or ()):
        raise BadRequest("`modalities`: this model answers in text only.")


def _turns(request: Request) -> tuple[list[Any], list[dict[str, Any]]]:
    """The system blocks, and the turns with neighbours of one role made one, as the provider would."""
    system: list[Any] = []
    turns: list[dict[str, Any]] = []
    for index, message in enumerate(request.messages):
        blocks = _blocks(message, f"messages.{index}")
        if message.role in {Role.SYSTEM, Role.DEVELOPER} and not isinstance(message, InPlaceSystem):
            system.extend(blocks)
        elif blocks:
            role = {Role.ASSISTANT: "assistant", Role.SYSTEM: "system"}.get(message.role, "user")
            if turns and turns[-1]["role"] == role and role != "system":
                turns[-1]["content"] += blocks
            else:
                turns.append({"role": role, "content": blocks})
    if not turns and system:  # a lone system prompt is an answerable request elsewhere, and none here
        turns, system = [{"role": "user", "content": system}], []
    if not turns:
        raise BadRequest("Input required: every one of the `messages` is empty.")
    last = turns[-1]
    end: dict[str, Any] | Raw = last["content"][-1]
    if last["role"] == "assistant" and isinstance(end, dict) and end["type"] == "text":
        end["text"] = end["text"].rstrip()  # "final assistant content cannot end with trailing whitespace"
    return system, turns


def _blocks(message: Message, place: str) -> list[Any]:
    parts = message.parts
    if message.name and message.role != Role.TOOL:
        # No place for a name here; the reference puts it before the words (`behaviour.md` section 2).
        for index, part in enumerate(parts):
            if isinstance(part, Text):
                named = msgspec.structs.replace(part, text=f"{message.name}: {part.text}")
                parts = [*parts[:index], named, *parts[index + 1 :]]
                break
    return [block for part in parts if (block := write_part(part, place)) is not None]


def _refuse_foreign(raw: Raw, name: str, place: str) -> None:
    """Raises `BadRequest` for a tool of another maker's: this one's have a type that ends in a date, or sets of MCP."""
    try:
        kind = _TYPED.decode(raw).type or ""
    except FAULTS:
        kind = ""
    if not _OWN_TOOL.search(kind):
        raise BadRequest(f"`{place}`: the tool {kind or name!r} can't be offered by this model's provider.")


def _write_tool(tool: Tool, target: Target, place: str) -> dict[str, Any] | Raw:
    if tool.raw is not None:
        _refuse_foreign(tool.raw, tool.name, place)
        return tool.raw
    block: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        block["description"] = tool.description
    block["input_schema"] = tool.parameters or {"type": "object", "properties": {}}
    if tool.strict is not None:
        block["strict"] = tool.strict
    if tool.cache is not None:
        block["cache_control"] = write_cache(tool.cache)
    if EAGER in target.quirks:
        block["eager_input_streaming"] = True
    if isinstance(tool, KeptTool):
        block.update(tool.rest)
    return block


def _choice(request: Request) -> dict[str, Any] | None:
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    if choice is None:
        # Said alone, "one call at a time" needs a choice to hang on.
        return {"type": "auto", "disable_parallel_tool_use": True} if request.tools and parallel is False else None
    if not request.tools and choice.mode in {"auto", "none"}:
        return None  # refused without tools, where it says nothing
    kind = {"required": "any"}.get(choice.mode, choice.mode)
    written: dict[str, Any] = {"type": kind}
    if choice.mode == "tool":
        written["name"] = choice.name
    if parallel is not None and kind != "none":
        written["disable_parallel_tool_use"] = not parallel
    return written


def _describe_output(body: dict[str, Any], request: Request) -> None:
    output: dict[str, Any] = {**body.pop("output_config", {})}
    if isinstance(request.reasoning, Thinking) and request.reasoning.effort is not None:
        output["effort"] = request.reasoning.effort
    elif request.verbosity is not None:
        output.setdefault("effort", request.verbosity)
    layout = request.response_format
    if layout is not None and layout.kind == "json_schema":
        output["format"] = {"type": "json_schema", "schema": layout.schema or Raw(b"{}")}
    if (more := request.extra.get("output_config")) is not None:
        output.update(_OBJECT.decode(more))
    if output:
        body["output_config"] = output
