"""One word for one thing in Chinese: what people read keeps to the table of `docs/glossary.md`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lints.tree import Tree

__all__ = ["check"]

_GLOSSARY = "docs/glossary.md"
_PLACES = ("web/src/shared/i18n/languages/zh-cn", "docs/zh-CN/", "README.zh-CN.md", "src/modelport/")
_PATTERNS = "src/modelport/guardrails/"
"""Finds what others wrote, in whatever words they have."""
_TEXT = (".ts", ".md", ".py")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NOT_OURS = re.compile(r"“[^”]*”|`[^`]*`|AI 服务商")
"""Quotations of another program's words, and code; its menu in the guide of LobeChat."""
_ROW = re.compile(r"\| (?P<english>[^|]+) \| (?P<ours>[^|]+) \| (?P<never>[^|]+) \| (?P<why>[^|]*)\|")


class _Word(NamedTuple):
    """A word that is not ours, and the one that is."""

    never: str
    ours: str
    why: str


def check(tree: Tree) -> Iterator[Fault]:
    """Lines of Chinese with a word for which the glossary has another."""
    listed = list(_words(tree.text(_GLOSSARY))) if _GLOSSARY in tree.files else []
    for name in tree.files:
        if not name.startswith(_PLACES) or not name.endswith(_TEXT) or name.startswith(_PATTERNS):
            continue
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            if _HAN.search(line):
                for word in _found(_NOT_OURS.sub("", line), listed):
                    because = f" ({word.why})" if word.why else ""
                    yield Fault(name, number, f"{word.never}: write {word.ours}{because}, as {_GLOSSARY} says")


def _words(page: str) -> Iterator[_Word]:
    """The rows below the table's head, one entry for each word of the third column."""
    for row in _ROW.finditer(page):
        if row["never"] == "never" or row["never"].startswith("-"):
            continue
        for never in row["never"].split("、"):
            yield _Word(never, row["ours"], row["why"].strip())


def _found(line: str, listed: list[_Word]) -> Iterator[_Word]:
    """Longer words first, so that a part of one that was found is not found again."""
    for word in sorted(listed, key=lambda each: -len(each.never)):
        if word.never in line:
            line = line.replace(word.never, "")
            yield word
