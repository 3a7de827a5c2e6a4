"""The filters of the public model list: each makes a test from its value, and a model must pass all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING

from modelport.catalog.about_entry import CATEGORIES
from modelport.catalog.checks import did_you_mean
from modelport.catalog.errors import BadQuery
from modelport.catalog.shelf import PRICE_SCALE
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelport.catalog.measured import Measured
    from modelport.catalog.snapshot import Shown

    Test = Callable[[Shown], bool]

__all__ = ["FILTERS", "MODALITIES", "STATUSES", "tests", "whole"]

MODALITIES = ("text", "image", "embeddings", "audio", "video", "rerank", "decisions", "speech", "transcription")
STATUSES = ("active", "inactive", "all")
_INPUTS = ("text", "image", "file", "audio", "video")
_EUROPEAN = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"  # the Union's members
_REGIONS = {"eu": frozenset(_EUROPEAN.split()), "us": frozenset({"US"})}


def tests(query: Mapping[str, str], measured: Measured) -> list[Test]:
    """Tests for what `query` asks; text models that can be called, where it doesn't say.

    Raises `BadQuery` for a value that can't be.
    """
    found = [make(query[name], measured) for name, make in FILTERS.items() if query.get(name)]
    if not query.get("status"):
        found.append(lambda shown: shown.is_active)
    if not query.get("output_modalities"):
        found.append(_outputs("text", measured))
    return found


def whole(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number from the query."""
    value = query.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 16 or not least <= int(value) <= most:
        raise BadQuery(
            f"`{name}` must be a whole number from {least} to {most}, and is {value!r}.",
            metadata={"rule": "whole", "name": name, "least": least, "most": most},
        )
    return int(value)


def _status(value: str, _: Measured) -> Test:
    wanted = _one("status", value, STATUSES)
    if wanted == "all":
        return lambda _: True
    return lambda shown: shown.is_active is (wanted == "active")


def _q(value: str, _: Measured) -> Test:
    word = value.strip().casefold()
    return lambda shown: word in shown.words


def _category(value: str, _: Measured) -> Test:
    wanted = _one("category", value, CATEGORIES)
    return lambda shown: wanted in shown.model.categories


def _parameters(value: str, _: Measured) -> Test:
    wanted = set(_words(value))
    return lambda shown: wanted <= set(shown.model.supported_parameters)


def _inputs(value: str, _: Measured) -> Test:
    wanted = set(_chosen("input_modalities", value, _INPUTS))
    return lambda shown: wanted <= set(shown.model.architecture.input_modalities)


def _outputs(value: str, _: Measured) -> Test:
    wanted = set(_chosen("output_modalities", value, (*MODALITIES, "all")))
    return lambda shown: "all" in wanted or not wanted.isdisjoint(shown.model.architecture.output_modalities)


def _context(value: str, _: Measured) -> Test:
    least = whole({"context": value}, "context", 1, 1, 2**53)
    return lambda shown: shown.model.context_length >= least


def _authors(value: str, _: Measured) -> Test:
    wanted = {word.casefold() for word in _words(value)}
    return lambda shown: shown.model.author.casefold().removeprefix("~") in wanted


def _providers(value: str, _: Measured) -> Test:
    wanted = {word.casefold() for word in _words(value)}
    return lambda shown: any(
        each.provider.slug in wanted or each.provider.name.casefold() in wanted for each in shown.model.endpoints
    )


def _arch(value: str, _: Measured) -> Test:
    wanted = value.casefold()
    return lambda shown: shown.model.architecture.tokenizer.casefold() == wanted


def _distillable(value: str, _: Measured) -> Test:
    wanted = _one("distillable", value, ("true", "false")) == "true"
    return lambda shown: shown.model.is_distillable is wanted


def _zdr(value: str, _: Measured) -> Test:
    _one("zdr", value, ("true",))
    return lambda shown: any(each.data_policy.is_zdr for each in shown.model.endpoints)


