"""What a detector found."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Found"]


class Found(NamedTuple):
    """A place in a text; `label` where what stands in its place says more than the detector's own."""

    start: int
    end: int
    label: str = ""
