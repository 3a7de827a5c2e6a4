"""Tokens fetched over the wire from a token service on this machine: shared, renewed, refused, forgotten."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from modelport.gateway import authorize
from modelport.providers.provider import Provider
from modelport.upstream.client import UpstreamClient
from modelport.upstream.errors import FaultKind, UpstreamFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOGIN = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


class Service:
    """A token service: counts, remembers the last form, and answers as told."""

    def __init__(self) -> None:
        self.asked = 0
        self.form: dict[str, Any] = {}
        self.status = 200
        self.seconds = 3600

    async def answer(self, request: web.Request) -> web.Response:
        """One request for a token."""
        self.asked += 1
        self.form = dict(await request.post())
        if self.status != 200:
            return web.json_response({"error": "invalid_grant"}, status=self.status)
        return web.json_response({"access_token": f"ya29.{self.asked}", "expires_in": self.seconds})


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, str]]:
    """A service and its address."""
    made = Service()
    app = web.Application()
    app.router.add_post("/token", made.answer)
    async with TestServer(app) as server:
        yield made, str(server.make_url("/token"))


@pytest.fixture
async def upstream() -> AsyncIterator[UpstreamClient]:
    """A client of this loop."""
    client = UpstreamClient()
    await client.start()
    yield client
    await client.close()


async def token_header(upstream: UpstreamClient, whose: Provider) -> dict[str, str]:
    """The header for a provider's only key."""
    return await authorize.token_header(upstream, whose, whose.api_key)


def provider(url: str, key: dict[str, Any] = LOGIN, slug: str = "v") -> Provider:
    """One whose key is a key file."""
    return Provider(
        base_url="http://127.0.0.1:9", auth="google", slug=slug, name="V", dialect="gemini", api_key=json.dumps(key),
        options={"token_url": url},
    )  # fmt: skip


async def test_fifty_at_once_ask_once(service: tuple[Service, str], upstream: UpstreamClient) -> None:
    made, url = service
    got = await asyncio.gather(*(token_header(upstream, provider(url)) for _ in range(50)))
    assert made.asked == 1
    assert {header["Authorization"] for header in got} == {"Bearer ya29.1"}
    assert made.form == {
        "grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "r"
    }  # fmt: skip


async def test_keys_never_share_a_token(service: tuple[Service, str], upstream: UpstreamClient) -> None:
    made, url = service
    first = await token_header(upstream, provider(url))
    other = await token_header(upstream, provider(url, {**LOGIN, "refresh_token": "q"}))
    third = await token_header(upstream, provider(url, slug="w"))
    assert made.asked == 3
    assert len({each["Authorization"] for each in (first, other, third)}) == 3


async def test_one_that_ends_at_once_is_asked_for_again(
    service: tuple[Service, str], upstream: UpstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, url = service
    at = [5.0]
    monkeypatch.setattr("modelport.upstream.tokens.clock.monotonic", lambda: at[0])
    await token_header(upstream, provider(url))
    at[0] += 3_601
    assert await token_header(upstream, provider(url)) == {"Authorization": "Bearer ya29.2"}
    assert made.asked == 2


async def test_a_refused_one_is_asked_for_again(service: tuple[Service, str], upstream: UpstreamClient) -> None:
    made, url = service
    header = await token_header(upstream, provider(url))
    authorize.forget_token(upstream, provider(url), provider(url).api_key, header)
    assert await token_header(upstream, provider(url)) == {"Authorization": "Bearer ya29.2"}
    assert made.asked == 2


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_no_token_is_a_fault_that_tells_no_secret(
    service: tuple[Service, str], upstream: UpstreamClient, status: int
) -> None:
    made, url = service
    made.status = status
    with pytest.raises(UpstreamFault) as raised:
        await token_header(upstream, provider(url))
    assert raised.value.kind is FaultKind.KEY
    assert str(status) in raised.value.detail
    assert "refresh" not in raised.value.message + raised.value.detail
    made.status = 200
    assert await token_header(upstream, provider(url)) == {"Authorization": "Bearer ya29.2"}


async def test_a_key_file_that_is_none(upstream: UpstreamClient) -> None:
    with pytest.raises(UpstreamFault) as raised:
        await token_header(upstream, provider("http://127.0.0.1:9/t", {"type": "external_account"}))
    assert raised.value.kind is FaultKind.KEY


async def test_a_service_that_cant_be_reached(upstream: UpstreamClient) -> None:
    with pytest.raises(UpstreamFault) as raised:
        await token_header(upstream, provider("http://127.0.0.1:9/t"))
    assert raised.value.kind is FaultKind.CONNECT
