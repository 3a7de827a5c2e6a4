"""A stream for a caller, without knowing sockets.

Callers want blocks numbered from 0, one after the other, each ended: what other dialects interleave is put in order
here. As the service does, only calls and other blocks of tools announce their beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.bedrock_converse.blocks_write import write_annotation
from modelport.dialects.bedrock_converse.errors import error_object, exception_type
from modelport.dialects.bedrock_converse.response_write import (
    call_signature,
    image_block,
    stop_fields,
    write_reasoning,
    write_usage,
)
from modelport.dialects.canonical import (
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    ImageEvent,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.kit.eventstream import encode
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Charged, Identity

__all__ = ["COMMENT", "CONTENT_TYPE", "Writer", "failure", "message"]

CONTENT_TYPE = "application/vnd.amazon.eventstream"
"""Of every stream of this dialect."""

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


def message(kind: str, payload: bytes) -> bytes:
    """One event, framed."""
    return encode({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def failure(error: Exception, identity: Identity) -> bytes:
    """The exception that ends a stream, framed."""
    headers = {
        ":exception-type": exception_type(error),
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return encode(headers, _ENCODER.encode(error_object(error, identity.id)))


COMMENT = message("ping", b"{}")
"""Keeps the line open: an event of a kind that no client knows, which Amazon's SDKs pass over."""


@dataclass(slots=True)
class _Call:
    """A tool call on its way to the caller."""

    id: str
    name: str
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
        if events:
            self._begin()
        for event in events:
            if isinstance(event, Start | UsageEvent) or event.choice != 0:
                continue
            self._write(event)
        return self._taken()

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        self._begin()
        self._close_all()
        for call in self._calls.values():
            self._sign(call)
        self._send("messageStop", **stop_fields(self._finish, called=bool(self._calls)))
        self._send("metadata", usage=write_usage(charged), metrics={"latencyMs": 0})
        return self._taken()

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed: nothing comes after an exception."""
        return self._taken() + failure(error, self._identity)

    def _taken(self) -> bytes:
        out, self._out = b"".join(self._out), []
        return out

    def _send(self, kind: str, **fields: Any) -> None:  # any JSON-ready value
        self._out.append(message(kind, _ENCODER.encode(fields)))

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._send("messageStart", role="assistant")

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
                self._delta(citation=write_annotation(event.annotation))
                self._cited = True
            case ImageEvent():
                self._close_all()
                self._whole(image_block(event.url))
            case AudioDelta():
                self._text(event.transcript or "")
            case Finish():
                self._close_all()
                self._finish = event
            case _:
                pass

    # Blocks.

    def _open(self, start: dict[str, Any] | None = None) -> None:
        self._index += 1
        if start is not None:
            self._send("contentBlockStart", contentBlockIndex=self._index, start=start)

    def _delta(self, **delta: Any) -> None:  # any JSON-ready value
        self._send("contentBlockDelta", contentBlockIndex=self._index, delta=delta)

    def _stop(self) -> None:
        self._send("contentBlockStop", contentBlockIndex=self._index)

    def _close_all(self) -> None:
        """Ends what is open, and everything that waits."""
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
            self._open()
            self._text_open = True
        if text:
            self._delta(text=text)

    def _reason(self, event: ReasoningDelta) -> None:
        known = self._reasoning
        if known is None or known.index != event.block:
            self._close_all()
            known = self._reasoning = Reasoning(event.kind, index=event.block)
            if known.kind != "encrypted":
                self._open()
        known.text += event.text
        known.signature = event.signature if event.signature is not None else known.signature
        known.data = (known.data or "") + event.data if event.data is not None else known.data
        known.id, known.format = event.id or known.id, event.format or known.format
        if event.text and known.kind != "encrypted":
            self._delta(reasoningContent={"text": event.text})

    def _end_reasoning(self, known: Reasoning) -> None:
        block = write_reasoning(known)
        if known.kind == "encrypted":
            if block is not None:
                self._whole(block)
            return
        if isinstance(block, dict):
            inner = block["reasoningContent"]["reasoningText"]
            if "signature" in inner:
                self._delta(reasoningContent={"signature": inner["signature"]})
            elif not known.text:
                self._delta(reasoningContent={"text": ""})  # nothing else would say what this block was
        self._stop()

    def _whole(self, block: dict[str, Any] | Raw) -> None:
        """A block at once, none being open: what is long of it goes in a delta, where the service has one for it."""
        fields: dict[str, Any] = {**_OBJECT.decode(block)} if isinstance(block, Raw) else block
        (kind, value), *_ = fields.items()
        if kind in {"text", "reasoningContent"} and not isinstance(value, Raw):
            self._open()
            self._delta(**{kind: value})
            self._stop()
            return
        inner: dict[str, Any] = {**_OBJECT.decode(value)} if isinstance(value, Raw) and bytes(value)[:1] == b"{" else {}
        match kind:
            case "toolUse" if "input" in inner:
                given = inner.pop("input")
                self._open({kind: inner})
                self._delta(toolUse={"input": bytes(given).decode()})
            case "toolResult" if "content" in inner:
                given = inner.pop("content")
                self._open({kind: inner})
                self._delta(toolResult=given)
            case "image":
                self._open({kind: {"format": value["format"]} if isinstance(value, dict) else value})
                if isinstance(value, dict):
                    self._delta(image={"source": value["source"]})
            case _:
                self._open({kind: value})
        self._stop()

    # Calls.

    def _tool(self, event: ToolCallDelta) -> None:
        call = self._calls.get(event.position)
        if call is None:
            made_up = f"tooluse_{self._identity.id}_{event.position}"
            call = self._calls[event.position] = _Call(event.id or made_up, event.name or "")
        call.signature = event.signature or call.signature
        if event.arguments:
            call.held.append(event.arguments)
        if call is not self._call and not call.begun and (self._call is None or self._call.complete):
            self._close()
            self._begin_call(call)
        if call is self._call:
            self._send_held(call)

    def _begin_call(self, call: _Call) -> None:
        self._open({"toolUse": {"toolUseId": call.id, "name": call.name}})
        self._call, call.begun = call, True
        self._send_held(call)

    def _send_held(self, call: _Call) -> None:
        for piece in call.held:
            self._delta(toolUse={"input": piece})
        call.sent += call.held
        call.held = []

    def _sign(self, call: _Call) -> None:
        if call.signature is not None and not call.signed:
            call.signed = True
            self._whole(call_signature(call.id, call.signature))
