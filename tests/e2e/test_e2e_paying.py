"""Buying credits in a browser, in both languages: by card, EPay, bank transfer, with a voucher; and the papers."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from e2e_words import say
from playwright.sync_api import expect
from pypdf import PdfReader

from api.api_harness import until
from modelport.kit import clock
from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from e2e_stage import Open, Person
    from e2e_till import Till
    from playwright.sync_api import Download, Locator, Page


def _buyer(till: Till, name: str, language: str) -> Person:
    return till.person(f"{name}-{language.lower()}@pay.test", usd="0")


def _press(page: Page, language: str, key: str) -> None:
    page.get_by_role("button", name=say(language, key), exact=True).click()


def _choose(page: Page, language: str, method: str) -> None:
    page.get_by_role("combobox", name=say(language, "credits.method")).click()
    page.get_by_role("option", name=re.compile(re.escape(say(language, f"credits.methods.{method}")))).first.click()


def _balance(page: Page) -> Any:
    return expect(page.locator("main").get_by_text(re.compile(r"^\$[\d,.]+$")).first)


def _status(page: Page, text: str) -> Locator:
    return page.get_by_role("status").filter(has_text=text)


def _tab(page: Page, language: str, tab: str) -> None:
    page.get_by_role("tab", name=say(language, f"credits.tabs.{tab}")).click()


def _text(download: Download) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(str(download.path())).pages)


def test_by_card_with_its_receipt(open_till: Open, till: Till, language: str) -> None:
    """Amount, Stripe's page, back, balance, receipt: the whole way."""
    page = open_till("/settings/credits", language=language, person=_buyer(till, "card", language))
    _balance(page).to_have_text("$0")
    page.get_by_text("$20", exact=True).click()
    expect(page.get_by_text(say(language, "credits.quote", amount="21.10 USD", fee="$1.10"))).to_be_visible()
    _press(page, language, "credits.buy")
    page.wait_for_url(f"{till.stripe.address}/pay/*")
    expect(page.get_by_text("21.10 USD")).to_be_visible()
    page.get_by_role("button", name="支付" if language == "zh-CN" else "Pay").click()
    page.wait_for_url(re.compile(re.escape(f"{till.url}/settings/credits?")))
    expect(_status(page, say(language, "credits.back.paid", amount="$20.00"))).to_be_visible()
    _balance(page).to_have_text("$20.00")
    _tab(page, language, "history")
    row = page.get_by_role("row", name=re.compile(re.escape("21.10 USD")))
    expect(row).to_contain_text(say(language, "credits.states.paid"))
    with page.expect_download() as downloading:
        row.get_by_role("link", name=re.compile("^MP-")).click()
    receipt = _text(downloading.value)
    for words in ("收据", "实付", "手续费") if language == "zh-CN" else ("Receipt", "Paid", "Fee"):
        assert words in receipt
    for amount in ("20.00", "1.10", "21.10 USD", "Example Ltd"):
        assert amount in receipt
    expect(page.get_by_role("row", name=re.compile(re.escape("+$20.00")))).to_contain_text(
        say(language, "credits.codes.topup")
    )


def test_one_who_turns_back_pays_nothing(open_till: Open, till: Till, language: str) -> None:
    page = open_till("/settings/credits", language=language, person=_buyer(till, "shy", language))
    _press(page, language, "credits.buy")
    page.wait_for_url(f"{till.stripe.address}/pay/*")
    page.get_by_role("link").click()
    expect(_status(page, say(language, "credits.back.canceled"))).to_be_visible()
    _balance(page).to_have_text("$0")
    _tab(page, language, "history")
    row = page.get_by_role("row", name=re.compile(re.escape("10.80 USD")))
    expect(row.get_by_role("link", name=say(language, "credits.payNow"), exact=True)).to_be_visible()
    row.get_by_role("button", name=say(language, "credits.giveUp"), exact=True).click()
    expect(row).to_contain_text(say(language, "credits.states.canceled"))


def test_by_epay_in_yuan(open_till: Open, till: Till, language: str) -> None:
    page = open_till("/settings/credits", language=language, person=_buyer(till, "epay", language))
    page.get_by_text("$10", exact=True).click()
    _choose(page, language, "alipay")
    expect(page.get_by_text(re.compile(re.escape("77.76 CNY")))).to_be_visible()
    _press(page, language, "credits.buy")
    page.wait_for_url(f"{till.epay.address}/submit.php*")
    expect(page.get_by_text("77.76 CNY")).to_be_visible()
    page.get_by_role("button", name="支付").click()
    page.wait_for_url(re.compile(re.escape(f"{till.url}/settings/credits?")))
    expect(_status(page, say(language, "credits.back.paid", amount="$10.00"))).to_be_visible()
    _balance(page).to_have_text("$10.00")


