"""What `python -m bench` measures money against: the same answers, with nothing held, charged or recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bench.unbilled import open_nothing

from modelport.gateway import serve
from modelport.usage.log import Filters

if TYPE_CHECKING:
    from api_harness import Caller


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_without_money(caller: Caller, monkeypatch: pytest.MonkeyPatch, *, stream: bool) -> None:
    monkeypatch.setattr(serve, "open_bill", open_nothing)
    answer = caller.chat("fake: tokens=5", stream=stream)
    assert (answer.status, answer.usage["completion_tokens"], answer.usage["cost"]) == (200, 5, 0)
    assert answer.done == stream
    failed = caller.chat("fake: fail=status status=500", stream=stream)
    assert failed.status == 502
    assert caller.used == 0
    rows = caller.harness.call(caller.harness.services.insight.log(caller.account_id, Filters(), None, 5))
    assert rows.generations == []
