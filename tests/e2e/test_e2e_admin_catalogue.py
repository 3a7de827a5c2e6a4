"""The operators' catalogue: keys tried live, prices changed, a sync by choice, an import; health and mail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Person, Stage
    from playwright.sync_api import Locator, Page


def press(page: Page | Locator, language: str, key: str) -> None:
    page.get_by_role("button", name=say(language, key), exact=True).last.click()


def _taking(language: str) -> str:
    """How the boxes begin by which models are taken."""
    return say(language, "admin.catalog.take", name=say(language, "admin.catalog.things.model"))


def test_keys_are_added_tried_and_weighed(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    page = open_page("/admin/providers", language=language, person=root)
    page.get_by_role("link", name="Fireworks", exact=True).click()
    for name in ("", "second"):
        page.locator("input[type=password]").fill("sk-upstream-any")
        if stage.harness.services.catalog.snapshot.providers["fireworks"].keys:  # the first key needs no name
            page.get_by_label(re.compile("^" + re.escape(say(language, "admin.keyName")))).fill(name)
        page.get_by_label(re.compile("^" + say(language, "admin.unverified"))).check()
        press(page, language, "admin.tryAndSave")
        expect(page.get_by_role("table", name=say(language, "admin.keys"))).to_contain_text(name or "main")
    keys = page.get_by_role("table", name=say(language, "admin.keys"))
    row = keys.get_by_role("row", name=re.compile("second"))
    press(row, language, "admin.testNow")
    expect(row.get_by_role("status")).to_be_visible()
    weight = "3" if language == "en" else "5"
    row.get_by_role("textbox").fill(weight)
    press(page.get_by_role("region", name=say(language, "admin.keys")), language, "admin.catalog.preview")
    press(page, language, "admin.catalog.apply")
    expect(page.get_by_text(say(language, "admin.keysChanged"))).to_be_hidden()
    kept = stage.harness.services.catalog.snapshot.providers["fireworks"].keys
    assert {each.name: each.weight for each in kept}["second"] == int(weight)


def test_a_price_is_changed_to_the_last_digit(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    price = "0.812345" if language == "en" else "0.7"
    page = open_page("/admin/models", language=language, person=root)
    page.get_by_label(say(language, "models.search")).fill("moonshotai/sample-mini")
    page.locator("tr").filter(has_text="moonshotai/sample-mini").get_by_role("link").click()
    page.get_by_label(say(language, "models.promptPrice")).first.fill(price)
    editor = page.get_by_role("region", name=say(language, "admin.catalog.endpoints"))
    press(editor, language, "admin.catalog.preview")
    expect(editor.locator("ins")).to_have_text(re.compile("0.00000081234" if language == "en" else "0.0000007"))
    press(editor, language, "admin.catalog.apply")
    history = page.get_by_role("table", name=say(language, "admin.catalog.history"))
    expect(history.get_by_role("row").nth(1)).to_contain_text(f"${price[:5]}" if language == "en" else "$0.70")
    (endpoint,) = stage.harness.services.catalog.snapshot.models["moonshotai/sample-mini"].endpoints
    assert endpoint.pricing.base.prompt == int(float(price) * 10**9 + 0.5)


def test_some_of_a_sync_is_taken(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    page = open_page("/admin/catalog", language=language, person=root)
    page.get_by_label(say(language, "admin.catalog.from")).first.click()
    page.get_by_role("option", name="DeepInfra" if language == "en" else "Together", exact=True).click()
    page.get_by_label(re.compile("^" + say(language, "admin.catalog.free"))).check()
    press(page, language, "admin.catalog.preview")
    boxes = page.get_by_role("checkbox", name=re.compile(re.escape(_taking(language))))
    expect(boxes.first).to_be_checked()
    found = boxes.count()
    assert found > 1
    left = boxes.last.get_attribute("aria-label") or ""
    boxes.last.uncheck()
    press(page, language, "admin.catalog.apply")
    expect(page.get_by_role("status").filter(has_text=say(language, "admin.catalog.applied"))).to_be_visible()
    press(page, language, "admin.catalog.preview")
    expect(boxes).to_have_count(1)
    assert boxes.first.get_attribute("aria-label") == left
    assert stage.url


def test_a_file_is_looked_at_and_imported(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    tag = language.lower()
    page = open_page("/admin/catalog", language=language, person=root)
    page.get_by_role("tab", name=say(language, "admin.catalog.import"), exact=True).click()
    field = page.get_by_label(say(language, "admin.catalog.contents"))
    field.fill("models: [{id: no-slash}]")
    press(page, language, "admin.catalog.preview")
    expect(page.get_by_role("alert")).to_be_visible()
    field.fill(
        f"models:\n  - id: acme/imported-{tag}\n    name: Imported\n    context_length: 8192\n    endpoints:\n"
        "      - provider: deepinfra\n        upstream_model: text\n"
        '        pricing: {prompt: "0.000001", completion: "0.000002"}\n'
    )
    press(page, language, "admin.catalog.preview")
    thing = say(language, "admin.catalog.things.model")
    expect(page.get_by_text(f"{thing} acme/imported-{tag}")).to_be_visible()
    press(page, language, "admin.catalog.apply")
    expect(page.get_by_role("status").filter(has_text=say(language, "admin.catalog.applied"))).to_be_visible()
    assert f"acme/imported-{tag}" in stage.harness.services.catalog.snapshot.models


def test_health_and_mail(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    caller = stage.harness.caller()
    body = {"model": "acme/down", "messages": [{"role": "user", "content": "Hello"}]}
    for _ in range(5):
        stage.harness.http.post("/api/v1/chat/completions", json=body, headers=caller.headers)
    page = open_page("/admin/health", language=language, person=root)
    row = page.locator("tr").filter(has_text="acme/down")
    told = re.escape(say(language, "admin.health.faults_other", count="#")).replace("\\#", r"\d+")
    expect(row).to_contain_text(re.compile(told))  # it rests for seconds only: not everybody looks in time
    page.goto("/admin")
    expect(
        page.get_by_role("main").get_by_text(say(language, "admin.overview.margin"), exact=True).last
    ).to_be_visible()
    page.get_by_label(re.compile("^" + say(language, "admin.mail.to"))).fill(f"mail-{language.lower()}@example.test")
    press(page, language, "admin.mail.test")
    expect(page.get_by_role("status").filter(has_text=say(language, "admin.mail.taken"))).to_be_visible()
    stage.mailbox.wait(f"mail-{language.lower()}@example.test")
