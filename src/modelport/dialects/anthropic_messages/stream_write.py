"""Events of a stream for a caller.

Callers of this dialect want blocks numbered from 0, one after the other, each begun and ended: `canonical.ordered`
puts what other dialects interleave in order.
"""

from __future__ import annotations

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
from modelport.dialects.canonical import Charged, OrderedBlocks, Usage, UsageEvent
from modelport.kit.raw_json import one_line

if TYPE_CHECKING:
    from modelport.dialects.canonical import Annotation, Event, Identity, Reasoning, WaitingCall

__all__ = ["COMMENT", "Writer"]

COMMENT = b": MODELPORT PROCESSING\n\n"
"""Keeps the line open. A comment, because the official SDK refuses any event before `message_start`."""


_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()


class Writer(OrderedBlocks):
    """Writes one stream for a caller."""

    COMMENT = COMMENT

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity
        self._out: list[bytes] = []
        self._begun = False
        self._index = -1

    def feed(self, events: list[Event]) -> bytes:
        """The bytes for the caller; of several choices only the first."""
        if events and not self._begun:
            usage = next((event.usage for event in events if isinstance(event, UsageEvent)), Usage())
            self._begin(usage)
        self._put(events)
        return self._taken()

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        if not self._begun:
            self._begin(charged.usage)
        self._put_end()
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

    # Blocks.

    def _start(self, block: dict[str, Any] | Raw) -> None:
        self._index += 1
        self._send("content_block_start", index=self._index, content_block=block)

    def _stop(self) -> None:
        self._send("content_block_stop", index=self._index)

    def _piece(self, kind: str, name: str, value: str) -> None:
        self._send("content_block_delta", index=self._index, delta={"type": kind, name: value})

    def _open_text(self) -> None:
        self._start({"type": "text", "text": "", "citations": None})

    def _open_reasoning(self) -> None:
        self._start({"type": "thinking", "thinking": "", "signature": ""})

    def _open_call(self, call: WaitingCall) -> None:
        self._start({"type": "tool_use", "id": call.id, "name": call.name, "input": {}})

    def _text_piece(self, text: str) -> None:
        self._piece("text_delta", "text", text)

    def _citation(self, annotation: Annotation) -> None:
        delta = {"type": "citations_delta", "citation": write_annotation(annotation)}
        self._send("content_block_delta", index=self._index, delta=delta)

    def _reasoning_piece(self, text: str) -> None:
        self._piece("thinking_delta", "thinking", text)

    def _arguments_piece(self, text: str) -> None:
        self._piece("input_json_delta", "partial_json", text)

    def _image(self, url: str) -> None:
        self._text(f"![image]({url})")  # there are no image blocks in answers

    def _signature(self, call: WaitingCall, signature: str) -> None:
        self._whole(call_signature(call.id, signature))

    def _new_id(self, position: int) -> str:
        return f"toolu_{self._identity.id}_{position}"

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
