"""A running client for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelport.upstream.client import UpstreamClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient()
    await made.start()
    yield made
    await made.close()
