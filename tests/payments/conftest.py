"""A server with every way to pay, the servers behind them, and buyers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from payments_house import House

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("payments"))
    yield made
    made.stop()


@pytest.fixture
def house(shared_house: House) -> Iterator[House]:
    yield shared_house
    shared_house.stripe.down = False
    shared_house.stripe.lose_answers = 0
    shared_house.leave()
    shared_house.harness.check()
