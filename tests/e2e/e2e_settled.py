"""Waits until a page is what its reader will look at: neither blank, nor half of it still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

__all__ = ["settled", "watch_calls"]

_MOST_MS = 30_000
_COUNT = """(() => {
  let open = 0;
  const call = window.fetch;
  window.fetch = (...given) => {
    open += 1;
    return call(...given).finally(() => { open -= 1; });
  };
  Object.defineProperty(window, "openCalls", { get: () => open });
})()"""
_SETTLED = """(most) => new Promise((done) => {
  const begun = performance.now();
  let seen = "";
  let since = begun;
  const look = () => {
    const main = document.querySelector("#content");
    const isThere = main?.querySelector("h1, h2, h3, textarea, [role=alert]") && main.innerText.trim().length > 10;
    const isWaiting = window.openCalls > 0 || document.querySelector(".mantine-Skeleton-root, [data-loading]");
    const now = isThere && !isWaiting && document.fonts.status === "loaded" ? main.innerHTML : "";
    if (now === "" || now !== seen) since = performance.now();
    seen = now;
    if (performance.now() - since > 150) done(true);
    else if (performance.now() - begun > most) done(false);
    else setTimeout(look, 30);
  };
  look();
})"""
"""A quiet network is no sign: on a busy machine the app itself may not have begun by then."""


def watch_calls(context: BrowserContext) -> None:
    """Counts what the pages of a context ask their server for and have not got yet."""
    context.add_init_script(_COUNT)


def settled(page: Page) -> None:
    """Returns when there is something to see, nothing is asked for, and nothing changes any more."""
    assert page.evaluate(_SETTLED, _MOST_MS), f"never came to rest: {page.url}"
