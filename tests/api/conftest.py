"""A server for each worker, a caller for each test; after each test nothing is held and the ledger is green."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from api_harness import Caller, Harness

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("gateway"), keep_alive_interval=20, request_read_timeout=20)
    yield made
    made.stop(within=1)


@pytest.fixture
def harness(shared_harness: Harness) -> Iterator[Harness]:
    yield shared_harness
    # What one test's faults taught of an endpoint must not decide the next one's.
    shared_harness.services.health.forget()
    shared_harness.check()


@pytest.fixture
def caller(harness: Harness) -> Caller:
    return harness.caller()
