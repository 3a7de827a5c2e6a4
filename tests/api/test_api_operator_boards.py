"""What operators look at: how endpoints and keys do, and whether mail leaves."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from api.api_harness import Harness
from modelport.accounts.sessions import start_session
from modelport.catalog.document import Document
from modelport.keys.access import APP_HEADER
from people.people_house import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def operator(harness: Harness) -> dict[str, str]:
    """Headers of an operator's browser."""
    services = harness.services

    async def make() -> str:
        user = await services.accounts.create_user("boards@example.test", is_admin=True)
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
        return token

    return {"cookie": f"modelport={harness.call(make())}", APP_HEADER: "test"}


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Harness]:
    folder: Path = tmp_path_factory.mktemp("boards")
    harness = Harness(folder, smtp_url=f"smtp://127.0.0.1:{mailbox.port}")
    yield harness
    harness.stop()


@pytest.fixture(scope="module")
def headers(own: Harness) -> dict[str, str]:
    return operator(own)


def get(own: Harness, headers: dict[str, str], path: str) -> Any:
    answer = own.http.get(f"/api/admin{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_board_shows_what_was_called_and_what_rests(own: Harness, headers: dict[str, str]) -> None:
    caller = own.caller()
    ask = json.dumps({"model": "fake/text", "messages": [{"role": "user", "content": "fake: text=hello"}]}).encode()
    assert caller.post(ask).status == 200
    board = get(own, headers, "/health")
    (seen,) = [each for each in board["endpoints"] if each["model"] == "fake/text"]
    assert (seen["standing"], seen["faults_in_a_row"], seen["rests_seconds"]) == ("fine", 0, 0)
    assert seen["minutes"][0]["good"] >= 1
    (endpoint,) = own.services.catalog.snapshot.models["fake/text"].endpoints
    own.call(own.services.catalog.set_key(Document(), endpoint.provider.slug, "sk-any"))
    (endpoint,) = own.services.catalog.snapshot.models["fake/text"].endpoints
    key = endpoint.provider.keys[0].name

    async def bench() -> None:
        own.services.health.bench((endpoint.provider.slug, key), 90)
        own.services.health.bench((endpoint.id, key), 30)

    own.call(bench())
    keys = get(own, headers, "/health")["keys"]
    whole, part = keys
    assert (whole["provider"], whole["key"], whole["endpoint"]) == (endpoint.provider.slug, key, None)
    assert 60 < whole["rests_seconds"] <= 90
    assert (part["endpoint"], part["model"]) == (endpoint.tag, "fake/text")
    own.services.health.forget()
    assert get(own, headers, "/health") == {"endpoints": [], "keys": []}


def test_mail_is_tried_out(own: Harness, headers: dict[str, str], mailbox: Mailbox) -> None:
    sent = own.http.post("/api/admin/mail/test", json={"email": "me@example.test"}, headers=headers)
    assert (sent.status_code, sent.json()) == (200, {"kind": "smtp"})
    assert "Nothing needs to be done" in str(mailbox.wait("me@example.test"))
    chinese = {**headers, "accept-language": "zh-CN"}
    own.http.post("/api/admin/mail/test", json={"email": "ni@example.test"}, headers=chinese)
    mailbox.wait("ni@example.test")
    refused = own.http.post("/api/admin/mail/test", json={"email": "you@refused.test"}, headers=headers)
    assert refused.status_code == 502
    assert "refuses the address (550)" in refused.json()["error"]["message"]
    told = refused.json()["error"]["metadata"]
    assert (told["rule"], told["code"], told["said"]) == ("address", 550, "no such mailbox")
    assert own.http.post("/api/admin/mail/test", json={"email": "nobody"}, headers=headers).status_code == 400
    state = get(own, headers, "/mail")
    assert (state["kind"], state["given_up"]) == ("smtp", 0)


def test_a_key_is_tried_live(own: Harness, headers: dict[str, str]) -> None:
    slug = next(iter(own.services.catalog.snapshot.providers))
    tried = own.http.post(f"/api/admin/catalog/providers/{slug}/keys/main/test", headers=headers)
    assert tried.status_code in {200, 404}, tried.text
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider = {"slug": "gone", "name": "Gone", "base_url": f"http://127.0.0.1:{port}/v1", "api_key": "sk-x"}
    made = own.http.put("/api/admin/catalog/providers/gone", json=provider, headers=headers)
    assert made.status_code == 200, made.text
    tried = own.http.post("/api/admin/catalog/providers/gone/keys/main/test", headers=headers).json()
    assert tried["verdict"] == "unknown"
    assert "could not be reached" in tried["message"]
    missing = own.http.post("/api/admin/catalog/providers/gone/keys/none/test", headers=headers)
    assert missing.status_code == 404
