"""An account's own books: transactions, statements and files, for its members: under `/api/app/payments`."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from modelport.keys.access import Permission, Principal, allow
from modelport.kit import clock
from modelport.payments import files
from modelport.payments import schemas_books as schemas
from modelport.payments.pdf_statement import statement_pdf
from modelport.payments.service import Payments
from modelport.payments.statements import DAY_MS
from modelport.payments.store_books import Wanted

__all__ = ["router", "span"]

router = APIRouter(prefix="/api/app/payments", tags=["Payments"])
_Reader = Annotated[Principal, Depends(allow(Permission.CREDITS_READ))]
_Since = Annotated[date | None, Query(description="First UTC day; from the beginning when left out.")]
_Until = Annotated[date | None, Query(description="Last UTC day; until now when left out.")]


def span(since: date | None, until: date | None) -> tuple[int, int]:
    """The first day that is asked for and the one after the last, as numbers since 1970."""
    epoch = date(1970, 1, 1)
    last = clock.day(clock.now_ms()) if until is None else (until - epoch).days
    return (0 if since is None else max((since - epoch).days, 0)), last + 1


def _payments(request: Request) -> Payments:
    payments: Payments = request.app.state.services.payments
    return payments


@router.get("/transactions", summary="What moved the account's credits")
async def read_transactions(
    request: Request,
    caller: _Reader,
    before: Annotated[int | None, Query(ge=1, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> schemas.Transactions:
    """Everything but charges for answers, newest first."""
    found = await request.app.state.services.credits.transactions(caller.account_id, before=before, limit=limit)
    return schemas.Transactions(
        data=[schemas.TransactionData.of(each) for each in found],
        next=found[-1].seq if len(found) == limit else None,
    )


@router.get("/lots", summary="Credits that were given or expire")
async def read_lots(request: Request, caller: _Reader) -> list[schemas.LotData]:
    """What is left of each, in the order they are spent in; bought credits that never expire come after them."""
    return [schemas.LotData.of(each) for each in await request.app.state.services.credits.gifts(caller.account_id)]


@router.get("/transactions.csv", summary="Transactions as a file", response_class=Response)
async def export_transactions(
    request: Request, caller: _Reader, since: _Since = None, until: _Until = None
) -> Response:
    """Everything but charges, oldest first."""
    first, after = span(since, until)
    found = await _payments(request).statements.movements(caller.account_id, first * DAY_MS, after * DAY_MS)
    return files.csv_file("transactions", files.TRANSACTIONS, map(files.transaction_cells, found))


@router.get("/usage.csv", summary="What answers cost by day and model, as a file", response_class=Response)
async def export_usage(request: Request, caller: _Reader, since: _Since = None, until: _Until = None) -> Response:
    """One line a UTC day and model."""
    first, after = span(since, until)
    found = await _payments(request).statements.use(caller.account_id, first, after - 1)
    return files.csv_file("usage", files.USE, map(files.use_cells, found))


@router.get("/orders.csv", summary="Orders as a file", response_class=Response)
async def export_orders(request: Request, caller: _Reader, since: _Since = None, until: _Until = None) -> Response:
    """Newest first."""
    first, after = span(since, until)
    wanted = Wanted(account_id=caller.account_id, since=first * DAY_MS, until=after * DAY_MS)
    pieces = _payments(request).books.all_orders(wanted)
    return files.csv_stream(
        "orders", files.ORDERS, ([files.order_cells(each) for each in piece] async for piece in pieces)
    )


@router.get("/statements", summary="The months there are statements of")
async def read_months(request: Request, caller: _Reader) -> list[str]:
    """Newest first; the present month is not over."""
    return await _payments(request).statements.months(caller.account_id)


@router.get("/statements/{month}.pdf", summary="A month's statement as PDF", response_class=Response)
async def read_statement_pdf(
    request: Request, caller: _Reader, month: str, language: Literal["zh", "en"] = "en"
) -> Response:
    """In Chinese or English."""
    payments, settings = _payments(request), request.app.state.services.settings
    made = await payments.statements.statement(caller.account_id, month)
    buyer = await payments.receipts.profile(caller.account_id)
    body = await asyncio.to_thread(
        partial(
            statement_pdf,
            made,
            seller=settings.seller_name,
            seller_details=settings.seller_details,
            buyer=buyer,
            language=language,
        )
    )
    named = {"content-disposition": f'attachment; filename="statement-{made.month}.pdf"'}
    return Response(body, media_type="application/pdf", headers=named)


@router.get("/statements/{month}.csv", summary="A month's statement as a file", response_class=Response)
async def read_statement_csv(request: Request, caller: _Reader, month: str) -> Response:
    """The lines between the first and the last add up to their difference."""
    made = await _payments(request).statements.statement(caller.account_id, month)
    return files.csv_file(f"statement-{made.month}", ("at", "what", "reference", "usd"), files.statement_rows(made))


@router.get("/statements/{month}", summary="A month's statement")
async def read_statement(request: Request, caller: _Reader, month: str) -> schemas.StatementData:
    """Balances, movements and use of a UTC month, to the nano-dollar."""
    return schemas.StatementData.of(await _payments(request).statements.statement(caller.account_id, month))
