"""How the shapes read an object field by field, and patch one for a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Raw, Struct

from modelport.dialects.vectors.meaning import GATEWAY_FIELDS, Malformed
from modelport.errors import BadRequest
from modelport.kit.money import to_number
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.dialects.canonical import Charged, Target

__all__ = [
    "OBJECT",
    "Answer",
    "Fields",
    "cost_fields",
    "count",
    "meant_for_it",
    "object_of",
    "patched",
    "read_answer",
    "read_body",
    "renamed",
]

OBJECT = msgspec.json.Decoder(dict[str, Raw])


class Answer(Struct, kw_only=True):
    """What every answer of a provider may hold in the place of an answer."""

    error: Raw = Raw()


_T = TypeVar("_T")
_A = TypeVar("_A", bound=Answer)
_STRING = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()


class Fields:
    """The fields of one JSON object, taken one by one; what stays in `rest` nobody asked for.

    A field that is null counts as not given. Raises `BadRequest` that names the place.
    """

    def __init__(self, raw: Raw | bytes, place: str = "") -> None:
        self.place = place
        try:
            given = OBJECT.decode(raw)
        except RecursionError as error:
            raise BadRequest("The request body is nested too deeply.") from error
        except msgspec.DecodeError as error:
            raise BadRequest(f"Invalid request: {f'`{place}`' if place else 'the body'}: {error}") from error
        self.given = given
        """All fields as they came."""
        self.rest = {name: each for name, each in given.items() if bytes(each) != b"null"}

    def take(self, name: str, decoder: msgspec.json.Decoder[_T]) -> _T | None:
        """The value of `name`, or None."""
        raw = self.rest.pop(name, None)
        if raw is None:
            return None
        try:
            return decoder.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadRequest(f"Invalid request: `{self.path(name)}`: {error}") from error

    def need(self, name: str, decoder: msgspec.json.Decoder[_T]) -> _T:
        """The value of `name`."""
        if (value := self.take(name, decoder)) is None:
            raise BadRequest(f"Invalid request: `{self.path(name)}` is required.")
        return value

    def count(self, name: str, decoder: msgspec.json.Decoder[int]) -> int | None:
        """A number that must be at least 1, or None."""
        value = self.take(name, decoder)
        if value is not None and value < 1:
            raise BadRequest(f"Invalid request: `{self.path(name)}` must be at least 1.")
        return value

    def path(self, name: str) -> str:
        """Where `name` stands in the request."""
        return f"{self.place}.{name}" if self.place else name


def read_body(body: bytes) -> Fields:
    """A caller's whole body. Raises `BadRequest`, whatever the bytes are."""
    try:
        body.decode()  # values that are passed through unread must be UTF-8 as well
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not valid UTF-8: byte {error.start} can't be read.") from error
    return Fields(body)


def patched(body: bytes, target: Target, *, private: frozenset[str] = frozenset()) -> bytes:
    """A caller's own body for a provider of the same shape: named patches, all else byte for byte.

    `private` are further fields that must not reach it. Raises `BadRequest`.
    """
    given = read_body(body).given
    fields = meant_for_it({name: raw for name, raw in given.items() if name not in private}, target)
    fields["model"] = target.model
    return _ENCODER.encode(renamed(fields, target))


def meant_for_it(given: Mapping[str, Raw], target: Target) -> dict[str, object]:
    """Fields without those of the gateway, but for the ones that a provider which is a gateway itself keeps."""
    return {name: raw for name, raw in given.items() if name not in GATEWAY_FIELDS or name in target.keeps}


def renamed(fields: dict[str, object], target: Target) -> dict[str, object]:
    """`fields` as this one provider spells them; changed in place.

    Beside names, its `renames` may say a value: `input_type.search_query` to `query`. Values come before names.
    """
    for name, other in target.renames.items():
        field, dot, value = name.partition(".")
        if dot and field in fields and _text(fields[field]) == value:
            fields[field] = other
    for name, other in target.renames.items():
        if name in fields:
            fields[other] = fields.pop(name)
    for name in target.drops:
        fields.pop(name, None)
    return fields


def _text(value: object) -> object:
    return _STRING.decode(value) if isinstance(value, Raw) and bytes(value)[:1] == b'"' else value


def object_of(body: bytes, what: str) -> dict[str, Raw]:
    """The fields of a provider's answer. Raises `Malformed` when it is no object, or holds an error."""
    try:
        body.decode()
        fields = OBJECT.decode(body)
    except FAULTS as error:
        raise Malformed(f"the body is not {what}") from error
    if bytes(fields.get("error", b"null")) != b"null":
        raise Malformed("the body holds an error")
    return fields


def read_answer(body: bytes, decoder: msgspec.json.Decoder[_A], what: str) -> _A:
    """A provider's answer. Raises `Malformed` when it is of another kind, or holds an error."""
    try:
        body.decode()
        answer = decoder.decode(body)
    except FAULTS as error:
        raise Malformed(f"the body is not {what}") from error
    if answer.error and bytes(answer.error) != b"null":
        raise Malformed("the body holds an error")
    return answer


def count(value: float | None) -> int:
    """A figure of a provider's bill: some write whole numbers as floats, and leave out what is zero."""
    return max(int(value or 0), 0)


def cost_fields(charged: Charged) -> dict[str, object]:
    """What an answer costs, in USD, as the reference's `usage` tells it (`behaviour.md` section 20)."""
    return {
        "cost": to_number(charged.cost),
        "is_byok": charged.is_byok,
        "cost_details": {
            "upstream_inference_cost": charged.upstream,
            "upstream_inference_prompt_cost": to_number(charged.prompt_cost),
            "upstream_inference_completions_cost": to_number(charged.completion_cost),
        },
    }
