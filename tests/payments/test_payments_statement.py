"""Monthly statements: whatever happened, they add up to the nano-dollar, and agree with the ledger."""

from __future__ import annotations

import contextlib
import csv
import io
import random
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from credits.money_house import House as Money
from credits.money_house import a_house, rows
from db.database_places import blocking_where_it_may, cluster, migrated_file, migrated_server, place, quiet
from modelport.credits.errors import AlreadySpent, NotEnough
from modelport.kit import clock
from modelport.payments.errors import BadOrder, NoSuchOrder
from modelport.payments.statements import Statements, span_of
from modelport.usage import rollup

if TYPE_CHECKING:
    from payments_house import Buyer, House

    from db.database_places import Place

__all__ = ["blocking_where_it_may", "cluster", "migrated_file", "migrated_server", "place", "quiet"]
_DAY = 86_400_000
_START = int(datetime(2026, 9, 20, tzinfo=UTC).timestamp() * 1000)


class Life:
    """An account's life over some months, at random."""

    def __init__(self, money: Money, seed: int) -> None:
        self.money = money
        self.lots = random.Random(seed)  # noqa: S311 (what happens when is no secret)
        self.now = _START
        self.count = 0
        self.orders: list[str] = []

    def amount(self) -> int:
        return self.lots.choice([1, 7, 10**9, self.lots.randrange(1, 5 * 10**9)])

    async def step(self) -> None:
        """Time goes on, and something happens."""
        self.now += self.lots.randrange(3 * _DAY)
        self.count += 1
        credits, account = self.money.credits, self.money.account_id
        name = f"s{self.count}"
        order = self.lots.choice(self.orders or ["none"])
        back: dict[str, Any] = {"processor": "acme", "reference": order, "idempotency_key": name}
        with contextlib.suppress(AlreadySpent, NotEnough):
            match self.lots.randrange(10):
                case 0 | 1:
                    expires = self.now + 20 * _DAY if self.lots.random() < 0.5 else None
                    self.orders.append(name)
                    await credits.topup(
                        account, self.amount(), processor="acme", reference=name, idempotency_key=name, fee=5,
                        expires_at=expires,
                    )  # fmt: skip
                case 2:
                    await credits.grant(
                        account, self.amount(), reference=name, idempotency_key=name, expires_at=self.now + 10 * _DAY
                    )
                case 3:
                    await credits.refund(account, self.amount(), if_spent=self.lots.choice(["refuse", "rest"]), **back)
                case 4:
                    await credits.dispute(account, self.amount(), **back)
                case 5:
                    await credits.win_dispute(account, self.amount(), **back)
                case 6:
                    await credits.expire()
                    await self.money.database.write(rollup.fold)
                case _:
                    await self.use()

    async def use(self) -> None:
        """A request, perhaps one that streams past midnight."""
        request = await self.money.request(self.amount())
        request.generation.model = self.lots.choice(["acme/one", "acme/two"])
        request.generation.created_at = self.now
        if self.lots.random() < 0.5:
            await request.deliver(1)
            self.now += self.lots.randrange(3_600_000)
        await request.settle(self.lots.randrange(request.held + 1))


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happened_the_months_add_up(place: Place, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each month begins with what the last ended with, the last ends with the balance, and the ledger says the same."""
    money = await a_house(place)
    life = Life(money, seed)
    monkeypatch.setattr(clock, "now_ms", lambda: life.now)
    for _ in range(60):
        await life.step()
    statements = Statements(money.database)
    months = sorted(await statements.months(money.account_id))
    assert len(months) >= 2
    balance = 0
    for month in months:
        made = await statements.statement(money.account_id, month)
        assert made.opening == balance
        balance = made.closing
        assert balance == made.opening + sum(made.by_code().values()) - sum(cost for _, _, cost in made.by_day())
        assert made.used == sum(each.cost for each in made.by_model())
        assert made.used == await _charged(money, *(day * _DAY for day in span_of(month)))
    purse = await money.purse()
    assert balance == purse.posted
    last = await statements.statement(money.account_id, months[-1])
    assert (last.owed, last.complete) == (purse.debt, False)
    first = await statements.statement(money.account_id, months[0])
    assert (first.complete, first.opening) == (True, 0)
    await money.journal.close()


async def _charged(money: Money, since: int, until: int) -> int:
    """What the ledger's own transfers charged for requests of a time."""
    found = await rows(
        money.database,
        "SELECT coalesce(sum(t.amount), 0) FROM transfers t JOIN ledger_accounts l ON l.id = t.debit_account "
        "JOIN generations g ON g.id = t.reference WHERE l.kind = 'credits' AND l.owner = :owner "
        "AND t.code = 'generation' AND t.phase IN ('single', 'posted') "
        "AND g.created_at >= :since AND g.created_at < :until",
        owner=money.account_id,
        since=since,
        until=until,
    )
    return int(found[0][0])


async def test_months_that_are_none(place: Place) -> None:
    money = await a_house(place)
    statements = Statements(money.database)
    for text in ("2026-13", "2026-1", "november", "2026-11-01", "1026-11"):
        with pytest.raises(BadOrder):
            await statements.statement(money.account_id, text)
    with pytest.raises(NoSuchOrder):
        await statements.statement(money.account_id, "2099-01")
    await money.journal.close()


@pytest.fixture(scope="module")
def busy(shared_house: House) -> Buyer:
    """Somebody who bought, redeemed, was paid back and used models, this month."""
    house = shared_house
    buyer = house.buyer()
    order = buyer.buy("10")
    house.stripe.pay(house.page_of(order))
    assert buyer.order(order["id"])["credited"]
    made = house.operator.ask("POST", "/admin/vouchers", {"amount": "2.5", "count": 1, "credits_days": 3}).json()
    assert buyer.ask("POST", "/app/payments/redeem", {"code": made["codes"][0]}).status_code == 200
    answer = house.operator.ask("POST", f"/admin/payments/orders/{order['id']}/refund", {"credits": "4"})
    assert answer.status_code == 200, answer.text
    key = house.harness.call(
        house.harness.services.keys.create(buyer.account_id, buyer.user_id, "statement")
    )[0]  # fmt: skip
    for number in range(3):
        body = {"model": "fake/text", "messages": [{"role": "user", "content": f"count {number}"}]}
        asked = house.harness.http.post(
            "/api/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"}
        )
        assert asked.status_code == 200, asked.text
    return buyer


