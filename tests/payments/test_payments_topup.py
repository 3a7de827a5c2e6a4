"""From an order to credits: Stripe, EPay, bank transfer; what it costs, what goes wrong, what is done again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from stripe_front import ASKS, DECLINED

from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from payments_house import Buyer, House

TEN = parse_usd("10")


class Killed(Exception):
    """The process dies here."""


class TestCheckout:
    """Stripe's own page."""

    def test_a_card_buys_credits_once(self, house: House) -> None:
        """Credits come at the event, and neither the event again nor looking gives more."""
        buyer = house.buyer()
        order = buyer.buy("10")
        assert (order["status"], order["fee"], order["amount"]) == ("pending", "0.8", "10.80")
        page = house.page_of(order)
        house.stripe.pay(page)
        assert buyer.balance == 0, "nobody has told yet"
        event = house.completed(page)
        assert house.hook(event).json() == {"verdict": "applied"}
        assert buyer.balance == TEN
        assert house.hook(event).json() == {"verdict": "ignored"}
        after = buyer.order(order["id"])
        assert (after["status"], after["credited"], after["paid_amount"]) == ("paid", True, "10.80")
        assert buyer.balance == TEN

    def test_an_event_that_never_comes(self, house: House) -> None:
        """The poller finds the payment."""
        buyer = house.buyer()
        house.stripe.pay(house.page_of(buyer.buy("25")))
        house.round()
        assert buyer.balance == parse_usd("25")

    def test_a_declined_card(self, house: House) -> None:
        buyer = house.buyer()
        order = buyer.buy("10")
        page = house.page_of(order)
        assert house.stripe.pay(page, DECLINED)["status"] == "requires_payment_method"
        assert buyer.order(order["id"])["status"] == "pending", "another card may be tried on the same page"
        house.stripe.pay(page)
        assert buyer.order(order["id"])["credited"]
        assert buyer.balance == TEN

    @pytest.mark.parametrize("success", [True, False])
    def test_a_bank_that_asks(self, house: House, *, success: bool) -> None:
        """3-D Secure: nothing is credited before the buyer has answered."""
        buyer = house.buyer()
        order = buyer.buy("10")
        page = house.page_of(order)
        assert house.stripe.pay(page, ASKS)["status"] == "requires_action"
        assert buyer.order(order["id"])["status"] == "pending"
        house.stripe.authenticate(page, success=success)
        assert buyer.order(order["id"])["credited"] is success
        assert buyer.balance == (TEN if success else 0)

    def test_a_page_that_expires(self, house: House) -> None:
        buyer = house.buyer()
        order = buyer.buy("10")
        house.stripe.expire(house.page_of(order))
        assert buyer.order(order["id"])["status"] == "expired"

    @pytest.mark.parametrize("method", ["alipay", "wechat_pay"])
    def test_yuan_by_stripe(self, house: House, method: str) -> None:
        """10 dollars and 0.80 of fee at 7.2 are 77.76 yuan. The credits are dollars."""
        buyer = house.buyer()
        order = buyer.buy("10", method=method, currency="cny")
        assert (order["processor"], order["amount"]) == ("stripe", "77.76")
        house.stripe.pay(house.page_of(order))
        assert buyer.order(order["id"])["credited"]
        assert buyer.balance == TEN

    def test_the_same_key_gives_the_same_order(self, house: House) -> None:
        buyer = house.buyer()
        key = "once-and-only"
        with ThreadPoolExecutor(8) as pool:
            made = [pool.submit(buyer.buy, "10", idempotency_key=key) for _ in range(8)]
            orders = [each.result()["id"] for each in made]
        assert len(set(orders)) == 1
        body = {"credits": "20", "method": "card", "currency": "usd", "idempotency_key": key}
        assert buyer.ask("POST", "/app/payments/orders", body).status_code == 409

    @pytest.mark.parametrize(
        "body",
        [
            {"credits": "4.99", "method": "card"},
            {"credits": "5001", "method": "card"},
            {"credits": "10.001", "method": "card"},
            {"credits": "-5", "method": "card"},
            {"credits": "1e3", "method": "card"},
            {"credits": "10", "method": "cash"},
            {"credits": "10", "method": "card", "currency": "eur"},
            {"credits": "NaN", "method": "card"},
        ],
    )
    def test_what_can_not_be_bought(self, house: House, body: dict[str, str]) -> None:
        answer = house.buyer().ask("POST", "/app/payments/orders", body)
        assert answer.status_code == 400, answer.text

    def test_a_processor_that_is_down(self, house: House) -> None:
        """The order is kept: the same key goes on with it when the processor is back."""
        buyer = house.buyer()
        house.stripe.down = True
        body = {"credits": "10", "method": "card", "currency": "usd", "idempotency_key": "try-again-later"}
        answer = buyer.ask("POST", "/app/payments/orders", body)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        house.stripe.down = False
        assert buyer.buy("10", idempotency_key="try-again-later")["url"]

    def test_a_given_up_order_that_is_paid_all_the_same(self, house: House) -> None:
        """Money that came is credited."""
        buyer = house.buyer()
        order = buyer.buy("10")
        page = house.page_of(order)
        assert buyer.ask("POST", f"/app/payments/orders/{order['id']}/cancel").json()["status"] == "canceled"
        house.stripe.pay(page)
        assert house.hook(house.completed(page)).json() == {"verdict": "applied"}
        assert buyer.balance == TEN

    def test_somebody_else_s_order(self, house: House) -> None:
        order = house.buyer().buy("10")
        assert house.buyer().ask("GET", f"/app/payments/orders/{order['id']}").status_code == 404


