"""Pages of an account: workspaces with budgets, presets and their versions, notifications, the data one has here."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Stage
    from playwright.sync_api import Locator, Page


def press(page: Page | Locator, language: str, key: str) -> None:
    page.get_by_role("button", name=say(language, key), exact=True).last.click()


def field(page: Page | Locator, language: str, key: str, **values: object) -> Locator:
    return page.get_by_label(re.compile("^" + re.escape(say(language, key, **values)))).last


def test_a_workspace_is_made_bounded_and_deleted(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"workspace-{language.lower()}@example.test")
    page = open_page("/settings/workspaces", language=language, person=person, width=1280 if language == "en" else 390)
    press(page, language, "workspaces.create")
    dialog = page.get_by_role("dialog")
    field(dialog, language, "common.name").fill("Research Lab")
    expect(field(dialog, language, "workspaces.slug")).to_have_value("research-lab")
    press(dialog, language, "workspaces.create")
    expect(page).to_have_url(re.compile("/settings/workspaces/research-lab$"))

    field(page, language, "keys.limit").fill("20")
    press(page, language, "workspaces.setBudget")
    # By its tag: on a phone the rows are blocks.
    row = page.locator("tr").filter(has_text=say(language, "workspaces.intervals.monthly"))
    expect(row).to_contain_text("$20")
    expect(row).to_contain_text("0%")
    press(row, language, "organization.remove")
    expect(page.get_by_text(say(language, "workspaces.noBudgets"))).to_be_visible()

    field(page, language, "workspaces.description").fill("Trying things")
    press(page, language, "common.save")
    expect(page.get_by_text("Trying things").first).to_be_visible()

    press(page, language, "workspaces.remove")
    dialog = page.get_by_role("dialog")
    field(dialog, language, "common.typeName", name="Research Lab").fill("Research Lab")
    press(dialog, language, "common.delete")
    expect(page).to_have_url(re.compile("/settings/workspaces$"))
    expect(page.get_by_role("link", name="Research Lab")).to_be_hidden()


def test_a_preset_gets_versions_and_goes_back(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"preset-{language.lower()}@example.test")
    page = open_page("/settings/presets", language=language, person=person)
    expect(page.get_by_text(say(language, "presets.none"))).to_be_visible()
    press(page, language, "presets.create")
    dialog = page.get_by_role("dialog")
    field(dialog, language, "presets.slug").fill("tone")
    field(dialog, language, "common.model").fill("acme/writer")
    field(dialog, language, "chat.system").fill("Be brief.")
    field(dialog, language, "presets.rest").fill("[1]")
    expect(dialog.get_by_text(say(language, "presets.restWrong"))).to_be_visible()
    field(dialog, language, "presets.rest").fill('{"seed": 7}')
    press(dialog, language, "presets.create")
    expect(page).to_have_url(re.compile("/settings/presets/tone$"))
    expect(page.get_by_text("@preset/tone").first).to_be_visible()

    expect(field(page, language, "chat.system")).to_have_value("Be brief.")
    field(page, language, "chat.system").fill("Be thorough.")
    press(page, language, "presets.saveVersion")
    versions = page.get_by_role("table", name=say(language, "presets.versions"))
    expect(versions.get_by_role("row", name=re.compile("#2"))).to_contain_text(say(language, "presets.inUse"))
    press(versions, language, "presets.useThis")
    expect(versions.get_by_role("row", name=re.compile("#1"))).to_contain_text(say(language, "presets.inUse"))
    expect(field(page, language, "chat.system")).to_have_value("Be brief.")
    found = stage.harness.call(stage.harness.services.presets.config(person.account_id, "tone"))
    assert (found.system_prompt, found.fields) == ("Be brief.", {"model": "acme/writer", "seed": 7})

    press(page, language, "presets.switchOff")
    expect(page.get_by_role("button", name=say(language, "presets.switchOn"))).to_be_visible()
    press(page, language, "common.delete")
    dialog = page.get_by_role("dialog")
    field(dialog, language, "common.typeName", name="tone").fill("tone")
    press(dialog, language, "common.delete")
    expect(page.get_by_text(say(language, "presets.none"))).to_be_visible()


def test_notices_are_chosen_and_tried(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"notices-{language.lower()}@example.test")
    page = open_page("/settings/notifications", language=language, person=person)
    low = page.get_by_role("switch", name=say(language, "notifications.kinds.low_balance"))
    expect(low).to_be_checked()
    low.click(force=True)  # Mantine hides the input itself under what is drawn
    expect(low).not_to_be_checked()
    page.reload()
    expect(low).not_to_be_checked()
    expect(page.get_by_role("switch", name=say(language, "notifications.kinds.key_leaked"))).to_be_hidden()

    field(page, language, "notifications.address").fill("http://127.0.0.1:9/nobody")
    press(page, language, "common.save")
    expect(page.get_by_text(say(language, "notifications.secretTitle"))).to_be_visible()
    press(page, language, "notifications.test")
    expect(page.get_by_text(say(language, "notifications.tested"))).to_be_visible()
    stage.mailbox.wait(person.email)
    told = page.get_by_role("table", name=say(language, "notifications.recent"))
    expect(told.get_by_text(say(language, "notifications.kinds.test")).first).to_be_visible()
    press(page, language, "organization.remove")
    expect(page.get_by_role("button", name=say(language, "organization.remove"))).to_be_hidden()

    page.goto("/settings/credits")
    page.get_by_role("radio", name=say(language, "credits.low.choices.own")).check()
    field(page, language, "credits.low.amount").fill("12.5")
    press(page, language, "common.save")
    expect(page.get_by_role("status").filter(has_text=say(language, "common.saved"))).to_be_visible()
    assert stage.harness.call(stage.harness.services.notices.low_balance(person.account_id)) == 12_500_000_000
    page.reload()
    expect(field(page, language, "credits.low.amount")).to_have_value("$12.5")


def test_ones_data_is_taken_and_the_account_deleted(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"leaving-{language.lower()}@example.test")
    page = open_page("/settings/profile", language=language, person=person)
    with page.expect_download() as download:
        press(page, language, "settings.exportNow")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert person.email in archive.read("person.json").decode()
    press(page, language, "settings.deleteAccount")
    dialog = page.get_by_role("dialog")
    delete = dialog.get_by_role("button", name=say(language, "settings.deleteNow"), exact=True)
    expect(delete).to_be_disabled()
    field(dialog, language, "common.typeName", name=person.email).fill(person.email)
    delete.click()
    expect(page).to_have_url(f"{stage.url}/")
    expect(page.get_by_role("link", name=say(language, "shell.signIn"), exact=True)).to_be_visible()


def test_a_management_key_manages_and_calls_no_model(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"manager-{language.lower()}@example.test")
    page = open_page("/settings/keys", language=language, person=person)
    press(page, language, "keys.create")
    field(page, language, "common.name").fill("Terraform")
    page.get_by_label(re.compile("^" + say(language, "keys.isManagement"))).check()
    press(page, language, "keys.create")
    key = page.get_by_role("dialog").locator("pre code").first.inner_text()
    headers = {"Authorization": f"Bearer {key}"}
    http = stage.harness.http
    assert http.get("/api/v1/keys", headers=headers).status_code == 200
    body = {"model": "acme/echo:free", "messages": [{"role": "user", "content": "x"}]}
    assert http.post("/api/v1/chat/completions", json=body, headers=headers).status_code in {401, 403}
