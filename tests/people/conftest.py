"""One server with a mail server for each worker; people are told apart by their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from people_house import House

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(
        tmp_path_factory.mktemp("people"), trusted_proxies=["127.0.0.1/32"], sign_up_bonus="0.5", private_addresses=True
    )
    yield made
    made.stop()
