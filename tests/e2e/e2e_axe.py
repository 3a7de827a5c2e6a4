"""What axe finds on a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["SCHEMES", "findings", "in_scheme", "told"]

SCHEMES = ("light", "dark")

_AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
_COLOURS = ("color-contrast", "link-in-text-block")
"""What depends on the theme alone."""

_LOOK = """async (rules) => {
  // Colours on their way from one theme to the other are nobody's choice.
  const passing = document.getAnimations().filter((it) => it.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.all(passing.map((it) => it.finished.catch(() => null)));
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  // What opens over a page stands after it in the document. A list of choices is scrolled from its field.
  const isOver = (it) => it?.closest("[data-portal], [data-mantine-shared-portal-node]") != null;
  const isList = (it) => it?.closest("[role=listbox]") != null;
  const isNone = (id, it) => (id === "region" && isOver(it)) || (id === "scrollable-region-focusable" && isList(it));
  return found.violations
    .filter(({ impact }) => impact !== "minor")
    .map(({ id, impact, nodes }) => [id, impact, ...nodes
      .filter((node) => !isNone(id, document.querySelector(node.target[0])))
      .slice(0, 4)
      .map((node) => `${node.html.slice(0, 300)} ${node.failureSummary}`)])
    .filter((each) => each.length > 2);
}"""


def in_scheme(page: Page, scheme: str) -> None:
    """Shows the page in a theme: it follows the system's."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.wait_for_function("(scheme) => document.documentElement.dataset.mantineColorScheme === scheme", arg=scheme)


def told(found: dict[str, list[list[str]]]) -> str:
    """All of it, to be read by whoever has to mend it."""
    return json.dumps({where: faults for where, faults in found.items() if faults}, indent=1, ensure_ascii=False)


def findings(page: Page, *, colours_only: bool = False) -> list[list[str]]:
    """What is more than minor, each with where; `colours_only` where the other theme was looked at before."""
    # The page's own policy would refuse the tool's script if it came by an address.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE.read_text("utf-8"))
    found: list[list[str]] = page.evaluate(_LOOK, list(_COLOURS) if colours_only else None)
    return found
