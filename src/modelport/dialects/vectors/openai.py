"""`POST /embeddings` as OpenAI has it, with what the reference adds: inputs of several parts, `input_type`, cost.

Most providers of embeddings speak it. Where one has another name for a field or a value (`output_dimension`; `query`
for `search_query`), its `renames` say so. Fields are those of the reference's documents of 2026-08 and 2026-10
(`behaviour.md` section 15) and of recorded traffic.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Charged, Identity, Image, Target, Text, Usage
from modelport.dialects.vectors.fields import (
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
    Tokens,
    Vector,
)
from modelport.errors import BadRequest
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
    "read_request",
    "read_response",
    "write_request",
    "write_response",
]

DROPPED: Final[Mapping[str, str]] = MappingProxyType({
    "inputs[].title": "no such field here",
    "input_type.image": "said by the input itself",
})  # fmt: skip
"""What a provider of this shape is not told, and why."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType({
    "encoding_formats.int8, .uint8, .binary, .ubinary": "the shape knows floats and their base64 only",
    "inputs[].parts[].opaque": "a part of another shape's own, such as sound, has no form here",
})  # fmt: skip
"""What can't be asked of a provider of this shape, because the answer would be another one."""

CHANGED: Final[Mapping[str, str]] = MappingProxyType({
    "encoding_formats": "of several, `float` is asked for and the rest worked out from it",
    "inputs[].parts": "an input of one text is written as that text",
})  # fmt: skip
"""What is said in another way."""

_SMALL: Final = frozenset({"int8", "uint8", "binary", "ubinary"})

_TEXTS = msgspec.json.Decoder(str | list[str])
_RAWS = msgspec.json.Decoder(list[Raw])
_INTEGERS = msgspec.json.Decoder(list[int])
_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_ENCODER = msgspec.json.Encoder()
_OWN_KINDS: Final = frozenset({"input_audio", "input_video", "video_url", "file"})
"""Kinds of parts that the reference takes in this shape, and that travel unread."""


class _Url(Struct):
    url: str


class _Part(Struct):
    type: str
    text: str | None = None
    image_url: _Url | str | None = None


class _Details(Struct):
    image_tokens: int | None = None
    audio_tokens: int | None = None
    cached_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Vector(Struct):
    embedding: Raw
    index: int | None = None


class _Answer(Answer, kw_only=True):
    data: list[_Vector] | None = None
    id: str | None = None
    model: str | None = None
    usage: Raw = Raw()


_PART = msgspec.json.Decoder(_Part)
_USAGE: msgspec.json.Decoder[_Usage | None] = msgspec.json.Decoder(_Usage | None)
_ANSWER = msgspec.json.Decoder(_Answer)


def path(model: str) -> str:
    """What follows a provider's base address; here the same for every model."""
    del model
    return "/embeddings"


# Requests.


def read_request(body: bytes) -> EmbeddingsRequest:
    """A caller's body. Raises `BadRequest` that says what is wrong and where, whatever the bytes are."""
    fields = read_body(body)
    inputs, bare = _inputs(fields)
    encoding = fields.take("encoding_format", _STR)
    return EmbeddingsRequest(
        model=fields.need("model", _STR),
        inputs=inputs,
        bare=bare,
        dimensions=fields.count("dimensions", _INT),
        encoding_formats=[] if encoding is None else [encoding],
        input_type=fields.take("input_type", _STR),
        user=fields.take("user", _STR),
        extra=fields.rest,
    )


