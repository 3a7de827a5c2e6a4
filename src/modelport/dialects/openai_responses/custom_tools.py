"""Tools of free text (`custom`) for providers of other dialects: a function with one text, and back.

A grammar that a caller wants held can only be asked for in words there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Event, Finish, Message, Part, Request, Tool, ToolCall, ToolCallDelta
from modelport.dialects.openai_responses.response_write import custom_tools

if TYPE_CHECKING:
    from typing import Protocol

    class _Reader(Protocol):
        @property
        def done(self) -> bool: ...

        def feed(self, event: bytes, data: bytes) -> list[Event]: ...


__all__ = ["TextCalls", "TextReader", "with_functions"]

_INPUT: Final = Raw(
    b'{"type":"object","properties":{"input":{"type":"string","description":"The whole input, as plain text."}},'
    b'"required":["input"],"additionalProperties":false}'
)
_SHORT_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class _Format(Struct):
    type: str = "text"
    syntax: str | None = None
    definition: str | None = None


class _Custom(Struct):
    format: _Format | None = None


_CUSTOM: Final = msgspec.json.Decoder(_Custom)


def with_functions(request: Request) -> Request:
    """The request with functions in the place of its custom tools, calls of them in earlier turns too."""
    names = custom_tools(request)
    if not names:
        return request
    tools = [_function(tool) if tool.name in names and tool.raw is not None else tool for tool in request.tools]
    messages = [
        Message(message.role, [_call(part, names) for part in message.parts], message.name)
        for message in request.messages
    ]
    return msgspec.structs.replace(request, tools=tools, messages=messages)


def _function(tool: Tool) -> Tool:
    assert tool.raw is not None
    said = [tool.description or ""]
    form = _CUSTOM.decode(tool.raw).format
    if form is not None and form.definition:
        said.append(f"The input must follow this grammar ({form.syntax or 'grammar'}):\n{form.definition}")
    return Tool(tool.name, "\n\n".join(each for each in said if each) or None, _INPUT)


def _call(part: Part, names: frozenset[str]) -> Part:
    if not isinstance(part, ToolCall) or part.name not in names:
        return part
    arguments = msgspec.json.encode({"input": part.arguments}).decode()
    return msgspec.structs.replace(part, arguments=arguments)


class TextCalls:
    """Turns the arguments of such functions back into text, as they come."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._open: dict[tuple[int, int], _Unwrapping] = {}

    def feed(self, events: list[Event]) -> list[Event]:
        """The events, with text for arguments; what never had the function's shape comes as it is, at the end."""
        told: list[Event] = []
        for event in events:
            if isinstance(event, ToolCallDelta):
                told.append(self._delta(event))
                continue
            if isinstance(event, Finish):
                told += self._rest(event.choice)
            told.append(event)
        return told

    def _delta(self, event: ToolCallDelta) -> ToolCallDelta:
        place = (event.choice, event.position)
        if event.name is not None and event.name in self._names:
            self._open.setdefault(place, _Unwrapping())
        if (one := self._open.get(place)) is None:
            return event
        return msgspec.structs.replace(event, arguments=one.feed(event.arguments))

    def _rest(self, choice: int) -> list[Event]:
        places = [place for place in self._open if place[0] == choice]
        rests = [(place, self._open.pop(place).rest()) for place in places]
        return [ToolCallDelta(place[1], rest, choice=choice) for place, rest in rests if rest]


class TextReader:
    """A provider's reader, its functions read as custom tools."""

    def __init__(self, reader: _Reader, calls: TextCalls) -> None:
        self._reader = reader
        self._calls = calls

    @property
    def done(self) -> bool:
        """Whether the provider said that it is through."""
        return self._reader.done

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """The canonical events that one of the provider's events becomes."""
        return self._calls.feed(self._reader.feed(event, data))


class _Unwrapping:
    """The text inside `{"input": "..."}`, decoded as its pieces come."""

    def __init__(self) -> None:
        self._held = ""
        """What is not decoded yet: the beginning, or an escape that is not whole."""
        self._inside = False
        self._closed = False

    def feed(self, piece: str) -> str:
        """The text that is certain after `piece`."""
        if self._closed:
            return ""
        self._held += piece
        if not self._inside and not self._enter():
            return ""
        return self._decoded()

    def rest(self) -> str:
        """What came and was of another shape."""
        return "" if self._inside else self._held

    def _enter(self) -> bool:
        left = self._held
        for mark in ("{", '"input"', ":", '"'):
            left = left.lstrip()
            if not left.startswith(mark):
                return False
            left = left[len(mark) :]
        self._inside, self._held = True, left
        return True

    def _decoded(self) -> str:
        out: list[str] = []
        text, at = self._held, 0
        while at < len(text):
            char = text[at]
            if char == '"':
                self._closed, at = True, len(text)
            elif char != "\\":
                out.append(char)
                at += 1
            else:
                length = _escape(text, at)
                if length is None:
                    break
                out.append(_unescaped(text[at : at + length]))
                at += length
        self._held = text[at:]
        return "".join(out)


def _escape(text: str, at: int) -> int | None:
    """How long the escape at `at` is; None when it is not whole yet."""
    if at + 1 >= len(text):
        return None
    if text[at + 1] != "u":
        return 2
    if at + 6 > len(text):
        return None
    if text[at + 2 : at + 4].lower() not in {"d8", "d9", "da", "db"}:
        return 6
    # The first half of a pair: the second must be there as well.
    return 12 if at + 12 <= len(text) else None


def _unescaped(escape: str) -> str:
    if escape[1] != "u":
        return _SHORT_ESCAPES.get(escape[1], escape[1])
    try:
        return msgspec.json.decode(f'"{escape}"', type=str)
    except msgspec.DecodeError:
        return "\ufffd"
