"""Gemini's `:embedContent` and `:batchEmbedContents`, where the model stands in the address.

The two differ by a list: a batch holds whole requests, each with its own purpose and size. From recorded traffic, the
`google-genai` SDK 3.6 and the API's reference, July 2026.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.canonical import Charged, Identity, Image, Target, Text, Usage
from modelport.dialects.vectors.fields import (
    Answer,
    Fields,
    count,
    meant_for_it,
    object_of,
    read_answer,
    read_body,
    renamed,
)
from modelport.dialects.vectors.images import inline_of
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
from modelport.kit.raw_json import overlaid

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
    "inputs[].parts[].tokens": "only words and media",
    "inputs[].parts[].image": "by address: only data URLs, and files that a caller of this shape names",
    "inputs[].parts[].opaque": "a part of another shape's own has no form here",
    "input_type": "other words than the eight it knows",
    "encoding_formats.int8, .uint8, .binary, .ubinary": "the provider gives floats only",
})  # fmt: skip
"""What can't be asked of a provider of this shape, because the answer would be another one."""

CHANGED: Final[Mapping[str, str]] = MappingProxyType({
    "input_type": "`taskType`, in its words: `search_query` is RETRIEVAL_QUERY, `search_document` RETRIEVAL_DOCUMENT",
    "dimensions": "`outputDimensionality`",
    "encoding_formats.base64": "worked out from the provider's floats",
    "inputs": "always a batch, but where the provider's address is `:embedContent`",
})  # fmt: skip
"""What is said in another way."""

_TASKS: Final = MappingProxyType({
    "search_query": "RETRIEVAL_QUERY",
    "search_document": "RETRIEVAL_DOCUMENT",
    "query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "semantic_similarity": "SEMANTIC_SIMILARITY",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "question_answering": "QUESTION_ANSWERING",
    "fact_verification": "FACT_VERIFICATION",
    "code_retrieval_query": "CODE_RETRIEVAL_QUERY",
})  # fmt: skip
_PURPOSES: Final = MappingProxyType({task: name for name, task in reversed([*_TASKS.items()])})
_UNSAID: Final = "TASK_TYPE_UNSPECIFIED"

_STR = msgspec.json.Decoder(str)
_INT = msgspec.json.Decoder(int)
_RAWS = msgspec.json.Decoder(list[Raw])
_RAW = msgspec.json.Decoder(Raw)
_OBJECTS = msgspec.json.Decoder(list[dict[str, Raw]])
_ENCODER = msgspec.json.Encoder()


class _Blob(Struct, rename="camel"):
    mime_type: str = ""
    data: str | None = None
    file_uri: str | None = None


class _Values(Struct):
    values: Raw


class _Detail(Struct, rename="camel"):
    modality: str = ""
    token_count: int | None = None


class _Usage(Struct, rename="camel"):
    prompt_token_count: int | None = None
    prompt_token_details: list[_Detail] | None = None
    prompt_tokens_details: list[_Detail] | None = None
    """The same under the name it has on Google's other host."""


class _Answer(Answer, kw_only=True, rename="camel"):
    embeddings: list[_Values] | None = None
    embedding: _Values | None = None
    usage_metadata: _Usage | None = None


_BLOB = msgspec.json.Decoder(_Blob)
_ANSWER = msgspec.json.Decoder(_Answer)


def path(model: str, *, single: bool = False) -> str:
    """What follows a provider's base address; `single` for hosts that have no batches."""
    method = "embedContent" if single else "batchEmbedContents"
    return f"/models/{quote(model.removeprefix('models/'), safe='')}:{method}"


# Requests.


def read_request(body: bytes, *, model: str) -> EmbeddingsRequest:
    """A caller's body, single or batch. Raises `BadRequest` that says what is wrong and where.

    Floats are what callers of this shape can read, so they are asked for by name.
    """
    fields = read_body(body)
    bare = "requests" not in fields.rest
    given = [fields] if bare else _batch(fields)
    read = [_request(each) for each in given]
    for name, values in (("taskType", {each.input_type for each in read}),
                         ("outputDimensionality", {each.dimensions for each in read})):  # fmt: skip
        if len(values) > 1:
            raise BadRequest(f"Invalid request: `requests[].{name}` must be the same in all of a batch.")
    first = read[0]
    return EmbeddingsRequest(
        model=model,
        inputs=[each.input for each in read],
        bare=bare,
        dimensions=first.dimensions,
        encoding_formats=["float"],
        input_type=first.input_type,
        extra=fields.rest,
    )


