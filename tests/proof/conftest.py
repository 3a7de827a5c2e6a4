"""Worlds of real processes: the scripted provider, the server, and callers who misbehave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.database_places import cluster, migrated_file, migrated_server
from proof.world import World

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["cluster", "migrated_file", "migrated_server"]


@pytest.fixture(autouse=True, name="_no_blocking_calls")
def blocking_is_no_matter() -> None:
    """Stands in for the fixture of all tests: the server is another process, and what prepares it may block."""


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    """A world on SQLite; all of its processes end with the test."""
    with World(tmp_path) as made:
        yield made
