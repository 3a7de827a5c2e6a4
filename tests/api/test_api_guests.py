"""Guests: who is not signed in tries free models on our own page, where the operator allows it, and nothing more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from api_harness import Harness, marker, until

from modelport.keys.access import APP_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = {APP_HEADER: "web"}
FREE = "fake/free:free"
CHAT = "chat/completions"


@pytest.fixture(scope="module")
def hospitable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server that lets guests in, a few times a day each, behind a proxy that says where they call from."""
    made = Harness(
        tmp_path_factory.mktemp("guests"),
        guests_may_try=True,
        guest_requests_per_minute=0,
        guest_requests_per_day=3,
        guests_requests_per_day=40,
        free_requests_per_day=1,
        trusted_proxies=["127.0.0.1"],
    )
    yield made
    made.stop(within=1)


def ask(
    harness: Harness,
    address: str = "192.0.2.1",
    path: str = CHAT,
    headers: dict[str, str] | None = None,
    text: str = "fake: tokens=3",
    **fields: Any,
) -> httpx.Response:
    body = {"model": FREE, "messages": [{"role": "user", "content": text}], **fields}
    shown = OURS if headers is None else headers
    return httpx.post(f"{harness.url}/api/v1/{path}", json=body, headers={**shown, "x-forwarded-for": address})


def test_a_guest_tries_a_free_model_and_pays_nothing(hospitable: Harness) -> None:
    answer = ask(hospitable, "192.0.2.1")
    assert answer.status_code == 200
    assert answer.json()["usage"]["cost"] == 0
    streamed = ask(hospitable, "192.0.2.1", stream=True)
    assert streamed.status_code == 200
    assert streamed.text.rstrip().endswith("data: [DONE]")
    features = hospitable.http.get("/api/app/features").json()
    assert (features["guests_may_try"], features["guest_requests_per_day"]) == (True, 3)


def test_each_network_has_so_many_a_day(hospitable: Harness) -> None:
    for _ in range(3):
        assert ask(hospitable, "192.0.2.2").status_code == 200
    refused = ask(hospitable, "192.0.2.2")
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert error["message"].startswith("Rate limit exceeded: guest-requests-per-day. Sign in")
    assert error["metadata"]["limit_source"] == "modelport_guests"
    assert ask(hospitable, "192.0.2.3").status_code == 200
    # Somebody's whole IPv6 network is one place.
    for last in "abc":
        assert ask(hospitable, f"2001:db8::{last}").status_code == 200
    assert ask(hospitable, "2001:db8::d").status_code == 429


def test_requests_at_the_same_time_pass_no_limit(hospitable: Harness) -> None:
    body = {"model": FREE, "messages": [{"role": "user", "content": "fake: tokens=1"}]}

    async def many() -> list[int]:
        async with httpx.AsyncClient(headers={**OURS, "x-forwarded-for": "192.0.2.4"}, timeout=60) as client:
            asked = (client.post(f"{hospitable.url}/api/v1/{CHAT}", json=body) for _ in range(20))
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    codes = asyncio.run(many())
    assert sorted(codes) == [200] * 3 + [429] * 17


def test_what_costs_is_for_who_signs_in(hospitable: Harness) -> None:
    mark = marker()
    paid = ask(hospitable, "192.0.2.5", model="fake/text", text=f"fake: marker={mark}")
    assert (paid.status_code, paid.json()["error"]["message"]) == (
        401,
        "Sign in for this: without an account only free models can be tried.",
    )
    # Not as what a free model falls back to, nor as a file read beside it.
    down = ask(hospitable, "192.0.2.5", models=["fake/text"], text=f"fake: fail=status status=500 marker={mark}")
    assert down.status_code >= 500
    pdf = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}
    content = [{"type": "text", "text": f"fake: marker={mark}"}, {"type": "file", "file": pdf}]
    reading = ask(hospitable, "192.0.2.5", messages=[{"role": "user", "content": content}])
    assert reading.status_code == 401
    assert len(hospitable.records(mark)) == 1


def test_no_answer_of_a_guest_is_kept_for_another(hospitable: Harness) -> None:
    mark = marker()
    for address in ("192.0.2.20", "192.0.2.21"):
        headers = OURS | {"x-openrouter-cache": "true"}
        assert ask(hospitable, address, headers=headers, text=f"fake: marker={mark}").status_code == 200
    assert len(hospitable.records(mark)) == 2


def test_no_other_way_is_open(hospitable: Harness) -> None:
    assert ask(hospitable, headers={}).status_code == 401  # a client that forgot its key is told so
    assert ask(hospitable, headers={"authorization": "Bearer sk-mp-v1-no"} | OURS).status_code == 401
    elsewhere = ask(hospitable, headers=OURS | {"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403
    for path in ("messages", "responses", "completions", "embeddings", "route", "keys", "messages/count_tokens"):
        assert ask(hospitable, path=path).status_code == 401, path
    for path in ("key", "credits", "activity", "generation?id=gen-1", "keys"):
        assert hospitable.http.get(f"/api/v1/{path}", headers=OURS).status_code == 401, path


def test_no_guest_is_let_in_while_they_are_suspended(hospitable: Harness) -> None:
    async def suspend(*, suspended: bool) -> None:
        guests = await hospitable.services.accounts.guests()
        await hospitable.services.accounts.suspend_user(guests.id, suspended=suspended)

    assert ask(hospitable, "192.0.2.7").status_code == 200
    hospitable.call(suspend(suspended=True))
    try:
        until(lambda: ask(hospitable, "192.0.2.8").status_code == 401 or None)  # everywhere within a second
    finally:
        hospitable.call(suspend(suspended=False))


def test_where_the_operator_does_not_allow_it_nobody_is_let_in(harness: Harness) -> None:
    assert ask(harness).status_code == 401
    assert harness.http.get("/api/app/features").json()["guests_may_try"] is False
