"""No page has an accessibility fault in either theme, and none is cut at any width in either language.

Every run looks wholly at the light theme and at the dark one's colours; `make proof` wholly at every page in both
themes, both languages, on a phone and on a wide screen.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

import pytest
from e2e_axe import SCHEMES, findings, in_scheme, told
from e2e_clipped import clipped, speak
from e2e_pages import PAGES, Place
from e2e_settled import settled, watch_calls

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from e2e_stage import Person, Stage
    from playwright.sync_api import Browser, BrowserContext, Page


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


@contextlib.contextmanager
def opened(readers: dict[str, BrowserContext], furniture: dict[str, str], place: Place) -> Generator[Page]:
    """A page as the one who may see it sees it."""
    reader = "nobody" if not place.signed_in else "operator" if place.operator else "person"
    page = readers[reader].new_page()
    page.goto(place.address.format(**furniture))
    settled(page)
    yield page
    page.close()


@pytest.mark.parametrize("place", PAGES, ids=lambda place: place.name)
def test_no_finding_and_nothing_cut(
    readers: dict[str, BrowserContext], furniture: dict[str, str], place: Place
) -> None:
    with opened(readers, furniture, place) as page:
        found = {}
        for scheme in SCHEMES:
            in_scheme(page, scheme)
            found[scheme] = findings(page, colours_only=scheme == "dark")
        assert not any(found.values()), told(found)

        cut = {"en": clipped(page)}
        speak(page, "zh-CN")
        cut["zh-CN"] = clipped(page)
        assert cut == {"en": {}, "zh-CN": {}}


@pytest.mark.proof
@pytest.mark.parametrize("place", PAGES, ids=lambda place: place.name)
def test_no_finding_of_any_rule_anywhere(
    readers: dict[str, BrowserContext], furniture: dict[str, str], place: Place
) -> None:
    found = {}
    with opened(readers, furniture, place) as page:
        for language, width, scheme in itertools.product(("en", "zh-CN"), (360, 1920), SCHEMES):
            page.set_viewport_size({"width": width, "height": 860})
            speak(page, language)
            in_scheme(page, scheme)
            settled(page)
            if faults := findings(page):
                found[f"{language}, {width} px, {scheme}"] = faults
    assert not found, told(found)
