"""What an answer rests on: `groundingMetadata` and `citationMetadata` as citations, and citations as the former."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from modelport.dialects.canonical import Annotation

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CitationMetadata", "GroundingMetadata", "citations", "count_searches", "write_grounding"]


class _Source(Struct):
    uri: str | None = None
    title: str | None = None
    text: str | None = None


class _Chunk(Struct, rename="camel"):
    web: _Source | None = None
    retrieved_context: _Source | None = None
    maps: _Source | None = None


class _Segment(Struct, rename="camel"):
    start_index: int | None = None
    end_index: int | None = None
    text: str | None = None


class _Support(Struct, rename="camel"):
    segment: _Segment | None = None
    grounding_chunk_indices: list[int] | None = None


class GroundingMetadata(Struct, rename="camel"):
    """Sources, and which words rest on which of them. Places are in bytes of UTF-8."""

    grounding_chunks: list[_Chunk] | None = None
    grounding_supports: list[_Support] | None = None
    web_search_queries: list[str] | None = None


class _Citation(Struct, rename="camel"):
    uri: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class CitationMetadata(Struct, rename="camel"):
    """Works the answer recites, as AI Studio and as Vertex AI name the list."""

    citation_sources: list[_Citation] | None = None
    citations: list[_Citation] | None = None


def count_searches(grounding: GroundingMetadata | None) -> int:
    """How often the web was searched; an empty query (recorded) is none."""
    return sum(1 for query in (grounding.web_search_queries if grounding else None) or () if query.strip())


def citations(grounding: GroundingMetadata | None, cited: CitationMetadata | None, text: str) -> list[Annotation]:
    """The citations for `text`, the words of the answer so far."""
    found: list[Annotation] = []
    if grounding is not None:
        found = _grounded(grounding, text)
    if cited is not None:
        for each in [*(cited.citation_sources or ()), *(cited.citations or ())]:
            if each.uri:
                start, end = _place(each.start_index, each.end_index, None, text)
                found.append(Annotation(each.uri, each.title, None, start, end))
    return found


def _grounded(grounding: GroundingMetadata, text: str) -> list[Annotation]:
    sources = [
        each.web or each.retrieved_context or each.maps or _Source() for each in grounding.grounding_chunks or ()
    ]
    found: list[Annotation] = []
    used: set[int] = set()
    for support in grounding.grounding_supports or ():
        segment = support.segment or _Segment()
        start, end = _place(segment.start_index, segment.end_index, segment.text, text)
        for index in support.grounding_chunk_indices or ():
            if 0 <= index < len(sources) and (source := sources[index]).uri:
                used.add(index)
                found.append(Annotation(source.uri, source.title, segment.text, start, end))
    rest = (source for index, source in enumerate(sources) if index not in used and source.uri)
    return found + [Annotation(source.uri, source.title, source.text) for source in rest]


def _place(start: int | None, end: int | None, words: str | None, text: str) -> tuple[int | None, int | None]:
    """Bytes as characters; where they don't lead to `words`, the place where these stand."""
    if not end:
        return None, None
    data = text.encode(errors="replace")
    begin, finish = len(data[: start or 0].decode(errors="ignore")), len(data[:end].decode(errors="ignore"))
    if words is None or text[begin:finish] == words:
        return begin, finish
    at = text.find(words)
    return (at, at + len(words)) if at >= 0 else (None, None)


def write_grounding(annotations: Sequence[Annotation], text: str) -> dict[str, object]:
    """`groundingMetadata` of citations for `text`; empty when none has an address."""
    chunks: dict[str, dict[str, object]] = {}
    supports: list[dict[str, object]] = []
    for each in annotations:
        if each.url is None:
            continue
        chunks.setdefault(each.url, {"web": {"uri": each.url, "title": each.title or ""}})
        if each.end:
            start = each.start or 0
            supports.append({
                "segment": {
                    "startIndex": len(text[:start].encode(errors="replace")),
                    "endIndex": len(text[: each.end].encode(errors="replace")),
                    "text": each.content if each.content is not None else text[start : each.end],
                },
                "groundingChunkIndices": [list(chunks).index(each.url)],
            })  # fmt: skip
    if not chunks:
        return {}
    return {"groundingChunks": list(chunks.values()), "groundingSupports": supports}
