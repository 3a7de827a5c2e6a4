"""What several guardrails come to together: never looser than any one of them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from modelport.guardrails.errors import RefusedByGuardrail
from modelport.guardrails.rules import SAFETY_GROUPS, ZDR_GROUPS, Rules, zdr_group
from modelport.guardrails.screening import Given, Screen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelport.providers.provider import DataPolicy

__all__ = ["REGION", "Applied", "Facts", "Policy", "combined"]

REGION = "global"
"""Where every request to this server arrives: it has one address."""


class Applied(NamedTuple):
    """A guardrail that applies to somebody."""

    id: str
    name: str
    rules: Rules


class Facts(NamedTuple):
    """What rules on routing look at of an endpoint."""

    model: str
    canonical: str
    """The model's lasting name, which customers may write as well."""
    provider: str
    """Its slug."""
    provider_name: str
    data_policy: DataPolicy
    is_free: bool
    safety: frozenset[str] = frozenset()
    """Of which groups of models the account lets providers keep prompts to watch for abuse."""


class Policy:
    """Everything that guardrails say about one key's requests."""

    __slots__ = ("_allowed_models", "_allowed_providers", "_believed", "_ignored_models", "_ignored_providers",
                 "_no_free_publication", "_no_free_training", "_no_paid_training", "_regions", "_zdr", "applied",
                 "budgets", "no_safety", "routes", "scopes", "screen")  # fmt: skip

    def __init__(self, applied: Sequence[tuple[str, Applied]], *, user_id: str, key_id: str) -> None:
        self.applied = tuple(applied)
        """The guardrails, each with why it applies: `workspace`, `member` or `api_key`."""
        rules = [each.rules for _, each in applied]
        self._allowed_models = [_lowered(each.allowed_models) for each in rules if each.allowed_models is not None]
        self._allowed_providers = [
            _lowered(each.allowed_providers) for each in rules if each.allowed_providers is not None
        ]
        self._ignored_models = _lowered(name for each in rules for name in each.ignored_models or ())
        self._ignored_providers = _lowered(name for each in rules for name in each.ignored_providers or ())
        self._zdr = frozenset(
            group for group in (*ZDR_GROUPS.values(), "other") if any(_enforces(each, group) for each in rules)
        )
        self.no_safety = frozenset(
            group
            for group in SAFETY_GROUPS
            if any(getattr(each, f"allow_safety_retention_{group}") is False for each in rules)
        )
        """Groups of models of which no provider may keep prompts to watch for abuse, whatever the account allows."""
        self._no_paid_training = any(each.enable_paid_model_training is False for each in rules)
        self._no_free_training = any(each.enable_free_model_training is False for each in rules)
        self._no_free_publication = any(each.enable_free_model_publication is False for each in rules)
        self._regions = [each.allowed_data_regions for each in rules if each.allowed_data_regions is not None]
        self.routes = bool(
            self._allowed_models or self._allowed_providers or self._ignored_models or self._ignored_providers
            or self._zdr or self._no_paid_training or self._no_free_training or self._no_free_publication
        )  # fmt: skip
        """Whether anything is said about where requests may go."""
        self._believed: dict[tuple[str, str, str, str], str | None] = {}
        self.scopes = dict(_spenders(applied, user_id, key_id))
        """What budgets of guardrails are in the reference's words, by guardrail and spender."""
        self.budgets = tuple(self.scopes)
        """Whose spending each guardrail's budget counts here: ids of guardrails, each with a spender."""
        self.screen = Screen.of(
            Given(scope, each.id, rule)
            for scope, each in applied
            for rule in (*(each.rules.content_filter_builtins or ()), *(each.rules.content_filters or ()))
        )
        """Filters over what is sent; None where there are none."""

    @property
    def regions(self) -> list[str]:
        """Through which of this server's regions requests may arrive: its one, or none."""
        return [REGION] if all(REGION in regions for regions in self._regions) else []

    def refuse_region(self) -> None:
        """Raises `RefusedByGuardrail` where requests have to arrive through another region than this server's."""
        for regions in self._regions:
            if REGION not in regions:
                raise RefusedByGuardrail(
                    f"Request blocked: a guardrail allows requests through {', '.join(regions)} only.",
                    metadata={
                        "rule": "region",
                        "regions": ", ".join(regions),
                        "allowed_data_regions": list(regions),
                        "region": REGION,
                    },
                )

    def forbids(self, facts: Facts) -> str | None:
        """Which rule keeps requests from this endpoint, as reasons of a plan name it; None if none."""
        names = (facts.model, facts.canonical, facts.provider, facts.provider_name)
        if names in self._believed:
            by_name = self._believed[names]
        else:
            if len(self._believed) > 20_000:
                self._believed.clear()
            by_name = self._believed[names] = self._by_name(facts)
        return by_name or self._by_data_policy(facts)

    def _by_name(self, facts: Facts) -> str | None:
        model = facts.model.lower()
        models = {model, model.partition(":")[0], facts.canonical.lower()}
        providers = {facts.provider.lower(), facts.provider_name.lower()}
        if any(not _fits(models, allowed) for allowed in self._allowed_models):
            return "allowed_models"
        # A model that is ignored by its plain name is so in every variant; one by its variant in that only.
        if _fits(models, self._ignored_models):
            return "ignored_models"
        if any(not _fits(providers, allowed) for allowed in self._allowed_providers):
            return "allowed_providers"
        return "ignored_providers" if _fits(providers, self._ignored_providers) else None

    def _by_data_policy(self, facts: Facts) -> str | None:
        group = zdr_group(facts.model)
        policy = facts.data_policy
        if group in self._zdr and not policy.is_zdr:
            allowed = group in facts.safety and group not in self.no_safety
            if not (allowed and policy.is_zdr_but_for_safety):
                return "guardrail_zdr"
        # What is not known of a provider counts as the worse.
        trains = policy.training is not False and not policy.zdr
        if trains and (self._no_free_training if facts.is_free else self._no_paid_training):
            return "guardrail_training"
        if facts.is_free and self._no_free_publication and policy.may_publish is not False and not policy.zdr:
            return "guardrail_publication"
        return None


def combined(applied: Sequence[tuple[str, Applied]], *, user_id: str, key_id: str) -> Policy:
    """The guardrails together. Raises `BadGuardrail` for a pattern that can't be read."""
    return Policy(applied, user_id=user_id, key_id=key_id)


def _lowered(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def _fits(names: set[str], patterns: tuple[str, ...]) -> bool:
    return any(
        pattern in names or ("*" in pattern and any(fnmatchcase(name, pattern) for name in names))
        for pattern in patterns
    )


def _enforces(rules: Rules, group: str) -> bool:
    own: bool | None = getattr(rules, f"enforce_zdr_{group}")
    return bool(rules.enforce_zdr if own is None else own)


def _spenders(
    applied: Sequence[tuple[str, Applied]], user_id: str, key_id: str
) -> Iterable[tuple[tuple[str, str], str]]:
    for scope, each in applied:
        if scope in {"workspace", "member"}:
            yield (each.id, user_id), "workspace_default_member" if scope == "workspace" else "member"
        if scope in {"workspace", "api_key"}:
            yield (each.id, key_id), "workspace_default_key" if scope == "workspace" else "api_key"
