"""Every setting is described, and stands on the generated page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lints.tree import Tree

__all__ = ["check", "undocumented"]

_SOURCE, _PAGE = "src/modelport/settings.py", "docs/reference/settings.md"


def check(tree: Tree) -> Iterator[Fault]:
    """Settings without a description, or not on the page."""
    from modelport.settings import Settings  # noqa: PLC0415 (only this lint needs the package)

    described = {name: field.description for name, field in Settings.model_fields.items()}
    page = tree.text(_PAGE) if _PAGE in tree.files else ""
    lines = tree.text(_SOURCE).splitlines()
    for name, message in undocumented(described, page):
        line = next((n for n, text in enumerate(lines, 1) if text.lstrip().startswith(f"{name}:")), 1)
        yield Fault(_SOURCE, line, message)


def undocumented(described: Mapping[str, str | None], page: str) -> Iterator[tuple[str, str]]:
    """The settings that `page` or they themselves do not explain."""
    for name, description in described.items():
        if not description:
            yield name, f"`{name}` has no description: say in `Field(description=...)` what it does and in which unit"
        if f"`MODELPORT_{name.upper()}`" not in page:
            yield name, f"`{name}` is not in {_PAGE}: run `make docs`"
