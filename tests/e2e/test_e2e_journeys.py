"""From a voucher to a charge explained, and an operator's new provider: what people come here to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Person


def test_why_this_provider_and_what_it_cost(open_page: Open, ada: Person, language: str) -> None:
    page = open_page("/chat?model=qwen/sample-max", language=language, person=ada)
    field = page.get_by_role("textbox", name=say(language, "chat.write"))
    field.fill("Hello")
    field.press("Enter")
    page.get_by_role("link", name=say(language, "chat.details")).click()
    expect(page).to_have_url(re.compile("/activity/gen-"))
    expect(page.get_by_role("heading", name=say(language, "generation.cost"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(say(language, "model.prices.completion")))).to_contain_text("$0.00")
    expect(page.get_by_role("row", name=re.compile(say(language, "generation.total")))).to_contain_text("$0.000")
    expect(page.get_by_role("heading", name=say(language, "generation.choice"))).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="together")).to_contain_text("$18.00")


def test_an_operator_enters_a_providers_key(open_page: Open, root: Person, language: str) -> None:
    page = open_page("/", language=language, person=root)
    page.get_by_role("button", name=say(language, "shell.accountOf", name="")).click()
    page.get_by_role("menuitem", name=say(language, "admin.title")).click()
    page.get_by_role("link", name=say(language, "admin.providers"), exact=True).click()
    row = page.get_by_role("row", name=re.compile("Together"))
    row.get_by_role("button", name=say(language, "admin.addKey")).click()
    page.get_by_role("dialog").locator("input").first.fill("sk-upstream-any")
    page.get_by_label(say(language, "admin.unverified")).check()
    page.get_by_role("button", name=say(language, "admin.tryAndSave")).click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_be_visible()


def test_a_wrong_voucher_is_told(open_page: Open, ada: Person, language: str) -> None:
    page = open_page("/settings/credits", language=language, person=ada)
    page.get_by_label(re.compile("^" + say(language, "credits.voucher"))).fill("MP-0000-0000-0000-0000")
    page.get_by_role("button", name=say(language, "credits.redeem")).click()
    expect(page.get_by_role("alert")).to_have_text(say(language, "faults.problems.bad_voucher"))
