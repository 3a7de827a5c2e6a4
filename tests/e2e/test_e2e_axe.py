"""No page has a serious accessibility fault in either theme, and none is cut at any width in either language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from e2e_axe import serious
from e2e_clipped import clipped, speak
from e2e_pages import PAGES, Place
from e2e_settled import settled, watch_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e_stage import Person, Stage
    from playwright.sync_api import Browser, BrowserContext


@pytest.fixture(scope="module")
def readers(stage: Stage, browser: Browser, ada: Person, root: Person) -> Iterator[dict[str, BrowserContext]]:
    """A browser for each who reads pages: kept, so that the app is loaded once and not with every page."""
    who = {"nobody": None, "person": ada, "operator": root}
    contexts = {name: stage.context(browser, person=person) for name, person in who.items()}
    for context in contexts.values():
        watch_calls(context)
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.mark.parametrize("place", PAGES, ids=lambda place: place.name)
def test_no_serious_finding_and_nothing_cut(
    readers: dict[str, BrowserContext], furniture: dict[str, str], place: Place
) -> None:
    reader = "nobody" if not place.signed_in else "operator" if place.operator else "person"
    page = readers[reader].new_page()
    page.goto(place.address.format(**furniture))
    settled(page)
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # the theme follows the system's
        page.wait_for_function(f"() => document.documentElement.dataset.mantineColorScheme === '{scheme}'")
        found[scheme] = serious(page, colours_only=scheme == "dark")
    assert found == {"light": [], "dark": []}

    cut = {"en": clipped(page)}
    speak(page, "zh-CN")
    cut["zh-CN"] = clipped(page)
    page.close()
    assert cut == {"en": {}, "zh-CN": {}}
