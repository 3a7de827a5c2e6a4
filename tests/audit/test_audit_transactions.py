"""A change and its entry are one transaction: neither without the other, whatever dies in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI, Request
from httpx import ASGITransport, AsyncClient
from sqlalchemy import delete, insert, select, update

from modelport.accounts.tables import accounts, users
from modelport.audit import store
from modelport.audit.noting import note
from modelport.audit.recorder import Recorder
from modelport.audit.service import Audit, Search
from modelport.credits.service import Credits
from modelport.db.riding import riding

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from db.database_places import Place
    from modelport.audit.store import Entry
    from modelport.db.database import Database


class Caller:
    """Somebody who may change things."""

    user_id = "user_1"
    account_id = "acct_1"
    credential = "session:ses_1"


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class House:
    """A control plane of one route that does what a test says, on a real database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.audit = Audit(database)
        app = FastAPI()

        class Settings:
            trusted_proxies: tuple[str, ...] = ()

        class Services:
            settings = Settings()
            audit = self.audit

        app.state.services = Services()
        app.add_middleware(Recorder)
        app.api_route("/things/{thing}", methods=list(METHODS))(self._route)
        app.post("/doors/{token}")(self._door)
        self._work: Callable[[Request], Any] = lambda _: None
        self._app = app

    async def _route(self, thing: str, request: Request) -> dict[str, str]:
        request.state.principal, request.state.writes = Caller(), request.method != "GET"
        await self._work(request)
        return {"thing": thing}

    async def _door(self, token: str, request: Request) -> dict[str, int]:
        await self._work(request)
        return {"length": len(token)}

    async def send(self, work: Callable[[Request], Any], method: str = "POST", path: str = "/things/t1") -> int:
        """Does it; the status."""
        self._work = work
        transport = ASGITransport(self._app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://here.test") as client:
            return (await client.request(method, path)).status_code

    async def post(self, work: Callable[[Request], Any]) -> int:
        """The same by POST."""
        return await self.send(work)

    async def entries(self) -> list[Entry]:
        return await self.audit.page(Search())

    async def names(self) -> list[str]:
        return await self.database.read(lambda connection: [row.name for row in connection.execute(select(accounts))])


@pytest.fixture
async def house(place: Place) -> House:
    made = House(place.open())
    await made.database.write(_account("acct_1", "first"))
    return made


def _account(account_id: str, name: str) -> Callable[[Connection], object]:
    row = {"id": account_id, "name": name, "kind": "personal", "created_at": 1}
    return lambda connection: connection.execute(insert(accounts).values(**row))


def _renamed(name: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(update(accounts).where(accounts.c.id == "acct_1").values(name=name))


async def test_what_was_before_and_is_now_is_seen_in_the_rows(house: House) -> None:
    assert await house.post(lambda _: house.database.write(_renamed("second"))) == 200
    (entry,) = await house.entries()
    assert (entry.action, entry.subject, entry.user_id) == ("POST /things/{thing}", "t1", "user_1")
    assert entry.before == {"accounts": [{"id": "acct_1", "name": "first"}]}
    assert entry.after == {"accounts": [{"id": "acct_1", "name": "second"}]}


@pytest.mark.parametrize("method", METHODS)
async def test_whatever_the_method_a_change_is_on_record_with_who_made_it(house: House, method: str) -> None:
    assert await house.send(lambda _: house.database.write(_renamed("second")), method) == 200
    (entry,) = await house.entries()
    assert (entry.action, entry.user_id, entry.credential) == (f"{method} /things/{{thing}}", "user_1", "session:ses_1")


async def test_a_get_that_changes_nothing_leaves_none(house: House) -> None:
    await house.send(lambda _: house.database.read(lambda c: c.execute(select(accounts)).all()), "GET")
    assert await house.entries() == []


async def test_a_secret_in_an_address_stays_out(house: House) -> None:
    await house.send(lambda _: house.database.write(_renamed("second")), path="/doors/canary-of-a-door")
    (entry,) = await house.entries()
    assert (entry.action, entry.subject, entry.credential) == ("POST /doors/{token}", "acct_1", "none")
    assert "canary" not in str(entry)


async def test_of_many_rows_some_are_kept_and_the_rest_counted(house: House) -> None:
    def many(connection: Connection) -> None:
        rows = [{"id": f"acct_m{n}", "name": "n", "kind": "personal", "created_at": 1} for n in range(50)]
        connection.execute(insert(accounts), rows)

    await house.post(lambda _: house.database.write(many))
    await house.post(lambda _: house.database.write(lambda c: c.execute(update(accounts).values(name="other"))))
    await house.post(lambda _: house.database.write(lambda c: c.execute(delete(accounts))))
    gone, renamed, made = await house.entries()
    assert (len(made.after["accounts"]), made.after["accounts, more"]) == (20, 30)
    assert (len(renamed.before["accounts"]), len(renamed.after["accounts"]), renamed.after["accounts, more"]) == (
        20,
        20,
        31,
    )
    assert (len(gone.before["accounts"]), gone.before["accounts, more"]) == (20, 31)


async def test_money_that_moves_is_seen(house: House) -> None:
    """Transfers go to the driver in its own words, past what the library tells of statements."""
    credits = Credits(house.database, "proc_1", b"k" * 32)
    await house.post(lambda _: credits.grant("acct_1", 5_000_000_000, reference="r", idempotency_key="i"))
    (entry,) = await house.entries()
    (transfer,) = entry.after["transfers"]
    assert (transfer["amount"], transfer["code"], transfer["reference"]) == (5_000_000_000, "grant", "r")


async def test_what_is_made_and_taken_away(house: House) -> None:
    await house.post(lambda _: house.database.write(_account("acct_2", "new")))
    await house.post(
        lambda _: house.database.write(lambda c: c.execute(delete(accounts).where(accounts.c.id == "acct_2")))
    )
    gone, made = await house.entries()
    assert (made.before, made.after["accounts"][0]["name"], made.account_id) == (None, "new", "acct_2")
    assert (gone.before["accounts"][0]["name"], gone.after) == ("new", None)


async def test_a_change_that_fails_leaves_no_entry(house: House) -> None:
    def work(connection: Connection) -> None:
        _renamed("never")(connection)
        raise RuntimeError("in the middle")

    assert await house.post(lambda _: house.database.write(work)) == 500
    assert (await house.entries(), await house.names()) == ([], ["first"])


async def test_without_its_entry_a_change_is_not_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(store, "add", refuse)
    assert await house.post(lambda _: house.database.write(_renamed("unseen"))) == 500
    assert await house.names() == ["first"]


async def test_what_dies_after_the_commit_loses_nothing(house: House) -> None:
    async def work(request: Request) -> None:
        await house.database.write(_renamed("second"))
        raise SystemError("the process dies here")

    assert await house.post(work) == 500
    (entry,) = await house.entries()
    assert entry.after == {"accounts": [{"id": "acct_1", "name": "second"}]}


async def test_words_said_before_are_in_the_entry_and_said_after_beside_it(house: House) -> None:
    async def before(request: Request) -> None:
        note(request, "s1", before={"name": "a"}, after={"name": "b"}, account_id="acct_9")
        await house.database.write(_renamed("second"))

    async def after(request: Request) -> None:
        await house.database.write(_renamed("third"))
        note(request, "s2", before={"name": "c"}, after={"name": "d", "client_secret": "x"})

    await house.post(before)
    await house.post(after)
    late, early = await house.entries()
    assert (early.subject, early.before, early.after, early.account_id) == (
        "s1",
        {"name": "a"},
        {"name": "b"},
        "acct_9",
    )
    assert (late.subject, late.before, late.after) == (
        "s2",
        {"name": "c"},
        {"name": "d", "client_secret": "(hidden)"},
    )
    assert [each.subject for each in await house.audit.page(Search(subject="s2"))] == ["s2"]
    # The rows are there still, under the words.
    stored = await house.database.read(lambda connection: connection.execute(select(store.audit_entries)).all())
    assert stored[-1].after == {"accounts": [{"id": "acct_1", "name": "third"}]}


async def test_each_transaction_has_its_entry_and_reads_have_none(house: House) -> None:
    async def work(request: Request) -> None:
        await house.database.write(_renamed("second"))
        await house.database.write(lambda connection: connection.execute(select(accounts)).all())
        await house.database.write(_renamed("second"))  # changes nothing
        await house.database.write(_renamed("third"))

    await house.post(work)
    assert [each.after["accounts"][0]["name"] for each in await house.entries()] == ["third", "second"]


async def test_a_request_that_wrote_nothing_is_on_record(house: House) -> None:
    async def work(request: Request) -> None:
        note(request, "trial", after={"tried": True})

    await house.post(work)
    (entry,) = await house.entries()
    assert (entry.subject, entry.after) == ("trial", {"tried": True})


async def test_secrets_and_what_names_a_person_stay_out(house: House) -> None:
    person = {
        "id": "user_1",
        "account_id": "acct_1",
        "email": "ada@example.test",
        "name": "Ada",
        "password_hash": "$argon2$canary",
        "is_admin": False,
        "created_at": 1,
        "language": "en",
    }
    await house.post(lambda _: house.database.write(lambda c: c.execute(insert(users).values(**person))))
    (entry,) = await house.entries()
    (row,) = entry.after["users"]
    assert (row["email"], row["name"], row["password_hash"]) == ("(personal)", "(personal)", "(hidden)")
    assert not {"ada@example.test", "canary"} & set(str(entry).split("'"))


async def test_a_task_that_goes_on_does_not_speak_for_its_request(house: House) -> None:
    import asyncio

    tasks: list[asyncio.Task[object]] = []
    answered = asyncio.Event()

    async def later() -> object:
        await answered.wait()
        return await house.database.write(_renamed("later"))

    async def work(request: Request) -> None:
        tasks.append(asyncio.create_task(later()))

    await house.post(work)
    answered.set()
    await asyncio.gather(*tasks)
    assert await house.names() == ["later"]
    assert [each.after for each in await house.entries()] == [None]
    assert riding.get() is None
