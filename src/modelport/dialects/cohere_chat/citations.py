"""What stands beside the words of an answer: the sources they cite, and the probabilities of their tokens."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Annotation
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

__all__ = ["citation_index", "read_citation", "read_logprob", "write_citation", "write_logprob"]


class _Source(Struct):
    id: str | None = None
    document: dict[str, Any] | None = None  # the caller's own fields, of any kind
    tool_output: dict[str, Any] | None = None


class _Citation(Struct):
    start: int | None = None
    end: int | None = None
    text: str | None = None
    sources: list[_Source] | None = None
    content_index: int | None = None
    type: str | None = None
    """`TEXT_CONTENT`, `THINKING_CONTENT` or `PLAN`: what is cited for."""


class _Logprob(Struct):
    """A chunk of words, which may be several tokens."""

    text: str | None = None
    token_ids: list[int] | None = None
    logprobs: list[float] | None = None


class _OpenAILogprob(Struct):
    """The same in the shared vocabulary; the last two are ours, so that nothing is lost on the way back."""

    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: list[Raw] = []
    token_ids: list[int] = []
    logprobs: list[float] = []


_CITATION = Forgiving(_Citation)
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_LOGPROB = Forgiving(_Logprob)
_OPENAI = msgspec.json.Decoder(_OpenAILogprob)
_ENCODER = msgspec.json.Encoder()


def citation_index(raw: Raw) -> int:
    """Which content block a citation is for; 0 where it does not say, as the provider leaves a 0 out."""
    try:
        return _CITATION.decode(raw).content_index or 0
    except FAULTS:
        return 0


def read_citation(raw: Raw, begins: int) -> Annotation:
    """A citation; it stays beside what is understood of it, because it must go back as it came.

    `begins`: how many characters of text stand before the block it is for.
    """
    try:
        citation = _CITATION.decode(raw)
    except FAULTS:
        return Annotation(raw=raw)
    annotation = Annotation(raw=raw)
    if citation.type in {None, "TEXT_CONTENT"} and citation.start is not None and citation.end is not None:
        annotation.start, annotation.end = begins + citation.start, begins + citation.end
    source = citation.sources[0] if citation.sources else _Source()
    known = source.document or source.tool_output or {}
    annotation.url = _text(known, "url")
    annotation.title = _text(known, "title") or source.id
    annotation.content = _text(known, "text", "snippet", "content")
    return annotation


def write_citation(annotation: Annotation, index: int, begins: int, text: str) -> dict[str, Any]:
    """A citation as callers of this dialect read it.

    `index` and `begins`: the block of `text` it is for, and how many characters of text stand before that.
    """
    start, end = annotation.start, annotation.end
    if isinstance(annotation.raw, Raw) and (fields := _own(annotation.raw)) is not None:
        written: dict[str, Any] = dict(fields)
        if start is not None and end is not None:
            written["start"], written["end"] = max(start - begins, 0), max(end - begins, 0)
            if index or "content_index" in fields:
                written["content_index"] = index
        return written
    start = max(start - begins, 0) if start is not None else 0
    end = max(end - begins, 0) if end is not None else len(text)
    document = {"url": annotation.url, "title": annotation.title, "text": annotation.content}
    name = annotation.url or annotation.title or "source"
    known = {"id": name, **{key: value for key, value in document.items() if value is not None}}
    written = {"start": start, "end": end, "text": text[start:end]}
    written["sources"] = [{"type": "document", "id": name, "document": known}]
    written["type"] = "TEXT_CONTENT"
    return {**written, "content_index": index} if index else written


def read_logprob(raw: Raw) -> list[Raw]:
    """An entry of `logprobs` as OpenAI writes them; of a chunk of several tokens the probability of the whole."""
    try:
        read = _LOGPROB.decode(raw)
    except FAULTS:
        return []
    token, logprobs = read.text or "", read.logprobs or []
    spelled = list(token.encode(errors="replace"))
    entry = _OpenAILogprob(token, sum(logprobs), spelled, [], read.token_ids or [], logprobs)
    return [Raw(_ENCODER.encode(entry))]


def write_logprob(raw: Raw) -> dict[str, object] | None:
    """An entry as this dialect has it; token ids are not known of other dialects' answers."""
    try:
        known = _OPENAI.decode(raw)
    except FAULTS:
        return None
    return {"text": known.token, "token_ids": known.token_ids, "logprobs": known.logprobs or [known.logprob]}


def _own(raw: Raw) -> dict[str, Raw] | None:
    """The fields of a citation of this dialect; None for one of another's."""
    try:
        fields = _FIELDS.decode(raw)
    except FAULTS:
        return None
    return fields if "sources" in fields else None


def _text(fields: dict[str, Any], *names: str) -> str | None:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), None)
