"""Pictures and files by address, brought here and written as data for a provider that fetches nothing."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from modelport.dialects.canonical import File, Image, Message, Request, Role, Target, Text, ToolCall, ToolResult
from modelport.errors import BadRequest
from modelport.gateway.dialect_table import DIALECTS
from modelport.gateway.remote import bring, takes_data_only
from modelport.upstream.client import UpstreamClient
from modelport.upstream.fetching import Fetcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from modelport.dialects.canonical import Part

FILES = {
    "a.png": (b"\x89PNG picture", "image/png"),
    "a.pdf": (b"%PDF-1.4", "application/pdf"),
    "a.html": (b"<p>", "text/html"),
}


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A site on this machine."""
    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        data, kind = FILES[request.match_info["name"]]
        return web.Response(body=data, content_type=kind)

    app.router.add_get("/{name}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """One that may look at this machine."""
    client = UpstreamClient()
    await client.start()
    yield Fetcher(client, private=True)
    await client.close()


def asking(*parts: Part) -> Request:
    """A request with these parts behind its words."""
    return Request(model="m", messages=[Message(Role.USER, [Text("look"), *parts])])


async def test_pictures_and_files_become_data(site: str, fetcher: Fetcher) -> None:
    request = asking(Image(url=f"{site}a.png"), File("a.pdf", url=f"{site}a.pdf"))
    call = Message(Role.ASSISTANT, [ToolCall("c", "look", "{}")])
    result = Message(Role.TOOL, [ToolResult("c", [Image(url=f"{site}a.png")], name="look")])
    request.messages += [call, result]
    await bring(request, fetcher, 1_000)
    target = Target("anthropic.claude-sonnet-4-5-20250929-v1:0", stream=False)
    written = DIALECTS["bedrock_converse"].write_request(request, target)
    content = json.loads(written)["messages"][0]["content"]
    assert {"image": {"format": "png", "source": {"bytes": base64.b64encode(FILES["a.png"][0]).decode()}}} in content
    assert base64.b64encode(FILES["a.pdf"][0]).decode() in str(content)
    assert site not in written.decode()


@pytest.mark.parametrize(
    ("part", "message"),
    [("a.html", "is no picture"), ("a.png?x", "can't be fetched"), ("nothing.png", "status 500")],
)
async def test_what_cant_be_had_is_refused_with_its_place(site: str, fetcher: Fetcher, part: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message) as raised:
        await bring(asking(Image(url=f"{site}{part}")), fetcher, 5 if "?" in part else 1_000)
    assert "`messages.0`" in raised.value.message


async def test_all_of_them_share_one_bound(site: str, fetcher: Fetcher) -> None:
    size = len(FILES["a.png"][0])
    await bring(asking(*[Image(url=f"{site}a.png")] * 1), fetcher, size)
    with pytest.raises(BadRequest):
        await bring(asking(Image(url=f"{site}a.png"), Image(url=f"{site}a.png")), fetcher, 2 * size - 1)
    with pytest.raises(BadRequest, match="too many"):
        await bring(asking(*(Image(url=f"{site}a.png") for _ in range(21))), fetcher, 10_000)


def test_which_dialects() -> None:
    assert [name for name in DIALECTS if takes_data_only(name)] == ["bedrock_converse"]
