"""`kill -9` at random moments of buying, redeeming and refunding: after the restart money and ledger agree."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stripe_front import HOOK_SECRET, SECRET, StripeFront, signature

from modelport.accounts.sessions import start_session
from modelport.app import open_services
from modelport.kit.money import parse_usd
from proof.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_numbers = itertools.count(1)
_PATIENCE = 900
"""Seconds a person goes on asking: on a busy machine a server is hardly up before the next kill."""


@pytest.fixture(autouse=True, name="_no_blocking_calls")
def blocking_is_no_matter() -> None:
    """Stands in for the fixture of all tests: the server is another process, and what prepares it may block."""


@pytest.fixture
def stripe() -> Iterator[StripeFront]:
    """The processor, which no kill touches."""
    made = StripeFront()
    yield made
    made.stop()


class Town:
    """A server that is killed, and people who never give up."""

    def __init__(self, world: World, stripe: StripeFront) -> None:
        self.world = world
        self.stripe = stripe
        world.environment = {
            "MODELPORT_STRIPE_SECRET_KEY": SECRET,
            "MODELPORT_STRIPE_WEBHOOK_SECRET": HOOK_SECRET,
            "MODELPORT_STRIPE_ADDRESS": stripe.address,
        }
        self.accounts: dict[str, str] = {}
        """Session tokens by account."""
        self.codes: list[str] = []
        self.expected: dict[str, int] = {}
        """What each account must have in the end, in nano-dollars."""

    async def furnish(self, people: int) -> None:
        """People with sessions, an operator among them, and a voucher for each."""
        async with open_services(self.world.settings) as services:
            for number in range(people + 1):
                user = await services.accounts.create_user(f"p{next(_numbers)}@kill.test", is_admin=not number)
                token, _ = await services.database.write(
                    lambda connection, user=user: start_session(
                        connection,
                        services.keys._vault,
                        user_id=user.id,
                        account_id=user.account_id,
                        method="password",
                        lifetime_ms=3_600_000,
                        address=None,
                        user_agent=None,
                    )
                )
                if number:
                    self.accounts[user.account_id] = token
                else:
                    self.operator = token
            make = services.payments.vouchers.make
            _, self.codes = await make(amount=parse_usd("3"), count=people, created_by="test")

    async def ask(self, token: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Asks until there is an answer; a client that is cut off asks the same again."""
        headers = {"cookie": f"modelport={token}", "x-modelport-app": "1"}
        ends, last = time.monotonic() + _PATIENCE, ""
        while True:
            assert time.monotonic() < ends, f"no answer from {path}: {last}"
            try:
                async with httpx.AsyncClient(base_url=self.world.url, headers=headers, timeout=20) as client:
                    answer = await client.request(method, f"/api{path}", json=body)
                last = answer.text
                if answer.status_code in {200, 409}:
                    value: dict[str, Any] = answer.json()
                    return value
            except httpx.HTTPError as error:
                last = repr(error)
            await asyncio.sleep(0.05)

    async def tell(self, page: str) -> None:
        """The processor delivers its event until it is taken."""
        body = self.stripe.event("checkout.session.completed", self.stripe.pages[page])
        while True:
            try:
                async with httpx.AsyncClient(base_url=self.world.url, timeout=20) as client:
                    answer = await client.post(
                        "/api/webhooks/stripe", content=body, headers={"stripe-signature": signature(body)}
                    )
                if answer.status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)

    async def live(self, account: str, code: str, *, refunds: bool) -> None:
        """One person's life: buys, redeems, and perhaps is paid back a part."""
        token = self.accounts[account]
        wanted = {"credits": "10", "method": "card", "currency": "usd", "idempotency_key": f"once-{account}"}
        order = await self.ask(token, "POST", "/app/payments/orders", wanted)
        if not order.get("url"):
            order = await self.ask(token, "POST", "/app/payments/orders", wanted)
        page = str(order["url"]).rpartition("/")[2]
        await asyncio.to_thread(self.stripe.pay, page)
        await asyncio.gather(
            self.tell(page), self.tell(page), self.ask(token, "POST", "/app/payments/redeem", {"code": code})
        )
        self.expected[account] = parse_usd("13")
        if refunds:
            # Not repeated blindly: an answer that was lost would make a second refund, as a person would see first.
            path = f"/admin/payments/orders/{order['id']}"
            await self.ask(self.operator, "POST", f"{path}/refund", {"credits": "10"})
            self.expected[account] = parse_usd("3")

    async def killings(self, lots: random.Random, count: int, seconds: float) -> None:
        """`kill -9`, so many times."""
        for _ in range(count):
            await asyncio.sleep(lots.random() * seconds)
            self.world.kill()
            await self.world.start()


