"""No page has a serious accessibility fault, in either theme."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from e2e_pages import PAGES, Place

if TYPE_CHECKING:
    from e2e_stage import Person, Stage
    from playwright.sync_api import Browser

_AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
_LOOK = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, ...nodes.slice(0, 4).map((it) => `${it.html.slice(0, 300)} ${it.failureSummary}`)]);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PAGES, ids=lambda place: place.name)
def test_no_serious_finding(
    stage: Stage, browser: Browser, ada: Person, root: Person, generation: str, place: Place, scheme: str
) -> None:
    with stage.context(
        browser, scheme=scheme, person=(root if place.operator else ada) if place.signed_in else None
    ) as context:
        # The page's own policy would refuse the tool's script.
        page = context.new_page()
        page.goto(place.address.replace("{generation}", generation), wait_until="networkidle")
        page.evaluate(_AXE.read_text("utf-8"))
        found: list[list[str]] = page.evaluate(_LOOK)
        assert not found
