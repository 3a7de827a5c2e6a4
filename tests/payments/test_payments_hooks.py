"""Web hooks that can't be forged, replayed or crossed; refunds and disputes that processors tell of."""

from __future__ import annotations

import json
import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from stripe_front import signature
from structlog.testing import capture_logs

from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from pathlib import Path

    from payments_house import Buyer, House

TEN = parse_usd("10")


def test_a_hundred_deliveries_in_any_order(house: House) -> None:
    """Each of two orders' events a hundred times, shuffled among forgeries of every kind: credited once each."""
    buyer = house.buyer()
    pages = [house.page_of(buyer.buy("10")) for _ in range(2)]
    for page in pages:
        house.stripe.pay(page)
    good = [house.completed(page, f"evt_good_{page}") for page in pages]
    first = house.stripe.pages[pages[0]]
    intent = house.stripe.intent(first["payment_intent"])
    stranger = house.buyer()
    epay_number = house.harness.call(_an_epay_order(house, stranger))
    deliveries: list[tuple[bytes, Any]] = []
    for _ in range(100):
        deliveries += [(body, {}) for body in good]
        deliveries += [
            (house.stripe.event("payment_intent.succeeded", intent), {}),
            (good[0], {"secret": "whsec_wrong"}),
            (good[0], {"secret": ""}),
            (good[0], {"at": int(time.time()) - 3600}),
            (house.completed(pages[0], amount_subtotal=1), {}),
            (house.completed(pages[0], currency="cny"), {}),
            (house.completed(pages[0], client_reference_id=epay_number, metadata={"modelport_order": epay_number}), {}),
            (
                house.completed(
                    pages[0], id="cs_other", payment_intent=None, metadata={"modelport_order": epay_number}
                ),
                {},
            ),
        ]
    random.Random(7).shuffle(deliveries)  # noqa: S311 (an order of deliveries is no secret)
    verdicts: dict[str, int] = {}
    with capture_logs() as logs:
        for body, signing in deliveries:
            answer = house.hook(body, **signing)
            assert answer.status_code in {200, 400}, answer.text
            word = "forged" if answer.status_code == 400 else answer.json()["verdict"]
            verdicts[word] = verdicts.get(word, 0) + 1
    assert verdicts["applied"] == 2
    assert verdicts["forged"] == 300
    assert verdicts["refused: another amount"] == 100
    assert verdicts["refused: another currency"] == 100
    assert verdicts["refused: names another order"] == 100
    assert verdicts["refused: another processor's order"] == 100
    assert verdicts["ignored"] == 298
    assert sum(verdicts.values()) == len(deliveries) == 1000
    words = [(each["event"], each["log_level"]) for each in logs if each["event"].startswith("payments.event")]
    assert words.count(("payments.event_forged", "warning")) == 300
    assert words.count(("payments.event_refused", "error")) == 400
    kept = house.operator.ask("GET", "/admin/payments/events?verdict=refused&limit=200").json()
    assert len(kept) == 200
    assert {each["verdict"][:8] for each in kept} == {"refused:"}
    assert buyer.balance == 2 * TEN
    assert stranger.balance == 0


def test_a_hundred_refunds_and_disputes_in_any_order(house: House) -> None:
    """Each event about money that went back a hundred times, shuffled: what it says happens once."""
    refunder, _, refunded = _bought(house)
    made = house.stripe.http.post("/v1/refunds", data={"payment_intent": _intent(house, refunded), "amount": "540"})
    loser, _, lost = _bought(house)
    loser.spend("4")
    winner, _, won = _bought(house)
    event, dispute = house.stripe.event, house.stripe.dispute
    bodies = [
        event("refund.created", made.json()),
        event("refund.updated", made.json()),
        event("refund.created", {**made.json(), "amount": 10**7}),
        event("refund.created", {**made.json(), "currency": "cny"}),
        event("charge.dispute.created", dispute(lost)),
        event("charge.dispute.closed", dispute(lost, status="lost")),
        event("charge.dispute.created", {**dispute(lost), "amount": 10**7}),
        event("charge.dispute.created", dispute(won)),
        event("charge.dispute.closed", dispute(won, status="won")),
        event("charge.dispute.funds_reinstated", dispute(won, status="won")),
    ]
    deliveries = bodies * 100
    random.Random(11).shuffle(deliveries)  # noqa: S311 (an order of deliveries is no secret)
    stripe, hooks = house.payments.stripe, house.payments.hooks
    assert stripe is not None

    async def deliver() -> list[str]:
        return [await hooks.take("stripe", await stripe.read_event(body, signature(body))) for body in deliveries]

    verdicts = house.harness.call(deliver())
    assert verdicts.count("refused: more than was paid") == 200
    assert verdicts.count("refused: another currency") == 100
    assert (refunder.balance, refunder.debt) == (parse_usd("5"), 0)
    assert (loser.balance, loser.debt) == (0, parse_usd("4"))
    assert (winner.balance, winner.debt) == (TEN, 0)


