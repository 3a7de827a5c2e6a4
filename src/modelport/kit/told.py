"""A sentence for people that programs can word anew in another language, by a stable word and the values in it."""

from __future__ import annotations

from typing import Self

__all__ = ["Told"]


class Told(str):
    """The sentence itself, wherever a text is wanted; `code` and `values` for who words it anew."""

    __slots__ = ("code", "values")
    code: str
    values: dict[str, str | int]

    def __new__(cls, code: str, text: str, **values: str | int) -> Self:
        """`code` is never changed once it was told."""
        made = super().__new__(cls, text)
        made.code, made.values = code, values
        return made
