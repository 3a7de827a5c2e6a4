"""An EPay gateway for tests: keeps orders by what it was sent, and answers questions about them."""

from __future__ import annotations

import asyncio
import threading
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from modelport.payments.processors.epay import sign

MERCHANT, KEY = "1001", "epay-key-0123456789"


class EPayGateway:
    """A running gateway."""

    def __init__(self) -> None:
        self.paid: dict[str, dict[str, str]] = {}
        self.refunds: list[dict[str, str]] = []
        self.port = 0
        self._begun = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._begun.wait(10)
        self.address = f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(asyncio.sleep(0.05))  # connections close a little after they are told to
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_get("/api.php", self._answer)
        app.router.add_post("/api.php", self._refund)
        app.router.add_get("/submit.php", self._page)
        app.router.add_post("/submit.php", self._buyer_pays)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self._begun.set()
        await self._ended.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        if (request.query["pid"], request.query["key"]) != (MERCHANT, KEY):
            return web.json_response({"code": -3, "msg": "bad key"})
        known = self.paid.get(request.query["out_trade_no"])
        if known is None:
            return web.json_response({"code": -1, "msg": "not found"})
        return web.json_response({"code": 1, "status": "1", **known})

    async def _refund(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.refunds.append(form)
        return web.json_response({"code": 1, "msg": "ok"})

    async def _page(self, request: web.Request) -> web.Response:
        """What a buyer sees."""
        text = (
            f"<!doctype html><title>EPay</title><p>{request.query['money']} CNY</p>"
            "<form method=post><button>支付</button></form>"
        )
        return web.Response(text=text, content_type="text/html")

    async def _buyer_pays(self, request: web.Request) -> web.Response:
        """Notes the payment, tells the merchant's server, and sends the buyer back there."""
        notice = self.pay(str(request.url))
        async with aiohttp.ClientSession() as client, client.get(request.query["notify_url"], params=notice) as answer:
            assert await answer.text() == "success"
        raise web.HTTPSeeOther(URL(request.query["return_url"]).update_query(notice))

    def pay(self, url: str, *, money: str | None = None) -> dict[str, str]:
        """Somebody pays on the page at `url`; returns the notice's parameters."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["sign"] == sign(asked, KEY), "the page's address is signed"
        assert asked["pid"] == MERCHANT
        number = asked["out_trade_no"]
        self.paid[number] = {
            "trade_no": f"trade-{number}",
            "out_trade_no": number,
            "type": asked["type"],
            "money": money or asked["money"],
        }
        return self.notice(self.paid[number])

    @staticmethod
    def notice(facts: dict[str, str], key: str = KEY, **more: str) -> dict[str, str]:
        """A signed notice about a payment."""
        parameters = {"pid": MERCHANT, "name": "Credits", "trade_status": "TRADE_SUCCESS", **facts, **more}
        return {**parameters, "sign": sign(parameters, key), "sign_type": "MD5"}

    def stop(self) -> None:
        """Ends it."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
