"""Events of a stream: a provider's patched for the caller, one at a time, without knowing sockets.

What a provider sends stays as it was, but for the identity of the answer, the finish reason, and what is known to
break clients. The usage chunk and `[DONE]` are held back: they go out once the charge is durable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import FinishReason, ToolCall, Usage
from modelport.dialects.openai_chat.errors import StreamError, error_object
from modelport.dialects.openai_chat.response import (
    REASONING_FIELDS,
    Answer,
    Bill,
    Identity,
    drop_nulls_and_take_text,
    finish_reason,
    read_usage,
    write_usage,
)
from modelport.dialects.openai_chat.wire import UpstreamError
from modelport.kit.forgiving import Forgiving

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DONE", "Assembler", "Patcher", "StreamError"]

DONE = b"data: [DONE]\n\n"

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_CHOICES = Forgiving(list[dict[str, Raw]])
_DELTA = Forgiving(dict[str, Raw])
_TEXT: Forgiving[str | None] = Forgiving(str | None)
_ERROR = Forgiving(UpstreamError | str)
_ENCODER = msgspec.json.Encoder()
_NULL = Raw(b"null")
_DIGITS = frozenset(b"%d" % digit for digit in range(10))
_CHUNK = Raw(b'"chat.completion.chunk"')


class Patcher:
    """Patches one stream's events and remembers what billing needs of them."""

    def __init__(self, identity: Identity, *, without_reasoning: bool = False) -> None:
        self._identity = identity
        self._without_reasoning = without_reasoning
        self.usage: Usage | None = None
        self.finish_reason: FinishReason | None = None
        self.native_finish_reason: str | None = None
        self.upstream_id: str | None = None
        self.has_output = False
        """Whether the model produced anything so far."""
        self.done = False
        """Whether the provider said that it is through."""
        self.text: list[str] = []
        """What was produced since it was last taken, for counting when the provider does not tell."""
        self.produced_bytes = 0
        self._spoke: set[bytes] = set()
        """Choices whose role the caller knows."""
        self._calls: list[tuple[bytes, Raw]] = []
        """Pieces of tool calls as they came, each with its choice's index; put together only when somebody asks."""

    def feed(self, data: bytes) -> bytes:
        """The event for the caller that a provider's event becomes; empty when there is nothing to pass on.

        Raises `StreamError`.
        """
        if data.startswith(b"[DONE]"):  # some providers put a space behind it
            self.done = True
            return b""
        try:
            if b"\n" in data:  # a line end inside a value that is passed on would cut the caller's event in two
                data = msgspec.json.format(data, indent=-1)
            fields = _FIELDS.decode(data)
            if "error" in fields:
                _refuse(fields.pop("error"))
            if "usage" in fields:
                self.usage = read_usage(fields.pop("usage")) or self.usage
            choices = _CHOICES.decode_or_none(fields.get("choices", _NULL)) or []
            if self.upstream_id is None and "id" in fields:
                self.upstream_id = _TEXT.decode_or_none(fields["id"])
            for choice in choices:
                self._patch(choice)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StreamError("The provider's stream holds what is no chat completion event.") from error
        if not choices:
            return b""
        fields["id"], fields["model"], fields["provider"], fields["created"] = self._identity
        fields["object"] = _CHUNK
        fields["choices"] = Raw(_ENCODER.encode(choices))
        if bytes(fields.get("system_fingerprint", b"")) == b"null":
            del fields["system_fingerprint"]
        return b"data: " + _ENCODER.encode(fields) + b"\n\n"

    def _patch(self, choice: dict[str, Raw]) -> None:
        read = _DELTA.decode_or_none(choice.get("delta", _NULL))
        delta = read or {}
        names = tuple(delta)
        if "role" in delta:
            index = bytes(choice.get("index", b"0"))
            if index in self._spoke:
                del delta["role"]  # clients that add up deltas, OpenAI's among them, would add up roles too
            else:
                self._spoke.add(index)
        if "tool_calls" in delta:
            self._calls.append((bytes(choice.get("index", b"0")), delta["tool_calls"]))
        self._note(delta)
        if read is None or tuple(delta) != names:  # else the provider's own bytes will do
            choice["delta"] = Raw(_ENCODER.encode(delta))
        native = choice.get("finish_reason", _NULL)
        if bytes(native) != b"null" and (reason := _TEXT.decode_or_none(native)):
            self.native_finish_reason = reason
            self.finish_reason = finish_reason(reason)
            choice["finish_reason"] = Raw(_ENCODER.encode(self.finish_reason))
            choice.setdefault("native_finish_reason", native)
        else:
            choice["finish_reason"] = _NULL
        if bytes(choice.get("index", _NULL))[:1] not in _DIGITS:
            choice["index"] = Raw(b"0")

    def _note(self, delta: dict[str, Raw]) -> None:
        for text in drop_nulls_and_take_text(delta):
            self.has_output = True
            self.text.append(text)
            self.produced_bytes += len(text)
        if self._without_reasoning:
            for name in REASONING_FIELDS:
                delta.pop(name, None)

    def calls(self) -> list[ToolCall]:
        """The functions that were called until now."""
        choices: dict[bytes, _Sum] = {}
        for index, pieces in self._calls:
            choices.setdefault(index, _Sum()).add_calls(_PIECES.decode_or_none(pieces) or ())
        return [
            ToolCall(call["id"], call["name"], call["arguments"])
            for one in choices.values()
            for call in one.calls.values()
            if call["type"] == "function"
        ]

    def has_spoken(self) -> None:
        """Notes that the caller knows who speaks, where somebody else told them."""
        self._spoke.add(b"0")

    def whole(self, answer: Answer) -> bytes:
        """The one event that a whole answer becomes, for a provider that answered a stream request with one."""
        choices = _CHOICES.decode(msgspec.json.format(answer.fields["choices"], indent=-1))
        for choice in choices:
            choice["delta"] = _numbered(choice.pop("message"))
        self.usage, self.upstream_id = answer.usage, answer.upstream_id
        self.finish_reason, self.native_finish_reason = answer.finish_reason, answer.native_finish_reason
        self.has_output, self.text, self.done = answer.has_output, answer.text, True
        fields = {name: raw for name, raw in answer.fields.items() if name != "system_fingerprint"}
        self.has_spoken()
        fields["object"] = _CHUNK
        fields["choices"] = Raw(_ENCODER.encode(choices))
        # One line: a provider's pretty-printed body has line ends between its values.
        return b"data: " + msgspec.json.format(_ENCODER.encode(fields), indent=-1) + b"\n\n"

    def end(self, bill: Bill) -> bytes:
        """The last bytes of a stream that ended well: one usage chunk with the cost, and `[DONE]`.

        The chunk repeats the last choice with an empty delta, as the reference really sends it: clients that take
        `choices[0]` of every chunk break on an empty list.
        """
        reason = None if self.finish_reason is None else self.finish_reason.value
        chunk = self._frame(reason)
        chunk["usage"] = write_usage(bill)
        return b"data: " + _ENCODER.encode(chunk) + b"\n\n" + DONE

    def fail(self, error: Exception) -> bytes:
        """The last bytes of a stream that failed after it began: a typed error event, and `[DONE]`."""
        chunk = self._frame(FinishReason.ERROR.value)
        chunk["error"] = error_object(error)
        return b"data: " + _ENCODER.encode(chunk) + b"\n\n" + DONE

    def _frame(self, reason: str | None) -> dict[str, object]:
        identity = self._identity
        delta = {"content": ""} if self._spoke else {"role": "assistant", "content": ""}
        return {
            "id": identity.id,
            "object": "chat.completion.chunk",
            "created": identity.created,
            "model": identity.model,
            "provider": identity.provider,
            "choices": [
                {
                    "index": 0,
                    "delta": delta,
                    "finish_reason": reason,
                    "native_finish_reason": self.native_finish_reason,
                }
            ],
        }


