"""Buying credits, for members of an account: under `/api/app/payments`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from modelport.keys.access import Permission, Principal, allow
from modelport.kit.caller_address import network_of
from modelport.kit.money import format_usd, parse_usd
from modelport.payments import schemas
from modelport.payments.amounts import quote
from modelport.payments.errors import BadOrder
from modelport.payments.pdf import receipt_pdf
from modelport.payments.processor import Buyer
from modelport.payments.receipts import Profile
from modelport.payments.service import Payments

__all__ = ["router"]

router = APIRouter(prefix="/api/app/payments", tags=["Payments"])
_Reader = Annotated[Principal, Depends(allow(Permission.CREDITS_READ))]
_Buyer = Annotated[Principal, Depends(allow(Permission.CREDITS_WRITE))]


def _payments(request: Request) -> Payments:
    payments: Payments = request.app.state.services.payments
    return payments


@router.get("/options", summary="How credits can be bought")
async def read_options(request: Request, _caller: _Reader) -> schemas.Options:
    """Ways to pay, limits, presets, fee and rate."""
    settings = request.app.state.services.settings
    payments = _payments(request)
    return schemas.Options(
        methods=[schemas.MethodData(**each._asdict()) for each in payments.methods()],
        minimum=format_usd(parse_usd(settings.topup_min)),
        maximum=format_usd(parse_usd(settings.topup_max)),
        presets=[format_usd(each) for each in payments.presets()],
        fee_percent=settings.topup_fee_percent,
        fee_minimum=settings.topup_fee_min,
        cny_per_usd=settings.cny_per_usd,
        credits_days=settings.bought_credits_days,
        refund_if_spent=settings.refund_if_spent,
    )


@router.get("/quote", summary="What credits would cost")
async def read_quote(
    request: Request,
    _caller: _Reader,
    credits: Annotated[schemas.Usd, Query()],
    currency: Literal["usd", "cny"] = "usd",
) -> schemas.QuoteData:
    """Credits, fee and the sum in the currency."""
    made = quote(request.app.state.services.settings, parse_usd(credits), currency)
    return schemas.QuoteData(
        credits=format_usd(made.credits),
        fee=format_usd(made.fee),
        currency=made.currency,
        rate=made.rate,
        amount=f"{made.amount // 100}.{made.amount % 100:02d}",
    )


@router.post("/orders", summary="Buy credits")
async def buy(request: Request, caller: _Buyer, wanted: schemas.Buy) -> schemas.OrderData:
    """An order with the page to pay it on."""
    services = request.app.state.services
    payments = _payments(request)
    email = await services.accounts.email_of(caller.user_id)
    back = payments.public_url("/settings/credits?payment={status}&order={order}")
    bought = await payments.orders.buy(
        caller.account_id,
        Buyer(email, None, wanted.language, back),
        user_id=caller.user_id,
        credits=parse_usd(wanted.credits),
        currency=wanted.currency,
        method=wanted.method,
        client_key=wanted.idempotency_key,
    )
    return schemas.OrderData.of(bought.order, bought.instructions)


@router.get("/orders", summary="The account's orders")
async def read_orders(
    request: Request,
    caller: _Reader,
    before: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> schemas.Orders:
    """Newest first."""
    at, _, last = (before or "").partition("/")
    if before is not None and not at.isdecimal():
        raise BadOrder("`before` is not from an answer of this address.", metadata={"rule": "page"})
    found = await _payments(request).orders.of_account(
        caller.account_id, (int(at[:18]), last) if before is not None else None, limit
    )
    end = f"{found[-1].created_at}/{found[-1].id}" if len(found) == limit else None
    told = _payments(request).instructions
    return schemas.Orders(data=[schemas.OrderData.of(each, told(each)) for each in found], next=end)


@router.get("/orders/{order_id}", summary="One order")
async def read_order(request: Request, caller: _Reader, order_id: str) -> schemas.OrderData:
    """How it stands; an open one is asked for at its processor first."""
    orders = _payments(request).orders
    order = await orders.of(caller.account_id, order_id)
    if order.status in {"created", "pending"} or (order.status == "paid" and order.credited_at is None):
        order = await orders.look(order)
    return schemas.OrderData.of(order, _payments(request).instructions(order))


@router.post("/orders/{order_id}/cancel", summary="Give up an order")
async def cancel(request: Request, caller: _Buyer, order_id: str) -> schemas.OrderData:
    """Only while it is not paid. Should its payment come all the same, it is credited."""
    orders = _payments(request).orders
    return schemas.OrderData.of(await orders.cancel(await orders.of(caller.account_id, order_id)))


@router.post("/redeem", summary="Redeem a voucher")
async def redeem(request: Request, caller: _Buyer, wanted: schemas.RedeemWanted) -> schemas.RedeemData:
    """Credits for a voucher's code."""
    network = network_of(request.client.host) if request.client else None
    given = await _payments(request).vouchers.redeem(caller.account_id, caller.user_id, wanted.code, network=network)
    return schemas.RedeemData.made(*given)