def _region(value: str, _: Measured) -> Test:
    countries = _REGIONS[_one("region", value, tuple(_REGIONS))]
    return lambda shown: any(not countries.isdisjoint(each.provider.datacenters) for each in shown.model.endpoints)


def _min_age(value: str, _: Measured) -> Test:
    newest = _days_ago("min_age_days", value)
    return lambda shown: shown.model.created <= newest


def _max_age(value: str, _: Measured) -> Test:
    oldest = _days_ago("max_age_days", value)
    return lambda shown: shown.model.created >= oldest


def _price(name: str) -> Callable[[str, Measured], Test]:
    least, output = name.startswith("min_"), name.endswith("_output_price")

    def make(value: str, _: Measured) -> Test:
        # Dollars per million tokens are 10^9 of what a price counts, and `Shown` counts finer by the scale.
        bound = _number(name, value, "a number of dollars per million tokens") * 10**9 * PRICE_SCALE
        if output:
            return (lambda shown: shown.completion >= bound) if least else (lambda shown: shown.completion <= bound)
        return (lambda shown: shown.prompt >= bound) if least else (lambda shown: shown.prompt <= bound)

    return make


def _index(name: str) -> Callable[[str, Measured], Test]:
    least, key = name.startswith("min_"), name[4:]

    def make(value: str, _: Measured) -> Test:
        bound = _number(name, value, "a number")

        def test(shown: Shown) -> bool:
            index = shown.model.benchmarks.get(key)
            return index is not None and (index >= bound if least else index <= bound)

        return test

    return make


def _tool_success(name: str) -> Callable[[str, Measured], Test]:
    least = name.startswith("min_")

    def make(value: str, measured: Measured) -> Test:
        bound = float(_number(name, value, "a number from 0 to 1"))  # as shares are counted
        if bound > 1:
            raise BadQuery(
                f"`{name}` must be a number from 0 to 1, and is {value!r}.", metadata={"rule": "share", "name": name}
            )

        def test(shown: Shown) -> bool:
            share = measured.tool_success(shown.model)
            return share is not None and (share >= bound if least else share <= bound)

        return test

    return make


_INDICES = tuple(f"{bound}_{kind}_index" for bound in ("min", "max") for kind in ("intelligence", "coding", "agentic"))
FILTERS: dict[str, Callable[[str, Measured], Test]] = {
    "status": _status,
    "q": _q,
    "category": _category,
    "supported_parameters": _parameters,
    "input_modalities": _inputs,
    "output_modalities": _outputs,
    "context": _context,
    **{name: _price(name) for name in ("min_price", "max_price", "min_output_price", "max_output_price")},
    "model_authors": _authors,
    "providers": _providers,
    "arch": _arch,
    "distillable": _distillable,
    "zdr": _zdr,
    "region": _region,
    "min_age_days": _min_age,
    "max_age_days": _max_age,
    **{name: _index(name) for name in _INDICES},
    **{name: _tool_success(name) for name in ("min_tool_success_rate", "max_tool_success_rate")},
}
"""By name in the query."""


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _one(name: str, value: str, known: Iterable[str]) -> str:
    known = list(known)
    if value not in known:
        raise BadQuery(
            f"`{name}` has no value {value!r}; {did_you_mean(value, known)}.",
            metadata={"rule": "choice", "name": name, "value": value},
        )
    return value


def _chosen(name: str, value: str, known: Iterable[str]) -> list[str]:
    return [_one(name, word, known) for word in _words(value)]


def _number(name: str, value: str, what: str) -> Fraction:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0 or abs(number.adjusted()) > 30:
        raise BadQuery(
            f"`{name}` must be {what}, 0 or more, and is {value!r}.", metadata={"rule": "number", "name": name}
        )
    return Fraction(number)


def _days_ago(name: str, value: str) -> int:
    days = whole({name: value}, name, 0, 0, 100_000)
    return int((clock.now() - timedelta(days=days)).timestamp())
