"""Stripe for tests: a real stateful server for customers, cards, payments and refunds (`localstripe`), and in front of
it what that one lacks: Checkout pages, disputes, the customer portal, idempotency keys, lists by time.

Cards, declines and 3-D Secure are the server's behind; a page is paid here by doing there what Checkout does.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import socket
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
import httpx
from aiohttp import web

SECRET = "sk_test_modelport"
HOOK_SECRET = "whsec_modelport"
GOOD, DECLINED, ASKS = "4242424242424242", "4000000000000341", "4000002500003155"
_numbers = itertools.count(1)


def nested(text: str) -> dict[str, Any]:
    """A form as Stripe's clients send it: `a[b][0]=c`."""
    out: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        keys = re.findall(r"[^\[\]]+", name)
        place = out
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return out


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class StripeFront:
    """Both servers, and what a buyer does on a page."""

    def __init__(self) -> None:
        self._behind_port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "localstripe", "--port", str(self._behind_port), "--from-scratch"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._behind = f"http://127.0.0.1:{self._behind_port}"
        self.http = httpx.Client(base_url=self._behind, headers={"authorization": f"Bearer {SECRET}"}, timeout=20)
        self._wait()
        self.pages: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, tuple[int, bytes]] = {}
        self.requests: list[tuple[str, str]] = []
        """Method and path of everything that was asked, for tests that count."""
        self.lose_answers = 0
        """So many next answers to a POST are lost on the way, after their work was done."""
        self.down = False
        self.hook: str | None = None
        """Where events are sent by itself when a buyer pays on the page in a browser."""
        self.port = 0
        self._begun = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._begun.wait(20)
        self.address = f"http://127.0.0.1:{self.port}"

    def _wait(self) -> None:
        ends = time.monotonic() + 30
        while True:
            try:
                self.http.get("/v1/customers")
                return
            except httpx.TransportError:
                assert time.monotonic() < ends, "localstripe did not start"
                time.sleep(0.05)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(asyncio.sleep(0.05))  # connections close a little after they are told to
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/checkout/sessions", self._keyed(self._make_page))
        app.router.add_get("/v1/checkout/sessions/{id}", self._show_page)
        app.router.add_post("/v1/billing_portal/sessions", self._portal)
        app.router.add_get("/v1/charges", self._listed)
        app.router.add_get("/v1/refunds", self._listed)
        app.router.add_get("/pay/{id}", self._buyers_page)
        app.router.add_post("/pay/{id}", self._buyer_pays)
        app.router.add_route("*", "/{rest:.*}", self._keyed(self._behind_answer))
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        async with aiohttp.ClientSession() as self._client:
            self._begun.set()
            await self._ended.wait()
        await runner.cleanup()

    def _keyed(self, handler: Any) -> Any:
        """Idempotency as Stripe has it: the same key gives the same answer, and does nothing again."""

        async def answer(request: web.Request) -> web.StreamResponse:
            if self.down:
                assert request.transport is not None
                request.transport.abort()
                raise web.HTTPServiceUnavailable
            self.requests.append((request.method, request.path))
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            text = (await request.read()).decode()
            if key is None or key not in self._answers:
                status, body = await handler(request, text)
                if key is not None and status < 500:
                    self._answers[key] = status, body
            else:
                status, body = self._answers[key]
            if request.method == "POST" and self.lose_answers:
                self.lose_answers -= 1
                assert request.transport is not None
                request.transport.abort()
            return web.Response(body=body, status=status, content_type="application/json")

        return answer

    async def _behind_answer(self, request: web.Request, text: str) -> tuple[int, bytes]:
        headers = {"authorization": request.headers.get("authorization", ""), "content-type": request.content_type}
        url = f"{self._behind}{request.path_qs}"
        async with self._client.request(request.method, url, data=text or None, headers=headers) as answer:
            return answer.status, await answer.read()

    async def _make_page(self, _request: web.Request, text: str) -> tuple[int, bytes]:
        asked = nested(text)
        item = asked["line_items"]["0"]
        amount = int(item["price_data"]["unit_amount"]) * int(item["quantity"])
        page_id = f"cs_test_{next(_numbers)}"
        page = {
            "id": page_id,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "url": f"{self.address}/pay/{page_id}",
            "currency": item["price_data"]["currency"],
            "amount_subtotal": amount,
            "amount_total": amount,
            "total_details": {"amount_tax": 0, "amount_discount": 0},
            "customer": asked["customer"],
            "client_reference_id": asked["client_reference_id"],
            "metadata": asked["metadata"],
            "payment_method_types": list(asked["payment_method_types"].values()),
            "success_url": asked["success_url"],
            "cancel_url": asked["cancel_url"],
            "intent_metadata": asked["payment_intent_data"]["metadata"],
            "saves": "setup_future_usage" in asked["payment_intent_data"],
            "locale": asked["locale"],
            "taxed": asked.get("automatic_tax", {}).get("enabled") == "true",
            "tax_ids": asked.get("tax_id_collection", {}).get("enabled") == "true",
            "promotions": asked.get("allow_promotion_codes") == "true",
        }
        self.pages[page_id] = page
        return 200, json.dumps(page).encode()

    async def _show_page(self, request: web.Request) -> web.Response:
        if self.down:
            raise web.HTTPBadGateway
        page = self.pages.get(request.match_info["id"])
        if page is None:
            return web.json_response(
                {"error": {"type": "invalid_request_error", "code": "resource_missing"}}, status=404
            )
        shown = dict(page)
        if isinstance(shown["payment_intent"], str):
            url = f"{self._behind}/v1/payment_intents/{shown['payment_intent']}?expand[]=payment_method"
            async with self._client.get(url, headers={"authorization": f"Bearer {SECRET}"}) as answer:
                shown["payment_intent"] = await answer.json()
        return web.json_response(shown)

    async def _portal(self, request: web.Request) -> web.Response:
        customer = nested(await request.text())["customer"]
        return web.json_response(
            {"id": "bps_1", "object": "billing_portal.session", "url": f"{self.address}/{customer}"}
        )

    async def _listed(self, request: web.Request) -> web.Response:
        """Lists by time, which the server behind can't."""
        created = nested(request.query_string).get("created", {})
        async with self._client.get(
            f"{self._behind}{request.path}?limit=100", headers={"authorization": f"Bearer {SECRET}"}
        ) as answer:
            found = await answer.json()
        low, high = int(created.get("gte", 0)), int(created.get("lt", 2**40))
        found["data"] = [each for each in found["data"] if low <= each["created"] < high]
        found["has_more"] = False
        return web.json_response(found)

    async def _buyers_page(self, request: web.Request) -> web.Response:
        page = self.pages[request.match_info["id"]]
        words = ("支付", "返回") if page["locale"] == "zh" else ("Pay", "Back")
        text = (
            f"<!doctype html><html lang={page['locale']}><title>Checkout</title>"
            f"<p>{page['amount_total'] / 100:.2f} {page['currency'].upper()}</p>"
            f"<form method=post><button name=card value={GOOD}>{words[0]}</button></form>"
            f"<a href='{page['cancel_url']}'>{words[1]}</a>"
        )
        return web.Response(text=text, content_type="text/html")

    async def _buyer_pays(self, request: web.Request) -> web.Response:
        page_id = request.match_info["id"]
        card = str((await request.post())["card"])
        await asyncio.get_running_loop().run_in_executor(None, lambda: self.pay(page_id, card))
        if self.hook is not None:
            body = self.event("checkout.session.completed", self.pages[page_id])
            headers = {"stripe-signature": signature(body), "content-type": "application/json"}
            async with self._client.post(self.hook, data=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
        raise web.HTTPSeeOther(self.pages[page_id]["success_url"])

    # What a buyer does.

    def _ask(self, path: str, **fields: Any) -> dict[str, Any]:
        answer = self.http.post(
            path,
            content=urlencode(fields),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        value: dict[str, Any] = answer.json()
        return value

    def pay(self, page_id: str, card: str = GOOD, *, tax: int = 0, discount: int = 0) -> dict[str, Any]:
        """Fills in a card on a Checkout page, perhaps where taxes are added, or with a promotion code; returns the
        payment.
        """
        page = self.pages[page_id]
        assert not tax or page["taxed"], "no taxes on this page"
        assert not discount or page["promotions"], "no codes are taken on this page"
        page["amount_total"] = page["amount_subtotal"] + tax - discount
        page["total_details"] = {"amount_tax": tax, "amount_discount": discount}
        month = {"card[exp_month]": 12, "card[exp_year]": 2040, "card[cvc]": "123"}
        method = self._ask("/v1/payment_methods", type="card", **{"card[number]": card}, **month)
        self._ask(f"/v1/payment_methods/{method['id']}/attach", customer=page["customer"])
        fields = {f"metadata[{name}]": value for name, value in page["intent_metadata"].items()}
        made = self._ask(
            "/v1/payment_intents",
            amount=page["amount_total"],
            currency=page["currency"],
            customer=page["customer"],
            payment_method=method["id"],
            **fields,
        )
        page["payment_intent"] = made["id"]
        self._ask(f"/v1/payment_intents/{made['id']}/confirm")
        return self._taken_over(page)

    def authenticate(self, page_id: str, *, success: bool) -> dict[str, Any]:
        """Answers the bank's question on a page that was paid with a card that asks."""
        page = self.pages[page_id]
        intent = self.intent(page["payment_intent"])
        self._ask(
            f"/v1/payment_intents/{intent['id']}/_authenticate",
            client_secret=intent["client_secret"],
            success=str(success).lower(),
        )
        return self._taken_over(page)

    def _taken_over(self, page: dict[str, Any]) -> dict[str, Any]:
        intent = self.intent(page["payment_intent"])
        if intent["status"] == "succeeded":
            page |= {"status": "complete", "payment_status": "paid"}
        return intent

    def expire(self, page_id: str) -> None:
        """The page's time is over."""
        self.pages[page_id]["status"] = "expired"

    def intent(self, intent_id: str) -> dict[str, Any]:
        """A payment as it stands."""
        value: dict[str, Any] = self.http.get(f"/v1/payment_intents/{intent_id}").json()
        return value

    def intents(self) -> list[dict[str, Any]]:
        """Every payment."""
        value: list[dict[str, Any]] = self.http.get("/v1/payment_intents?limit=100").json()["data"]
        return value

    # Events.

    def event(self, kind: str, thing: dict[str, Any], event_id: str | None = None) -> bytes:
        """The body of an event."""
        made = {
            "id": event_id or f"evt_{next(_numbers)}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": thing},
        }
        return json.dumps(made).encode()

    def dispute(self, page_id: str, *, status: str = "needs_response") -> dict[str, Any]:
        """A dispute of a page's payment."""
        page = self.pages[page_id]
        return {
            "id": f"dp_{page_id}",
            "object": "dispute",
            "payment_intent": page["payment_intent"],
            "amount": page["amount_total"],
            "currency": page["currency"],
            "status": status,
            "metadata": {},
        }

    def stop(self) -> None:
        """Ends both servers."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self._process.terminate()
        self._process.wait(10)
        self.http.close()


def signature(body: bytes, secret: str = HOOK_SECRET, at: int | None = None) -> str:
    """What Stripe sends as `Stripe-Signature`."""
    moment = int(time.time()) if at is None else at
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"
