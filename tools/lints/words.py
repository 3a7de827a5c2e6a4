"""What no file may say (unfinished marks, strange addresses), and what each module must (a docstring)."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lints.tree import Tree

__all__ = ["check"]

_UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
_HOME = re.compile(r"(?<![\w.*)-])/(?:home|root|work|Users)/[\w.]")
_URL = re.compile(r"\b(?:https?|wss?|socks5h?|ftp)://(?:[^\s/@\"'`<>]*@)?\[?([A-Za-z0-9.:-]+)")
_INDEX = re.compile(r"--(?:(?:extra-)?index-url|find-links|trusted-host)\b")

_LOCK = "web/package-lock.json"
"""Made by npm, with the addresses where packages ask for donations; a test sees that it names no registry."""
_ADDRESS_BOOKS = ("src/modelport/providers/", "tests/providers/", "docs/reference/providers.md")
"""Where the addresses of providers are the matter itself."""
_PRIVATE = re.compile(r"(?:127|10|169\.254|192\.168|192\.0\.2|198\.51\.100|203\.0\.113)(?:\..*)?")
_SUFFIXES = (".example", ".example.com", ".example.org", ".invalid", ".test", ".localhost", ".amazonaws.com")
HOSTS = frozenset({
    *("example.com", "example.org", "no.such.host"),
    *("apache.org", "www.apache.org", "github.com", "huggingface.co", "json-schema.org", "keepachangelog.com"),
    *("openrouter.ai", "semver.org", "www.w3.org"),
    *("accounts.google.com", "api.github.com"),  # who people sign in with
    "us.cloud.langfuse.com",  # the default of the reference's configuration
})  # fmt: skip
"""Hosts a file may name, beside those without a dot, this machine and private addresses."""


def check(tree: Tree) -> Iterator[Fault]:
    """Modules without docstring; unfinished marks; paths and hosts of a particular machine or registry."""
    for name in tree.python("src/", "tests/", "tools/", "bench/"):
        if tree.text(name).strip() and ast.get_docstring(tree.module(name)) is None:
            yield Fault(name, 1, "no module docstring: say what the file is and where it sits, in one to five lines")
    for name in tree.files:
        if name == _LOCK:
            continue
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            for message in _faults(line, hosts=not name.startswith(_ADDRESS_BOOKS)):
                yield Fault(name, number, message)


def _faults(line: str, *, hosts: bool = True) -> Iterator[str]:
    if found := _UNFINISHED.search(line):
        yield f"{found[0]}: do it, or open an issue and name that in a sentence"
    if found := _HOME.search(line):
        yield f"a path of one particular machine ({found[0]}...): make it relative, or an option"
    if found := _INDEX.search(line):
        yield f"`{found[0]}`: package registries are the installer's own business; leave it out"
    for found in _URL.finditer(line) if hosts else ():
        if not _is_known(found[1]):
            yield f"names the host {found[1]!r}: use one under `.example`, or add it to HOSTS in tools/lints/words.py"


def _is_known(host: str) -> bool:
    bare = host.casefold() if host.count(":") > 1 else host.casefold().partition(":")[0]
    bare = bare.rstrip(".:-")
    return "." not in bare or bare in HOSTS or bare.endswith(_SUFFIXES) or _PRIVATE.fullmatch(bare) is not None