class TestCrashes:
    """The process dies between two steps: the next round does the rest, and nothing twice."""

    def test_between_payment_and_credits(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        buyer = house.buyer()
        order = buyer.buy("10")
        house.stripe.pay(house.page_of(order))
        credits = house.harness.services.credits

        async def dies(*_: object, **__: object) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(credits, "topup", dies)
            assert buyer.ask("GET", f"/app/payments/orders/{order['id']}").status_code == 500
        assert buyer.balance == 0
        house.round()
        assert buyer.balance == TEN
        assert buyer.order(order["id"])["credited"]

    def test_between_credits_and_receipt(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        buyer = house.buyer()
        order = buyer.buy("10")
        house.stripe.pay(house.page_of(order))

        async def dies(*_: object) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(house.payments.receipts, "issue", dies)
            assert buyer.ask("GET", f"/app/payments/orders/{order['id']}").status_code == 500
        assert buyer.balance == TEN
        house.round()
        assert buyer.balance == TEN
        assert len(buyer.ask("GET", "/app/payments/receipts").json()) == 1

    def test_the_answer_with_the_page_is_lost(self, house: House) -> None:
        """Asking again by the same key finds the page that was made."""
        buyer = house.buyer()
        buyer.buy("5")  # the customer is made
        house.stripe.lose_answers = 2  # the library tries once more by itself
        body = {"credits": "10", "method": "card", "currency": "usd", "idempotency_key": "lost-answer"}
        pages = len(house.stripe.pages)
        assert buyer.ask("POST", "/app/payments/orders", body).status_code == 503
        order = buyer.buy("10", idempotency_key="lost-answer")
        assert len(house.stripe.pages) == pages + 1
        house.stripe.pay(house.page_of(order))
        assert buyer.order(order["id"])["credited"]


class TestEPay:
    """Signed addresses and notices."""

    def test_a_notice_buys_credits_once(self, house: House) -> None:
        """Yuan by Stripe and by EPay are both set up here; the first that is set up is asked."""
        buyer = house.buyer()
        order = _epay_order(house, buyer)
        notice = house.epay.pay(order["url"])
        for _ in range(3):
            answer = house.harness.http.get("/api/webhooks/epay", params=notice)
            assert answer.text == "success"
        assert buyer.balance == TEN
        form = house.harness.http.post("/api/webhooks/epay", data=notice)
        assert form.text == "success"
        assert buyer.balance == TEN

    def test_a_good_signature_is_not_enough(self, house: House) -> None:
        """Whoever learns the key still can't be believed: the gateway is asked."""
        buyer = house.buyer()
        order = _epay_order(house, buyer)
        facts = {"trade_no": "t1", "out_trade_no": order["id"], "type": "alipay", "money": order["amount"]}
        answer = house.harness.http.get("/api/webhooks/epay", params=house.epay.notice(facts))
        assert answer.text == "success"
        assert buyer.balance == 0

    def test_too_little_money(self, house: House) -> None:
        buyer = house.buyer()
        order = _epay_order(house, buyer)
        notice = house.epay.pay(order["url"], money="0.01")
        assert house.harness.http.get("/api/webhooks/epay", params=notice).text == "fail"
        house.round()
        assert buyer.balance == 0
        assert buyer.order(order["id"])["failure"] == "amount_mismatch"

    @pytest.mark.parametrize("change", [{"money": "1.00"}, {"pid": "1002"}, {"sign": ""}, {"sign": "0" * 32}])
    def test_forged(self, house: House, change: dict[str, str]) -> None:
        buyer = house.buyer()
        order = _epay_order(house, buyer)
        notice = house.epay.pay(order["url"]) | change
        answer = house.harness.http.get("/api/webhooks/epay", params=notice)
        assert answer.status_code == 400
        assert buyer.balance == 0


def _epay_order(house: House, buyer: Buyer) -> dict[str, str]:
    """An order at EPay although Stripe takes the same methods."""
    from modelport.payments.processor import Buyer as Who
    from modelport.payments.schemas import OrderData

    payments, stripe = house.payments, house.payments.processors.pop("stripe")
    try:
        made = house.harness.call(
            payments.orders.buy(
                buyer.account_id,
                Who("a@b.test", None, "zh", "http://127.0.0.1/{status}/{order}"),
                user_id=buyer.user_id,
                credits=TEN,
                currency="cny",
                method="alipay",
                client_key=None,
            )
        )
    finally:
        payments.processors["stripe"] = stripe
    assert made.order.processor == "epay"
    value: dict[str, str] = OrderData.of(made.order).model_dump(mode="json")
    return value


class TestBankTransfer:
    """Confirmed by hand."""

    def test_an_operator_confirms_it_once(self, house: House) -> None:
        buyer = house.buyer()
        order = buyer.buy("100", method="bank_transfer")
        assert order["id"] in order["instructions"]
        path = f"/admin/payments/orders/{order['id']}/confirm"
        came = {"currency": "usd", "amount": order["amount"], "reference": "bank-1"}
        assert buyer.ask("POST", path, came).status_code == 403
        wrong = {**came, "amount": "1.00"}
        assert house.operator.ask("POST", path, wrong).status_code == 400
        assert buyer.balance == 0
        for _ in range(2):
            assert house.operator.ask("POST", path, came).json()["credited"]
        assert buyer.balance == parse_usd("100")

    def test_one_transfer_confirms_one_order(self, house: House) -> None:
        first, second = house.buyer(), house.buyer()
        orders = [each.buy("10", method="bank_transfer") for each in (first, second)]
        came = {"currency": "usd", "amount": orders[0]["amount"], "reference": "bank-the-same"}
        answers = [
            house.operator.ask("POST", f"/admin/payments/orders/{each['id']}/confirm", came).status_code
            for each in orders
        ]
        assert answers == [200, 400]
        assert (first.balance, second.balance) == (TEN, 0)
