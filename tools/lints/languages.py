"""Guides and concepts exist in English and in 简体中文, built alike: a change of one is a change of both."""

from __future__ import annotations

import re
from itertools import takewhile, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lints.tree import Tree

__all__ = ["check"]

_ENGLISH, _CHINESE = "docs/", "docs/zh-CN/"
_PAGE = re.compile(r"(?:guides|concepts)/[^/]+\.md")
_FENCE = re.compile(r"\s*(?:\d+\. |- )?```(\S*)$")
_COMMENT = re.compile(r"(?:^|\s+)#(?:\s.*)?$")
_SLASHES = frozenset({"js", "ts"})
_COMMENT_JS = re.compile(r"(?:^|\s+)//(?:\s.*)?$")


class _Part(NamedTuple):
    """What must be the same in both languages: a heading, a block of code or a table."""

    what: str
    line: int
    code: tuple[str, ...] = ()


def check(tree: Tree) -> Iterator[Fault]:
    """Pages without a counterpart, a link to it or a place on the map; the first part in which two pages differ."""
    english, chinese = (_pages(tree, folder) for folder in (_ENGLISH, _CHINESE))
    for page in sorted(english - chinese):
        yield Fault(_ENGLISH + page, 1, f"exists in English only: write {_CHINESE}{page}")
    for page in sorted(chinese - english):
        yield Fault(_CHINESE + page, 1, f"has no English original: write {_ENGLISH}{page}, or delete this one")
    for page in sorted(english & chinese):
        yield from _apart(tree, page)
        yield from _lacks(tree, _ENGLISH + page, f"[简体中文](../zh-CN/{page})", "below its title")
        yield from _lacks(tree, _CHINESE + page, f"[English](../../{page})", "below its title")
        for folder in (_ENGLISH, _CHINESE):
            yield from _lacks(tree, f"{folder}README.md", f"({page})", "on the map")


def _pages(tree: Tree, folder: str) -> set[str]:
    names = (name.removeprefix(folder) for name in tree.files if name.startswith(folder))
    return {name for name in names if _PAGE.fullmatch(name)}


def _lacks(tree: Tree, name: str, link: str, where: str) -> Iterator[Fault]:
    if link not in tree.text(name):
        yield Fault(name, 1, f"lacks the link `{link}`: put it {where}")


def _apart(tree: Tree, page: str) -> Iterator[Fault]:
    """The first part of the Chinese page that is not the English page's; those after it may only be shifted."""
    english, chinese = (list(_parts(tree.text(folder + page))) for folder in (_ENGLISH, _CHINESE))
    for ours, theirs in zip_longest(chinese, english):
        if ours is None:
            message = f"ends before {theirs.what} of {_ENGLISH}{page}:{theirs.line}: translate it"
        elif theirs is None:
            message = f"has {ours.what} that {_ENGLISH}{page} has not: take it out, or write it there"
        elif ours.what != theirs.what:
            message = (
                f"{ours.what} where {_ENGLISH}{page}:{theirs.line} has {theirs.what}: translate what changed there"
            )
        elif ours.code != theirs.code:
            message = f"{ours.what} differs from {_ENGLISH}{page}:{theirs.line}: translate its comments, nothing else"
        else:
            continue
        yield Fault(_CHINESE + page, ours.line if ours else 1, message)
        return


def _parts(text: str) -> Iterator[_Part]:
    """Headings with their levels, blocks with their lines, tables with the number of theirs, in order."""
    lines = enumerate(text.splitlines(), 1)
    rows = 0
    for number, line in lines:
        if line.startswith("|"):
            rows += 1
            continue
        if rows:
            yield _Part(f"a table of {rows} lines", number - rows)
            rows = 0
        if heading := re.match(r"#+ ", line):
            yield _Part(f"a heading `{heading[0].strip()}`", number)
        elif fence := _FENCE.match(line):
            yield _block(fence[1], number, lines)
    if rows:
        yield _Part(f"a table of {rows} lines", len(text.splitlines()) + 1 - rows)


def _block(language: str, number: int, lines: Iterator[tuple[int, str]]) -> _Part:
    """A block without its comments; one without a language is a drawing, whose words are translated line by line."""
    inside = [line.strip() for _, line in takewhile(lambda each: each[1].strip() != "```", lines)]
    if not language:
        return _Part(f"a drawing of {len(inside)} lines", number)
    comment = _COMMENT_JS if language in _SLASHES else _COMMENT
    code = (comment.sub("", line) for line in inside)
    return _Part(f"a block of `{language}`", number, tuple(line for line in code if line))
