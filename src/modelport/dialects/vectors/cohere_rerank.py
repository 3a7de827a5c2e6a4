"""Cohere's `POST /v2/rerank`: the reference's shape but for `meta`, and documents that are texts.

From recorded traffic and the `cohere` SDK 7.3.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Charged, Identity, Target, Usage
from modelport.dialects.vectors import rerank
from modelport.dialects.vectors.cohere import write_meta
from modelport.dialects.vectors.fields import OBJECT, count, meant_for_it, object_of, patched, renamed
from modelport.dialects.vectors.meaning import Document, Malformed, Reranking, RerankRequest
from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CHANGED",
    "DROPPED",
    "REFUSED",
    "patch_request",
    "patch_response",
    "path",
    "read_request",
    "read_response",
    "write_request",
    "write_response",
]

DROPPED: Final[Mapping[str, str]] = MappingProxyType({"user": "no such parameter here"})
"""What a provider of this shape is not told, and why."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType({
    "documents[].image": "only texts are ranked",
    "documents[].raw": "an object with other fields than `text` has no form here",
})  # fmt: skip
"""What can't be asked of a provider of this shape, because the answer would be another one."""

CHANGED: Final[Mapping[str, str]] = MappingProxyType({"documents": "an object that holds a text only is that text"})
"""What is said in another way."""

_ENCODER = msgspec.json.Encoder()


class _Billed(Struct):
    search_units: float | None = None
    input_tokens: float | None = None


class _Meta(Struct):
    billed_units: _Billed | None = None


_META: msgspec.json.Decoder[_Meta | None] = msgspec.json.Decoder(_Meta | None)

read_request = rerank.read_request
"""A caller's body: the same fields as the reference's. Raises `BadRequest`."""


def path(model: str) -> str:
    """What follows a provider's base address, which ends in `/v2`; the same for every model."""
    del model
    return "/rerank"


def write_request(request: RerankRequest, target: Target) -> bytes:
    """The body for a provider of this shape. Raises `BadRequest` naming what can't be said in it."""
    fields = meant_for_it({name: raw for name, raw in request.extra.items() if name != "user"}, target)
    fields |= {"model": target.model, "query": request.query}
    fields["documents"] = [_text(document, f"documents[{at}]") for at, document in enumerate(request.documents)]
    if request.top_n is not None:
        fields["top_n"] = request.top_n
    return _ENCODER.encode(renamed(fields, target))


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of this shape: named patches, all else byte for byte.

    Raises `BadRequest`.
    """
    return patched(body, target)


def _text(document: Document, place: str) -> str:
    if document.image is not None:
        raise BadRequest(f"`{place}.image` can't be ranked by this model's provider; give texts.")
    if document.raw is not None or document.text is None:
        raise BadRequest(f"`{place}` can't be ranked by this model's provider; give a text.")
    return document.text


def read_response(body: bytes) -> Reranking:
    """A provider's whole answer. Raises `Malformed` when it is none, such as an HTML page or an error in a 200."""
    answer = rerank.read_response(body)
    try:
        meta = _META.decode(OBJECT.decode(body).get("meta", Raw(b"null")))
    except FAULTS as error:
        raise Malformed("the body is not a ranking") from error
    billed = meta.billed_units if meta is not None else None
    if billed is not None:
        answer.search_units = None if billed.search_units is None else count(billed.search_units)
        answer.usage = None if billed.input_tokens is None else Usage(prompt_tokens=count(billed.input_tokens))
    return answer


def write_response(answer: Reranking, identity: Identity, charged: Charged) -> bytes:
    """The body for the caller."""
    results = [{"index": each.index, "relevance_score": each.relevance_score} for each in answer.results]
    meta = write_meta(identity, charged, _billed(answer, charged))
    return _ENCODER.encode({"id": identity.id, "results": results, "meta": meta})


def patch_response(body: bytes, identity: Identity, charged: Charged) -> bytes:
    """A provider's own answer for the caller: signed, and its bill ours. Raises `Malformed`."""
    answer = read_response(body)
    raw = object_of(body, "a ranking")
    meta = OBJECT.decode(raw["meta"]) if bytes(raw.get("meta", b""))[:1] == b"{" else {}
    fields = dict[str, object](raw) | {"id": identity.id}
    fields["meta"] = write_meta(identity, charged, _billed(answer, charged), meta)
    fields.pop("error", None)
    return _ENCODER.encode(fields)


def _billed(answer: Reranking, charged: Charged) -> dict[str, int]:
    units = {} if answer.search_units is None else {"search_units": answer.search_units}
    tokens = charged.usage.total_tokens
    return units | ({"input_tokens": tokens} if tokens or not units else {})
