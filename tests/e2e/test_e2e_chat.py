"""Chat: several models on one prompt, through the public API, with what each took; stop, retry, edit, rooms, files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from e2e_stage import Open, Person, Stage
    from playwright.sync_api import Locator, Page


MARKDOWN = """# Title

```python
print(1)
```

$$\\frac{1}{2}$$

| a | b |
| - | - |
| 1 | 2 |

<img src=x onerror=alert(1)>"""
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
"""A picture of one pixel."""


def write(page: Page, language: str, text: str) -> None:
    field = page.get_by_role("textbox", name=say(language, "chat.write"))
    field.fill(text)
    field.press("Enter")


def answer_of(page: Page, language: str, model: str) -> Locator:
    return page.get_by_role("group", name=say(language, "chat.answerOf", name=model)).last


def test_two_models_answer_one_prompt_side_by_side(open_page: Open, ada: Person, language: str) -> None:
    page = open_page("/chat?model=acme/writer", language=language, person=ada)
    expect(page.get_by_text("Writer", exact=True)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=say(language, "chat.findModel")).fill("acme thinker")
    page.keyboard.press("Enter")
    write(page, language, "Hello, both of you")
    for model in ("acme/writer", "acme/thinker"):
        answer = answer_of(page, language, model)
        # Who answered, how soon, how many tokens, for how much.
        expect(answer).to_contain_text(re.compile(rf"DeepInfra · {say(language, 'chat.ttft')} [\d.,]+ m?s · "))
        expect(answer).to_contain_text(re.compile(r"\$0\.000\d+"))
    expect(answer_of(page, language, "acme/thinker")).to_contain_text(say(language, "chat.reasoning"))
    # The room is in the list, under its first prompt, and still there after a reload.
    page.reload()
    expect(page.get_by_role("button", name="Hello, both of you", exact=True)).to_be_visible()
    expect(answer_of(page, language, "acme/writer")).to_contain_text("DeepInfra")


def test_stop_retry_edit_and_branches(open_page: Open, ada: Person) -> None:
    page = open_page("/chat?model=acme/writer", language="en", person=ada)
    write(page, "en", "fake: tokens=500 interval_ms=20")
    answer = answer_of(page, "en", "acme/writer")
    expect(answer.locator("p")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(answer).to_contain_text(say("en", "chat.stopped"))
    answer.get_by_role("button", name=say("en", "chat.again")).click()
    expect(answer).to_contain_text("2/2")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=say("en", "chat.edit")).click()
    page.get_by_role("textbox", name=say("en", "chat.edit")).fill("fake: text=edited")
    page.keyboard.press("Enter")
    expect(answer_of(page, "en", "acme/writer")).to_contain_text("edited")
    expect(page.get_by_text("2 / 2")).to_be_visible()
    page.get_by_role("button", name=say("en", "chat.earlierBranch")).click()
    expect(page.get_by_role("log").get_by_text("tokens=500")).to_be_visible()


def test_markdown_code_and_formulas(open_page: Open, ada: Person) -> None:
    page = open_page("/chat?model=acme/echo:free", language="en", person=ada)
    page.get_by_role("textbox", name=say("en", "chat.write")).fill(MARKDOWN)
    page.keyboard.press("Enter")
    answer = answer_of(page, "en", "acme/echo:free")
    expect(answer.get_by_role("heading", name="Title")).to_be_visible()
    expect(answer.locator("pre code.hljs")).to_contain_text("print(1)")
    expect(answer.locator(".katex-display")).to_be_visible()
    expect(answer.get_by_role("table")).to_be_visible()
    expect(answer.locator("img")).to_have_count(0)


def test_pictures_are_attached_and_sent(open_page: Open, ada: Person, tmp_path: Path) -> None:
    picture = tmp_path / "dot.png"
    picture.write_bytes(DOT)
    page = open_page("/chat?model=qwen/sample-pro", language="en", person=ada)
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name=say("en", "chat.attach")).click()
    chosen.value.set_files(picture)
    expect(page.get_by_text("dot.png")).to_be_visible()
    with page.expect_request("**/api/v1/chat/completions") as sent:
        write(page, "en", "What is this?")
    body = json.loads(sent.value.post_data or "")
    kinds = [part["type"] for part in body["messages"][-1]["content"]]
    assert kinds == ["text", "image_url"]
    expect(answer_of(page, "en", "qwen/sample-pro")).to_contain_text("tok")


def test_a_room_is_exported_deleted_and_imported(open_page: Open, ada: Person, tmp_path: Path) -> None:
    page = open_page("/chat?model=acme/echo:free", language="en", person=ada)
    write(page, "en", "Keep this")
    expect(answer_of(page, "en", "acme/echo:free")).to_contain_text("Keep this")
    page.get_by_role("button", name=say("en", "chat.allRooms")).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=say("en", "chat.exportAll")).click()
    file = tmp_path / "rooms.json"
    download.value.save_as(file)
    page.get_by_role("button", name=say("en", "chat.roomMenu", title="Keep this")).click()
    page.get_by_role("menuitem", name=say("en", "common.delete")).click()
    page.get_by_role("dialog").get_by_role("button", name=say("en", "common.delete")).click()
    expect(page.get_by_text(say("en", "chat.noRooms"))).to_be_visible()
    page.get_by_role("button", name=say("en", "chat.allRooms")).click()
    with page.expect_file_chooser() as chosen:
        page.get_by_role("menuitem", name=say("en", "chat.import")).click()
    chosen.value.set_files(file)
    page.get_by_role("button", name="Keep this", exact=True).click()
    expect(answer_of(page, "en", "acme/echo:free")).to_contain_text("Keep this")


def test_who_is_not_signed_in_is_told(open_page: Open, language: str) -> None:
    page = open_page("/chat?model=acme/echo:free", language=language)
    write(page, language, "Anybody?")
    expect(page.get_by_role("alert")).to_contain_text(say(language, "chat.signInFirst"))


def test_the_limit_of_free_requests_is_explained(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"free-{language.lower()}@example.test", usd="0")
    key = stage.key(person)
    most = stage.harness.settings.free_requests_per_minute
    while stage.ask(key).status_code == 200:
        most -= 1
        assert most >= 0
    page = open_page("/chat?model=acme/echo:free", language=language, person=person)
    write(page, language, "One more")
    told = page.get_by_role("alert")
    expect(told).to_contain_text(say(language, "faults.problems.free_tier_exhausted"))
    expect(told.get_by_role("link", name=say(language, "chat.addCredits"))).to_have_attribute(
        "href", "/settings/credits"
    )
    # Nothing was lost: the prompt is there, and can be asked again.
    expect(page.get_by_role("log").get_by_text("One more")).to_be_visible()
    expect(told.get_by_role("button", name=say(language, "common.retry"))).to_be_visible()


def test_a_text_file_is_part_of_the_prompt(open_page: Open, ada: Person, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# Plan\n\nBuy milk.", encoding="utf-8")
    page = open_page("/chat?model=acme/echo:free", language="en", person=ada)
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name=say("en", "chat.attach")).click()
    chosen.value.set_files(notes)
    expect(page.get_by_text("notes.md")).to_be_visible()
    with page.expect_request("**/api/v1/chat/completions") as sent:
        write(page, "en", "What is the plan?")
    parts = json.loads(sent.value.post_data or "")["messages"][-1]["content"]
    assert [part["type"] for part in parts] == ["text", "text"]
    assert "notes.md" in parts[1]["text"]
    assert "Buy milk." in parts[1]["text"]


def test_rooms_are_found_by_what_was_said_in_them(open_page: Open, ada: Person, language: str) -> None:
    page = open_page("/chat?model=acme/echo:free", language=language, person=ada)
    write(page, language, "About walruses")
    expect(answer_of(page, language, "acme/echo:free")).to_contain_text("About walruses")
    page.get_by_role("button", name=say(language, "chat.new"), exact=True).click()
    write(page, language, "About herons")
    expect(answer_of(page, language, "acme/echo:free")).to_contain_text("About herons")
    page.get_by_label(say(language, "chat.findRoom")).first.fill("walrus")
    expect(page.get_by_role("button", name="About walruses", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="About herons", exact=True)).to_be_hidden()


def test_without_a_connection_and_after_the_session_has_ended(open_page: Open, stage: Stage, language: str) -> None:
    person = stage.person(f"away-{language.lower()}@example.test")
    page = open_page("/chat?model=acme/echo:free", language=language, person=person)
    write(page, language, "Before")
    expect(answer_of(page, language, "acme/echo:free")).to_contain_text("Before")
    page.context.set_offline(True)
    expect(page.get_by_text(say(language, "states.offlineBar"))).to_be_visible()
    write(page, language, "Into the void")
    told = page.get_by_role("alert")
    expect(told).to_contain_text(say(language, "states.offline"))
    page.context.set_offline(False)
    expect(page.get_by_text(say(language, "states.offlineBar"))).to_be_hidden()
    told.get_by_role("button", name=say(language, "common.retry")).click()
    expect(answer_of(page, language, "acme/echo:free")).to_contain_text("Into the void")
    stage.harness.call(stage.harness.services.sessions.end_all(person.user_id))
    write(page, language, "Anybody?")
    expect(page.get_by_role("alert")).to_contain_text(say(language, "chat.signInFirst"))
    expect(page.get_by_role("alert").get_by_role("link", name=say(language, "shell.signIn"))).to_be_visible()
