"""What a route says about the change it makes, in people's words.

A route that says nothing is recorded all the same, by its method, its address and the rows it changes: no change goes
unrecorded because somebody forgot it. Said before the change it is part of the entry; said after it, beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from fastapi import Request

__all__ = ["Noted", "note"]

Shown = BaseModel | dict[str, Any] | None


@dataclass(frozen=True)
class Noted:
    """What a route said."""

    subject: str | None
    before: Any
    after: Any
    account_id: str | None
    """Whose account, where that is not the caller's."""

    @property
    def tells(self) -> bool:
        """Whether it says more than which thing is changed."""
        return self.before is not None or self.after is not None


def note(
    request: Request, subject: str | None, *, before: Shown = None, after: Shown = None, account_id: str | None = None
) -> None:
    """Tells what is changed: its id, and how it was and is now, as it is shown to people (so without secrets)."""
    request.state.audit = Noted(subject, _plain(before), _plain(after), account_id)


def _plain(value: Shown) -> Any:  # JSON
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