class _One(Struct):
    input: Input
    input_type: str | None
    dimensions: int | None


def _batch(fields: Fields) -> list[Fields]:
    raws = fields.need("requests", _RAWS)
    if not raws:
        raise BadRequest("Input required: `requests` is empty; give at least one.")
    return [Fields(raw, f"requests[{index}]") for index, raw in enumerate(raws)]


def _request(fields: Fields) -> _One:
    """One request; its own `model` repeats the address. Both spellings of names are read, as the API does."""
    fields.rest.pop("model", None)
    content = Fields(fields.need("content", _RAW), fields.path("content"))
    parts = [_part(raw, content.path(f"parts[{index}]")) for index, raw in enumerate(content.need("parts", _RAWS))]
    if not parts:
        raise BadRequest(f"Invalid request: `{content.path('parts')}` is empty; give at least one part.")
    task = fields.take("taskType", _STR) or fields.take("task_type", _STR)
    if task is not None and task not in _PURPOSES and task != _UNSAID:
        raise BadRequest(f"Invalid request: `{fields.path('taskType')}`: {task!r} is not known.")
    size = fields.count("outputDimensionality", _INT) or fields.count("output_dimensionality", _INT)
    return _One(Input(parts, fields.take("title", _STR)), _PURPOSES.get(task or _UNSAID), size)


def _part(raw: Raw, place: str) -> InputPart:
    fields = Fields(raw, place)
    if (text := fields.take("text", _STR)) is not None:
        return Text(text)
    for name in ("inlineData", "inline_data", "fileData", "file_data"):
        if name not in fields.rest:
            continue
        blob = _blob(Fields(fields.rest[name], fields.path(name)))
        if blob.mime_type.startswith("image/"):
            return Image(blob.file_uri, blob.data, blob.mime_type)
        return Opaque(name, raw)
    raise BadRequest(f"Invalid request: `{place}` must hold `text`, `inlineData` or `fileData`.")


def _blob(fields: Fields) -> _Blob:
    blob = _Blob(fields.take("mimeType", _STR) or fields.take("mime_type", _STR) or "")
    blob.data = fields.take("data", _STR)
    blob.file_uri = fields.take("fileUri", _STR) or fields.take("file_uri", _STR)
    return blob


def write_request(request: EmbeddingsRequest, target: Target, *, single: bool = False) -> bytes:
    """The body for a provider of this shape. Raises `BadRequest` naming what can't be said in it."""
    for each in request.encoding_formats:
        if each not in {"float", "base64"}:
            raise BadRequest(f"`encoding_format`: {each!r} can't be had from this model's provider.")
    if single and len(request.inputs) != 1:
        raise BadRequest("`input`: this model's provider embeds one input a request.")
    options: dict[str, object] = {}
    if request.input_type is not None:
        if (task := _TASKS.get(request.input_type)) is None:
            raise BadRequest(
                f"`input_type`: {request.input_type!r} is not known to this model's provider; "
                f"use one of {', '.join(_PURPOSES.values())}."
            )
        options["taskType"] = task
    if request.dimensions is not None:
        options["outputDimensionality"] = request.dimensions
    extra = meant_for_it(request.extra, target)
    model = f"models/{target.model.removeprefix('models/')}"
    written = [_written(one, f"input[{index}]") | options for index, one in enumerate(request.inputs)]
    if single:
        return _ENCODER.encode(renamed(extra | written[0], target))
    if request.bare:  # its other fields stood beside the one content
        written, extra = [extra | written[0]], {}
    return _ENCODER.encode(extra | {"requests": [renamed({"model": model, **each}, target) for each in written]})


def _written(one: Input, place: str) -> dict[str, object]:
    parts = [_written_part(part, f"{place}.content[{index}]") for index, part in enumerate(one.parts)]
    written: dict[str, object] = {"content": {"parts": parts}}
    return written if one.title is None else written | {"title": one.title}


