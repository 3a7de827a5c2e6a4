"""Pieces that stand both in messages and in answers: `reasoning_details`, `annotations`, and data URLs.

Shapes are the reference's (`behaviour.md` sections 2, 11 and 14).
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from modelport.dialects.canonical import Annotation, Reasoning
from modelport.kit.forgiving import Forgiving

__all__ = [
    "SIGNATURE_FORMAT",
    "Detail",
    "added_up",
    "kind_of",
    "read_annotation",
    "read_detail",
    "split_data_url",
    "write_annotation",
    "write_detail",
]

Kind = Literal["text", "summary", "encrypted"]

_KINDS: Final[dict[str, Kind]] = {
    "reasoning.text": "text",
    "reasoning.summary": "summary",
    "reasoning.encrypted": "encrypted",
}
_TYPES = {kind: name for name, kind in _KINDS.items()}

SIGNATURE_FORMAT = "google-gemini-v1"
"""The format of an encrypted detail that carries what belongs to a tool call: its `id` is then the call's."""


class Detail(Struct, omit_defaults=True):
    """One entry of `reasoning_details`."""

    type: str
    text: str | None = None
    summary: str | None = None
    data: str | None = None
    signature: str | None = None
    id: str | None = None
    format: str | None = None
    index: int | None = None


class _UrlCitation(Struct):
    url: str
    title: str | None = None
    content: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class _AnnotationIn(Struct):
    type: str | None = None
    url_citation: _UrlCitation | None = None


_DETAIL = Forgiving(Detail)
_ANNOTATION = msgspec.json.Decoder(_AnnotationIn)


def kind_of(detail: Detail) -> Kind | None:
    """The kind of a detail; None for one that has no canonical word, such as `reasoning.server_tool_call`."""
    return _KINDS.get(detail.type)


def read_detail(raw: Raw) -> Detail | None:
    """A detail as a provider wrote it; None when it can't be read as one, for an answer does not depend on it."""
    try:
        detail = _DETAIL.decode(raw)
    except msgspec.DecodeError:
        return None
    return detail if detail.type in _KINDS else None


def write_detail(part: Reasoning) -> Detail:
    """The detail that `part` becomes; what the caller did not say is left out."""
    detail = Detail(_TYPES[part.kind], signature=part.signature, id=part.id, format=part.format, index=part.index)
    if part.kind == "encrypted":
        detail.data = part.data or ""  # required by the official SDK
    elif part.kind == "summary":
        detail.summary = part.text  # required as well
    elif part.text or part.signature is None:
        detail.text = part.text
    return detail


def added_up(details: list[Detail]) -> list[Detail]:
    """Details as a caller sends them back, made those that were streamed.

    Some callers keep the pieces of a detail apart; others, such as the official OpenAI client, add up every text in
    them, so that a format which came with five pieces is there five times over.
    """
    whole: list[Detail] = []
    for each in details:
        detail = replace(each, id=_once(each.id), format=_once(each.format))
        last = whole[-1] if whole else None
        if last is None or not _goes_on(last, detail):
            whole.append(detail)
            continue
        last.text, last.summary = _joined(last.text, detail.text), _joined(last.summary, detail.summary)
        last.data = _joined(last.data, detail.data)
        last.signature = detail.signature or last.signature
        last.id, last.format = last.id or detail.id, last.format or detail.format
    return whole


def _goes_on(last: Detail, detail: Detail) -> bool:
    known = last.index is not None and (last.index, last.type) == (detail.index, detail.type)
    return known and last.signature is None and detail.id in {None, last.id} and detail.format in {None, last.format}


def _joined(first: str | None, second: str | None) -> str | None:
    return first if second is None else (first or "") + second


_SHORTEST = 6


def _once(text: str | None) -> str | None:
    """`text` without its repetitions; names shorter than any of ours stay as they are."""
    if text is None:
        return None
    period = (text + text).find(text, 1)
    return text[:period] if _SHORTEST <= period < len(text) else text


def read_annotation(raw: Raw) -> Annotation:
    """A citation; one of a kind that has no canonical words keeps its bytes."""
    try:
        entry = _ANNOTATION.decode(raw)
    except msgspec.DecodeError:
        return Annotation(raw=raw)
    cited = entry.url_citation
    if entry.type != "url_citation" or cited is None:
        return Annotation(raw=raw)
    start, end = cited.start_index, cited.end_index
    if not start and not end:  # an empty range at 0 is how the wire says that the place is unknown
        start = end = None
    return Annotation(cited.url, cited.title or None, cited.content, start, end)


def write_annotation(annotation: Annotation) -> dict[str, object] | Raw | None:
    """A citation for the wire; None for one of another dialect's kinds, which clients of this one would refuse."""
    if annotation.url is not None:
        cited: dict[str, object] = {
            "url": annotation.url,
            "title": annotation.title or "",  # the official types require these three
            "start_index": annotation.start or 0,
            "end_index": annotation.end or 0,
        }
        if annotation.content is not None:
            cited["content"] = annotation.content
        return {"type": "url_citation", "url_citation": cited}
    if annotation.raw is UNSET:
        return None
    try:
        entry = _ANNOTATION.decode(annotation.raw)
    except msgspec.DecodeError:
        return None
    return annotation.raw if entry.type == "file" else None


def split_data_url(url: str) -> tuple[str, str] | None:
    """Media type and base64 text of a `data:` URL; None for any that could not be put together again as it was."""
    if not url.startswith("data:"):
        return None
    head, comma, data = url.partition(",")
    media_type, semicolon, encoding = head[5:].rpartition(";")
    if not comma or not semicolon or encoding != "base64" or not media_type or ";" in media_type:
        return None
    return media_type, data
