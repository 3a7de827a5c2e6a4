"""Whether an answer's tool calls are well formed: what a sort by quality and the lists' filter go by.

Well formed is a call of a tool that was offered, with a JSON object for arguments that has every property its schema
demands. Looked at when the caller has their answer, so it delays nobody; it changes no answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.kit.forgiving import Forgiving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.dialects.canonical import ToolCall
    from modelport.gateway.asked import Asked

__all__ = ["well_formed"]


class _Schema(Struct):
    required: list[str] = []


class _Function(Struct):
    name: str = ""
    parameters: Raw = Raw(b"{}")


class _Offered(Struct):
    """A tool of chat completions."""

    function: _Function | None = None


_OFFERED = Forgiving(list[_Offered])
_SCHEMA = Forgiving(_Schema)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])


def well_formed(calls: Sequence[ToolCall], asked: Asked) -> bool | None:
    """None where that can't be said: nothing was called, or tools of a provider's own are among those offered."""
    offered = _offered(asked)
    if not calls or not offered:
        return None
    return all(call.name in offered and _fits(call.arguments, offered[call.name]) for call in calls)


def _offered(asked: Asked) -> dict[str, Raw | None] | None:
    """The schemas of the functions that were offered, by name."""
    if asked.chat is not None:
        tools = _OFFERED.decode_or_none(asked.chat.fields.get("tools", Raw(b"[]"))) or []
        functions = [each.function for each in tools if each.function is not None]
        return {each.name: each.parameters for each in functions} if len(functions) == len(tools) else None
    tools = asked.canonical.tools
    return None if any(each.raw is not None for each in tools) else {each.name: each.parameters for each in tools}


def _fits(arguments: str, schema: Raw | None) -> bool:
    try:
        given = _OBJECT.decode(arguments or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    wanted = _SCHEMA.decode_or_none(schema) if schema is not None else None
    return wanted is None or set(wanted.required) <= given.keys()
