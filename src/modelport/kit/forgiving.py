"""JSON of unknown making, read as far as it can be: one field of a wrong kind does not cost the whole answer.

What a provider's answer must be is known from documentation and from recordings, and neither holds for ever: a count
that comes as a text, a null where a number stood, a list where there was one object. What is right is read by the
strict decoder at its usual price. Only when that refuses is the one value in the way mended (a number that is a text, a
single thing in a list), and else left out as if it had never been sent; then it is read again.
"""

from __future__ import annotations

import re
from typing import Any, Final, Generic, TypeVar, overload

import msgspec
from msgspec import Raw

from modelport.kit.raw_json import FAULTS

__all__ = ["Forgiving"]

_T = TypeVar("_T")

_MOST: Final = 32
"""Values that are mended in one body: beyond, it is of another kind altogether."""
_PLACE: Final = re.compile(r" - at `(?:key in )?\$(.*)`$")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_EXPECTED: Final = re.compile(r"^Expected `([^`]+)`")

_OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
_LIST: Final = msgspec.json.Decoder(list[Raw])
_ENCODE: Final = msgspec.json.Encoder().encode


class Forgiving(Generic[_T]):
    """A decoder of JSON that leaves out what is of the wrong kind."""

    @overload
    def __init__(self, kind: type[_T]) -> None: ...
    @overload
    def __init__(self: Forgiving[Any], kind: Any) -> None: ...  # a union is no type to the checker
    def __init__(self, kind: Any) -> None:
        self._strict: msgspec.json.Decoder[_T] = msgspec.json.Decoder(kind)
        self._lax: msgspec.json.Decoder[_T] = msgspec.json.Decoder(kind, strict=False)

    def decode(self, data: bytes | Raw) -> _T:
        """What `data` says.

        Raises `msgspec.DecodeError` for what is no JSON, and for what can't be mended: the whole is of another kind, or
        lacks a field that nothing can be made of it without.
        """
        try:
            return self._strict.decode(data)
        except msgspec.ValidationError:
            return self._mended(bytes(data))

    def decode_or_none(self, data: bytes | Raw) -> _T | None:
        """The same, and None for what can't be read at all: for one of many."""
        try:
            return self.decode(data)
        except FAULTS:
            return None

    def _mended(self, data: bytes) -> _T:
        for _ in range(_MOST):
            try:
                return self._lax.decode(data)
            except msgspec.ValidationError as error:
                mended = _without(data, str(error))
                if mended is None:
                    raise
                data = mended
        return self._strict.decode(data)


def _without(data: bytes, complaint: str) -> bytes | None:
    """`data` with the value that is complained of mended or left out; None where that is the whole."""
    place = _PLACE.search(complaint)
    path: list[str | int] = []
    for name, position in _STEP.findall(place[1]) if place is not None else ():
        if position == "...":
            break  # some value of an object whose keys are free: msgspec does not say which
        path.append(int(position) if position else name)
    match = _EXPECTED.match(complaint)
    expected = match[1].split(" | ") if match else []
    if path:
        return _changed(data, path, expected)
    return _fitting(data, expected) if expected else None


def _changed(data: bytes | Raw, path: list[str | int], expected: list[str]) -> bytes | None:
    step, *rest = path
    holder: Any = _LIST.decode(data) if isinstance(step, int) else _OBJECT.decode(data)
    new = _changed(holder[step], rest, expected) if rest else _fitting(holder[step], expected)
    if new is None:
        del holder[step]
    else:
        holder[step] = Raw(new)
    return _ENCODE(holder)


def _fitting(value: bytes | Raw, expected: list[str]) -> bytes | None:
    """A value in one of the kinds that are expected; None where nothing of it is one."""
    said = bytes(value).strip()
    first = said[:1]
    fitting: bytes | None = None
    if first == b"[":
        alone = _LIST.decode(said)
        fitting = bytes(alone[0]) if len(alone) == 1 and "array" not in expected else None
    elif first == b"{" and "array" in expected:
        fitting = b"[" + said + b"]" if _OBJECT.decode(said) else None
    elif "str" in expected and first not in {b"n", b'"'}:
        fitting = _ENCODE(said.decode()) if first != b"{" or _OBJECT.decode(said) else None
    elif "int" in expected and first in _NUMBER:
        fitting = _whole(said)
    return fitting


_NUMBER: Final = frozenset(b"%c" % each for each in b"-0123456789")


def _whole(number: bytes) -> bytes | None:
    try:
        return b"%d" % float(number)
    except (ValueError, OverflowError):
        return None
