"""What a GET changes is in the audit log like any other change: generated from the application's list of routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from test_api_authorisation import ROUTES, methods

from audit.changed_rows import changed, log, named, rows

if TYPE_CHECKING:
    import httpx
    from api_harness import Caller, Harness

DEFAULT: Final = "an account's first workspace is made when somebody first looks at it"
WRITES: Final[dict[str, str]] = {
    "/api/app/auth/oidc/{slug}/callback": "signs up, signs in, links: tests/people/test_people_identities.py",
    "/api/webhooks/epay": "a processor's notice: tests/payments/test_payments_hooks.py",
}
"""GETs that change something on purpose, and the test that shows their entries."""
BESIDE: Final = re.compile(r"(hours|days|totals)$|^(apps|usage_pending|key_days|generation_attempts)$")
"""Tables that a server also writes beside requests, from what other tests left to be summed up."""


def _paths(caller: Caller) -> list[tuple[str, str]]:
    """Every GET route, with an address that leads somewhere wherever there is something."""
    known = {"hash": caller.key_hash, "author": "fake", "slug": "text", "ref": "default", "interval": "monthly",
             "workspace_ref": "default", "account_id": caller.account_id, "month": "2026-01"}  # fmt: skip
    routes = [str(route.path) for route in ROUTES if "GET" in methods(route)]
    routes = [each for each in routes if not each.startswith("/v1/")]  # the same functions again
    return [
        (path, re.sub(r"\{(\w+)[^}]*\}", lambda found: known.get(found[1], "nobodys-0000"), path)) for path in routes
    ]


def test_every_get_changes_nothing_or_is_on_record(harness: Harness, caller: Caller) -> None:
    walk = _paths(caller)
    assert set(WRITES) <= {path for path, _ in walk}
    operator = harness.browser("walker@audited.test", is_operator=True)
    database = harness.settings.data_dir / "modelport.db"
    known, before = len(log(database)), rows(database)
    clients: list[httpx.Client] = [operator, harness.http]
    for client in clients:
        headers = {} if client is operator else {"authorization": f"Bearer {caller.key}"}
        for _, address in walk:
            answer = client.get(address, headers=headers, follow_redirects=False)
            assert answer.status_code < 500, (address, answer.text)
    operator.close()
    entries = log(database, known)
    assert {each["action"].partition(" ")[0] for each in entries} <= {"GET"}
    assert all(each["user_id"] and each["credential"] != "none" for each in entries), "who it was is known"
    unseen = changed(before, rows(database)) - named(entries)
    assert {each for each in unseen if not BESIDE.search(each)} == set()
    # What changes by looking is the first workspace, and nothing else.
    assert named(entries) <= {"workspaces"}, DEFAULT
