"""Events of a stream for a caller.

Callers of this dialect want blocks numbered from 0, one after the other, each begun and ended: what other dialects
interleave is put in order here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.anthropic_messages.blocks_write import write_annotation
from modelport.dialects.anthropic_messages.errors import error_object
from modelport.dialects.anthropic_messages.response_write import (
    call_signature,
    stop_reason,
    write_reasoning,
    write_usage,
)
from modelport.dialects.canonical import (
    AnnotationEvent,
    AudioDelta,
    Charged,
    Event,
    Finish,
    ImageEvent,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageEvent,
)
from modelport.kit.raw_json import FAULTS, one_line

if TYPE_CHECKING:
    from modelport.dialects.canonical import Identity

__all__ = ["COMMENT", "Writer"]

COMMENT = b": MODELPORT PROCESSING\n\n"
"""Keeps the line open. A comment, because the official SDK refuses any event before `message_start`."""


_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


@dataclass(slots=True)
class _Call:
    """A tool call on its way to the caller."""

    id: str
    name: str
    held: list[str] = field(default_factory=list[str])
    """Arguments that wait for their turn."""
    sent: list[str] = field(default_factory=list[str])
    signature: str | None = None
    signature_sent: bool = False
    begun: bool = False
    ended: bool = False

    @property
    def complete(self) -> bool:
        """Whether what was sent is a whole object, so that no more is to be expected."""
        try:
            _OBJECT.decode("".join(self.sent))
        except FAULTS:
            return False
        return True


class Writer:
    """Writes one stream for a caller."""

    COMMENT = COMMENT

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._out: list[bytes] = []
        self._begun = False
        self._index = -1
        self._text_open = False
        self._cited = False
        """Whether the open text has citations: more text belongs to another block."""
        self._reasoning: Reasoning | None = None
        self._call: _Call | None = None
        self._calls: dict[int, _Call] = {}
        self._finish: Finish | None = None

    def feed(self, events: list[Event]) -> bytes:
        """The bytes for the caller; of several choices only the first."""
        if events and not self._begun:
            usage = next((event.usage for event in events if isinstance(event, UsageEvent)), Usage())
            self._begin(usage)
        for event in events:
            if isinstance(event, Start | UsageEvent) or event.choice != 0:
                continue
            self._write(event)
        return self._taken()

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        if not self._begun:
            self._begin(charged.usage)
        self._close_all()
        for call in self._calls.values():
            self._sign(call)
        reason = stop_reason(self._finish, called=bool(self._calls))
        sequence = self._finish.stop_sequence if self._finish is not None else None
        delta = {"stop_reason": reason, "stop_sequence": sequence, "stop_details": None, "container": None}
        self._send("message_delta", delta=delta, usage=write_usage(charged))
        self._send("message_stop")
        return self._taken()

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed: this dialect's streams stop after an `error` event."""
        body = _ENCODER.encode(error_object(error, self._identity.id))
        return self._taken() + b"event: error\ndata: " + body + b"\n\n"

    def _taken(self) -> bytes:
        out, self._out = b"".join(self._out), []
        return out

    def _send(self, kind: str, **fields: Any) -> None:  # any JSON-ready value
        data = _ENCODER.encode({"type": kind, **fields})
        data = one_line(data)  # bytes that came from elsewhere may hold line ends between their tokens
        self._out.append(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")

    def _begin(self, usage: Usage) -> None:
        self._begun = True
        told = write_usage(Charged(usage, 0, 0, 0))
        for name in ("cost", "is_byok", "cost_details"):  # known at the end only
            del told[name]
        message: dict[str, object] = {
            "id": self._identity.id,
            "type": "message",
            "role": "assistant",
            "model": self._identity.model,
            "provider": self._identity.provider,
            "content": [],
            "container": None,
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "usage": told,
        }
        self._send("message_start", message=message)

    def _write(self, event: Event) -> None:
        match event:
            case TextDelta() | RefusalDelta():
                self._text(event.text)
            case ReasoningDelta():
                self._reason(event)
            case ToolCallDelta():
                self._tool(event)
            case AnnotationEvent():
                self._text("", citing=True)
                self._send(
                    "content_block_delta",
                    index=self._index,
                    delta={"type": "citations_delta", "citation": write_annotation(event.annotation)},
                )
                self._cited = True
            case ImageEvent():
                self._text(f"![image]({event.url})")  # there are no image blocks in answers
            case AudioDelta():
                self._text(event.transcript or "")
            case Finish():
                self._close_all()
                self._finish = event
            case _:
                pass

    # Blocks.

    def _start(self, block: dict[str, Any] | Raw) -> None:
        self._index += 1
        self._send("content_block_start", index=self._index, content_block=block)

    def _stop(self) -> None:
        self._send("content_block_stop", index=self._index)

    def _piece(self, kind: str, name: str, value: str) -> None:
        self._send("content_block_delta", index=self._index, delta={"type": kind, name: value})

    def _close_all(self) -> None:
        """Ends what is open, and everything that waits."""
        self._close()
        for call in self._calls.values():
            if not call.begun:
                self._open_call(call)
                self._close()

    def _close(self) -> None:
        if self._text_open:
            self._stop()
            self._text_open = self._cited = False
        if (reasoning := self._reasoning) is not None:
            self._reasoning = None
            self._end_reasoning(reasoning)
        if (call := self._call) is not None:
            self._call, call.ended = None, True
            self._stop()
            self._sign(call)

    def _text(self, text: str, *, citing: bool = False) -> None:
        if not text and not citing:
            return
        if not self._text_open or (self._cited and not citing):
            self._close_all()
            self._start({"type": "text", "text": "", "citations": None})
            self._text_open = True
        if text:
            self._piece("text_delta", "text", text)

    def _reason(self, event: ReasoningDelta) -> None:
        known = self._reasoning
        if known is None or known.index != event.block:
            self._close_all()
            known = self._reasoning = Reasoning(event.kind, index=event.block)
            if known.kind != "encrypted":
                self._start({"type": "thinking", "thinking": "", "signature": ""})
        known.text += event.text
        known.signature = event.signature if event.signature is not None else known.signature
        known.data = (known.data or "") + event.data if event.data is not None else known.data
        known.id, known.format = event.id or known.id, event.format or known.format
        if event.text and known.kind != "encrypted":
            self._piece("thinking_delta", "thinking", event.text)

    def _end_reasoning(self, known: Reasoning) -> None:
        block = write_reasoning(known)
        if known.kind == "encrypted":
            if block is not None:
                self._whole(block)
            return
        if isinstance(block, dict) and (signature := block["signature"]):
            self._piece("signature_delta", "signature", str(signature))
        self._stop()

    def _whole(self, block: dict[str, object] | Raw) -> None:
        """A block at once; a server tool's input goes in a delta, as callers expect it."""
        given: Raw | None = None
        if isinstance(block, Raw):
            fields = _OBJECT.decode(block)
            if bytes(fields.get("type", b"")).endswith(b'tool_use"') and "input" in fields:
                given, fields["input"] = fields["input"], Raw(b"{}")
            self._start(dict(fields))
        else:
            self._start(block)
        if given is not None:
            self._piece("input_json_delta", "partial_json", bytes(given).decode())
        self._stop()

    # Calls.

    def _tool(self, event: ToolCallDelta) -> None:
        call = self._calls.get(event.position)
        if call is None:
            made_up = f"toolu_{self._identity.id}_{event.position}"
            call = self._calls[event.position] = _Call(event.id or made_up, event.name or "")
        call.signature = event.signature or call.signature
        if event.arguments:
            call.held.append(event.arguments)
        if call is not self._call and not call.begun and (self._call is None or self._call.complete):
            self._close()
            self._open_call(call)
        if call is self._call:
            self._send_held(call)

    def _open_call(self, call: _Call) -> None:
        self._start({"type": "tool_use", "id": call.id, "name": call.name, "input": {}})
        self._call, call.begun = call, True
        self._send_held(call)

    def _send_held(self, call: _Call) -> None:
        for piece in call.held:
            self._piece("input_json_delta", "partial_json", piece)
        call.sent += call.held
        call.held = []

    def _sign(self, call: _Call) -> None:
        if call.signature is not None and not call.signature_sent:
            call.signature_sent = True
            self._whole(call_signature(call.id, call.signature))
