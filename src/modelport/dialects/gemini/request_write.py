"""A request of the shared vocabulary, written for a provider of this dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Message, Request, Role, Text, Tool, ToolCall
from modelport.dialects.gemini.parts_write import Object, Spelling, write_parts
from modelport.dialects.gemini.thinking import knows_levels, write_thinking
from modelport.dialects.gemini.wire import GATEWAY_FIELDS, KeptFormat, KeptTool, camel
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS, overlaid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.dialects.canonical import Target

__all__ = ["renamed", "write_request"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()

_OWN = frozenset({
    "cachedContent", "generationConfig", "labels", "modelArmorConfig", "safetySettings", "serviceTier", "store",
    "toolConfig",
})  # fmt: skip
"""Fields of `Request.extra` that are this dialect's, by whatever door they came."""

_NO_SIGNATURE = "skip_thought_signature_validator"
"""What Google gives for calls of another model, which have no signature (its documentation of thought signatures)."""

_TIERS = {"default": "standard", "standard": "standard", "flex": "flex", "priority": "priority"}


def write_request(request: Request, target: Target) -> bytes:
    """The body for a provider.

    Raises `BadRequest` that names what can't be said here.
    """
    body: dict[str, Any] = {}
    system, body["contents"] = _contents(request, target)
    if system:
        body["systemInstruction"] = {"parts": system}
    if tools := _tools(request.tools):
        body["tools"] = tools
    if choice := _choice(request):
        body["toolConfig"] = choice
    if config := _config(request, target):
        body["generationConfig"] = config
    if (tier := _TIERS.get(request.service_tier or "")) is not None and tier != "standard":
        body["serviceTier"] = tier
    for name, raw in request.extra.items():
        if (own := camel(name)) in _OWN and name not in GATEWAY_FIELDS:
            body[own] = overlaid(Raw(_ENCODER.encode(body[own])), _fields(raw)) if own in body else raw
    return _ENCODER.encode(renamed(body, target))


