"""Cohere's `POST /v2/embed`: texts, images or inputs of both, answered with several encodings at once if asked.

Answers of the older `/v1/embed` are read as well. From recorded traffic and the `cohere` SDK 7.3.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Charged, Identity, Image, Target, Text, Usage
from modelport.dialects.vectors.fields import (
    OBJECT,
    Answer,
    Fields,
    cost_fields,
    count,
    meant_for_it,
    object_of,
    patched,
    read_answer,
    read_body,
    renamed,
)
from modelport.dialects.vectors.images import address_of
from modelport.dialects.vectors.meaning import (
    Embeddings,
    EmbeddingsRequest,
    Input,
    InputPart,
    Malformed,
    Opaque,
    Vector,
)
from modelport.errors import BadRequest

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
    "write_floats",
    "write_meta",
    "write_request",
    "write_response",
]

DROPPED: Final[Mapping[str, str]] = MappingProxyType({
    "user": "no such parameter here",
    "inputs[].title": "no such field here",
})  # fmt: skip
"""What a provider of this shape is not told, and why."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType({
    "inputs[].parts[].tokens": "only words and pictures",
    "inputs[].parts[].opaque": "only words and pictures",
    "input_type": "other words than the five it knows",
    "encoding_formats": "other encodings than the six it knows",
})  # fmt: skip
"""What can't be asked of a provider of this shape, because the answer would be another one."""

CHANGED: Final[Mapping[str, str]] = MappingProxyType({
    "input_type": "required here: `search_document` when the caller says nothing, `image` for pictures; "
    "`query` and `document` are `search_query` and `search_document`",
    "dimensions": "`output_dimension`",
    "encoding_formats": "`embedding_types`; base64 is the provider's own",
})  # fmt: skip
"""What is said in another way."""

_KINDS: Final = ("float", "int8", "uint8", "binary", "ubinary", "base64")
_PURPOSES: Final = MappingProxyType({
    "query": "search_query",
    "document": "search_document",
    **{name: name for name in ("search_query", "search_document", "classification", "clustering", "image")},
})  # fmt: skip

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_STRS = msgspec.json.Decoder(list[str])
_RAWS = msgspec.json.Decoder(list[Raw])
_ENCODER = msgspec.json.Encoder()


class _Url(Struct):
    url: str


class _Part(Struct):
    type: str
    text: str | None = None
    image_url: _Url | None = None


class _Billed(Struct):
    input_tokens: float | None = None
    image_tokens: float | None = None
    images: float | None = None


class _Meta(Struct):
    billed_units: _Billed | None = None


class _Answer(Answer, kw_only=True):
    embeddings: dict[str, list[Raw]] | list[Raw] | None = None
    id: str | None = None
    meta: _Meta | None = None


_PART = msgspec.json.Decoder(_Part)
_ANSWER = msgspec.json.Decoder(_Answer)


def path(model: str) -> str:
    """What follows a provider's base address, which ends in `/v2`; the same for every model."""
    del model
    return "/embed"


# Requests.


def read_request(body: bytes) -> EmbeddingsRequest:
    """A caller's body. Raises `BadRequest` that says what is wrong and where, whatever the bytes are."""
    fields = read_body(body)
    return EmbeddingsRequest(
        model=fields.need("model", _STR),
        inputs=_inputs(fields),
        dimensions=fields.count("output_dimension", _INT),
        encoding_formats=fields.take("embedding_types", _STRS) or [],
        input_type=fields.take("input_type", _STR),
        extra=fields.rest,
    )


