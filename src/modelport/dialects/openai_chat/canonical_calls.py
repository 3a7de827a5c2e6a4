"""Tool calls of an answer, put together from their pieces.

Providers number the pieces, or don't, or number all of them 0 with ids of their own; some give no ids at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2s

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Event, ToolCallDelta

__all__ = ["CallPiece", "Calls", "Extra", "Function"]

_STRING = msgspec.json.Decoder(str)


class Function(Struct):
    """What is called, as far as the piece tells."""

    name: str | None = None
    arguments: Raw = Raw()


class _Custom(Struct):
    name: str | None = None
    input: str | None = None


class Google(Struct):
    """Its own part of `extra_content`."""

    thought_signature: str | None = None


class Extra(Struct):
    """`extra_content`, in which one provider keeps what it wants back."""

    google: Google | None = None


class CallPiece(Struct):
    """One entry of `tool_calls`, whole or a piece of one."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    custom: _Custom | None = None
    extra_content: Extra | None = None


@dataclass(slots=True)
class _Call:
    position: int
    id: str = ""
    name: str = ""
    held: str = ""
    """Arguments that came before the name."""
    signature: str | None = None
    started: bool = False


@dataclass(slots=True)
class Calls:
    """The calls of one choice."""

    choice: int
    answer_id: str
    calls: list[_Call] = field(default_factory=list[_Call])
    by_index: dict[int, _Call] = field(default_factory=dict[int, _Call])

    def knows(self, call_id: str) -> bool:
        """Whether a call of this id has begun."""
        return any(call.id == call_id for call in self.calls)

    def read(self, piece: CallPiece) -> list[Event]:
        """The events of a piece; none while its call has no name yet."""
        function, custom = piece.function or Function(), piece.custom or _Custom()
        name = function.name or custom.name or ""
        arguments = _arguments(function.arguments) or custom.input or ""
        call = self._known(piece, name)
        if call is None:
            if not (name or arguments or piece.id):
                return []
            call = _Call(len(self.calls))
            self.calls.append(call)
        if piece.index is not None:
            self.by_index[piece.index] = call
        call.id = call.id or piece.id or ""
        google = piece.extra_content.google if piece.extra_content else None
        signature = google.thought_signature if google else None
        if call.started:
            return [self._delta(call, arguments, signature)] if arguments or signature else []
        call.name = call.name or name
        call.held += arguments
        call.signature = call.signature or signature
        return [self._start(call)] if call.name else []

    def sign(self, call_id: str, signature: str) -> list[Event]:
        """The event that gives a call, known by its id, what its provider wants back with it."""
        found = next(call for call in self.calls if call.id == call_id)
        return [self._delta(found, "", signature)]

    def end(self) -> list[Event]:
        """Calls that never got a name; nothing of them is lost."""
        return [self._start(call) for call in self.calls if not call.started]

    def _known(self, piece: CallPiece, name: str) -> _Call | None:
        if piece.index is not None:
            call = self.by_index.get(piece.index)
            new = call is not None and piece.id and call.id and piece.id != call.id and name
            return None if new else call
        last = self.calls[-1] if self.calls else None
        if last is None or not name:
            return last
        return last if piece.id and piece.id == last.id else None

    def _start(self, call: _Call) -> ToolCallDelta:
        call.started = True
        # Other dialects pair results with calls by id alone, so a call without one is given one of its own.
        call.id = call.id or f"call_{blake2s(f'{self.answer_id}/{call.position}'.encode(), digest_size=12).hexdigest()}"
        return ToolCallDelta(call.position, call.held, call.id, call.name, call.signature, self.choice)

    def _delta(self, call: _Call, arguments: str, signature: str | None) -> ToolCallDelta:
        return ToolCallDelta(call.position, arguments, signature=signature, choice=self.choice)


def _arguments(raw: Raw) -> str:
    """Arguments are text; an object, as some send it, is taken as the text it stands for."""
    if not raw or bytes(raw) == b"null":
        return ""
    return _STRING.decode(raw) if bytes(raw)[:1] == b'"' else bytes(raw).decode()
