"""Looking around without an account: start page, models, a model's page; languages, themes and the keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e_settled import settled, watch_calls
from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Person, Stage


def test_from_the_start_page_to_a_models_code(open_page: Open, stage: Stage, language: str) -> None:
    page = open_page("/", language=language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_text(say(language, "home.title"))
    page.get_by_role("textbox", name=say(language, "home.searchNone")).fill("deepseek max")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/models\?q=deepseek"))
    page.get_by_role("link", name="Sample Max").click()
    expect(page).to_have_url(re.compile("/deepseek/sample-max$"))
    providers = page.get_by_role("table").first
    expect(providers.get_by_text("DeepInfra")).to_be_visible()
    expect(providers.get_by_role("row")).to_have_count(4)
    page.get_by_role("tab", name=say(language, "model.api")).click()
    code = page.locator("pre").first
    expect(code).to_contain_text(f"{stage.url}/api/v1/chat/completions")
    expect(code).to_contain_text("deepseek/sample-max")
    page.get_by_role("button", name="Claude Code").click()
    expect(page.get_by_text(f'ANTHROPIC_BASE_URL="{stage.url}/api"')).to_be_visible()


def test_every_filter_lives_in_the_address(open_page: Open, language: str) -> None:
    page = open_page("/models", language=language, width=1400)
    count = page.get_by_role("status").filter(has_text=re.compile(r"\d"))
    everything = count.inner_text()
    page.get_by_role("switch", name=say(language, "models.onlyFree")).click()
    expect(count).not_to_have_text(everything)  # the list follows what is clicked when there is time for it
    expect(page).to_have_url(re.compile("free=true"))
    page.get_by_text(say(language, "models.modalities.text"), exact=True).first.click()
    expect(page).to_have_url(re.compile("input=.*text"))
    shown = count.inner_text()
    page.reload()
    expect(count).to_have_text(shown)
    expect(page.get_by_role("switch", name=say(language, "models.onlyFree"))).to_be_checked()
    page.get_by_role("button", name=say(language, "models.clear")).click()
    expect(page).to_have_url(re.compile("/models$"))


def test_on_a_phone_every_figure_of_a_model_says_what_it_is(open_page: Open, language: str) -> None:
    page = open_page("/models?q=sample-max", language=language, width=360)
    row = page.get_by_role("listitem").first
    for what in ("weeklyShort", "context", "promptPrice", "completionPrice"):
        shown = row.get_by_text(say(language, f"models.{what}"), exact=True)
        expect(shown).to_be_visible()
        box = shown.bounding_box()
        assert box is not None
        assert box["width"] > 10, what  # a pixel's width is for screen readers only
        assert 0 <= box["x"] < box["x"] + box["width"] <= 360, what


def test_a_group_sees_its_own_prices(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"reseller-{language.lower()}@example.test")
    services, group = stage.harness.services, f"resellers-{language}"
    stage.harness.call(services.credits.set_group(person.account_id, group))
    rule = stage.harness.call(services.prices.add_rule(model="qwen/sample-max", account_group=group, discount="0.5"))
    listed = stage.harness.http.get("/api/v1/model/qwen/sample-max").json()["data"]["pricing"]
    usual, own = (f"${float(listed['prompt']) * 1e6 * part:.2f}" for part in (1, 0.5))
    page = open_page("/qwen/sample-max", language=language, person=person)
    expect(page.get_by_text(say(language, "model.ownPrice"), exact=True)).to_be_visible()
    cheapest = page.get_by_role("table", name=say(language, "model.providers")).get_by_role("row").nth(1)
    expect(cheapest).to_contain_text(own)
    expect(cheapest.locator("s").first).to_have_text(usual)
    page.goto("/models?q=qwen/sample-max")
    expect(page.get_by_role("status").filter(has_text=say(language, "models.ownPrices"))).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="qwen/sample-max").first).to_contain_text(own)
    page.goto("/compare?models=qwen/sample-max,acme/writer")
    expect(page.get_by_text(say(language, "models.ownPricesStruck"))).to_be_visible()
    expect(page.get_by_role("table").locator("s").first).to_have_text(usual)
    page.goto("/chat")
    page.get_by_role("button", name=say(language, "chat.addModel")).click()
    expect(page.get_by_role("dialog").get_by_text(say(language, "models.ownPrices"))).to_be_visible()
    # Whoever is not signed in sees what everybody pays.
    public = open_page("/qwen/sample-max", language=language)
    expect(public.get_by_role("table").first).to_contain_text(usual)
    expect(public.get_by_text(say(language, "model.ownPrice"), exact=True)).to_be_hidden()
    stage.harness.call(services.prices.retire_rule(rule.id))


def test_language_and_theme_are_switched_everywhere_and_remembered(open_page: Open) -> None:
    page = open_page("/models", language="en")
    page.get_by_role("button", name=say("en", "shell.language")).click()
    page.get_by_role("menuitem", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("模型")
    expect(page).to_have_title("模型 · Modelport")
    page.get_by_role("button", name=say("zh-CN", "shell.theme")).click()
    page.get_by_role("menuitem", name=say("zh-CN", "shell.dark")).click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


_COLOURS = """() => [...document.body.querySelectorAll("*")].map((each) => {
  const style = getComputedStyle(each);
  return [each.tagName, style.color, style.backgroundColor, style.borderTopColor, style.fill].join(" ");
})"""


def test_a_page_follows_the_systems_theme_while_it_is_open(open_page: Open) -> None:
    page = open_page("/docs", language="en", scheme="light")
    watch_calls(page.context)
    page.goto("/models?view=cards")
    settled(page)  # what comes later would be another list of colours
    page.add_style_tag(content="*, *::before { transition: none !important }")
    light = page.evaluate(_COLOURS)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    switched = page.evaluate(_COLOURS)
    page.reload()
    settled(page)
    assert switched == page.evaluate(_COLOURS)
    assert switched != light


def test_the_palette_finds_a_model_by_the_keyboard_alone(open_page: Open) -> None:
    page = open_page("/", language="en")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=say("en", "shell.find")).fill("qwen pro")
    expect(page.get_by_role("option").first).to_contain_text("qwen/sample-pro")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/qwen/sample-pro$"))


def test_what_is_not_there_says_so(open_page: Open, language: str) -> None:
    page = open_page("/nobody/nothing", language=language)
    expect(page.get_by_text(say(language, "model.unknown"))).to_be_visible()
    page.goto("/settings/nothing/at/all")
    expect(page.get_by_role("heading", name=say(language, "states.pageTitle"))).to_be_visible()


def test_a_guest_tries_a_free_model_until_the_limit(open_page: Open, stage: Stage, root: Person, language: str) -> None:
    system = stage.harness.services.system
    allowed = {"guests_may_try": True, "guest_requests_per_day": 0, "guest_requests_per_minute": 1}
    stage.harness.call(system.change(allowed, root.user_id))
    try:
        page = open_page("/", language=language)
        expect(page.get_by_text(say(language, "home.freeGuests"))).to_be_visible()
        page.get_by_role("link", name=say(language, "home.tryOf", name="Acme: Echo (free)")).click()
        expect(page.get_by_text(say(language, "chat.guest"), exact=False)).to_be_visible()
        field = page.get_by_role("textbox", name=say(language, "chat.write"))
        field.fill("Good morning")
        field.press("Enter")
        answer = page.get_by_role("group", name=say(language, "chat.answerOf", name="acme/echo:free"))
        expect(answer.last).to_contain_text("DeepInfra")
        field.fill("And again")
        field.press("Enter")
        expect(page.get_by_text(say(language, "faults.problems.guests_exhausted"))).to_be_visible()
    finally:
        stage.harness.call(system.change(dict.fromkeys(allowed), root.user_id))
