"""Keys in use: who is let in, who is refused, and limits that hold whatever comes at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credits.money_house import House, a_house
from modelport.db.database import DatabaseDown
from modelport.keys import service as keys_
from modelport.keys import token
from modelport.keys.errors import KeyLimitExceeded, KeyLimitInFlight, KeyLimitTight, KeyRefused, NoSuchKey
from modelport.keys.service import Key, LiveKey, Spend, window_start
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from db.database_places import Place

_DAY = 86_400_000


def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


@given(st.integers(0, 60_000))
def test_windows_are_the_calendar_s(today: int) -> None:
    """Against a search day by day."""
    assert window_start("daily", today) == today
    assert window_start(None, today) == 0
    monday = today
    while monday > 0 and _date(monday).weekday() != 0:
        monday -= 1
    if today >= 4:  # the first Monday; before it the window began before 1970
        assert window_start("weekly", today) == monday
    assert window_start("weekly", today) in range(today - 6, today + 1)
    first = today
    while _date(first).day != 1:
        first -= 1
    assert window_start("monthly", today) == first


def _live(limit: int | None, reset: str | None = None, **more: Any) -> LiveKey:
    record = Key("key_1", "acct", "user", "n", "h", "l", limit, reset, disabled=False, expires_at=None, created_at=0)
    return LiveKey(record._replace(**more))


class TestLimits:
    """Holding against a key's limit."""

    def test_up_to_the_last_nano(self) -> None:
        key = _live(100)
        key.hold(60)
        key.hold(40)
        key.hold(0)
        with pytest.raises(KeyLimitInFlight) as caught:
            key.hold(1)
        assert (caught.value.status, caught.value.retry_after) == (402, 2)
        assert caught.value.metadata["limit_source"] == "openrouter_key_limit"
        assert caught.value.metadata["reason"] == "in_flight_budget_exhausted"
        assert key.held == 100
        key.release(40)
        key.hold(40)

    def test_what_is_spent_is_403_and_what_never_fits_is_402(self) -> None:
        key = _live(100)
        key.spend(90, 0)
        with pytest.raises(KeyLimitTight) as tight:
            key.hold(11, affordable_tokens=7)
        assert (tight.value.status, tight.value.retry_after) == (402, None)
        assert tight.value.metadata["suggested_max_tokens"] == 7
        assert tight.value.metadata["reason"] == "weight_exceeds_budget"
        key.spend(10, 0)
        with pytest.raises(KeyLimitExceeded) as caught:
            key.hold(1)
        assert (caught.value.status, caught.value.retry_after) == (403, None)
        assert caught.value.metadata["spend_usd"] == caught.value.metadata["limit_usd"]

    def test_without_a_limit_there_is_no_end(self) -> None:
        key = _live(None)
        key.hold(2**62)
        assert key.room() is None

    def test_a_limit_of_nothing_lets_nothing_through(self) -> None:
        with pytest.raises(KeyLimitExceeded):
            _live(0).hold(1)

    @pytest.mark.parametrize(
        ("reset", "passes"),
        [
            ("daily", {"2026-11-23": False, "2026-11-24": True}),
            ("weekly", {"2026-11-23": False, "2026-11-29": False, "2026-11-30": True}),
            ("monthly", {"2026-11-23": False, "2026-11-30": False, "2026-12-01": True}),
            (None, {"2026-11-23": False, "2036-11-23": False}),
        ],
    )
    def test_it_starts_anew_with_its_window(
        self, monkeypatch: pytest.MonkeyPatch, reset: str | None, passes: dict[str, bool]
    ) -> None:
        spent_on = (dt.date(2026, 11, 23) - dt.date(1970, 1, 1)).days  # a Monday
        key = _live(100, reset)
        key.spend(70, spent_on)
        for date, expected in passes.items():
            day = (dt.date.fromisoformat(date) - dt.date(1970, 1, 1)).days
            for at in (day * _DAY, (day + 1) * _DAY - 1):
                monkeypatch.setattr(clock, "now_ms", lambda at=at: at)
                assert (key.room() == 100) is expected
                if expected:
                    key.hold(100)
                    key.release(100)
                else:
                    with pytest.raises(KeyLimitTight):
                        key.hold(31)

    async def test_at_once(self, place: Place) -> None:
        """500 at once against a limit for ten, with charges that are smaller than the holds."""
        house = await a_house(place, limit=1000)
        await house.grant(1_000_000)
        passed = 0

        async def one() -> None:
            nonlocal passed
            try:
                request = await house.request(100)
            except (KeyLimitExceeded, KeyLimitInFlight):
                return
            passed += 1
            await asyncio.sleep(0.01)
            await request.settle(100)

        await asyncio.gather(*(one() for _ in range(500)))
        assert passed == 10
        key = await house.key()
        assert (key.total, key.held, key.room()) == (1000, 0, 0)
        assert await house.scalar("SELECT sum(spent) FROM key_days") == 1000
        assert await house.scalar("SELECT sum(requests) FROM key_days") == 10
        await house.journal.close()


