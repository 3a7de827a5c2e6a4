"""Finds the texts of a request, whatever its dialect: they stand in a few fields, and what is no text (ids, addresses,
data, signatures) in fields of known names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

__all__ = ["Reads", "is_tokens", "replaced", "written"]

Reads = Callable[[str, str], str]
"""Reads a text of a role, and gives what stands in its place."""

_ROOTS: Final = frozenset({
    "messages", "prompt", "suffix", "input", "instructions", "system", "contents", "systemInstruction",
    "system_instruction", "content", "requests", "texts", "inputs", "query", "documents", "message", "chat_history",
    "preamble", "prediction", "promptVariables", "title",
})  # fmt: skip
"""Where requests of all dialects keep what is to be read by the model. Of other fields it reads descriptions: of tools,
and of the form that an answer is to have.
"""
_SYSTEM: Final = frozenset({"system", "instructions", "systemInstruction", "system_instruction", "preamble"})
_NO_TEXT: Final = frozenset({
    "role", "type", "model", "id", "call_id", "tool_call_id", "tool_use_id", "toolUseId", "item_id", "name", "url",
    "uri", "fileUri", "file_uri", "image_url", "data", "bytes", "file_data", "file_id", "encrypted_content",
    "signature", "thoughtSignature", "thought_signature", "mime_type", "mimeType", "media_type", "format", "detail",
    "status", "cache_control", "cachePoint", "redactedContent", "taskType", "input_type",
})  # fmt: skip
_FREE: Final = frozenset({"response", "json", "args", "arguments"})
"""Fields whose value is an object of the caller's own: in it any name may stand for a text."""
_ROLES: Final = {
    "function_call_output": "tool",
    "tool_result": "tool",
    "custom_tool_call_output": "tool",
    "function_call": "assistant",
    "tool_use": "assistant",
    "reasoning": "assistant",
}


def replaced(fields: dict[str, Any], reading: Reads) -> dict[str, Any]:
    """The request with every text as `reading` gives it."""
    return {
        name: _read(value, reading, "system" if name in _SYSTEM else "user", free=name == "documents")
        if name in _ROOTS
        else _described(value, reading)
        for name, value in fields.items()
    }


def written(fields: Any) -> bytes:
    """JSON of what was read."""
    try:
        return msgspec.json.encode(fields)
    except OverflowError:  # a number of more than 64 bits
        return json.dumps(fields, ensure_ascii=False).encode()


def _read(value: Any, reading: Reads, role: str, *, free: bool) -> Any:
    if isinstance(value, str):
        return reading(value, role)
    if isinstance(value, list):
        return [_read(each, reading, role, free=free) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    if not free:
        own = fields.get("role") or _ROLES.get(str(fields.get("type")))
        role = own if isinstance(own, str) else role
    done: dict[str, Any] = {}
    for name, each in fields.items():
        if not free and name in _NO_TEXT and not (name == "data" and _is_readable(each, fields)):
            done[name] = each
        elif name == "arguments" and isinstance(each, str):
            done[name] = _arguments(each, reading, role)
        else:
            inner = free or name in _FREE or (name in {"input", "data"} and isinstance(each, dict))
            done[name] = _read(each, reading, role, free=inner)
    return done


def _is_readable(data: Any, beside: dict[str, Any]) -> bool:
    """Whether `data` is no file's bytes: an object of the caller's, or a document that is given as its text."""
    return isinstance(data, dict) or beside.get("type") == "text"


def _described(value: Any, reading: Reads) -> Any:
    """Reads descriptions only: everything else in such a field has to stay as it is."""
    if isinstance(value, list):
        return [_described(each, reading) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    return {
        name: reading(each, "system") if name == "description" and isinstance(each, str) else _described(each, reading)
        for name, each in cast("dict[str, Any]", value).items()
    }


def is_tokens(value: Any) -> bool:
    """Whether a text, or one of a list of them, is given as the numbers of its tokens."""
    if not isinstance(value, list):
        return False
    entries = cast("list[Any]", value)
    return any(isinstance(each, int) or is_tokens(each) for each in entries)


def _arguments(text: str, reading: Reads, role: str) -> str:
    """JSON in a text: what is found in it must not break it."""
    try:
        inside = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return reading(text, role)
    if not isinstance(inside, dict | list):
        return reading(text, role)
    read = _read(inside, reading, role, free=True)
    # Unchanged, it is looked at as it stands too: for what stands twice in it, or is escaped.
    return reading(text, role) if read == inside else written(read).decode()
