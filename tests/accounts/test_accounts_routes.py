"""The landing page and the first administrator's link, as a browser meets them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from accounts_samples import ORIGIN, check_page, place, says
from hypothesis import given
from hypothesis import strategies as st

from modelport.db.database import DatabaseDown
from modelport.kit.language import choose
from modelport.people.words import TEXTS

if TYPE_CHECKING:
    from pathlib import Path


class TestTexts:
    """Both languages say the same things, and a reader gets theirs."""

    def test_both_languages_are_complete(self) -> None:
        assert TEXTS["zh"].keys() == TEXTS["en"].keys()
        assert all(text.strip() for texts in TEXTS.values() for text in texts.values())
        assert all(text.count("`") % 2 == 0 for texts in TEXTS.values() for text in texts.values())

    def test_commands_are_the_same_in_both(self) -> None:
        for key, text in TEXTS["en"].items():
            code = sorted(re.findall(r"`([^`]+)`", text))
            assert sorted(re.findall(r"`([^`]+)`", TEXTS["zh"][key])) == code, key

    @pytest.mark.parametrize(
        ("asked", "accepted", "chosen"),
        [
            (None, None, "en"),
            (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
            (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
            (None, "de, ZH-Hant ; q=0.5, en;q=0.2", "zh"),
            (None, "zh;q=0, en;q=0.1", "en"),
            (None, "zh;q=x", "en"),
            (None, "fr,*;q=0.5", "en"),
            ("zh", "en", "zh"),
            ("en", "zh", "en"),
            ("fr", "zh", "zh"),
        ],
    )
    def test_the_language_is_what_was_asked_for(self, asked: str | None, accepted: str | None, chosen: str) -> None:
        assert choose(asked, accepted) == chosen

    @given(st.text(alphabet="zhen-*;q=0.19, \t", max_size=60))
    def test_any_header_gives_a_language(self, accepted: str) -> None:
        assert choose(None, accepted) in TEXTS


class TestLanding:
    """`GET /`."""

    @pytest.mark.parametrize("language", ["zh", "en"])
    async def test_it_says_how_to_use_the_server(self, tmp_path: Path, language: str) -> None:
        async with place(tmp_path) as here:
            answer = await here.client.get("/", headers={"accept-language": language})
            assert answer.status_code == 200
            check_page(answer, private=False)
            assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in answer.text
            for key in ("landing_lead", "landing_base_body", "landing_key_body", "link_models"):
                assert says(answer, key, language)
            assert f"<code>{ORIGIN}/api/v1</code>" in answer.text
            assert "<code>modelport keys create --user EMAIL --name NAME</code>" in answer.text
            for href in ("/api/v1/models", "/readyz"):
                assert f'href="{href}"' in answer.text
            assert f'href="?lang={"en" if language == "zh" else "zh"}"' in answer.text

    async def test_a_monitor_may_ask_for_the_head_only(self, tmp_path: Path) -> None:
        async with place(tmp_path) as here:
            assert (await here.client.head("/")).status_code == 200

    async def test_the_operators_public_address_wins(self, tmp_path: Path) -> None:
        async with place(tmp_path, public_url="https://models.example.com/") as here:
            assert "<code>https://models.example.com/api/v1</code>" in (await here.client.get("/")).text

    @pytest.mark.parametrize("host", ["10.0.0.7:8080", "[fd00::7]:8080", "models.example.com"])
    async def test_the_base_url_is_the_one_that_was_called(self, tmp_path: Path, host: str) -> None:
        async with place(tmp_path) as here:
            answer = await here.client.get("/", headers={"host": host})
            assert f"<code>http://{host}/api/v1</code>" in answer.text

    @pytest.mark.parametrize("host", ['"><script>alert(1)</script>', "[", "a/b", "a@b", ""])
    async def test_a_forged_host_is_not_shown(self, tmp_path: Path, host: str) -> None:
        async with place(tmp_path) as here:
            answer = await here.client.get("/", headers={"host": host})
            assert answer.status_code == 200
            check_page(answer, private=False)
            assert "<code>http://port.test/api/v1</code>" in answer.text.replace(":80/", "/")


class TestShowSetup:
    """`GET /setup/{token}`."""

    @pytest.mark.parametrize("language", ["zh", "en"])
    async def test_an_open_link_shows_the_form_as_often_as_wanted(self, tmp_path: Path, language: str) -> None:
        async with place(tmp_path) as here:
            path = await here.link()
            assert (await here.client.get(path)).status_code == 200
            answer = await here.client.get(f"{path}?lang={language}", headers={"accept-language": "fr"})
            assert answer.status_code == 200
            check_page(answer, private=True)
            assert says(answer, "setup_lead", language)
            assert f'action="?lang={language}"' in answer.text
            assert len(re.findall(r'autocomplete="new-password" minlength="10"\s+required', answer.text)) == 2
            assert 'type="email" value="" autocomplete="email"' in answer.text
            assert path.removeprefix("/setup/") not in answer.text

    @pytest.mark.parametrize("token", ["wrong", "x" * 3000, "%00", "%ff", "🙂", "%3Cscript%3E"])
    @pytest.mark.parametrize("language", ["zh", "en"])
    async def test_a_wrong_link_says_what_to_do(self, tmp_path: Path, token: str, language: str) -> None:
        async with place(tmp_path) as here:
            await here.link()
            for answer in (
                await here.client.get(f"/setup/{token}?lang={language}"),
                await here.send(f"/setup/{token}?lang={language}"),
            ):
                assert answer.status_code == 403
                check_page(answer, private=True)
                assert says(answer, "spent_new", language)
                assert "<form" not in answer.text

    async def test_a_database_that_is_down_is_said_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async with place(tmp_path) as here:
            path = await here.link()

            async def down(_token: str) -> Any:
                raise DatabaseDown("The database can't be reached at the moment; try again.")

            monkeypatch.setattr(here.accounts, "setup_user", down)
            shown = await here.client.get(path)
            assert shown.status_code == 503
            check_page(shown, private=True)
            assert says(shown, "down_lead")
            sent = await here.send(path)
            assert sent.status_code == 503
            assert says(sent, "unavailable")
            assert 'value="owner@example.com"' in sent.text
