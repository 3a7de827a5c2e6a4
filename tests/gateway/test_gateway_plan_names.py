"""From a name to models: variants, aliases, the newest of a family, models that are picked, lists of fallbacks."""

from __future__ import annotations

from typing import Any

import pytest
from plan_samples import Seen, endpoint, model, plan, snapshot, tags, wish

from modelport.catalog.snapshot import Architecture
from modelport.errors import BadRequest, NotFound, UnknownModel

IMAGES = Architecture(input_modalities=("text", "image"))
VECTORS = Architecture(output_modalities=("embeddings",))
OF = snapshot(
    model(
        "a/m",
        endpoint("cheap", 1),
        endpoint("quick", 4),
        endpoint("cheap", 8, tag="cheap/priority", service_tier="priority"),
        endpoint("cheap", 0.5, tag="cheap/flex", service_tier="flex"),
        aliases=("a/old-name",),
    ),
    model("a/m:free", endpoint("gratis", 0)),
    model("b/sonnet-4", endpoint("x", 5), created=10),
    model("b/sonnet-4.5", endpoint("x", 5), created=20),
    model("b/sonnetette-9", endpoint("x", 6), created=99),
    model("c/long", endpoint("short", 1), endpoint("longer", 9, context_length=900_000)),
    model("d/sees:free", endpoint("gratis", 0), architecture=IMAGES),
    model("e/vectors", endpoint("x", 1), architecture=VECTORS),
    model("f/nowhere", expiration_date="2026-01-01"),
)
SEEN = Seen(speeds={"quick": 90, "cheap": 10, "cheap/priority": 50})


def models_of(made: Any) -> list[str]:
    return [each.model_id for each in made.attempts]


class TestVariants:
    """Suffixes that change how a model is routed, or that are models of their own."""

    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("a/m:nitro", ["quick", "cheap/priority", "cheap"]),
            ("a/m:floor", ["cheap/flex", "cheap", "quick"]),
            ("a/m:floor:nitro", ["quick", "cheap/priority", "cheap", "cheap/flex"]),
            ("a/m:nitro:floor", ["cheap/flex", "cheap", "quick", "cheap/priority"]),
            ("a/m:free", ["gratis"]),
            ("a/m:free:online", ["gratis"]),
            ("a/m:online:free", ["gratis"]),
            ("a/old-name:floor", ["cheap/flex", "cheap", "quick"]),
        ],
    )
    def test_routing(self, name: str, found: list[str]) -> None:
        assert tags(plan(OF, wish(name), health=SEEN, most=5)) == found

    def test_what_the_name_said_is_told(self) -> None:
        made = plan(OF, wish("a/m:free:nitro"))
        assert (made.variants, made.sort, made.requested) == (("free", "nitro"), "throughput", "a/m:free:nitro")

    def test_one_that_the_catalogue_lacks(self) -> None:
        with pytest.raises(NotFound) as raised:
            plan(OF, wish("c/long:free"))
        availability: Any = raised.value.metadata["availability"]
        assert (availability["code"], availability["fallback_models"]) == ("free_variant_ended", ["c/long"])
        assert tags(plan(OF, wish("c/long:extended")))[0] == "longer"
        assert models_of(plan(OF, wish("c/long:thinking")))[0] == "c/long"

    @pytest.mark.parametrize("name", ["a/m:free:batch", "a/m:quick", "a/none", "a/none:nitro", "a/none:free", ""])
    def test_nonsense(self, name: str) -> None:
        with pytest.raises(BadRequest):
            plan(OF, wish(name))


class TestTiers:
    """Endpoints of a service tier serve those who ask for the tier."""

    @pytest.mark.parametrize(
        ("fields", "first", "among"),
        [
            ({}, None, {"cheap", "quick"}),
            ({"service_tier": "auto"}, None, {"cheap", "quick"}),
            ({"service_tier": "priority"}, "cheap/priority", {"cheap", "quick", "cheap/priority"}),
            ({"service_tier": "fast"}, "cheap/priority", {"cheap", "quick", "cheap/priority"}),
            ({"service_tier": "flex"}, "cheap/flex", {"cheap/flex"}),
            ({"provider": {"order": ["cheap/priority"]}}, "cheap/priority", {"cheap", "quick", "cheap/priority"}),
            ({"provider": {"order": ["cheap"]}}, "cheap", {"cheap", "quick"}),
        ],
    )
    def test_each(self, fields: dict[str, Any], first: str | None, among: set[str]) -> None:
        made = tags(plan(OF, wish(**fields), most=5))
        assert set(made) == among
        assert first is None or made[0] == first

    def test_flex_without_flex_endpoints_goes_the_usual_way(self) -> None:
        assert tags(plan(OF, wish("b/sonnet-4", service_tier="flex"))) == ["x"]


