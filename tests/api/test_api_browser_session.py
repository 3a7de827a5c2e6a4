"""A signed-in browser calls models without a key: who may, whose credits it spends, and what can't be forged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from modelport.accounts.sessions import start_session
from modelport.keys.access import APP_HEADER

if TYPE_CHECKING:
    from api_harness import Caller, Harness

OURS = {APP_HEADER: "web"}


@pytest.fixture
def cookie(harness: Harness, caller: Caller) -> dict[str, str]:
    """The cookie of a browser that `caller` is signed in with, as a header."""
    services = harness.services

    async def sign_in() -> str:
        user = await services.accounts.user(caller.email)
        token, _ = await services.database.write(
            lambda connection: start_session(
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
        return f"modelport={token}"

    return {"cookie": harness.call(sign_in())}


def ask(harness: Harness, caller: Caller, headers: dict[str, str], path: str = "chat/completions") -> httpx.Response:
    return httpx.post(f"{harness.url}/api/v1/{path}", json=caller.body(), headers=headers)


def test_a_session_stands_for_a_key_and_spends_the_accounts_credits(
    harness: Harness, caller: Caller, cookie: dict[str, str]
) -> None:
    before = harness.http.get("/api/v1/credits", headers=caller.headers).json()["data"]["total_usage"]
    answer = ask(harness, caller, cookie | OURS)
    assert answer.status_code == 200
    cost = answer.json()["usage"]["cost"]
    assert cost > 0
    after = harness.http.get("/api/v1/credits", headers=caller.headers).json()["data"]["total_usage"]
    assert after - before == pytest.approx(cost)
    # What another credential of the account may read, the generation among it, is the same record.
    found = harness.http.get(
        "/api/v1/generation", params={"id": answer.headers["x-generation-id"]}, headers=caller.headers
    )
    assert found.json()["data"]["total_cost"] == cost


@pytest.mark.parametrize(
    "headers",
    [{}, OURS | {"sec-fetch-site": "cross-site"}, OURS | {"origin": "https://elsewhere.example"}],
    ids=["without our header", "cross-site", "of another origin"],
)
def test_another_sites_page_can_not_use_the_cookie(
    harness: Harness, caller: Caller, cookie: dict[str, str], headers: dict[str, str]
) -> None:
    answer = ask(harness, caller, cookie | headers)
    assert answer.status_code == 403
    assert APP_HEADER in answer.json()["error"]["message"]


def test_an_ended_session_is_refused(harness: Harness, caller: Caller, cookie: dict[str, str]) -> None:
    async def end() -> None:
        user = await harness.services.accounts.user(caller.email)
        await harness.services.sessions.end_all(user.id)

    harness.call(end())
    assert ask(harness, caller, cookie | OURS).status_code == 401


def test_a_shown_key_wins_over_the_cookie(harness: Harness, caller: Caller, cookie: dict[str, str]) -> None:
    assert ask(harness, caller, cookie | OURS | {"authorization": "Bearer sk-mp-v1-nonsense"}).status_code == 401


def test_the_key_is_made_once_and_listed_nowhere(harness: Harness, caller: Caller) -> None:
    async def make() -> tuple[set[str], list[str]]:
        keys = harness.services.keys
        user = await harness.services.accounts.user(caller.email)
        made = await asyncio.gather(*(keys.of_browser(user.account_id, user.id) for _ in range(8)))
        return {live.record.id for live in made}, [key.name for key in await keys.of_account(user.account_id)]

    ids, listed = harness.call(make())
    assert len(ids) == 1
    assert listed == ["test"]


def test_its_hash_can_not_be_shown_as_a_key(harness: Harness, caller: Caller, cookie: dict[str, str]) -> None:
    assert ask(harness, caller, cookie | OURS).status_code == 200
    user = harness.call(harness.services.accounts.user(caller.email))
    headers = {"authorization": f"Bearer {user.account_id} {user.id}"}
    assert ask(harness, caller, headers).status_code == 401
