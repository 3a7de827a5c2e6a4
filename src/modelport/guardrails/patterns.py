"""Customers' own patterns, run by RE2: in time linear in the text, whatever the pattern.

Python's own engine goes back and tries again, so that a pattern of eight letters can hold up a server for minutes.
RE2 has no look-around and no back-references, which is also what the reference allows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

import re2  # type: ignore[import-untyped]  # it comes without types

from modelport.guardrails.errors import BadGuardrail

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Pattern", "compiled"]

_engine: Any = re2  # loosely typed; what is used of it is stated below
_MOST_MEMORY = 8 << 20


class Match(Protocol):
    """A place where a pattern fits."""

    def start(self) -> int: ...
    def end(self) -> int: ...
    def span(self, group: int, /) -> tuple[int, int]: ...


class Pattern(Protocol):
    """A pattern, ready to be used."""

    def finditer(self, text: str, /) -> Iterable[Match]:
        """Where it fits, from left to right."""
        ...


@lru_cache(maxsize=4_096)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready to be used.

    Raises `BadGuardrail` that says what is wrong with it.
    """
    options = _engine.Options()
    options.max_mem = _MOST_MEMORY
    options.log_errors = False
    try:
        made = _engine.compile(pattern, options=options)
        empty = made.match("") is not None
    except (_engine.error, UnicodeEncodeError) as error:
        said = error.args[0] if error.args else "it can't be read"
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise BadGuardrail(
            f"invalid_regex_pattern: {pattern[:100]!r}: {reason}. Look-around and back-references are not allowed.",
            metadata={"rule": "pattern", "pattern": pattern[:100]},
        ) from error
    if empty:
        raise BadGuardrail(
            f"invalid_regex_pattern: {pattern[:100]!r} fits an empty text, so it would fit everywhere.",
            metadata={"rule": "pattern_empty", "pattern": pattern[:100]},
        )
    return cast("Pattern", made)
