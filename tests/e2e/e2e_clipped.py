"""What a page shows only part of: cut badges and cells, broken words, tables that run out of sight untold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["clipped", "speak"]

WIDTHS = (360, 768, 1024, 1440)

_REST = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"""
_LOOK = """() => {
  const found = [];
  const tell = (what, it) => found.push(`${what}: <${it.tagName.toLowerCase()}> ${(it.innerText ?? "").slice(0, 60)}`);
  const isShown = (it) => it.checkVisibility({ visibilityProperty: true }) && it.getClientRects().length > 0;
  const isHiddenOnPurpose = (it) =>
    it.closest("[aria-hidden=true]") !== null || getComputedStyle(it).clipPath === "inset(50%)";
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth + 1) found.push(`page: ${page.scrollWidth} px in ${page.clientWidth}`);

  // Whether some box around an element cuts it. Only what can be scrolled with the keyboard too, and has a shade at the
  // edge behind which there is more, may keep things out of sight.
  const isCut = (it) => {
    const { left, right, width } = it.getBoundingClientRect();
    if (width === 0) return it.innerText.trim() !== "";  // squeezed to nothing
    for (let box = it.parentElement; box && box !== page; box = box.parentElement) {
      const { overflowX, borderLeftWidth } = getComputedStyle(box);
      if (overflowX === "visible") continue;
      if (box.matches("[data-scrolls][tabindex], [role=tablist]")) return false;
      const from = box.getBoundingClientRect().left + parseFloat(borderLeftWidth);
      if (right > from + box.clientWidth + 1 || left < from - 1) return true;
    }
    return right > page.clientWidth + 1 || left < -1;
  };
  const small = "td, th, .mantine-Badge-root, button, .mantine-SegmentedControl-label, dd, dt";
  for (const it of document.querySelectorAll(`#content :is(${small})`)) {
    if (!isShown(it) || isHiddenOnPurpose(it)) continue;
    if (isCut(it)) tell("out of sight", it);
    // What a badge or a button says is short; it has no business being cut.
    for (const inner of [it, ...it.querySelectorAll("*")]) {
      if (!isShown(inner) || isHiddenOnPurpose(inner)) continue;
      if (inner.matches("[title], input, textarea, svg, svg *")) continue;
      const { overflowX } = getComputedStyle(inner);
      if ((overflowX === "hidden" || overflowX === "clip") && inner.scrollWidth > inner.clientWidth + 1) {
        tell(`cut by ${inner.scrollWidth - inner.clientWidth} px`, inner);
      }
    }
  }
  // A word that stands on two lines: a table's columns were squeezed instead of taking another shape.
  const words = document.createTreeWalker(document.querySelector("#content"), NodeFilter.SHOW_TEXT);
  for (let text = words.nextNode(); text; text = words.nextNode()) {
    const cell = text.parentElement.closest("th, td, button, .mantine-Badge-root");
    if (!cell || cell.closest("[data-shape=blocks], pre") || !isShown(text.parentElement)) continue;
    for (const { 0: word, index } of text.data.matchAll(/[A-Za-z0-9.,$]{2,}/g)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) tell(`broken ${word}`, cell);
    }
  }
  return [...new Set(found)].slice(0, 6);
}"""


_SPEAK = """async (language) => {
  // As if it were chosen in another tab.
  dispatchEvent(new StorageEvent("storage", { key: "modelport.language", newValue: language }));
}"""


def speak(page: Page, language: str) -> None:
    """Shows the page in another language, where it is."""
    page.evaluate(_SPEAK, language)
    page.wait_for_function("(language) => document.documentElement.lang === language", arg=language)


def clipped(page: Page) -> dict[int, list[str]]:
    """What is cut at which width."""
    found: dict[int, list[str]] = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 860})
        page.evaluate(_REST)
        if cut := page.evaluate(_LOOK):
            found[width] = cut
    return found
