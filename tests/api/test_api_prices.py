"""The operator's prices through the public door: mark-ups, discounts, groups; explained; and the margin."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import Caller, Harness, marker

from modelport.catalog.document import Document
from modelport.db import changes
from modelport.gateway.explaining import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
LISTED = {"prompt": "0.000001", "completion": "0.000002", "request": "0.000123"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server with 30 % on everything, 10 % on one provider, 5 % off for resellers, and a free model."""
    made = Harness(tmp_path_factory.mktemp("shop"))
    url = f"http://127.0.0.1:{made.fake_port}/v1"

    def model(name: str, *endpoints: dict[str, Any]) -> dict[str, Any]:
        return {"id": f"shop/{name}", "name": name, "context_length": 8192, "endpoints": list(endpoints)}

    def endpoint(provider: str, upstream: str = "text", **more: Any) -> dict[str, Any]:
        return {"provider": provider, "upstream_model": upstream, "pricing": LISTED, **more}

    made.call(
        made.services.catalog.apply(
            Document.model_validate(
                {
                    "providers": [{"slug": slug, "name": slug, "base_url": url} for slug in ("cheap", "dear")],
                    "models": [
                        model("one", endpoint("dear")),
                        model("two", endpoint("cheap")),
                        model("known", endpoint("dear", cost={"prompt": "0.0000005", "completion": "0.000001"})),
                        model("gift:free", endpoint("dear", pricing={"prompt": "0", "completion": "0"})),
                        model("weak", endpoint("cheap", "text?fail=truncate&at=3"), endpoint("dear")),
                    ],
                }
            )
        )
    )
    prices = made.services.prices
    made.call(prices.add_rule(model="shop/*", markup="0.3"))
    made.call(prices.add_rule(model="shop/two", provider="cheap", markup="0.1"))
    made.call(prices.add_rule(account_group="resellers", discount="0.05"))
    yield made
    made.check()
    made.stop(within=1)


@pytest.fixture(scope="module")
def boss(shop: Harness) -> Iterator[httpx.Client]:
    """An operator's browser."""
    with shop.browser("boss@prices.test", is_operator=True) as client:
        yield client


RULES = "/api/admin/pricing/rules"


def _row(caller: Caller, generation_id: str) -> Any:
    return caller.generation(generation_id)


def _due(usage: dict[str, Any], factor: str) -> int:
    """By fractions, rounded half to even once."""
    listed = sum(Fraction(LISTED[name]) * usage.get(f"{name}_tokens", 0) for name in ("prompt", "completion"))
    return round((listed + Fraction(LISTED["request"])) * Fraction(factor) * 10**9)


@BOTH
@pytest.mark.parametrize(("name", "group", "factor"), [
    ("one", None, "1.3"),
    ("two", None, "1.1"),
    ("one", "resellers", "1.235"),
    ("two", "resellers", "1.045"),
    ("one", "strangers", "1.3"),
])  # fmt: skip
def test_a_factor_and_one_rounding(shop: Harness, name: str, group: str | None, factor: str, *, stream: bool) -> None:
    caller = shop.caller("1")
    shop.call(shop.services.credits.set_group(caller.account_id, group))
    answer = caller.chat("fake: tokens=7 prompt_tokens=13", f"shop/{name}", stream=stream)
    assert answer.status == 200
    row = _row(caller, answer.id)
    assert row.cost == _due(answer.usage, factor) == caller.used
    assert row.upstream_cost == _due(answer.usage, "1")
    assert Fraction(row.price_factor) == Fraction(factor)
    found = shop.call(explain(shop.services, row.id, caller.account_id))
    assert [line.what for line in found.lines] == ["prompt", "completion", "request"]
    assert sum(line.amount for line in found.lines) == found.charged == row.cost
    assert found.adjustment == 0


def test_the_public_list_shows_what_is_charged(shop: Harness) -> None:
    caller = shop.caller("1")
    cards = {card["id"]: card["pricing"] for card in caller.get("/models").json()["data"]}
    assert cards["shop/one"]["prompt"] == "0.0000013"
    assert cards["shop/two"]["completion"] == "0.0000022"


def test_an_account_sees_the_prices_of_its_group(shop: Harness) -> None:
    caller = shop.caller("1")
    shop.call(shop.services.credits.set_group(caller.account_id, "resellers"))
    shown = {"authorization": f"Bearer {caller.key}"}
    own = shop.http.get("/api/app/prices", headers=shown)
    assert own.headers["cache-control"] == "private, no-store"
    prices = own.json()["data"]
    assert prices["shop/one"]["prompt"] == "0.000001235"
    assert prices["shop/two"]["completion"] == "0.00000209"
    assert "shop/gift:free" not in prices
    assert shop.http.get("/api/app/prices/shop/two", headers=shown).json()["data"] == {"cheap": prices["shop/two"]}

    # What is charged is what was shown.
    assert caller.chat("fake: tokens=7 prompt_tokens=13", "shop/one").status == 200
    due = 13 * Fraction(prices["shop/one"]["prompt"]) + 7 * Fraction(prices["shop/one"]["completion"])
    assert caller.used == round((due + Fraction(prices["shop/one"]["request"])) * 10**9)

    # Nobody else sees them: not the public, not an account in no group or in one without rules.
    assert shop.http.get("/api/app/prices").json()["data"] == {}
    assert shop.http.get("/api/app/prices/shop/two").json()["data"] == {}
    for group in (None, "strangers"):
        shop.call(shop.services.credits.set_group(caller.account_id, group))
        assert shop.http.get("/api/app/prices", headers=shown).json()["data"] == {}
    assert shop.http.get("/api/app/prices/no/such", headers=shown).json()["data"] == {}


