"""Receipts and statements as PDF, in Chinese and English. Drawn with fonts that every PDF reader brings, so none is
shipped: Helvetica, and Adobe's STSong for Chinese.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from modelport.kit.clock import UTC
from modelport.kit.money import format_usd
from modelport.payments.amounts import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.payments.receipts import Receipt

__all__ = ["Language", "Line", "Statement", "receipt_pdf", "statement_pdf"]

Language = Literal["zh", "en"]
_EN: Final = {
    "receipt": "Receipt",
    "refund": "Refund receipt",
    "number": "Number",
    "date": "Date",
    "order": "Order",
    "of_receipt": "Corrects receipt",
    "seller": "Seller",
    "buyer": "Buyer",
    "tax_id": "Tax id",
    "item": "Description",
    "amount": "Amount",
    "credits": "Credits, {usd} USD",
    "fee": "Fee, {usd} USD",
    "refunded": "Credits taken back, {usd} USD",
    "rate": "Rate: 1 USD = {rate} {currency}",
    "discount": "Discount",
    "tax": "Tax",
    "total": "Paid",
    "paid_back": "Paid back",
    "payment": "Payment",
    "statement": "Statement",
    "period": "Period",
    "what": "What",
    "reference": "Reference",
    "usd": "USD",
    "opening": "Balance at the beginning",
    "closing": "Balance at the end",
}
_ZH: Final = {
    "receipt": "收据",
    "refund": "退款收据",
    "number": "编号",
    "date": "日期",
    "order": "订单",
    "of_receipt": "对应收据",
    "seller": "销售方",
    "buyer": "购买方",
    "tax_id": "税号",
    "item": "项目",
    "amount": "金额",
    "credits": "额度 {usd} 美元",
    "fee": "手续费 {usd} 美元",
    "refunded": "收回额度 {usd} 美元",
    "rate": "汇率：1 美元 = {rate} {currency}",
    "discount": "优惠",
    "tax": "税费",
    "total": "实付",
    "paid_back": "已退款",
    "payment": "支付流水",
    "statement": "月结单",
    "period": "期间",
    "what": "内容",
    "reference": "参考号",
    "usd": "美元",
    "opening": "期初余额",
    "closing": "期末余额",
}
_WORDS: Final[dict[str, dict[str, str]]] = {"en": _EN, "zh": _ZH}
_CODES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "topup": "Top-up",
        "voucher": "Voucher",
        "grant": "Grant",
        "promotion": "Promotional credits",
        "refund": "Refund",
        "dispute": "Dispute",
        "dispute_won": "Returned",
        "expire": "Expired",
        "repay": "Debt paid",
        "usage": "Usage",
    },
    "zh": {
        "topup": "充值",
        "voucher": "兑换码",
        "grant": "赠送",
        "promotion": "优惠额度",
        "refund": "退款",
        "dispute": "争议扣回",
        "dispute_won": "退回",
        "expire": "过期",
        "repay": "偿还欠款",
        "usage": "用量",
    },
}
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 539, 780, 70


class Line(NamedTuple):
    """One line of a statement; `amount` in nano-dollars, below zero for what went out."""

    at_ms: int
    code: str
    reference: str
    amount: int


class Statement(NamedTuple):
    """A month of an account."""

    month: str
    """`2026-11`."""
    account: str
    opening: int
    lines: Sequence[Line]
    closing: int


class _Page:
    """A canvas that is written downwards and goes on to the next page by itself."""

    def __init__(self, title: str) -> None:
        # Needed for a page now and then, and slow to import.
        from reportlab.lib.colors import HexColor  # noqa: PLC0415
        from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
        from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))  # pyright: ignore[reportUnknownMemberType] (untyped)
        self._width = pdfmetrics.stringWidth
        self._bytes = io.BytesIO()
        self._canvas = Canvas(self._bytes, pagesize=(595, 842), invariant=1)
        self._canvas.setTitle(title)
        self._black, self._pale, self._line = (HexColor(each) for each in (0x111111, 0x666666, 0xBFBFBF))
        self.y = _TOP

    def text(self, text: str, *, x: int = _LEFT, size: int = 10, right: bool = False, pale: bool = False) -> None:
        """Writes on the present line."""
        latin = all(ord(letter) < 256 for letter in text)
        font = "Helvetica" if latin else "STSong-Light"
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(self._pale if pale else self._black)
        at = x - self._width(text, font, size) if right else x
        self._canvas.drawString(at, self.y, text)

    def down(self, by: int = 16) -> None:
        """Goes on below."""
        self.y -= by
        if self.y < _BOTTOM:
            self._canvas.showPage()
            self.y = _TOP

    def rule(self) -> None:
        """Draws a line across."""
        self._canvas.setStrokeColor(self._line)
        self._canvas.line(_LEFT, self.y + 11, _RIGHT, self.y + 11)

    def end(self) -> bytes:
        """The whole document."""
        self._canvas.save()
        return self._bytes.getvalue()


def receipt_pdf(receipt: Receipt, language: Language) -> bytes:
    """One receipt on a page. Takes a fraction of a second of CPU: call it in a thread."""
    words, facts = _WORDS[language], receipt.facts
    refund = receipt.kind == "refund"
    currency = facts.currency.upper()
    page = _Page(f"{words[receipt.kind]} {receipt.number}")
    page.text(words[receipt.kind], size=22)
    page.down(34)
    pairs = [
        (words["number"], receipt.number),
        (words["date"], _date(receipt.issued_at)),
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
    page.text(f"{words['amount']} ({currency})", x=_RIGHT, right=True, pale=True)
    page.down(20)
    for name, amount in _items(receipt, words):
        page.rule()
        page.text(name)
        page.text(show(amount) if amount >= 0 else f"-{show(-amount)}", x=_RIGHT, right=True)
        page.down(20)
    page.rule()
    page.text(words["paid_back" if refund else "total"], size=12)
    page.text(f"{show(facts.total)} {currency}", x=_RIGHT, size=12, right=True)
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


def statement_pdf(statement: Statement, seller: str, language: Language) -> bytes:
    """A month on as many pages as it takes. Call it in a thread."""
    words, codes = _WORDS[language], _CODES[language]
    page = _Page(f"{words['statement']} {statement.month}")
    page.text(words["statement"], size=22)
    page.down(34)
    for name, value in (
        (words["period"], statement.month),
        (words["seller"], seller),
        (words["buyer"], statement.account),
    ):
        page.text(name, pale=True)
        page.text(value, x=170)
        page.down()
    page.down()
    page.text(words["opening"])
    page.text(_usd(statement.opening), x=_RIGHT, right=True)
    page.down(20)
    for line in statement.lines:
        page.rule()
        page.text(_date(line.at_ms)[:16], size=9)
        page.text(codes.get(line.code, line.code), x=160)
        page.text(line.reference[:40], x=270, size=8, pale=True)
        page.text(_usd(line.amount), x=_RIGHT, right=True)
        page.down(18)
    page.rule()
    page.text(words["closing"], size=12)
    page.text(f"{_usd(statement.closing)} {words['usd']}", x=_RIGHT, size=12, right=True)
    return page.end()


def _date(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _usd(nanos: int) -> str:
    sign = "-" if nanos < 0 else ""
    whole, rest = divmod(abs(nanos), 10**9)
    return f"{sign}{whole}.{rest // 1000:06d}"
