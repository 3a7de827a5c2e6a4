"""What axe finds on a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["serious"]

_AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
_COLOURS = ("color-contrast", "link-in-text-block")
"""What depends on the theme; all else is as it is in either."""

_LOOK = """async (rules) => {
  // Colours on their way from one theme to the other are nobody's choice.
  const passing = document.getAnimations().filter((it) => it.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.all(passing.map((it) => it.finished.catch(() => null)));
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, ...nodes.slice(0, 4).map((it) => `${it.html.slice(0, 300)} ${it.failureSummary}`)]);
}"""


def serious(page: Page, *, colours_only: bool = False) -> list[list[str]]:
    """Serious and critical findings, each with where; `colours_only` where the other theme was looked at before."""
    # The page's own policy would refuse the tool's script if it came by an address.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE.read_text("utf-8"))
    found: list[list[str]] = page.evaluate(_LOOK, list(_COLOURS) if colours_only else None)
    return found