def test_a_free_model_never_turns_paid(shop: Harness) -> None:
    caller = shop.caller("1")
    answer = caller.chat("fake: tokens=7", "shop/gift:free")
    assert answer.status == 200
    assert caller.used == 0


def test_a_cost_of_its_own_is_not_marked_up(shop: Harness) -> None:
    caller = shop.caller("1")
    answer = caller.chat("fake: tokens=7 prompt_tokens=13", "shop/known")
    assert _row(caller, answer.id).upstream_cost == 13 * 500 + 7 * 1000


def test_an_old_charge_is_explained_by_its_old_prices(shop: Harness) -> None:
    caller = shop.caller("1")
    rule = shop.call(shop.services.prices.add_rule(model="shop/one", markup="1"))
    answer = caller.chat("fake: tokens=7 prompt_tokens=13", "shop/one")
    before = shop.call(explain(shop.services, answer.id, caller.account_id))
    shop.call(shop.services.prices.retire_rule(rule.id))
    again = caller.chat("fake: tokens=7 prompt_tokens=13", "shop/one")
    assert _row(caller, again.id).cost < _row(caller, answer.id).cost
    assert shop.call(explain(shop.services, answer.id, caller.account_id)) == before
    told = caller.get(f"/generation/cost?id={answer.id}").json()["data"]
    assert told["factor"] == "2/1"
    assert [line["component"] for line in told["lines"]] == ["prompt", "completion", "request"]
    amounts = sum(Fraction(line["amount"]) for line in told["lines"])
    assert amounts + Fraction(told["adjustment"]) == Fraction(told["total"]) == Fraction(str(answer.usage["cost"]))


def test_what_could_not_be_paid_is_a_line_of_its_own(shop: Harness) -> None:
    caller = shop.caller("0.001")
    answer = caller.chat("fake: prompt_tokens=5000 tokens=3", "shop/one", max_tokens=9)
    row = _row(caller, answer.id)
    assert row.shortfall > 0
    found = shop.call(explain(shop.services, row.id, caller.account_id))
    assert found.adjustment == -row.shortfall
    assert sum(line.amount for line in found.lines) + found.adjustment == row.cost


@BOTH
def test_a_stream_that_breaks_is_free_and_its_cost_is_kept(shop: Harness, *, stream: bool) -> None:
    caller, mark = shop.caller("1"), marker()
    body: dict[str, Any] = {"provider": {"order": ["cheap"], "allow_fallbacks": False}}
    answer = caller.chat(f"fake: tokens=9 marker={mark}", "shop/weak", stream=stream, **body)
    assert caller.used == 0
    row = _row(caller, answer.id)
    assert (row.status, row.cost) == ("error", 0)
    if stream:
        assert row.wasted_cost > 0


def test_the_margin_reconciles_with_the_ledger(shop: Harness, boss: httpx.Client) -> None:
    caller = shop.caller("1")
    for name in ("one", "two", "known"):
        assert caller.chat("fake: tokens=5", f"shop/{name}").status == 200
    for by in ("model", "provider", "day"):
        report = shop.call(shop.services.usage.margin(by))  # type: ignore[arg-type]
        assert report.fault is None
        assert report.total.revenue == sum(line.revenue for line in report.lines) == report.ledger_revenue
        assert report.ledger_cost == report.total.revenue - report.total.margin
    names = {line.name for line in shop.call(shop.services.usage.margin("provider")).lines}
    assert {"cheap", "dear"} <= names
    [today] = shop.call(shop.services.usage.margin("day", since_ms=0, until_ms=2**50)).lines
    assert today.revenue == report.total.revenue
    for by in ("model", "provider"):
        days = boss.get(f"/api/admin/margins/days?by={by}").json()["data"]
        assert len({(each["day"], each["name"]) for each in days}) == len(days) > 1
        sums = [sum(Fraction(each[name]) for each in days) * 10**9 for name in ("revenue", "cost", "margin")]
        assert sums == [report.total.revenue, report.total.cost + report.total.wasted, report.total.margin]


@pytest.mark.parametrize(
    "parts", [{}, {"markup": "-0.1"}, {"markup": "x"}, {"discount": "1.5"}, {"markup": "1/0"}, {"discount": "-1"}]
)
def test_parts_that_make_no_price_are_refused(shop: Harness, parts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"mark-up|discount"):
        shop.call(shop.services.prices.add_rule(**parts))


