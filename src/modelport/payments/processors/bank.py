"""Bank transfer: the buyer is told where to send the money, and an operator confirms that it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.payments.amounts import show
from modelport.payments.processor import Found, Started

if TYPE_CHECKING:
    from modelport.payments.processor import Buyer, Saved
    from modelport.payments.store import Order
    from modelport.settings import Settings

__all__ = ["Bank"]


class Bank:
    """A `Processor` whose events are an operator's."""

    name = "bank"
    currencies: tuple[str, ...] = ("usd", "cny")
    repeats_refunds = True
    methods: tuple[str, ...] = ("bank_transfer",)

    def __init__(self, settings: Settings) -> None:
        self._instructions = settings.bank_transfer_instructions or ""

    async def start(self, order: Order, method: str, buyer: Buyer) -> Started:  # noqa: ARG002 (the seam's shape)
        """What to send where, with the order's id as the reference."""
        return Started(order.id, None, self.instructions(order))

    def instructions(self, order: Order) -> str:
        """The same, to be read again while the transfer is on its way."""
        reference = f"{show(order.amount)} {order.currency.upper()} · {order.id}"
        return f"{self._instructions}\n{reference}"

    async def find(self, order: Order) -> Found:  # noqa: ARG002
        """Nothing is known but what an operator says."""
        return Found("open")

    async def refund(self, order: Order, amount: int, refund_id: str) -> str:  # noqa: ARG002
        """The operator sends the money by hand; the books are ours."""
        return refund_id

    async def charge_saved(self, order: Order, saved: Saved) -> Found:  # noqa: ARG002
        """There is nothing to charge."""
        return Found("failed", failure="not_supported")

    async def movements(self, since: int, until: int) -> list[tuple[str, str, int, str]] | None:  # noqa: ARG002
        """It has no list."""
        return None

    async def close(self) -> None:
        """Nothing is open."""
