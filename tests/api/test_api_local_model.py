"""The local free model is there where it runs, and nowhere to be seen on a server that has it switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api_harness import Harness, marker

from modelport.catalog.builtin import LOCAL_PROVIDER
from modelport.cli.serve import begin
from modelport.providers.local import LOCAL_MODEL

if TYPE_CHECKING:
    from pathlib import Path

_ENDPOINTS = f"/api/v1/models/{LOCAL_MODEL.id}/endpoints"


def _start(folder: Path, *, local_model: bool) -> Harness:
    """A server as `modelport serve` begins it; a scripted provider stands where the engine would run."""
    harness = Harness(folder, local_model=local_model)
    harness.call(begin(harness.services))
    if local_model:
        engine = f"http://127.0.0.1:{harness.fake_port}/v1"
        harness.loop.call_soon_threadsafe(harness.services.catalog.set_runtime_address, LOCAL_PROVIDER, engine, "")
    return harness


def _seen(harness: Harness) -> dict[str, Any]:
    """Where it shows, and how it answers."""
    caller = harness.caller()
    operator = harness.browser(f"{marker()}@example.test", is_operator=True)

    def listed(address: str) -> list[str]:
        answer = operator.get(address)
        assert answer.status_code == 200, answer.text
        return [each.get("id") or each["slug"] for each in answer.json()["data"]]

    seen = {
        "models": LOCAL_MODEL.id in listed("/api/v1/models"),
        "all models": LOCAL_MODEL.id in listed("/api/v1/models?status=all"),
        "own models": LOCAL_MODEL.id in listed("/api/v1/models/user"),
        "endpoints": operator.get(_ENDPOINTS).status_code,
        "providers": LOCAL_PROVIDER in listed("/api/v1/providers"),
        "operator": LOCAL_PROVIDER in listed("/api/admin/catalog/providers"),
        "features": operator.get("/api/app/features").json()["local_model"],
        "answer": caller.chat(model=LOCAL_MODEL.id).status,
    }
    operator.close()
    return seen


def test_it_is_nowhere_while_switched_off_and_back_afterwards(tmp_path: Path) -> None:
    here = {
        **dict.fromkeys(("models", "all models", "own models", "providers", "operator", "features"), True),
        **dict.fromkeys(("endpoints", "answer"), 200),
    }
    gone = {**dict.fromkeys(here, False), "endpoints": 404, "answer": 400}
    # A server that has it; the same one without; and with it once more.
    for local_model, expected in ((True, here), (False, gone), (True, here)):
        harness = _start(tmp_path, local_model=local_model)
        try:
            assert _seen(harness) == expected
        finally:
            harness.stop()


def test_a_model_that_has_other_endpoints_keeps_those(tmp_path: Path) -> None:
    """The operator may serve it from elsewhere, and may call a provider of their own `local`."""
    harness = _start(tmp_path, local_model=True)
    harness.stop()
    harness = _start(tmp_path, local_model=False)
    try:
        operator = harness.browser("root@example.test", is_operator=True)
        mine = {"slug": "local", "name": "Mine", "base_url": f"http://127.0.0.1:{harness.fake_port}/v1"}
        answer = operator.put("/api/admin/catalog/providers/local", json=mine)
        operator.close()
        assert answer.status_code == 200, answer.text
        seen = _seen(harness)
        assert (seen["models"], seen["providers"], seen["answer"]) == (True, True, 200)
    finally:
        harness.stop()
