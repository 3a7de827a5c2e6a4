"""Every address of the web app's router is among the pages that accessibility and screenshots look at."""

from __future__ import annotations

import re
from pathlib import Path

from e2e.e2e_pages import PAGES

ROUTES = Path(__file__).resolve().parents[2] / "web/src/app"
ABOVE = {"root": "", "admin": "/admin", "settings": "/settings"}
ROUTE = re.compile(r"createRoute\(\{\s*getParentRoute: \(\) => (\w+),\s*path: \"([^\"]+)\",(.*?)\n?\}\);", re.DOTALL)


def routes() -> set[str]:
    """The addresses of pages, with `$word` where one names a thing."""
    found: set[str] = set()
    for file in sorted(ROUTES.glob("*rout*.ts*")):
        text = file.read_text("utf-8")
        made = ROUTE.findall(text)
        assert len(made) == text.count("createRoute({"), f"{file.name}: a route is written in another way"
        for parent, path, rest in made:
            if "component" in rest and path not in ABOVE.values():
                found.add((ABOVE[parent] + path).rstrip("/") or "/")
    return found


def test_every_page_is_looked_at() -> None:
    addresses = [re.split(r"[?#]", place.address)[0] for place in PAGES]
    asked = routes()
    assert len(asked) > 40
    patterns = {each: re.compile(re.sub(r"\$\w+", "[^/]+", each.replace(".", r"\."))) for each in asked}
    unseen = {each for each, pattern in patterns.items() if not any(map(pattern.fullmatch, addresses))}
    assert unseen == set()
