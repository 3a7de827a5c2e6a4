"""The log of changes: what one process notes, every other one reads, once and none forgotten."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from modelport.db import changes
from modelport.kit import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from db.database_places import Place


def _note(connection: Connection, *subjects: str) -> None:
    for subject in subjects:
        changes.note(connection, "key", subject)


async def test_changes_are_read_on_from_the_last_seen(place: Place) -> None:
    writer, reader = place.open(), place.open()
    assert await reader.read(changes.latest) == 0
    await writer.write(lambda connection: _note(connection, "a", "b"))
    first = await reader.read(lambda connection: changes.since(connection, 0))
    assert [(each.topic, each.subject) for each in first] == [("key", "a"), ("key", "b")]
    assert await reader.read(changes.latest) == first[-1].seq
    await writer.write(lambda connection: _note(connection, "c"))
    again = await reader.read(lambda connection: changes.since(connection, first[-1].seq))
    assert [each.subject for each in again if each not in first] == ["c"]
    assert [each.seq for each in again] == sorted(each.seq for each in again)


async def test_what_was_rolled_back_was_never_noted(place: Place) -> None:
    database = place.open()

    def work(connection: Connection) -> None:
        _note(connection, "lost")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(work)
    assert await database.read(lambda connection: changes.since(connection, 0)) == []


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_a_smaller_number_that_is_committed_later_is_seen(place: Place) -> None:
    """The reason to look back: two transactions take their numbers in one order and commit in the other."""
    slow, quick, reader = place.open(), place.open(), place.open()
    taken, go = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        assert slow._async is not None
        async with slow._async.begin() as connection:
            await connection.run_sync(lambda sync: _note(sync, "late"))
            taken.set()
            await go.wait()

    task = asyncio.create_task(late())
    await taken.wait()
    await quick.write(lambda connection: _note(connection, "early"))
    newest = await reader.read(changes.latest)
    assert [each.subject for each in await reader.read(lambda c: changes.since(c, newest))] == ["early"]
    go.set()
    await task
    found = await reader.read(lambda connection: changes.since(connection, newest))
    assert [each.subject for each in found] == ["late", "early"]


async def test_the_look_back_is_bounded(place: Place) -> None:
    database = place.open()
    await database.write(lambda connection: _note(connection, *map(str, range(1000))))
    newest = await database.read(changes.latest)
    assert len(await database.read(lambda connection: changes.since(connection, newest))) == changes._LOOK_BACK
    assert len(await database.read(lambda connection: changes.since(connection, 0))) == 1000


async def test_pruned_numbers_are_never_used_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    database = place.open()
    monkeypatch.setattr(clock, "now_ms", lambda: 1000)
    await database.write(lambda connection: _note(connection, "old"))
    old = await database.read(changes.latest)
    await database.write(lambda connection: changes.prune(connection, 1000))
    assert await database.read(changes.latest) == old
    await database.write(lambda connection: changes.prune(connection, 1001))
    assert await database.read(changes.latest) == 0
    await database.write(lambda connection: _note(connection, "new"))
    assert await database.read(changes.latest) > old