def renamed(body: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """A body in the provider's words; `generationConfig.x` names a field of the settings."""
    fields = dict(body)
    inside = "generationConfig."
    if any(name.startswith(inside) for name in (*target.renames, *target.drops)) and "generationConfig" in fields:
        config = _fields(Raw(_ENCODER.encode(fields["generationConfig"])))
        renames = {name.removeprefix(inside): other for name, other in target.renames.items() if inside in name}
        config = {renames.get(name, name): value for name, value in config.items()}
        fields["generationConfig"] = {
            name: value for name, value in config.items() if inside + name not in target.drops
        }  # fmt: skip
    for name, other in target.renames.items():
        if name in fields:
            fields[other] = fields.pop(name)
    return {name: value for name, value in fields.items() if name not in target.drops}


def _fields(raw: Raw) -> dict[str, Raw]:
    try:
        return _OBJECT.decode(raw)
    except FAULTS:
        return {}


# Contents.


def _contents(request: Request, target: Target) -> tuple[list[Any], list[dict[str, Any]]]:
    """The system's parts, and the turns with neighbours of one role made one, so that results stand together."""
    called = (part for message in request.messages for part in message.parts if isinstance(part, ToolCall))
    spelling = Spelling(knows_levels(target), {call.id: call.name for call in called})
    system: list[Any] = []
    turns: list[dict[str, Any]] = []
    for index, message in enumerate(request.messages):
        parts = write_parts(_named(message), f"messages.{index}", spelling)
        if message.role in {Role.SYSTEM, Role.DEVELOPER}:
            system.extend(parts)
        elif parts:
            role = "model" if message.role is Role.ASSISTANT else "user"
            if turns and turns[-1]["role"] == role:
                turns[-1]["parts"] += parts
            else:
                turns.append({"role": role, "parts": parts})
    if not turns and any(message.role is Role.USER for message in request.messages):
        turns.append({"role": "user", "parts": [{"text": ""}]})  # an empty prompt is answered (recorded)
    if not turns and system:  # a lone system prompt is an answerable request elsewhere, and none here
        turns, system = [{"role": "user", "parts": system}], []
    if not turns:
        raise BadRequest("Input required: every one of the `messages` is empty.")
    if spelling.files_in_results:
        _admit_missing_signatures(turns)
    return system, turns


def _named(message: Message) -> list[Any]:
    """A speaker's name has no place here; the reference puts it before the words (`behaviour.md` section 2)."""
    parts = list(message.parts)
    if message.name and message.role is not Role.TOOL:
        for index, part in enumerate(parts):
            if isinstance(part, Text):
                parts[index] = msgspec.structs.replace(part, text=f"{message.name}: {part.text}")
                break
    return parts


def _admit_missing_signatures(turns: list[dict[str, Any]]) -> None:
    """Says so where the first call of a step has no signature: refused else, and so it is with other models' calls."""
    for turn in turns:
        parts: list[Object | Raw] = turn["parts"] if turn["role"] == "model" else []
        first = next((part for part in parts if isinstance(part, dict) and "functionCall" in part), None)
        if first is not None:
            first.setdefault("thoughtSignature", _NO_SIGNATURE)


# Tools.


def _tools(tools: list[Tool]) -> list[Any]:
    declared = [_function(tool) for tool in tools if tool.raw is None]
    own = [_own_tool(tool, f"tools.{index}") for index, tool in enumerate(tools) if tool.raw is not None]
    return [{"functionDeclarations": declared}, *own] if declared else own


def _function(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    rest = tool.rest if isinstance(tool, KeptTool) else {}
    if tool.parameters is not None and "parameters" not in rest and bytes(tool.parameters) != b"{}":
        function["parametersJsonSchema"] = tool.parameters
    return function | rest


def _own_tool(tool: Tool, place: str) -> Any:
    """A tool on the provider's side: Google's own as it is, others where Google has the like."""
    raw = tool.raw or Raw(b"{}")
    kind = bytes(_fields(raw).get("type", b'""')).strip(b'"').decode(errors="replace").removeprefix("openrouter:")
    if not kind:
        return raw
    if kind.startswith(("web_search", "google_search")):
        return {"googleSearch": {}}
    if kind.startswith(("code_execution", "code_interpreter")):
        return {"codeExecution": {}}
    if kind.startswith(("web_fetch", "url_context")):
        return {"urlContext": {}}
    raise BadRequest(f"`{place}`: a tool of the type {kind!r} can't be run for this model.")


def _choice(request: Request) -> dict[str, Any]:
    choice = request.tool_choice
    if choice is None or not any(tool.raw is None for tool in request.tools):
        return {}  # refused without functions, where it says nothing
    mode = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}[choice.mode]
    calling: dict[str, Any] = {"mode": mode}
    if choice.mode == "tool":
        calling["allowedFunctionNames"] = [choice.name]
    return {"functionCallingConfig": calling}


# How the answer should be made.


def _config(request: Request, target: Target) -> dict[str, Any]:
    longest = target.max_tokens or request.max_tokens
    kinds = [kind.upper() for kind in request.modalities or ()]
    config: dict[str, Any] = {
        "maxOutputTokens": longest,
        "temperature": request.temperature,
        "topP": request.top_p,
        "topK": request.top_k,
        "stopSequences": request.stop or None,
        "seed": request.seed,
        "candidateCount": request.n,
        "presencePenalty": request.presence_penalty,
        "frequencyPenalty": request.frequency_penalty,
        "responseLogprobs": request.logprobs,
        "logprobs": request.top_logprobs,
        "responseModalities": kinds or None,
        "thinkingConfig": write_thinking(request.reasoning, target, target.max_tokens or request.max_tokens) or None,
        "speechConfig": _speech(request.audio),
    }
    return {name: value for name, value in config.items() if value is not None} | _layout(request)


def _layout(request: Request) -> dict[str, Any]:
    layout = request.response_format
    if layout is None or layout.kind == "text":
        return {}
    if isinstance(layout, KeptFormat):
        return dict(layout.rest)
    written: dict[str, Any] = {"responseMimeType": "application/json"}
    if layout.kind == "json_schema" and layout.schema is not None:
        written["responseJsonSchema"] = layout.schema
    return written


class _Sound(msgspec.Struct):
    voice: str | None = None


_SOUND = msgspec.json.Decoder(_Sound)


def _speech(audio: Raw | None) -> dict[str, Any] | None:
    """The voice that chat completions name; the file format can't be chosen here."""
    try:
        voice = _SOUND.decode(audio).voice if audio is not None else None
    except FAULTS:
        return None
    return {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}} if voice else None
