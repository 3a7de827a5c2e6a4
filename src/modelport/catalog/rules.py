"""The operator's own prices: mark-ups and discounts over what the catalogue says, by model, provider and user group.

Of the rules that fit, the most particular mark-up and the most particular discount count, one each; together they are
a factor, an exact fraction, and a charge is still rounded once. A rule is never edited: another takes its place, so
that an old charge can be explained.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from modelport.kit.told import Told

if TYPE_CHECKING:
    from modelport.catalog.prices import Pricing
    from modelport.catalog.snapshot import Endpoint

__all__ = ["PriceRules", "Rule", "Terms", "checked"]

_PART: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,9})?")
_MODEL: Final = re.compile(r"[A-Za-z0-9~*][A-Za-z0-9._:/~*-]{0,199}")
_PROVIDER: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_MOST_NAME: Final = 60


class Rule(NamedTuple):
    """One rule as it is stored; what is None fits everything."""

    id: str
    model: str | None
    """A model's id, or a pattern such as `openai/*`."""
    provider: str | None
    account_group: str | None
    markup: str | None
    """Part of the price that is added, as a decimal string: `0.2` for 20 %."""
    discount: str | None
    """Part of the marked-up price that is not charged: `0.05` for 5 %."""
    created_at: int

    @property
    def of_a_dollar(self) -> str:
        """What it alone makes of a price of one dollar, to the last digit."""
        made = (1 + Fraction(self.markup or 0)) * (1 - Fraction(self.discount or 0))
        text = format(Decimal(made.numerator) / Decimal(made.denominator), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text

    def repeats(self, other: Rule) -> bool:
        """Whether both say the same part of the same things, so that one of them would say it for nothing."""
        same = (self.model, self.provider, self.account_group) == (other.model, other.provider, other.account_group)
        return same and any(getattr(self, name) and getattr(other, name) for name in ("markup", "discount"))

    def fits(self, model: str, provider: str, group: str | None) -> bool:
        """Whether it is about this."""
        return (
            (self.account_group is None or self.account_group == group)
            and (self.provider is None or self.provider == provider)
            and (self.model is None or fnmatchcase(model, self.model))
        )

    @property
    def rank(self) -> tuple[int, int, int, int, str]:
        """The greatest wins: a group before a model before a provider, a longer pattern, the newer one."""
        exact = 0 if self.model is None else 2 if "*" not in self.model else 1
        return (
            int(self.account_group is not None),
            exact * 1000 + len(self.model or ""),
            int(self.provider is not None),
            self.created_at,
            self.id,
        )


class Terms(NamedTuple):
    """What an endpoint's prices are for somebody."""

    pricing: Pricing
    factor: str | None
    """As it is kept with a generation; None for 1."""
    rules: str | None


def checked(rule: Rule) -> Rule:
    """The rule as it is kept. Raises `ValueError` for parts that make no price, and for names that nothing can have."""
    if rule.markup is None and rule.discount is None:
        raise ValueError(Told("bad_rule_empty", "a rule has a mark-up or a discount; give one"))
    for name, value, most in (("mark-up", rule.markup, 100), ("discount", rule.discount, 1)):
        if value is not None and (_PART.fullmatch(value) is None or Decimal(value) > most):
            raise ValueError(
                Told(
                    "bad_rule_part",
                    f"{value[:40]!r} is no {name}: give a part from 0 to {most}, such as 0.2 for 20 %, "
                    "with at most nine decimals",
                    most=most,
                )
            )
    if rule.model is not None and _MODEL.fullmatch(rule.model) is None:
        raise ValueError(
            Told("bad_rule_model", f"{rule.model[:80]!r} is no model: give an id, or a pattern such as openai/*")
        )
    if rule.provider is not None and _PROVIDER.fullmatch(rule.provider) is None:
        raise ValueError(Told("bad_rule_provider", f"{rule.provider[:80]!r} is no provider's slug"))
    group = rule.account_group
    if group is not None and not (0 < len(group) <= _MOST_NAME and group.isprintable() and group == group.strip()):
        raise ValueError(
            Told(
                "bad_rule_name",
                f"{group[:80]!r} is no name of a group: give up to {_MOST_NAME} characters",
                most=_MOST_NAME,
            )
        )
    return rule


@dataclass(frozen=True, slots=True)
class PriceRules:
    """Every rule in force."""

    rules: tuple[Rule, ...] = ()
    _known: dict[tuple[str, str | None], Terms] = field(default_factory=dict[tuple[str, "str | None"], Terms])

    def terms(self, endpoint: Endpoint, group: str | None) -> Terms:
        """The prices of an endpoint for accounts of `group`; worked out once each."""
        found = self._known.get((endpoint.id, group))
        if found is None:
            found = self._known[endpoint.id, group] = self._terms(endpoint, group)
        return found

    def applied(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint at the prices of accounts in no group. What the catalogue says is then what it costs, unless a
        cost is given beside it.
        """
        terms = self._terms(endpoint, None)
        if terms.factor is None:
            return endpoint
        return replace(
            endpoint,
            pricing=terms.pricing,
            list_pricing=endpoint.pricing,
            cost_pricing=endpoint.cost_pricing or endpoint.pricing,
            price_factor=terms.factor,
            price_rules=terms.rules,
        )

    def _terms(self, endpoint: Endpoint, group: str | None) -> Terms:
        listed = endpoint.list_pricing or endpoint.pricing
        fitting = [rule for rule in self.rules if rule.fits(endpoint.model_id, endpoint.provider.slug, group)]
        factor, used = Fraction(1), list[str]()
        for name in ("markup", "discount"):
            rule = max((each for each in fitting if getattr(each, name) is not None), key=_rank, default=None)
            if rule is None:
                continue
            part = Fraction(getattr(rule, name))
            factor *= 1 + part if name == "markup" else 1 - part
            if rule.id not in used:
                used.append(rule.id)
        if factor == 1:
            return Terms(listed, None, None)
        return Terms(replace(listed, factor=factor), f"{factor.numerator}/{factor.denominator}", " ".join(used))


def _rank(rule: Rule) -> tuple[int, int, int, int, str]:
    return rule.rank
