"""Recorded exchanges beside the project; without them there is nothing to replay."""

from __future__ import annotations

import pytest
from replaying import providers


@pytest.fixture(params=providers() or [pytest.param("", marks=pytest.mark.skip("no recorded traffic beside us"))])
def provider(request: pytest.FixtureRequest) -> str:
    """A provider whose answers were recorded."""
    return str(request.param)