def _month() -> str:
    return clock.now().strftime("%Y-%m")


def _csv(buyer: Buyer, path: str) -> list[dict[str, str]]:
    answer = buyer.ask("GET", f"/app/payments/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def _text(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


class TestOverTheWire:
    """What the app is given."""

    def test_a_month_as_data(self, busy: Buyer) -> None:
        assert busy.ask("GET", "/app/payments/statements").json() == [_month()]
        made = busy.ask("GET", f"/app/payments/statements/{_month()}").json()
        assert made["movements"] == {"topup": "10", "voucher": "2.5", "refund": "-4"}
        used = Decimal(made["used"])
        assert used > 0
        assert sum(Decimal(each["cost"]) for each in made["models"]) == used
        assert sum(Decimal(each["cost"]) for each in made["days"]) == used
        assert Decimal(made["closing"]) == Decimal("8.5") - used
        assert int(Decimal(made["closing"]) * 10**9) == busy.balance

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", ["Statement", "Balance at the beginning", "Top-up", "Voucher", "Refund", "Usage by model"]),
            ("zh", ["月结单", "期初余额", "充值", "兑换码", "退款", "按模型统计用量", "期末余额"]),
        ],
    )
    def test_as_pdf(self, busy: Buyer, language: str, words: list[str]) -> None:
        """Every amount on paper adds up to the balance at the end, digit for digit."""
        profile = {"name": "Ada 有限公司", "address": "1 Road", "country": "CN", "tax_id": "9131-X", "email": ""}
        assert busy.ask("PUT", "/app/payments/profile", profile).status_code == 200
        text = _text(busy.ask("GET", f"/app/payments/statements/{_month()}.pdf?language={language}"))
        for word in (*words, "9131-X", "fake/text"):
            assert word in text
        made = busy.ask("GET", f"/app/payments/statements/{_month()}").json()
        digits = len(made["used"].partition(".")[2])
        for amount in (made["closing"], made["used"], "10", "-4", "2.5"):
            assert f"{Decimal(amount):.{digits}f}" in text
        amounts = [Decimal(each) for each in re.findall(rf"-?\d+\.\d{{{digits}}}", text)]
        begin, *lines = amounts[:6]
        assert begin + sum(lines[:-1]) == lines[-1], "the summary: beginning, top-up, voucher, refund, use, end"

    def test_as_a_file(self, busy: Buyer) -> None:
        lines = _csv(busy, f"statements/{_month()}.csv")
        amounts = [Decimal(line["usd"]) for line in lines]
        assert (lines[0]["what"], lines[-1]["what"]) == ("opening", "closing")
        assert sum(amounts[:-1]) == amounts[-1]

    def test_files_of_everything(self, busy: Buyer) -> None:
        made = busy.ask("GET", f"/app/payments/statements/{_month()}").json()
        assert [line["code"] for line in _csv(busy, "transactions.csv")] == ["topup", "voucher", "refund"]
        assert sum(Decimal(line["usd"]) for line in _csv(busy, "usage.csv")) == Decimal(made["used"])
        [order] = _csv(busy, "orders.csv")
        assert (order["credits_usd"], order["paid"], order["refunded_usd"]) == ("10", "10.80", "4")
        assert _csv(busy, "orders.csv?until=2020-01-01") == []
        assert _csv(busy, "transactions.csv?since=2099-01-01&until=2099-01-02") == []

    def test_transactions_and_what_expires(self, busy: Buyer) -> None:
        first = busy.ask("GET", "/app/payments/transactions?limit=2").json()
        rest = busy.ask("GET", f"/app/payments/transactions?limit=2&before={first['next']}").json()
        assert [each["code"] for each in first["data"] + rest["data"]] == ["refund", "voucher", "topup"]
        [lot] = busy.ask("GET", "/app/payments/lots").json()
        assert (lot["amount"], lot["bought"]) == ("2.5", False)
        assert Decimal(lot["remaining"]) == Decimal("2.5") - Decimal(
            busy.ask("GET", f"/app/payments/statements/{_month()}").json()["used"]
        )

    def test_nobody_else_s(self, busy: Buyer, house: House) -> None:
        made = house.buyer().ask("GET", f"/app/payments/statements/{_month()}").json()
        assert (made["opening"], made["closing"], made["transactions"]) == ("0", "0", [])
        assert busy.ask("GET", "/app/payments/statements/2099-01").status_code == 404

    def test_a_spreadsheet_runs_nothing(self) -> None:
        from modelport.payments.files import csv_file

        body = csv_file("x", ("a",), [["=1+1"], ["-4.5"], ["-2+3"], ["@x"], ["+1"]]).body
        assert bytes(body).decode().split() == ["a", "'=1+1", "-4.5", "'-2+3", "'@x", "+1"]
