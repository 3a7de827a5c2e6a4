"""Recorded embeddings and rankings through their doors: what a provider is asked, what callers of each shape get."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from replaying import TRAFFIC

from modelport.dialects.canonical import Charged, Identity, Target, Usage
from modelport.dialects.vectors import cohere, cohere_rerank, gemini, openai, rerank
from modelport.dialects.vectors.meaning import Malformed, Reranking
from modelport.errors import BadRequest
from modelport.gateway.door import Address
from modelport.gateway.vector_door import EMBED_CONTENT, EMBED_V2, EMBEDDINGS, RERANK, RERANK_V2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.dialects.vectors.meaning import Embeddings
    from modelport.gateway.asked import Asked
    from modelport.gateway.vector_door import VectorDoor

__all__ = ["EXCEPTIONS", "NOT_SPOKEN", "Vectors", "check_vectors", "vectors"]

_ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
_TARGET = Target("m", stream=False)
_SHAPES: dict[str, Any] = {
    "openai_chat": openai,
    "cohere_chat": cohere,
    "gemini": gemini,
}
_DOORS: dict[str, VectorDoor] = {"openai_chat": EMBEDDINGS, "cohere_chat": EMBED_V2, "gemini": EMBED_CONTENT}
_RANK_SHAPES: dict[str, Any] = {"openai_chat": rerank, "cohere_chat": cohere_rerank}
_RANK_DOORS: dict[str, VectorDoor] = {"openai_chat": RERANK, "cohere_chat": RERANK_V2}
EXCEPTIONS = {
    "perplexity_int8_embeddings": "unasked, the provider sends a byte for each number, as its own callers know",
}
"""Exchanges that are not compared, by a piece of their id, and why."""
NOT_SPOKEN = {"predict": "Vertex' older address, whose requests and answers are of another kind"}


class Vectors(NamedTuple):
    """One recorded exchange."""

    id: str
    provider: str
    endpoint: str
    dialect: str
    request: bytes
    status: int
    body: bytes


def vectors(provider: str) -> Iterator[Vectors]:
    """A provider's recorded embeddings and rankings."""
    ends = {"embeddings", "embed", "rerank", "batchEmbedContents", "embedContent"}
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if not any(f'"{end}"' in line for end in ends):
                continue
            one: dict[str, Any] = json.loads(line)
            if one["endpoint"] not in ends or one.get("response_elided") or one["request_body"] is None:
                continue
            body = one["response_body"] or ""
            given, cohere_like = one["endpoint"], "cohere" in one["url"]
            dialect = "gemini" if "EmbedContent" in given or given == "embedContent" else "openai_chat"
            yield Vectors(
                one["id"],
                provider,
                given,
                "cohere_chat" if given == "embed" or cohere_like else dialect,
                json.dumps(one["request_body"]).encode(),
                one["status"],
                (body if isinstance(body, str) else json.dumps(body)).encode(),
            )


def check_vectors(one: Vectors) -> Iterator[tuple[str, str, str]]:
    """Step, dialect, and what is wrong."""
    ranks = one.endpoint == "rerank"
    doors, shapes = (_RANK_DOORS, _RANK_SHAPES) if ranks else (_DOORS, _SHAPES)
    try:
        asked = doors[one.dialect].read(one.request, Address("m"))
    except BadRequest as error:
        fine = one.status >= 400 or "`top_n`" in str(error)  # the reference's least is 1
        yield "same", one.dialect, "" if fine else f"refused: {error}"
        return
    sent = doors[one.dialect].body(asked, one.dialect, _TARGET)
    batch = b'"requests"' in one.request or one.dialect != "gemini"
    yield "same", one.dialect, "" if not batch or _plain(sent) == _plain(one.request) else "the request differs"
    if one.status != 200:
        return
    try:
        first = shapes[one.dialect].read_response(one.body)
    except Malformed as error:
        yield "read", one.dialect, "" if b'"error"' in one.body else str(error)
        return
    yield "read", one.dialect, ""
    for name, door in doors.items():
        if any(piece in one.id for piece in EXCEPTIONS):
            continue
        yield "whole", name, _answered(one, name, door, first)


def _answered(one: Vectors, name: str, door: VectorDoor, first: Embeddings | Reranking) -> str:
    ranks = one.endpoint == "rerank"
    shapes = _RANK_SHAPES if ranks else _SHAPES
    asked = _said_at(one, name, door, shapes)
    if asked is None:
        return ""  # can't be asked in this shape, and is refused with the reason
    way = door.passage(asked, one.dialect, _TARGET, _ME, without_reasoning=False)
    way.read_whole(one.body)
    back = shapes[name].read_response(way.whole(Charged(way.usage or Usage(), 3, 3, 0)))
    mine, theirs = _numbers(first), _numbers(back)
    return "" if mine == theirs else f"{str(mine)[:100]} became {str(theirs)[:100]}"


def _said_at(one: Vectors, name: str, door: VectorDoor, shapes: dict[str, Any]) -> Asked | None:
    """The same request as a caller of `name` makes it; None where the shape has no words for it."""
    if name == one.dialect:
        return door.read(one.request, Address("m"))
    shape = shapes[one.dialect]
    request = shape.read_request(one.request, model="m") if shape is gemini else shape.read_request(one.request)
    request.extra = {}
    try:
        return door.read(shapes[name].write_request(request, _TARGET), Address("m"))
    except BadRequest:
        return None


def _numbers(answer: Embeddings | Reranking) -> list[Any]:
    if isinstance(answer, Reranking):
        return [(each.index, float(json.loads(bytes(each.relevance_score)))) for each in answer.results]
    return [_floats(vector.values) for vector in answer.vectors]


def _floats(values: dict[str, Any]) -> list[float]:
    """32-bit floats, whatever they are written as."""
    if "float" in values:
        numbers: list[float] = json.loads(bytes(values["float"]))
        return list(struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers)))
    if "base64" in values:
        data = base64.b64decode(json.loads(bytes(values["base64"])))
        return list(struct.unpack(f"<{len(data) // 4}f", data)) if len(data) % 4 == 0 else list(data)
    return json.loads(bytes(next(iter(values.values()))))


def _plain(body: bytes) -> Any:
    return _normal(json.loads(body))


def _normal(value: Any) -> Any:
    if isinstance(value, list):
        return [_normal(each) for each in value]
    if not isinstance(value, dict):
        return value
    ours = {"model", "provider", "user"}
    return {name: _normal(each) for name, each in value.items() if each is not None and name not in ours}
