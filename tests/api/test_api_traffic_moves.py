"""Three endpoints, one failing three times in ten and one slow: callers see no error, traffic moves to the third."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from api_harness import Harness, marker, read_answer

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from pathlib import Path

    from api_harness import Answer, Caller

PRICE = {"prompt": "0.000001", "completion": "0.000002"}
SCRIPTS = {
    "shaky": "text?tokens=9&fail=status&status=500&rate=0.3",
    "slow": "text?tokens=9&first_ms=400",
    "good": "text?tokens=9",
}


def catalogue(port: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/v1"
    endpoints = [{"provider": slug, "upstream_model": script, "pricing": PRICE} for slug, script in SCRIPTS.items()]
    return {
        "providers": [{"slug": slug, "name": slug, "base_url": url} for slug in SCRIPTS],
        "model": {"id": "crowd/m", "name": "m", "context_length": 8192, "endpoints": endpoints},
    }


@pytest.mark.parametrize("requests", [300, pytest.param(5000, marks=pytest.mark.proof)])
def test_no_caller_sees_the_bad_ones(tmp_path: Path, requests: int) -> None:
    harness = Harness(tmp_path, slow_margin=0.2)
    try:
        harness.call(harness.services.catalog.apply(Document.model_validate(catalogue(harness.fake_port))))
        caller = harness.caller("50")
        with (
            httpx.Client(base_url=harness.url, timeout=30, headers=caller.headers) as client,
            ThreadPoolExecutor(12) as pool,
        ):
            answers = list(pool.map(ask, [client] * requests, [caller] * requests))
        assert [answer.content for answer in answers if answer.status != 200 or not answer.done] == []
        attempts = [each for answer in answers for each in tries(caller, answer)]
        assert any(each["status"] == 500 for each in attempts), "faults there were"
        late = [each["endpoint"] for answer in answers[-requests // 3 :] for each in tries(caller, answer)]
        assert late.count("good") >= 0.9 * len(late)
        assert caller.used == sum(round(answer.usage["cost"] * 10**9) for answer in answers)
        harness.check()
    finally:
        harness.stop(within=1)


def ask(client: httpx.Client, caller: Caller) -> Answer:
    body = caller.body(f"fake: marker={marker()}", "crowd/m", stream=True)
    response = client.post("/api/v1/chat/completions", json=body)
    return read_answer(response, response.content)


def tries(caller: Caller, answer: Answer) -> list[dict[str, Any]]:
    return json.loads(caller.generation(answer.id).trace)["attempts"]
