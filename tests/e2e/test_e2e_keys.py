"""An API key's life in the browser: made, shown once, used, rotated with an overlap, switched off and on, deleted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Stage
    from playwright.sync_api import Page


def called(stage: Stage, key: str) -> int:
    """The status of a call with this key."""
    body = {"model": "acme/echo:free", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{stage.url}/api/v1/chat/completions", json=body, headers=headers, timeout=30).status_code


def press(page: Page, language: str, key: str) -> None:
    page.get_by_role("button", name=say(language, key), exact=True).last.click()


def choose(page: Page, language: str, name: str, key: str) -> None:
    """Opens a key's menu, and takes something from it."""
    page.get_by_role("button", name=say(language, "keys.menuOf", name=name)).click()
    page.get_by_role("menuitem", name=say(language, key), exact=True).click()


def shown_once(page: Page, language: str, name: str) -> str:
    """The key in the dialog, which is closed then and tells it no more."""
    dialog = page.get_by_role("dialog", name=say(language, "keys.madeTitle"))
    expect(dialog.get_by_text(say(language, "keys.once", name=name))).to_be_visible()
    key = dialog.locator("pre code").first.inner_text()
    expect(dialog.locator("pre code").last).to_contain_text(f"Bearer {key}")
    press(page, language, "keys.stored")
    expect(dialog).to_be_hidden()
    assert key not in page.content()
    return key


def test_a_key_is_made_used_rotated_and_deleted(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"keys-{language.lower()}@example.test")
    page = open_page("/settings/keys", language=language, person=person, width=1280 if language == "en" else 390)
    expect(page.get_by_text(say(language, "keys.empty"))).to_be_visible()
    press(page, language, "keys.create")
    page.get_by_label(re.compile("^" + say(language, "common.name"))).fill("Laptop")
    page.get_by_role("textbox", name=say(language, "keys.limit"), exact=True).fill("5")
    press(page, language, "keys.bounds")
    page.get_by_label(say(language, "keys.requests")).fill("60")
    page.get_by_label(say(language, "keys.models")).first.fill("acme/*,")
    press(page, language, "keys.create")
    key = shown_once(page, language, "Laptop")
    row = page.locator("tr").filter(has_text="Laptop")  # by its tag: on a phone the rows are blocks
    expect(row).to_contain_text("$5")
    expect(row).to_contain_text(say(language, "keys.states.active"))
    assert called(stage, key) == 200

    choose(page, language, "Laptop", "keys.edit")
    page.get_by_role("textbox", name=say(language, "keys.limit"), exact=True).fill("7.5")
    expect(page.get_by_label(say(language, "keys.requests"))).to_have_value("60")
    press(page, language, "common.save")
    expect(row).to_contain_text("$7.50")

    choose(page, language, "Laptop", "keys.rotate")
    press(page, language, "keys.rotate")
    newer = shown_once(page, language, "Laptop")
    assert newer != key
    assert [called(stage, each) for each in (key, newer)] == [200, 200]

    choose(page, language, "Laptop", "keys.disable")
    expect(row).to_contain_text(say(language, "keys.states.disabled"))
    assert called(stage, newer) == 401
    choose(page, language, "Laptop", "keys.enable")
    expect(row).to_contain_text(say(language, "keys.states.active"))
    assert called(stage, newer) == 200

    choose(page, language, "Laptop", "common.delete")
    gone = page.get_by_role("dialog").get_by_role("button", name=say(language, "common.delete"), exact=True)
    expect(gone).to_be_disabled()
    page.get_by_label(re.compile("^" + re.escape(say(language, "keys.typeName")))).fill("Laptop")
    gone.click()
    expect(page.get_by_text(say(language, "keys.empty"))).to_be_visible()
    assert [called(stage, each) for each in (key, newer)] == [401, 401]