def _written_part(part: InputPart, place: str) -> object:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            if (inline := inline_of(part)) is not None:
                return {"inlineData": {"mimeType": inline[0], "data": inline[1]}}
            if part.media_type is not None:  # as callers of this shape say where a file of the provider's lies
                return {"fileData": {"mimeType": part.media_type, "fileUri": part.url}}
            raise BadRequest(f"`{place}.image_url`: this model's provider takes images as data URLs only.")
        case Opaque(kind="inlineData" | "inline_data" | "fileData" | "file_data"):
            return part.raw
        case _:
            kind = part.kind if isinstance(part, Opaque) else "tokens"
            raise BadRequest(f"`{place}`: {kind!r} can't be embedded by this model's provider.")


def patch_request(body: bytes, target: Target) -> bytes:
    """A caller's own body for a provider of this shape: named patches, all else byte for byte.

    Raises `BadRequest`.
    """
    given = read_body(body).given
    fields = meant_for_it(given, target)
    model = f"models/{target.model.removeprefix('models/')}"
    if "requests" not in fields:
        if "model" in fields:
            fields["model"] = model
        return _ENCODER.encode(renamed(fields, target))
    try:
        requests = _OBJECTS.decode(given["requests"])
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(f"Invalid request: `requests`: {error}") from error
    fields["requests"] = [renamed({**each, "model": model}, target) for each in requests]
    return _ENCODER.encode(fields)


# Answers.


def read_response(body: bytes) -> Embeddings:
    """A provider's whole answer. Raises `Malformed` when it is none, such as an HTML page or an error in a 200."""
    answer = read_answer(body, _ANSWER, "embeddings")
    given = answer.embeddings if answer.embedding is None else [answer.embedding]
    if given is None:
        raise Malformed("the body holds no embeddings")
    if any(bytes(each.values)[:1] != b"[" for each in given):
        raise Malformed("an embedding is not a list")
    vectors = [Vector(index, {"float": each.values}) for index, each in enumerate(given)]
    return Embeddings(vectors, _usage(answer.usage_metadata), bare=answer.embedding is not None)


def _usage(told: _Usage | None) -> Usage | None:
    """Older models tell nothing of what they took."""
    if told is None or told.prompt_token_count is None:
        return None
    kinds = {each.modality: count(each.token_count) for each in told.prompt_token_details or ()}
    kinds |= {each.modality: count(each.token_count) for each in told.prompt_tokens_details or ()}
    return Usage(
        prompt_tokens=count(told.prompt_token_count),
        prompt_audio_tokens=kinds.get("AUDIO", 0),
        prompt_image_tokens=kinds.get("IMAGE", 0),
    )


def write_response(answer: Embeddings, identity: Identity, charged: Charged) -> bytes:
    """The body for the caller; this shape has no room for a signature, nor its official client for a cost."""
    del identity
    values = [{"values": vector.values["float"]} for vector in answer.vectors]
    written: dict[str, object] = {"embedding": values[0]} if answer.bare else {"embeddings": values}
    return _ENCODER.encode(written | {"usageMetadata": _written_usage(charged.usage)})


def patch_response(body: bytes, identity: Identity, charged: Charged) -> bytes:
    """A provider's own answer for the caller with our usage; vectors are not looked at. Raises `Malformed`."""
    del identity
    fields = object_of(body, "embeddings")
    if not {"embedding", "embeddings"} & fields.keys():
        raise Malformed("the body holds no embeddings")
    fields.pop("error", None)
    usage = overlaid(fields.get("usageMetadata"), _written_usage(charged.usage))
    return _ENCODER.encode({**fields, "usageMetadata": usage})


def _written_usage(usage: Usage) -> dict[str, object]:
    kinds = {
        "TEXT": usage.prompt_tokens - usage.prompt_image_tokens - usage.prompt_audio_tokens,
        "IMAGE": usage.prompt_image_tokens,
        "AUDIO": usage.prompt_audio_tokens,
    }
    details = [{"modality": kind, "tokenCount": tokens} for kind, tokens in kinds.items() if tokens > 0]
    return {"promptTokenCount": usage.prompt_tokens, "promptTokensDetails": details}