def test_by_bank_transfer(open_till: Open, till: Till, language: str) -> None:
    page = open_till("/settings/credits", language=language, person=_buyer(till, "bank", language))
    _choose(page, language, "bank_transfer")
    _press(page, language, "credits.buy")
    told = _status(page, say(language, "credits.instructions"))
    expect(told).to_contain_text("IBAN XX00 1234 5678")
    expect(told).to_contain_text("10.80 USD")
    # A second press would make a second order: that is another button.
    expect(page.get_by_role("button", name=say(language, "credits.another"))).to_be_visible()
    expect(page.get_by_role("button", name=say(language, "credits.buy"))).to_have_count(0)
    # And to be read again, later.
    _tab(page, language, "history")
    page.get_by_role("row").filter(has_text="10.80 USD").get_by_role("button").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("IBAN XX00 1234 5678")


def test_a_voucher(open_till: Open, till: Till, language: str) -> None:
    """A good one is credited, and no second time."""
    make = till.harness.services.payments.vouchers.make
    _, [code] = till.harness.call(make(amount=parse_usd("7.5"), count=1, created_by="test", credits_days=30))
    page = open_till("/settings/credits", language=language, person=_buyer(till, "voucher", language))
    field = page.get_by_label(re.compile("^" + say(language, "credits.voucher")))
    field.fill(code.lower())
    _press(page, language, "credits.redeem")
    expect(_status(page, say(language, "credits.redeemed", amount="$7.50"))).to_be_visible()
    _balance(page).to_have_text("$7.50")
    expect(page.get_by_role("listitem").filter(has_text="$7.50")).to_be_visible()
    field.fill(code)
    _press(page, language, "credits.redeem")
    expect(page.get_by_role("alert")).to_have_text(say(language, "faults.problems.voucher_spent"))
    _balance(page).to_have_text("$7.50")


def test_statements_files_and_tax_details(open_till: Open, till: Till, language: str) -> None:
    page = open_till(
        "/settings/credits?tab=billing", language=language, person=till.person(f"books-{language}@pay.test")
    )
    page.get_by_label(say(language, "credits.buyer.name")).fill("示例 Ltd")
    page.get_by_label(say(language, "credits.buyer.taxId")).fill("TAX-77")
    _press(page, language, "common.save")
    expect(_status(page, say(language, "common.saved"))).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name=say(language, "credits.statements.pdf")).click()
    statement = _text(downloading.value)
    for words in ("月结单" if language == "zh-CN" else "Statement", clock.now().strftime("%Y-%m"), "TAX-77", "25.00"):
        assert words in statement
    with page.expect_download() as downloading:
        page.get_by_role("link", name=say(language, "credits.files.transactions"), exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(downloading.value.path()).read_text("utf-8"))))
    assert [(row["code"], row["usd"]) for row in rows] == [("grant", "25")]


def test_automatic_top_up(open_till: Open, till: Till, language: str) -> None:
    """A card is saved by buying once; then it can be switched on, and a failure is told."""
    who = _buyer(till, "auto", language)
    page = open_till("/settings/credits", language=language, person=who)
    switch = page.get_by_role("switch", name=say(language, "credits.auto.on"))
    expect(switch).to_be_disabled()
    _press(page, language, "credits.buy")
    page.wait_for_url(f"{till.stripe.address}/pay/*")
    page.get_by_role("button").click()
    _balance(page).to_have_text("$10.00")
    expect(page.get_by_text(say(language, "credits.auto.card", brand="VISA", last4="4242"))).to_be_visible()
    # The track is drawn over the real box.
    switch.check(force=True)
    # One is enough to be above it: the server's own turn, should it come just then, buys no second.
    page.get_by_label(say(language, "credits.auto.threshold")).fill("20")
    page.get_by_label(re.compile("^" + say(language, "credits.auto.amount"))).fill("30")
    cap = page.get_by_label(say(language, "credits.auto.cap"))
    cap.fill("60")
    page.locator("form").filter(has=cap).get_by_role("button", name=say(language, "common.save"), exact=True).click()
    expect(_status(page, say(language, "common.saved"))).to_be_visible()
    payments = till.harness.services.payments
    till.harness.call(payments.auto.run())
    # The server's own turn may have come first, and be at it still.
    until(lambda: getattr(till.harness.call(payments.auto.last(who.account_id)), "status", None) == "paid")
    page.reload()
    _balance(page).to_have_text("$40.00")
    expect(page.get_by_text(say(language, "credits.auto.thisMonth", amount="$30.00"))).to_be_visible()
    expect(page.get_by_label(say(language, "credits.auto.cap"))).to_have_value("$60")
    _tab(page, language, "history")
    expect(page.get_by_role("row").filter(has_text=say(language, "credits.automatic"))).to_contain_text("31.65 USD")
