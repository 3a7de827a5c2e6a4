"""From the start page to a first answer, a key and the settings with the keyboard alone, and always in sight."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e_focus import is_in_dialog, unseen, walk
from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Stage
    from playwright.sync_api import Locator


def test_a_first_answer_a_key_and_a_setting(open_page: Open, stage: Stage, language: str) -> None:
    def button(key: str, **values: object) -> Locator:
        return page.get_by_role("button", name=say(language, key, **values), exact=True)

    def link(key: str) -> Locator:
        return page.get_by_role("link", name=say(language, key), exact=True)

    person = stage.person(f"keyboard-{language.lower()}@example.test")
    page = open_page("/", language=language, person=person)
    press = page.keyboard.press

    # Past the navigation to the content, and by a search to a model.
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    press("Tab")
    expect(link("common.skip")).to_be_focused()
    expect(link("common.skip")).to_be_in_viewport()
    press("Enter")
    walk(page, page.get_by_role("main").get_by_role("textbox"), most=1)
    page.keyboard.type("writer")
    press("Enter")
    expect(page).to_have_url(re.compile(r"/models\?q=writer"))
    walk(page, page.get_by_role("main").get_by_role("link", name="Writer"))
    press("Enter")
    expect(page).to_have_url(re.compile("/acme/writer$"))
    walk(page, page.get_by_role("main").get_by_role("link", name=say(language, "shell.chat"), exact=True))
    press("Enter")

    # A second model, an answer of both, and a stop; the field has the focus whenever one can write.
    field = page.get_by_role("textbox", name=say(language, "chat.write"))
    expect(field).to_be_focused()
    press("Control+k")
    expect(page.get_by_role("combobox", name=say(language, "chat.findModel"))).to_be_focused()
    page.keyboard.type("acme thinker")
    press("Enter")
    expect(field).to_be_focused()
    page.keyboard.type("fake: tokens=500 interval_ms=20")
    press("Enter")
    answers = [
        page.get_by_role("group", name=say(language, "chat.answerOf", name=model)).last
        for model in ("acme/writer", "acme/thinker")
    ]
    expect(answers[0].locator("p")).not_to_be_empty()
    press("Control+k")
    expect(page.get_by_role("combobox", name=say(language, "chat.findModel"))).to_be_focused()
    press("Escape")  # closes the list of models, and leaves the answers alone
    expect(field).to_be_focused()
    expect(answers[0]).not_to_contain_text(say(language, "chat.stopped"))
    press("Escape")
    for answer in answers:
        expect(answer).to_contain_text(say(language, "chat.stopped"))

    # A key: the dialog keeps the focus in, gives it back, and asks for a name first.
    press("Control+Shift+k")
    expect(page.get_by_role("combobox", name=say(language, "shell.find"))).to_be_focused()
    page.keyboard.type(say(language, "shell.keys"))
    press("Enter")
    expect(page).to_have_url(re.compile("/settings/keys$"))
    walk(page, button("keys.create"))
    press("Enter")
    name = page.get_by_role("dialog").get_by_label(re.compile("^" + say(language, "common.name")))
    expect(name).to_be_focused()
    for key in ["Tab"] * 12 + ["Shift+Tab"] * 14:
        press(key)
        assert is_in_dialog(page)
        assert unseen(page) is None
    press("Escape")
    expect(button("keys.create")).to_be_focused()
    press("Enter")
    expect(name).to_be_focused()
    page.keyboard.type("Laptop")
    press("Enter")
    expect(button("keys.copy").last).to_be_focused()
    walk(page, button("keys.stored"), key="Shift+Tab")
    press("Enter")
    expect(button("keys.create")).to_be_focused()

    # What a menu opened goes back to the menu's button.
    walk(page, button("keys.menuOf", name="Laptop"))
    press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_visible()
    walk(page, page.get_by_role("menuitem", name=say(language, "common.delete")), key="ArrowDown", most=6)
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(button("keys.menuOf", name="Laptop")).to_be_focused()

    # The settings, by their list at the left.
    walk(
        page,
        page.get_by_role("navigation").get_by_role("link", name=say(language, "settings.profile")),
        key="Shift+Tab",
    )
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(say(language, "settings.profile"))
    walk(page, page.get_by_label(re.compile("^" + say(language, "common.name"))))
    page.keyboard.type("Ada")
    press("Enter")
    expect(page.get_by_role("status").filter(has_text=say(language, "common.saved"))).to_be_visible()
