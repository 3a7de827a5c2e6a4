"""What operators' pages list: orders in every state, vouchers, rules of prices and of routing; made by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelport.payments.processor import Found, Paid, Started

if TYPE_CHECKING:
    from e2e_stage import Person, Stage

    from modelport.payments.processor import Buyer, Saved
    from modelport.payments.store import Order

__all__ = ["sell"]

_PRICE_RULES: tuple[dict[str, str], ...] = (
    {"group": "university-partners", "discount": "0.15"},
    {"group": "resellers", "model": "meta-llama/*", "markup": "0.125", "discount": "0.05"},
    {"model": "acme/later-*", "provider": "nebius", "markup": "0.2"},
)
"""None of them is about what anybody here calls: the other tests' prices are the shop window's."""
_ROUTING_RULES: tuple[dict[str, Any], ...] = (
    {"pattern": "moonshotai/later-*", "action": "pin", "providers": ["deepinfra", "together"], "note": "By contract."},
    {"pattern": "google/later-*", "action": "exclude", "providers": ["fireworks"], "note": "It stays in the region."},
    {"pattern": "meta-llama/*:free", "action": "weight", "providers": ["together"], "weight": 2.5},
)


class _Counter:
    """A payment processor that says what it is told to say; there only while the orders are made."""

    name = "stripe"
    currencies: tuple[str, ...] = ("usd", "cny")
    methods: tuple[str, ...] = ("card", "alipay")
    repeats_refunds = True

    def __init__(self) -> None:
        self.failure: str | None = None

    async def start(self, order: Order, method: str, buyer: Buyer) -> Started:  # noqa: ARG002 (the seam's shape)
        return Started(f"cs_{order.id}", "http://127.0.0.1:9/checkout")

    async def find(self, order: Order) -> Found:
        if self.failure is not None:
            return Found("failed", failure=self.failure)
        return Found("paid", Paid(f"pi_{order.id}", order.currency, order.amount, order.amount, 0, order.method))

    async def refund(self, order: Order, amount: int, refund_id: str) -> str:  # noqa: ARG002
        return f"re_{refund_id}"

    async def charge_saved(self, order: Order, saved: Saved) -> Found:  # noqa: ARG002
        return Found("failed", failure="not_supported")

    async def movements(self, since: int, until: int) -> list[tuple[str, str, int, str]] | None:  # noqa: ARG002
        return None

    async def close(self) -> None:
        """Nothing is open."""


class _Client:
    """Calls the web app's API as somebody."""

    def __init__(self, stage: Stage, person: Person) -> None:
        self._http = stage.harness.http
        self._headers = {"cookie": f"modelport={person.token}", "x-modelport-app": "web"}

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, path, json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json()

    def buys(self, credits: str, method: str = "card", currency: str = "usd") -> str:
        """The id of a new order."""
        body = {"credits": credits, "method": method, "currency": currency}
        return str(self("POST", "/api/app/payments/orders", body)["id"])

    def looks(self, order: str) -> None:
        """Reads the order, which asks its processor."""
        self("GET", f"/api/app/payments/orders/{order}")


def sell(stage: Stage, person: Person) -> None:
    """Orders of theirs and of a customer with a long address, and what an operator set up; all with the audit log."""
    office = _Client(stage, stage.person("operations@example.test", operator=True))
    customer = stage.person("accounts-payable.department@research.example-university.test")
    hers, theirs = _Client(stage, person), _Client(stage, customer)
    _orders(stage, hers, theirs, office)
    for body in _PRICE_RULES:
        office("POST", "/api/admin/pricing/rules", body)
    group = {"group": _PRICE_RULES[0]["group"]}
    office("PUT", f"/api/admin/accounts/{customer.account_id}/group", group)
    for rule in _ROUTING_RULES:
        office("POST", "/api/admin/routing/rules", rule)
    _vouchers(hers, theirs, office)


def _orders(stage: Stage, hers: _Client, theirs: _Client, office: _Client) -> None:
    payments = stage.harness.services.payments
    counter = _Counter()
    shown = payments.processors.get(counter.name)
    payments.processors[counter.name] = counter
    try:
        for order in (hers.buys("25"), hers.buys("140", "alipay", "cny")):
            hers.looks(order)
        paid_back, disputed = theirs.buys("1000"), theirs.buys("50")
        for order in (paid_back, disputed):
            theirs.looks(order)
        refund = {"credits": "400", "reason": "Ordered twice by mistake", "if_spent": "debt"}
        office("POST", f"/api/admin/payments/orders/{paid_back}/refund", refund)
        found = stage.harness.call(payments.orders.any(disputed))
        stage.harness.call(payments.refunds.disputed(found, "dp_stage", found.amount))
        counter.failure = "card_declined"
        theirs.looks(theirs.buys("20"))
    finally:
        del payments.processors[counter.name]
        if shown is not None:
            payments.processors[counter.name] = shown
    given_up = theirs.buys("75", "bank_transfer")
    theirs("POST", f"/api/app/payments/orders/{given_up}/cancel")
    theirs.buys("5000", "bank_transfer", "cny")


def _vouchers(hers: _Client, theirs: _Client, office: _Client) -> None:
    def made(amount: str, count: int, note: str, **more: object) -> tuple[str, list[str]]:
        body = {"amount": amount, "count": count, "note": note, **more}
        answer = office("POST", "/api/admin/vouchers", body)
        return answer["batch"]["id"], answer["codes"]

    _, codes = made("5", 20, "Hackathon in Hangzhou, November", per_user=1, credits_days=30)
    for client, code in zip((hers, theirs), codes, strict=False):
        client("POST", "/api/app/payments/redeem", {"code": code})
    made("100", 3, "")
    taken_back, _ = made("10", 2, "Printed with a wrong logo", expires_at="2099-01-31T00:00:00Z")
    office("POST", f"/api/admin/vouchers/{taken_back}/revoke")