def _refuse(raw: Raw) -> None:
    if bytes(raw) == b"null":
        return
    error = _ERROR.decode(raw)
    if isinstance(error, str):
        raise StreamError(error)
    raise StreamError(error.message or "The provider reported an error.", error.code)


class _Piece(msgspec.Struct):
    """One entry of a delta's `tool_calls`."""

    index: int = 0
    id: str | None = None
    type: str | None = None
    function: dict[str, Raw] | None = None


class _Delta(msgspec.Struct):
    role: str | None = None
    content: str | list[Raw] | None = None
    reasoning: str | None = None
    refusal: str | None = None
    reasoning_details: list[Raw] | None = None
    annotations: list[Raw] | None = None
    images: list[Raw] | None = None
    tool_calls: list[_Piece] | None = None


class _Logprobs(msgspec.Struct):
    content: list[Raw] | None = None
    refusal: list[Raw] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice]


_TYPED = Forgiving(_Chunk)
_PIECES = Forgiving(list[_Piece])


class _Sum:
    """One choice of the answer, growing."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.parts: list[Raw] = []
        """Content in parts, as Mistral's reasoning models send it."""
        self.lists: dict[str, list[Raw]] = {}
        self.calls: dict[int, dict[str, str]] = {}
        self.places: dict[int, int] = {}
        """Where a call stands whose index another one has: some count every call as the first."""
        self.logprobs: dict[str, list[Raw]] = {}
        self.finish_reason: str | None = None
        self.native_finish_reason: str | None = None

    def add(self, choice: _Choice) -> None:
        self.finish_reason = choice.finish_reason or self.finish_reason
        self.native_finish_reason = choice.native_finish_reason or self.native_finish_reason
        self._add_logprobs(choice.logprobs)
        delta = choice.delta
        if delta is None:
            return
        if isinstance(delta.content, list):
            self.parts += delta.content
        for name, text in (("content", delta.content), ("reasoning", delta.reasoning), ("refusal", delta.refusal)):
            if isinstance(text, str):
                self.texts.setdefault(name, []).append(text)
        for name, entries in (
            ("reasoning_details", delta.reasoning_details),
            ("annotations", delta.annotations),
            ("images", delta.images),
        ):
            if entries:
                self.lists.setdefault(name, []).extend(entries)
        self.add_calls(delta.tool_calls or ())

    def add_calls(self, pieces: Iterable[_Piece]) -> None:
        for piece in pieces:
            self._add_call(piece)

    def _add_logprobs(self, logprobs: _Logprobs | None) -> None:
        if logprobs is not None:
            for name in ("content", "refusal"):
                if (entries := _field(logprobs, name)) is not None:
                    self.logprobs.setdefault(name, []).extend(entries)

    def _add_call(self, piece: _Piece) -> None:
        place = self.places.get(piece.index, piece.index)
        known = self.calls.get(place)
        if known is not None and piece.id and known["id"] and piece.id != known["id"]:
            place = self.places[piece.index] = max(self.calls) + 1
        call = self.calls.setdefault(place, {"id": "", "type": "function", "name": "", "arguments": ""})
        call["id"] = piece.id or call["id"]
        call["type"] = piece.type or call["type"]
        function = piece.function or {}
        if "name" in function and not call["name"]:  # some repeat it with every piece
            call["name"] = _TEXT.decode_or_none(function["name"]) or ""
        if "arguments" in function:
            call["arguments"] += _TEXT.decode_or_none(function["arguments"]) or ""

    def message(self) -> dict[str, object]:
        texts = {name: "".join(parts) for name, parts in self.texts.items()}
        content: object = texts.pop("content", None)
        if self.parts:
            content = [*self.parts, *([{"type": "text", "text": content}] if content else ())]
        message: dict[str, object] = {"role": "assistant", "content": content, **texts, **self.lists}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call["id"],
                    "type": call["type"],
                    "function": {"name": call["name"], "arguments": call["arguments"]},
                }
                for _, call in sorted(self.calls.items())
            ]
        return message