class TestAuthenticate:
    """From the text of a key to the live key, or to a refusal."""

    async def test_a_known_key_needs_no_database(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        first = await house.key()

        async def never(_work: object) -> None:
            raise AssertionError("asked the database")

        monkeypatch.setattr(house.database, "read", never)
        assert await house.key() is first

    async def test_malformed_and_unknown_keys(self, house: House) -> None:
        for text in ("", "sk-or-v1-abc", house.key_text[:-1], house.key_text + "x", token.new(), "Bearer é"):
            with pytest.raises(KeyRefused):
                await house.keys.authenticate(text)
        assert len(house.keys._live) <= 1

    async def test_a_malformed_key_is_not_looked_up(self, house: House) -> None:
        house.database.read = None  # type: ignore[method-assign, assignment]
        with pytest.raises(KeyRefused):
            await house.keys.authenticate("sk-mp-v1-nonsense")

    async def test_many_at_once_are_one_live_key(self, house: House) -> None:
        found = await asyncio.gather(*(house.key() for _ in range(30)))
        assert len({id(live) for live in found}) == 1

    async def test_what_it_spent_before_is_read(self, house: House) -> None:
        today = clock.day(clock.now_ms())
        key_id = (await house.key()).record.id
        spends = [Spend(key_id, today, 5, 1), Spend(key_id, today - 40, 70, 1), Spend(key_id, today - 900, 600, 1)]
        await house.database.write(lambda connection: keys_.add_spend(connection, spends))
        house.keys._live.clear()
        house.keys._by_id.clear()
        live = await house.key()
        assert live.total == 675
        assert live.days == {today: 5, today - 40: 70}
        assert live.spent("daily") == 5

    async def test_revoked_here(self, house: House) -> None:
        live = await house.key()
        await house.keys.revoke(live.record.hash)
        with pytest.raises(KeyRefused, match="revoked"):
            await house.key()
        assert house.keys._live == {}
        assert await house.keys.of_account(house.account_id) == []
        with pytest.raises(NoSuchKey):
            await house.keys.revoke(live.record.hash)

    async def test_revoked_elsewhere_while_it_holds(self, place: Place, house: House) -> None:
        """Who is let in already is served and charged to the end."""
        request = await house.request(100)
        other = House(place.open(), "proc_b")
        await other.keys.revoke(request.key.record.hash)
        assert await house.key() is request.key
        house.keys.changed(request.key.record.hash)
        for _ in range(2):
            with pytest.raises(KeyRefused):
                await house.key()
        await request.settle(60)
        assert (request.key.total, request.key.held) == (60, 0)
        with pytest.raises(KeyRefused):
            await house.key()

    async def test_revoked_while_it_is_being_read(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """The change is noted between the reading and the remembering: the key must not stay good for ever."""
        hash_ = house.vault.keyed_hash(house.key_text)
        read = house.database.read

        async def slow(work: Callable[[Connection], Any]) -> Any:
            found = await read(work)
            monkeypatch.setattr(house.database, "read", read)
            await house.keys.revoke(hash_)
            return found

        monkeypatch.setattr(house.database, "read", slow)
        await house.key()
        with pytest.raises(KeyRefused):
            await house.key()

    async def test_changed_elsewhere(self, house: House) -> None:
        live = await house.key()
        live.hold(7)
        await house.execute("UPDATE api_keys SET limit_nanos = 50")
        assert (await house.key()).record.limit is None
        house.keys.changed(live.record.hash)
        again = await house.key()
        assert again is live
        assert (again.record.limit, again.held, again.room()) == (50, 7, 43)
        live.release(7)

    async def test_disabled(self, house: House) -> None:
        await house.execute("UPDATE api_keys SET disabled = (1 = 1)")
        with pytest.raises(KeyRefused, match="disabled"):
            await house.key()

    async def test_expired(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        ends = clock.now_ms() + 3_600_000
        text, _ = await house.keys.create(house.account_id, house.user_id, "brief", expires_at=ends)
        await house.keys.authenticate(text)
        for at, good in ((ends - 1, True), (ends, False)):
            monkeypatch.setattr(clock, "now_ms", lambda at=at: at)
            if good:
                await house.keys.authenticate(text)
            else:
                with pytest.raises(KeyRefused, match="expired"):
                    await house.keys.authenticate(text)

    @pytest.mark.parametrize("stale", [False, True], ids=["unknown", "stale"])
    async def test_a_database_that_is_down_refuses_nobody(
        self, house: House, monkeypatch: pytest.MonkeyPatch, *, stale: bool
    ) -> None:
        if stale:
            house.keys.changed((await house.key()).record.hash)
        read = house.database.read

        async def down(_work: object) -> None:
            raise DatabaseDown("down") from sqlite3.OperationalError("down")

        monkeypatch.setattr(house.database, "read", down)
        for _ in range(2):
            with pytest.raises(DatabaseDown):
                await house.key()
        monkeypatch.setattr(house.database, "read", read)
        assert (await house.key()).record.account_id == house.account_id

    async def test_the_key_itself_is_stored_nowhere(self, place: Place, house: House) -> None:
        if place.dialect == "sqlite":
            for path in place.path.parent.glob("modelport.db*"):
                assert house.key_text.encode() not in path.read_bytes()
        [record] = await house.keys.of_account(house.account_id)
        assert house.key_text not in str(record)
        assert record.label == token.mask(house.key_text)
