"""What a screen reader is told, and where the keyboard goes, beside what axe can see. All but chat by `make proof`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from e2e_axe import SCHEMES, in_scheme
from e2e_focus import unseen
from e2e_pages import PAGES
from e2e_settled import settled, watch_calls
from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Person, Stage
    from playwright.sync_api import Browser, Locator, Page

_UNNAMED = """() => {
  const found = [];
  for (const table of document.querySelectorAll("#content table")) {
    if (table.closest("[class*=markdown]")) continue;  // as whoever wrote the text made it
    const isNamed = table.getAttribute("aria-label") || table.getAttribute("aria-labelledby") || table.caption;
    if (!isNamed) found.push(`no name: ${table.outerHTML.slice(0, 160)}`);
    if (!table.querySelector("th")) found.push(`no heading: ${table.outerHTML.slice(0, 160)}`);
  }
  for (const drawing of document.querySelectorAll("#content figure svg[role=img]")) {
    const isThere = drawing.closest("figure").querySelector("table") !== null;
    if (!isThere) found.push(`no table: ${drawing.getAttribute("aria-label")}`);
  }
  return found;
}"""
_TRACKED = """() => {
  window.heard = [];
  const told = (it) => it.closest?.("[role=status]")?.textContent.trim();
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const text = told(target.nodeType === Node.TEXT_NODE ? target.parentElement : target);
      if (text && window.heard.at(-1) !== text) window.heard.push(text);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""

_KEPT = """(count) => new Promise((done, fail) => {
  const opening = indexedDB.open("modelport-chat");
  opening.onerror = fail;
  opening.onsuccess = () => {
    const asking = opening.result.transaction("answers").objectStore("answers").getAll();
    asking.onsuccess = () => {
      opening.result.close();
      done(asking.result.filter(({ state }) => state === "failed").length === count);
    };
  };
})"""
"""Whether so many failed answers are in the browser's store."""


def test_the_end_of_an_answer_is_told_and_not_its_words(open_page: Open, stage: Stage, language: str) -> None:
    def ask(text: str) -> None:
        field.fill(text)
        field.press("Enter")

    def heard() -> list[str]:
        value: list[str] = page.evaluate("() => window.heard.splice(0)")
        return value

    person = stage.person(f"listening-{language.lower()}@example.test")
    page = open_page("/chat?models=acme/writer,acme/thinker", language=language, person=person)
    field = page.get_by_role("textbox", name=say(language, "chat.write"))
    expect(field).to_be_focused()
    page.evaluate(_TRACKED)
    ask("fake: tokens=40 interval_ms=5")
    expect(page.get_by_role("button", name=say(language, "chat.again"), exact=True)).to_have_count(2)
    page.wait_for_function("() => window.heard.length > 0")
    told = " ".join(heard())
    ends = [say(language, "chat.answered", name=name) for name in ("acme/writer", "acme/thinker")]
    assert any(end in told for end in ends)
    for end in ends:
        told = told.replace(end, "")
    assert not told.strip()

    ask("fake: tokens=4000 interval_ms=20")
    expect(page.get_by_role("button", name=say(language, "chat.stop"), exact=True)).to_have_count(2)
    page.keyboard.press("Escape")
    page.wait_for_function("() => window.heard.length > 0")
    assert say(language, "chat.answerStopped", name="acme/writer") in " ".join(heard())

    # A fault is called out when it comes, and not again when the conversation is opened later.
    ask("fake: fail=status status=400")
    expect(page.get_by_role("alert")).to_have_count(2)
    page.wait_for_function(_KEPT, arg=2)  # nobody reloads within the moment that a busy disk takes
    page.reload()
    expect(page.get_by_role("note")).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(0)

    # Tab leads through everything and out again.
    skip = page.get_by_role("link", name=say(language, "common.skip"))
    expect(field).to_be_focused()
    for _ in range(80):
        page.keyboard.press("Tab")
        assert unseen(page) is None
        if skip.evaluate("it => it === document.activeElement"):
            break
    else:
        raise AssertionError("the keyboard is caught in the chat")


@pytest.mark.proof
def test_every_page_has_a_title_a_language_and_named_tables(
    stage: Stage, browser: Browser, ada: Person, root: Person, furniture: dict[str, str], language: str
) -> None:
    context = {
        who: stage.context(browser, language=language, person=person)
        for who, person in {"nobody": None, "person": ada, "operator": root}.items()
    }
    titles: dict[str, str] = {}
    unnamed: dict[str, list[str]] = {}
    for each in context.values():
        watch_calls(each)
    for place in PAGES:
        page = context["nobody" if not place.signed_in else "operator" if place.operator else "person"].new_page()
        page.goto(place.address.format(**furniture))
        settled(page)
        titles[place.name] = page.title()
        assert page.locator("html").get_attribute("lang") == language, place.name
        if found := page.evaluate(_UNNAMED):
            unnamed[place.name] = found
        page.close()
    for each in context.values():
        each.close()
    assert not unnamed
    assert titles.pop("home") == "Modelport"
    assert not [name for name, title in titles.items() if not re.fullmatch(r".+ · Modelport", title)]
    if language == "zh-CN":
        # But for names of models, people and things, they are in Chinese.
        named = "model|admin-model|admin-provider|admin-user|admin-account|app|guardrail|destination|preset|workspace"
        english = {name: title for name, title in titles.items() if not re.search("[\u4e00-\u9fff]", title)}
        assert not [name for name in english if not re.fullmatch(rf"({named})(-api|-activity|-unknown)?", name)], (
            english
        )


@pytest.mark.proof
@pytest.mark.parametrize("address", ["/", "/models", "/qwen/sample-max", "/chat?model=acme/writer", "/settings/keys"])
def test_one_sees_where_the_focus_is_in_either_theme(open_page: Open, ada: Person, address: str) -> None:
    page = open_page(address, person=ada)
    settled_heading(page)
    for scheme in SCHEMES:
        in_scheme(page, scheme)
        faint: dict[str, Any] = {}
        for _ in range(45):
            page.keyboard.press("Tab")
            assert unseen(page) is None
            if found := page.evaluate(_FAINT):
                faint[found["what"]] = found
        assert not faint


def settled_heading(page: Page) -> Locator:
    """The page's heading, once it is there."""
    heading = page.get_by_role("heading", level=1)
    expect(heading.first).to_be_attached()
    return heading


_FAINT = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const { outlineStyle, outlineColor, outlineWidth } = getComputedStyle(focused);
  if (outlineStyle === "none" || parseFloat(outlineWidth) === 0) return null;
  const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const canvas = pixel.getContext("2d", { willReadFrequently: true });
  const light = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const each of colours) {
      canvas.fillStyle = each;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((it) => {
      const part = it / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = [];
  for (let it = focused.parentElement; it; it = it.parentElement) behind.unshift(getComputedStyle(it).backgroundColor);
  const [one, other] = [light(...behind, outlineColor), light(...behind)].sort((a, b) => b - a);
  const contrast = (one + 0.05) / (other + 0.05);
  return contrast < 3 ? { what: focused.outerHTML.slice(0, 200), contrast, outlineColor } : null;
}"""
"""A rim that hardly stands out from what is around it: 3 to 1 is the least."""
