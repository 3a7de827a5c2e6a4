"""What rules and defaults mean for a request; pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec

from modelport.dialects.openai_chat.wire import ProviderPreferences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NO_DEFAULTS", "NO_RULES", "Defaults", "Effects", "Rule", "RuleBook", "merged", "said_by_account"]

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_KEPT = 20_000
"""Models whose effects are remembered at most."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the operator's rules: for models that match `pattern`, do `action` with `providers`."""

    pattern: _Name
    """A model id, with `*` and `?` as in file names."""
    action: Literal["pin", "exclude", "weight"]
    """`pin` tries them first, in this order; `exclude` never calls them; `weight` multiplies their chance."""
    providers: Annotated[tuple[_Name, ...], msgspec.Meta(min_length=1, max_length=64)]
    """Slugs or tags."""
    weight: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 1.0
    """For `weight`: 2 doubles the chance, 0.5 halves it."""
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    """Why, for whoever comes after."""

    @property
    def words(self) -> str:
        """The rule in a few words."""
        does = f"weight {self.weight:g}" if self.action == "weight" else self.action
        return f"{does} {', '.join(self.providers)} for {self.pattern}"


class Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an account wants wherever a request says nothing."""

    default_model: str | None = None
    """For requests without a model."""
    provider: ProviderPreferences | None = None
    allow_safety_retention_google: bool | None = None
    """Whether requests of which nothing may be kept may go to providers that keep prompts to watch for abuse."""
    allow_safety_retention_other: bool | None = None
    """The same of models that are not Anthropic's, OpenAI's, Google's or xAI's."""

    disabled_tools: frozenset[str] = frozenset()
    """Server tools that the workspace keeps its requests from."""

    @property
    def safety(self) -> frozenset[str]:
        """Of which groups of models that is allowed."""
        said = {"google": self.allow_safety_retention_google, "other": self.allow_safety_retention_other}
        return frozenset(group for group, allowed in said.items() if allowed)

    @property
    def keeps_nothing(self) -> bool:
        """Whether nothing of a request may be kept anywhere, this server's response cache included."""
        return self.provider is not None and bool(self.provider.zdr)


NO_DEFAULTS = Defaults()


class Effects(NamedTuple):
    """What the rules together mean for one model."""

    pins: tuple[str, ...]
    excluded: frozenset[str]
    weights: Mapping[str, float]
    told: tuple[str, ...] = ()
    """The rules in words."""

    def factor(self, names: frozenset[str]) -> float:
        """What the chance of an endpoint that is called by these names is multiplied by."""
        product = 1.0
        for name, factor in self.weights.items():
            product *= factor if name in names else 1.0
        return product


class RuleBook:
    """All rules, and what they mean for each model that was asked for."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self._effects: dict[str, Effects | None] = {}

    def effects(self, model_id: str) -> Effects | None:
        """What the rules mean for a model; None when no rule is about it."""
        if not self.rules:
            return None
        if model_id not in self._effects:
            if len(self._effects) > _KEPT:
                self._effects.clear()
            self._effects[model_id] = self._make(model_id)
        return self._effects[model_id]

    def _make(self, model_id: str) -> Effects | None:
        found = [rule for rule in self.rules if fnmatchcase(model_id, rule.pattern)]
        if not found:
            return None
        pins = [name for rule in found if rule.action == "pin" for name in rule.providers]
        excluded = {name for rule in found if rule.action == "exclude" for name in rule.providers}
        weights: dict[str, float] = {}
        for rule in found:
            if rule.action == "weight":
                for name in rule.providers:
                    weights[name] = weights.get(name, 1.0) * rule.weight
        return Effects(tuple(dict.fromkeys(pins)), frozenset(excluded), weights, tuple(rule.words for rule in found))


NO_RULES = RuleBook()


def merged(own: ProviderPreferences | None, account: ProviderPreferences | None) -> ProviderPreferences | None:
    """A request's preferences with the account's behind them.

    The request wins field by field, but never loosens: both lists of allowed providers must allow, both lists of
    ignored ones count, and privacy is the stricter of the two.
    """
    if account is None:
        return own
    if own is None:
        return account
    both = msgspec.structs.replace(
        account,
        **{name: value for name in own.__struct_fields__ if (value := getattr(own, name)) is not None},
    )
    if own.only is not None and account.only is not None:
        both.only = [name for name in own.only if _allowed(name, account.only)]
    if own.ignore is not None and account.ignore is not None:
        both.ignore = [*account.ignore, *own.ignore]
    both.zdr = bool(own.zdr) or bool(account.zdr) or None
    both.enforce_distillable_text = own.enforce_distillable_text or account.enforce_distillable_text
    if account.data_collection == "deny":
        both.data_collection = "deny"
    return both


def said_by_account(own: ProviderPreferences | None, defaults: Defaults) -> tuple[str, ...]:
    """Which fields of `provider` are not as the request has them, but as its account wants them."""
    if defaults.provider is None:
        return ()
    both = merged(own, defaults.provider)
    return tuple(
        name
        for name in defaults.provider.__struct_fields__
        if getattr(both, name) is not None and (own is None or getattr(both, name) != getattr(own, name))
    )


def _allowed(name: str, allowed: Sequence[str]) -> bool:
    return any(name == each or name.startswith(f"{each}/") for each in allowed)
