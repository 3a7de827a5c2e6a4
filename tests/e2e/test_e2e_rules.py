"""What bounds requests: the account's privacy, guardrails, own provider keys; the operator's rules and settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Person, Stage
    from playwright.sync_api import Locator, Page


def press(page: Page | Locator, language: str, key: str) -> None:
    page.get_by_role("button", name=say(language, key), exact=True).last.click()


def field(page: Page | Locator, language: str, key: str, **values: object) -> Locator:
    found = page.get_by_label(re.compile("^" + re.escape(say(language, key, **values))))
    return found.and_(page.locator("input, textarea")).last  # a field's list of choices has its name as well


def asked(stage: Stage, key: str, model: str, text: str) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{stage.url}/api/v1/chat/completions", json=body, headers=headers, timeout=30)


def key_of(stage: Stage, person: Person) -> str:
    made = stage.harness.call(stage.harness.services.keys.create(person.account_id, person.user_id, "Guarded"))
    return made[0]


def menu(row: Locator) -> Locator:
    return row.get_by_role("button").last


async def another_own_key(stage: Stage, person: Person, provider: str) -> None:
    services = stage.harness.services
    workspace = await services.workspaces.default(person.account_id)
    values = {"name": "Other", "key": "sk-another-own-key-333444"}
    await services.own_keys.create(person.account_id, person.user_id, workspace.id, provider, values)


def test_a_guardrail_binds_a_key(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"guarded-{language.lower()}@example.test")
    key = key_of(stage, person)
    page = open_page("/settings/guardrails", language=language, person=person)
    press(page, language, "guardrails.create")
    field(page.get_by_role("dialog"), language, "common.name").fill("Interns")
    press(page.get_by_role("dialog"), language, "guardrails.create")
    expect(page.get_by_role("heading", name="Interns", level=1)).to_be_visible()
    page.get_by_role("combobox", name=say(language, "guardrails.detectors.email")).click()
    page.get_by_role("option", name=say(language, "guardrails.actions.block"), exact=True).click()
    # Tried before it is saved; what can't be held to says so.
    field(page, language, "guardrails.tryText").fill("Write to someone@example.com")
    press(page, language, "guardrails.tryNow")
    result = page.get_by_role("status", name=say(language, "guardrails.tryResult"))
    expect(result).to_contain_text(say(language, "guardrails.verdicts.block"))
    expect(result.locator("mark")).to_have_text("someone@example.com")
    page.get_by_role("combobox", name=say(language, "guardrails.zdrNames.openai")).click()
    page.get_by_role("option", name=say(language, "guardrails.zdrChoices.on"), exact=True).click()
    expect(page.get_by_text(say(language, "guardrails.noEffect"), exact=True)).to_be_visible()
    page.get_by_role("textbox", name=say(language, "keys.limit"), exact=True).fill("20")
    press(page, language, "common.save")
    expect(page.get_by_role("status").filter(has_text=say(language, "common.saved"))).to_be_visible()
    (kept,), _ = stage.harness.call(stage.harness.services.guardrails.page(person.account_id, None, 0, 9))
    assert (kept.limit_nanos, kept.reset_interval) == (20 * 10**9, "monthly")
    assert kept.rules["enforce_zdr_openai"] is True
    page.get_by_role("combobox", name=say(language, "shell.keys")).click()
    page.get_by_role("option", name=re.compile("Guarded")).click()
    page.keyboard.press("Escape")
    press(page, language, "guardrails.assign")
    expect(page.get_by_role("button", name=say(language, "guardrails.assign"), exact=True)).to_be_disabled()
    assert asked(stage, key, "acme/echo:free", "Good morning").status_code == 200
    assert asked(stage, key, "acme/echo:free", "Write to someone@example.com").status_code in {400, 403}

    # The workspace's own one is assigned to nobody, and has no name to change.
    page.get_by_role("link", name=say(language, "guardrails.all")).click()
    page.get_by_role("link", name=say(language, "guardrails.defaultOpen")).click()
    expect(page.get_by_text(say(language, "guardrails.defaultNote"))).to_be_visible()
    page.get_by_label(say(language, "guardrails.byok")).check()
    press(page, language, "common.save")
    expect(page.get_by_role("status").filter(has_text=say(language, "common.saved"))).to_be_visible()


def test_privacy_is_kept_for_every_request(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"private-{language.lower()}@example.test")
    key = key_of(stage, person)
    page = open_page("/settings/privacy", language=language, person=person)
    page.get_by_role("switch", name=say(language, "privacy.zdr")).click(force=True)
    field(page, language, "workspaces.defaultModel").fill("acme/echo:free")
    press(page, language, "common.save")
    expect(page.get_by_role("status").filter(has_text=say(language, "common.saved"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("switch", name=say(language, "privacy.zdr"))).to_be_checked()
    kept = stage.harness.call(stage.harness.services.routing.own_defaults(person.account_id))
    assert kept.provider is not None
    assert (kept.default_model, kept.provider.zdr) == ("acme/echo:free", True)
    assert asked(stage, key, "acme/writer", "Hello").status_code == 404  # nobody is known to keep nothing

    # The list of models narrows to the same where that is asked for, and the address remembers it.
    page.goto("/models?q=acme")
    writer = page.get_by_role("link", name="Writer", exact=True)
    expect(writer).to_be_visible()
    mine = page.get_by_role("switch", name=say(language, "models.onlyMine"))
    mine.click(force=True)
    expect(page).to_have_url(re.compile("mine=true"))
    expect(writer).to_be_hidden()
    page.reload()
    expect(mine).to_be_checked()
    expect(page.get_by_text(say(language, "models.none"))).to_be_visible()
    # The account can have it so for all its keys and members.
    page.goto("/settings/privacy")
    page.get_by_role("switch", name=say(language, "privacy.onlyUsable")).click(force=True)
    page.goto("/models?q=acme")
    expect(mine).to_be_checked()
    expect(mine).to_be_disabled()
    listed = httpx.get(f"{stage.url}/api/v1/models", headers={"Authorization": f"Bearer {key}"}).json()["data"]
    assert "acme/writer" not in {each["id"] for each in listed}


def test_own_keys_are_added_ordered_changed_and_tried(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"byok-{language.lower()}@example.test")
    page = open_page("/settings/byok", language=language, person=person)
    expect(page.get_by_text(say(language, "byok.none"))).to_be_visible()
    press(page, language, "byok.create")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name=re.compile("^" + say(language, "common.provider"))).click()
    page.get_by_role("option", name="together", exact=True).click()
    dialog.locator("input[type=password]").fill("sk-my-own-key-000111222")
    press(dialog, language, "byok.create")
    row = page.locator("tr").filter(has_text="together")
    expect(row).to_contain_text(say(language, "byok.first"))
    assert "sk-my-own-key-000111222" not in page.content()
    press(row, language, "admin.testNow")
    expect(row.get_by_role("status")).to_contain_text(say(language, "byok.verdicts.works"))
    menu(row).click()
    page.get_by_role("menuitem", name=say(language, "byok.edit")).click()
    dialog.get_by_role("textbox", name=say(language, "common.name"), exact=True).fill("Mine")
    field(dialog, language, "keys.models").fill("qwen/*")
    field(dialog, language, "keys.models").press("Enter")
    press(dialog, language, "common.save")
    expect(row).to_contain_text("qwen/*")

    stage.harness.call(another_own_key(stage, person, "together"))
    page.reload()
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("Mine")
    rows.last.get_by_role("button", name=say(language, "byok.up", name="Other"), exact=True).press("Enter")
    expect(rows.first).to_contain_text("Other")
    # The keyboard stays with the key that was moved, which can only go back now.
    expect(page.get_by_role("button", name=say(language, "byok.down", name="Other"), exact=True)).to_be_focused()

    row = row.filter(has_text="Mine")
    menu(row).click()
    page.get_by_role("menuitem", name=say(language, "keys.disable")).click()
    expect(row).to_contain_text(say(language, "common.off"))
    menu(row).click()
    page.get_by_role("menuitem", name=say(language, "common.delete")).click()
    press(page.get_by_role("dialog"), language, "common.delete")
    expect(row).to_be_hidden()
    menu(rows.first).click()
    page.get_by_role("menuitem", name=say(language, "common.delete")).click()
    press(page.get_by_role("dialog"), language, "common.delete")
    expect(page.get_by_text(say(language, "byok.none"))).to_be_visible()


def test_a_destination_is_added_and_tried(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"traces-{language.lower()}@example.test")
    page = open_page("/settings/observability", language=language, person=person)
    expect(page.get_by_text(say(language, "observability.none"))).to_be_visible()
    press(page, language, "observability.create")
    dialog = page.get_by_role("dialog")
    field(dialog, language, "common.name").fill("Ours")
    field(dialog, language, "observability.fields.url").fill("http://127.0.0.1:9/nobody")
    dialog.get_by_role("combobox", name=say(language, "observability.fields.method")).click()
    page.get_by_role("option", name="PUT").click()
    contents = say(language, "observability.contents")
    expect(dialog.get_by_role("switch", name=contents)).not_to_be_checked()
    press(dialog, language, "observability.create")
    once = page.get_by_role("dialog", name=say(language, "notifications.secretTitle"))
    expect(once.locator("pre")).to_contain_text("whsec_")
    secret = once.locator("pre").inner_text().strip()
    page.keyboard.press("Escape")
    row = page.locator("tr").filter(has_text="Ours")
    press(row, language, "admin.testNow")
    expect(row.get_by_role("status")).to_contain_text(say(language, "observability.failed"))

    # The first one has switched sending on; what is switched off here is off for the workspace.
    services = stage.harness.services
    sending = page.get_by_role("switch", name=say(language, "observability.sending"))
    expect(sending).to_be_checked()
    sending.click(force=True)
    expect(page.get_by_text(say(language, "observability.sendingOff"))).to_be_visible()
    assert not stage.harness.call(services.workspaces.default(person.account_id)).is_observability_broadcast_enabled
    sending.click(force=True)
    expect(page.get_by_text(say(language, "observability.sendingOff"))).to_be_hidden()

    # Another address and a header; the secret stays, and only what is dear is sent from now on.
    row.get_by_role("link", name="Ours").click()
    expect(page.get_by_role("heading", name="Ours", level=1)).to_be_visible()
    field(page, language, "observability.fields.url").fill("http://127.0.0.1:9/elsewhere")
    field(page, language, "observability.headers").fill("X-Team: canary-of-ours")
    page.get_by_role("switch", name=contents).click(force=True)
    press(page, language, "observability.addRules")
    page.get_by_role("combobox", name=say(language, "observability.field")).click()
    page.get_by_role("option", name=say(language, "observability.ruleFields.total_cost")).click()
    page.get_by_role("textbox", name=say(language, "observability.value")).fill("0.5")
    press(page, language, "common.save")
    expect(page.get_by_role("status").filter(has_text=say(language, "common.saved"))).to_be_visible()
    assert "canary-of-ours" not in page.content()
    workspace = stage.harness.call(services.workspaces.default(person.account_id))
    (kept,), _ = stage.harness.call(services.destinations.page(person.account_id, workspace.id, 0, 9))
    config = services.destinations.config(kept)
    assert not kept.privacy_mode  # prompts go along now
    assert config["method"] == "PUT"
    assert config["url"] == "http://127.0.0.1:9/elsewhere"
    assert config["signingSecret"] == secret
    assert config["headers"] == {"X-Team": "canary-of-ours"}
    assert kept.filter_rules is not None
    assert kept.filter_rules["groups"][0]["rules"] == [{"field": "total_cost", "operator": "gte", "value": "0.5"}]

    page.get_by_role("link", name=say(language, "observability.all")).click()
    expect(row).to_contain_text(say(language, "observability.withContents"))
    menu(row).click()
    page.get_by_role("menuitem", name=say(language, "common.delete")).click()
    press(page.get_by_role("dialog"), language, "common.delete")
    expect(page.get_by_text(say(language, "observability.none"))).to_be_visible()


def test_operators_rule_routing_and_settings(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    page = open_page("/admin/routing", language=language, person=root)
    pattern = f"nobody-{language.lower()}/*"
    field(page, language, "admin.routing.pattern").fill(pattern)
    names = field(page, language, "admin.providers")
    names.fill("together")
    names.press("Enter")
    page.keyboard.press("Escape")  # the list of names lies over the button
    press(page, language, "admin.routing.add")
    row = page.locator("tr").filter(has_text=pattern)
    expect(row).to_contain_text(say(language, "admin.routing.actions.pin"))
    press(row, language, "organization.remove")
    expect(row).to_be_hidden()

    page.goto("/admin/settings")
    limit = field(page, language, "system.names.free_requests_per_minute")
    before = limit.input_value()
    limit.fill("37")
    region = page.get_by_role("region", name=say(language, "system.groups.limits"))
    press(region, language, "common.save")
    expect(region.get_by_text(say(language, "system.changed"), exact=True)).to_be_visible()
    assert stage.harness.services.settings.free_requests_per_minute == 37
    press(region, language, "system.reset")
    expect(region.get_by_text(say(language, "system.changed"), exact=True)).to_be_hidden()
    expect(limit).to_have_value(before)
