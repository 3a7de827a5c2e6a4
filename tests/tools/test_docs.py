"""The pages people read first stay short, and every link from one page of ours to another leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "docs", ROOT / "bench", ROOT / "src")
    for path in (folder.glob("*.md") if folder in {ROOT, ROOT / "bench"} else folder.rglob("*.md"))
)
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for link in LINK.findall(page.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in link:
            continue
        found = page.parent / target if target else page
        assert found.exists(), f"{name} links to {link}, which is not there"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, f"{name}: no heading for {link}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.casefold()).replace(" ", "-")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_is_short(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8").splitlines()) < 150


def test_every_decision_can_be_quoted_and_is_on_the_map() -> None:
    overview = (ROOT / "docs/README.md").read_text("utf-8")
    for path in sorted((ROOT / "docs/decisions").glob("*.md")):
        text = path.read_text("utf-8")
        assert f"decisions/{path.name}" in overview, f"docs/README.md does not list {path.name}"
        for part in ("**Context.**", "**Decision.** *", "**Consequences.**", "**Alternatives.**"):
            assert part in text, f"{path.name} lacks {part}"
