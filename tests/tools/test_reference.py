"""The generated pages in the tree are the ones that `make docs` would write now."""

from __future__ import annotations

import pytest

from reference import ROOT, pages


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages as they would be written now."""
    return pages()


@pytest.mark.parametrize("name", ["docs/reference/settings.md", "docs/reference/cli.md", "docs/reference/openapi.json"])
def test_a_generated_page_is_fresh(name: str, made: dict[str, str]) -> None:
    path = ROOT / name
    assert path.is_file(), f"{name} is missing: run `make docs`"
    assert path.read_text(encoding="utf-8") == made[name], f"{name} is stale: run `make docs`"


def test_every_generated_page_is_looked_at(made: dict[str, str]) -> None:
    names = ("settings.md", "cli.md", "openapi.json", "providers.md", "parameters.md")
    assert set(made) == {f"docs/reference/{name}" for name in names}
