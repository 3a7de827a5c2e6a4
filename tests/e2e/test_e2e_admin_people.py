"""What operators do about people: find somebody, suspend them, give credits, and read it all in the audit log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Person, Stage
    from playwright.sync_api import Page


def confirm(page: Page, language: str, key: str) -> None:
    """Presses a button on the page, and the one of the same name in the dialog that asks."""
    page.get_by_role("button", name=say(language, key), exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=say(language, key), exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_somebody_is_found_suspended_and_let_in_again(
    open_page: Open, stage: Stage, root: Person, language: str
) -> None:
    person = stage.person(f"found-{language.lower()}@example.test")
    page = open_page("/admin/users", language=language, person=root, width=1280 if language == "en" else 390)
    page.get_by_label(say(language, "admin.users.find")).fill(person.email)
    expect(page).to_have_url(re.compile("q=found"))
    page.get_by_role("link", name=person.email).click()
    expect(page.get_by_role("heading", name=person.email, level=1)).to_be_visible()
    confirm(page, language, "admin.users.suspend")
    expect(page.get_by_text(say(language, "admin.users.suspended"), exact=True).first).to_be_visible()
    theirs = open_page("/settings/keys", language=language, person=person)
    expect(theirs.get_by_role("alert")).to_contain_text(say(language, "faults.problems.account_suspended"))
    confirm(page, language, "admin.users.restore")
    expect(page.get_by_text(say(language, "admin.users.active"), exact=True).first).to_be_visible()

    page.get_by_role("link", name=say(language, "admin.users.trailOf")).click()
    expect(page).to_have_url(re.compile(f"subject={person.user_id}"))
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("article").last.locator("ins")).to_have_text("true")
    expect(page.get_by_role("article").first.locator("ins")).to_have_text("false")


def test_an_account_is_given_credits(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    person = stage.person(f"granted-{language.lower()}@example.test", usd="0")
    page = open_page("/admin/accounts", language=language, person=root)
    page.get_by_label(say(language, "admin.accounts.find")).fill(person.account_id)
    page.get_by_role("row", name=re.compile(person.account_id)).get_by_role("link").click()
    page.get_by_label(re.compile("^" + say(language, "admin.accounts.amount"))).fill("12.5")
    page.get_by_label(re.compile("^" + say(language, "admin.accounts.reason"))).fill("Goodwill")
    page.get_by_role("button", name=say(language, "admin.accounts.give"), exact=True).click()
    expect(page.get_by_role("status").filter(has_text=say(language, "admin.accounts.given"))).to_be_visible()
    expect(page.get_by_text("$12.50").first).to_be_visible()
    theirs = open_page("/settings/credits", language=language, person=person)
    expect(theirs.get_by_text("$12.50").first).to_be_visible()

    group = f"gold-{language.lower()}"
    part = page.get_by_role("region", name=say(language, "prices.group"))
    part.locator("input:not([type=hidden])").fill(group)
    part.get_by_role("button", name=say(language, "common.save")).click()
    expect(part.get_by_role("status")).to_be_visible()
    _a_rule_for(page, stage, group, language)


def _a_rule_for(page: Page, stage: Stage, group: str, language: str) -> None:
    """A mark-up for a group: said in money while it is typed, in force when it is saved, ended again."""
    page.get_by_role("link", name=say(language, "prices.title")).click()
    page.get_by_role("button", name=say(language, "prices.add")).first.click()
    form = page.get_by_role("dialog")
    form.get_by_label(re.compile("^" + say(language, "prices.group"))).fill(group)
    form.get_by_label(say(language, "prices.markup")).fill("10")
    told = say(language, "prices.exampleOf", listed="$1.00", price="$1.10", group=group)
    expect(form.get_by_role("status")).to_have_text(told)
    form.get_by_role("button", name=say(language, "common.save")).click()
    row = page.get_by_role("table", name=say(language, "prices.title")).get_by_role("row").filter(has_text=group)
    expect(row).to_contain_text("$1.10")
    snapshot = stage.harness.services.catalog.snapshot
    (endpoint, *_) = snapshot.models["qwen/sample-pro"].endpoints
    assert snapshot.rules.terms(endpoint, group).factor == "11/10"
    row.get_by_role("button", name=say(language, "prices.end"), exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=say(language, "prices.end"), exact=True).click()
    expect(row).to_have_count(0)


def test_who_runs_no_server_is_told(open_page: Open, ada: Person, language: str) -> None:
    page = open_page("/admin/users", language=language, person=ada)
    expect(page.get_by_role("heading", name=say(language, "admin.operatorsOnly"))).to_be_visible()


def test_an_operator_looks_in_and_comes_back(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    person = stage.person(f"visited-{language.lower()}@example.test")
    operator = stage.person(f"visitor-{language.lower()}@example.test", operator=True)
    page = open_page(f"/admin/users/{person.user_id}", language=language, person=operator)
    confirm(page, language, "admin.users.visit")
    bar = page.get_by_role("status").filter(has_text=say(language, "shell.visiting", name=person.email))
    expect(bar).to_be_visible()
    page.goto("/settings/profile")
    expect(page.get_by_text(person.email).first).to_be_visible()
    bar.get_by_role("button", name=say(language, "shell.endVisit")).click()
    expect(page).to_have_url(re.compile("/admin/users$"))
    expect(bar).to_be_hidden()
    expect(page.get_by_role("link", name=person.email)).to_be_visible()
    assert root.user_id != operator.user_id
