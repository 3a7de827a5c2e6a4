"""Active probes through the running server: what they teach, what they cost and whom."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from api_harness import PRICING, Harness, catalogue, until
from sqlalchemy import select

from modelport.catalog.document import Document
from modelport.gateway.probes import Prober
from modelport.upstream.health import Outcome, Verdict
from modelport.usage import store
from modelport.usage.generation import PROBE
from modelport.usage.tables import generations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from modelport.usage.generation import Generation


@pytest.fixture(scope="module")
def probing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server whose operator knows what a provider takes, and has none probed but by hand."""
    made = Harness(tmp_path_factory.mktemp("probes"))
    document = catalogue(made.fake_port)
    (model,) = [each for each in document["models"] if each["id"] == "fake/multi"]
    model["endpoints"][0]["cost"] = PRICING
    made.call(made.services.catalog.apply(Document.model_validate(document)))
    yield made
    made.stop(within=1)


def probed(harness: Harness) -> list[Generation]:
    """A round of probes, and what was recorded of it."""

    async def look() -> int:
        return await Prober(harness.services, random.Random(1)).round(1e6)  # noqa: S311 (draws keys)

    def rows() -> list[Generation]:
        def read(connection: Connection) -> list[Generation]:
            found = connection.execute(select(generations.c.id).where(generations.c.status == PROBE)).scalars()
            return [each for name in found if (each := store.one(connection, name, "-")) is not None]

        return harness.call(harness.services.database.read(read))

    before = {each.id for each in rows()}
    count = harness.call(look())

    def new() -> tuple[list[Generation]] | None:
        found = [each for each in rows() if each.id not in before]
        return (found,) if len(found) == count else None

    return until(new)[0]


def test_one_that_failed_proves_itself(probing: Harness) -> None:
    caller, services = probing.caller(), probing.services
    endpoint = services.catalog.snapshot.models["fake/multi"].endpoints[0]
    health = services.health
    health.forget()
    health.probed = True
    try:
        for _ in range(5):
            health.observe(endpoint.id, Outcome(Verdict.FAULT))
        assert probed(probing) == [], "it rests"
        health.records[endpoint.id].until = 0.0
        health._look_again = 0.0
        assert all(caller.chat(model="fake/multi").headers["x-provider"] != "alpha" for _ in range(5))
        used = caller.used
        margin = probing.call(services.usage.margin())
        (row,) = probed(probing)
        assert (row.model, row.cost, [each.status for each in row.attempts]) == ("fake/multi", 0, [200])
        assert (row.completion_tokens, row.wasted_cost > 0) == (1, True)
        assert health.troubled == {}
        assert (caller.used, probed(probing)) == (used, [])
        after = probing.call(services.usage.margin())
        assert after.total.wasted - margin.total.wasted == row.wasted_cost
        assert after.fault is None, "the ledger says the same"
        probing.check()
    finally:
        health.probed = False


def test_a_failing_one_stays_away(probing: Harness) -> None:
    services = probing.services
    services.health.forget()
    endpoint = services.catalog.snapshot.models["fake/fallen"].endpoints[0]
    for _ in range(5):
        services.health.observe(endpoint.id, Outcome(Verdict.FAULT))
    services.health.records[endpoint.id].until = 0.0
    (row,) = probed(probing)
    assert (row.error_type, row.wasted_cost) == ("provider_unavailable", 0)
    assert services.health.records[endpoint.id].until > services.health.now(), "it rests again"
