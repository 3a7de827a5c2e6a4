"""Answers of a provider that speaks the caller's dialect: its own bytes, with named patches.

Patched are the id, the model and the figures in `usage`; reasoning is left out for a caller who does not want it, and
the blocks behind it are counted anew. All else goes through byte for byte, kinds that are yet to come included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.anthropic_messages.errors import Malformed, StreamError
from modelport.dialects.anthropic_messages.response_read import read_usage
from modelport.dialects.anthropic_messages.response_write import stop_reason, write_usage
from modelport.dialects.anthropic_messages.stream_read import Reader
from modelport.dialects.anthropic_messages.stream_write import Writer
from modelport.dialects.canonical import Charged, Usage
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS, NULL, one_line, overlaid

if TYPE_CHECKING:
    from modelport.dialects.canonical import Identity

__all__ = ["Patcher", "patch_response"]

_BILL = frozenset({"cost", "cost_details", "is_byok"})
"""What `usage` says of money: ours alone, and at the end alone."""
_DESCRIBED = frozenset({"inference_geo", "service_tier"})
"""What `usage` says beside figures: the provider knows better."""
_HIDDEN = frozenset({"redacted_thinking", "thinking"})


class _Peek(Struct):
    type: str = ""
    index: int = 0
    error: Raw = NULL


class _Kind(Struct):
    type: str = ""


class _Started(Struct):
    content_block: _Kind = msgspec.field(default_factory=_Kind)


_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_PEEK = Forgiving(_Peek)
_KIND = Forgiving(_Kind)
_STARTED = Forgiving(_Started)
_ENCODER = msgspec.json.Encoder()


def patch_response(body: bytes, identity: Identity, charged: Charged, *, without_reasoning: bool) -> bytes:
    """The body for a caller. Raises `Malformed` when a provider's is no answer."""
    try:
        fields = _OBJECT.decode(body)
        content = _LIST.decode(fields["content"])
        if without_reasoning:
            content = [block for block in content if (_KIND.decode_or_none(block) or _Kind()).type not in _HIDDEN]
            fields["content"] = Raw(_ENCODER.encode(content))
    except (*FAULTS, KeyError) as error:
        raise Malformed("the body is not an answer of Anthropic Messages") from error
    return _ENCODER.encode(_signed(fields, identity) | {"usage": _usage(fields.get("usage"), charged)})


def _signed(fields: dict[str, Raw], identity: Identity) -> dict[str, object]:
    return {**fields, "id": identity.id, "model": identity.model}


def _usage(theirs: Raw | None, charged: Charged) -> dict[str, object]:
    """Our figures over the provider's; what only it can know of the answer stays."""
    known = overlaid(theirs, {})
    if b'"compaction"' in bytes(_raw(known.get("iterations")) or NULL):
        del known["iterations"]  # compactions are inside our figures, and must not be counted again
    ours = write_usage(charged)
    if known.get("server_tool_use", NULL) != NULL:
        ours["server_tool_use"] = {"web_search_requests": charged.usage.web_searches}  # others aren't counted here
    laid = overlaid(Raw(_ENCODER.encode(known)), ours)
    return laid | {name: value for name, value in known.items() if name in _DESCRIBED}