def test_a_hundred_notices_of_epay(house: House) -> None:
    """The same for the other processor, shuffled among forgeries and crossed ones: credited once."""
    buyer = house.buyer()
    order_id = house.harness.call(_an_epay_order(house, buyer, "pay_of_epay_too"))
    facts = {"trade_no": "trade-x", "out_trade_no": order_id, "type": "alipay", "money": "10.80"}
    house.epay.paid[order_id] = facts
    crossed = buyer.buy("10")["id"]
    notice = house.epay.notice
    good = notice(facts)
    deliveries: list[dict[str, str]] = [
        each
        for each in (
            good,
            notice(facts, key="wrong"),
            notice(facts, key=""),
            good | {"sign": ""},
            good | {"pid": "1002"},
            notice({**facts, "money": "0.01"}),
            notice({**facts, "out_trade_no": crossed, "trade_no": "trade-y"}),
        )
        for _ in range(100)
    ]
    random.Random(5).shuffle(deliveries)  # noqa: S311 (an order of deliveries is no secret)
    told = [house.harness.http.get("/api/webhooks/epay", params=each) for each in deliveries]
    words = [each.text if each.status_code == 200 else str(each.status_code) for each in told]
    assert (words.count("success"), words.count("fail"), words.count("400")) == (100, 200, 400)
    assert buyer.balance == TEN


async def _an_epay_order(house: House, buyer: Buyer, name: str = "pay_of_epay") -> str:
    """The id of an order of another processor."""
    from modelport.kit import clock
    from modelport.payments import store

    order = store.Order(
        name, buyer.account_id, buyer.user_id, "epay", "alipay", "checkout", TEN, 0, "cny", 1080, "1",
        "pending", name, None, None, None, None, None, None,
        clock.now_ms(), clock.now_ms(), clock.now_ms() + 10**9, None, None, 0, 0,
    )  # fmt: skip
    await house.harness.services.database.write(lambda connection: store.add_order(connection, order))
    return order.id


def test_events_are_noted_with_their_verdict(house: House) -> None:
    from sqlalchemy import text

    buyer = house.buyer()
    page = house.page_of(buyer.buy("10"))
    house.stripe.pay(page)
    for _ in range(3):
        house.hook(house.completed(page, f"evt_noted_{page}"))
    rows = house.harness.call(
        house.harness.services.database.read(
            lambda connection: connection.execute(
                text("SELECT verdict, deliveries FROM payment_events WHERE event_id = :id"), {"id": f"evt_noted_{page}"}
            ).all()
        )
    )
    assert [tuple(row) for row in rows] == [("applied", 3)]


def test_the_truth_is_asked_for(house: House) -> None:
    """An event with a good signature about a page that nobody has paid credits nothing."""
    buyer = house.buyer()
    page = house.page_of(buyer.buy("10"))
    lie = house.completed(page, status="complete", payment_status="paid")
    assert house.hook(lie).json() == {"verdict": "ignored"}
    assert buyer.balance == 0


def test_a_processor_that_is_down_is_told_to_send_again(house: House) -> None:
    buyer = house.buyer()
    page = house.page_of(buyer.buy("10"))
    house.stripe.pay(page)
    house.stripe.down = True
    assert house.hook(house.completed(page)).status_code == 503
    house.stripe.down = False
    assert house.hook(house.completed(page)).json() == {"verdict": "applied"}
    assert buyer.balance == TEN


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff\xfe", b'{"id": 1, "type": null, "data": {"object": []}}'])
def test_nonsense_with_a_good_signature(house: House, body: bytes) -> None:
    assert house.hook(body).status_code in {200, 400}


