"""Every route says who may call it, and keeps to it: generated from the application's own list of routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from modelport.accounts.roles import GRANTS, INFERENCE_KEY, MANAGEMENT_KEY, Permission, Role, is_write
from modelport.control import control_app
from modelport.keys.access import APP_HEADER, Allow, public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller, Harness
    from fastapi.dependencies.models import Dependant

FRAMEWORK = {"/openapi.json"}
"""Addresses of the framework's own, open to everybody."""


def _calls(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


def declared(route: RouteContext) -> list[Any]:
    """Who may call the route, as it declares."""
    return [call for call in _calls(route.dependant) if isinstance(call, Allow) or call is public]


def methods(route: RouteContext) -> list[str]:
    """The methods it answers."""
    answered = route.methods
    return [] if answered is None else sorted(answered)


def _routes() -> list[RouteContext]:
    every = list(iter_route_contexts(control_app().routes))
    unknown = [route for route in every if not isinstance(route.original_route, APIRoute)]
    strange = [route for route in unknown if route.path not in FRAMEWORK]
    assert not strange, f"routes that no declaration can be read from: {strange}"
    return [route for route in every if route not in unknown]


ROUTES = _routes()
GUARDED = [
    (method, str(route.path), call.permission)
    for route in ROUTES
    for call in declared(route)
    if isinstance(call, Allow)
    for method in methods(route)
]
"""Method, path and permission of every route that is not public."""


def address(path: str) -> str:
    """The path with something that is nobody's in each place."""
    return re.sub(r"\{[^}]+\}", "nobodys-0000", path)


def test_every_route_declares_who_may_call_it_once() -> None:
    wrong = {f"{methods(route)} {route.path}": len(declared(route)) for route in ROUTES if len(declared(route)) != 1}
    assert not wrong, f"declare one of `allow(Permission....)` and `public` on each: {wrong}"


def test_the_walk_sees_routes() -> None:
    assert len(ROUTES) > 20
    assert ("GET", "/api/v1/credits", Permission.CREDITS_READ) in GUARDED


@pytest.mark.parametrize(("method", "path", "permission"), GUARDED)
def test_nobody_gets_in_without_a_credential(harness: Harness, method: str, path: str, permission: Permission) -> None:
    answer = harness.http.request(method, address(path))
    assert answer.status_code == 401, answer.text
    if method != "HEAD":
        assert answer.json()["error"]["code"] == 401


def test_a_permission_that_changes_something_is_used_by_no_get() -> None:
    """A cookie comes along with a GET of any site, so a GET must change nothing."""
    wrong = [
        (method, path)
        for method, path, permission in GUARDED
        if method == "GET" and is_write(permission) and permission not in {Permission.OPERATE, Permission.SELF}
    ]
    assert not wrong


def test_read_only_roles_can_not_write() -> None:
    personal = {Permission.SELF}
    assert not {each for each in GRANTS[Role.READ_ONLY] if is_write(each)} - personal
    assert {each for each in GRANTS[Role.BILLING] if is_write(each)} - personal == {Permission.CREDITS_WRITE}
    for permissions in (*GRANTS.values(), INFERENCE_KEY, MANAGEMENT_KEY):
        assert Permission.OPERATE not in permissions
    assert Permission.INFERENCE not in MANAGEMENT_KEY
    assert not any(each in INFERENCE_KEY for each in (Permission.KEYS_WRITE, Permission.MEMBERS_WRITE))


@pytest.fixture(scope="module")
def people(shared_harness: Harness) -> dict[str, dict[str, str]]:
    """The same person in each role, by session, by inference key and by management key: headers."""
    from modelport.accounts.sessions import start_session

    services = shared_harness.services

    async def make(role: Role) -> dict[str, dict[str, str]]:
        from sqlalchemy import text

        user = await services.accounts.create_user(f"role-{role.value}@roles.test")
        await services.database.write(
            lambda connection: connection.execute(
                text("UPDATE memberships SET role = :role WHERE user_id = :user"), {"role": role.value, "user": user.id}
            )
        )
        vault = services.keys._vault
        token, _ = await services.database.write(
            lambda connection: start_session(
                connection,
                vault,
                user_id=user.id,
                account_id=user.account_id,
                method="password",
                lifetime_ms=3_600_000,
                address=None,
                user_agent=None,
            )
        )
        inference, _ = await services.keys.create(user.account_id, user.id, "i")
        management, _ = await services.keys.create(user.account_id, user.id, "m", management=True)
        return {
            f"{role.value} session": {"cookie": f"modelport={token}", APP_HEADER: "1"},
            f"{role.value} inference": {"authorization": f"Bearer {inference}"},
            f"{role.value} management": {"authorization": f"Bearer {management}"},
        }

    made: dict[str, dict[str, str]] = {}
    for role in Role:
        made |= shared_harness.call(make(role))
    return made


def _expected(role: Role, kind: str, permission: Permission) -> bool:
    by_kind = {
        "session": frozenset(Permission) - {Permission.KEY_SELF},
        "inference": INFERENCE_KEY,
        "management": MANAGEMENT_KEY,
    }[kind]
    return permission in by_kind and permission in GRANTS[role]


@pytest.mark.parametrize(("method", "path", "permission"), GUARDED)
def test_role_and_kind_of_credential_decide_alike_everywhere(
    harness: Harness, people: dict[str, dict[str, str]], method: str, path: str, permission: Permission
) -> None:
    """Who may not is told 403 before anything else is looked at; who may gets anything but 401 and 403.

    What is sent is empty and ids are nobody's, so nothing comes of it; an id that is not theirs is a 404.
    """
    client = httpx.Client(base_url=harness.url, timeout=30)
    for who, headers in people.items():
        role, _, kind = who.rpartition(" ")
        if permission is Permission.SELF and method != "GET":
            continue  # changes one's own person: `tests/people` has these, one by one
        if permission is Permission.OWNERSHIP and _expected(Role(role), kind, permission):
            continue  # closes the account
        answer = client.request(method, address(path), headers=headers)
        allowed = _expected(Role(role), kind, permission)
        assert (answer.status_code not in {401, 403}) is allowed, (who, answer.status_code, answer.text)
        if allowed:
            assert answer.status_code < 500, (who, answer.text)
            if "{" in path and method in {"GET", "DELETE"}:
                assert answer.status_code in {404, 400, 405}, (who, answer.status_code, answer.text)
    client.close()


class TestForeignPages:
    """A request with a session's cookie that a page of another site caused."""

    @pytest.mark.parametrize(
        ("headers", "passes"),
        [
            ({APP_HEADER: "1", "sec-fetch-site": "same-origin"}, True),
            ({APP_HEADER: "1"}, True),
            ({}, False),
            ({"sec-fetch-site": "same-origin"}, False),
            ({APP_HEADER: "1", "sec-fetch-site": "cross-site"}, False),
            ({APP_HEADER: "1", "sec-fetch-site": "same-site"}, False),
            ({APP_HEADER: "1", "origin": "https://evil.example"}, False),
            ({APP_HEADER: "1", "origin": "null"}, False),
        ],
    )
    def test_it_is_refused(self, headers: dict[str, str], *, passes: bool) -> None:
        from types import SimpleNamespace

        from starlette.requests import Request

        from modelport.keys.access import refuse_foreign
        from modelport.keys.errors import SentFromElsewhere

        raw = [(name.encode(), value.encode()) for name, value in {"host": "here.test", **headers}.items()]
        app = SimpleNamespace(
            state=SimpleNamespace(services=SimpleNamespace(settings=SimpleNamespace(public_url="https://here.test")))
        )
        scope = {"type": "http", "method": "POST", "path": "/", "headers": raw, "app": app, "query_string": b""}
        if passes:
            refuse_foreign(Request(scope))
        else:
            with pytest.raises(SentFromElsewhere):
                refuse_foreign(Request(scope))
        refuse_foreign(Request({**scope, "method": "GET"}))

    def test_no_answer_lets_a_foreign_page_use_the_cookie(self, harness: Harness, caller: Caller) -> None:
        asked = {"origin": "https://evil.example", "access-control-request-headers": APP_HEADER}
        preflight = harness.http.options("/api/v1/credits", headers=asked)
        assert "access-control-allow-credentials" not in preflight.headers
        assert preflight.headers["access-control-allow-origin"] == "*"
        plain = caller.get("/credits")
        assert "access-control-allow-credentials" not in plain.headers


class TestStanding:
    """What a key may do follows its maker's role, within a second."""

    def test_a_management_key_does_no_inference(self, harness: Harness, caller: Caller) -> None:
        services = harness.services

        async def make() -> str:
            user = await services.accounts.user(caller.email)
            text, _ = await services.keys.create(caller.account_id, user.id, "m", management=True)
            return text

        text = harness.call(make())
        assert text.startswith("sk-mp-mgmt-v1-")
        caller.key = text
        answer = caller.chat()
        assert answer.status == 403
        assert answer.error["code"] == 403
        shown = caller.get("/key").json()["data"]
        assert shown["is_management_key"] is True
        assert shown["label"].startswith("sk-mp-mgmt-v1-")
