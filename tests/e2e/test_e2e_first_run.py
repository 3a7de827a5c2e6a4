"""From the link that `make run` prints to a first answer, a first key and a first provider's models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e_catalogue import KEYLESS
from e2e_words import say
from playwright.sync_api import expect

from people.people_house import PASSWORD

if TYPE_CHECKING:
    from e2e_stage import Open, Stage


def test_the_first_administrator_is_led_to_a_first_call(open_page: Open, stage: Stage, language: str) -> None:
    slug, name = list(KEYLESS.items())[language == "zh-CN"]  # each run has a provider of its own to switch on
    page = open_page(stage.setup_link(), language=language)
    page.locator('input[name="email"]').fill(f"first-{language.lower()}@example.test")
    for field in ("password", "again"):
        page.locator(f'input[name="{field}"]').fill(PASSWORD)
    page.locator('form button[type="submit"], form button').first.click()

    # Signed in already, and the free model of this server is there to talk to.
    expect(page).to_have_url(re.compile("/welcome$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(say(language, "welcome.title"))
    done = page.get_by_role("img", name=say(language, "welcome.done"))
    talk = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=say(language, "welcome.talk")))
    expect(talk.locator(done)).to_have_count(0)
    page.get_by_role("link", name=say(language, "welcome.talk")).click()
    field = page.get_by_role("textbox", name=say(language, "chat.write"))
    field.fill("Is anybody there?")
    field.press("Enter")
    answer = page.get_by_role("group", name=say(language, "chat.answerOf", name="acme/echo:free"))
    expect(answer).to_contain_text("Is anybody there?")

    # A key, filled into the code that is there to be pasted.
    page.goto("/welcome")
    expect(talk.locator(done)).to_be_visible()
    page.get_by_role("button", name=say(language, "code.fillIn")).click()
    key = page.get_by_role("status").locator("code").inner_text()
    expect(page.locator("pre").first).to_contain_text(f"Bearer {key}")
    assert stage.ask(key).status_code == 200
    assert stage.ask(key, f"acme/later-{slug}").status_code in {400, 404}

    # A first provider's key: its models can be called at once.
    page.get_by_role("link", name=say(language, "admin.addKey")).click()
    expect(page).to_have_url(re.compile("/admin/providers"))
    row = page.get_by_role("row", name=re.compile(name))
    row.get_by_role("button", name=say(language, "admin.addKey")).click()
    page.get_by_role("dialog").locator("input").first.fill("sk-upstream-first")
    page.get_by_role("button", name=say(language, "admin.tryAndSave")).click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_be_visible()
    page.goto(f"/models?q=later-{slug}")
    expect(page.get_by_role("link", name=re.compile("Later"))).to_be_visible()
    page.goto("/welcome")
    expect(done).to_have_count(3)
