"""Files of figures (CSV) for people's own books and the operator's: transactions, orders, use, statements, ledger."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from fastapi import Response
from fastapi.responses import StreamingResponse

from modelport.kit.money import format_usd
from modelport.payments.amounts import show
from modelport.payments.schemas_books import moment
from modelport.payments.statements import DAY_MS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from modelport.credits.service import Entry, Transaction
    from modelport.payments.statements import Statement
    from modelport.payments.store import Order
    from modelport.usage.spending import Spent

__all__ = [
    "LEDGER",
    "ORDERS",
    "TRANSACTIONS",
    "USE",
    "csv_file",
    "csv_stream",
    "entry_cells",
    "order_cells",
    "statement_rows",
    "transaction_cells",
    "use_cells",
]

ORDERS = (
    "id", "created_at", "paid_at", "status", "origin", "processor", "method", "credits_usd", "fee_usd", "currency",
    "amount", "paid", "tax", "refunded_usd", "disputed_usd", "payment_id",
)  # fmt: skip
TRANSACTIONS = ("at", "code", "usd", "source", "reference")
USE = ("day", "model", "answers", "prompt_tokens", "completion_tokens", "usd")
LEDGER = ("seq", "at", "debit", "credit", "usd", "phase", "code", "reference")


def order_cells(order: Order) -> list[str]:
    """An order as a line."""
    return [
        order.id,
        moment(order.created_at).isoformat(),
        "" if order.paid_at is None else moment(order.paid_at).isoformat(),
        order.status,
        order.origin,
        order.processor,
        order.method or "",
        format_usd(order.credits),
        format_usd(order.fee),
        order.currency,
        show(order.amount),
        "" if order.paid_amount is None else show(order.paid_amount),
        "" if order.tax is None else show(order.tax),
        format_usd(order.refunded),
        format_usd(order.disputed),
        order.payment_id or "",
    ]


def transaction_cells(each: Transaction) -> list[str]:
    """A movement as a line."""
    source = f"{each.other}:{each.owner}" if each.owner else each.other
    return [moment(each.created_at).isoformat(), each.code, format_usd(each.amount), source, each.reference]


def use_cells(each: Spent) -> list[str]:
    """A day of a model as a line."""
    figures = (each.requests, each.prompt_tokens, each.completion_tokens)
    return [_day(each.day), each.model, *(str(value) for value in figures), format_usd(each.cost)]


def entry_cells(each: Entry) -> list[str]:
    """A transfer as a line."""
    at = moment(each.created_at).isoformat()
    return [
        str(each.seq), at, each.debit, each.credit, format_usd(each.amount), each.phase, each.code, each.reference,
    ]  # fmt: skip


def statement_rows(made: Statement) -> list[list[str]]:
    """A statement as lines whose amounts add up to the last one: balance, movements, use by day and model, balance."""
    lines = [[made.month, "opening", "", format_usd(made.opening)]]
    lines += [
        [moment(each.created_at).isoformat(), each.code, each.reference, format_usd(each.amount)]
        for each in made.movements
    ]
    lines += [[_day(each.day), "usage", each.model, format_usd(-each.cost)] for each in made.usage if each.cost]
    return [*lines, [made.month, "closing", "", format_usd(made.closing)]]


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A whole file."""
    return Response(
        _text([head, *rows]), media_type="text/csv; charset=utf-8", headers={"content-disposition": _named(name)}
    )


def csv_stream(name: str, head: Sequence[str], pieces: AsyncIterator[list[list[str]]]) -> StreamingResponse:
    """A file that is sent as it is read."""

    async def lines() -> AsyncIterator[str]:
        yield _text([head])
        async for piece in pieces:
            yield _text(piece)

    return StreamingResponse(
        lines(), media_type="text/csv; charset=utf-8", headers={"content-disposition": _named(name)}
    )


def _named(name: str) -> str:
    return f'attachment; filename="{name}.csv"'


def _day(number: int) -> str:
    return moment(number * DAY_MS).strftime("%Y-%m-%d")


def _text(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_cell(each) for each in row] for row in rows)
    return buffer.getvalue()


def _cell(text: str) -> str:
    """A spreadsheet takes a text that begins so for a formula; a number may begin with a minus."""
    harmless = text[:1] not in {"=", "+", "-", "@", "\t", "\r"} or text[1:].replace(".", "", 1).isdigit()
    return text if harmless else "'" + text