class Patcher:
    """Patches one stream's events. A `Reader` beside it tells what billing needs.

    `message_delta` with the stop reason and `message_stop` wait for `end`. Several `message_delta` become one.
    """

    def __init__(self, identity: Identity, *, without_reasoning: bool) -> None:
        self._identity = identity
        self._without_reasoning = without_reasoning
        self._begun = False
        self._called = False
        """Whether a tool was called, for a provider that does not say why it ended."""
        self._delta: dict[str, object] = {}
        """The `message_delta` that waits."""
        self._stop = Raw(b'{"type":"message_stop"}')
        self._over = False
        self._open: dict[int, int] = {}
        """The numbers of blocks that have begun: the provider's, and the caller's."""
        self._hidden: set[int] = set()
        self._left_out = 0

    def feed(self, event: bytes, data: bytes) -> bytes:
        """The event for the caller that a provider's event becomes; empty when there is nothing to pass on yet.

        Raises `StreamError`.
        """
        if self._over or not data.strip() or data == b"[DONE]":
            return b""
        try:
            data = one_line(data)
            read = _PEEK.decode(data)
            if read.error != NULL or "error" in {read.type, event.decode(errors="replace")}:
                Reader().feed(event, data)
            return self._patched(read, event, data)
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no event of Anthropic Messages.") from error

    def end(self, charged: Charged) -> bytes:
        """The end of a good answer, with what it took; what a stream that was cut left out is made up for."""
        if not self._begun:
            return Writer(self._identity).end(charged)
        out = [_event(b"content_block_stop", _block_stop(index)) for index in self._open.values()]
        told = self._delta
        delta = overlaid(_raw(told.get("delta")), {})
        delta = {"stop_reason": stop_reason(None, called=self._called), "stop_sequence": None} | delta
        usage = _usage(_raw(told.get("usage")), charged)
        body = _ENCODER.encode({"type": "message_delta"} | told | {"delta": delta, "usage": usage})
        return b"".join([*out, _event(b"message_delta", body), _event(b"message_stop", bytes(self._stop))])

    def fail(self, error: Exception) -> bytes:
        """The end of an answer that failed: this dialect's streams stop after an `error` event."""
        return Writer(self._identity).fail(error)

    def _patched(self, read: _Peek, event: bytes, data: bytes) -> bytes:
        match read.type:
            case "message_start":
                data = self._start(data)
            case "content_block_start":
                return self._block(event, data, read.index)
            case "content_block_delta" | "content_block_stop":
                return self._inside(read, event, data)
            case "message_delta":
                self._hold(data)
                return b""
            case "message_stop":
                self._stop, self._over = Raw(data), True
                return b""
            case _:
                pass  # ping, and kinds that are yet to come
        return _event(_name(event, read.type), data)

    def _start(self, data: bytes) -> bytes:
        self._begun, self._left_out = True, 0
        self._open.clear()
        self._hidden.clear()
        fields = _OBJECT.decode(data)
        message = _OBJECT.decode(fields["message"]) if "message" in fields else {}
        theirs = message.get("usage")
        told = (read_usage(theirs) if theirs is not None else None) or Usage()
        usage = _usage(theirs, Charged(told, 0, 0, 0))
        signed = _signed(message, self._identity)
        signed["usage"] = {name: value for name, value in usage.items() if name not in _BILL}
        return _ENCODER.encode(fields | {"message": signed})

    def _block(self, event: bytes, data: bytes, index: int) -> bytes:
        kind = (_STARTED.decode_or_none(data) or _Started()).content_block.type
        self._called = self._called or kind == "tool_use"
        self._hidden.discard(index)
        if self._without_reasoning and kind in _HIDDEN:
            self._hidden.add(index)
            self._left_out += 1
            return b""
        self._open[index] = index - self._left_out
        return _event(_name(event, "content_block_start"), self._numbered(data, index))

    def _inside(self, read: _Peek, event: bytes, data: bytes) -> bytes:
        if read.index in self._hidden:
            return b""
        data = self._numbered(data, read.index)
        if read.type == "content_block_stop":
            self._open.pop(read.index, None)
        return _event(_name(event, read.type), data)

    def _numbered(self, data: bytes, index: int) -> bytes:
        number = self._open.get(index, index)
        return data if number == index else _ENCODER.encode(_OBJECT.decode(data) | {"index": number})

    def _hold(self, data: bytes) -> None:
        """Lays a `message_delta` over the one before; one that is silent on something changes nothing of it."""
        fields: dict[str, object] = dict(_OBJECT.decode(data))
        for name in ("delta", "usage"):
            known, more = _raw(self._delta.get(name)), overlaid(_raw(fields.pop(name, None)), {})
            if known is None or known == NULL:
                fields[name] = Raw(_ENCODER.encode(more))
            else:
                fields[name] = Raw(_ENCODER.encode(overlaid(known, {k: v for k, v in more.items() if v != NULL})))
        self._delta = self._delta | fields


def _raw(value: object) -> Raw | None:
    return value if isinstance(value, Raw) else None


def _block_stop(index: int) -> bytes:
    return _ENCODER.encode({"type": "content_block_stop", "index": index})


def _event(name: bytes, data: bytes) -> bytes:
    return b"event: " + name + b"\ndata: " + data + b"\n\n"


def _name(given: bytes, kind: str) -> bytes:
    """The event's name: clients of this dialect go by it, and some providers leave it out."""
    return given if given not in {b"", b"message"} or not kind.isprintable() else kind.encode()
