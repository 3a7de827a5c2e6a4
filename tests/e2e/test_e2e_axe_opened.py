"""What opens over a page has no accessibility fault either: menus, dialogs, drawers, lists, in both themes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from e2e_axe import SCHEMES, findings, in_scheme, told
from e2e_settled import settled, watch_calls
from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e_stage import Person, Stage
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

pytestmark = pytest.mark.proof

PHONE = 360
Reader = tuple[bool, str]
"""Whether an operator, and of which language."""
_OPEN = '[role="dialog"], [role="menu"], [role="listbox"]'

_INSIDE = """() => document.activeElement.closest('[role="dialog"], [role="menu"]') !== null"""


class Opening(NamedTuple):
    """How something is opened: on which page, and by pressing what, one after the other."""

    name: str
    address: str
    presses: tuple[str, ...]
    """Keys of texts: of a button, or of a menu's item after `menu:`, a choice's field after `list:`."""
    width: int = 1280
    operator: bool = False


OPENINGS = (
    Opening("account-menu", "/", ("shell.accountOf",)),
    Opening("language-menu", "/", ("shell.language",)),
    Opening("theme-menu", "/", ("shell.theme",)),
    Opening("palette", "/", ("shell.find",)),
    Opening("navigation", "/", ("shell.menu",), width=PHONE),
    Opening("models-filters", "/models", ("models.filters",), width=PHONE),
    Opening("models-sort", "/models", ("list:models.sort",)),
    Opening("chat-model", "/chat?model=acme/writer", ("chat.addModel",)),
    Opening("chat-settings", "/chat?model=acme/writer", ("chat.settingsOf",)),
    Opening("chat-all-rooms", "/chat?model=acme/writer", ("chat.allRooms",)),
    Opening("chat-rooms", "/chat?model=acme/writer", ("chat.rooms",), width=PHONE),
    Opening("key-create", "/settings/keys", ("keys.create",)),
    Opening("key-create-phone", "/settings/keys", ("keys.create",), width=PHONE),
    Opening("key-menu", "/settings/keys", ("keys.menuOf",)),
    Opening("key-rotate", "/settings/keys", ("keys.menuOf", "menu:keys.rotate")),
    Opening("key-delete", "/settings/keys", ("keys.menuOf", "menu:common.delete")),
    Opening("guardrail-create", "/settings/guardrails", ("guardrails.create",)),
    Opening("guardrail-choice", "/settings/guardrails/{guardrail}", ("list:guardrails.detectors.email",)),
    Opening("guardrail-delete", "/settings/guardrails/{guardrail}", ("common.delete",)),
    Opening("destination-create", "/settings/observability", ("observability.create",)),
    Opening("destination-menu", "/settings/observability", ("keys.menuOf",)),
    Opening("destination-delete", "/settings/observability", ("keys.menuOf", "menu:common.delete")),
    Opening("own-key-create", "/settings/byok", ("byok.create",)),
    Opening("own-key-menu", "/settings/byok", ("keys.menuOf",)),
    Opening("own-key-edit", "/settings/byok", ("keys.menuOf", "menu:byok.edit")),
    Opening("own-key-delete", "/settings/byok", ("keys.menuOf", "menu:common.delete")),
    Opening("preset-create", "/settings/presets", ("presets.create",)),
    Opening("preset-delete", "/settings/presets/{preset}", ("common.delete",)),
    Opening("workspace-create", "/settings/workspaces", ("workspaces.create",)),
    Opening("account-delete", "/settings/profile", ("settings.deleteAccount",)),
    Opening("provider-key", "/admin/providers", ("admin.addKey",), operator=True),
    Opening("user-visit", "/admin/users/{user}", ("admin.users.visit",), operator=True),
    Opening("user-erase", "/admin/users/{user}", ("admin.users.erase",), operator=True),
    Opening("account-suspend", "/admin/accounts/{account}", ("admin.users.suspend",), operator=True),
    Opening("vouchers-make", "/admin/vouchers", ("money.vouchers.make",), operator=True),
    Opening("vouchers-of-batch", "/admin/vouchers", ("money.open",), operator=True),
    Opening("vouchers-revoke", "/admin/vouchers", ("money.vouchers.revoke",), operator=True),
    Opening("price-rule", "/admin/prices", ("prices.add",), operator=True),
    Opening("price-rule-end", "/admin/prices", ("prices.end",), operator=True),
)


@pytest.fixture(scope="module")
def owners(stage: Stage, browser: Browser, ada: Person, root: Person) -> Iterator[dict[Reader, BrowserContext]]:
    """A browser for each who opens things, an operator and somebody who is none, in each language."""
    contexts = {
        (operator, language): stage.context(browser, language=language, person=root if operator else ada)
        for operator in (False, True)
        for language in ("en", "zh-CN")
    }
    for context in contexts.values():
        watch_calls(context)
    kept = {
        "/api/admin/vouchers": {"amount": "5", "count": 2, "note": "Spring"},
        "/api/admin/pricing/rules": {"provider": "nobody", "markup": "0.2"},
    }
    for address, body in kept.items():
        answer = contexts[True, "en"].request.post(address, data=body, headers={"X-Modelport-App": "web"})
        assert answer.ok, answer.text()
    yield contexts
    for context in contexts.values():
        context.close()


def press(page: Page, language: str, key: str) -> Locator:
    """Presses what is called so, with the keyboard where it is no list; gives what was pressed."""
    kind, _, text = key.rpartition(":")
    words = re.escape(say(language, text)).replace(r"\{\{", "{{").replace(r"\}\}", "}}")
    name = re.compile("^" + re.sub("{{.*?}}", ".*", words) + "$")
    role: Any = {"": "button", "menu": "menuitem", "list": "combobox"}[kind]
    found = page.get_by_role(role, name=name).first
    if kind == "list":
        found.click()
    else:
        found.focus()
        page.keyboard.press("Enter")
    return found


@pytest.mark.parametrize("opening", OPENINGS, ids=lambda opening: opening.name)
def test_what_opens_has_no_finding(
    owners: dict[Reader, BrowserContext], furniture: dict[str, str], opening: Opening, language: str
) -> None:
    page = owners[opening.operator, language].new_page()
    page.set_viewport_size({"width": opening.width, "height": 860})
    page.goto(opening.address.format(**furniture))
    settled(page)
    opener = None
    for key in opening.presses:
        pressed = press(page, language, key)
        opener = opener or pressed
        # A dialog that a menu's item opens comes when the menu is gone.
        over = page.locator('[role="dialog"]' if key.startswith("menu:") else _OPEN)
        expect(over.filter(visible=True).last).to_be_visible()
    found = {}
    for scheme in SCHEMES:
        in_scheme(page, scheme)
        found[scheme] = findings(page)
    assert not any(found.values()), told(found)
    # The focus went in, and goes back to what opened it.
    assert opener is not None
    if not opening.presses[-1].startswith("list:"):
        assert page.evaluate(_INSIDE)
    page.keyboard.press("Escape")
    expect(page.locator(_OPEN).filter(visible=True)).to_have_count(0)
    expect(opener).to_be_focused()
    page.close()


def test_a_new_key_and_a_kept_conversation_have_no_finding(owners: dict[Reader, BrowserContext], language: str) -> None:
    """What can only be seen after something was done."""
    found = {}

    def look(name: str) -> None:
        for scheme in SCHEMES:
            in_scheme(page, scheme)
            if faults := findings(page):
                found[f"{name}, {scheme}"] = faults

    page = owners[False, language].new_page()
    page.goto("/settings/keys")
    press(page, language, "keys.create")
    page.get_by_role("dialog").get_by_label(re.compile("^" + say(language, "common.name"))).fill("Looked at")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=say(language, "keys.stored"), exact=True)).to_be_visible()
    look("key shown once")

    page.goto("/chat?models=acme/writer,acme/thinker")
    page.get_by_role("textbox", name=say(language, "chat.write")).fill("fake: tokens=30")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=say(language, "chat.again"), exact=True)).to_have_count(2)
    look("answers")
    page.get_by_role("textbox", name=say(language, "chat.write")).fill("fake: fail=status status=400")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=say(language, "common.retry"), exact=True).first).to_be_visible()
    look("refused answers")
    for item in ("chat.rename", "common.delete"):
        press(page, language, "chat.roomMenu")
        look("menu of a room")
        press(page, language, f"menu:{item}")
        expect(page.get_by_role("dialog")).to_be_visible()
        look(item)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.close()
    assert not found, told(found)
