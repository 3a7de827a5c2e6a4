"""Stripe: cards, Alipay and WeChat Pay through Checkout, saved cards for automatic top-up. The official SDK speaks.

Facts: docs.stripe.com/payments/checkout, /webhooks, /payments/alipay, /payments/wechat-pay, verified 2026-11. Checkout
is given a price in the order's currency; taxes and promotion codes are Stripe's and come on top, so `amount_subtotal`
is what is held against the order. WeChat Pay wants `client: web`, and neither it nor Alipay saves a payment method.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from modelport.payments.errors import ForgedEvent, HookOff, ProcessorDown, ProcessorRefused
from modelport.payments.processor import Found, Notice, Paid, Saved, Started

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from modelport.payments.processor import Buyer
    from modelport.payments.store import Order
    from modelport.settings import Settings

__all__ = ["Stripe"]

# The SDK's objects are dictionaries in all but name, typed far more loosely than they are read here.
_Object = Any
_NOTHING: _Object = {}
_OURS = "modelport_order"
_HOOK_TOLERANCE = 300
"""Seconds an event's signature is good for."""


class Stripe:
    """A `Processor`. The SDK is imported when it is first needed: it takes a second."""

    name = "stripe"
    currencies: tuple[str, ...] = ("usd", "cny")
    repeats_refunds = True

    def __init__(self, settings: Settings) -> None:
        assert settings.stripe_secret_key is not None
        self._secret = settings.stripe_secret_key.get_secret_value()
        self._hook_secret = settings.stripe_webhook_secret.get_secret_value() if settings.stripe_webhook_secret else ""
        self._address = settings.stripe_address
        self._tax = settings.stripe_automatic_tax
        self._promotions = settings.stripe_promotion_codes
        self.methods: tuple[str, ...] = tuple(settings.stripe_methods)
        self._sdk: _Object = None
        self._client: _Object = None

    async def start(self, order: Order, method: str, buyer: Buyer) -> Started:
        """A Checkout page. Raises `ProcessorDown`, `ProcessorRefused`."""
        client = await self._open()
        customer = buyer.customer_id
        if customer is None:
            params = {"email": buyer.email, "metadata": {"modelport_account": order.account_id}}
            async with self._told():
                made = await client.v1.customers.create_async(
                    params, {"idempotency_key": f"customer-{order.account_id}"}
                )
            customer = str(made["id"])
        async with self._told():
            page = _plain(
                await client.v1.checkout.sessions.create_async(
                    self._page(order, method, customer, buyer), {"idempotency_key": f"order-{order.id}"}
                )
            )
        return Started(str(page["id"]), str(page["url"]), customer_id=customer)

    def _page(self, order: Order, method: str, customer: str, buyer: Buyer) -> dict[str, _Object]:
        ours = {_OURS: order.id}
        item = {
            "quantity": 1,
            "price_data": {
                "currency": order.currency,
                "unit_amount": order.amount,
                "product_data": {"name": "余额充值" if buyer.language == "zh" else "Credits"},
            },
        }
        page: dict[str, _Object] = {
            "mode": "payment",
            "customer": customer,
            "client_reference_id": order.id,
            "line_items": [item],
            "payment_method_types": [method],
            "metadata": ours,
            "payment_intent_data": {"metadata": ours},
            "success_url": buyer.return_url.format(status="success", order=order.id),
            "cancel_url": buyer.return_url.format(status="canceled", order=order.id),
            "locale": "zh" if buyer.language == "zh" else "en",
            # Stripe takes half an hour at the least; an order outlives its page, so that no payment finds it gone.
            "expires_at": order.created_at // 1000 + 3600,
        }
        if method == "card":
            page["payment_intent_data"]["setup_future_usage"] = "off_session"
        if method == "wechat_pay":
            page["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        if self._tax:
            page |= {
                "automatic_tax": {"enabled": True},
                "tax_id_collection": {"enabled": True},
                "customer_update": {"name": "auto", "address": "auto"},
            }
        if self._promotions:
            page["allow_promotion_codes"] = True
        return page

    async def find(self, order: Order) -> Found:
        """Raises `ProcessorDown`, `ProcessorRefused`."""
        if order.origin == "auto":
            return await self._find_charge(order)
        if order.external_id is None:
            # The page may have been made while its name was lost: the key of the order gives the same one again, but
            # nobody was ever sent there, so it can't have been paid.
            return Found("open")
        client = await self._open()
        async with self._told():
            page = _plain(
                await client.v1.checkout.sessions.retrieve_async(
                    order.external_id, {"expand": ["payment_intent.payment_method"]}
                )
            )
        if page["payment_status"] == "paid":
            return Found("paid", _paid_page(page))
        if page["status"] == "expired":
            return Found("expired")
        intent = page.get("payment_intent")
        if page["status"] == "complete" and intent and intent["status"] in {"requires_payment_method", "canceled"}:
            return Found("failed", failure=_failure(intent))
        return Found("open")

    async def _find_charge(self, order: Order) -> Found:
        """An automatic order is its payment intent; one that was lost is looked for by the key it was made with."""
        if order.external_id is None:
            return Found("open")
        client = await self._open()
        async with self._told():
            intent = _plain(
                await client.v1.payment_intents.retrieve_async(order.external_id, {"expand": ["payment_method"]})
            )
        return _found_intent(intent)

    async def refund(self, order: Order, amount: int, refund_id: str) -> str:
        """Raises `ProcessorDown`, `ProcessorRefused`."""
        client = await self._open()
        params = {
            "payment_intent": order.payment_id,
            "amount": amount,
            "metadata": {_OURS: order.id, "modelport_refund": refund_id},
        }
        async with self._told():
            made = _plain(await client.v1.refunds.create_async(params, {"idempotency_key": f"refund-{refund_id}"}))
        if made["status"] in {"failed", "canceled"}:
            raise ProcessorRefused(
                "Stripe could not pay back.", reason=str(made.get("failure_reason") or made["status"]), rule="pay_back"
            )
        return str(made["id"])

    async def charge_saved(self, order: Order, saved: Saved) -> Found:
        """Raises `ProcessorDown`; a card that is declined, or wants its owner, is a `failed` payment."""
        client = await self._open()
        params = {
            "amount": order.amount,
            "currency": order.currency,
            "customer": saved.customer_id,
            "payment_method": saved.payment_method,
            "off_session": True,
            "confirm": True,
            "metadata": {_OURS: order.id},
        }
        try:
            async with self._told():
                intent = _plain(
                    await client.v1.payment_intents.create_async(params, {"idempotency_key": f"order-{order.id}"})
                )
        except ProcessorRefused as error:
            return Found("failed", failure=error.reason)
        found = _found_intent(intent)
        if intent["status"] == "requires_action":
            # Nobody is there to act: the intent is given up, so that it can't be paid behind our back.
            async with self._told():
                await client.v1.payment_intents.cancel_async(intent["id"])
            return Found("failed", failure="authentication_required")
        return found

    async def portal(self, customer_id: str, return_url: str) -> str:
        """The address of Stripe's own page for saved cards and invoices. Raises `ProcessorDown`, `ProcessorRefused`."""
        client = await self._open()
        async with self._told():
            made = await client.v1.billing_portal.sessions.create_async(
                {"customer": customer_id, "return_url": return_url}
            )
        return str(made["url"])

    async def movements(self, since: int, until: int) -> list[tuple[str, str, int, str]] | None:
        """What Stripe says came in and went out between two moments (unix seconds): id of the payment intent, kind
        (`payment`, `refund`), amount in the smallest unit, currency. Raises `ProcessorDown`, `ProcessorRefused`.
        """
        client = await self._open()
        found: list[tuple[str, str, int, str]] = []
        window = {"gte": since, "lt": until}
        async with self._told():
            charges = await client.v1.charges.list_async({"created": window, "limit": 100})
            found += [
                (str(each["payment_intent"]), "payment", int(each["amount"]), str(each["currency"]))
                async for each in charges.auto_paging_iter()
                if each["status"] == "succeeded"
                and each["paid"]
                and "payment_intent" in each
                and each["payment_intent"]
            ]
            paid_back = await client.v1.refunds.list_async({"created": window, "limit": 100})
            found += [
                (str(each["payment_intent"]), "refund", int(each["amount"]), str(each["currency"]))
                async for each in paid_back.auto_paging_iter()
                if each["status"] == "succeeded" and "payment_intent" in each and each["payment_intent"]
            ]
        return found

    async def read_event(self, body: bytes, signature: str) -> Notice:
        """One event of the web hook. Raises `HookOff`, `ForgedEvent`."""
        if not self._hook_secret:
            raise HookOff("Not Found")
        await self._open()
        try:
            event = self._sdk.Webhook.construct_event(body, signature, self._hook_secret, _HOOK_TOLERANCE)
        except (AttributeError, KeyError, TypeError, ValueError, self._sdk.SignatureVerificationError):
            raise ForgedEvent("The event's signature is not good.") from None
        try:
            return _notice(_plain(event))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ForgedEvent("The event can't be read.") from None

    async def close(self) -> None:
        """Closes the SDK's connections."""
        if self._client is not None:
            await self._http.close_async()
            self._client = None

    async def _open(self) -> _Object:
        if self._client is None:
            self._sdk = await anyio.to_thread.run_sync(partial(__import__, "stripe"))
            self._sdk.enable_telemetry = False  # it would write a file into the home directory, and report timings
            self._http = self._sdk.AIOHTTPClient(timeout=20)
            options: dict[str, _Object] = {"http_client": self._http, "max_network_retries": 1}
            if self._address:
                options["base_addresses"] = {"api": self._address}
            self._client = self._sdk.StripeClient(self._secret, **options)
        return self._client

    @contextlib.asynccontextmanager
    async def _told(self) -> AsyncGenerator[None]:
        """The SDK's errors as ours; nothing of a key or an address is told."""
        sdk = self._sdk
        try:
            yield
        except sdk.CardError as error:
            reason = str(error.code or "declined")
            raise ProcessorRefused(
                str(error.user_message or "The card was declined."), reason=reason, rule="card"
            ) from error
        except (sdk.APIConnectionError, sdk.RateLimitError) as error:
            raise ProcessorDown("The payment processor can't be reached at the moment.", retry_after=5) from error
        except sdk.InvalidRequestError as error:
            raise ProcessorRefused(
                "The payment processor refused the request.",
                reason=str(error.code or "invalid_request"),
                rule="request",
            ) from error
        except sdk.StripeError as error:
            raise ProcessorDown("The payment processor failed.", retry_after=30) from error


def _plain(answer: _Object) -> _Object:
    """The SDK's object as dictionaries, where a field that is missing can be asked for."""
    return answer.to_dict()


def _paid_page(page: _Object) -> Paid:
    details = page.get("total_details") or _NOTHING
    intent = page["payment_intent"]
    return Paid(
        str(intent["id"]),
        str(page["currency"]),
        int(page["amount_subtotal"]),
        int(page["amount_total"]),
        int(details.get("amount_tax") or 0),
        (page.get("payment_method_types") or [None])[0],
        _saved(page.get("customer"), intent.get("payment_method")),
    )


def _found_intent(intent: _Object) -> Found:
    if intent["status"] == "succeeded":
        method = intent.get("payment_method")
        paid = Paid(
            str(intent["id"]), str(intent["currency"]), int(intent["amount"]), int(intent["amount"]), 0, "card",
            _saved(intent.get("customer"), method),
        )  # fmt: skip
        return Found("paid", paid, external_id=str(intent["id"]))
    if intent["status"] in {"requires_payment_method", "canceled"}:
        return Found("failed", failure=_failure(intent), external_id=str(intent["id"]))
    return Found("open", external_id=str(intent["id"]))


def _saved(customer: _Object, method: _Object) -> Saved | None:
    """The card that was used, if it stays with the customer."""
    if not customer or not method or isinstance(method, str) or method.get("type") != "card":
        return None
    if not method.get("customer"):
        return None
    card = method.get("card") or _NOTHING
    who = customer if isinstance(customer, str) else customer["id"]
    return Saved(str(who), str(method["id"]), str(card.get("brand") or ""), str(card.get("last4") or ""))


def _failure(intent: _Object) -> str:
    error = intent.get("last_payment_error") or _NOTHING
    return str(error.get("decline_code") or error.get("code") or "declined")


_ABOUT = {
    "checkout.session.completed": "payment",
    "checkout.session.async_payment_succeeded": "payment",
    "checkout.session.async_payment_failed": "payment",
    "checkout.session.expired": "payment",
    "payment_intent.succeeded": "payment",
    "payment_intent.payment_failed": "payment",
    "refund.created": "refund",
    "refund.updated": "refund",
    "charge.dispute.created": "dispute",
    "charge.dispute.closed": "dispute",
    "charge.dispute.funds_reinstated": "dispute",
}


def _notice(event: _Object) -> Notice:
    kind = str(event["type"])
    about = _ABOUT.get(kind, "other")
    thing: _Object = event["data"]["object"]
    order_id = (thing.get("metadata") or _NOTHING).get(_OURS) or thing.get("client_reference_id")
    money = {"amount": thing.get("amount"), "currency": thing.get("currency")}
    if about == "payment":
        is_page = thing.get("object") == "checkout.session"
        return Notice(
            str(event["id"]),
            kind,
            "payment",
            order_id,
            external_id=str(thing["id"]),
            payment_id=thing.get("payment_intent") if is_page else str(thing["id"]),
            amount=thing.get("amount_subtotal") if is_page else thing.get("amount"),
            currency=thing.get("currency"),
        )
    if about == "dispute":
        won = None
        if kind != "charge.dispute.created":
            won = thing.get("status") == "won"
        return Notice(
            str(event["id"]), kind, "dispute", order_id, payment_id=thing.get("payment_intent"), won=won,
            reference=str(thing["id"]), **money,
        )  # fmt: skip
    if about == "refund":
        return Notice(
            str(event["id"]), kind, "refund", order_id, payment_id=thing.get("payment_intent"),
            reference=str(thing["id"]), **money,
        )  # fmt: skip
    return Notice(str(event["id"]), kind, "other", order_id)