def test_a_rule_of_the_api_changes_the_next_charge_and_no_cost(shop: Harness, boss: httpx.Client) -> None:
    """Added, changed and ended while the server runs; each time at once, for the group's accounts only, on record."""
    caller, other = shop.caller("1"), shop.caller("1")

    def charged(who: Caller) -> tuple[Fraction, int | None]:
        answer = who.chat("fake: tokens=7 prompt_tokens=13", "shop/known")
        row = _row(who, answer.id)
        assert row.cost == _due(answer.usage, row.price_factor or "1")
        return Fraction(row.price_factor or 1), row.upstream_cost

    cost = 13 * 500 + 7 * 1000
    usual = (Fraction("1.3"), cost)
    given = boss.put(f"/api/admin/accounts/{caller.account_id}/group", json={"group": " gold "})
    assert (given.status_code, given.json()) == (200, {"group": "gold"})
    assert charged(caller) == usual
    rule = {"group": "gold", "model": "shop/known", "markup": "0.1"}
    made = boss.post(RULES, json=rule)
    assert made.status_code == 201, made.text
    first = made.json()
    assert {**first, **rule} == first
    assert (first["of_a_dollar"], first["endpoints"], first["discount"]) == ("1.1", 1, None)
    assert (charged(caller), charged(other)) == ((Fraction("1.1"), cost), usual)
    quoted = boss.get("/api/admin/pricing/quote?model=shop/known&group=gold").json()["data"][0]
    prices = [quoted[name]["prompt"] for name in ("listed", "charged", "cost")]
    assert (prices, quoted["rules"]) == (["0.000001", "0.0000011", "0.0000005"], [first["id"]])

    assert boss.post(RULES, json=rule).status_code == 409
    path = f"{RULES}/{first['id']}"
    second = boss.put(path, json={**rule, "markup": "0.150", "discount": "0.02"}).json()
    assert (second["of_a_dollar"], second["id"] != first["id"]) == ("1.127", True)
    assert charged(caller) == (Fraction("1.127"), cost)
    assert boss.put(path, json=rule).status_code == boss.delete(path).status_code == 404
    assert {"name": "gold", "accounts": 1, "rules": 1} in boss.get("/api/admin/pricing/groups").json()["data"]
    assert boss.get(f"/api/admin/accounts/{caller.account_id}").json()["group"] == "gold"
    listed = boss.get("/api/admin/accounts?group=gold").json()["data"]
    assert [each["id"] for each in listed] == [caller.account_id]

    assert boss.delete(f"{RULES}/{second['id']}").status_code == 204
    assert charged(caller) == usual
    assert second["id"] not in {each["id"] for each in boss.get(RULES).json()["data"]}
    entries = boss.get("/api/admin/audit?action=PUT /admin/pricing").json()["data"]
    assert [(each["before"]["markup"], each["after"]["markup"]) for each in entries] == [("0.1", "0.150")]
    (grouped,) = boss.get(f"/api/admin/audit?subject={caller.account_id}").json()["data"]
    assert (grouped["before"], grouped["after"]) == ({"group": None}, {"group": "gold"})
    told = [change[1:] for change in shop.call(shop.services.database.read(lambda each: changes.since(each, 0)))]
    assert told.count(("catalog", "*")) >= 3
    assert ("credits", caller.account_id) in told


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"model": "shop/*"},
        {"markup": "20%"},
        {"markup": "-0.1"},
        {"markup": "1e2"},
        {"markup": "100.1"},
        {"markup": "0.1234567891"},
        {"markup": 0.2},
        {"discount": "1.01"},
        {"markup": "0.1", "model": "shop/[ab]"},
        {"markup": "0.1", "provider": "Not A Slug"},
        {"markup": "0.1", "group": "a\nb"},
    ],
)
def test_the_api_takes_exact_rules_only(shop: Harness, boss: httpx.Client, wrong: dict[str, Any]) -> None:
    before = shop.call(shop.services.prices.rules())
    answer = boss.post(RULES, json=wrong)
    assert answer.status_code == 400, answer.text
    assert shop.call(shop.services.prices.rules()) == before


def test_a_budget_is_refused_at_every_door(harness: Harness) -> None:
    """403 in the caller's own dialect, before a provider is called."""
    caller, mark = harness.caller("1"), marker()
    put = harness.services.budgets.put
    harness.call(put(caller.account_id, "account", caller.account_id, 1000, "monthly"))
    words = [{"role": "user", "content": f"fake: marker={mark}"}]
    doors = {
        "/api/v1/chat/completions": {"messages": words, "max_tokens": 900},
        "/api/v1/messages": {"messages": words, "max_tokens": 900},
        "/api/v1/responses": {"input": words, "max_output_tokens": 900},
        "/api/v1/completions": {"prompt": f"fake: marker={mark}", "max_tokens": 900},
    }
    for path, body in doors.items():
        answer = caller.post(json.dumps({"model": "fake/text", **body}).encode(), path=path)
        assert answer.status == 403, (path, answer.content)
        assert b"Account monthly budget of $0.00 exceeded" in answer.content
        assert "retry-after" not in answer.headers
    assert harness.records(mark) == []
    assert caller.chat(model="fake/free:free").status == 200