def test_no_secret_no_address(tmp_path: Path) -> None:
    """Without a secret, an empty one signs nothing: the address does not exist."""
    from stripe_front import SECRET

    from api.api_harness import Harness

    harness = Harness(tmp_path, log_level="warning", stripe_secret_key=SECRET)
    try:
        body = json.dumps({"id": "evt_1", "type": "checkout.session.completed"}).encode()
        headers = {"stripe-signature": signature(body, secret="")}
        assert harness.http.post("/api/webhooks/stripe", content=body, headers=headers).status_code == 404
        assert harness.http.get("/api/webhooks/epay").status_code == 404
    finally:
        harness.stop(within=1)


class TestRefunds:
    """Credits first, money then."""

    def test_an_operator_refunds_what_is_left(self, house: House) -> None:
        buyer, order, page = _bought(house)
        answer = _refund(house, order, credits="4")
        assert answer["status"] == "done"
        assert (buyer.balance, answer["amount"]) == (parse_usd("6"), "4.32")
        assert _refund(house, order)["amount"] == "6.48", "the rest, with its part of the fee"
        assert buyer.balance == 0
        paid_back = [each for each in _stripe_refunds(house) if each["payment_intent"] == _intent(house, page)]
        assert sum(each["amount"] for each in paid_back) == 1080
        answer = house.operator.ask("POST", f"/admin/payments/orders/{order}/refund", {})
        assert answer.status_code == 409
        kinds = [each["kind"] for each in buyer.ask("GET", "/app/payments/receipts").json()]
        assert sorted(kinds) == ["receipt", "refund", "refund"]

    @pytest.mark.parametrize(
        ("policy", "status", "balance", "debt"),
        [("refuse", 409, "3", "0"), ("rest", 200, "0", "0"), ("debt", 200, "0", "7")],
    )
    def test_what_was_spent(self, house: House, policy: str, status: int, balance: str, debt: str) -> None:
        buyer, order, _ = _bought(house)
        buyer.spend("7")
        answer = house.operator.ask("POST", f"/admin/payments/orders/{order}/refund", {"if_spent": policy})
        assert answer.status_code == status, answer.text
        if status == 200:
            assert answer.json()["amount"] == {"rest": "3.24", "debt": "10.80"}[policy]
        assert (buyer.balance, buyer.debt) == (parse_usd(balance), parse_usd(debt))

    def test_an_answer_that_is_lost(self, house: House) -> None:
        """The refund was made and its answer lost: it is asked for again by the same key and made once."""
        buyer, order, page = _bought(house)
        house.stripe.lose_answers = 2
        answer = _refund(house, order)
        assert answer["status"] == "taken"
        assert buyer.balance == 0
        house.round()
        found = house.operator.ask("GET", f"/admin/payments/orders/{order}/refunds").json()
        assert [each["status"] for each in found] == ["done"]
        assert len([each for each in _stripe_refunds(house) if each["payment_intent"] == _intent(house, page)]) == 1

    def test_two_at_once(self, house: House) -> None:
        from concurrent.futures import ThreadPoolExecutor

        buyer, order, page = _bought(house)
        path = f"/admin/payments/orders/{order}/refund"
        house.operator.ask("GET", "/admin/vouchers")
        with ThreadPoolExecutor(6) as pool:
            bodies: list[dict[str, Any]] = [{} for _ in range(6)]
            answers = [each.status_code for each in pool.map(partial(house.operator.ask, "POST", path), bodies)]
        assert sorted(answers) == [200] + [409] * 5
        assert buyer.balance == 0
        assert len([each for each in _stripe_refunds(house) if each["payment_intent"] == _intent(house, page)]) == 1

    def test_made_in_the_processor_s_dashboard(self, house: House) -> None:
        buyer, _, page = _bought(house)
        made = house.stripe.http.post("/v1/refunds", data={"payment_intent": _intent(house, page), "amount": "540"})
        event = house.stripe.event("refund.created", made.json())
        assert house.hook(event).json() == {"verdict": "applied"}
        assert buyer.balance == parse_usd("5")
        for _ in range(5):
            assert house.hook(event).json() == {"verdict": "ignored"}
        assert buyer.balance == parse_usd("5")

    def test_our_own_refund_s_event_changes_nothing(self, house: House) -> None:
        buyer, order, page = _bought(house)
        _refund(house, order, credits="4")
        [made] = [each for each in _stripe_refunds(house) if each["payment_intent"] == _intent(house, page)]
        assert house.hook(house.stripe.event("refund.created", made)).json() == {"verdict": "ignored"}
        assert buyer.balance == parse_usd("6")


