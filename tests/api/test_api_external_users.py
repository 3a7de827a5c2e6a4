"""Ids of an account's own customers: its own alone, whatever stands in them, and gone with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from api_harness import Caller

PATH = "/api/v1/external-users"


def _headers(caller: Caller) -> dict[str, str]:
    async def make() -> str:
        services = caller.harness.services
        user = await services.accounts.user(caller.email)
        return (await services.keys.create(caller.account_id, user.id, "m", management=True))[0]

    return {"authorization": f"Bearer {caller.harness.call(make())}"}


def _ask(caller: Caller, method: str, path: str, **sent: Any) -> int:
    return caller.harness.http.request(method, PATH + path, headers=_headers(caller), **sent).status_code


@pytest.mark.parametrize("user", ["a/b", "..", "?x=1", "名字"])
def test_any_text_is_an_id(caller: Caller, user: str) -> None:
    headers = _headers(caller)
    http = caller.harness.http
    assert http.post(PATH, json={"user": user}, headers=headers).status_code == 201
    found = http.get(PATH, params={"user": user}, headers=headers).json()
    assert [each["user"] for each in found["data"]] == [user]


def test_a_slash_may_come_encoded(caller: Caller) -> None:
    headers = _headers(caller)
    caller.harness.http.post(PATH, json={"user": "a/b c"}, headers=headers)
    assert caller.harness.http.get(f"{PATH}/a%2Fb%20c", headers=headers).json()["data"]["user"] == "a/b c"


@pytest.mark.parametrize("user", ["", "x" * 513, "a\x00b"])
def test_what_no_id_can_be(caller: Caller, user: str) -> None:
    assert _ask(caller, "POST", "", json={"user": user}) == 400


def test_they_are_the_account_s_own(caller: Caller) -> None:
    assert _ask(caller, "POST", "", json={"user": "mine"}) == 201
    other = caller.harness.caller()
    for method, sent in (("GET", {}), ("DELETE", {}), ("PATCH", {"json": {"is_active": False}})):
        assert _ask(other, method, "/mine", **sent) == 404
    assert _ask(other, "POST", "", json={"user": "mine"}) == 201, "another's of the same name"
    users = caller.harness.services.external_users
    assert caller.harness.call(users.one(caller.account_id, "mine")).is_active
    caller.harness.call(users.forget_account(caller.account_id))
    assert caller.harness.call(users.known(caller.account_id)) == []
    assert caller.harness.call(users.known(other.account_id)) == ["mine"]
