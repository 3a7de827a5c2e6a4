"""What a route says about the change it makes; the recorder writes it down when the change is answered for.

A route that says nothing is recorded all the same, by its method and address: no change goes unrecorded because
somebody forgot it.
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


def note(
    request: Request, subject: str | None, *, before: Shown = None, after: Shown = None, account_id: str | None = None
) -> None:
    """Tells what is changed: its id, and how it was and is now, as it is shown to people (so without secrets)."""
    request.state.audit = Noted(subject, _plain(before), _plain(after), account_id)


def _plain(value: Shown) -> Any:  # JSON
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
