"""What a preset keeps of a request, and how a request is completed from it; pure.

It is kept in the words of chat completions, whichever dialect it was captured from, and said in the request's own
dialect when it is applied. What the request says itself wins; tools are joined.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, cast

__all__ = ["Config", "Dialect", "apply", "capture"]

Dialect = Literal["openai_chat", "anthropic_messages", "openai_responses"]
Fields = dict[str, Any]

_KEPT = frozenset({
    "model", "models", "provider", "temperature", "top_p", "top_k", "top_a", "min_p", "frequency_penalty",
    "presence_penalty", "repetition_penalty", "max_tokens", "max_completion_tokens", "stop", "seed", "logit_bias",
    "logprobs", "top_logprobs", "n", "response_format", "tools", "tool_choice", "parallel_tool_calls", "reasoning",
    "reasoning_effort", "verbosity", "plugins", "service_tier", "cache_enabled", "cache_ttl_seconds", "route",
})  # fmt: skip
_NAMES: dict[str, dict[str, str]] = {
    "openai_chat": {},
    "anthropic_messages": {"stop": "stop_sequences"},
    "openai_responses": {"max_tokens": "max_output_tokens"},
}
"""What other dialects call these fields."""
_SYSTEM = {"anthropic_messages": "system", "openai_responses": "instructions"}
_SYSTEM_ROLES = frozenset({"system", "developer"})
_ELSEWHERE = {
    "anthropic_messages": {"max_completion_tokens", "n", "response_format", "logit_bias", "logprobs", "top_logprobs",
                           "seed", "frequency_penalty", "presence_penalty", "reasoning_effort", "tool_choice"},
    "openai_responses": {"max_completion_tokens", "n", "response_format", "logit_bias", "stop", "reasoning_effort",
                         "tool_choice"},
}  # fmt: skip
"""Fields that a dialect has no equal of: left out there."""
_OURS = frozenset({"cache_enabled", "cache_ttl_seconds"})


class Config(NamedTuple):
    """What a version of a preset holds."""

    fields: Fields
    system_prompt: str | None
    preset_id: str | None = None
    """The preset's own, once it is stored."""


def capture(body: Fields, dialect: Dialect) -> Config:
    """What of an inference request belongs into a preset."""
    back = {theirs: ours for ours, theirs in _NAMES[dialect].items()}
    said = {back.get(name, name): value for name, value in body.items() if value is not None}
    fields = {name: value for name, value in said.items() if name in _KEPT}
    if "tools" in fields:
        fields["tools"] = [_tool_from(each, dialect) for each in _list(fields["tools"])]
    if str(fields.get("model", "")).startswith("@preset/"):
        del fields["model"]  # a preset that named itself would have no model
    return Config(fields, _system_of(body, dialect))


def apply(body: Fields, config: Config, dialect: Dialect, model: str | None) -> Fields:
    """The request, completed; `model` is the one that the request names itself, if it does."""
    left_out = _ELSEWHERE.get(dialect, set[str]()) | _OURS
    names = _NAMES[dialect]
    done = {name: value for name, value in body.items() if name not in {"preset", "model"}}
    for name, value in config.fields.items():
        own = names.get(name, name)
        if name in left_out or name in {"tools", "model"} or done.get(own) is not None:
            continue
        if name == "max_tokens" and done.get("max_completion_tokens") is not None:
            continue
        done[own] = value
    if tools := config.fields.get("tools"):
        done["tools"] = _joined(_list(done.get("tools")), [_tool_to(each, dialect) for each in _list(tools)])
    chosen = model or config.fields.get("model")
    if chosen:
        done = {"model": chosen, **done}
    return _with_system(done, config.system_prompt, dialect)


def _system_of(body: Fields, dialect: Dialect) -> str | None:
    if dialect in _SYSTEM:
        return _text(body.get(_SYSTEM[dialect]))
    messages = _list(body.get("messages"))
    first = _object(messages[0]) if messages else {}
    return _text(first.get("content")) if first.get("role") in _SYSTEM_ROLES else None


def _text(content: Any) -> str | None:
    if isinstance(content, str):
        return content or None
    parts = [str(part["text"]) for each in _list(content) if "text" in (part := _object(each))]
    return "\n".join(parts) or None


def _with_system(body: Fields, prompt: str | None, dialect: Dialect) -> Fields:
    if prompt is None:
        return body
    if dialect in _SYSTEM:
        return {**body, _SYSTEM[dialect]: body.get(_SYSTEM[dialect]) or prompt}
    messages = _list(body.get("messages"))
    if not messages or any(_object(each).get("role") in _SYSTEM_ROLES for each in messages):
        return body
    return {**body, "messages": [{"role": "system", "content": prompt}, *messages]}


def _joined(own: list[Any], kept: list[Any]) -> list[Any]:
    known = {_identity(each) for each in own}
    return [*own, *(each for each in kept if _identity(each) not in known)]


def _identity(tool: Any) -> str:
    said = _object(tool)
    name = _object(said.get("function")).get("name") or said.get("name")
    return f"function:{name}" if name else str(said.get("type"))


def _tool_from(tool: Any, dialect: Dialect) -> Any:
    said = _object(tool)
    if dialect == "openai_chat" or "name" not in said:
        return tool
    schema = said.get("input_schema" if dialect == "anthropic_messages" else "parameters")
    function = {"name": said["name"], "description": said.get("description"), "parameters": schema}
    return {"type": "function", "function": {name: value for name, value in function.items() if value is not None}}


def _tool_to(tool: Any, dialect: Dialect) -> Any:
    function = _object(_object(tool).get("function"))
    if dialect == "openai_chat" or not function:
        return tool
    said = {name: function[name] for name in ("name", "description") if name in function}
    schema = function.get("parameters", {"type": "object"})
    if dialect == "anthropic_messages":
        return {**said, "input_schema": schema}
    return {"type": "function", **said, "parameters": schema}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _object(value: Any) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}
