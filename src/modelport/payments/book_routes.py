"""The operator's books: everybody's orders, events, daily reports, margins and files: under `/api/admin`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from modelport.keys.access import Permission, Principal, allow
from modelport.payments import files
from modelport.payments import schemas as orders_
from modelport.payments import schemas_books as schemas
from modelport.payments.errors import BadOrder, NoSuchOrder
from modelport.payments.service import Payments
from modelport.payments.statement_routes import span
from modelport.payments.statements import DAY_MS
from modelport.payments.store_books import Wanted

if TYPE_CHECKING:
    from modelport.accounts.administration import UserRow

__all__ = ["router"]

router = APIRouter(prefix="/api/admin", tags=["Admin: payments"])
_Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]
_Since = Annotated[date | None, Query(description="First UTC day.")]
_Until = Annotated[date | None, Query(description="Last UTC day.")]
_EPOCH = date(1970, 1, 1)


def _payments(request: Request) -> Payments:
    payments: Payments = request.app.state.services.payments
    return payments


@router.get("/payments/orders", summary="Everybody's orders")
async def list_all_orders(
    request: Request,
    _caller: _Operator,
    status: Annotated[str | None, Query(max_length=20)] = None,
    processor: Annotated[str | None, Query(max_length=20)] = None,
    *,
    disputed: Annotated[bool, Query(description="Only those that are charged back.")] = False,
    refunded: Annotated[bool, Query(description="Only those of which something was paid back.")] = False,
    words: Annotated[
        str | None,
        Query(alias="q", max_length=200, description="An order's, account's or payment's id, or an address."),
    ] = None,
    before: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> schemas.BuyerOrders:
    """Newest first."""
    at, _, last = (before or "").partition("/")
    if before is not None and not (at.isascii() and at.isdecimal()):
        raise BadOrder("`before` is not from an answer of this address.", metadata={"rule": "page"})
    services = request.app.state.services
    people: list[UserRow] = await services.administration.users(words, None, 50) if words else []
    wanted = Wanted(
        status, processor, disputed=disputed, refunded=refunded, words=words,
        user_ids=tuple(each.id for each in people),
    )  # fmt: skip
    found = await _payments(request).books.orders(wanted, (int(at[:18]), last) if before is not None else None, limit)
    emails = await services.accounts.emails(list({each.user_id for each in found}))
    return schemas.BuyerOrders(
        data=[schemas.BuyerOrderData.of_buyer(each, emails.get(each.user_id)) for each in found],
        next=f"{found[-1].created_at}/{found[-1].id}" if len(found) == limit else None,
        refund_if_spent=services.settings.refund_if_spent,
    )


@router.get("/payments/orders.csv", summary="Everybody's orders as a file", response_class=Response)
async def export_all_orders(
    request: Request, _caller: _Operator, since: _Since = None, until: _Until = None
) -> Response:
    """Newest first, each with its account."""
    first, after = span(since, until)
    pieces = _payments(request).books.all_orders(Wanted(since=first * DAY_MS, until=after * DAY_MS))
    rows = ([[*files.order_cells(each), each.account_id] for each in piece] async for piece in pieces)
    return files.csv_stream("orders", (*files.ORDERS, "account_id"), rows)


@router.get("/payments/ledger.csv", summary="Every transfer as a file", response_class=Response)
async def export_ledger(request: Request, _caller: _Operator, since: _Since = None, until: _Until = None) -> Response:
    """From debit to credit, in the order they were written."""
    first, after = span(since, until)
    pieces = _payments(request).books.entries(first * DAY_MS, after * DAY_MS)
    rows = ([files.entry_cells(each) for each in piece] async for piece in pieces)
    return files.csv_stream("ledger", files.LEDGER, rows)


@router.get("/payments/events", summary="Events of web hooks")
async def read_events(
    request: Request,
    _caller: _Operator,
    verdict: Annotated[Literal["applied", "ignored", "refused"] | None, Query()] = None,
    order_id: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[schemas.EventData]:
    """Newest first, each with what became of it."""
    return [schemas.EventData.of(each) for each in await _payments(request).books.events(verdict, order_id, limit)]


@router.post("/payments/refunds/{refund_id}/settle", summary="Say whether a refund was paid")
async def settle_refund(
    request: Request, _caller: _Operator, refund_id: str, told: schemas.RefundSettled
) -> orders_.RefundData:
    """For a processor that did not answer and must not be asked again."""
    payments = _payments(request)
    found = await payments.books.refund(refund_id)
    if found is None:
        raise NoSuchOrder(f"There is no refund {refund_id[:60]!r}.")
    await payments.refunds.settle(found, paid=told.paid)
    after = await payments.books.refund(refund_id)
    return orders_.RefundData.of(after or found)


@router.get("/payments/reconciliation", summary="A processor's books against ours")
async def read_reconciliation(
    request: Request,
    _caller: _Operator,
    day: Annotated[date, Query(description="A UTC day.")],
    processor: Annotated[str, Query(max_length=20)] = "stripe",
) -> schemas.ReportData:
    """Made anew: every payment and refund of the day on which the processor, we and the ledger differ."""
    return schemas.ReportData.of(await _payments(request).books.reconcile(processor, (day - _EPOCH).days))


@router.get("/payments/reconciliations", summary="The daily reports")
async def read_reports(request: Request, _caller: _Operator) -> list[schemas.ReportData]:
    """Made each night for each processor that is set up; newest first."""
    return [schemas.ReportData.of(each) for each in await _payments(request).books.reports()]


@router.get("/payments/processors", summary="Payment processors that are set up")
async def read_processors(request: Request, _caller: _Operator) -> list[str]:
    """By name."""
    return list(_payments(request).processors)


@router.get("/margins", summary="Revenue against what providers charge")
async def read_margins(
    request: Request,
    _caller: _Operator,
    by: Literal["model", "provider", "day"] = "day",
    since: _Since = None,
    until: _Until = None,
) -> schemas.MarginsData:
    """By model, provider or UTC day, and in all."""
    first, after = span(since, until)
    report = await request.app.state.services.usage.margin(by, since_ms=first * DAY_MS, until_ms=after * DAY_MS)
    return schemas.MarginsData.of(by, report)


@router.get("/margins/days", summary="Revenue against what providers charge, day by day")
async def read_margin_days(
    request: Request,
    _caller: _Operator,
    by: Literal["model", "provider"] = "model",
    since: _Since = None,
    until: _Until = None,
) -> schemas.MarginDays:
    """By model or provider on each UTC day, for charts."""
    first, after = span(since, until)
    found = await request.app.state.services.usage.margin_days(by, since_ms=first * DAY_MS, until_ms=after * DAY_MS)
    return schemas.MarginDays.of(by, found)
