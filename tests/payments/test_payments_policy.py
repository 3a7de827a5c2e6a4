"""The operator's choices: taxes, promotion codes, presets, fees, how long bought credits last; and the books."""

from __future__ import annotations

import csv
import io
import time
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from payments_house import House
from pypdf import PdfReader

from modelport.kit import clock
from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payments_house import Buyer

_DAY = 86_400_000
TEN = parse_usd("10")


@pytest.fixture(scope="module")
def other_house(shared_house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server whose operator chose otherwise."""
    made = House(
        tmp_path_factory.mktemp("policies"),
        stripe=shared_house.stripe,
        bought_credits_days=30,
        stripe_automatic_tax=True,
        stripe_promotion_codes=True,
        topup_presets=["7", "70"],
        topup_fee_percent="0",
        topup_min="2",
        topup_max="70",
        cny_per_usd="7",
        refund_if_spent="debt",
        seller_name="Example Ltd",
        seller_details="VAT 123",
    )
    yield made
    made.leave()
    made.stop()


def _bought(house: House, **how: Any) -> tuple[Buyer, dict[str, Any]]:
    buyer = house.buyer()
    order = buyer.buy("10")
    house.stripe.pay(house.page_of(order), **how)
    after = buyer.order(order["id"])
    assert after["credited"]
    return buyer, after


def _receipt(buyer: Buyer, language: str) -> str:
    [number] = [each["number"] for each in buyer.ask("GET", "/app/payments/receipts").json()]
    answer = buyer.ask("GET", f"/app/payments/receipts/{number}.pdf?language={language}")
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


class TestBoughtCredits:
    """They last for ever, or as many days as the operator says; promotional ones are spent before them."""

    def test_for_ever(self, house: House) -> None:
        buyer, order = _bought(house)
        assert order["expires_at"] is None
        assert buyer.ask("GET", "/app/payments/options").json()["credits_days"] is None
        house.harness.call(house.harness.services.credits.expire(clock.now_ms() + 10_000 * _DAY))
        assert buyer.balance == TEN

    def test_for_thirty_days(self, other_house: House) -> None:
        house = other_house
        buyer, order = _bought(house)
        assert buyer.ask("GET", "/app/payments/options").json()["credits_days"] == 30
        made = house.operator.ask("POST", "/admin/vouchers", {"amount": "4", "count": 1, "promotional": True}).json()
        assert buyer.ask("POST", "/app/payments/redeem", {"code": made["codes"][0]}).status_code == 200
        buyer.spend("5")
        lots = buyer.ask("GET", "/app/payments/lots").json()
        assert [(each["bought"], each["remaining"]) for each in lots] == [(True, "9")], "the voucher was spent first"
        assert lots[0]["expires_at"] == order["expires_at"]
        expire = house.harness.services.credits.expire
        house.harness.call(expire(clock.now_ms() + 29 * _DAY))
        assert buyer.balance == parse_usd("9")
        house.harness.call(expire(clock.now_ms() + 31 * _DAY))
        assert buyer.balance == 0
        [gone] = [
            each for each in buyer.ask("GET", "/app/payments/transactions").json()["data"] if each["code"] == "expire"
        ]
        assert (gone["amount"], gone["source"], gone["reference"]) == ("-9", "expired", order["id"])

    def test_a_refund_leaves_nothing_to_expire(self, other_house: House) -> None:
        house = other_house
        buyer, order = _bought(house)
        answer = house.operator.ask("POST", f"/admin/payments/orders/{order['id']}/refund", {"credits": "6"})
        assert answer.json()["status"] == "done"
        house.harness.call(house.harness.services.credits.expire(clock.now_ms() + 31 * _DAY))
        assert buyer.balance == 0
        house.harness.check()


class TestCheckoutPolicies:
    """What Stripe is asked for, and what the receipt says of it."""

    def test_taxes_and_codes_only_where_they_are_wanted(self, house: House, other_house: House) -> None:
        plain = house.stripe.pages[house.page_of(house.buyer().buy("10"))]
        assert not plain["taxed"]
        assert not plain["tax_ids"]
        assert not plain["promotions"]
        page = other_house.stripe.pages[other_house.page_of(other_house.buyer().buy("10", language="zh"))]
        assert page["taxed"]
        assert page["tax_ids"]
        assert page["promotions"]
        assert page["locale"] == "zh"

    @pytest.mark.parametrize(
        ("language", "words"), [("en", ["Tax", "Discount", "Paid"]), ("zh", ["税费", "优惠", "实付"])]
    )
    def test_a_tax_and_a_promotion_code(self, other_house: House, language: str, words: list[str]) -> None:
        """Both are Stripe's and come on top of what the order asks for: the credits stay as they were."""
        buyer, order = _bought(other_house, tax=190, discount=250)
        assert (order["amount"], order["tax"], order["paid_amount"]) == ("10.00", "1.90", "9.40")
        assert buyer.balance == TEN
        text = _receipt(buyer, language)
        for word in (*words, "10.00", "-2.50", "1.90", "9.40", "Example Ltd", "VAT 123"):
            assert word in text

    def test_a_code_s_discount_is_not_paid_back(self, other_house: House) -> None:
        """A refund pays back what was paid, not what was asked for."""
        _, order = _bought(other_house, discount=500)
        answer = other_house.operator.ask("POST", f"/admin/payments/orders/{order['id']}/refund", {})
        assert answer.json()["amount"] == "5.00"

    def test_presets_limits_fee_and_rate(self, house: House, other_house: House) -> None:
        theirs = other_house.buyer().ask("GET", "/app/payments/options").json()
        assert (theirs["presets"], theirs["minimum"], theirs["maximum"]) == (["7", "70"], "2", "70")
        assert theirs["refund_if_spent"] == "debt"
        buyer = other_house.buyer()
        quote = buyer.ask("GET", "/app/payments/quote?credits=10&currency=cny").json()
        assert (quote["fee"], quote["amount"], quote["rate"]) == ("0", "70.00", "7")
        assert buyer.ask("GET", "/app/payments/quote?credits=71").status_code == 400
        ours = house.buyer()
        quote = ours.ask("GET", "/app/payments/quote?credits=100&currency=cny").json()
        assert (quote["fee"], quote["amount"]) == ("5.5", "759.60")

    def test_the_portal_is_for_who_saved_a_card(self, house: House) -> None:
        assert house.buyer().ask("POST", "/app/payments/portal").status_code == 400
        buyer, _ = _bought(house)
        url = buyer.ask("POST", "/app/payments/portal").json()["url"]
        assert url.startswith(house.stripe.address)


class TestBooks:
    """What only operators read."""

    def test_orders_of_everybody(self, house: House) -> None:
        buyer, order = _bought(house)
        other, _ = _bought(house)
        email = house.harness.call(house.harness.services.accounts.email_of(buyer.user_id))

        def ids(query: str) -> list[str]:
            answer = house.operator.ask("GET", f"/admin/payments/orders?{query}")
            assert answer.status_code == 200, answer.text
            return [each["order"]["id"] for each in answer.json()["data"]]

        assert ids(f"q={email}") == ids(f"q={order['id']}") == ids(f"q={buyer.account_id}") == [order["id"]]
        assert order["id"] in ids("status=paid&processor=stripe&limit=100")
        assert order["id"] not in ids("disputed=true")
        house.operator.ask("POST", f"/admin/payments/orders/{order['id']}/refund", {"credits": "1"})
        assert ids(f"refunded=true&q={email}") == [order["id"]]
        first = house.operator.ask("GET", "/admin/payments/orders?limit=1").json()
        rest = ids(f"limit=1&before={first['next']}")
        assert rest[0] != first["data"][0]["order"]["id"]
        assert first["data"][0]["email"].endswith("@pay.test")
        assert other.ask("GET", "/admin/payments/orders").status_code == 403
        assert house.operator.ask("GET", "/admin/payments/orders?before=nonsense").status_code == 400

    def test_files(self, house: House) -> None:
        buyer, order = _bought(house)
        answer = house.operator.ask("GET", "/admin/payments/orders.csv")
        rows = {row["id"]: row for row in csv.DictReader(io.StringIO(answer.text))}
        assert rows[order["id"]]["account_id"] == buyer.account_id
        answer = house.operator.ask("GET", "/admin/payments/ledger.csv")
        entries = [row for row in csv.DictReader(io.StringIO(answer.text)) if row["reference"] == order["id"]]
        assert [(row["debit"], row["credit"], row["usd"], row["code"]) for row in entries] == [
            ("payments:stripe", f"credits:{buyer.account_id}", "10", "topup"),
            ("payments:stripe", "fees", "0.8", "fee"),
        ]

    def test_every_processor_has_a_report_and_yesterday_s_is_made_by_itself(self, house: House) -> None:
        house.operator.ask("GET", "/admin/vouchers")
        transfer = house.buyer().buy("30", method="bank_transfer")
        came = {"currency": "usd", "amount": transfer["amount"], "reference": f"bank-{transfer['id']}"}
        house.operator.ask("POST", f"/admin/payments/orders/{transfer['id']}/confirm", came)
        house.round()
        assert house.operator.ask("GET", "/admin/payments/processors").json() == ["stripe", "epay", "bank"]
        kept = house.operator.ask("GET", "/admin/payments/reconciliations").json()
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 90_000))
        assert {each["processor"] for each in kept if each["day"] == yesterday} == {"stripe", "epay", "bank"}
        today = time.strftime("%Y-%m-%d", time.gmtime())
        for processor in ("epay", "bank"):
            path = f"/admin/payments/reconciliation?day={today}&processor={processor}"
            report = house.operator.ask("GET", path).json()
            assert report["green"], report
        assert Decimal(report["ledger"]["topup"]) >= 30
        assert house.operator.ask("GET", f"/admin/payments/reconciliation?day={today}&processor=x").status_code == 400

    def test_a_top_up_of_the_ledger_without_its_order_is_found(self, other_house: House) -> None:
        """Somebody who writes into the ledger, or changes an order, is seen."""
        house = other_house
        _, order = _bought(house)
        stranger = house.buyer()
        more: dict[str, Any] = {"processor": "stripe", "idempotency_key": "forged"}
        house.harness.call(house.harness.services.credits.topup(stranger.account_id, 77, reference="forged", **more))
        from modelport.payments import store

        change = partial(store.change, order_id=order["id"], credits=TEN + 1)
        house.harness.call(house.harness.services.database.write(change))
        today = time.strftime("%Y-%m-%d", time.gmtime())
        report = house.operator.ask("GET", f"/admin/payments/reconciliation?day={today}").json()
        assert not report["green"]
        wrong = {
            (each["reference"], each["what"], each["expected"], each["found"]) for each in report["ledger_differences"]
        }
        assert wrong == {("forged", "topup", "0", "0.000000077"), (order["id"], "topup", "10.000000001", "10")}

    def test_a_refund_without_an_answer_is_settled_by_hand(self, house: House) -> None:
        """EPay's refunds can't be asked for twice: an operator says what became of one."""
        buyer, order = _bought(house)
        house.stripe.lose_answers = 2
        path = f"/admin/payments/orders/{order['id']}/refund"
        made = house.operator.ask("POST", path, {"credits": "4"}).json()
        assert (made["status"], buyer.balance) == ("taken", parse_usd("6"))
        settle = f"/admin/payments/refunds/{made['id']}/settle"
        assert house.operator.ask("POST", settle, {"paid": False}).json()["status"] == "failed"
        assert buyer.balance == TEN
        assert house.operator.ask("POST", settle, {"paid": True}).status_code == 409
        assert house.operator.ask("POST", "/admin/payments/refunds/none/settle", {"paid": True}).status_code == 404

    def test_margins(self, house: House) -> None:
        for by in ("day", "model", "provider"):
            answer = house.operator.ask("GET", f"/admin/margins?by={by}")
            assert answer.status_code == 200, answer.text
            value = answer.json()
            revenue = sum(Decimal(each["revenue"]) for each in value["data"])
            assert revenue == Decimal(value["total"]["revenue"])
