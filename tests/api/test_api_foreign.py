"""For each route with an id: what is another account's is not found, by any credential, and stays as it is.

Generated from the application's routes: one with an id that is not known here fails the test.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx
import pytest
from sqlalchemy import insert
from test_api_authorisation import GUARDED, _expected

from audit.changed_rows import rows
from modelport.accounts.roles import Permission, Role
from modelport.db.base import metadata
from modelport.keys.access import ACCOUNT_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Harness

V1: Final = "/api/v1"
IDS: Final[dict[str, str]] = {
    f"{V1}/byok/{{id}}": "own key",
    f"{V1}/observability/destinations/{{id}}": "destination",
    f"{V1}/keys/{{hash}}": "key",
    f"{V1}/guardrails/{{guardrail_id}}": "guardrail",
    f"{V1}/workspaces/{{ref}}": "workspace",
    f"{V1}/presets/{{slug}}": "preset",
    f"{V1}/external-users/{{user:path}}": "external user",
    "/api/app/presets/{slug}": "preset",
    "/api/app/sessions/{session_id}": "session",
    "/api/app/me/passkeys/{passkey_id}": "passkey",
    "/api/app/members/{user_id}": "person",
    "/api/app/invitations/{invitation_id}": "invitation",
    "/api/app/payments/orders/{order_id}": "order",
    "/api/app/payments/receipts/{number}": "receipt",
}
"""Whose id stands in an address, by how it begins."""
NAMES: Final = {
    f"{V1}/tools/{{name}}": "of the server",
    "/api/app/me/identities/{slug}": "a provider of the server",
    "/api/app/payments/statements/{month}": "a month, of one's own account",
}
"""Addresses with something in them that belongs to nobody, by how they begin."""
OWN: Final = {
    f"POST {V1}/presets/{{slug}}/{form}" for form in ("chat/completions", "messages", "responses")
}  # fmt: skip
"""What makes something of one's own, under a name that another account may use as well."""
BODIES: Final[dict[str, dict[str, Any]]] = {
    f"PATCH {V1}/byok/{{id}}": {"name": "taken"},
    f"PATCH {V1}/observability/destinations/{{id}}": {"name": "taken"},
    f"PATCH {V1}/keys/{{hash}}": {"name": "taken"},
    f"PATCH {V1}/guardrails/{{guardrail_id}}": {"name": "taken"},
    f"POST {V1}/guardrails/{{guardrail_id}}/assignments/keys": {"key_hashes": ["KEY"]},
    f"POST {V1}/guardrails/{{guardrail_id}}/assignments/keys/remove": {"key_hashes": ["KEY"]},
    f"POST {V1}/guardrails/{{guardrail_id}}/assignments/members": {"member_user_ids": ["PERSON"]},
    f"POST {V1}/guardrails/{{guardrail_id}}/assignments/members/remove": {"member_user_ids": ["PERSON"]},
    f"PATCH {V1}/workspaces/{{ref}}": {"name": "taken"},
    f"PATCH {V1}/external-users/{{user:path}}": {"is_active": False},
    f"POST {V1}/workspaces/{{ref}}/members/add": {"user_ids": ["PERSON"]},
    f"POST {V1}/workspaces/{{ref}}/members/remove": {"user_ids": ["PERSON"]},
    f"PUT {V1}/workspaces/{{ref}}/budgets/{{interval}}": {"limit_usd": 5},
    "PATCH /api/app/members/{user_id}": {"role": "admin"},
    "PATCH /api/app/presets/{slug}": {"name": "taken"},
}
_numbers = itertools.count(1)
CANARY: Final = "canary-of-a-neighbour"


class Theirs(NamedTuple):
    """What another account has, and whose it is."""

    ids: dict[str, str]
    account_id: str


