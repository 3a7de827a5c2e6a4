"""The stream of an answer, written for a caller of this dialect out of shared events.

Callers want blocks and calls numbered from 0, one after the other, each begun and ended: what other dialects
interleave is put in order here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    AudioDelta,
    Charged,
    Event,
    Finish,
    ImageEvent,
    LogprobsDelta,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
    WaitingCall,
    mark,
)
from modelport.dialects.cohere_chat.citations import write_citation, write_logprob
from modelport.dialects.cohere_chat.content_write import opaque
from modelport.dialects.cohere_chat.errors import error_object
from modelport.dialects.cohere_chat.response_write import stop_word, write_usage
from modelport.dialects.cohere_chat.wire import BLOCK_FORMAT, PLAN_FORMAT, detail_of

if TYPE_CHECKING:
    from modelport.dialects.canonical import Identity
    from modelport.dialects.cohere_chat.wire import Detail

__all__ = ["COMMENT", "DONE", "Writer", "failure", "frame"]

COMMENT = b": OPENROUTER PROCESSING\n\n"
"""Keeps the line open: the official SDK passes comments over."""

DONE = b"data: [DONE]\n\n"

_ENCODER = msgspec.json.Encoder()


def frame(name: bytes, data: bytes) -> bytes:
    """One event on the wire. Bytes from elsewhere may hold line breaks between their tokens, which would end it."""
    data = data.replace(b"\n", b" ").replace(b"\r", b" ")
    head = b"event: " + name + b"\n" if name else b""
    return head + b"data: " + data + b"\n\n"


def failure(error: Exception, answer_id: str) -> bytes:
    """The end of an answer that failed: the dialect's last event has room for an error's words."""
    known = error_object(error)
    delta = {"finish_reason": "ERROR", "error": known.pop("message"), **known}
    return frame(b"message-end", _ENCODER.encode({"type": "message-end", "id": answer_id, "delta": delta})) + DONE


class Writer:
    """Writes one stream for a caller."""

    COMMENT = COMMENT

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._out: list[bytes] = []
        self._begun = False
        self._index = -1
        self._text: list[str] | None = None
        """The words of the open text block."""
        self._text_index = 0
        self._text_begins = 0
        self._length = 0
        self._reasoning: Reasoning | None = None
        self._told: Detail | None = None
        """What was said of the open thoughts when they began; the rest is known at their end."""
        self._calls: dict[int, WaitingCall] = {}
        self._call: WaitingCall | None = None
        self._finish: Finish | None = None

    def feed(self, events: list[Event]) -> bytes:
        """The bytes for the caller; of several choices only the first."""
        if events and not self._begun:
            self._begin()
        for event in events:
            if not isinstance(event, Start | UsageEvent) and event.choice == 0:
                self._write(event)
        return self._taken()

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        if not self._begun:
            self._begin()
        self._close()
        self._end_calls()
        reason = stop_word(self._finish, called=bool(self._calls))
        self._send("message-end", id=self._identity.id, delta={"finish_reason": reason, "usage": write_usage(charged)})
        return self._taken() + DONE

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed."""
        return self._taken() + failure(error, self._identity.id)

    def _taken(self) -> bytes:
        out, self._out = b"".join(self._out), []
        return out

    def _send(self, kind: str, **fields: Any) -> None:  # any JSON-ready value
        self._out.append(frame(kind.encode(), _ENCODER.encode({"type": kind, **fields})))

    def _begin(self) -> None:
        self._begun = True
        message: dict[str, Any] = {
            "role": "assistant",
            "content": [],
            "tool_plan": "",
            "tool_calls": [],
            "citations": [],
        }
        signed = {"id": self._identity.id, "model": self._identity.model, "provider": self._identity.provider}
        self._send("message-start", **signed, delta={"message": message})

    def _write(self, event: Event) -> None:
        match event:
            case TextDelta() | RefusalDelta():
                self._words(event.text)
            case ReasoningDelta():
                self._reason(event)
            case ToolCallDelta():
                self._tool(event)
            case AnnotationEvent():
                self._cite(event.annotation)
            case LogprobsDelta() if event.content:
                self._probabilities(event.content)
            case ImageEvent():
                self._words(f"![image]({event.url})")  # there are no pictures in answers
            case AudioDelta():
                self._words(event.transcript or "")
            case Finish():
                self._close()
                self._end_calls()
                self._finish = event
            case _:
                pass

    # Content.

    def _content(self, index: int, item: object, **fields: Any) -> None:
        self._send("content-delta", index=index, delta={"message": {"content": item}}, **fields)

    def _start(self, item: object) -> None:
        self._index += 1
        self._send("content-start", index=self._index, delta={"message": {"content": item}})

    def _close(self) -> None:
        """Ends the open block."""
        known, text = self._reasoning, self._text
        self._reasoning = self._text = None
        if known is None:
            if text is not None:
                self._send("content-end", index=self._index)
        elif known.format == BLOCK_FORMAT:
            if (block := opaque(known.data)) is not None:
                self._start(block)
                self._send("content-end", index=self._index)
        elif known.format != PLAN_FORMAT:
            if (detail := detail_of(known)) is not None and detail != self._told:
                self._content(self._index, {"thinking": "", "reasoning_detail": detail})
            self._send("content-end", index=self._index)

    def _open_text(self) -> list[str]:
        if self._text is None:
            self._close()
            self._end_calls()
            self._start({"type": "text", "text": ""})
            self._text, self._text_index, self._text_begins = [], self._index, self._length
        return self._text

    def _words(self, text: str) -> None:
        if text:
            self._open_text().append(text)
            self._length += len(text)
            self._content(self._index, {"text": text})

    def _probabilities(self, entries: list[Raw]) -> None:
        self._open_text()
        for entry in map(write_logprob, entries):
            if entry is not None:
                self._content(self._index, {"text": ""}, logprobs=entry)

    def _cite(self, annotation: Annotation) -> None:
        words = "".join(self._open_text())
        citation = write_citation(annotation, self._text_index, self._text_begins, words)
        self._send("citation-start", index=self._text_index, delta={"message": {"citations": citation}})
        self._send("citation-end", index=self._text_index)

    def _reason(self, event: ReasoningDelta) -> None:
        known = self._reasoning
        if known is None or known.index != event.block:
            self._close()
            self._end_calls()
            known = self._reasoning = Reasoning(event.kind, "", None, None, event.id, event.format, event.block)
            if event.format not in {PLAN_FORMAT, BLOCK_FORMAT}:
                self._told = detail_of(known)
                said = {"type": "thinking", "thinking": ""}
                self._start(said if self._told is None else {**said, "reasoning_detail": self._told})
        mark(known, event)
        if event.text and known.format == PLAN_FORMAT:
            self._send("tool-plan-delta", delta={"message": {"tool_plan": event.text}})
        elif event.text and known.format != BLOCK_FORMAT:
            self._content(self._index, {"thinking": event.text})

    # Calls.

    def _tool(self, event: ToolCallDelta) -> None:
        call = self._calls.get(event.position)
        if call is None:
            self._close()
            index = len(self._calls)
            made_up = f"call_{self._identity.id}_{index}"
            call = self._calls[event.position] = WaitingCall(event.id or made_up, event.name or "", index)
        call.signature = event.signature or call.signature
        if event.arguments:
            call.held.append(event.arguments)
        if call.begun:
            self._send_held(call)
        for waiting in self._calls.values():
            # One after the other: the next begins when nothing more is to be expected of the one before.
            if not waiting.begun and (self._call is None or self._call.complete):
                self._end_call()
                self._begin_call(waiting)
                self._send_held(waiting)

    def _begin_call(self, call: WaitingCall) -> None:
        call.begun, self._call = True, call
        started = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        if call.signature is not None:
            started["signature"] = call.signature
        self._send("tool-call-start", index=call.index, delta={"message": {"tool_calls": started}})

    def _send_held(self, call: WaitingCall) -> None:
        for piece in call.held:
            if call is not self._call and not piece.strip():
                continue  # blanks after a call that has ended
            function = {"function": {"arguments": piece}}
            self._send("tool-call-delta", index=call.index, delta={"message": {"tool_calls": function}})
        call.sent += call.held
        call.held = []

    def _end_call(self) -> None:
        if self._call is not None:
            self._send("tool-call-end", index=self._call.index)
            self._call = None

    def _end_calls(self) -> None:
        """Ends the open call, and sends those that waited whole."""
        self._end_call()
        for call in self._calls.values():
            if not call.begun:
                self._begin_call(call)
                self._send_held(call)
                self._end_call()
