"""A tree for the lints to read: a git repository of whatever files a test writes into it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from lints.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

Plant = Callable[[dict[str, str]], Tree]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Writes files and returns the tree that has them."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)

    def write(files: dict[str, str]) -> Tree:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Tree(tmp_path)

    return write