def write_request(request: EmbeddingsRequest, target: Target) -> bytes:
    """The body for a provider of this shape. Raises `BadRequest` naming what can't be said in it."""
    for each in request.encoding_formats:
        if each not in _KINDS:
            raise BadRequest(f"`encoding_format`: {each!r} can't be had from this model's provider.")
    fields = meant_for_it(request.extra, target)
    fields |= {"model": target.model, "input_type": _purpose(request), **_written(request.inputs)}
    if request.encoding_formats:
        fields["embedding_types"] = request.encoding_formats
    if request.dimensions is not None:
        fields["output_dimension"] = request.dimensions
    return _ENCODER.encode(renamed(fields, target))


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of this shape: named patches, all else byte for byte.

    Raises `BadRequest`.
    """
    return patched(body, target)


def _inputs(fields: Fields) -> list[Input]:
    texts, images = fields.take("texts", _STRS), fields.take("images", _STRS)
    inputs = fields.take("inputs", _RAWS)
    read: list[list[Input]] = []
    if texts:
        read.append([Input([Text(text)]) for text in texts])
    if images:
        read.append([Input([Image(url)]) for url in images])
    if inputs:
        read.append([_input(raw, f"inputs[{index}]") for index, raw in enumerate(inputs)])
    if len(read) != 1:
        raise BadRequest("Input required: give one of `texts`, `images` and `inputs`, with something in it.")
    return read[0]


def _input(raw: Raw, place: str) -> Input:
    parts: list[InputPart] = []
    for index, each in enumerate(Fields(raw, place).need("content", _RAWS)):
        try:
            part = _PART.decode(each)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadRequest(f"Invalid request: `{place}.content[{index}]`: {error}") from error
        match part:
            case _Part(type="text", text=str(text)):
                parts.append(Text(text))
            case _Part(type="image_url", image_url=_Url(url=url)):
                parts.append(Image(url))
            case _:
                raise BadRequest(
                    f"Invalid request: `{place}.content[{index}]`: a part of type {part.type!r} can't be read."
                )
    if not parts:
        raise BadRequest(f"Invalid request: `{place}.content` is empty; give at least one part.")
    return Input(parts)


def _purpose(request: EmbeddingsRequest) -> str:
    if request.input_type is None:
        pictures = all(len(one.parts) == 1 and isinstance(one.parts[0], Image) for one in request.inputs)
        return "image" if pictures else "search_document"
    if (purpose := _PURPOSES.get(request.input_type)) is None:
        raise BadRequest(
            f"`input_type`: {request.input_type!r} is not known to this model's provider; "
            "use search_query, search_document, classification or clustering."
        )
    return purpose


def _written(inputs: list[Input]) -> dict[str, object]:
    """The inputs under the name that says least: older models know no `inputs`."""
    texts: list[str] = []
    images: list[str] = []
    for one in inputs:
        match one.parts:
            case [Text(text=text)]:
                texts.append(text)
            case [Image() as image]:
                images.append(address_of(image))
            case _:
                pass
    if len(texts) == len(inputs):
        return {"texts": texts}
    if len(images) == len(inputs):
        return {"images": images}
    return {
        "inputs": [
            {"content": [_part(part, f"input[{index}].content[{at}]") for at, part in enumerate(one.parts)]}
            for index, one in enumerate(inputs)
        ]
    }


def _part(part: InputPart, place: str) -> dict[str, object]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            return {"type": "image_url", "image_url": {"url": address_of(part)}}
        case _:
            kind = part.kind if isinstance(part, Opaque) else "tokens"
            raise BadRequest(f"`{place}`: {kind!r} can't be embedded by this model's provider; give text or images.")


# Answers.


def read_response(body: bytes) -> Embeddings:
    """A provider's whole answer. Raises `Malformed` when it is none, such as an HTML page or an error in a 200."""
    answer = read_answer(body, _ANSWER, "embeddings")
    given = answer.embeddings if isinstance(answer.embeddings, dict) else {"float": answer.embeddings or []}
    columns = {kind: column for kind, column in given.items() if column}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        raise Malformed("the body holds no embeddings, or not as many of each kind")
    vectors = [Vector(index, {kind: column[index] for kind, column in columns.items()}) for index in range(*lengths)]
    return Embeddings(vectors, _usage(answer.meta), answer.id)


def _usage(meta: _Meta | None) -> Usage | None:
    billed = meta.billed_units if meta is not None else None
    if billed is None or (billed.input_tokens is None and billed.image_tokens is None and billed.images is None):
        return None
    pictures = count(billed.image_tokens)
    return Usage(
        prompt_tokens=count(billed.input_tokens) + pictures,
        prompt_image_tokens=pictures,
        images=count(billed.images),
    )


def write_response(answer: Embeddings, identity: Identity, charged: Charged) -> bytes:
    """The body for the caller, with `texts` where that is all there was."""
    kinds = dict.fromkeys(kind for vector in answer.vectors for kind in vector.values)
    fields: dict[str, object] = {
        "id": identity.id,
        "embeddings": {kind: [vector.values[kind] for vector in answer.vectors] for kind in kinds},
        "meta": write_meta(identity, charged, _billed(charged.usage)),
        "response_type": "embeddings_by_type",
    }
    if answer.texts is not None:
        fields["texts"] = answer.texts
    return _ENCODER.encode(fields)


def write_floats(answer: Embeddings, identity: Identity, charged: Charged) -> bytes:
    """The same for a caller of `/v1/embed`: bare floats where that is all there is to tell."""
    if any(vector.values.keys() != {"float"} for vector in answer.vectors):
        return write_response(answer, identity, charged)
    return _ENCODER.encode({
        "id": identity.id,
        "embeddings": [vector.values["float"] for vector in answer.vectors],
        "texts": answer.texts or [],
        "meta": write_meta(identity, charged, _billed(charged.usage)),
        "response_type": "embeddings_floats",
    })  # fmt: skip


def patch_response(body: bytes, identity: Identity, charged: Charged) -> bytes:
    """A provider's own answer for the caller: signed, and its bill ours; vectors are not looked at.

    Raises `Malformed`.
    """
    raw = object_of(body, "embeddings")
    if bytes(raw.get("embeddings", b""))[:1] not in {b"{", b"["}:
        raise Malformed("the body holds no embeddings")
    meta = OBJECT.decode(raw["meta"]) if bytes(raw.get("meta", b""))[:1] == b"{" else {}
    fields = dict[str, object](raw) | {"id": identity.id}
    fields["meta"] = write_meta(identity, charged, _billed(charged.usage), meta)
    fields.pop("error", None)
    return _ENCODER.encode(fields)


def _billed(usage: Usage) -> dict[str, int]:
    units = {"input_tokens": max(usage.prompt_tokens - usage.prompt_image_tokens, 0)}
    if usage.prompt_image_tokens:
        units["image_tokens"] = usage.prompt_image_tokens
    return units | ({"images": usage.images} if usage.images else {})


def write_meta(
    identity: Identity, charged: Charged, billed: dict[str, int], meta: Mapping[str, Raw] = MappingProxyType({})
) -> dict[str, object]:
    """`meta`: what was billed, whose it is and what it costs; a provider's own `meta` keeps its other fields."""
    ours = {"billed_units": billed, "model": identity.model, "provider": identity.provider, **cost_fields(charged)}
    return {"api_version": {"version": "2"}, **meta, **ours}