@router.get("/auto", summary="Automatic top-up")
async def read_auto(request: Request, caller: _Reader) -> schemas.AutoData:
    """How it is set up, and the card it uses."""
    return await _auto(request, caller)


@router.put("/auto", summary="Set up automatic top-up")
async def set_auto(request: Request, caller: _Buyer, wanted: schemas.AutoWanted) -> schemas.AutoData:
    """Takes effect at once; one that was paused tries again."""
    auto = _payments(request).auto
    await auto.set(
        caller.account_id,
        caller.user_id,
        enabled=wanted.enabled,
        threshold=parse_usd(wanted.threshold),
        amount=parse_usd(wanted.amount),
        monthly_cap=None if wanted.monthly_cap is None else parse_usd(wanted.monthly_cap),
    )
    return await _auto(request, caller)


async def _auto(request: Request, caller: Principal) -> schemas.AutoData:
    auto = _payments(request).auto
    return schemas.AutoData.of(
        await auto.of(caller.account_id),
        await auto.saved(caller.account_id),
        last=await auto.last(caller.account_id),
        bought=await auto.bought_this_month(caller.account_id),
    )


@router.post("/portal", summary="The processor's page for saved cards")
async def open_portal(request: Request, caller: _Buyer) -> dict[str, str]:
    """An address that works for a short while."""
    return {"url": await _payments(request).portal(caller.account_id)}


@router.get("/profile", summary="The buyer on receipts")
async def read_profile(request: Request, caller: _Reader) -> schemas.ProfileData:
    """Empty where nothing was given."""
    found = await _payments(request).receipts.profile(caller.account_id)
    return schemas.ProfileData(
        name=found.name, address=found.address, country=found.country, tax_id=found.tax_id, email=found.email
    )


@router.put("/profile", summary="Change the buyer on receipts")
async def set_profile(request: Request, caller: _Buyer, wanted: schemas.ProfileData) -> schemas.ProfileData:
    """Receipts that were issued stay as they are."""
    await _payments(request).receipts.set_profile(caller.account_id, Profile(**wanted.model_dump()))
    return wanted


@router.get("/receipts", summary="The account's receipts")
async def read_receipts(request: Request, caller: _Reader) -> list[schemas.ReceiptData]:
    """Newest first."""
    return [schemas.ReceiptData.of(each) for each in await _payments(request).receipts.of_account(caller.account_id)]


@router.get("/receipts/{number}.pdf", summary="A receipt as PDF", response_class=Response)
async def read_receipt(
    request: Request, caller: _Reader, number: str, language: Literal["zh", "en"] = "en"
) -> Response:
    """In Chinese or English."""
    receipt = await _payments(request).receipts.one(caller.account_id, number)
    body = await asyncio.to_thread(partial(receipt_pdf, receipt, language))
    named = {"content-disposition": f'attachment; filename="{receipt.number}.pdf"'}
    return Response(body, media_type="application/pdf", headers=named)
