"""What can be refused about guardrails, and by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.errors import BadRequest, Forbidden, NotFound

if TYPE_CHECKING:
    from modelport.guardrails.screening import Event

__all__ = ["BadGuardrail", "NoSuchGuardrail", "RefusedByGuardrail"]


class NoSuchGuardrail(NotFound):
    """The account has no guardrail with this id."""


class BadGuardrail(BadRequest):
    """What a guardrail is to say, or whom it is to apply to, can't be."""


class RefusedByGuardrail(Forbidden):
    """A guardrail does not let this request through; `events` are what its filters found."""

    events: tuple[Event, ...] = ()
