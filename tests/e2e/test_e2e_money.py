"""The operator's money in a browser, in both languages: vouchers, orders, refunds, disputes, margins, the books."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from e2e_axe import findings
from e2e_words import say
from playwright.sync_api import expect

from payments.stripe_front import signature

if TYPE_CHECKING:
    from e2e_stage import Open, Person
    from e2e_till import Till
    from playwright.sync_api import Locator, Page

_APP = {"X-Modelport-App": "web"}


@pytest.fixture(scope="module")
def boss(till: Till) -> Person:
    """An operator of the till's server."""
    return till.person("boss@till.test", operator=True)


def _order(page: Page, **wanted: Any) -> dict[str, Any]:
    """An order of who is signed in on the page."""
    body = {"credits": "10", "currency": "usd", "method": "card", **wanted}
    answer = page.request.post("/api/app/payments/orders", data=body, headers=_APP)
    assert answer.ok, answer.text()
    value: dict[str, Any] = answer.json()
    return value


def _bought(till: Till, page: Page) -> tuple[dict[str, Any], str]:
    """An order by card that is paid, and the page it was paid on."""
    order = _order(page)
    checkout = str(order["url"]).rpartition("/")[2]
    till.stripe.pay(checkout)
    answer = page.request.get(f"/api/app/payments/orders/{order['id']}")
    assert answer.json()["credited"]
    return order, checkout


