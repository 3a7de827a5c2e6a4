"""A server that may deliver to loopback, and a receiver there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from receiver import Receiver

from api.api_harness import Caller, Harness

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("broadcast"), private_addresses=True)
    yield made
    made.stop(within=1)


@pytest.fixture
def harness(served: Harness) -> Iterator[Harness]:
    yield served
    served.check()


@pytest.fixture
def caller(harness: Harness) -> Caller:
    return harness.caller()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as made:
        yield made
