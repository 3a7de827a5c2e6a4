"""Files and functions stay short enough to be read in one go."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lints.tree import Tree

__all__ = ["EXCEPTIONS", "check", "remarks"]

SOFT, HARD, HARD_TESTS, FUNCTION = 300, 500, 800, 60
"""Lines. Above the soft limit a file is remarked on; above a hard one it is a fault."""

_CODE = ("src/", "bench/", "tools/")
_WRITTEN_ONCE = "src/modelport/db/migrations/versions/"
"""A migration is history: one long function, never changed again."""

EXCEPTIONS: dict[str, int] = {}
"""Files over the hard limit, with the length they may not pass. The list may only shrink; it began empty."""


def check(tree: Tree) -> Iterator[Fault]:
    """Files over the hard limit, functions over theirs, exceptions that are no longer needed."""
    for name in tree.python(*_CODE, "tests/"):
        limit = EXCEPTIONS.get(name, HARD_TESTS if name.startswith("tests/") else HARD)
        length = _length(tree, name)
        if length > limit:
            remedy = "split it by what its parts are about (by verb, for a service)"
            yield Fault(name, limit + 1, f"the file has {length} lines, {limit} is the most: {remedy}")
    for name in tree.python(*_CODE):
        if not name.startswith(_WRITTEN_ONCE):
            yield from _functions(name, tree.module(name))
    for name in EXCEPTIONS:
        if name not in tree.files or _length(tree, name) <= HARD:
            yield Fault(name, 1, "no longer too long: take it out of EXCEPTIONS in tools/lints/sizes.py")


def remarks(tree: Tree) -> Iterator[str]:
    """Files over the soft limit: no fault, but the next to split."""
    for name in tree.python(*_CODE):
        if SOFT < _length(tree, name) <= HARD and not name.startswith(_WRITTEN_ONCE):
            yield f"{name}: {_length(tree, name)} lines; aim at {SOFT}"


def _length(tree: Tree, name: str) -> int:
    return len(tree.text(name).splitlines())


def _functions(name: str, module: ast.Module) -> Iterator[Fault]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION:
                remedy = "give its steps names and functions of their own"
                yield Fault(name, node.lineno, f"`{node.name}` has {length} lines, {FUNCTION} is the most: {remedy}")