class TestDisputes:
    """Charged back, won, and told in any order."""

    def test_lost_after_everything_was_spent(self, house: House) -> None:
        """The credits are owed; the next ones pay it first."""
        buyer, _, page = _bought(house)
        buyer.spend("8")
        opened = house.stripe.event("charge.dispute.created", house.stripe.dispute(page))
        for _ in range(3):
            house.hook(opened)
        assert (buyer.balance, buyer.debt) == (0, parse_usd("8"))
        house.hook(house.stripe.event("charge.dispute.closed", house.stripe.dispute(page, status="lost")))
        assert (buyer.balance, buyer.debt) == (0, parse_usd("8"))
        order = buyer.buy("20")
        house.stripe.pay(house.page_of(order))
        assert buyer.order(order["id"])["credited"]
        assert (buyer.balance, buyer.debt) == (parse_usd("12"), 0)

    def test_won(self, house: House) -> None:
        """Also when the events come in the wrong order, and each twice."""
        buyer, _, page = _bought(house)
        opened = house.stripe.event("charge.dispute.created", house.stripe.dispute(page))
        won = house.stripe.event("charge.dispute.closed", house.stripe.dispute(page, status="won"))
        for event in (won, opened, won, opened):
            house.hook(event)
        assert (buyer.balance, buyer.debt) == (TEN, 0)

    def test_told_before_the_payment(self, house: House) -> None:
        buyer = house.buyer()
        page = house.page_of(buyer.buy("10"))
        house.stripe.pay(page)
        body = {**house.stripe.dispute(page), "metadata": house.stripe.pages[page]["metadata"]}
        assert house.hook(house.stripe.event("charge.dispute.created", body)).json() == {"verdict": "applied"}
        assert buyer.balance == 0
        assert house.hook(house.completed(page)).json() == {"verdict": "ignored"}
        assert buyer.balance == 0


def test_reconciliation(house: House) -> None:
    """The day's report is green, and names a payment that only one side knows."""
    buyer, order, _ = _bought(house)
    _refund(house, order, credits="4")
    today = time.strftime("%Y-%m-%d", time.gmtime())

    def report() -> dict[str, Any]:
        answer = house.operator.ask("GET", f"/admin/payments/reconciliation?day={today}")
        assert answer.status_code == 200, answer.text
        value: dict[str, Any] = answer.json()
        return value

    before = report()
    page = house.page_of(buyer.buy("10"))
    intent = house.stripe.pay(page)["id"]
    after = report()
    new = [each for each in after["differences"] if each not in before["differences"]]  # type: ignore[operator,attr-defined]
    assert [(each["payment_id"], each["ours"], each["theirs"]) for each in new] == [(intent, 0, 1080)]  # type: ignore[index]
    house.round()
    mine = [each for each in report()["differences"] if each["payment_id"] == intent]
    assert not mine


def _bought(house: House) -> tuple[Buyer, str, str]:
    """A buyer with ten dollars of credits by card, the order and its page."""
    buyer = house.buyer()
    order = buyer.buy("10")
    page = house.page_of(order)
    house.stripe.pay(page)
    assert buyer.order(order["id"])["credited"]
    return buyer, order["id"], page


def _refund(house: House, order_id: str, **body: object) -> dict[str, Any]:
    answer = house.operator.ask("POST", f"/admin/payments/orders/{order_id}/refund", body)
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    return value


def _intent(house: House, page: str) -> str:
    return str(house.stripe.pages[page]["payment_intent"])


def _stripe_refunds(house: House) -> list[dict[str, Any]]:
    value: list[dict[str, Any]] = house.stripe.http.get("/v1/refunds?limit=100").json()["data"]
    return value
