"""Requests for a provider of this dialect, written anew or patched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.bedrock_converse.blocks_write import Blocks, is_tool_block
from modelport.dialects.bedrock_converse.ways import ask_to_reason, ways_of, write_top_k
from modelport.dialects.bedrock_converse.wire import InPlaceSystem, KeptTool
from modelport.dialects.canonical import Fields, Message, Request, Role, Text, Tool
from modelport.errors import BadRequest
from modelport.kit.raw_json import overlaid

if TYPE_CHECKING:
    from modelport.dialects.bedrock_converse.ways import Ways
    from modelport.dialects.canonical import Target

__all__ = ["GATEWAY_FIELDS", "patch_request", "write_request"]

GATEWAY_FIELDS = frozenset({
    "debug", "fallbacks", "max_tool_calls", "models", "plugins", "preset", "provider", "route", "session_id",
    "stop_server_tools_when", "trace", "transforms", "usage", "user",
})  # fmt: skip
"""Fields meant for the gateway (`behaviour.md` section 17), kept in `Request.extra` and never sent on."""

_JSON_ONLY = "Answer with a single valid JSON object and nothing else: no code fence, no words before or after it."
_NO_CALLS = "Do not call any tool now: answer in words, from what is known."
_BEGIN = "Continue."
_TIERS = frozenset({"priority", "default", "flex", "reserved"})
_OWN = "additionalModelRequestFields"
_SHARED = frozenset({"inferenceConfig", "outputConfig"})
"""Objects of which a part is understood, and the rest stays in `Request.extra`."""

_OWN_TOOLS = frozenset({"toolSpec", "systemTool", "cachePoint"})
"""What an entry of its `tools` may be."""

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of the same dialect: named patches, all else byte for byte.

    Model and stream are no part of it. Raises `BadRequest`.
    """
    fields = {
        name: raw
        for name, raw in Fields(body, "").rest.items()
        if name not in GATEWAY_FIELDS or name in target.keeps
    }  # fmt: skip
    if target.max_tokens is not None:
        inference = Fields(fields.get("inferenceConfig", Raw(b"{}")), "inferenceConfig").rest
        inference["maxTokens"] = Raw(str(target.max_tokens).encode())
        fields["inferenceConfig"] = Raw(_ENCODER.encode(inference))
    return _ENCODER.encode(_respelled(dict(fields), target))


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider. `Request.extra` is taken for fields of this dialect, which win.

    Raises `BadRequest` that names what can't be said here.
    """
    _refuse(request)
    ways = ways_of(target)
    blocks = Blocks(ways)
    system, turns = _turns(request, blocks)
    if turns[-1]["role"] == "assistant" and not ways.prefill:
        raise BadRequest("`messages`: this model does not continue an answer that was begun (prefill).")
    body: dict[str, Any] = {"messages": turns}
    if inference := _inference(request, target, ways):
        body["inferenceConfig"] = inference
    own: dict[str, Any] = {}
    if (tools := _tools(request, turns, own, ways, blocks)) is not None:
        body["toolConfig"] = tools
    if system := [*system, *_last_words(request, calls=tools is not None)]:
        body["system"] = system
    if _OWN not in request.extra:
        _say_own(body, own, request, target, ways)
    if own:
        body[_OWN] = own
    _describe_output(body, request)
    if request.service_tier in _TIERS:
        body["serviceTier"] = {"type": request.service_tier}
    for name, raw in request.extra.items():
        if name not in GATEWAY_FIELDS or name in target.keeps:
            body[name] = overlaid(raw, body[name]) if name in _SHARED & body.keys() else raw
    return _ENCODER.encode(_respelled(body, target))


def _last_words(request: Request, *, calls: bool) -> list[dict[str, Any]]:
    """What no field says here, as lines of the system prompt."""
    words: list[dict[str, Any]] = []
    if calls and request.tool_choice is not None and request.tool_choice.mode == "none":
        words.append({"text": _NO_CALLS})
    if request.response_format is not None and request.response_format.kind == "json_object":
        words.append({"text": _JSON_ONLY})
    return words


def _say_own(body: dict[str, Any], own: dict[str, Any], request: Request, target: Target, ways: Ways) -> None:
    """The settings that each model has its own words for."""
    if request.top_k is not None:
        write_top_k(own, ways, request.top_k)
    ask_to_reason(body, own, request.reasoning, target)
    if request.verbosity is not None and ways.reasoning == "adaptive":
        own.setdefault("output_config", {"effort": request.verbosity})


def _refuse(request: Request) -> None:
    if request.n is not None and request.n > 1:
        raise BadRequest("`n`: this model gives one answer at a time; leave `n` out or ask several times.")
    if request.audio is not None or "audio" in (request.modalities or ()):
        raise BadRequest("`audio`: this model gives no spoken answers.")


def _respelled(body: dict[str, Any], target: Target) -> dict[str, Any]:
    """The provider's own words. `inferenceConfig.x` names a field of that object, as do the model's own fields."""
    for name, other in target.renames.items():
        if name in body:
            body[other] = body.pop(name)
    for name in target.drops:
        outer, dot, inner = name.partition(".")
        if not dot:
            body.pop(name, None)
        elif outer in body:
            fields = Fields(_ENCODER.encode(body[outer]), outer).rest
            fields.pop(inner, None)
            body[outer] = fields
    return body


# Turns.


def _turns(request: Request, blocks: Blocks) -> tuple[list[Any], list[dict[str, Any]]]:
    """The system blocks, and the turns, in which the roles must alternate and the user must begin."""
    system: list[Any] = []
    turns: list[dict[str, Any]] = []
    for index, message in enumerate(request.messages):
        content = blocks.of(_named(message), f"messages.{index}")
        if message.role in {Role.SYSTEM, Role.DEVELOPER} and not isinstance(message, InPlaceSystem):
            system.extend(content)
        elif content:
            role = {Role.ASSISTANT: "assistant", Role.SYSTEM: "system"}.get(message.role, "user")
            if turns and turns[-1]["role"] == role != "system":
                turns[-1]["content"] += content
            else:
                turns.append({"role": role, "content": content})
    if not turns and system:  # a lone system prompt is an answerable request elsewhere, and none here
        turns, system = [{"role": "user", "content": system}], []
    if not turns:
        raise BadRequest("Input required: every one of the `messages` is empty.")
    if turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": [{"text": _BEGIN}]})
    last = turns[-1]
    end: dict[str, Any] | Raw = last["content"][-1]
    if last["role"] == "assistant" and isinstance(end, dict) and "text" in end:
        end["text"] = end["text"].rstrip()  # Claude refuses a final turn of the assistant that ends in white space
    if last["role"] == "user" and request.cache is not None and (point := blocks.point(request.cache)) is not None:
        last["content"].append(point)
    return system, turns


def _named(message: Message) -> list[Any]:
    """The parts, with the speaker's name before the words: the reference's way (`behaviour.md` section 2)."""
    parts = message.parts
    if message.name and message.role != Role.TOOL:
        for index, part in enumerate(parts):
            if isinstance(part, Text):
                named = msgspec.structs.replace(part, text=f"{message.name}: {part.text}")
                return [*parts[:index], named, *parts[index + 1 :]]
    return parts


# Settings.


def _inference(request: Request, target: Target, ways: Ways) -> dict[str, Any]:
    stop = [text for text in request.stop or () if text and (text.strip() or not ways.claude)]
    fields = {
        "maxTokens": target.max_tokens or request.max_tokens,
        "temperature": min(request.temperature, 1.0) if request.temperature is not None else None,
        "topP": request.top_p,
        "stopSequences": stop or None,
    }
    if not ways.samples:
        del fields["temperature"], fields["topP"]
    return {name: value for name, value in fields.items() if value is not None}


def _tools(
    request: Request, turns: list[dict[str, Any]], own: dict[str, Any], ways: Ways, blocks: Blocks
) -> dict[str, Any] | None:
    """`toolConfig`. Without tools, or with `none`, it is there only if the turns hold calls or results.

    Then it must be ("The toolConfig field must be defined when using toolUse and toolResult content blocks": pentagi
    pull request 196), and names the functions that were called where the caller describes none.
    """
    choice = request.tool_choice
    none = choice is not None and choice.mode == "none"
    tools = request.tools
    if none or not tools:
        history = [block for turn in turns for block in turn["content"] if is_tool_block(block)]
        if not history:
            return None
        called = dict.fromkeys(block["toolUse"]["name"] for block in history if "toolUse" in block)
        tools = tools or [Tool(name) for name in called or ("tool",)]
    config: dict[str, Any] = {"tools": []}
    for at, tool in enumerate(tools):
        config["tools"].append(_write_tool(tool, ways, f"tools.{at}"))
        if tool.cache is not None and ways.claude and (point := blocks.point(tool.cache)) is not None:
            config["tools"].append(point)
    match choice.mode if choice is not None else None:
        case "required":
            config["toolChoice"] = {"any": {}}
        case "tool" if choice is not None:
            config["toolChoice"] = {"tool": {"name": choice.name}}
        case "auto":
            config["toolChoice"] = {"auto": {}}
        case _:
            pass
    if (
        request.parallel_tool_calls is False
        and ways.new_tools
        and config.get("toolChoice", {"auto": {}}).keys() == {"auto"}
    ):
        # Converse has no word for it; Claude's own is refused beside another choice.
        config.pop("toolChoice", None)
        own["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
    return config


def _write_tool(tool: Tool, ways: Ways, place: str) -> dict[str, Any] | Raw:
    if tool.raw is not None:
        if not _OWN_TOOLS.issuperset(_OBJECT.decode(tool.raw)):
            raise BadRequest(f"`{place}`: the tool {tool.name!r} can't be offered by this model's provider.")
        return tool.raw
    spec: dict[str, Any] = {"name": tool.name}
    if tool.description:  # an empty one is refused
        spec["description"] = tool.description
    spec["inputSchema"] = {"json": tool.parameters or {"type": "object", "properties": {}}}
    if tool.strict is not None and ways.new_tools:
        spec["strict"] = tool.strict
    if isinstance(tool, KeptTool):
        spec.update(tool.rest)
    return {"toolSpec": spec}


def _describe_output(body: dict[str, Any], request: Request) -> None:
    layout = request.response_format
    if layout is None or layout.kind != "json_schema":
        return
    described: dict[str, Any] = {"schema": bytes(layout.schema or b"{}").decode()}
    if layout.name is not None:
        described["name"] = layout.name
    if layout.description is not None:
        described["description"] = layout.description
    body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": described}}}
