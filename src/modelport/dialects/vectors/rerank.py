"""`POST /rerank` as the reference has it, which is the shape of most rerankers and of the servers people run.

Results stand under `results`, or under `data` with some; documents come back as objects, as texts or not at all. One
provider calls `top_n` `top_k`: its `renames` say so. From the reference's documents of 2026-08 and 2026-10
(`behaviour.md` section 15) and recorded traffic.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Charged, Identity, Target, Usage
from modelport.dialects.vectors.fields import (
    OBJECT,
    Answer,
    Fields,
    count,
    meant_for_it,
    patched,
    read_answer,
    read_body,
    renamed,
)
from modelport.dialects.vectors.meaning import (
    Document,
    Malformed,
    Ranked,
    Reranking,
    RerankRequest,
)
from modelport.errors import BadRequest
from modelport.kit.money import to_number
from modelport.kit.raw_json import FAULTS, overlaid

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CHANGED",
    "DROPPED",
    "REFUSED",
    "patch_request",
    "patch_response",
    "path",
    "read_documents",
    "read_request",
    "read_response",
    "write_request",
    "write_response",
]

DROPPED: Final[Mapping[str, str]] = MappingProxyType({
    "user": "the reference never sends it to a provider of rankings",
})  # fmt: skip
"""What a provider of this shape is not told, and why."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType({})
"""What can't be asked of a provider of this shape: nothing that the vocabulary can say."""

CHANGED: Final[Mapping[str, str]] = MappingProxyType({
    "results[].document": "filled in from the request, as not every provider repeats it",
})  # fmt: skip
"""What is said in another way."""

_PRIVATE: Final = frozenset({"user"})

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_RAWS = msgspec.json.Decoder(list[Raw])
_RESULTS = msgspec.json.Decoder(list[dict[str, Raw]])
_ENCODER = msgspec.json.Encoder()


class _Result(Struct):
    index: int
    relevance_score: Raw = Raw()
    score: Raw = Raw()
    """As some servers call it."""
    document: Raw = Raw()


class _Usage(Struct):
    prompt_tokens: int | None = None
    total_tokens: int | None = None
    search_units: float | None = None


class _Answer(Answer, kw_only=True):
    results: list[_Result] | None = None
    data: list[_Result] | None = None
    id: str | None = None
    model: str | None = None
    usage: Raw = Raw()


_ANSWER = msgspec.json.Decoder(_Answer)
_USAGE: msgspec.json.Decoder[_Usage | None] = msgspec.json.Decoder(_Usage | None)


def path(model: str) -> str:
    """What follows a provider's base address; here the same for every model."""
    del model
    return "/rerank"


# Requests.


def read_request(body: bytes) -> RerankRequest:
    """A caller's body. Raises `BadRequest` that says what is wrong and where, whatever the bytes are."""
    fields = read_body(body)
    return RerankRequest(
        model=fields.need("model", _STR),
        query=fields.need("query", _STR),
        documents=read_documents(fields),
        top_n=fields.count("top_n", _INT),
        extra=fields.rest,
    )


def read_documents(fields: Fields) -> list[Document]:
    """`documents`: texts, or objects with `text` and `image`. Raises `BadRequest`."""
    raws = fields.need("documents", _RAWS)
    if not raws:
        raise BadRequest("Input required: `documents` is empty; give at least one.")
    return [_document(raw, f"documents[{index}]") for index, raw in enumerate(raws)]


def _document(raw: Raw, place: str) -> Document:
    if bytes(raw)[:1] == b'"':
        return Document(_STR.decode(raw), bare=True)
    fields = Fields(raw, place)
    text, image = fields.take("text", _STR), fields.take("image", _STR)
    if text is None and image is None and not fields.rest:
        raise BadRequest(f"Invalid request: `{place}` must be a text, or hold `text` or `image`.")
    return Document(text, image, raw if fields.rest else None)


