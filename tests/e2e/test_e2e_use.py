"""What is used, seen: activity, rankings, a model's charts; models side by side; the documentation."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from e2e_words import say
from playwright.sync_api import expect

from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from pathlib import Path

    from e2e_stage import Open, Person, Stage


def fold(stage: Stage) -> None:
    """Adds up at once what a running server adds up every second."""
    stage.harness.call(Upkeep(stage.harness.settings, stage.harness.services.database).fold())


def test_activity_changes_with_each_call(open_page: Open, stage: Stage, tmp_path: Path, language: str) -> None:
    person = stage.person(f"active-{language.lower()}@example.test")
    page = open_page("/activity", language=language, person=person)
    expect(page.get_by_text(say(language, "activity.none"))).to_be_visible()
    key = stage.key(person, "Laptop")
    assert stage.ask(key, "qwen/sample-max", "fake: tokens=40").status_code == 200
    assert stage.ask(key, "acme/down").status_code == 502
    page.reload()
    log = page.get_by_role("region", name=say(language, "activity.log"))
    row = log.get_by_role("row").filter(has_text="qwen/sample-max")
    expect(row).to_contain_text("Laptop")
    expect(row).to_contain_text("→ 40")
    expect(row).to_contain_text("$0.00")
    expect(log.get_by_role("row").filter(has_text="acme/down")).to_contain_text(say(language, "activity.states.error"))
    # The sums follow within seconds.
    sums = page.get_by_role("region", name=say(language, "activity.use"))
    found = sums.get_by_role("row").filter(has_text="qwen/sample-max")
    fold(stage)
    page.reload()
    expect(found.first).to_be_visible()
    # Only the failed one, in the address as well; then everything as a file.
    page.get_by_role("combobox", name=say(language, "common.state")).click()
    page.get_by_role("option", name=say(language, "activity.states.error")).click()
    expect(page).to_have_url(re.compile("status=error"))
    expect(row).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("link", name=say(language, "activity.csv")).click()
    file = tmp_path / "log.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    assert [(each["model"], each["status"]) for each in rows] == [("acme/down", "error")]
    # A row leads to what it cost and why its provider was asked.
    log.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile("/activity/gen-"))
    expect(page.get_by_role("heading", name=say(language, "generation.attempts"))).to_be_visible()


def test_rankings_by_day_and_week(open_page: Open, generation: str, language: str) -> None:
    assert generation  # there was use
    page = open_page("/rankings", language=language)
    models = page.get_by_role("region", name=say(language, "rankings.models"))
    expect(models.get_by_role("row").filter(has_text="qwen/sample-max")).to_have_count(1)
    expect(page.get_by_role("region", name=say(language, "rankings.apps"))).to_contain_text("Notes")
    chart = page.get_by_role("figure", name=say(language, "rankings.chart"))
    chart.get_by_text(say(language, "chart.asTable")).click()
    expect(chart.get_by_role("table").get_by_role("row")).to_have_count(8)
    page.get_by_text(say(language, "rankings.spans.month"), exact=True).click()
    expect(page).to_have_url(re.compile("span=month"))
    expect(chart.get_by_role("table").get_by_role("row")).to_have_count(31)


def test_an_apps_page_is_reached_from_the_rankings(open_page: Open, generation: str, language: str) -> None:
    assert generation  # there was use
    page = open_page("/rankings", language=language)
    page.get_by_role("region", name=say(language, "rankings.apps")).get_by_role("link", name="Notes").click()
    expect(page).to_have_url(re.compile(r"/apps/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Notes")
    expect(page.get_by_text(say(language, "apps.categories.cli-agent"))).to_be_visible()
    link = page.get_by_role("link", name=re.compile("notes.example"))
    expect(link).to_have_attribute("rel", "nofollow noopener noreferrer")
    expect(page.get_by_role("figure", name=say(language, "rankings.chart")).locator("svg rect").first).to_be_attached()
    models = page.get_by_role("table", name=say(language, "apps.models"))
    expect(models.get_by_role("link", name="deepseek/sample-pro")).to_be_visible()
    page.get_by_text(say(language, "rankings.spans.day"), exact=True).click()
    expect(page).to_have_url(re.compile("span=day"))

    # The list of all: by kind, and what is not there says so; an address leads to the app's own page.
    page.get_by_role("link", name=say(language, "apps.back")).click()
    page.get_by_role("combobox", name=say(language, "apps.category")).click()
    page.get_by_role("option", name=re.compile(say(language, "apps.categories.cli-agent"))).click()
    expect(page).to_have_url(re.compile("category=cli-agent"))
    expect(
        page.get_by_role("table", name=say(language, "apps.title")).get_by_role("link", name="Notes")
    ).to_be_visible()
    page.goto("/apps?group=entertainment")
    expect(page.get_by_text(say(language, "apps.noneSuch"))).to_be_visible()
    page.goto("/apps?url=https://notes.example")
    expect(page).to_have_url(re.compile(r"/apps/\d+$"))
    page.goto("/apps/999999")
    expect(page.get_by_text(say(language, "apps.unknown"))).to_be_visible()


def test_a_models_charts_and_a_fresh_key_in_its_code(
    open_page: Open, stage: Stage, ada: Person, generation: str, language: str
) -> None:
    page = open_page("/qwen/sample-max?tab=activity", language=language, person=ada)
    assert generation  # there was use
    chart = page.get_by_role("figure", name=say(language, "model.tokensChart"))
    expect(chart.locator("svg rect").first).to_be_attached()
    expect(page.get_by_role("figure", name=say(language, "model.uptimeChart"))).to_be_visible()
    expect(page.get_by_role("region", name=say(language, "model.apps7"))).to_contain_text("Notes")
    # The arrow keys walk through its days.
    chart.get_by_role("img").focus()
    page.keyboard.press("ArrowRight")
    expect(chart.get_by_role("status")).to_be_visible()
    page.get_by_role("tab", name=say(language, "model.providers")).click()
    providers = page.get_by_role("table").first
    expect(providers.get_by_role("row", name=re.compile("DeepInfra"))).to_contain_text("fp8")
    page.get_by_role("tab", name=say(language, "model.api")).click()
    page.get_by_role("button", name=say(language, "code.fillIn")).click()
    key = page.get_by_role("status").locator("code").inner_text()
    page.get_by_role("button", name="Claude Code").click()
    expect(page.get_by_text(f'ANTHROPIC_AUTH_TOKEN="{key}"')).to_be_visible()
    assert stage.ask(key).status_code == 200


def test_models_side_by_side_and_one_prompt_on_each(open_page: Open, ada: Person, language: str) -> None:
    page = open_page("/qwen/sample-max", language=language, person=ada)
    page.get_by_role("main").get_by_role("link", name=say(language, "shell.compare")).click()
    expect(page).to_have_url(re.compile("/compare"))
    page.get_by_role("combobox", name=say(language, "compare.add")).fill("acme/echo:free")
    page.get_by_role("option", name="acme/echo:free").click()
    table = page.get_by_role("region", name=say(language, "shell.compare"))
    expect(table.get_by_role("columnheader")).to_have_count(2)
    expect(table.get_by_role("row").filter(has_text=say(language, "models.promptPrice"))).to_contain_text("$0")
    page.get_by_role("textbox", name=say(language, "compare.prompt")).fill("The same for both")
    page.get_by_role("button", name=say(language, "compare.run_other", count=2)).click()
    echo = page.get_by_role("region", name=say(language, "chat.answerOf", name="acme/echo:free"))
    expect(echo).to_contain_text("The same for both")
    other = page.get_by_role("region", name=say(language, "chat.answerOf", name="qwen/sample-max"))
    expect(other).to_contain_text(re.compile(r"40 .* · \$0\.00"))
    page.get_by_role("link", name=say(language, "compare.inChat")).click()
    expect(page.get_by_role("list", name=say(language, "chat.models")).get_by_role("listitem")).to_have_count(2)


def test_filters_by_provider_policy_and_series(open_page: Open, language: str) -> None:
    page = open_page("/models?providers=fireworks", language=language, width=1400)
    count = page.get_by_role("status").filter(has_text=re.compile(r"\d"))
    expect(count).to_have_text(say(language, "models.count_other", count=8))
    page.get_by_role("combobox", name=say(language, "models.sort")).click()
    page.get_by_role("option", name=say(language, "models.sorts.weekly")).click()
    expect(page).to_have_url(re.compile("sort=weekly"))
    page.goto("/models?policy=zdr")
    expect(page.get_by_text(say(language, "models.none"))).to_be_visible()


def test_the_reference_is_this_servers_own(open_page: Open, stage: Stage, language: str) -> None:
    page = open_page("/docs", language=language)
    expect(page.locator("pre").first).to_contain_text(f"{stage.url}/api/v1/chat/completions")
    page.get_by_role("tab", name=say(language, "docs.parts.reference")).click()
    models = {"en": "Models", "zh-CN": "模型"}[language]
    expect(page.get_by_role("region", name=models, exact=True)).to_be_visible()
    page.get_by_label(say(language, "docs.find")).fill("post chat/completions")
    expect(page.get_by_role("region", name=models, exact=True)).to_be_hidden()
    page.locator("summary").filter(has_text="/api/v1/chat/completions").first.click()
    expect(page.get_by_text("messages", exact=True).first).to_be_visible()
    page.get_by_role("tab", name=say(language, "docs.parts.clients")).click()
    page.get_by_role("button", name="Cherry Studio").click()
    expect(page.get_by_text(f"{stage.url}/api/v1", exact=True).filter(visible=True).first).to_be_visible()
