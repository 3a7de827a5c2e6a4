"""Several keys of one provider, hedged requests, and what a caller says to one provider only, on real sockets."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import PRICING, Harness, catalogue, marker, nanos

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
HEDGED = {"x-modelport-hedge": "0.05"}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A provider with a sound key and a dead one, one with two sound ones, and a model with a slow endpoint."""
    made = Harness(tmp_path_factory.mktemp("keys"), attempts=4, hedge_least_seconds=0)
    document = catalogue(made.fake_port)
    url = f"http://127.0.0.1:{made.fake_port}/v1"

    def key(name: str, value: str, weight: int) -> dict[str, Any]:
        return {"name": name, "key": value, "weight": weight}

    def model(name: str, *endpoints: tuple[str, str]) -> dict[str, Any]:
        return {
            "id": f"keys/{name}",
            "name": name,
            "context_length": 8192,
            "created": 1,
            "endpoints": [
                {"provider": slug, "upstream_model": up, "pricing": PRICING, "cost": PRICING} for slug, up in endpoints
            ],
        }

    document["providers"] += [
        {"slug": "half", "name": "Half", "base_url": url,
         "api_keys": [key("dead", "sk-dead", 50), key("sound", "fake-key", 1)]},
        {"slug": "two", "name": "Two", "base_url": url,
         "api_keys": [key("often", "a", 9), key("seldom", "b", 1)]},
    ]  # fmt: skip
    document["models"] += [
        model("half", ("half", "locked")),
        model("two", ("two", "text")),
        model("slow", ("alpha", "text?first_ms=20000"), ("beta", "text?text=quick")),
        model("lazy", ("alpha", "text?first_ms=300&text=late"), ("beta", "text?text=quick")),
        model("failing", ("alpha", "text?fail=status&status=500&first_ms=200"), ("beta", "text?text=quick")),
    ]
    made.call(made.services.catalog.apply(Document.model_validate(document)))
    yield made
    made.stop(within=1)


@pytest.fixture
def own(keyed: Harness) -> Iterator[Caller]:
    keyed.services.health.forget()
    yield keyed.caller()
    keyed.check()


class TestSeveralKeys:
    """One provider, several keys with weights."""

    @BOTH
    def test_a_dead_one_is_benched_alone(self, own: Caller, *, stream: bool) -> None:
        health = own.harness.services.health
        shown: list[str | None] = []
        for _ in range(6):
            answer = own.chat(model="keys/half", stream=stream)
            assert answer.status == 200, answer.content
            shown += [each.key for each in own.generation(answer.id).attempts]
        assert shown.count("sound") == 6
        assert shown.count("dead") <= 1, "refused once, it rests"
        assert health.benched(("half", "sound")) == 0
        endpoint = own.harness.services.catalog.snapshot.models["keys/half"].endpoints[0]
        assert endpoint.id not in health.troubled
        assert health.benched(("half", "dead")) > 30 or "dead" not in shown

    def test_by_their_weights(self, own: Caller) -> None:
        keys = Counter(own.generation(own.chat(model="keys/two").id).attempts[0].key for _ in range(60))
        assert keys["often"] > 40
        assert keys["seldom"] > 0


class TestHedges:
    """A second endpoint is asked when the first keeps silent."""

    @BOTH
    def test_the_first_answer_is_taken_and_only_that_is_charged(self, own: Caller, *, stream: bool) -> None:
        mark = marker()
        order = {"order": ["alpha", "beta"]}
        answer = own.chat(f"fake: marker={mark}", "keys/slow", HEDGED, provider=order, stream=stream)
        assert (answer.status, answer.headers["x-provider"], answer.text) == (200, "beta", "quick")
        assert own.used == nanos(answer.usage)
        faults = [(each.endpoint, each.fault) for each in own.generation(answer.id).attempts]
        assert faults == [("alpha", "cancelled"), ("beta", None)]
        wasted = [each.upstream_cost for each in own.generation(answer.id).attempts]
        assert wasted[0], "its provider may charge the operator for the prompt"
        assert wasted == [own.generation(answer.id).wasted_cost, None]
        alpha = own.harness.services.catalog.snapshot.models["keys/slow"].endpoints[0]
        assert alpha.id not in own.harness.services.health.records, "a cancelled call says nothing of it"

    @pytest.mark.parametrize(("bound", "value"), [("hedge_by_request", False), ("hedge_least_seconds", 20.0)])
    def test_the_operator_bounds_what_requests_ask_for(self, own: Caller, bound: str, value: float) -> None:
        def settings(**values: object) -> None:
            own.harness.call(own.harness.services.system.change(values, "usr_operator"))

        order = {"order": ["alpha", "beta"]}
        assert own.chat("x", "keys/lazy", HEDGED, provider=order).text == "quick"
        try:
            settings(**{bound: value})
            answer = own.chat("x", "keys/lazy", HEDGED, provider=order)
            assert (answer.text, len(own.generation(answer.id).attempts)) == ("late", 1)
            settings(hedge_seconds=0.05)
            assert own.chat("x", "keys/lazy", provider=order).text == "quick", "the operator's own is not bound"
        finally:
            settings(**{bound: None}, hedge_seconds=None)

    def test_a_failure_while_both_run(self, own: Caller) -> None:
        answer = own.chat("x", "keys/failing", HEDGED, provider={"order": ["alpha", "beta"]})
        assert (answer.status, answer.headers["x-provider"]) == (200, "beta")
        assert own.used == nanos(answer.usage)

    def test_only_where_it_is_asked_for(self, own: Caller) -> None:
        answer = own.chat("x", "keys/slow", {"x-modelport-hedge": "nonsense"}, provider={"order": ["beta"]})
        assert answer.status == 200
        assert len(own.generation(answer.id).attempts) == 1


class TestOptions:
    """`provider.options`: fields for one provider only."""

    def test_they_reach_that_provider_and_no_other(self, caller: Caller) -> None:
        options = {"fake": {"safe_prompt": True, "temperature": 0.1}, "alpha": {"never": 1}}
        answer = caller.chat("fake: text=@body", temperature=0.9, provider={"options": options})
        sent = json.loads(answer.text)
        assert (sent["safe_prompt"], sent["temperature"]) == (True, 0.1)
        assert "never" not in sent
        assert "provider" not in sent
