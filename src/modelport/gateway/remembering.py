"""Writes down what goes in and out of a request, for an account that has it stored (`usage/content.py`).

The caller's own words and what they were answered, as they went over the wire; read apart afterwards, in a thread.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from modelport.dialects.canonical import Reasoning, Refusal, Target, Text, fold
from modelport.errors import ModelportError, UpstreamFailed
from modelport.gateway.dialect_table import DIALECTS, FAULTS
from modelport.upstream import eventstream, sse
from modelport.upstream.errors import UpstreamFault
from modelport.usage.content import Content, Failure

if TYPE_CHECKING:
    from modelport.dialects.canonical import Event
    from modelport.gateway.door import Door
    from modelport.gateway.exchange import Message, Send
    from modelport.usage.content import Contents
    from modelport.usage.generation import Generation

__all__ = ["Memory", "answered"]

_MOST: Final = 8 * 1024 * 1024
"""Bytes of one answer; of a longer one only the beginning is stored."""
_ROOTS: Final = ("messages", "input", "contents", "query", "texts", "inputs", "content")
_SYSTEM: Final = ("system", "instructions", "systemInstruction", "system_instruction")


class Memory:
    """One request that is to be stored."""

    def __init__(self, door: Door, body: bytes, days: int) -> None:
        self._door = door
        self.body = body
        """The request as it is sent."""
        self._parts: list[bytes] = []
        self._size = 0
        self._type = b""
        self._send: Send | None = None
        self._days = days
        self.error: Exception | None = None
        """What the caller was told, where there is no whole answer."""

    def through(self, send: Send) -> Send:
        """The way to the caller, with everything on it written down."""
        self._send = send
        return self._sent

    async def _sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._type = dict(message["headers"]).get(b"content-type", b"")
        elif (data := message.get("body", b"")) and data != self._door.comment and self._size < _MOST:
            self._parts.append(data)
            self._size += len(data)
        assert self._send is not None
        await self._send(message)

    def store(self, contents: Contents, generation: Generation) -> None:
        """Hands it over, now that the answer is out."""
        contents.keep(generation.id, generation.account_id, self._days, lambda: self.content(generation))

    def content(self, generation: Generation) -> Content | None:
        """What there is to be stored."""
        asked = _asked(self.body)
        if asked is None:
            return None
        completion, reasoning = answered(self._door, self._type, b"".join(self._parts))
        return Content(asked, completion, reasoning, _failure(self.error, generation))


def answered(door: Door, content_type: bytes, body: bytes) -> tuple[str | None, str | None]:
    """What an answer says and what it thought, from its bytes; None of each that isn't there or can't be read."""
    if door.operation != "chat":
        return None, None
    try:
        output = fold(_events(door, content_type, body))
    except (*FAULTS, UpstreamFault, msgspec.DecodeError, ValueError):
        return None, None
    parts = output.choices[0].parts if output.choices else []
    said = "".join(part.text for part in parts if isinstance(part, Text | Refusal))
    thought = "".join(part.text for part in parts if isinstance(part, Reasoning))
    return said or None, thought or None


def _events(door: Door, content_type: bytes, body: bytes) -> list[Event]:
    dialect = DIALECTS[door.dialect]
    if content_type.startswith(b"text/event-stream"):
        reader = sse.Reader(_MOST * 2)
        events = [*reader.feed(body), *reader.finish()]
    elif content_type.startswith(b"application/vnd.amazon.eventstream"):
        wire = eventstream.Reader(_MOST * 2)
        events = [*wire.feed(body), *wire.finish()]
    elif body.lstrip().startswith(b"["):  # Gemini's array, perhaps cut short
        pieces: list[Any] = msgspec.json.decode(body)
        events = [sse.Event(b"", msgspec.json.encode(piece)) for piece in pieces]
    else:
        return dialect.read_response(body, Target("", stream=False))
    stream = dialect.reader(Target("", stream=True))
    found: list[Event] = []
    for each in events:
        if stream.done:
            break
        found += stream.feed(each.event, each.data)
    return found


def _asked(body: bytes) -> dict[str, Any] | None:
    """The caller's own words: `prompt`, or `messages` with the system's first."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    said = cast("dict[str, Any]", fields)
    if (prompt := said.get("prompt")) is not None:
        return {"prompt": prompt if isinstance(prompt, str) else json.dumps(prompt, ensure_ascii=False)}
    root = next((said[name] for name in _ROOTS if said.get(name) is not None), None)
    if isinstance(root, str):
        return {"prompt": root}
    messages = cast("list[Any]", root) if isinstance(root, list) else [root]
    system = next((said[name] for name in _SYSTEM if said.get(name) is not None), None)
    first = [] if system is None else [{"role": "system", "content": system}]
    return {"messages": [*first, *messages]}


def _failure(error: Exception | None, generation: Generation) -> Failure | None:
    if error is None:
        return None
    status = error.code if isinstance(error, ModelportError) else 500
    message = error.message if isinstance(error, ModelportError) else "Internal Server Error"
    failed = [each for each in generation.attempts if each.fault is not None]
    last = failed.pop() if failed and isinstance(error, UpstreamFailed) else None
    previous = [
        {"code": each.status or 502, "message": str(each.fault), "provider_name": each.provider} for each in failed
    ]
    return Failure(status, message, None if last is None else last.provider, previous)
