"""The door to payments: what the rest of the house uses. Decides nothing itself; the parts are beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from modelport.kit.money import parse_usd
from modelport.payments.auto import AutoTopups
from modelport.payments.books import Books
from modelport.payments.errors import MethodOff
from modelport.payments.hooks import Hooks
from modelport.payments.jobs import Jobs
from modelport.payments.orders import Orders
from modelport.payments.processors.bank import Bank
from modelport.payments.processors.epay import EPay
from modelport.payments.processors.stripe import Stripe
from modelport.payments.receipts import Receipts
from modelport.payments.refunds import Refunds
from modelport.payments.statements import Statements
from modelport.payments.vouchers import Vouchers

if TYPE_CHECKING:
    from modelport.credits.service import Credits
    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.notices.service import Notices
    from modelport.payments.processor import Processor
    from modelport.payments.store import Order
    from modelport.settings import Settings

__all__ = ["EPAY_NOTICE", "Method", "Payments"]

EPAY_NOTICE = "/api/webhooks/epay"
"""Where EPay's notices come to, below the public address."""


class Method(NamedTuple):
    """A way to pay that is set up."""

    method: str
    currency: str
    processor: str


class Payments:
    """Everything about buying credits."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        credits: Credits,
        settings: Settings,
        notices: Notices,
    ) -> None:
        self._settings = settings
        self.processors: dict[str, Processor] = {}
        self.stripe = Stripe(settings) if settings.stripe_secret_key is not None else None
        self.epay = EPay(settings, self.public_url(EPAY_NOTICE)) if settings.epay_address is not None else None
        self._bank = Bank(settings) if settings.bank_transfer_instructions is not None else None
        for each in (self.stripe, self.epay, self._bank):
            if each is not None:
                self.processors[each.name] = each
        self.receipts = Receipts(database, settings)
        self.orders = Orders(database, credits, settings, self.processors, self.receipts, notices=notices)
        self.refunds = Refunds(database, credits, self.processors, self.receipts, notices)
        self.vouchers = Vouchers(database, vault, credits)
        self.auto = AutoTopups(database, credits, settings, self.orders, self.processors, notices=notices)
        self.hooks = Hooks(database, self.orders, self.refunds)
        self.statements = Statements(database)
        self.books = Books(database, self.processors)
        self.jobs = Jobs(database, self.orders, self.refunds, self.vouchers, self.auto, books=self.books)

    def public_url(self, path: str) -> str:
        """`path` at the address that people and processors reach this server by."""
        base = self._settings.public_url or f"http://{self._settings.host}:{self._settings.port}"
        return base.rstrip("/") + path

    def methods(self) -> list[Method]:
        """The ways to pay that are set up, in the order they are offered."""
        return [
            Method(method, currency, processor.name)
            for processor in self.processors.values()
            for method in processor.methods
            for currency in processor.currencies
        ]

    def presets(self) -> list[int]:
        """Amounts that the page offers, in nano-dollars."""
        return [parse_usd(text) for text in self._settings.topup_presets]

    def instructions(self, order: Order) -> str | None:
        """How to pay an order that has no page to pay on."""
        if self._bank is None or order.processor != self._bank.name or order.status not in {"created", "pending"}:
            return None
        return self._bank.instructions(order)

    async def portal(self, account_id: str) -> str:
        """Stripe's page for the account's cards and invoices. Raises `MethodOff`, `ProcessorDown`."""
        saved = await self.auto.saved(account_id)
        if self.stripe is None or saved is None:
            raise MethodOff("There is no saved card yet.")
        return await self.stripe.portal(saved.customer_id, self.public_url("/settings/credits"))

    async def run(self) -> None:
        """What payments do beside requests, until cancelled."""
        await self.jobs.run()

    async def close(self) -> None:
        """Closes connections to processors."""
        await asyncio.gather(*(each.close() for each in self.processors.values()))