class TestNames:
    """Names that are not a model's own."""

    def test_aliases_and_the_newest_of_a_family(self) -> None:
        alias = plan(OF, wish("a/old-name"))
        assert (alias.strategy, models_of(alias)[0]) == ("alias", "a/m")
        latest = plan(OF, wish("~b/sonnet-latest"))
        assert (latest.strategy, models_of(latest)) == ("latest", ["b/sonnet-4.5"])
        assert models_of(plan(OF, wish("~b/sonnet-latest:nitro"))) == ["b/sonnet-4.5"]
        with pytest.raises(UnknownModel):
            plan(OF, wish("~b/opus-latest"))

    def test_without_an_author(self) -> None:
        """As callers of other gateways say them."""
        assert models_of(plan(OF, wish("sonnet-4.5"))) == ["b/sonnet-4.5"]
        assert plan(OF, wish("sonnet-4.5")).strategy == "alias"
        assert models_of(plan(OF, wish("m:free"))) == ["a/m:free"]
        assert plan(OF, wish("m:floor")).sort == "price"
        twice = snapshot(model("a/m", endpoint("x", 1)), model("b/m", endpoint("y", 1)), model("c/n", endpoint("z", 1)))
        for name in ("m", "sonnet", "", "a/", "/m"):
            with pytest.raises((UnknownModel, BadRequest)):
                plan(twice, wish(name))

    def test_another_door(self) -> None:
        with pytest.raises(BadRequest) as raised:
            plan(OF, wish("e/vectors"))
        availability: Any = raised.value.metadata["availability"]
        assert availability["code"] == "wrong_endpoint"

    def test_a_model_that_nobody_serves_any_more(self) -> None:
        with pytest.raises(NotFound) as raised:
            plan(OF, wish("f/nowhere"))
        availability: Any = raised.value.metadata["availability"]
        assert availability["code"] == "model_deprecated"


class TestFallbackModels:
    """`models`: the others are tried in turn, and each gets its attempt."""

    def test_attempts_are_shared_out(self) -> None:
        both = ["a/m", "c/long"]
        assert models_of(plan(OF, wish(both), most=3)) == ["a/m", "a/m", "c/long"]
        assert models_of(plan(OF, wish([*both, "b/sonnet-4"]), most=2)) == ["a/m", "c/long", "b/sonnet-4"]
        assert models_of(plan(OF, wish(["a/m", "a/m"]), most=3)) == ["a/m", "a/m"]

    def test_one_that_can_not_serve_is_passed_over(self) -> None:
        asked = wish(["b/sonnet-4", "a/m"], provider={"only": ["cheap"]})
        assert models_of(plan(OF, asked)) == ["a/m"]

    def test_they_may_be_sorted_as_one(self) -> None:
        asked = wish(["b/sonnet-4", "a/m"], provider={"sort": {"by": "price", "partition": "none"}})
        assert tags(plan(OF, asked)) == ["cheap", "quick", "x"]


class TestPicked:
    """Routers that choose the model."""

    @pytest.mark.parametrize("name", ["openrouter/auto", "modelport/auto", "modelport/auto:floor"])
    def test_auto_takes_the_low_band_by_default(self, name: str) -> None:
        made = plan(OF, wish(name))
        assert made.strategy == "auto"
        assert models_of(made)[0] in {"a/m", "c/long"}

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            ({"allowed_models": ["b/*"], "cost_tier": "max"}, "b/sonnetette-9"),
            ({"allowed_models": ["b/*", "c/*"], "excluded_models": ["*ette*", "c/*"]}, "b/sonnet-4.5"),
            ({"pin_model": "c/long"}, "c/long"),
        ],
    )
    def test_auto_keeps_to_what_is_allowed(self, options: dict[str, Any], found: str) -> None:
        made = plan(OF, wish("modelport/auto", plugins=[{"id": "web"}, {"id": "auto-router", **options}]))
        assert models_of(made)[0] == found
        assert set(models_of(plan(OF, wish("modelport/auto", plugins=[{"id": "other", **options}])))) <= {
            "a/m",
            "c/long",
        }

    def test_nothing_is_left(self) -> None:
        plugins = [{"id": "auto-router", "allowed_models": ["z/*"]}]
        with pytest.raises(NotFound, match="No models match your request and model restrictions"):
            plan(OF, wish("openrouter/auto", plugins=plugins))

    def test_free_takes_what_can_serve_the_request(self) -> None:
        found = {models_of(plan(OF, wish("openrouter/free"), seed=seed))[0] for seed in range(20)}
        assert found == {"a/m:free", "d/sees:free"}
        picture = [{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]
        asked = wish("modelport/free", messages=[{"role": "user", "content": picture}])
        made = plan(OF, asked)
        assert (made.strategy, models_of(made)) == ("free", ["d/sees:free"])
        assert made.is_free
