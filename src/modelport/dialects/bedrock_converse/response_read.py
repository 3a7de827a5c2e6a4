"""A provider's whole answer, read into events.

A block is read the same way whether it comes whole or in pieces: `Blocks` is what `stream_read.py` reads with too.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from modelport.dialects.bedrock_converse.blocks_read import read_annotation
from modelport.dialects.bedrock_converse.errors import Malformed
from modelport.dialects.bedrock_converse.media import data_url
from modelport.dialects.bedrock_converse.usage_read import UpstreamUsage, to_usage
from modelport.dialects.bedrock_converse.wire import BLOCK_FORMAT, FORMAT, read_redacted
from modelport.dialects.canonical import (
    AnnotationEvent,
    Event,
    Finish,
    FinishReason,
    ImageEvent,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

__all__ = [
    "REASONS",
    "Blocks",
    "Delta",
    "Stop",
    "read_response",
    "to_finish",
]

REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "tool_use": FinishReason.TOOL_CALLS,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "guardrail_intervened": FinishReason.CONTENT_FILTER,
    "content_filtered": FinishReason.CONTENT_FILTER,
    "malformed_model_output": FinishReason.ERROR,
    "malformed_tool_use": FinishReason.ERROR,
}
"""A provider's `stopReason` in the reference's words; an unknown one counts as a plain stop."""


class _Source(Struct):
    bytes: str = ""


class _Image(Struct):
    format: str | None = None
    source: _Source | None = None


class _ReasoningText(Struct):
    text: str = ""
    signature: str | None = None


class _Reasoning(Struct):
    """Whole blocks hold `reasoningText`, deltas what is in it."""

    reasoningText: _ReasoningText | None = None  # noqa: N815
    text: str = ""
    signature: str | None = None
    redactedContent: str | None = None  # noqa: N815


class _ToolUse(Struct):
    toolUseId: str = ""  # noqa: N815
    name: str = ""
    type: str | None = None
    input: Raw | UnsetType = UNSET


class _Words(Struct):
    text: str = ""


class _Cited(Struct):
    content: list[_Words] = []
    citations: list[Raw] = []


class _Block(Struct):
    """A whole block, of the kinds that the vocabulary has words for."""

    text: str | None = None
    reasoningContent: _Reasoning | None = None  # noqa: N815
    toolUse: _ToolUse | None = None  # noqa: N815
    citationsContent: _Cited | None = None  # noqa: N815
    image: _Image | None = None


class _Piece(Struct):
    input: str = ""


class Delta(Struct):
    """What a `contentBlockDelta` may hold, of all kinds."""

    text: str | None = None
    reasoningContent: _Reasoning | None = None  # noqa: N815
    toolUse: _Piece | None = None  # noqa: N815
    toolResult: list[dict[str, Raw]] | None = None  # noqa: N815
    citation: Raw | UnsetType = UNSET
    image: _Image | None = None


class _More(Struct):
    stop_sequence: str | None = None


class Stop(Struct):
    """How an answer ended: of a whole one, and of `messageStop`."""

    stopReason: str | None = None  # noqa: N815
    additionalModelResponseFields: _More | None = None  # noqa: N815
    """Holds what the caller asked to be told of the model's own answer."""


class _Message(Struct):
    content: list[Raw]


class _Output(Struct):
    message: _Message


class _Answer(Stop):
    output: _Output | UnsetType = UNSET
    usage: UpstreamUsage | None = None


_ANSWER = Forgiving(_Answer)
_BLOCK = Forgiving(_Block)
_CALL = Forgiving(_ToolUse)
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_STR = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()


@dataclass(slots=True)
class _Open:
    """A block that has begun."""

    kind: str
    number: int = 0
    """Among the blocks of reasoning, or among the calls."""
    begins: int = 0
    start: dict[str, Raw] = field(default_factory=dict[str, Raw])
    """What its first event said, of the one thing it is."""
    pieces: list[str] = field(default_factory=list[str])
    content: list[dict[str, Raw]] = field(default_factory=list[dict[str, Raw]])
    citations: list[Raw] = field(default_factory=list[Raw])