def write_request(request: RerankRequest, target: Target) -> bytes:
    """The body for a provider of this shape."""
    extra = {name: raw for name, raw in request.extra.items() if name not in _PRIVATE}
    fields = meant_for_it(extra, target)
    fields |= {"model": target.model, "query": request.query}
    fields["documents"] = [_written(document) for document in request.documents]
    if request.top_n is not None:
        fields["top_n"] = request.top_n
    return _ENCODER.encode(renamed(fields, target))


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of this shape: named patches, all else byte for byte.

    Raises `BadRequest`.
    """
    return patched(body, target, private=_PRIVATE)


def _written(document: Document) -> object:
    if document.bare:
        return document.text
    return document.raw if document.raw is not None else _fields(document)


def _fields(document: Document) -> dict[str, str]:
    said = {"text": document.text, "image": document.image}
    return {name: value for name, value in said.items() if value is not None}


# Answers.


def read_response(body: bytes) -> Reranking:
    """A provider's whole answer. Raises `Malformed` when it is none, such as an HTML page or an error in a 200."""
    answer = read_answer(body, _ANSWER, "a ranking")
    results = answer.results if answer.results is not None else answer.data
    if results is None:
        raise Malformed("the body has no results")
    try:
        told = _USAGE.decode(answer.usage) if answer.usage else None
        ranked = [Ranked(each.index, _score(each), _read_document(each.document)) for each in results]
    except FAULTS as error:
        raise Malformed("the body is not a ranking") from error
    usage = units = None
    if told is not None:
        tokens = told.prompt_tokens if told.total_tokens is None else told.total_tokens
        usage = None if tokens is None else Usage(prompt_tokens=count(tokens))
        units = None if told.search_units is None else count(told.search_units)
    return Reranking(ranked, usage, units, answer.id, answer.model)


def _score(result: _Result) -> Raw:
    raw = result.relevance_score or result.score
    msgspec.json.decode(raw or b"null", type=float)
    return raw


def _read_document(raw: Raw) -> Document | None:
    if not raw or bytes(raw) == b"null":
        return None
    if bytes(raw)[:1] == b'"':
        return Document(_STR.decode(raw), bare=True)
    fields = OBJECT.decode(raw)
    texts = {name: _STR.decode(fields[name]) for name in ("text", "image") if bytes(fields.get(name, b""))[:1] == b'"'}
    return Document(texts.get("text"), texts.get("image"))


def write_response(answer: Reranking, identity: Identity, charged: Charged) -> bytes:
    """The body for the caller; `document` is always an object, as the reference's client demands it."""
    return _ENCODER.encode({
        "id": identity.id,
        "model": identity.model,
        "provider": identity.provider,
        "results": [
            {
                "index": result.index,
                "relevance_score": result.relevance_score,
                "document": {} if result.document is None else _fields(result.document),
            }
            for result in answer.results
        ],
        "usage": _usage(charged, answer.search_units),
    })  # fmt: skip


def patch_response(body: bytes, identity: Identity, charged: Charged) -> bytes:
    """A provider's own answer for the caller: signed, its usage ours, results under `results` with objects in them.

    Raises `Malformed` as `read_response` does.
    """
    read = read_response(body)
    raw = OBJECT.decode(body)
    name = "data" if bytes(raw.get("results", b"null")) == b"null" else "results"
    results = _RESULTS.decode(raw[name])
    fields: dict[str, object] = {each: value for each, value in raw.items() if each not in {"data", "error"}}
    patched_results: list[dict[str, object]] = []
    for result, ranked in zip(results, read.results, strict=True):
        given = bytes(result.get("document", b"null"))
        patch: dict[str, object] = {"relevance_score": ranked.relevance_score}
        if given[:1] != b"{":
            patch["document"] = {} if ranked.document is None else _fields(ranked.document)
        patched_results.append(dict[str, object](result) | patch)
    fields |= {"id": identity.id, "model": identity.model, "provider": identity.provider}
    fields |= {"results": patched_results, "usage": overlaid(raw.get("usage"), _usage(charged, read.search_units))}
    return _ENCODER.encode(fields)


def _usage(charged: Charged, search_units: int | None) -> dict[str, object]:
    fields: dict[str, object] = {} if search_units is None else {"search_units": search_units}
    if charged.usage.total_tokens or search_units is None:
        fields["total_tokens"] = charged.usage.total_tokens
    return fields | {"cost": to_number(charged.cost)}
