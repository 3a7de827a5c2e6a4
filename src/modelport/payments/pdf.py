"""Receipts as PDF, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.kit.money import format_usd
from modelport.payments.amounts import show
from modelport.payments.pdf_page import RIGHT, Page, show_time
from modelport.payments.pdf_words import WORDS

if TYPE_CHECKING:
    from modelport.payments.pdf_words import Language
    from modelport.payments.receipts import Receipt

__all__ = ["receipt_pdf"]


def receipt_pdf(receipt: Receipt, language: Language) -> bytes:
    """One receipt on a page. Takes a fraction of a second of CPU: call it in a thread."""
    words, facts = WORDS[language], receipt.facts
    refund = receipt.kind == "refund"
    currency = facts.currency.upper()
    page = Page(f"{words[receipt.kind]} {receipt.number}")
    page.text(words[receipt.kind], size=22)
    page.down(34)
    pairs = [
        (words["number"], receipt.number),
        (words["date"], show_time(receipt.issued_at)),
        (words["order"], facts.order_id),
    ]
    if facts.of_receipt:
        pairs.append((words["of_receipt"], facts.of_receipt))
    if facts.payment_id:
        pairs.append((words["payment"], f"{facts.processor} {facts.payment_id}"))
    for name, value in pairs:
        page.text(name, pale=True)
        page.text(value, x=170)
        page.down()
    page.down()
    for title, lines in (
        (words["seller"], [facts.seller, *facts.seller_details.splitlines()]),
        (words["buyer"], _buyer(receipt, words["tax_id"])),
    ):
        page.text(title, pale=True)
        for line in lines or ["–"]:
            page.text(line[:80], x=170)
            page.down()
        page.down(6)
    page.down(20)
    page.text(words["item"], pale=True)
    page.text(f"{words['amount']} ({currency})", x=RIGHT, right=True, pale=True)
    page.down(20)
    for name, amount in _items(receipt, words):
        page.rule()
        page.text(name)
        page.text(show(amount) if amount >= 0 else f"-{show(-amount)}", x=RIGHT, right=True)
        page.down(20)
    page.rule()
    page.text(words["paid_back" if refund else "total"], size=12)
    page.text(f"{show(facts.total)} {currency}", x=RIGHT, size=12, right=True)
    page.down(28)
    if facts.rate != "1":
        page.text(words["rate"].format(rate=facts.rate, currency=currency), size=9, pale=True)
    return page.end()


def _items(receipt: Receipt, words: dict[str, str]) -> list[tuple[str, int]]:
    facts = receipt.facts
    if receipt.kind == "refund":
        return [(words["refunded"].format(usd=format_usd(facts.credits)), facts.total)]
    # The parts are shown so that they add up to the sum that was charged, whatever the rate's rounding.
    fee = facts.subtotal * facts.fee // (facts.credits + facts.fee)
    items = [(words["credits"].format(usd=format_usd(facts.credits)), facts.subtotal - fee)]
    if facts.fee:
        items.append((words["fee"].format(usd=format_usd(facts.fee)), fee))
    if (discount := facts.subtotal + facts.tax - facts.total) > 0:
        items.append((words["discount"], -discount))
    if facts.tax:
        items.append((words["tax"], facts.tax))
    return items


def _buyer(receipt: Receipt, tax_id: str) -> list[str]:
    buyer = receipt.facts.buyer
    lines = [buyer.name, *buyer.address.splitlines(), buyer.country, buyer.email]
    if buyer.tax_id:
        lines.append(f"{tax_id}: {buyer.tax_id}")
    return [line for line in lines if line]