async def _prove(world: World, stripe: StripeFront, people: int, kills: int, seed: int) -> Town:
    town = Town(world, stripe)
    await town.furnish(people)
    await world.start()
    lots = random.Random(seed)  # noqa: S311 (moments of death are no secret)
    lives = [
        town.live(account, code, refunds=number % 3 == 0)
        for number, (account, code) in enumerate(zip(town.accounts, town.codes, strict=True))
    ]
    await asyncio.gather(town.killings(lots, kills, 1.5), *lives)
    world.kill()
    await world.start()  # its first round finishes what the last kill cut off
    await _finished(world)
    world.stop()
    await _judge(town)
    return town


async def _finished(world: World) -> None:
    ends = time.monotonic() + 60
    open_ = (
        "SELECT (SELECT count(*) FROM payment_orders WHERE status <> 'paid' OR credited_at IS NULL)"
        " + (SELECT count(*) FROM payment_refunds WHERE status NOT IN ('done', 'failed'))"
        " + (SELECT count(*) FROM vouchers WHERE credited_at IS NULL) AS n"
    )
    while (left := (await world.rows(open_))[0].n) > 0:
        assert time.monotonic() < ends, f"{left} things are unfinished"
        await asyncio.sleep(0.2)


async def _judge(town: Town) -> None:
    world = town.world
    balances = await world.rows(
        "SELECT l.owner, b.credits_posted - b.debits_posted AS left FROM balances b "
        "JOIN ledger_accounts l ON l.id = b.account WHERE l.kind = 'credits'"
    )
    assert {row.owner: row.left for row in balances if row.owner in town.expected} == town.expected
    topups = await world.rows("SELECT reference, count(*) AS n FROM transfers WHERE code = 'topup' GROUP BY reference")
    assert len(topups) == len(town.expected)
    assert {row.n for row in topups} == {1}
    payments = [each for each in town.stripe.intents() if each["status"] == "succeeded"]
    assert len(payments) == len(town.expected), "nobody paid twice"
    receipts = await world.rows("SELECT number FROM receipts ORDER BY number")
    numbers = [int(row.number.rpartition("-")[2]) for row in receipts]
    assert numbers == list(range(1, len(numbers) + 1))
    paid_back = sum(each["amount"] for each in town.stripe.http.get("/v1/refunds?limit=100").json()["data"])
    noted = (await world.rows("SELECT coalesce(sum(amount), 0) AS n FROM payment_refunds WHERE status = 'done'"))[0].n
    assert paid_back == noted
    assert world.check_ledger()["fault"] is None


async def test_a_kill(tmp_path: Path, stripe: StripeFront) -> None:
    with World(tmp_path) as world:
        await _prove(world, stripe, people=5, kills=1, seed=20261126)


@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_many_kills(tmp_path: Path, stripe: StripeFront, capsys: pytest.CaptureFixture[str]) -> None:
    seed = secrets.randbelow(10**9)
    with World(tmp_path) as world:
        town = await _prove(world, stripe, people=40, kills=15, seed=seed)
    with capsys.disabled():
        print(f"\npayments, 15 kills, {len(town.expected)} people, seed {seed}: money and ledger agree")  # noqa: T201
