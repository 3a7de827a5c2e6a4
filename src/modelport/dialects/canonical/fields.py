"""The fields of a caller's JSON objects, taken one by one, with words that name the place of what is wrong."""

from __future__ import annotations

from typing import Self, TypeVar

import msgspec
from msgspec import Raw

from modelport.errors import BadRequest
from modelport.kit.raw_json import FAULTS

__all__ = ["Fields"]

_T = TypeVar("_T")
_OBJECT = msgspec.json.Decoder(dict[str, Raw])


class Fields:
    """The fields of one JSON object, taken one by one; what stays in `rest` nobody asked for.

    A field that is null counts as not given. Raises `BadRequest` that names the place.
    """

    def __init__(self, raw: Raw | bytes, place: str) -> None:
        self.place = place
        try:
            self.rest = _OBJECT.decode(raw)
        except FAULTS as error:
            quoted = f"`{place}`" if place else "the body"
            raise BadRequest(f"Invalid request: {quoted} must be an object: {error}") from error

    def raw(self, name: str) -> Raw | None:
        """The bytes of `name`, or None."""
        raw = self.rest.pop(name, None)
        return None if raw is None or bytes(raw) == b"null" else raw

    def take(self, name: str, decoder: msgspec.json.Decoder[_T]) -> _T | None:
        """The value of `name`, or None."""
        raw = self.raw(name)
        if raw is None:
            return None
        try:
            return decoder.decode(raw)
        except FAULTS as error:
            raise BadRequest(f"Invalid request: `{self.path(name)}`: {error}") from error

    def need(self, name: str, decoder: msgspec.json.Decoder[_T]) -> _T:
        """The value of `name`."""
        if (value := self.take(name, decoder)) is None:
            raise BadRequest(f"Invalid request: `{self.path(name)}` is required.")
        return value

    def inner(self, name: str) -> Self | None:
        """The object `name`, or None."""
        raw = self.raw(name)
        return None if raw is None else type(self)(raw, self.path(name))

    def left(self) -> dict[str, Raw]:
        """What nobody asked for, without nulls."""
        return {name: raw for name, raw in self.rest.items() if bytes(raw) != b"null"}

    def path(self, name: str) -> str:
        """Where `name` stands in the request."""
        return f"{self.place}.{name}" if self.place else name
