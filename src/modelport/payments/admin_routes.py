"""Payments and vouchers for operators: under `/api/admin`."""

from __future__ import annotations

import csv
import io
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from modelport.audit.noting import note
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.money import parse_usd
from modelport.payments import schemas
from modelport.payments.errors import BadOrder, NoSuchOrder
from modelport.payments.processor import Paid
from modelport.payments.service import Payments

__all__ = ["router"]

router = APIRouter(prefix="/api/admin", tags=["Admin: payments"])
_Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]


def _payments(request: Request) -> Payments:
    payments: Payments = request.app.state.services.payments
    return payments


@router.get("/vouchers", summary="Batches of vouchers")
async def read_batches(request: Request, _caller: _Operator) -> list[schemas.BatchData]:
    """Newest first."""
    return [schemas.BatchData.of(*each) for each in await _payments(request).vouchers.batches()]


@router.post("/vouchers", summary="Make vouchers")
async def make_batch(request: Request, caller: _Operator, wanted: schemas.BatchWanted) -> schemas.BatchMade:
    """A batch and its codes. They are kept as hashes only: this answer is the one place they stand in."""
    batch, codes = await _payments(request).vouchers.make(
        amount=parse_usd(wanted.amount),
        count=wanted.count,
        created_by=caller.user_id,
        note=wanted.note,
        expires_at=None if wanted.expires_at is None else int(wanted.expires_at.timestamp() * 1000),
        per_user=wanted.per_user,
        credits_days=wanted.credits_days,
        promotional=wanted.promotional,
    )
    made = schemas.BatchData.of(batch, 0)
    note(request, batch.id, after=made)
    return schemas.BatchMade(batch=made, codes=codes)


@router.post("/vouchers.csv", summary="Make vouchers, as CSV", response_class=Response)
async def make_batch_csv(request: Request, caller: _Operator, wanted: schemas.BatchWanted) -> Response:
    """The same as a file: one code a line, with amount and expiry."""
    made = await make_batch(request, caller, wanted)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["code", "usd", "expires_at", "batch"])
    expires = "" if made.batch.expires_at is None else made.batch.expires_at.isoformat()
    writer.writerows([code, made.batch.amount, expires, made.batch.id] for code in made.codes)
    named = {"content-disposition": f'attachment; filename="{made.batch.id}.csv"', "cache-control": "no-store"}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=named)


@router.get("/vouchers/{batch_id}", summary="The vouchers of a batch")
async def read_batch(request: Request, _caller: _Operator, batch_id: str) -> list[schemas.VoucherData]:
    """Who redeemed which."""
    _, found = await _payments(request).vouchers.of_batch(batch_id)
    return [schemas.VoucherData.of(each) for each in found]


@router.post("/vouchers/{batch_id}/revoke", summary="Take back a batch")
async def revoke_batch(request: Request, _caller: _Operator, batch_id: str) -> dict[str, int]:
    """What nobody has redeemed of it becomes worthless."""
    return {"revoked": await _payments(request).vouchers.revoke(batch_id)}


@router.post("/vouchers/{batch_id}/{voucher_id}/revoke", summary="Take back one voucher")
async def revoke_voucher(request: Request, _caller: _Operator, batch_id: str, voucher_id: str) -> dict[str, int]:
    """If nobody has redeemed it."""
    vouchers = _payments(request).vouchers
    _, found = await vouchers.of_batch(batch_id)
    if voucher_id not in {each.id for each in found}:
        raise NoSuchOrder("There is no such voucher in this batch.")
    await vouchers.revoke_one(voucher_id)
    return {"revoked": 1}


@router.get("/payments/orders/{order_id}", summary="An order of any account")
async def read_order(request: Request, _caller: _Operator, order_id: str) -> schemas.OrderData:
    """As its buyer sees it."""
    return schemas.OrderData.of(await _payments(request).orders.any(order_id))


@router.post("/payments/orders/{order_id}/confirm", summary="A bank transfer has come")
async def confirm(request: Request, _caller: _Operator, order_id: str, came: schemas.TransferCame) -> schemas.OrderData:
    """Credits the order, if currency and amount are what it asked for."""
    orders = _payments(request).orders
    order = await orders.any(order_id)
    whole, _, part = came.amount.partition(".")
    amount = int(whole) * 100 + int(part.ljust(2, "0") or "0")
    paid = Paid(came.reference, came.currency, amount, amount, 0, "bank_transfer")
    after = await orders.confirm(order, paid)
    if after.status != "paid":
        raise BadOrder(
            "The amount or the currency is not what the order asks for, or the reference confirms another order.",
            metadata={"rule": "transfer"},
        )
    return schemas.OrderData.of(after)


@router.post("/payments/orders/{order_id}/refund", summary="Refund an order")
async def refund(
    request: Request, caller: _Operator, order_id: str, wanted: schemas.RefundWanted
) -> schemas.RefundData:
    """Takes the credits back and pays the money out."""
    payments = _payments(request)
    made = await payments.refunds.refund(
        await payments.orders.any(order_id),
        None if wanted.credits is None else parse_usd(wanted.credits),
        if_spent=wanted.if_spent or request.app.state.services.settings.refund_if_spent,
        reason=wanted.reason,
        requested_by=caller.user_id,
    )
    return schemas.RefundData.of(made)


@router.get("/payments/orders/{order_id}/refunds", summary="The refunds of an order")
async def read_refunds(request: Request, _caller: _Operator, order_id: str) -> list[schemas.RefundData]:
    """Oldest first."""
    return [schemas.RefundData.of(each) for each in await _payments(request).refunds.of(order_id)]
