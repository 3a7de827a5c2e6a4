"""An answer that the caller began: a last message of the assistant's, which the model continues.

Some providers refuse one, or answer it, unless a field in it says that it is to be continued.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["MARKS", "mark_of"]

MARKS: Final = {
    "prefill_prefix": "a last message of the assistant's is continued where it says `prefix: true`",
    "prefill_partial": "a last message of the assistant's is continued where it says `partial: true`",
}
"""Quirks, with what they mean."""


def mark_of(target: Target) -> str | None:
    """The field that is set; None where none is needed."""
    return next((name.removeprefix("prefill_") for name in MARKS if name in target.quirks), None)