def _field(logprobs: _Logprobs, name: str) -> list[Raw] | None:
    return logprobs.content if name == "content" else logprobs.refusal


def _numbered(message: Raw) -> Raw:
    """A whole message as a delta, whose calls must say which they are."""
    fields = _FIELDS.decode(message)
    if bytes(fields.get("tool_calls", b""))[:1] != b"[":
        return message
    calls = [{"index": at, **call} for at, call in enumerate(_CHOICES.decode(fields["tool_calls"]))]
    return Raw(_ENCODER.encode({**fields, "tool_calls": calls}))


class Assembler:
    """Adds patched events up to the whole answer they stand for."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._choices: dict[int, _Sum] = {}

    def feed(self, event: bytes) -> None:
        """Takes an event as `Patcher.feed` gave it."""
        for choice in _TYPED.decode(event[6:]).choices:
            self._choices.setdefault(choice.index, _Sum()).add(choice)

    def answer(self, patcher: Patcher) -> Answer:
        """The whole answer, with what `patcher` remembers of the stream."""
        choices = [
            {
                "index": index,
                "message": one.message(),
                "finish_reason": one.finish_reason,
                "native_finish_reason": one.native_finish_reason,
                "logprobs": one.logprobs or None,
            }
            for index, one in sorted(self._choices.items())
        ]
        identity = self._identity
        fields = {
            "id": identity.id,
            "object": Raw(b'"chat.completion"'),
            "created": identity.created,
            "model": identity.model,
            "provider": identity.provider,
            "choices": Raw(_ENCODER.encode(choices)),
            "system_fingerprint": _NULL,
        }
        return Answer(
            fields,
            patcher.usage,
            patcher.finish_reason,
            patcher.native_finish_reason,
            patcher.upstream_id,
            has_output=patcher.has_output,
            text=patcher.text,
        )
