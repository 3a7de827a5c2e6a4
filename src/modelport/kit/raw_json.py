"""JSON that is passed on rather than understood: kept on one line, and laid over by figures of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Raw

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULTS", "NULL", "one_line", "overlaid"]

FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding bytes of unknown making can raise."""

NULL = Raw(b"null")

_FIELDS = msgspec.json.Decoder(dict[str, Raw])


def one_line(data: bytes) -> bytes:
    """`data` without the line ends between its values, which would cut a server-sent event in two.

    Untouched when there are none. Raises `msgspec.DecodeError` when it is no JSON.
    """
    if b"\n" not in data and b"\r" not in data:
        return data
    return msgspec.json.format(data, indent=-1)


def overlaid(theirs: Raw | None, ours: Mapping[str, object]) -> dict[str, object]:
    """The object `theirs` with `ours` laid over it, one level deep where both hold an object.

    What is no object counts as an empty one.
    """
    try:
        known = _FIELDS.decode(theirs) if theirs is not None else {}
    except FAULTS:
        known = {}
    laid: dict[str, object] = {**known}
    for name, value in ours.items():
        inner = isinstance(value, dict) and name in known
        # JSON has no other kind of dict.
        laid[name] = overlaid(known[name], cast("dict[str, object]", value)) if inner else value
    return laid
