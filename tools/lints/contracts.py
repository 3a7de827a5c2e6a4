"""Every domain with tables has an import contract that keeps others away from them."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lints.tree import Tree

__all__ = ["check"]


def check(tree: Tree) -> Iterator[Fault]:
    """Modules `store` and `tables` of a domain that no `protected` contract names."""
    project: dict[str, Any] = tomllib.loads(tree.text("pyproject.toml"))
    contracts = project.get("tool", {}).get("importlinter", {}).get("contracts", [])
    kept = {module for each in contracts for module in each.get("protected_modules", ())}
    for name in tree.files:
        if found := re.fullmatch(r"src/modelport/(\w+)/(store|tables)\.py", name):
            module = f"modelport.{found[1]}.{found[2]}"
            if module not in kept:
                remedy = f'add it to the contract "Only {found[1]} touches its own tables" in pyproject.toml'
                yield Fault(name, 1, f"`{module}` is open to everybody: {remedy}")
