"""A server on which own keys may lead to loopback and cost a fee from the first dollar on, and a scripted upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.api_harness import Caller, Harness
from api.api_upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("byok"), private_addresses=True, byok_free_usd="1")
    yield made
    made.stop(within=1)


@pytest.fixture
def harness(served: Harness) -> Iterator[Harness]:
    yield served
    served.services.health.forget()
    served.check()


@pytest.fixture
def caller(harness: Harness) -> Caller:
    return harness.caller()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream().serving() as made:
        yield made
