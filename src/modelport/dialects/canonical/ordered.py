"""Blocks one after the other, for dialects whose streams know no other way.

Callers of Anthropic's Messages and of Bedrock's Converse want blocks numbered from 0, each begun and ended before the
next one begins. Other dialects interleave: calls whose arguments come turn by turn, text between them. What waits is
held here until its turn; a dialect's writer says only how each thing looks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical.events import (
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    ImageEvent,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.dialects.canonical.folding import mark
from modelport.dialects.canonical.request import Annotation, Reasoning
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OrderedBlocks", "WaitingCall"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])


@dataclass(slots=True)
class WaitingCall:
    """A tool call on its way to the caller."""

    id: str
    name: str
    index: int = 0
    """Which of the answer's calls it is, from 0."""
    held: list[str] = field(default_factory=list[str])
    """Arguments that wait for their turn."""
    sent: list[str] = field(default_factory=list[str])
    signature: str | None = None
    signed: bool = False
    begun: bool = False

    @property
    def complete(self) -> bool:
        """Whether what was sent is a whole object, so that no more is to be expected."""
        try:
            _OBJECT.decode("".join(self.sent))
        except FAULTS:
            return False
        return True


class OrderedBlocks(ABC):
    """The part of a stream's writer that puts blocks in order. Of several choices only the first is written."""

    def __init__(self) -> None:
        self._text_open = False
        self._cited = False
        """Whether the open text has citations: more text belongs to another block."""
        self._reasoning: Reasoning | None = None
        self._call: WaitingCall | None = None
        self._calls: dict[int, WaitingCall] = {}
        self._finish: Finish | None = None

    # How a dialect writes each thing. A block that is opened becomes the one that pieces and `_stop` mean.

    @abstractmethod
    def _open_text(self) -> None: ...

    @abstractmethod
    def _open_reasoning(self) -> None: ...

    @abstractmethod
    def _open_call(self, call: WaitingCall) -> None: ...

    @abstractmethod
    def _text_piece(self, text: str) -> None: ...

    @abstractmethod
    def _citation(self, annotation: Annotation) -> None: ...

    @abstractmethod
    def _reasoning_piece(self, text: str) -> None: ...

    @abstractmethod
    def _arguments_piece(self, text: str) -> None: ...

    @abstractmethod
    def _end_reasoning(self, known: Reasoning) -> None:
        """Ends the open block of reasoning; encrypted reasoning, for which none was opened, is written whole."""

    @abstractmethod
    def _image(self, url: str) -> None: ...

    @abstractmethod
    def _signature(self, call: WaitingCall, signature: str) -> None:
        """A block after the call's, with which its signature comes back."""

    @abstractmethod
    def _stop(self) -> None: ...

    @abstractmethod
    def _new_id(self, position: int) -> str:
        """An id for a call whose provider gave it none."""

    # The order.

    def _put(self, events: Iterable[Event]) -> None:
        for event in events:
            if not isinstance(event, Start | UsageEvent) and event.choice == 0:
                self._put_one(event)

    def _put_end(self) -> None:
        """Ends what is open, and everything that waits, signatures too."""
        self._close_all()
        for call in self._calls.values():
            self._sign(call)

    def _put_one(self, event: Event) -> None:
        match event:
            case TextDelta() | RefusalDelta():
                self._text(event.text)
            case ReasoningDelta():
                self._reason(event)
            case ToolCallDelta():
                self._tool(event)
            case AnnotationEvent():
                self._text("", citing=True)
                self._citation(event.annotation)
                self._cited = True
            case ImageEvent():
                self._image(event.url)
            case AudioDelta():
                self._text(event.transcript or "")
            case Finish():
                self._close_all()
                self._finish = event
            case _:
                pass

    def _close_all(self) -> None:
        self._close()
        for call in self._calls.values():
            if not call.begun:
                self._begin_call(call)
                self._close()

    def _close(self) -> None:
        if self._text_open:
            self._stop()
            self._text_open = self._cited = False
        if (reasoning := self._reasoning) is not None:
            self._reasoning = None
            self._end_reasoning(reasoning)
        if (call := self._call) is not None:
            self._call = None
            self._stop()
            self._sign(call)

    def _text(self, text: str, *, citing: bool = False) -> None:
        if not text and not citing:
            return
        if not self._text_open or (self._cited and not citing):
            self._close_all()
            self._open_text()
            self._text_open = True
        if text:
            self._text_piece(text)

    def _reason(self, event: ReasoningDelta) -> None:
        known = self._reasoning
        if known is None or known.index != event.block:
            self._close_all()
            known = self._reasoning = Reasoning(event.kind, index=event.block)
            if known.kind != "encrypted":
                self._open_reasoning()
        known.text += event.text
        mark(known, event)
        if event.text and known.kind != "encrypted":
            self._reasoning_piece(event.text)

    def _tool(self, event: ToolCallDelta) -> None:
        call = self._calls.get(event.position)
        if call is None:
            call = WaitingCall(event.id or self._new_id(event.position), event.name or "", len(self._calls))
            self._calls[event.position] = call
        call.signature = event.signature or call.signature
        if event.arguments:
            call.held.append(event.arguments)
        if call is not self._call and not call.begun and (self._call is None or self._call.complete):
            self._close()
            self._begin_call(call)
        if call is self._call:
            self._send_held(call)

    def _begin_call(self, call: WaitingCall) -> None:
        self._open_call(call)
        self._call, call.begun = call, True
        self._send_held(call)

    def _send_held(self, call: WaitingCall) -> None:
        for piece in call.held:
            self._arguments_piece(piece)
        call.sent += call.held
        call.held = []

    def _sign(self, call: WaitingCall) -> None:
        if call.signature is not None and not call.signed:
            call.signed = True
            self._signature(call, call.signature)
