"""One provider's spelling of fields inside a request's turns and parts, put on a body that is otherwise written.

Beside top-level names, `renames` and `drops` of a provider's row may say `messages.x` for a field of a turn, `parts.x`
for one of a content part or a tool, and `messages.role.x` for a role. What is not named stays as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Raw

from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.dialects.canonical.target import Target

__all__ = ["Places", "respelled"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_STR = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()

_INSIDE = ("messages.", "parts.")


class Places(NamedTuple):
    """Where a dialect keeps its turns and parts."""

    turns: str
    """The top-level list of turns."""
    parts: tuple[str, ...]
    """Top-level lists of parts: tools, a system prompt in blocks."""
    inner: tuple[str, ...]
    """Fields of a turn, or of a part, that hold parts."""


def respelled(body: Mapping[str, object], target: Target, places: Places) -> dict[str, object]:
    """The fields of a body in the provider's words, without those it refuses."""
    fields = dict(body)
    if any(name.startswith(_INSIDE) for name in (*target.renames, *target.drops)):
        turns, parts = _Names.of("messages.", target), _Names.of("parts.", target)
        for name in (places.turns, *places.parts):
            if name in fields:
                raw = Raw(_ENCODER.encode(fields[name]))
                fields[name] = _each(raw, turns if name == places.turns else parts, parts, places.inner)
    for name, other in target.renames.items():
        if name in fields:
            fields[other] = fields.pop(name)
    return {name: value for name, value in fields.items() if name not in target.drops}


class _Names(NamedTuple):
    renames: dict[str, str]
    drops: frozenset[str]

    @classmethod
    def of(cls, place: str, target: Target) -> _Names:
        renames = {name.removeprefix(place): other for name, other in target.renames.items() if name.startswith(place)}
        return cls(renames, frozenset(name.removeprefix(place) for name in target.drops if name.startswith(place)))


def _each(raw: Raw, names: _Names, parts: _Names, inner: tuple[str, ...]) -> Raw:
    """Every object of a list; what is no list of objects stays as it is."""
    try:
        return Raw(_ENCODER.encode([_one(each, names, parts, inner) for each in _LIST.decode(raw)]))
    except FAULTS:
        return raw


def _one(raw: Raw, names: _Names, parts: _Names, inner: tuple[str, ...]) -> Raw | dict[str, Raw]:
    try:
        fields = _OBJECT.decode(raw)
    except FAULTS:
        return raw
    for name in inner:
        if name in fields:
            fields[name] = _each(fields[name], parts, parts, inner)
    if "role" in fields and any(name.startswith("role.") for name in names.renames):
        role = f"role.{_STR.decode(fields['role'])}"
        if role in names.renames:
            fields["role"] = Raw(_ENCODER.encode(names.renames[role]))
    for name, other in names.renames.items():
        if name in fields:
            fields[other] = fields.pop(name)
    for name in names.drops:
        fields.pop(name, None)
    return fields
