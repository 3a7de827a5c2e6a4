"""No binary fractions near money: amounts are integers of nano-dollars, and `kit/money.py` is their only door.

Where money is handled, `float` may be neither called, written as a literal, nor made by `/`, and stands in an
annotation only where an answer is declared (the reference's API promises JSON numbers). Everywhere else, dividing
by 10^9 is refused, for that is how an amount would leave by another door.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lints.tree import Tree

__all__ = ["check"]

MONEY = (
    "src/modelport/credits/",
    "src/modelport/payments/",
    "src/modelport/catalog/prices.py",
    "src/modelport/catalog/pricing.py",
    "src/modelport/kit/money.py",
    "src/modelport/usage/batch.py",
)
_ANSWERS = ("routes.py", "schemas.py")
_DOOR = "to_number"
"""The one function that makes a float of an amount, for output."""
_EXACT = {"Decimal", "Fraction"}


def check(tree: Tree) -> Iterator[Fault]:
    """Floats in the money files, and divisions by 10^9 outside them."""
    for name in tree.python("src/"):
        faults = _in_money(tree.module(name), name) if name.startswith(MONEY) else _elsewhere(tree.module(name))
        for line, message in faults:
            yield Fault(name, line, message)


def _in_money(module: ast.Module, name: str) -> Iterator[tuple[int, str]]:
    called = {id(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}
    for node in _outside_the_door(module, name):
        match node:
            case ast.Constant(value=float(value)):
                yield node.lineno, f"the number {value!r} is a float: write integers of nano-dollars"
            case ast.BinOp(op=ast.Div(), left=left) | ast.AugAssign(op=ast.Div(), target=left) if not _exact(left):
                yield node.lineno, "`/` makes a float: use `//`, `divmod` or `money.round_millionths`"
            case ast.Name(id="float") if id(node) in called:
                yield node.lineno, "`float()` loses nano-dollars: use `money.to_number` or `money.parse_usd`"
            case ast.Name(id="float") if not name.endswith(_ANSWERS):
                yield node.lineno, "`float` near money: annotate with `Nanos` or `Price`"
            case _:
                pass


def _elsewhere(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module):
        match node:
            case ast.BinOp(left=left, op=ast.Div(), right=right) if not _exact(left) and _is_billion(right):
                yield node.lineno, "dividing by 10^9 makes dollars of an amount: use `kit.money.to_number`"
            case _:
                pass


def _outside_the_door(module: ast.Module, name: str) -> Iterator[ast.AST]:
    for statement in module.body:
        door = isinstance(statement, ast.FunctionDef) and statement.name == _DOOR and name.endswith("kit/money.py")
        if not door:
            yield from ast.walk(statement)


def _exact(left: ast.expr) -> bool:
    """Whether a division says in place that it is exact: `Decimal(a) / b`."""
    return isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id in _EXACT


def _is_billion(right: ast.expr) -> bool:
    return ast.unparse(right) in {"10 ** 9", "1000000000", "1000000000.0"}
