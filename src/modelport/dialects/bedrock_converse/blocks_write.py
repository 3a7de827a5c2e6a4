"""Parts of a message, written as content blocks of a request."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from modelport.dialects.bedrock_converse import media
from modelport.dialects.bedrock_converse.wire import (
    BLOCK_FORMAT,
    FORMAT,
    KeptCall,
    KeptReasoning,
    KeptResult,
    KeptText,
    write_redacted,
)
from modelport.dialects.canonical import (
    Annotation,
    Audio,
    CacheMark,
    File,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Video,
)
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.bedrock_converse.ways import Ways

__all__ = ["Blocks", "is_tool_block", "opaque_block", "write_annotation", "write_input"]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ENCODER = msgspec.json.Encoder()
_NOT_IN_ID = re.compile(r"[^a-zA-Z0-9_.:-]")
_LONGEST_ID = 64
_CITATION = frozenset({"title", "source", "sourceContent", "location"})


class Blocks:
    """Writes the blocks of one request for one line of models."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._names: set[str] = set()
        """Of documents, which must differ."""

    def of(self, parts: list[Part], place: str) -> list[Any]:
        """The blocks for `parts`. Raises `BadRequest` for what can't be said here."""
        blocks: list[Any] = []
        for part in parts:
            block = self._block(part, place)
            if block is not None:
                blocks.append(block)
            mark = part.cache if isinstance(part, Text | Image | File | ToolResult) else None
            if mark is not None and blocks and (point := self.point(mark)) is not None:
                blocks.append(point)
        return blocks

    def point(self, mark: CacheMark) -> dict[str, Any] | None:
        """A cache point, where the model takes any; a lifetime that it does not know is left to it."""
        if not self._ways.caches:
            return None
        lasting = mark.ttl == "5m" or (mark.ttl == "1h" and self._ways.long_caches)
        return {"cachePoint": {"type": "default", "ttl": mark.ttl} if lasting else {"type": "default"}}

    def _block(self, part: Part, place: str) -> dict[str, Any] | Raw | None:  # noqa: PLR0911  one kind of part a line
        match part:
            case Text():
                if isinstance(part, KeptText) and part.block is not None:
                    return part.block
                return {"text": part.text} if part.text.strip() else None  # blank text is refused
            case Refusal():
                return {"text": part.text} if part.text.strip() else None
            case Image() | File() | Video() | Audio():
                return self._media(part, place)
            case Reasoning():
                return self._reasoning(part)
            case ToolCall():
                rest = part.rest if isinstance(part, KeptCall) else {}
                call = {"toolUseId": _id(part.id), "name": part.name, "input": write_input(part.arguments)}
                return {"toolUse": {**call, **rest}}
            case ToolResult():
                return self._result(part, place)

    def _media(self, part: Image | File | Video | Audio, place: str) -> dict[str, Any]:
        match part:
            case Image():
                return media.write_image(part, place)
            case File():
                return media.write_file(part, place, self._names)
            case Video():
                return media.write_video(part, place)
            case Audio():
                return media.write_audio(part, place)

    def _reasoning(self, part: Reasoning) -> dict[str, Any] | Raw | None:
        """Reasoning goes back to who marked it, and unmarked only where the caller speaks this dialect."""
        if part.format == BLOCK_FORMAT:
            return opaque_block(part.data)
        ours = self._ways.claude and part.format in {FORMAT, None, "unknown"} and bool(part.signature or part.data)
        if part.kind == "summary" or not (isinstance(part, KeptReasoning) or ours):
            return None
        if part.kind == "encrypted":
            return {"reasoningContent": {"redactedContent": write_redacted(part.data or "")}}
        inner = {"text": part.text}
        if part.signature is not None:
            inner["signature"] = part.signature
        return {"reasoningContent": {"reasoningText": inner}}

    def _result(self, part: ToolResult, place: str) -> dict[str, Any]:
        content = [each for each in (self._block(inner, place) for inner in part.parts) if each is not None]
        block: dict[str, Any] = {"toolUseId": _id(part.call_id), "content": content}
        if part.is_error is not None:
            block["status"] = "error" if part.is_error else "success"
        return {"toolResult": {**block, **(part.rest if isinstance(part, KeptResult) else {})}}


def is_tool_block(block: dict[str, Any] | Raw) -> bool:
    """Whether a block is a call or its result, beside which tools must be described."""
    return isinstance(block, dict) and ("toolUse" in block or "toolResult" in block)


def write_input(arguments: str) -> Raw:
    """A call's arguments as the object this dialect wants, byte for byte where they are one."""
    if arguments.strip() in {"", "null"}:  # a call of a function that takes nothing
        return Raw(b"{}")
    try:
        _OBJECT.decode(arguments)
    except FAULTS:
        # What `anthropic_messages` does too: the model sees that its input was cut, or was no JSON.
        return Raw(_ENCODER.encode({"INVALID_JSON": arguments}))
    return Raw(arguments.encode())


def opaque_block(data: str | None) -> Raw | None:
    """An opaque block as it came; None for what is no block, as it may have been through a caller's hands."""
    try:
        return Raw((data or "").encode()) if _OBJECT.decode(data or "") else None
    except (*FAULTS, UnicodeEncodeError):
        return None


def write_annotation(annotation: Annotation) -> Raw:
    """A citation as callers of this dialect read it."""
    if isinstance(annotation.raw, Raw):
        try:
            known = _OBJECT.decode(annotation.raw)
        except FAULTS:
            known = {}
        if "location" in known and known.keys() <= _CITATION:
            return annotation.raw
    cited: dict[str, Any] = {}
    if annotation.title is not None:
        cited["title"] = annotation.title
    if annotation.content:
        cited["sourceContent"] = [{"text": annotation.content}]
    return Raw(_ENCODER.encode({**cited, "location": {"web": {"url": annotation.url or ""}}}))


def _id(call_id: str) -> str:
    """An id the service takes: other makers' are longer, and hold other characters."""
    known = _NOT_IN_ID.sub("_", call_id) or "tooluse"
    if len(known) <= _LONGEST_ID:
        return known
    return known[:31] + "_" + hashlib.sha256(call_id.encode(errors="replace")).hexdigest()[:32]
