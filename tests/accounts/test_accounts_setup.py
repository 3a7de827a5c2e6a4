"""The first administrator's form is taken once, and only from its own page."""

from __future__ import annotations

import asyncio
import html
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from accounts_samples import ORIGIN, PASSWORD, Place, check_page, place, says
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from modelport.accounts.tables import users
from modelport.people import setup_routes as routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx


class TestFinishSetup:
    """`POST /setup/{token}`."""

    @pytest.mark.parametrize("language", ["zh", "en"])
    async def test_it_is_done_once(self, tmp_path: Path, language: str) -> None:
        async with place(tmp_path) as here:
            path = f"{await here.link()}?lang={language}"
            answer = await here.send(path, "Owner@Example.com")
            assert answer.status_code == 200
            check_page(answer, private=True)
            assert says(answer, "done_lead", language)
            assert f"<code>{ORIGIN}/api/v1</code>" in answer.text
            assert "<code>modelport keys create --user owner@example.com --name my-key</code>" in answer.text
            assert 'href="/api/v1/models"' in answer.text
            assert (await here.accounts.user("owner@example.com")).is_admin
            for again in (await here.send(path, "thief@example.com"), await here.client.get(path)):
                assert again.status_code == 403
                assert says(again, "spent_used", language)

    async def test_the_command_to_copy_is_quoted(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            answer = await here.send(await here.link(), "$id&`b`|'@x")
            assert answer.status_code == 200
            [command] = re.findall(r"<code>(modelport keys [^<]*)</code>", answer.text)
            assert shlex.split(html.unescape(command))[4] == "$id&`b`|'@x"

    async def test_of_twenty_at_once_exactly_one_wins(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            path = await here.link()
            ends = await asyncio.gather(*(here.send(path, f"racer{number}@example.com") for number in range(20)))
            assert sorted(end.status_code for end in ends) == [200] + [403] * 19
            [winner] = [number for number, end in enumerate(ends) if end.status_code == 200]
            emails = await here.database.read(lambda connection: list(connection.scalars(select(users.c.email))))
            assert emails == [f"racer{winner}@example.com"]

    @pytest.mark.parametrize(
        ("email", "password", "again", "status", "text"),
        [
            ("owner@example.com", "9 letters", None, 400, "weak_password"),
            ("owner@example.com", PASSWORD, PASSWORD + " ", 400, "passwords_differ"),
            ("owner@example.com", PASSWORD, "", 400, "passwords_differ"),
            ("owner.example.com", PASSWORD, None, 400, "bad_email"),
            ("", PASSWORD, None, 400, "bad_email"),
            ("TAKEN@example.com", PASSWORD, None, 409, "email_taken"),
        ],
    )
    @pytest.mark.parametrize("language", ["zh", "en"])
    async def test_a_fault_shows_the_form_again_and_keeps_the_link(
        self, tmp_path: Path, email: str, password: str, again: str | None, status: int, text: str, language: str
    ) -> None:
        async with place(tmp_path) as here:
            path = f"{await here.link()}?lang={language}"
            await here.accounts.create_user("taken@example.com")
            answer = await here.send(path, email, password, again=again)
            assert answer.status_code == status
            check_page(answer, private=True)
            assert says(answer, text, language)
            assert 'role="alert"' in answer.text
            assert 'aria-invalid="true"' in answer.text
            assert f'value="{email}"' in answer.text
            assert html.escape(password) not in answer.text
            assert (await here.send(path)).status_code == 200

    async def test_a_newer_link_voids_this_one(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            older, newer = await here.link(), await here.link()
            assert (await here.client.get(older)).status_code == 403
            assert (await here.send(older)).status_code == 403
            assert (await here.send(newer)).status_code == 200

    @pytest.mark.parametrize(
        "email", ['"><script>alert(1)</script>@x y', "'\" onfocus=alert(1) autofocus x='", "</title><img src=x>&amp;"]
    )
    async def test_what_was_typed_is_shown_as_text(self, tmp_path: Path, email: str) -> None:
        async with place(tmp_path) as here:
            answer = await here.send(await here.link(), email)
            assert answer.status_code == 400
            [value] = re.findall(r'<input id="email"[^<>]* value="([^"<>]*)"', answer.text)
            assert html.unescape(value) == email
            assert "<script" not in answer.text
            assert "<img" not in answer.text

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": f"{ORIGIN}.evil.example"},
            {"origin": f"{ORIGIN}:81"},
            {"origin": ""},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "cross-site", "origin": ORIGIN},
        ],
    )
    async def test_another_sites_form_is_refused(self, tmp_path: Path, headers: dict[str, str]) -> None:
        async with place(tmp_path) as here:
            path = await here.link()
            answer = await here.send(path, headers=headers)
            assert answer.status_code == 403
            check_page(answer, private=True)
            assert says(answer, "cross_body")
            assert (await here.client.get(path)).status_code == 200
            assert (await here.accounts.user("admin@localhost")).is_admin

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": ORIGIN},
            {"origin": "null"},
            {"origin": "null", "sec-fetch-site": "same-origin"},
            # A proxy gave us another host name; the browser still knows.
            {"origin": "https://models.example.com", "sec-fetch-site": "same-origin"},
            {"origin": "https://public.example.com"},
        ],
    )
    async def test_our_own_form_is_taken(self, tmp_path: Path, headers: dict[str, str]) -> None:
        async with place(tmp_path, public_url="https://public.example.com") as here:
            assert (await here.send(await here.link(), headers=headers)).status_code == 200


