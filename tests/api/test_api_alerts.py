"""What an account's people are told of its use: limits, budgets, credits, and models that go away; each once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modelport.catalog.document import Document
from modelport.people.alerts import Alerts, reached
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from api_harness import Caller, Harness


@pytest.mark.parametrize(("spent", "level"), [(0, 0), (79, 0), (80, 80), (99, 80), (100, 100), (120, 100)])
def test_how_far_a_limit_is_used(spent: int, level: int) -> None:
    assert reached(spent, 100) == level


def looked(caller: Caller, alerts: Alerts) -> list[tuple[str, dict[str, Any]]]:
    """What was told so far, after one more look at the caller's key; the first comes first."""
    services = caller.harness.services

    async def look() -> list[tuple[str, dict[str, Any]]]:
        await alerts.look([await services.keys.authenticate(caller.key)])
        told = await services.notices.recent(caller.account_id)
        return [(each.kind, json.loads(each.facts)) for each in reversed(told) if each.kind != "new_sign_in"]

    return caller.harness.call(look())


def test_a_key_s_limit_at_four_fifths_and_in_full(harness: Harness) -> None:
    caller, alerts = harness.caller("100"), Alerts(harness.services)
    keys = harness.services.keys
    assert caller.chat().status == 200
    assert looked(caller, alerts) == []
    harness.call(keys.update(caller.key_hash, limit=caller.used * 10 // 9, limit_reset="daily"))
    ((kind, facts),) = looked(caller, alerts)
    assert (kind, facts["interval"], facts["key"].split()[0]) == ("key_limit_80", "daily", "test")
    assert len(looked(caller, alerts)) == 1
    assert len(looked(caller, Alerts(harness.services))) == 1, "another process, or this one after a start"
    harness.call(keys.update(caller.key_hash, limit=caller.used))
    assert [kind for kind, _ in looked(caller, alerts)] == ["key_limit_80", "key_limit_100"]
    harness.call(keys.update(caller.key_hash, limit=None))
    assert len(looked(caller, alerts)) == 2


def test_budgets_with_whose_they_are(harness: Harness) -> None:
    caller, alerts = harness.caller("100"), Alerts(harness.services)
    services, account = harness.services, caller.account_id
    made = harness.call(services.budgets.put(account, "account", account, 10**9, "monthly"))
    assert caller.chat().status == 200
    assert looked(caller, alerts) == []
    harness.call(services.budgets.put(account, "account", account, caller.used * 10 // 9, "monthly", made.id))
    ((kind, facts),) = looked(caller, alerts)
    assert (kind, facts["budget"], facts["percent"]) == ("budget", "Account monthly", 80)
    harness.call(services.budgets.put(account, "account", account, caller.used, "monthly", made.id))
    assert [facts["percent"] for _, facts in looked(caller, alerts)] == [80, 100]


def test_credits_run_low_by_the_account_s_own_measure(harness: Harness) -> None:
    caller, alerts = harness.caller("6"), Alerts(harness.services)
    http, headers = harness.http, _manager(caller)
    assert looked(caller, alerts) == [], "the usual measure is five dollars"

    def choose(usd: float | None) -> Any:
        answer = http.put("/api/app/notices/low-balance", json={"usd": usd}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert http.get("/api/app/notices/low-balance", headers=headers).json() == answer.json()
        return answer.json()["data"]

    assert choose(10) == {"usd": 10, "usual_usd": 5}
    assert looked(caller, alerts) == [("low_balance", {"balance": "$6", "threshold": "$10"})]
    assert len(looked(caller, alerts)) == 1
    assert choose(None) == {"usd": None, "usual_usd": 5}
    assert len(looked(caller, alerts)) == 1
    choose(7)
    assert [facts["threshold"] for _, facts in looked(caller, alerts)] == ["$10", "$7"], "it had been above"
    assert looked(harness.caller("0"), alerts) == [], "who never had credits runs low of none"


def _manager(caller: Caller) -> dict[str, str]:
    services = caller.harness.services

    async def make() -> str:
        user = await services.accounts.user(caller.email)
        return (await services.keys.create(caller.account_id, user.id, "m", management=True))[0]

    return {"authorization": f"Bearer {caller.harness.call(make())}"}


def test_a_model_that_goes_away_is_told_to_who_used_it(harness: Harness) -> None:
    caller, other, alerts = harness.caller("100"), harness.caller("100"), Alerts(harness.services)
    soon = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    url = f"http://127.0.0.1:{harness.fake_port}/v1"
    endpoint = {"provider": "leaving", "upstream_model": "text", "pricing": {"prompt": "0", "completion": "0"}}
    model = {
        "id": "leaving/soon",
        "name": "x",
        "context_length": 8192,
        "expiration_date": soon,
        "endpoints": [endpoint],
    }
    document = {"providers": [{"slug": "leaving", "name": "Leaving", "base_url": url}], "models": [model]}
    services = harness.services
    harness.call(services.catalog.apply(Document.model_validate(document)))
    assert caller.chat(model="leaving/soon").status == 200
    assert other.chat().status == 200
    harness.call(Upkeep(services.settings, services.database).fold())
    for _ in range(2):
        harness.call(alerts.models())
        assert looked(caller, alerts) == [("model_deprecated", {"model": "leaving/soon", "date": soon})]
        assert looked(other, alerts) == []
