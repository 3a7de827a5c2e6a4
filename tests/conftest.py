"""What holds for every test: nothing in the house may block the event loop."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockBuster
from hypothesis import settings

from modelport.cli.output import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first are done once, before a server serves: making the data directory, reading the secret, taking the lock.
logs("warning", as_json=True)  # the default renderer prints local variables, and reads source files in doing so

# How long an example takes says something of the machine only; this many find what more would in a longer run.
settings.register_profile("house", deadline=None, max_examples=40)
settings.load_profile("house")

_ALLOWED = (
    ("modelport/settings.py", "master_secret"),
    ("modelport/db/database.py", "_sqlite_engine"),
    ("modelport/app.py", "_alone"),
    ("modelport/providers/local_weights.py", "have_weights"),
    # asyncpg looks for a password file whenever it connects.
    ("asyncpg/connect_utils.py", "_read_password_file"),
    ("asyncpg/connect_utils.py", "_parse_connect_dsn_and_args"),
    ("asyncpg/connect_utils.py", "_parse_connect_arguments"),
    ("modelport/db/database.py", "__init__"),
    ("modelport/db/migrate.py", "_upgrade"),
    # Coverage guards its data, which it measures in the loop's thread too.
    ("coverage/collector.py", "lock_data"),
    # A logged exception is shown with its source lines.
    ("linecache.py", "checkcache"),
    ("linecache.py", "updatecache"),
)


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] (pytest finds it)
    """A blocking call of ours inside the event loop is an error, wherever it comes from."""
    # What may block is said before it looks: servers of other tests run in threads of their own meanwhile.
    detector = BlockBuster(scanned_modules=["modelport"])
    for function in detector.functions.values():
        for file, name in _ALLOWED:
            function.can_block_in(file, name)
    detector.activate()
    try:
        yield
    finally:
        detector.deactivate()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a browser come last: its driver runs an event loop in this thread until the session ends, and no test
    that wants one of its own can come after it.
    """
    items.sort(key=lambda item: "e2e" in item.path.parts)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are never garbage: walking them again and again took a tenth of the whole run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
