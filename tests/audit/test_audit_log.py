"""The audit log: written once, never changed, without secrets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import exc, text

from modelport.audit.service import Audit, Search, without_secrets

if TYPE_CHECKING:
    from db.database_places import Place

CALLER: Any = SimpleNamespace(user_id="user_1", account_id="acct_1", credential="session:ses_1")


async def test_what_is_written_is_read_by_pages(place: Place) -> None:
    audit = Audit(place.open())
    for number in range(5):
        await audit.record(
            CALLER, "PATCH /v1/keys/{hash}", f"k{number}", {"n": number}, {"n": number + 1}, address="::1"
        )
    await audit.record(None, "POST /v1/leaked-keys", "k1", account_id="acct_2")
    first = await audit.page(Search(limit=2))
    assert [(each.action, each.account_id, each.credential) for each in first] == [
        ("POST /v1/leaked-keys", "acct_2", "none"),
        ("PATCH /v1/keys/{hash}", "acct_1", "session:ses_1"),
    ]
    assert (first[1].before, first[1].after, first[1].address) == ({"n": 4}, {"n": 5}, "::1")
    rest = await audit.page(Search(limit=50, before_seq=first[-1].seq))
    assert [each.subject for each in rest] == ["k3", "k2", "k1", "k0"]
    assert len(await audit.page(Search(account_id="acct_1", user_id="user_1", action="PATCH /v1", subject="k1"))) == 1
    assert await audit.page(Search(action="PATCH%")) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET user_id = 'other'",
        "DELETE FROM audit_entries",
        "UPDATE audit_entries SET before = NULL WHERE seq = 1",
    ],
)
async def test_nothing_can_be_changed_or_taken_away(place: Place, statement: str) -> None:
    database = place.open()
    audit = Audit(database)
    await audit.record(CALLER, "DELETE /v1/keys/{hash}", "k")
    with pytest.raises(exc.DBAPIError, match="append-only"):
        await database.write(lambda connection: connection.execute(text(statement)))
    assert len(await audit.page(Search())) == 1


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_nothing_can_be_replaced(place: Place) -> None:
    database = place.open()
    await Audit(database).record(CALLER, "x", "k")
    replace = text("INSERT OR REPLACE INTO audit_entries (seq, at, credential, action) VALUES (1, 0, 'none', 'y')")
    with pytest.raises(exc.DBAPIError, match="append-only"):
        await database.write(lambda connection: connection.execute(replace))


def test_secrets_are_hidden_wherever_they_stand() -> None:
    told = {
        "name": "x",
        "key": "sk-mp-v1-a",
        "config": [{"apiKey": "b", "client_secret": "c", "password": "d", "url": "https://e.test"}],
        "max_tokens": 5,
        "text": "y" * 9000,
    }
    shown = without_secrets(told)
    assert shown["config"][0] == {
        "apiKey": "(hidden)",
        "client_secret": "(hidden)",
        "password": "(hidden)",
        "url": "https://e.test",
    }
    assert (shown["key"], shown["max_tokens"], len(shown["text"])) == ("(hidden)", 5, 4001)
