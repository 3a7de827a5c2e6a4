"""The web app's files: what is served where, compressed and guarded how, and what stays the control plane's."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from modelport.web.files import load
from modelport.web.site import Site

if TYPE_CHECKING:
    from pathlib import Path

PAGE = {"accept": "text/html,application/xhtml+xml"}
SCRIPT = b"export const it = 1;" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as the build leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite/manifest.json").write_text("{}")
    (tmp_path / "index.html").write_text('<!doctype html><script src="/boot.js"></script>')
    (tmp_path / "boot.js").write_text("// boot")
    (tmp_path / "assets/index-1a2b.js").write_bytes(SCRIPT)
    (tmp_path / "assets/index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "assets/index-1a2b.js.br").write_bytes(b"not looked into")
    return tmp_path


async def client(folder: Path) -> httpx.AsyncClient:
    """A caller of the app built in `folder`, with a little control plane behind it."""
    files = await asyncio.to_thread(load, folder)
    control = FastAPI(docs_url=None, redoc_url=None)

    @control.get("/")
    async def landing() -> str:  # pyright: ignore[reportUnusedFunction]
        return "plain"

    @control.get("/setup/{token}")
    async def setup(token: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return token

    transport = httpx.ASGITransport(app=Site(control, files))
    return httpx.AsyncClient(transport=transport, base_url="http://server.test")


async def test_every_page_is_the_one_document_with_a_strict_policy(built: Path) -> None:
    async with await client(built) as http:
        for path in ("/", "/models", "/acme/model-1", "/settings/keys?x=1"):
            answer = await http.get(path, headers=PAGE)
            assert answer.status_code == 200
            assert answer.text.startswith("<!doctype html>")
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["cache-control"] == "no-cache"
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_assets_are_immutable_and_come_compressed(built: Path) -> None:
    async with await client(built) as http:
        answer = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": "gzip;q=1.0, br;q=0"})
        assert answer.content == SCRIPT
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "accept-encoding"
        plain = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.headers["etag"] != answer.headers["etag"]
        head = await http.head("/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
        assert (head.content, head.headers["content-length"]) == (b"", str(len(SCRIPT)))


async def test_an_unchanged_file_is_not_sent_again(built: Path) -> None:
    async with await client(built) as http:
        first = await http.get("/boot.js")
        again = await http.get("/boot.js", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/v1/nothing", "/assets/gone.js", "/.vite/manifest.json", "/assets/index-1a2b.js.gz"]
)
async def test_what_is_no_page_is_not_found(built: Path, path: str) -> None:
    async with await client(built) as http:
        assert (await http.get(path)).status_code == 404


async def test_the_control_planes_own_pages_and_programs_requests_stay_its_own(built: Path) -> None:
    async with await client(built) as http:
        assert (await http.get("/setup/abc", headers=PAGE)).json() == "abc"
        assert (await http.get("/models", headers={"accept": "application/json"})).status_code == 404
        assert (await http.post("/models", headers=PAGE)).status_code == 404


async def test_without_a_build_the_plain_page_is_shown(tmp_path: Path) -> None:
    async with await client(tmp_path) as http:
        assert (await http.get("/", headers=PAGE)).json() == "plain"
        assert (await http.get("/models", headers=PAGE)).status_code == 404
