"""Where the keyboard's focus is, and whether one sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["is_in_dialog", "unseen", "walk"]

_UNSEEN = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body || focused.id === "content") return null;
  // A field shows its caret.
  if (focused.matches("textarea, input:not([type=checkbox], [type=radio], [type=file])")) return null;
  const rims = [focused, focused.nextElementSibling, focused.parentElement].filter(Boolean).map(getComputedStyle);
  const hasRim = rims.some((it) => it.outlineStyle !== "none" && parseFloat(it.outlineWidth) > 0);
  const { width, height } = (focused.matches("input") ? focused.parentElement : focused).getBoundingClientRect();
  return hasRim && width > 0 && height > 0 ? null : focused.outerHTML.slice(0, 200);
}"""


def unseen(page: Page) -> str | None:
    """What has the focus, where nothing shows that it has."""
    found: str | None = page.evaluate(_UNSEEN)
    return found


def walk(page: Page, to: Locator, *, most: int = 60, key: str = "Tab") -> None:
    """Presses Tab until the focus is on `to`; at every step one sees where it is."""
    to.first.wait_for(state="attached")
    for _ in range(most):
        page.keyboard.press(key)
        assert unseen(page) is None
        if to.first.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"not reached by {most} times {key}: {to}")


def is_in_dialog(page: Page) -> bool:
    """Whether what has the focus is part of a dialog."""
    return page.evaluate("""() => document.activeElement.closest('[role="dialog"]') !== null""")