def _theirs(harness: Harness) -> Theirs:
    """An account with one of everything."""
    with harness.browser("owner@foreign.test") as http:

        def made(path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
            answer = http.post(path, json=body, headers=headers)
            assert answer.status_code < 300, (path, answer.text)
            told: dict[str, Any] = answer.json()
            return told.get("data", told)

        organization = made("/api/app/organizations", {"name": CANARY})["account_id"]
        http.headers[ACCOUNT_HEADER] = organization
        me = http.get("/api/app/me").json()
        hook = {"type": "webhook", "name": CANARY, "config": {"url": "https://hook.example"}, "enabled": False}
        chat = {"model": "fake/text", "messages": [{"role": "user", "content": CANARY}]}
        made(f"{V1}/presets/theirs/chat/completions", chat)
        workspace = made(f"{V1}/workspaces", {"name": CANARY, "slug": "theirs"})["id"]
        http.put(f"{V1}/workspaces/{workspace}/budgets/monthly", json={"limit_usd": 7})
        ids = {
            "key": made(f"{V1}/keys", {"name": CANARY})["hash"],
            "own key": made(f"{V1}/byok", {"provider": "openai", "key": "sk-of-theirs-1234", "name": CANARY})["id"],
            "destination": made(f"{V1}/observability/destinations", hook)["id"],
            "guardrail": made(f"{V1}/guardrails", {"name": CANARY})["id"],
            "workspace": workspace,
            "preset": "theirs",
            "external user": made(f"{V1}/external-users", {"user": "theirs/customer"})["user"],
            "session": http.get("/api/app/sessions").json()["data"][0]["id"],
            "person": me["user"]["id"],
            "invitation": made("/api/app/invitations", {"email": "guest@foreign.test"})["id"],
        }
    account, person = organization, ids["person"]
    return Theirs(ids | harness.call(_written(harness, account, person)), account)


async def _written(harness: Harness, account_id: str, user_id: str) -> dict[str, str]:
    """What takes an authenticator or a payment to be made."""
    tables: dict[str, dict[str, object]] = {
        "passkeys": {
            "id": "theirs-passkey", "user_id": user_id, "name": "p", "public_key": "k", "sign_count": 0,
            "transports": "", "created_at": 1,
        },
        "payment_orders": {
            "id": "pay_theirs", "account_id": account_id, "user_id": user_id, "processor": "epay", "origin": "checkout",
            "credits": 1, "fee": 0, "currency": "cny", "amount": 1, "rate": "1", "status": "canceled",
            "created_at": 1, "updated_at": 1, "expires_at": 1,
        },
        "receipts": {
            "number": "2026-9999", "account_id": account_id, "order_id": "pay_theirs", "kind": "receipt",
            "facts": "{}", "issued_at": 1,
        },
    }  # fmt: skip
    for name, row in tables.items():
        adding = insert(metadata.tables[name]).values(**row)
        await harness.services.database.write(lambda connection, adding=adding: connection.execute(adding))
    return {"passkey": "theirs-passkey", "order": "pay_theirs", "receipt": "2026-9999"}


@pytest.fixture(scope="module")
def theirs(shared_harness: Harness) -> Theirs:
    return _theirs(shared_harness)


@pytest.fixture
def stranger(harness: Harness) -> Iterator[dict[str, httpx.Client]]:
    """The owner of another account, by each kind of credential."""
    browser = harness.browser(f"stranger{next(_numbers)}@foreign.test")
    clients = {"session": browser}
    for kind, management in (("inference", False), ("management", True)):
        made = browser.post(f"{V1}/keys", json={"name": kind, "management": management})
        assert made.status_code == 201, made.text
        headers = {"authorization": f"Bearer {made.json()['key']}"}
        clients[kind] = httpx.Client(base_url=harness.url, headers=headers, timeout=30)
    yield clients
    for client in clients.values():
        client.close()


def _kind(path: str) -> str | None:
    """Of what there is an id in the address; None where there is none that is anybody's."""
    if any(path.startswith(each) for each in NAMES):
        return None
    found = [kind for begins, kind in IDS.items() if path.startswith(begins)]
    assert len(found) == 1, f"{path} has an id: say whose in IDS, or why it is nobody's in NAMES"
    return found[0]


def _mine(harness: Harness, theirs: Theirs) -> list[tuple[str, tuple[Any, ...]]]:
    """Every row in which the other account, or something of it, is named."""
    names = {theirs.account_id, *theirs.ids.values()}
    every = rows(harness.settings.data_dir / "modelport.db")
    return [(table, row) for table, found in every.items() for row in found if names & {str(each) for each in row}]


def _address(path: str, theirs: str) -> str:
    others = {"interval": "monthly", "version": "1"}
    return re.sub(r"\{(\w+)(?::path)?\}", lambda found: others.get(found[1], theirs), path)


def _filled(body: dict[str, Any] | None, browser: httpx.Client) -> dict[str, Any] | None:
    """With a key and a person of the stranger's own, so that it is the address that is judged."""
    if body is None:
        return None
    key = browser.get(f"{V1}/keys").json()["data"][0]["hash"]
    words = {"KEY": key, "PERSON": browser.get("/api/app/me").json()["user"]["id"]}
    return {
        name: [words.get(each, each) for each in value] if isinstance(value, list) else value
        for name, value in body.items()
    }


def test_what_is_another_account_s_is_not_found_and_stays_as_it_is(
    harness: Harness, theirs: Theirs, stranger: dict[str, httpx.Client]
) -> None:
    before, faults, asked = _mine(harness, theirs), [], 0
    for method, path, permission in GUARDED:
        if "{" not in path or permission is Permission.OPERATE or (kind := _kind(path)) is None:
            continue
        address = _address(path, theirs.ids[kind])
        body = _filled(BODIES.get(f"{method} {path}"), stranger["session"])
        for credential, client in stranger.items():
            answer = client.request(method, address, json=body)
            asked += 1
            wanted = {404} if _expected(Role.OWNER, credential, permission) else {403}
            if f"{method} {path}" in OWN:
                continue
            if answer.status_code not in wanted or CANARY in answer.text:
                faults.append(f"{method} {path} by {credential}: {answer.status_code} {answer.text[:200]}")
    assert not faults, "\n".join(faults)
    assert asked > 100
    assert _mine(harness, theirs) == before


def test_what_is_another_account_s_can_not_be_named_in_a_body_either(
    harness: Harness, theirs: Theirs, stranger: dict[str, httpx.Client]
) -> None:
    browser, before = stranger["session"], _mine(harness, theirs)
    own = browser.post(f"{V1}/guardrails", json={"name": "mine"}).json()["data"]["id"]
    hook = {"type": "webhook", "name": "x", "config": {"url": "https://hook.example"}}
    for path, body in (
        (f"/guardrails/{own}/assignments/keys", {"key_hashes": [theirs.ids["key"]]}),
        (f"/guardrails/{own}/assignments/members", {"member_user_ids": [theirs.ids["person"]]}),
        ("/keys", {"name": "x", "workspace_id": theirs.ids["workspace"]}),
        ("/guardrails", {"name": "x", "workspace_id": theirs.ids["workspace"]}),
        ("/byok", {"provider": "openai", "key": "sk-own-1234567", "workspace_id": theirs.ids["workspace"]}),
        ("/byok", {"provider": "openai", "key": "sk-own-1234567", "allowed_api_key_hashes": [theirs.ids["key"]]}),
        ("/observability/destinations", {**hook, "workspace_id": theirs.ids["workspace"]}),
        ("/observability/destinations", {**hook, "api_key_hashes": [theirs.ids["key"]]}),
        ("/workspaces/default/members/add", {"user_ids": [theirs.ids["person"]]}),
    ):
        answer = browser.post(f"{V1}{path}", json=body)
        refused = answer.status_code in {400, 404}
        assert refused or answer.json().get("assigned_count") == 0, (path, answer.status_code, answer.text)
    assert _mine(harness, theirs) == before
