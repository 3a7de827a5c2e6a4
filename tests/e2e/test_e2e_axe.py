"""No page has a serious accessibility fault, in either theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from e2e_axe import serious
from e2e_pages import PAGES, Place

if TYPE_CHECKING:
    from e2e_stage import Person, Stage
    from playwright.sync_api import Browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PAGES, ids=lambda place: place.name)
def test_no_serious_finding(
    stage: Stage, browser: Browser, ada: Person, root: Person, generation: str, place: Place, scheme: str
) -> None:
    with stage.context(
        browser, scheme=scheme, person=(root if place.operator else ada) if place.signed_in else None
    ) as context:
        page = context.new_page()
        page.goto(place.address.replace("{generation}", generation), wait_until="networkidle")
        assert not serious(page)