def write_request(request: EmbeddingsRequest, target: Target) -> bytes:
    """The body for a provider of this shape. Raises `BadRequest` naming what can't be said in it."""
    fields = meant_for_it(request.extra, target)
    inputs = [_written(one, f"input[{index}]") for index, one in enumerate(request.inputs)]
    said: dict[str, object] = {
        "encoding_format": _encoding(request.encoding_formats),
        "dimensions": request.dimensions,
        "input_type": None if request.input_type == "image" else request.input_type,
        "user": request.user,
    }
    fields |= {"model": target.model, "input": inputs[0] if request.bare else inputs}
    fields |= {name: value for name, value in said.items() if value is not None}
    return _ENCODER.encode(renamed(fields, target))


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of this shape: named patches, all else byte for byte.

    Raises `BadRequest`.
    """
    return patched(body, target)


def _inputs(fields: Fields) -> tuple[list[Input], bool]:
    raw = fields.rest.pop("input", None)
    if raw is None:
        raise BadRequest("Input required: `input` must be a text, a list of them, token numbers or a list of objects.")
    try:
        texts = _TEXTS.decode(raw)
    except msgspec.DecodeError:
        return _other_inputs(raw)
    inputs = [texts] if isinstance(texts, str) else texts
    for index, text in enumerate(inputs):
        if not text:
            place = "input" if isinstance(texts, str) else f"input[{index}]"
            raise BadRequest(f"Invalid request: `{place}` is empty; give at least one character.")
    if not inputs:
        raise BadRequest("Input required: `input` is empty; give at least one text.")
    return [Input([Text(text)]) for text in inputs], isinstance(texts, str)


def _other_inputs(raw: Raw) -> tuple[list[Input], bool]:
    """Token numbers, lists of them, and objects of parts; texts may stand among the objects."""
    try:
        entries = _RAWS.decode(raw)
        if all(bytes(each)[:1].isdigit() for each in entries):
            _INTEGERS.decode(raw)
            return [Input([Tokens(raw)])], True
    except FAULTS as error:
        raise BadRequest(f"Invalid request: `input`: {error}") from error
    return [_input(each, f"input[{index}]") for index, each in enumerate(entries)], False


def _input(raw: Raw, place: str) -> Input:
    try:
        match bytes(raw)[:1]:
            case b'"':
                return Input([Text(_STR.decode(raw))])
            case b"[":
                _INTEGERS.decode(raw)
                return Input([Tokens(raw)])
            case b"{":
                pass
            case _:
                raise BadRequest(f"Invalid request: `{place}` must be a text, a list of token numbers or an object.")
    except msgspec.DecodeError as error:
        raise BadRequest(f"Invalid request: `{place}`: {error}") from error
    fields = Fields(raw, place)
    parts = [_part(each, f"{place}.content[{index}]") for index, each in enumerate(fields.need("content", _RAWS))]
    if not parts:
        raise BadRequest(f"Invalid request: `{place}.content` is empty; give at least one part.")
    return Input(parts)


def _part(raw: Raw, place: str) -> InputPart:
    try:
        part = _PART.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(f"Invalid request: `{place}`: {error}") from error
    match part:
        case _Part(type="text", text=str(text)):
            return Text(text)
        case _Part(type="image_url", image_url=_Url(url=url) | str(url)):
            return Image(url)
        case _ if part.type in _OWN_KINDS:
            return Opaque(part.type, raw)
        case _:
            raise BadRequest(f"Invalid request: `{place}`: a part of type {part.type!r} can't be read.")


def _written(one: Input, place: str) -> object:
    match one.parts:
        case [Text(text=text)]:
            return text
        case [Tokens(numbers=numbers)]:
            return numbers
        case parts:
            return {"content": [_written_part(part, f"{place}.content[{index}]") for index, part in enumerate(parts)]}


def _written_part(part: InputPart, place: str) -> object:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            return {"type": "image_url", "image_url": {"url": address_of(part)}}
        case Opaque() if part.kind in _OWN_KINDS:
            return part.raw
        case _:
            kind = part.kind if isinstance(part, Opaque) else "tokens"
            raise BadRequest(f"`{place}`: a part of kind {kind!r} can't be embedded by this model's provider.")


def _encoding(wanted: list[str]) -> str | None:
    for each in wanted:
        if each in _SMALL:
            raise BadRequest(
                f"`embedding_types`: {each!r} can't be had from this model's provider; ask for 'float' or 'base64'."
            )
    return "float" if "float" in wanted else next(iter(wanted), None)


# Answers.


def read_response(body: bytes) -> Embeddings:
    """A provider's whole answer. Raises `Malformed` when it is none, such as an HTML page or an error in a 200."""
    answer = read_answer(body, _ANSWER, "a list of embeddings")
    if answer.data is None:
        raise Malformed("the body is not a list of embeddings")
    vectors = [
        Vector(position if each.index is None else each.index, {_kind(each.embedding): each.embedding})
        for position, each in enumerate(answer.data)
    ]
    return Embeddings(vectors, read_usage(answer.usage), answer.id, answer.model)


def _kind(raw: Raw) -> str:
    start = bytes(raw)[:1]
    if start not in {b"[", b'"'}:
        raise Malformed("an embedding is neither a list nor a text")
    return "float" if start == b"[" else "base64"


def read_usage(raw: Raw) -> Usage | None:
    """A provider's `usage` in the house's meaning; None where there is none. Some tell the total only."""
    try:
        told = _USAGE.decode(raw) if raw else None
    except msgspec.DecodeError:
        return None
    if told is None or (told.prompt_tokens is None and told.total_tokens is None):
        return None
    details = told.prompt_tokens_details or _Details()
    prompt = count(told.total_tokens if told.prompt_tokens is None else told.prompt_tokens)
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=min(count(details.cached_tokens), prompt),
        prompt_audio_tokens=count(details.audio_tokens),
        prompt_image_tokens=count(details.image_tokens),
    )


def write_response(answer: Embeddings, identity: Identity, charged: Charged) -> bytes:
    """The body for the caller; of several encodings the first."""
    return _ENCODER.encode({
        "object": "list",
        "data": [
            {"object": "embedding", "index": vector.index, "embedding": next(iter(vector.values.values()))}
            for vector in answer.vectors
        ],
        "model": identity.model,
        "provider": identity.provider,
        "id": identity.id,
        "usage": write_usage(charged),
    })  # fmt: skip


def patch_response(body: bytes, identity: Identity, charged: Charged) -> bytes:
    """A provider's own answer for the caller: signed, and its usage ours; vectors are not looked at.

    Raises `Malformed`.
    """
    given = object_of(body, "a list of embeddings")
    if bytes(given.get("data", b""))[:1] != b"[":
        raise Malformed("the body is not a list of embeddings")
    fields: dict[str, object] = dict(given)
    fields |= {"object": "list", "model": identity.model, "provider": identity.provider, "id": identity.id}
    fields["usage"] = overlaid(given.get("usage"), write_usage(charged))
    fields.pop("error", None)
    return _ENCODER.encode(fields)


def write_usage(charged: Charged) -> dict[str, object]:
    """`usage` with its cost; the kinds of tokens only where there are several, as the reference has it."""
    usage = charged.usage
    fields: dict[str, object] = {
        "prompt_tokens": usage.prompt_tokens,
        "total_tokens": usage.total_tokens,
        **cost_fields(charged),
    }
    text = usage.prompt_tokens - usage.prompt_image_tokens - usage.prompt_audio_tokens
    kinds = {
        "text_tokens": text,
        "image_tokens": usage.prompt_image_tokens,
        "audio_tokens": usage.prompt_audio_tokens,
    }
    present = {name: tokens for name, tokens in kinds.items() if tokens > 0}
    if len(present) > 1:
        fields["prompt_tokens_details"] = present
    return fields
