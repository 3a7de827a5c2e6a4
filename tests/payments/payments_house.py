"""The house for tests of payments: the real server, Stripe and EPay beside it, buyers and an operator."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import httpx
from epay_gateway import KEY, MERCHANT, EPayGateway
from stripe_front import HOOK_SECRET, SECRET, StripeFront, signature

from api.api_harness import Harness
from modelport.accounts.sessions import start_session
from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from pathlib import Path

_numbers = itertools.count(1)


class Buyer:
    """Somebody signed in who buys."""

    def __init__(self, house: House, *, operator: bool = False) -> None:
        self.house = house
        services = house.harness.services

        async def make() -> tuple[str, str, str]:
            user = await services.accounts.create_user(f"buyer{next(_numbers)}@pay.test", is_admin=operator)
            token, _ = await services.database.write(
                lambda connection: start_session(
                    connection,
                    services.keys._vault,
                    user_id=user.id,
                    account_id=user.account_id,
                    method="password",
                    lifetime_ms=3_600_000,
                    address=None,
                    user_agent=None,
                )
            )
            return user.id, user.account_id, token

        self.user_id, self.account_id, token = house.harness.call(make())
        headers = {"cookie": f"modelport={token}", "x-modelport-app": "1", "connection": "close"}
        self.http = httpx.Client(base_url=house.harness.url, headers=headers, timeout=30)

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request of the web app."""
        return self.http.request(method, f"/api{path}", json=body)

    def buy(self, usd: str = "10", *, method: str = "card", currency: str = "usd", **more: Any) -> dict[str, Any]:
        """An order."""
        answer = self.ask(
            "POST", "/app/payments/orders", {"credits": usd, "method": method, "currency": currency, **more}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, order_id: str) -> dict[str, Any]:
        """The order as it stands, asked for at its processor."""
        answer = self.ask("GET", f"/app/payments/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def balance(self) -> int:
        """What the account has, in nano-dollars."""
        credits = self.house.harness.services.credits

        async def read() -> int:
            credits.changed(self.account_id)
            return (await credits.purse(self.account_id)).posted

        return self.house.harness.call(read())

    @property
    def debt(self) -> int:
        """What the account owes."""
        credits = self.house.harness.services.credits

        async def read() -> int:
            credits.changed(self.account_id)
            return (await credits.purse(self.account_id)).debt

        return self.house.harness.call(read())

    def spend(self, usd: str) -> None:
        """Uses credits up, as answers do."""
        from modelport.credits.service import Posting, ledger_account, post

        services = self.house.harness.services
        reference = f"spent{next(_numbers)}"

        def write(connection: Any) -> None:
            mine = ledger_account(connection, "credits", self.account_id)
            revenue = ledger_account(connection, "revenue", "")
            post(connection, [Posting(mine, revenue, parse_usd(usd), "single", "generation", reference, reference)])

        self.house.harness.call(services.database.write(write))
        self.house.harness.call(_noted(services.credits, self.account_id))


async def _noted(credits: Any, account_id: str) -> None:
    credits.changed(account_id)


class House:
    """Everything that runs."""

    def __init__(self, folder: Path, *, stripe: StripeFront | None = None, **settings: Any) -> None:
        """`stripe` is another house's, where one is there already."""
        self._guest = stripe is not None
        self.stripe = stripe or StripeFront()
        self.epay = EPayGateway()
        self.harness = Harness(
            folder,
            log_level="warning",
            stripe_secret_key=SECRET,
            stripe_webhook_secret=HOOK_SECRET,
            stripe_methods=["card", "alipay", "wechat_pay"],
            stripe_address=self.stripe.address,
            epay_address=self.epay.address,
            epay_merchant=MERCHANT,
            epay_key=KEY,
            epay_methods=["alipay", "wechat_pay"],
            bank_transfer_instructions="Bank of Examples, 000-1",
            **{"topup_fee_percent": "5.5", "topup_fee_min": "0.80", **settings},
        )
        self.payments = self.harness.services.payments
        self.buyers: list[Buyer] = []
        self._operator: Buyer | None = None

    @property
    def operator(self) -> Buyer:
        """Somebody who runs the server."""
        if self._operator is None:
            self._operator = Buyer(self, operator=True)
        return self._operator

    def buyer(self) -> Buyer:
        """Somebody new."""
        made = Buyer(self)
        self.buyers.append(made)
        return made

    def leave(self) -> None:
        """The buyers go home."""
        for each in self.buyers:
            each.http.close()
        self.buyers.clear()

    def page_of(self, order: dict[str, Any]) -> str:
        """The Checkout page of an order."""
        return str(order["url"]).rpartition("/")[2]

    def hook(self, body: bytes, **signing: Any) -> httpx.Response:
        """Delivers an event of Stripe's."""
        headers = {"stripe-signature": signature(body, **signing), "content-type": "application/json"}
        return self.harness.http.post("/api/webhooks/stripe", content=body, headers=headers)

    def completed(self, page: str, event_id: str | None = None, **change: Any) -> bytes:
        """The event that a page was paid."""
        return self.stripe.event("checkout.session.completed", {**self.stripe.pages[page], **change}, event_id)

    def round(self) -> None:
        """One round of the jobs, without patience."""
        self.harness.call(self.payments.jobs.round(at_once=True))

    def stop(self) -> None:
        """Ends everything."""
        if self._operator is not None:
            self._operator.http.close()
        self.harness.stop(within=1)
        if not self._guest:
            self.stripe.stop()
        self.epay.stop()
