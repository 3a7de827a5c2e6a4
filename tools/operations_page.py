"""`docs/reference/operations.md`: every operation of the reference's API, and what becomes of it here.

What is offered is told by the routes themselves. What the official client drives is told by `operations.yaml` beside
this file, and `tests/api/test_api_operations.py` fails when one of these does not work; so is why something is missing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from modelport.control import control_app
from modelport.gateway.doors import find

__all__ = ["Operation", "is_offered", "operations", "page"]

_FILE = Path(__file__).with_name("operations.yaml")


class Operation(NamedTuple):
    """One operation of the reference's."""

    group: str
    method: str
    path: str
    client: str
    """The method of the official Python client; `none` where it has none."""
    driven: bool
    """Whether a test drives it with the official client, and gets an answer."""
    nothing: str
    """Why the answer that it gets is always that there is none; empty for all others."""
    other: str
    """Whose client drives it, where the official one has no method for it."""
    reason: str
    """Why it is not offered, if it is not."""


def operations() -> list[Operation]:
    """Every operation, by group."""
    told: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    driven, reasons, nothing = set(told["driven"]), dict(told["reasons"]), dict(told["nothing"])
    found: list[Operation] = []
    for group, entries in told["operations"].items():
        for name, client in entries.items():
            method, _, path = name.partition(" ")
            reason = reasons.get(name) or reasons.get(group) or ""
            other = told["others"].get(name, "")
            found.append(Operation(group, method, path, client, name in driven, nothing.get(name, ""), other, reason))
    return found


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def is_offered(operation: Operation, routes: set[tuple[str, str]]) -> bool:
    """Whether a route, or a door of the chat path, is there for it."""
    if operation.method == "POST" and "{" not in operation.path and find("/api/v1" + operation.path, b"") is not None:
        return True
    return (operation.method, _bare(operation.path)) in routes


def known_routes() -> set[tuple[str, str]]:
    """Methods and paths of the control plane, without the names of their parameters."""
    paths: dict[str, dict[str, Any]] = control_app().openapi()["paths"]
    return {
        (method.upper(), _bare(path.removeprefix("/api/v1")))
        for path, methods in paths.items()
        if path.startswith("/api/v1/")
        for method in methods
    }


def page(note: str) -> str:
    """The page."""
    every, routes = operations(), known_routes()
    offered = {each for each in every if is_offered(each, routes)}
    driven = sum(each.driven or bool(each.nothing) for each in every)
    lines = [
        "# Operations of OpenRouter's API",
        note,
        f"{len(offered)} of {len(every)} operations are offered under `/api/v1` and `/v1`. {driven} are driven",
        "in `make test` by the official `openrouter` client, unmodified, on a running server: it takes every answer,",
        "and what is refused comes as its own exceptions.",
        "",
        "- **works**: driven by the official client in that test, or by another's where it has no method.",
        "- **none here**: driven as well, but there is nothing it could tell of; the client raises its `NotFound`.",
        "- **not offered**, and why.",
    ]
    group = ""
    for each in every:
        if each.group != group:
            group = each.group
            lines += ["", f"## {group}", "", "| operation | client | here |", "| --- | --- | --- |"]
        here = _here(each, there=each in offered)
        client = "none" if each.client == "none" else f"`{each.client}`"
        lines.append(f"| `{each.method} {each.path}` | {client} | {here} |")
    return "\n".join(lines) + "\n"


def _here(operation: Operation, *, there: bool) -> str:
    if operation.driven:
        return "works"
    if operation.nothing:
        return f"none here: {operation.nothing}"
    if there:
        return f"works with {operation.other} official client"
    return f"not offered: {operation.reason}"
