"""A stream for a caller, without knowing sockets.

Callers want blocks numbered from 0, one after the other, each ended: `canonical.ordered` puts what other dialects
interleave in order. As the service does, only calls and other blocks of tools announce their beginning.
"""

from __future__ import annotations

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
from modelport.dialects.canonical import OrderedBlocks
from modelport.kit.eventstream import encode

if TYPE_CHECKING:
    from modelport.dialects.canonical import Annotation, Charged, Event, Identity, Reasoning, WaitingCall

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
        if events:
            self._begin()
        self._put(events)
        return self._taken()

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took."""
        self._begin()
        self._put_end()
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

    # Blocks.

    def _open(self, start: dict[str, Any] | None = None) -> None:
        self._index += 1
        if start is not None:
            self._send("contentBlockStart", contentBlockIndex=self._index, start=start)

    def _delta(self, **delta: Any) -> None:  # any JSON-ready value
        self._send("contentBlockDelta", contentBlockIndex=self._index, delta=delta)

    def _stop(self) -> None:
        self._send("contentBlockStop", contentBlockIndex=self._index)

    def _open_text(self) -> None:
        self._open()

    def _open_reasoning(self) -> None:
        self._open()

    def _open_call(self, call: WaitingCall) -> None:
        self._open({"toolUse": {"toolUseId": call.id, "name": call.name}})

    def _text_piece(self, text: str) -> None:
        self._delta(text=text)

    def _citation(self, annotation: Annotation) -> None:
        self._delta(citation=write_annotation(annotation))

    def _reasoning_piece(self, text: str) -> None:
        self._delta(reasoningContent={"text": text})

    def _arguments_piece(self, text: str) -> None:
        self._delta(toolUse={"input": text})

    def _image(self, url: str) -> None:
        self._close_all()
        self._whole(image_block(url))

    def _signature(self, call: WaitingCall, signature: str) -> None:
        self._whole(call_signature(call.id, signature))

    def _new_id(self, position: int) -> str:
        return f"tooluse_{self._identity.id}_{position}"

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