class Blocks:
    """Reads content blocks, whole ones and those that begin, grow and end. Raises one of `FAULTS`."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}
        self._reasoning = 0
        self._calls = 0
        self._length = 0
        """Characters of text so far, for where citations belong."""

    # Whole.

    def whole(self, raw: Raw) -> list[Event]:
        """One block of a whole answer; what is no block at all is passed over."""
        block = _BLOCK.decode_or_none(raw)
        return [] if block is None else self._read(block, raw)

    def _read(self, block: _Block, raw: Raw) -> list[Event]:
        if block.text is not None:
            return self._text(block.text)
        if block.reasoningContent is not None:
            return self._think(self._opened("reasoning"), block.reasoningContent)
        if block.toolUse is not None and block.toolUse.type in {None, "tool_use"}:
            call, number = block.toolUse, self._opened("call").number
            arguments = bytes(call.input).decode() if isinstance(call.input, Raw) else "{}"
            return [ToolCallDelta(number, arguments, call.toolUseId, call.name)]
        if block.citationsContent is not None:
            opened = _Open("text", begins=self._length, citations=block.citationsContent.citations)
            events = self._text("".join(each.text for each in block.citationsContent.content))
            return [*events, *self._cite(opened)]
        if block.image is not None and block.image.source is not None:
            return [ImageEvent(data_url(f"image/{block.image.format or 'png'}", block.image.source.bytes))]
        return self._sealed(bytes(raw).decode())

    # In pieces.

    def start(self, index: int, raw: Raw | UnsetType) -> list[Event]:
        """A block begins, if it is of a kind that says so."""
        given = _OBJECT.decode(raw) if isinstance(raw, Raw) else {}
        if not given:
            return []
        kind, value = next(iter(given.items()))
        start = _OBJECT.decode(value) if bytes(value)[:1] == b"{" else {"": value}
        if kind == "toolUse" and _kind_of(start) in {None, "tool_use"}:
            opened = self._open[index] = self._opened("call")
            call = _CALL.decode(value)
            return [ToolCallDelta(opened.number, "", call.toolUseId, call.name)]
        self._open[index] = _Open("image" if kind == "image" else f"sealed {kind}", start=start)
        return []

    def delta(self, index: int, delta: Delta) -> list[Event]:
        """A block grows; one of text or reasoning begins so. What is of an unknown kind is passed over."""
        opened = self._open.get(index)
        if opened is None:
            opened = self._open[index] = self._opened("reasoning" if delta.reasoningContent is not None else "text")
        if delta.text is not None:
            return self._text(delta.text)
        if delta.reasoningContent is not None:
            return self._think(opened, delta.reasoningContent)
        if delta.toolUse is not None:
            opened.pieces.append(delta.toolUse.input)
            if opened.kind == "call" and delta.toolUse.input:
                return [ToolCallDelta(opened.number, delta.toolUse.input)]
        elif delta.toolResult is not None:
            opened.content.extend(delta.toolResult)
        elif isinstance(delta.citation, Raw):
            opened.citations.append(delta.citation)
        elif delta.image is not None and delta.image.source is not None:
            opened.pieces.append(delta.image.source.bytes)
        return []

    def stop(self, index: int) -> list[Event]:
        """A block ends."""
        opened = self._open.pop(index, None)
        match opened.kind if opened is not None else "":
            case "text" if opened is not None:
                return self._cite(opened)
            case "call" if opened is not None:
                return [] if any(opened.pieces) else [ToolCallDelta(opened.number, "{}")]
            case "image" if opened is not None:
                form = _STR.decode(opened.start["format"]) if "format" in opened.start else "png"
                return [ImageEvent(data_url(f"image/{form}", _joined(opened.pieces)))]
            case kind if opened is not None and kind.startswith("sealed "):
                return self._sealed(_ENCODER.encode({kind.removeprefix("sealed "): _assembled(opened)}).decode())
            case _:
                return []

    # Both.

    def _opened(self, kind: str) -> _Open:
        number = 0
        if kind == "call":
            number, self._calls = self._calls, self._calls + 1
        elif kind == "reasoning":
            number, self._reasoning = self._reasoning, self._reasoning + 1
        return _Open(kind, number, self._length)

    def _text(self, text: str) -> list[Event]:
        self._length += len(text)
        return [TextDelta(text)] if text else []

    def _think(self, opened: _Open, said: _Reasoning) -> list[Event]:
        """Only Claude signs or hides its reasoning, so what is signed or hidden is Claude's."""
        if said.redactedContent is not None:
            data = read_redacted(said.redactedContent)
            return [ReasoningDelta(opened.number, "encrypted", data=data, format=FORMAT)]
        inner = said.reasoningText
        text, signature = (inner.text, inner.signature) if inner is not None else (said.text, said.signature)
        return [ReasoningDelta(opened.number, "text", text, signature or None, format=FORMAT if signature else None)]

    def _cite(self, opened: _Open) -> list[Event]:
        events: list[Event] = []
        for raw in opened.citations:
            annotation = read_annotation(raw)
            annotation.start, annotation.end = opened.begins, self._length
            events.append(AnnotationEvent(annotation))
        return events

    def _sealed(self, data: str) -> list[Event]:
        return [ReasoningDelta(self._opened("reasoning").number, "encrypted", data=data, format=BLOCK_FORMAT)]


