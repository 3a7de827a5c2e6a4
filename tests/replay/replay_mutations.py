"""Answers as no documentation has them: one value of a document is changed, and what was there beside it counts."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import Reasoning, Refusal, Target, Text, ToolCall, UsageEvent, fold
from modelport.gateway.dialect_table import DIALECTS
from modelport.upstream import eventstream, sse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from modelport.dialects.canonical import Event, Usage

__all__ = [
    "FUTURE",
    "Change",
    "Document",
    "Said",
    "all_changes",
    "carries",
    "documents",
    "read",
    "said",
    "used",
    "with_change",
]

Place = tuple[str | int, ...]

FUTURE = {"type": "from_the_future", "value": 1}
MISSING = object()

CHANGES: dict[str, Callable[[Any], Any]] = {
    "left out": lambda _: MISSING,
    "null": lambda _: None,
    "a number as text": lambda old: str(old) if isinstance(old, int | float) else MISSING,
    "a number": lambda old: 7 if not isinstance(old, int) else MISSING,
    "a fraction": lambda old: old + 0.5 if type(old) is int else MISSING,
    "below zero": lambda old: -1 if type(old) is int else MISSING,
    "no list": lambda _: [],
    "no object": lambda _: {},
    "in a list": lambda old: [old],
    "an unknown word": lambda old: "from_the_future" if isinstance(old, str) else MISSING,
}
"""What becomes of a value."""

_TELLS_WHAT = frozenset({
    "type", "index", "contentBlockIndex", "output_index", "content_index", "summary_index", "item_id", "call_id", "id",
    "role", "thought", "toolUseId", "error",
})  # fmt: skip
"""Fields that say what, or of what, another one is: without them the other can't be known."""


class Change(NamedTuple):
    """Which document, where in it, and how."""

    number: int
    place: Place
    change: str


class Document(NamedTuple):
    """One event of a stream with its name, or a whole answer without one."""

    name: bytes
    fields: Any
    """The JSON; bytes where it is none, such as `[DONE]`."""

    def data(self) -> bytes:
        """As it is sent."""
        return self.fields if isinstance(self.fields, bytes) else json.dumps(self.fields).encode()


class Said(NamedTuple):
    """What an answer says."""

    text: str
    reasoning: str
    calls: tuple[tuple[str, str], ...]


def documents(dialect: str, body: bytes, *, stream: bool) -> list[Document]:
    """What an answer's bytes consist of."""
    if not stream:
        return [Document(b"", json.loads(body))]
    decoder = eventstream.Reader(1 << 24) if dialect == "bedrock_converse" else sse.Reader(1 << 24)
    return [Document(each.event, _loaded(each.data)) for each in (*decoder.feed(body), *decoder.finish())]


def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data


def read(dialect: str, all_of_it: list[Document], *, stream: bool) -> list[Event]:
    """The events of an answer. Raises a dialect's fault."""
    target = Target("m", stream, default_max_tokens=4_096)
    if not stream:
        return DIALECTS[dialect].read_response(all_of_it[0].data(), target)
    reader = DIALECTS[dialect].reader(target)
    return [event for one in all_of_it for event in reader.feed(one.name, one.data())]


def said(events: list[Event]) -> Said:
    """What the first choice says."""
    choices = fold(events).choices
    parts = choices[0].parts if choices else []
    return Said(
        "".join(part.text for part in parts if isinstance(part, Text | Refusal)),
        "".join(part.text for part in parts if isinstance(part, Reasoning)),
        tuple((part.name, part.arguments) for part in parts if isinstance(part, ToolCall)),
    )


def used(events: list[Event]) -> Usage | None:
    """What it took, as was told last."""
    return next((event.usage for event in reversed(events) if isinstance(event, UsageEvent)), None)


def all_changes(all_of_it: list[Document]) -> list[Change]:
    """Every place in every document, changed in every way."""
    return [
        Change(number, place, change)
        for number, one in enumerate(all_of_it)
        if not isinstance(one.fields, bytes)
        for place in places(one.fields)
        for change in CHANGES
    ]


def places(value: Any, before: Place = ()) -> Iterator[Place]:
    """Every place in a document, without looking far into long lists."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*before, name)
            yield from places(inner, (*before, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value[:4]):
            yield (*before, position)
            yield from places(inner, (*before, position))


def at(value: Any, place: Place) -> Any:
    """What stands there."""
    for step in place:
        value = value[step]
    return value


def with_change(all_of_it: list[Document], number: int, place: Place, change: str) -> list[Document] | None:
    """The answer with one value changed; None where the change means nothing there."""
    fields = deepcopy(all_of_it[number].fields)
    holder = at(fields, place[:-1])
    new = CHANGES[change](holder[place[-1]])
    if new is MISSING and change != "left out":
        return None
    if new is MISSING:
        del holder[place[-1]]
    else:
        holder[place[-1]] = new
    return [*all_of_it[:number], Document(all_of_it[number].name, fields), *all_of_it[number + 1 :]]


def carries(fields: Any, place: Place, what: Said) -> bool:
    """Whether the value there is a part of what is said, or tells it apart: changing it may change that."""
    if any(step in _TELLS_WHAT for step in place[-1:]):
        return True
    value = at(fields, place)
    spoken = what.text + what.reasoning + "".join(name + arguments for name, arguments in what.calls)
    held = list(_strings(value))
    # A place for words may hold none yet: with words of its own it says more than before.
    return any(piece in spoken for piece in held) or (isinstance(value, dict | list) and bool(_telling(value)))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _telling(value: Any) -> bool:
    """Whether something inside says what, or of what, another value is."""
    if isinstance(value, dict):
        return any(name in _TELLS_WHAT or _telling(inner) for name, inner in value.items())
    return isinstance(value, list) and any(_telling(inner) for inner in value)
