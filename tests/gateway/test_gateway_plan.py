"""The plan: which endpoints may serve a request, in which order, and why the others may not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_samples import Seen, endpoint, gone, model, plan, snapshot, tags, wish

from modelport.errors import BadRequest, NotFound, TooManyRequests, Unavailable
from modelport.gateway.plan_health import DEGRADED, DOWN, RESTING
from modelport.gateway.wish import Sticky
from modelport.providers.provider import DataPolicy, Provider
from modelport.routing.policy import Defaults, Rule, RuleBook, merged

THREE = snapshot(model("a/m", endpoint("cheap", 1), endpoint("middle", 3), endpoint("dear", 10)))


def firsts(n: int = 4000, **more: Any) -> Counter[str]:
    return Counter(tags(plan(THREE, seed=seed, **more))[0] for seed in range(n))


class TestTheDraw:
    """Without a preference the first is drawn by one over the price squared."""

    def test_its_distribution(self) -> None:
        """Chi-squared against 1/price^2: 100 : 11.1 : 1 for prices of 1, 3 and 10."""
        n = 20_000
        found = firsts(n)
        weights = {"cheap": 1.0, "middle": 1 / 9, "dear": 1 / 100}
        whole = sum(weights.values())
        chi = sum((found[tag] - n * w / whole) ** 2 / (n * w / whole) for tag, w in weights.items())
        assert chi < 13.8, found  # p = 0.001 with two degrees of freedom; the seeds are fixed

    def test_the_others_follow_by_the_same_draw(self) -> None:
        seconds = Counter(made[1] for seed in range(4000) if (made := tags(plan(THREE, seed=seed)))[0] == "cheap")
        assert 8 < seconds["middle"] / seconds["dear"] < 15  # (1/9) / (1/100)

    def test_a_price_of_nothing_comes_first(self) -> None:
        of = snapshot(model("a/m", endpoint("free", 0), endpoint("paid", 1)))
        assert all(tags(plan(of, seed=seed)) == ["free", "paid"] for seed in range(50))

    def test_the_weights_are_in_the_reasons(self) -> None:
        made = plan(THREE)
        by_tag = {step.endpoint: step for step in made.steps}
        assert by_tag["cheap"].weight is not None
        assert by_tag["middle"].weight is not None
        assert by_tag["cheap"].weight / by_tag["middle"].weight == pytest.approx(9)
        assert [step.position for step in made.steps] == [0, 1, 2]
        assert made.steps == sorted(made.steps, key=lambda step: step.draw or 0)

    def test_attempts_are_bounded(self) -> None:
        assert len(plan(THREE, most=2).attempts) == 2
        assert len(plan(THREE, wish(provider={"allow_fallbacks": False})).attempts) == 1


class TestFilters:
    """What takes an endpoint out."""

    @pytest.mark.parametrize(
        ("fields", "out"),
        [
            ({"provider": {"only": ["x"]}}, {"y": "only", "y/turbo": "only"}),
            ({"provider": {"only": ["X Inc"]}}, {"y": "only", "y/turbo": "only"}),
            ({"provider": {"only": ["y/turbo"]}}, {"x": "only", "y": "only"}),
            ({"provider": {"ignore": ["y"]}}, {"y": "ignore", "y/turbo": "ignore"}),
            ({"provider": {"order": ["y/turbo"], "allow_fallbacks": False}}, {"x": "order", "y": "order"}),
            ({"provider": {"quantizations": ["fp8"]}}, {"x": "quantizations", "y": "quantizations"}),
            ({"provider": {"quantizations": ["unknown"]}}, {"y/turbo": "quantizations"}),
            ({"provider": {"zdr": True}}, {"y": "zdr", "y/turbo": "zdr"}),
            ({"provider": {"data_collection": "deny"}}, {"y": "data_collection", "y/turbo": "data_collection"}),
            ({"provider": {"max_price": {"prompt": 1.5}}}, {"y": "max_price"}),
            ({"provider": {"max_price": {"completion": "1.5"}}}, {"y": "max_price"}),
            ({"max_tokens": 10_000}, {"y/turbo": "max_tokens"}),
            ({"tools": [{"type": "function", "function": {"name": "f"}}]}, {"y/turbo": "parameters"}),
            ({"top_k": 3, "provider": {"require_parameters": True}}, {"x": "require_parameters"}),
            ({"messages": [{"role": "user", "content": "x " * 40_000}]}, {"y/turbo": "context_length"}),
        ],
    )
    def test_each(self, fields: dict[str, Any], out: dict[str, str]) -> None:
        turbo: dict[str, Any] = {
            "quantization": "mxfp8",
            "max_completion_tokens": 100,
            "supported_parameters": frozenset({"max_tokens", "top_k"}),
            "context_length": 8_000,
        }
        of = snapshot(
            model(
                "a/m",
                endpoint("x", 1, data_policy=DataPolicy(training=False, retains_prompts=False)),
                endpoint("y", 2, supported_parameters=frozenset({"tools", "top_k", "max_tokens"})),
                endpoint("y", 1, tag="y/turbo", **turbo),
            )
        )
        made = plan(of, wish(**fields))
        assert gone(made) == out
        assert set(tags(made)) == {"x", "y", "y/turbo"} - out.keys()

    def test_distillable_is_the_models(self) -> None:
        asked = wish(provider={"enforce_distillable_text": True})
        assert plan(snapshot(model("a/m", endpoint("x"), is_distillable=True)), asked).attempts
        with pytest.raises(NotFound):
            plan(THREE, asked)

    def test_a_single_endpoint_is_held_to_the_same(self) -> None:
        of = snapshot(model("a/m", endpoint("x", max_completion_tokens=100)))
        assert plan(of, wish(max_tokens=100)).attempts
        with pytest.raises(NotFound):
            plan(of, wish(max_tokens=101))

    def test_a_provider_that_is_not_up_yet_is_503(self) -> None:
        down = Provider(slug="down", name="Down", dialect="openai_chat", base_url="")
        with pytest.raises(Unavailable) as raised:
            plan(snapshot(model("a/m", endpoint("down", provider=down))))
        assert raised.value.retry_after is not None
        both = snapshot(model("a/m", endpoint("down", provider=down), endpoint("up")))
        assert tags(plan(both)) == ["up"]

    @pytest.mark.parametrize(
        ("provider", "code", "excluded_by", "words"),
        [
            ({"only": ["none"]}, "constraint_filtered", ["allowed_providers"], "permits only: none"),
            ({"zdr": True}, "privacy_restricted", ["data_policy:zdr"], "data policy (Zero data retention)"),
            ({"max_price": {"prompt": 0.1}}, "constraint_filtered", ["max_price"], "No endpoints found for a/m"),
            (
                {"order": ["none"], "allow_fallbacks": False},
                "constraint_filtered",
                ["allowed_providers"],
                "manual order",
            ),
        ],
    )
    def test_what_is_told_when_nothing_is_left(
        self, provider: dict[str, Any], code: str, excluded_by: list[str], words: str
    ) -> None:
        with pytest.raises(NotFound, match="No ") as raised:
            plan(THREE, wish(provider=provider))
        availability: Any = raised.value.metadata["availability"]
        assert (availability["code"], availability["excluded_by"]) == (code, excluded_by)
        assert availability["affected_providers"] == ["cheap", "dear", "middle"]
        assert words in raised.value.message
        told: Any = raised.value.metadata["left_out"]  # for who words it anew
        assert {each["endpoint"] for each in told} == {"cheap", "dear", "middle"}
        assert {each["why"] for each in told} == {next(name for name in provider if name != "allow_fallbacks")}

    def test_a_price_that_is_no_number_is_the_callers_fault(self) -> None:
        with pytest.raises(BadRequest, match=r"max_price\.prompt"):
            plan(THREE, wish(provider={"max_price": {"prompt": "cheap"}}))


class TestOrder:
    """What replaces the draw, and what stands before it."""

    def test_named_ones_come_first_and_the_others_stay_as_fallbacks(self) -> None:
        assert tags(plan(THREE, wish(provider={"order": ["dear", "middle"]}))) == ["dear", "middle", "cheap"]

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("price", ["cheap", "middle", "dear"]),
            ({"by": "latency"}, ["dear", "middle", "cheap"]),
            ("throughput", ["middle", "dear", "cheap"]),
        ],
    )
    def test_sorts(self, sort: Any, order: list[str]) -> None:
        seen = Seen(seconds={"dear": 0.1, "middle": 0.2}, speeds={"middle": 90, "dear": 50})
        assert tags(plan(THREE, wish(provider={"sort": sort}), health=seen)) == order

    def test_an_unknown_sort_is_refused(self) -> None:
        with pytest.raises(BadRequest, match="sort"):
            plan(THREE, wish(provider={"sort": "colour"}))

    @pytest.mark.parametrize("standing", [DEGRADED, DOWN, RESTING])
    def test_outages_come_last_whatever_they_cost(self, standing: int) -> None:
        seen = Seen({"cheap": standing})
        assert all(tags(plan(THREE, seed=seed, health=seen))[-1] == "cheap" for seed in range(40))

    def test_an_order_is_kept_through_an_outage_but_not_into_certain_failure(self) -> None:
        asked = wish(provider={"order": ["dear"]})
        assert tags(plan(THREE, asked, health=Seen({"dear": DOWN})))[0] == "dear"
        assert tags(plan(THREE, asked, health=Seen({"dear": RESTING})))[-1] == "dear"

    def test_where_all_are_out_the_best_is_still_tried(self) -> None:
        assert len(plan(THREE, health=Seen(dict.fromkeys(("cheap", "middle", "dear"), RESTING))).attempts) == 3

    def test_where_all_said_when_they_are_back_nobody_is_asked(self) -> None:
        with pytest.raises(TooManyRequests) as raised:
            plan(THREE, health=Seen(waits={"cheap": 40, "middle": 20.5, "dear": 90}))
        assert raised.value.retry_after == 21

    def test_a_slow_one_is_put_behind(self) -> None:
        seen = Seen(seconds={"cheap": 5.0, "middle": 0.5})
        made = plan(THREE, health=seen)
        assert tags(made)[-1] == "cheap"
        assert {step.endpoint: step.notes for step in made.steps}["cheap"] == ("slow",)
        assert tags(plan(THREE, seed=3, health=Seen(seconds={"cheap": 1.2, "middle": 0.5})))[-1] != "cheap"

    def test_preferred_thresholds_only_put_behind(self) -> None:
        seen = Seen(seconds={"cheap": 2.0}, speeds={"middle": 10})
        limits = {"preferred_max_latency": 1, "preferred_min_throughput": {"p50": 20}}
        made = plan(THREE, wish(provider=limits), health=seen)
        assert tags(made)[0] == "dear"
        assert len(made.attempts) == 3

    def test_what_lacks_a_wanted_format_is_put_behind(self) -> None:
        of = snapshot(model("a/m", endpoint("x", 1, supported_parameters=frozenset({"seed"})), endpoint("y", 5)))
        assert tags(plan(of, wish(response_format={"type": "json_object"}))) == ["y", "x"]

    def test_tools_go_by_quality_where_enough_is_known(self) -> None:
        of = snapshot(model("a/m", *[endpoint(slug, 1) for slug in "pqrstu"]))
        speeds = dict.fromkeys("pqrstu", 100.0) | {"p": 1.0}
        asked = wish(tools=[{"type": "function", "function": {"name": "f"}}])
        assert all("p" not in tags(plan(of, asked, seed=s, most=5, health=Seen(speeds=speeds))) for s in range(20))
        calls = dict.fromkeys("pqrstu", 0.98) | {"p": 0.2}
        assert all("p" not in tags(plan(of, asked, seed=s, most=5, health=Seen(calls=calls))) for s in range(20))
        sorted_by_price = wish(tools=asked.parameters and [{"type": "function"}], provider={"sort": "price"})
        assert tags(plan(of, sorted_by_price, health=Seen(speeds=speeds)))[0] == "p"


class TestConversations:
    """A conversation stays where its prompt is cached, while that is the cheapest."""

    OF = snapshot(model("a/m", endpoint("x", 2, cache_read=0.1), endpoint("y", 1.6)))

    def sticky(self, share: float) -> Any:
        asked = wish()
        asked.sticky = Sticky("ep_a/m_x", share)
        return asked

    def test_it_stays_while_the_discount_pays(self) -> None:
        made = [plan(self.OF, self.sticky(0.9), seed=seed) for seed in range(40)]
        assert all(tags(each)[0] == "x" for each in made)
        assert made[0].steps[0].notes == ("cache",)

    def test_a_smaller_discount_counts_in_the_draw(self) -> None:
        without = Counter(tags(plan(self.OF, seed=seed))[0] for seed in range(2000))
        some = Counter(tags(plan(self.OF, self.sticky(0.3), seed=seed))[0] for seed in range(2000))
        assert without["x"] < some["x"] < 2000

    def test_not_with_an_order_nor_into_an_outage(self) -> None:
        asked = self.sticky(0.9)
        assert tags(plan(self.OF, asked, health=Seen({"x": DOWN})))[0] == "y"
        ordered = wish(provider={"order": ["y"]})
        ordered.sticky = Sticky("ep_a/m_x", 0.9)
        assert tags(plan(self.OF, ordered))[0] == "y"


class TestRules:
    """The operator's rules by model, and an account's defaults."""

    def test_pin_exclude_and_weight(self) -> None:
        pin = RuleBook([Rule("a/*", "pin", ("dear",))])
        assert all(tags(plan(THREE, seed=seed, rules=pin))[0] == "dear" for seed in range(20))
        exclude = RuleBook([Rule("a/m", "exclude", ("cheap",)), Rule("b/*", "exclude", ("dear",))])
        assert gone(plan(THREE, rules=exclude)) == {"cheap": "rule"}
        weight = RuleBook([Rule("*", "weight", ("dear",), 1e6)])
        assert firsts(200, rules=weight)["dear"] > 190
        assert RuleBook([Rule("b/*", "pin", ("x",))]).effects("a/m") is None

    def test_an_accounts_defaults_never_loosen(self) -> None:
        def preferences(**fields: Any) -> Any:
            return wish(provider=fields).preferences

        account = preferences(only=["x", "y"], ignore=["q"], data_collection="deny", sort="price", zdr=True)
        both = merged(
            preferences(only=["y/turbo", "z"], ignore=["p"], data_collection="allow", sort="latency"), account
        )
        assert both is not None
        assert (both.only, both.ignore, both.sort) == (["y/turbo"], ["q", "p"], "latency")
        assert (both.data_collection, both.zdr) == ("deny", True)
        assert merged(None, account) is account
        assert merged(account, None) is account
        assert Defaults().provider is None


tag_lists = st.lists(st.sampled_from("pqrst"), min_size=1, max_size=5, unique=True)


@settings(max_examples=150, deadline=None)
@given(
    prices=st.lists(st.floats(0, 50), min_size=5, max_size=5),
    only=st.none() | tag_lists,
    ignore=st.none() | tag_lists,
    order=st.none() | tag_lists,
    most_paid=st.none() | st.floats(0.01, 60),
    sort=st.sampled_from([None, "price", "latency", "throughput", "exacto"]),
    standings=st.dictionaries(st.sampled_from("pqrst"), st.sampled_from([DEGRADED, DOWN, RESTING]), max_size=4),
    sticky=st.none() | st.sampled_from("pqrst"),
    seed=st.integers(0, 1000),
)
def test_whatever_is_asked(
    prices: list[float],
    only: list[str] | None,
    ignore: list[str] | None,
    order: list[str] | None,
    most_paid: float | None,
    sort: str | None,
    standings: dict[str, int],
    sticky: str | None,
    seed: int,
) -> None:
    """The same seed gives the same plan; excluded endpoints are never in it, nor any dearer than allowed; each
    endpoint has one reason; and what is down never stands before what is fine unless it was named.
    """
    of = snapshot(model("a/m", *[endpoint(tag, usd) for tag, usd in zip("pqrst", prices, strict=True)]))
    provider = {"only": only, "ignore": ignore, "order": order, "sort": sort}
    if most_paid is not None:
        provider["max_price"] = {"prompt": most_paid}  # type: ignore[assignment]

    def make() -> Any:
        asked = wish(provider=provider)
        asked.sticky = Sticky(f"ep_a/m_{sticky}", 0.5) if sticky else None
        return plan(of, asked, seed=seed, most=10, health=Seen(standings))

    try:
        made = make()
    except NotFound:
        left = set(only or "pqrst") - set(ignore or ())
        # Prices are kept to a billionth of a dollar: within that, which side of the limit one is on is rounding.
        limit = 99 if most_paid is None else most_paid - 1e-6
        assert not {tag for tag, usd in zip("pqrst", prices, strict=True) if tag in left and usd <= limit}
        return
    assert tags(make()) == tags(made)
    found = tags(made)
    assert len(set(found)) == len(found)
    assert only is None or set(found) <= set(only)
    assert not set(found) & set(ignore or ())
    assert most_paid is None or all(each.pricing.base.prompt <= most_paid * 1e9 for each in made.attempts)
    assert sorted(step.endpoint for step in made.steps) == list("pqrst")
    named = set(order or ())
    plain = [standings.get(tag, 0) for tag in found if tag not in named and tag != sticky]
    assert plain == sorted(plain)
