"""A house with money in it: accounts, keys, the ledger, the journal and the sweeper over one real database."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from sqlalchemy import text

from modelport.accounts.service import Accounts
from modelport.credits.service import Checkpoint, Credits, StoredHold
from modelport.keys.service import Keys
from modelport.kit import clock
from modelport.kit.vault import Vault
from modelport.usage.generation import Generation
from modelport.usage.journal import Charge, Journal, Opened, Settled
from modelport.usage.sweeper import Sweeper

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Sequence

    from sqlalchemy import Connection

    from db.database_places import Faulty, Place
    from modelport.credits.budgets import LiveBudget
    from modelport.credits.service import Purse
    from modelport.keys.service import LiveKey

__all__ = ["SECRET", "House", "Request", "a_house", "generation", "house", "rows"]

SECRET = b"a master secret for tests, not short"
_numbers = itertools.count(1)


async def rows(database: Faulty, statement: str, **values: Any) -> Sequence[Any]:
    """What a query gives."""
    return await database.read(lambda connection: connection.execute(text(statement), values).all())


def generation(account_id: str, key_id: str, generation_id: str | None = None, **more: Any) -> Generation:
    """A generation of now."""
    return Generation(
        id=generation_id or f"gen-{next(_numbers)}",
        created_at=more.pop("created_at", None) or clock.now_ms(),
        account_id=account_id,
        key_id=key_id,
        model="acme/one",
        **more,
    )


class Request:
    """One request's money, handled as `gateway.bill` does it: hold, deliver, checkpoint, settle."""

    def __init__(self, house: House, purse: Purse, key: LiveKey, amount: int) -> None:
        """Sets `amount` aside.

        Raises what `LiveKey.hold` and `Purse.hold` raise; then nothing is set aside.
        """
        self._house = house
        self.purse = purse
        self.key = key
        self.held = amount
        self.opened = False
        self.settled = False
        self.spent = 0
        self.budgets: tuple[LiveBudget, ...] = ()
        """Charged as well; a test may set it before the request is delivered or settled."""
        self.generation = generation(purse.account_id, key.record.id)
        key.hold(amount)
        try:
            purse.hold(amount, max_tokens=0, affordable_tokens=0)
        except Exception:
            key.release(amount)
            raise

    def deliver(self, spent: int) -> asyncio.Future[None]:
        """A first event goes out: the hold becomes durable."""
        self.opened = True
        self.spent = min(spent, self.held)
        hold = StoredHold(
            self.generation.id,
            self.purse.account_id,
            self.key.record.id,
            self.held,
            self.spent,
            1,
            msgspec.json.encode(self.generation).decode(),
            self._house.credits.process,
            clock.now_ms() + 60_000,
            msgspec.json.encode([budget.ref for budget in self.budgets]).decode(),
        )
        return self._house.journal.written(Opened(hold, self.purse.ledger_account))

    def checkpoint(self, spent: int) -> None:
        """Notes how far the stream has come."""
        self.spent = min(spent, self.held)
        self._house.journal.checkpoint(Checkpoint(self.generation.id, self.spent, 1, clock.now_ms() + 60_000))

    def settle(self, cost: int, *, or_free: bool = False) -> asyncio.Future[None]:
        """It ends and costs `cost`; what was not held is taken from what is free, and what that lacks is forgiven."""
        assert not self.settled
        self.settled = True
        extra = 0
        if cost > self.held:
            room = self.key.room()
            wanted = cost - self.held
            extra = self.purse.take_extra(wanted if room is None else min(wanted, max(room, 0)))
            self.key.held += extra
        charged = min(cost, self.held + extra)
        self.generation.cost = charged
        self.generation.shortfall = cost - charged
        charge = None
        if charged or self.opened:
            charge = Charge(self.purse.ledger_account, self.key, charged, self.held if self.opened else 0, self.budgets)
        aside = self.held + extra

        def release() -> None:
            self.purse.release(aside)
            self.key.release(aside)

        return self._house.journal.written(Settled(self.generation, charge, release), or_free=or_free)


class House:
    """One process: everything of it that handles money."""

    def __init__(self, database: Faulty, process: str, patience: float = 30.0) -> None:
        self.database = database
        self.vault = Vault(SECRET)
        self.accounts = Accounts(database, self.vault)
        self.keys = Keys(database, self.vault)
        self.credits = Credits(database, process)
        self.journal = Journal(database, self.credits, patience)
        self.sweeper = Sweeper(database, self.credits)
        self.account_id = ""
        self.user_id = ""
        self.key_text = ""

    async def start(self) -> None:
        """Starts the journal."""
        await self.credits.start()
        self.journal.start()

    async def move_in(self, *, limit: int | None = None, limit_reset: str | None = None) -> None:
        """Makes a user and a key."""
        user = await self.accounts.create_user(f"user{next(_numbers)}@example.com")
        self.account_id, self.user_id = user.account_id, user.id
        self.key_text, _ = await self.keys.create(user.account_id, user.id, "key", limit=limit, limit_reset=limit_reset)

    def like(self, other: House) -> None:
        """Uses the other's user and key."""
        self.account_id, self.user_id, self.key_text = other.account_id, other.user_id, other.key_text

    async def key(self) -> LiveKey:
        """The key, live."""
        return await self.keys.authenticate(self.key_text)

    async def purse(self) -> Purse:
        """The user's purse."""
        return await self.credits.purse(self.account_id)

    async def grant(self, amount: int, reference: str | None = None) -> int:
        """Credits for the user."""
        told = reference or f"gift-{next(_numbers)}"
        return await self.credits.grant(self.account_id, amount, reference=told, idempotency_key=f"grant/{told}")

    async def request(self, amount: int) -> Request:
        """A request that holds `amount`."""
        return Request(self, await self.purse(), await self.key(), amount)

    async def execute(self, statement: str, **values: Any) -> None:
        """Writes past the code."""

        def work(connection: Connection) -> None:
            connection.execute(text(statement), values)

        await self.database.write(work)

    async def scalar(self, statement: str, **values: Any) -> Any:
        """One value."""
        return (await rows(self.database, statement, **values))[0][0]

    def crash(self) -> None:
        """The process is gone: nothing of what it had in memory is ever written."""
        for task in (self.journal._writer, self.journal._watch):
            if task is not None:
                task.cancel()
        self.journal._queue.clear()
        self.journal._checkpoints.clear()


async def a_house(place: Place, process: str = "proc_a", **key: Any) -> House:
    """A started house with a user and a key."""
    made = House(place.open(), process)
    await made.start()
    await made.move_in(**key)
    return made


@pytest.fixture
async def house(place: Place) -> AsyncGenerator[House]:
    """A house with 1,000 credits, on each database."""
    made = await a_house(place)
    await made.grant(1000)
    yield made
    made.database.refuse = False
    made.database.plan.clear()
    await made.journal.close()
