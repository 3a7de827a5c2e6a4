"""Monthly statements as PDF, in Chinese and English: a summary, every movement, and use by model and by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.kit import clock
from modelport.payments.pdf_page import LEFT, RIGHT, Page, show_time
from modelport.payments.pdf_words import CODES, WORDS
from modelport.payments.statements import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelport.payments.pdf_words import Language
    from modelport.payments.receipts import Profile
    from modelport.payments.statements import Statement

__all__ = ["statement_pdf"]

_NANO_DIGITS = 9


class _Amounts:
    """Writes all amounts of a statement with the same number of decimals: as many as the finest of them needs."""

    def __init__(self, amounts: Iterable[int]) -> None:
        self._digits = 2
        for amount in amounts:
            text = f"{abs(amount) % 10**_NANO_DIGITS:09d}".rstrip("0")
            self._digits = max(self._digits, len(text))

    def show(self, nanos: int) -> str:
        """Nothing is rounded, so what is shown adds up."""
        whole, rest = divmod(abs(nanos), 10**_NANO_DIGITS)
        return f"{'-' if nanos < 0 else ''}{whole:,}.{rest // 10 ** (_NANO_DIGITS - self._digits):0{self._digits}d}"


def statement_pdf(
    statement: Statement, *, seller: str, seller_details: str, buyer: Profile, language: Language
) -> bytes:
    """A month on as many pages as it takes. Call it in a thread."""
    words, codes = WORDS[language], CODES[language]
    models, days = statement.by_model(), statement.by_day()
    amounts = _Amounts(
        [statement.opening, statement.closing, *(each.amount for each in statement.movements)]
        + [each.cost for each in models]
        + [cost for _, _, cost in days]
    )
    page = Page(f"{words['statement']} {statement.month}", words["page"])
    page.text(words["statement"], size=22)
    page.down(34)
    tax = [f"{words['tax_id']}: {buyer.tax_id}"] if buyer.tax_id else []
    for name, lines in (
        (words["period"], [statement.month]),
        (words["account"], [statement.account, statement.account_id]),
        (words["seller"], [seller, *seller_details.splitlines()]),
        (words["buyer"], [buyer.name, *buyer.address.splitlines(), buyer.country, buyer.email, *tax]),
    ):
        shown = [line for line in lines if line]
        if shown:
            page.text(name, pale=True)
        for line in shown:
            page.text(line[:80], x=170)
            page.down()
    if not statement.complete:
        page.text(words["so_far"].format(date=show_time(clock.now_ms())), size=9, pale=True)
        page.down()
    _summary(page, statement, words, codes, amounts)
    if statement.movements:
        _title(page, words["movements"])
        _row(page, [words["date"], words["what"], words["reference"]], f"{words['amount']} (USD)", head=True)
        for each in statement.movements:
            name = codes.get(each.code, each.code)
            _row(page, [show_time(each.created_at)[:16], name, each.reference[:34]], amounts.show(each.amount))
    if models:
        _title(page, words["by_model"])
        _use(page, [words[each] for each in ("model", "answers", "tokens_in", "tokens_out", "amount")], head=True)
        for each in models:
            figures = [f"{value:,}" for value in each[1:4]]
            _use(page, [each.model[:48], *figures, amounts.show(each.cost)])
        _use(page, [words["sum"], "", "", "", amounts.show(statement.used)])
        _title(page, words["by_day"])
        _use(page, [words["date"], words["answers"], "", "", words["amount"]], head=True)
        for day, answers, cost in days:
            _use(page, [show_time(day * DAY_MS)[:10], f"{answers:,}", "", "", amounts.show(cost)])
        _use(page, [words["sum"], "", "", "", amounts.show(statement.used)])
    page.text(words["utc"], size=8, pale=True)
    return page.end()


def _summary(page: Page, statement: Statement, words: dict[str, str], codes: dict[str, str], amounts: _Amounts) -> None:
    """What there was, each kind of movement, what was used, and what there is: the lines add up."""
    _title(page, words["summary"])
    lines = [(codes.get(code, code), amount) for code, amount in statement.by_code().items()]
    lines.append((codes["usage"], -statement.used))
    page.text(words["opening"])
    page.text(amounts.show(statement.opening), x=RIGHT, right=True)
    page.down(18)
    for name, amount in lines:
        page.rule()
        page.text(name)
        page.text(amounts.show(amount), x=RIGHT, right=True)
        page.down(18)
    page.rule()
    page.text(words["closing"], size=12)
    page.text(f"{amounts.show(statement.closing)} {words['usd']}", x=RIGHT, size=12, right=True)
    page.down(18)
    if statement.owed:
        page.text(words["owed"])
        page.text(_Amounts([statement.owed]).show(statement.owed), x=RIGHT, right=True)
        page.down(18)


def _title(page: Page, text: str) -> None:
    page.room(80)
    page.down(22)
    page.text(text, size=13)
    page.down(22)


def _row(page: Page, cells: Sequence[str], amount: str, *, head: bool = False) -> None:
    if not head:
        page.rule()
    for text, x in zip(cells, (LEFT, 150, 260), strict=True):
        page.text(text, x=x, size=9, pale=head)
    page.text(amount, x=RIGHT, size=9, right=True, pale=head)
    page.down(17)


def _use(page: Page, cells: Sequence[str], *, head: bool = False) -> None:
    if not head:
        page.rule()
    page.text(cells[0], size=9, pale=head)
    for text, x in zip(cells[1:], (320, 390, 460, RIGHT), strict=True):
        page.text(text, x=x, size=9, right=True, pale=head)
    page.down(17)
