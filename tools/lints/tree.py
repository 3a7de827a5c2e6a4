"""What the lints read: the project's files, parsed at most once, and what they find there."""

from __future__ import annotations

import ast
import functools
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Fault", "Tree"]


class Fault(NamedTuple):
    """One breach of a rule; the message ends with what to do."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """The files of a project: those git tracks, or would if they were added."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @functools.cached_property
    def files(self) -> list[str]:
        """Every file, by its path from the root."""
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        return sorted({name for name in done.stdout.split("\0") if name and (self.root / name).is_file()})

    def python(self, *folders: str) -> list[str]:
        """The Python files in these folders, such as `"src/"`; a file's own path is a folder of one."""
        return [name for name in self.files if name.endswith(".py") and name.startswith(folders)]

    @functools.cache  # noqa: B019 (one tree lives as long as the program)
    def text(self, name: str) -> str:
        """The content; empty for what is not text."""
        try:
            return (self.root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""

    @functools.cache  # noqa: B019
    def module(self, name: str) -> ast.Module:
        """The syntax tree of a Python file."""
        return ast.parse(self.text(name), name)
