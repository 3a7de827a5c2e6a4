"""Automatic top-up, receipts and the pages that show them."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader
from stripe_front import ASKS, DECLINED

from modelport.kit.money import parse_usd
from modelport.payments.amounts import minor_of_credits, quote, show
from modelport.payments.processors.epay import minor

if TYPE_CHECKING:
    from payments_house import Buyer, House


def _with_card(house: House) -> Buyer:
    """Somebody who has bought ten dollars by card, which saved it."""
    buyer = house.buyer()
    order = buyer.buy("10")
    house.stripe.pay(house.page_of(order))
    assert buyer.order(order["id"])["credited"]
    return buyer


def _set(buyer: Buyer, **change: object) -> dict[str, object]:
    wanted = {"enabled": True, "threshold": "5", "amount": "20", "monthly_cap": None, **change}
    answer = buyer.ask("PUT", "/app/payments/auto", wanted)
    assert answer.status_code == 200, answer.text
    value: dict[str, object] = answer.json()
    return value


def _auto_orders(buyer: Buyer) -> list[str]:
    data = buyer.ask("GET", "/app/payments/orders").json()["data"]
    return [each["status"] for each in data if each["origin"] == "auto"]


class TestAutoTopup:
    """Bought from a saved card when little is left."""

    def test_it_buys_when_little_is_left_and_never_two_at_once(self, house: House) -> None:
        buyer = _with_card(house)
        assert _set(buyer)["card"] == {"brand": "visa", "last4": "4242"}
        house.round()
        assert _auto_orders(buyer) == [], "ten dollars are enough"
        buyer.spend("6")

        async def rounds() -> None:
            await asyncio.gather(*(house.payments.auto.run() for _ in range(8)))

        house.harness.call(rounds())
        assert _auto_orders(buyer) == ["paid"]
        assert buyer.balance == parse_usd("24")

    def test_it_needs_a_card(self, house: House) -> None:
        answer = house.buyer().ask("PUT", "/app/payments/auto", {"enabled": True, "threshold": "5", "amount": "20"})
        assert answer.status_code == 400

    def test_the_month_s_cap(self, house: House) -> None:
        buyer = _with_card(house)
        _set(buyer, monthly_cap="40", threshold="5", amount="20")
        for _ in range(5):
            buyer.spend(f"{buyer.balance // 10**9 - 1}")
            house.round()
        assert _auto_orders(buyer) == ["paid", "paid"]

    def test_a_lost_answer_charges_once(self, house: House) -> None:
        buyer = _with_card(house)
        _set(buyer)
        buyer.spend("6")
        before = len(house.stripe.intents())
        house.stripe.lose_answers = 2
        house.round()
        assert _auto_orders(buyer) == ["created"]
        house.round()
        assert _auto_orders(buyer) == ["paid"]
        assert len(house.stripe.intents()) == before + 1
        assert buyer.balance == parse_usd("24")

    @pytest.mark.parametrize(
        ("card", "paused"), [(DECLINED, None), (ASKS, "authentication_required")], ids=["declined", "asks"]
    )
    def test_a_card_that_fails(self, house: House, card: str, paused: str | None) -> None:
        """A declined card is tried again later; one that wants its owner is not. Either way nothing is credited."""
        buyer = _with_card(house)
        _set(buyer)
        buyer.spend("6")
        _swap_card(house, buyer, card)
        house.round()
        assert _auto_orders(buyer) == ["failed"]
        assert buyer.ask("GET", "/app/payments/auto").json()["paused"] == paused
        house.round()
        assert _auto_orders(buyer) == ["failed"], "not at once again"
        assert buyer.balance == parse_usd("4")

    def test_three_failures_are_enough(self, house: House) -> None:
        from sqlalchemy import update

        from modelport.payments.tables import auto_topups

        buyer = _with_card(house)
        _set(buyer)
        buyer.spend("6")
        _swap_card(house, buyer, DECLINED)
        for _ in range(5):
            house.round()
            mine = update(auto_topups).where(auto_topups.c.account_id == buyer.account_id).values(retry_at=None)
            house.harness.call(
                house.harness.services.database.write(lambda connection, mine=mine: connection.execute(mine))
            )
        assert _auto_orders(buyer) == ["failed"] * 3
        assert buyer.ask("GET", "/app/payments/auto").json()["paused"] == "declined"
        _set(buyer)
        assert buyer.ask("GET", "/app/payments/auto").json()["paused"] is None


def _swap_card(house: House, buyer: Buyer, number: str) -> None:
    """The saved card is now another, as when a bank begins to refuse it."""
    from sqlalchemy import update

    from modelport.payments.tables import customers

    saved = house.harness.call(house.payments.auto.saved(buyer.account_id))
    assert saved is not None
    card = {"card[number]": number, "card[exp_month]": 12, "card[exp_year]": 2040, "card[cvc]": "123"}
    made = house.stripe._ask("/v1/payment_methods", type="card", **card)
    house.stripe._ask(f"/v1/payment_methods/{made['id']}/attach", customer=saved.customer_id)
    change = update(customers).where(customers.c.account_id == buyer.account_id).values(payment_method=made["id"])
    house.harness.call(house.harness.services.database.write(lambda connection: connection.execute(change)))


class TestReceipts:
    """Numbered, in two languages, unchangeable."""

    @pytest.mark.parametrize(("language", "words"), [("en", ["Receipt", "Paid"]), ("zh", ["收据", "实付", "购买方"])])
    def test_in_both_languages(self, house: House, language: str, words: list[str]) -> None:
        buyer = house.buyer()
        profile = {"name": "示例科技有限公司", "address": "上海市\n浦东新区", "tax_id": "91310000X"}
        assert buyer.ask("PUT", "/app/payments/profile", profile).status_code == 200
        order = buyer.buy("10")
        house.stripe.pay(house.page_of(order))
        buyer.order(order["id"])
        [receipt] = buyer.ask("GET", "/app/payments/receipts").json()
        answer = buyer.ask("GET", f"/app/payments/receipts/{receipt['number']}.pdf?language={language}")
        assert answer.headers["content-type"] == "application/pdf"
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        for word in [*words, receipt["number"], "10.80", "91310000X", order["id"]]:
            assert word in text, (word, text)
        other = house.buyer().ask("GET", f"/app/payments/receipts/{receipt['number']}.pdf")
        assert other.status_code == 404

    def test_later_details_do_not_change_it(self, house: House) -> None:
        buyer = _with_card(house)
        buyer.ask("PUT", "/app/payments/profile", {"name": "Later Inc"})
        [receipt] = house.harness.call(house.payments.receipts.of_account(buyer.account_id))
        assert receipt.facts.buyer.name == ""

    def test_numbers_have_no_gap(self, house: House) -> None:
        from concurrent.futures import ThreadPoolExecutor

        orders: list[str] = []
        buyers = [house.buyer() for _ in range(6)]
        for buyer in buyers:
            order = buyer.buy("10")
            house.stripe.pay(house.page_of(order))
            orders.append(str(order["id"]))
        with ThreadPoolExecutor(6) as pool:
            asked = [pool.submit(buyer.order, order_id) for buyer, order_id in zip(buyers, orders, strict=True)]
            assert all(each.result()["credited"] for each in asked)
        numbers = sorted(
            int(each["number"].rpartition("-")[2])
            for buyer in buyers
            for each in buyer.ask("GET", "/app/payments/receipts").json()
        )
        assert numbers == list(range(numbers[0], numbers[0] + 6))


class TestAmounts:
    """Integers only."""

    def test_what_an_order_costs(self, house: House) -> None:
        settings = house.harness.settings
        assert quote(settings, parse_usd("10"), "usd")[:2] == (parse_usd("10"), parse_usd("0.80"))
        assert quote(settings, parse_usd("100"), "usd").amount == 10550
        assert quote(settings, parse_usd("100"), "cny").amount == 75960

    def test_rounded_up_in_the_house_s_favour(self) -> None:
        assert minor_of_credits(parse_usd("0.001"), "1") == 1
        assert minor_of_credits(parse_usd("10"), "7.1234") == 7124

    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("1", 100),
            ("1.5", 150),
            ("1.50", 150),
            ("1.500", 150),
            ("1.505", None),
            ("-1", None),
            ("1e2", None),
            ("", None),
        ],
    )
    def test_amounts_as_gateways_write_them(self, text: str, amount: int | None) -> None:
        assert minor(text) == amount

    def test_shown_with_two_decimals(self) -> None:
        assert [show(each) for each in (5, 50, 12345)] == ["0.05", "0.50", "123.45"]
