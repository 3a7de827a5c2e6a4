"""Calls whose arguments Vertex AI sends in pieces (`streamFunctionCallArguments`): values at places in the object."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec
from msgspec import UNSET, Struct, UnsetType

__all__ = ["PartialArg", "PartialCall"]

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_ENCODER = msgspec.json.Encoder()
_LONGEST = 10_000
"""A list longer than this is a provider's mistake, and would only cost memory."""


class PartialArg(Struct, rename="camel"):
    """One value, or more of a text."""

    json_path: str = "$"
    string_value: str | UnsetType = UNSET
    number_value: float | int | UnsetType = UNSET
    bool_value: bool | UnsetType = UNSET
    null_value: object = UNSET
    will_continue: bool = False


class _Object(dict[str, object]):
    """An object that grows."""


class _List(list[object]):
    """A list that grows."""


_Node = _Object | _List


class PartialCall:
    """A call that goes on."""

    def __init__(self, position: int) -> None:
        self.position = position
        self._arguments = _Object()
        self._unfinished: set[str] = set()

    def add(self, piece: PartialArg) -> None:
        """Puts a value in its place; text goes on where it was said to."""
        steps = [_key(found) for found in _STEP.finditer(piece.json_path)]
        if not steps or any(isinstance(step, int) and step > _LONGEST for step in steps):
            return
        holder: _Node = self._arguments
        for step, following in pairwise(steps):
            holder = _inside(holder, step, following)
        _set(holder, steps[-1], self._value(piece, _get(holder, steps[-1])))
        if piece.will_continue:
            self._unfinished.add(piece.json_path)
        else:
            self._unfinished.discard(piece.json_path)

    def arguments(self) -> str:
        """The object as far as it is known."""
        return _ENCODER.encode(self._arguments).decode()

    def _value(self, piece: PartialArg, known: object) -> object:
        if isinstance(piece.string_value, str):
            if isinstance(known, str) and piece.json_path in self._unfinished:
                return known + piece.string_value
            return piece.string_value
        if not isinstance(piece.number_value, UnsetType):
            number = piece.number_value
            return int(number) if isinstance(number, float) and number.is_integer() else number
        return None if isinstance(piece.bool_value, UnsetType) else piece.bool_value


def _key(found: re.Match[str]) -> str | int:
    name, index, single, double = found.groups()
    return int(index) if index is not None else next(each for each in (name, single, double) if each is not None)


def _inside(holder: _Node, step: str | int, following: str | int) -> _Node:
    """The list or object at `step`, made where there is none."""
    inner = _get(holder, step)
    if isinstance(inner, _List if isinstance(following, int) else _Object):
        return inner
    made = _List() if isinstance(following, int) else _Object()
    _set(holder, step, made)
    return made


def _get(holder: _Node, step: str | int) -> object:
    if isinstance(holder, _List):
        return holder[step] if isinstance(step, int) and step < len(holder) else None
    return holder.get(str(step))


def _set(holder: _Node, step: str | int, value: object) -> None:
    if isinstance(holder, _Object):
        holder[str(step)] = value
    elif isinstance(step, int):
        holder.extend([None] * (step + 1 - len(holder)))
        holder[step] = value