def _kind_of(start: dict[str, Raw]) -> str | None:
    raw = start.get("type")
    return _STR.decode(raw) if raw is not None and bytes(raw)[:1] == b'"' else None


def _assembled(opened: _Open) -> object:
    """A sealed block as it would have come whole."""
    if opened.start.keys() == {""}:
        return opened.start[""]
    block: dict[str, object] = {**opened.start}
    if opened.kind == "sealed toolUse":
        text = "".join(opened.pieces)
        try:
            block["input"] = Raw(text.encode()) if _OBJECT.decode(text or "{}") and text else Raw(b"{}")
        except FAULTS:
            block["input"] = {"INVALID_JSON": text}
    if opened.kind == "sealed toolResult":
        content: list[dict[str, object]] = []
        for piece in opened.content:
            words = _STR.decode(piece["text"]) if piece.keys() == {"text"} else None
            if words is not None and content and isinstance(known := content[-1].get("text"), str):
                content[-1] = {"text": known + words}
            else:
                content.append({"text": words} if words is not None else {**piece})
        block["content"] = content
    return block


def _joined(pieces: list[str]) -> str:
    """Base64 out of pieces that were each encoded alone."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        return base64.b64encode(b"".join(base64.b64decode(piece, validate=True) for piece in pieces)).decode()
    except (binascii.Error, ValueError):
        return "".join(pieces)


def read_response(body: bytes) -> list[Event]:
    """A provider's whole answer as events.

    Raises `Malformed` when it is none, such as an HTML page or an error inside a 200.
    """
    try:
        answer = _ANSWER.decode(body)
        if not isinstance(answer.output, _Output):
            raise Malformed("the body holds no `output`")
        blocks = Blocks()
        events: list[Event] = [Start()]
        for raw in answer.output.message.content:
            events.extend(blocks.whole(raw))
    except FAULTS as error:
        raise Malformed("the body is not an answer of Converse") from error
    if (finish := to_finish(answer)) is not None:
        events.append(finish)
    if (usage := to_usage(answer.usage)) is not None:
        events.append(UsageEvent(usage))
    return events


def to_finish(stop: Stop) -> Finish | None:
    """The end of an answer, if the provider says why."""
    native = stop.stopReason
    if native is None:
        return None
    more = stop.additionalModelResponseFields
    return Finish(REASONS.get(native, FinishReason.STOP), native, stop_sequence=more.stop_sequence if more else None)
