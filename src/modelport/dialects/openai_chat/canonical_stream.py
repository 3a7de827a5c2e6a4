"""Streams of this dialect: a provider's events into canonical ones, and canonical ones into chunks for a caller.

Neither side knows sockets. Every chunk is complete (id, created, model, a choice with a delta), for clients break on
less; the role, ids and names stand in the first chunk that has them only, because accumulating clients add them up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from modelport.dialects.canonical import (
    AnnotationEvent,
    AudioDelta,
    Charged,
    Event,
    Finish,
    Identity,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.dialects.canonical import Reasoning as ReasoningPart
from modelport.dialects.openai_chat import response as same_dialect
from modelport.dialects.openai_chat.canonical_answer import AnswerReader
from modelport.dialects.openai_chat.canonical_details import (
    SIGNATURE_FORMAT,
    Detail,
    Kind,
    write_annotation,
    write_detail,
)
from modelport.dialects.openai_chat.canonical_response import audio_fields, image_field, logprobs_field, to_bill
from modelport.dialects.openai_chat.errors import StreamError, read_error
from modelport.dialects.openai_chat.stream import Patcher

__all__ = ["COMMENT", "Reader", "StreamError", "Writer"]

COMMENT = b": MODELPORT PROCESSING\n\n"
"""Sent while nothing else is there to send; clients of this dialect skip comments."""

_ENCODER = msgspec.json.Encoder()


_SIGNATURES = 1_000


class Reader:
    """Reads one provider's stream."""

    def __init__(self) -> None:
        self.done = False
        """Whether the provider said that it is through."""
        self._answer = AnswerReader()

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """The canonical events of one event of the stream.

        Raises `StreamError` for an error inside, and for bytes of another kind.
        """
        if data.strip() == b"[DONE]":
            self.done = True
            return []
        if not data:
            return []
        try:
            data.decode()
            events, _ = self._answer.read(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StreamError("The provider's stream holds what is no chat completion event.") from error
        if event == b"error":
            raise StreamError(read_error(data) or "The provider reported an error.")
        return events

    def finish(self) -> list[Event]:
        """What was held back, once the stream is over."""
        return self._answer.end()


@dataclass(slots=True)
class _Said:
    """What a choice's chunks have told so far."""

    spoke: bool = False
    images: int = 0
    annotations: int = 0
    calls: dict[int, str] = field(default_factory=dict[int, str])
    """Ids of calls by position."""
    kinds: dict[int, Kind] = field(default_factory=dict[int, Kind])
    """Kinds of reasoning blocks: a later piece of a block need not repeat it."""
    formats: dict[int, str] = field(default_factory=dict[int, str])


class Writer:
    """Writes one stream for a caller."""

    def __init__(self, identity: Identity) -> None:
        signed = same_dialect.Identity.of(identity.id, identity.model, identity.provider, identity.created)
        self._head: dict[str, object] = {
            "id": signed.id,
            "object": "chat.completion.chunk",
            "created": signed.created,
            "model": signed.model,
            "provider": signed.provider,
        }
        self._closing = Patcher(signed)  # the ends of a stream are those of the same-dialect path
        self._choices: dict[int, _Said] = {}

    def feed(self, events: list[Event]) -> bytes:
        """The chunks that `events` become; empty for what this dialect says at the end, or not at all."""
        chunks: list[dict[str, object]] = []
        for event in events:
            if isinstance(event, Start | UsageEvent):
                continue
            if isinstance(event, LogprobsDelta) and chunks and _can_carry_logprobs(chunks[-1], event.choice):
                chunks[-1]["logprobs"] = logprobs_field(event)
                continue
            said = self._choices.setdefault(event.choice, _Said())
            if (choice := self._choice(event, said)) is not None:
                chunks.append({"index": event.choice, **choice})
        return b"".join(b"data: " + _ENCODER.encode({**self._head, "choices": [chunk]}) + b"\n\n" for chunk in chunks)

    def end(self, charged: Charged) -> bytes:
        """The last bytes of a stream that ended well: one usage chunk with the cost, and `[DONE]`."""
        return self._closing.end(to_bill(charged))

    def fail(self, error: Exception) -> bytes:
        """The last bytes of a stream that failed after it began: a typed error event, and `[DONE]`."""
        return self._closing.fail(error)

    def _choice(self, event: Event, said: _Said) -> dict[str, object] | None:
        if isinstance(event, Finish):
            if event.choice == 0:
                self._closing.finish_reason, self._closing.native_finish_reason = event.reason, event.native
            delta = self._spoken({"content": ""}, said)
            return {"delta": delta, "finish_reason": event.reason, "native_finish_reason": event.native}
        if isinstance(event, LogprobsDelta):
            delta = self._spoken({"content": ""}, said)
            return {"delta": delta, "finish_reason": None, "logprobs": logprobs_field(event)}
        delta = _delta(event, said)
        return {"delta": self._spoken(delta, said), "finish_reason": None} if delta else None

    def _spoken(self, delta: dict[str, object], said: _Said) -> dict[str, object]:
        if said.spoke:
            return delta
        said.spoke = True
        self._closing.has_spoken()
        return {"role": "assistant", "content": "", **delta}


def _can_carry_logprobs(chunk: dict[str, object], choice: int) -> bool:
    return chunk["index"] == choice and "logprobs" not in chunk and chunk["finish_reason"] is None


def _delta(event: Event, said: _Said) -> dict[str, object]:
    delta: dict[str, object] = {}
    match event:
        case TextDelta():
            delta = {"content": event.text}
        case RefusalDelta():
            delta = {"refusal": event.text}
        case ReasoningDelta():
            delta = _reasoning(event, said)
        case ToolCallDelta():
            delta = _call(event, said)
        case AnnotationEvent():
            if (written := write_annotation(event.annotation)) is not None:
                if isinstance(written, dict):
                    # The official client adds up what comes in lists, and fails where entries have no number.
                    written["index"] = said.annotations
                    said.annotations += 1
                delta = {"annotations": [written]}
        case ImageEvent():
            said.images += 1
            delta = {"images": [image_field(event.url, said.images - 1)]}
        case AudioDelta():
            delta = {"audio": audio_fields(event)}
        case _:
            pass
    return delta


def _reasoning(event: ReasoningDelta, said: _Said) -> dict[str, object]:
    kind = said.kinds.setdefault(event.block, event.kind)
    form = said.formats[event.block] = event.format or said.formats.get(event.block, "unknown")
    detail = write_detail(ReasoningPart(kind, event.text, event.signature, event.data, event.id, form, event.block))
    fields: dict[str, object] = {"reasoning_details": [detail]}
    return {"reasoning": event.text, **fields} if event.text and kind != "encrypted" else fields


def _call(event: ToolCallDelta, said: _Said) -> dict[str, object]:
    function: dict[str, object] = {"arguments": event.arguments}
    piece: dict[str, object] = {"index": event.position, "function": function}
    if event.position not in said.calls:
        said.calls[event.position] = event.id or ""
        function["name"] = event.name or ""
        piece |= {"id": event.id or "", "type": "function"}
    fields: dict[str, object] = {"tool_calls": [piece]}
    if event.signature is not None:
        fields["reasoning_details"] = [
            Detail(
                "reasoning.encrypted",
                data=event.signature,
                id=said.calls[event.position],
                format=SIGNATURE_FORMAT,
                # Beyond those of all blocks: clients add up what has the same one, and fail where there is none.
                index=_SIGNATURES + event.position,
            )
        ]
    return fields