def _opened(page: Page, language: str, order_id: str) -> Locator:
    """The order, looked for by its id and opened."""
    page.get_by_label(say(language, "money.orders.find")).fill(order_id)
    page.wait_for_url(re.compile(f"q={order_id}"))
    rows = page.get_by_role("table", name=say(language, "money.orders.title")).get_by_role("row")
    expect(rows).to_have_count(2)
    rows.last.get_by_role("button", name=say(language, "money.open")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def _press(within: Page | Locator, language: str, key: str) -> None:
    within.get_by_role("button", name=say(language, key), exact=True).click()


def test_vouchers_are_made_saved_and_revoked(open_till: Open, till: Till, boss: Person, language: str) -> None:
    page = open_till("/admin/vouchers", language=language, person=boss)
    _press(page, language, "money.vouchers.make")
    form = page.get_by_role("dialog")
    form.get_by_label(re.compile("^" + say(language, "money.vouchers.each"))).fill("5")
    form.get_by_label(re.compile("^" + say(language, "money.vouchers.count"))).fill("3")
    form.get_by_label(say(language, "money.vouchers.note")).fill(f"spring {language}")
    form.get_by_label(say(language, "money.vouchers.creditsDays")).fill("30")
    _press(form, language, "money.vouchers.make")
    expect(page.get_by_text(say(language, "money.vouchers.onceOnly"))).to_be_visible()
    with page.expect_download() as downloading:
        _press(page, language, "money.vouchers.save")
    rows = list(csv.DictReader(io.StringIO(Path(downloading.value.path()).read_text("utf-8"))))
    assert [row["usd"] for row in rows] == ["5"] * 3
    assert not findings(page)
    page.keyboard.press("Escape")
    answer = page.request.post("/api/app/payments/redeem", data={"code": rows[0]["code"]}, headers=_APP)
    assert answer.ok, answer.text()
    page.reload()
    row = page.get_by_role("row").filter(has_text=f"spring {language}")
    expect(row).to_contain_text("1 / 3")
    expect(row).to_contain_text(say(language, "money.vouchers.creditsDaysRule", count=30))
    _press(row, language, "money.open")
    vouchers = page.get_by_role("dialog").get_by_role("row")
    expect(vouchers).to_have_count(4)
    expect(vouchers.filter(has_text=boss.account_id)).to_contain_text(say(language, "money.vouchers.redeemed"))
    page.keyboard.press("Escape")
    _press(row, language, "money.vouchers.revoke")
    _press(page.get_by_role("dialog"), language, "money.vouchers.revoke")
    expect(row).to_contain_text(say(language, "money.vouchers.revoked"))
    answer = page.request.post("/api/app/payments/redeem", data={"code": rows[1]["code"]}, headers=_APP)
    assert answer.status == 400


def test_a_transfer_is_confirmed(open_till: Open, boss: Person, language: str) -> None:
    page = open_till("/admin/orders", language=language, person=boss)
    order = _order(page, method="bank_transfer")
    dialog = _opened(page, language, order["id"])
    amount = dialog.get_by_label(re.compile("^" + re.escape(say(language, "money.confirm.amount", currency="USD"))))
    reference = dialog.get_by_label(re.compile("^" + say(language, "money.confirm.reference")))
    amount.fill("1.00")
    reference.fill(f"bank-{language}")
    _press(dialog, language, "money.confirm.act")
    expect(dialog.get_by_role("alert")).to_have_text(say(language, "faults.problems.bad_order_transfer"))
    amount.fill(order["amount"])
    _press(dialog, language, "money.confirm.act")
    expect(dialog.get_by_text(say(language, "money.states.paid"), exact=True)).to_be_visible()
    assert page.request.get(f"/api/app/payments/orders/{order['id']}").json()["credited"]


def test_a_refund_with_its_policy(open_till: Open, till: Till, boss: Person, language: str) -> None:
    """What happens to credits that were used is said before it is done."""
    page = open_till("/admin/orders", language=language, person=boss)
    order, _ = _bought(till, page)
    dialog = _opened(page, language, order["id"])
    usual = dialog.get_by_role("radio", name=say(language, "money.refund.policies.refuse"))
    expect(usual).to_be_checked()
    for policy in ("rest", "debt"):
        expect(dialog.get_by_text(say(language, f"money.refund.policies.{policy}"))).to_be_visible()
    assert not findings(page)
    dialog.get_by_label(say(language, "money.refund.credits")).fill("4")
    dialog.get_by_label(say(language, "money.refund.reason")).fill("asked")
    _press(dialog, language, "money.refund.act")
    expect(dialog.get_by_role("status")).to_have_text(say(language, "money.refund.done", amount="4.32 USD"))
    expect(dialog.get_by_text(say(language, "money.refund.states.done"), exact=True).last).to_be_visible()
    expect(dialog.get_by_text(say(language, "money.refund.all", amount="$6.00"))).to_have_count(0)


def test_a_dispute_is_seen(open_till: Open, till: Till, boss: Person, language: str) -> None:
    page = open_till("/admin/orders", language=language, person=boss)
    order, checkout = _bought(till, page)
    body = till.stripe.event("charge.dispute.created", till.stripe.dispute(checkout))
    told = page.request.post("/api/webhooks/stripe", data=body, headers={"stripe-signature": signature(body)})
    assert told.json() == {"verdict": "applied"}
    page.get_by_label(say(language, "money.orders.only")).select_option("disputed")
    page.wait_for_url(re.compile("only=disputed"))
    dialog = _opened(page, language, order["id"])
    expect(dialog).to_contain_text(say(language, "money.orders.disputeNote"))
    expect(dialog).to_contain_text("charge.dispute.created")


def test_margins_by_day_model_and_provider(open_till: Open, boss: Person, language: str) -> None:
    page = open_till("/chat", language=language, person=boss)
    key = page.request.post("/api/v1/keys", data={"name": "margins"}, headers=_APP).json()["key"]
    asked = {"model": "qwen/sample-pro", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 20}
    answer = page.request.post(
        "/api/v1/chat/completions", data=asked, headers={"authorization": f"Bearer {key}"}
    )  # fmt: skip
    assert answer.ok
    page.goto("/admin/margins")
    table = page.get_by_role("table", name=say(language, "money.margins.title"))
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"20\d\d-\d\d-\d\d"))
    page.get_by_text(say(language, "money.by.model"), exact=True).click()
    page.wait_for_url(re.compile("by=model"))
    expect(table.get_by_role("row").filter(has_text="qwen/sample-pro")).to_contain_text("$0.00")
    chart = page.get_by_role("figure", name=re.compile("^" + say(language, "money.margins.overTime")))
    chart.get_by_text(say(language, "chart.asTable")).click()
    expect(chart.get_by_role("columnheader", name="qwen/sample-pro")).to_be_visible()
    page.get_by_text(say(language, "money.by.provider"), exact=True).click()
    page.wait_for_url(re.compile("by=provider"))
    expect(table.get_by_role("row").filter(has_text=re.compile("deepinfra|together"))).not_to_have_count(0)
    assert not findings(page)


def test_the_books_of_a_day(open_till: Open, till: Till, boss: Person, language: str) -> None:
    page = open_till("/admin/books", language=language, person=boss)
    order, _ = _bought(till, page)
    _press(page, language, "money.books.make")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_have_text(say(language, "money.books.agrees"))
    topups = say(language, "money.books.inLedger", code=say(language, "money.events.things.topup"))
    expect(dialog).to_contain_text(topups)
    page.keyboard.press("Escape")
    reports = page.get_by_role("table", name=say(language, "money.books.reports"))
    expect(reports.get_by_role("row").filter(has_text="stripe").first).to_contain_text(
        say(language, "money.books.green")
    )
    with page.expect_download() as downloading:
        page.get_by_role("link", name=say(language, "money.books.file")).click()
    assert order["id"] in Path(downloading.value.path()).read_text("utf-8")
    assert not findings(page)
