"""The seam to payment processors: what each can be asked, and what it answers. Implementations in `processors/`.

A processor knows nothing of credits and decides nothing: it is told an order's amount, and tells what it knows of the
payment. Every call that moves money carries our own id, so that repeating it moves nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from modelport.payments.store import Order

__all__ = ["Buyer", "Found", "Notice", "Paid", "Processor", "Saved", "Started"]


class Buyer(NamedTuple):
    """Who buys, as a processor may know them."""

    email: str
    customer_id: str | None
    language: str
    """`zh` or `en`: of the payment page."""
    return_url: str
    """Where the browser comes back to, with `{status}` and `{order}` still to be filled in."""


class Started(NamedTuple):
    """A payment that can be made now."""

    external_id: str
    """The processor's name for it."""
    url: str | None
    """Where to send the browser; None where instructions are shown instead."""
    instructions: str | None = None
    customer_id: str | None = None


class Saved(NamedTuple):
    """A payment method that can be charged later without its owner."""

    customer_id: str
    payment_method: str
    brand: str
    last4: str


class Paid(NamedTuple):
    """Money that came in, in the processor's own words, to be held against the order."""

    payment_id: str
    currency: str
    subtotal: int
    """What the order asked for, before taxes and promotion codes, in the smallest unit."""
    total: int
    """What was really paid."""
    tax: int
    method: str | None
    saved: Saved | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """How a payment stands at the processor."""

    state: Literal["open", "paid", "failed", "expired"]
    paid: Paid | None = None
    failure: str | None = None
    """The processor's word for why it failed."""
    external_id: str | None = None
    """The processor's name for the payment, where it was made by asking."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One event from a web hook whose signature was good."""

    event_id: str
    kind: str
    """The processor's own name for what happened."""
    about: Literal["payment", "refund", "dispute", "other"]
    order_id: str | None = None
    external_id: str | None = None
    payment_id: str | None = None
    amount: int | None = None
    """In the smallest unit: of the payment, the refund or the dispute."""
    currency: str | None = None
    won: bool | None = None
    """Of a dispute that was closed: whether the money came back. None while it is open."""
    reference: str | None = None
    """The refund's or the dispute's own id."""


class Processor(Protocol):
    """What every processor can do. Raises `ProcessorDown` or `ProcessorRefused`."""

    name: str
    currencies: tuple[str, ...]
    methods: tuple[str, ...]
    repeats_refunds: bool
    """Whether asking for a refund twice pays back once."""

    async def start(self, order: Order, method: str, buyer: Buyer) -> Started:
        """Makes a payment page for the order; the same order gives the same page."""
        ...

    async def find(self, order: Order) -> Found:
        """How the order's payment stands."""
        ...

    async def refund(self, order: Order, amount: int, refund_id: str) -> str:
        """Pays back `amount` (smallest unit) once for each `refund_id`; returns the processor's own id of it."""
        ...

    async def charge_saved(self, order: Order, saved: Saved) -> Found:
        """Charges a saved payment method without its owner present, once for each order."""
        ...

    async def movements(self, since: int, until: int) -> list[tuple[str, str, int, str]] | None:
        """What came in and went out between two moments (unix seconds): id of the payment, kind (`payment`,
        `refund`), amount in the smallest unit, currency. None where it can't list them.
        """
        ...

    async def close(self) -> None:
        """Closes connections."""
        ...