class TestReadForm:
    """What is read of a body."""

    async def post(self, here: Place, path: str, content: Any, kind: str) -> httpx.Response:
        return await here.client.post(path, content=content, headers={"content-type": kind})

    async def test_a_large_body_is_not_read(self, tmp_path: Path) -> None:
        """The bound holds for what arrives, whatever length was announced."""
        pulled = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal pulled
            for _ in range(1000):
                pulled += 1
                yield b"x" * 1024

        async with place(tmp_path) as here:
            path = await here.link()
            for content in (b"email=" + b"x" * 16 * 1024, endless()):
                answer = await self.post(here, path, content, "application/x-www-form-urlencoded")
                assert answer.status_code == 413
                check_page(answer, private=True)
                assert says(answer, "large_body")
            assert pulled == 17
            assert (await here.send(path)).status_code == 200

    async def test_sixteen_kilobytes_are_read(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            fields = b"email=o%40x.y&password=tidal-Marble-39&again=tidal-Marble-39&more=" + b"p" * 8000
            content = fields + b"&rest=" + b"x" * (16 * 1024 - len(fields) - 6)
            answer = await self.post(here, await here.link(), content, "application/x-www-form-urlencoded")
            assert answer.status_code == 200

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("application/json", b"{}"),
            ("text/plain", b"email=a%40b&password=0123456789&again=0123456789"),
            ("application/x-www-form-urlencoded", b"email=a%40b&password=%ff123456789&again=%ff123456789"),
            ("application/x-www-form-urlencoded", b"email=a@b&password=\xff123456789"),
            ("application/x-www-form-urlencoded", b"&".join(b"a=b" for _ in range(21))),
        ],
    )
    async def test_what_is_no_form_is_refused(self, tmp_path: Path, kind: str, content: bytes) -> None:
        async with place(tmp_path) as here:
            path = await here.link()
            answer = await self.post(here, path, content, kind)
            assert answer.status_code == 400
            assert says(answer, "unreadable")
            assert (await here.client.get(path)).status_code == 200

    async def test_a_body_that_does_not_come_ends_the_wait(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def silent() -> AsyncIterator[bytes]:
            yield b"email="
            await asyncio.sleep(60)

        monkeypatch.setattr(routes, "_BODY_SECONDS", 0.05)
        async with place(tmp_path) as here:
            path = await here.link()
            answer = await self.post(here, path, silent(), "application/x-www-form-urlencoded")
            assert answer.status_code == 408
            check_page(answer, private=True)
            assert says(answer, "slow_body")

    @settings(max_examples=25, deadline=None)
    @given(st.binary(max_size=200))
    async def test_any_bytes_get_a_page(self, tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
        async with place(tmp_path_factory.mktemp("any")) as here:
            answer = await self.post(here, await here.link(), content, "application/x-www-form-urlencoded")
            assert answer.status_code == 400
