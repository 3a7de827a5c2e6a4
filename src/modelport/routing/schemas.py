"""What crosses the wire about rules and defaults of routing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from modelport.routing.policy import Defaults
    from modelport.routing.service import RuleRow

__all__ = [
    "RoutingDefaults",
    "RoutingDefaultsAnswer",
    "RoutingRule",
    "RoutingRuleData",
    "RoutingRules",
    "RoutingRulesSet",
]

Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=64)]
Price = Annotated[float, Field(ge=0, le=1_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RoutingRule(_Strict):
    """A rule of the operator: for models that match `pattern`, do `action` with `providers`."""

    pattern: Name = Field(description="A model id, with `*` and `?` as in file names.")
    action: Literal["pin", "exclude", "weight"] = Field(
        description="`pin` tries them first, in this order; `exclude` never calls; `weight` multiplies their chance."
    )
    providers: list[Name] = Field(min_length=1, max_length=64, description="Slugs or tags.")
    weight: float = Field(default=1.0, gt=0, le=1_000_000, description="For `weight`: 2 doubles the chance.")
    note: str = Field(default="", max_length=500)


class RoutingRulesSet(_Strict):
    """Body of `PUT`: every rule, in the order in which pins are tried."""

    rules: list[RoutingRule] = Field(max_length=1_000)


class RoutingRuleData(RoutingRule):
    """A rule that is in force."""

    id: str
    created_at: datetime

    @classmethod
    def of(cls, row: RuleRow) -> RoutingRuleData:
        """As it is shown."""
        return cls(id=row.id, created_at=datetime.fromtimestamp(row.created_at / 1000, UTC), **row.rule)


class RoutingRules(BaseModel):
    """Every rule in force, in its order."""

    data: list[RoutingRuleData]


class PriceBound(_Strict):
    """The most that may be paid: USD per million tokens, per request, per image."""

    prompt: Price | None = None
    completion: Price | None = None
    request: Price | None = None
    image: Price | None = None
    audio: Price | None = None


class PreferredProviders(_Strict):
    """The reference's `provider` object, as far as it can be a default."""

    order: Names | None = None
    only: Names | None = None
    ignore: Names | None = None
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    enforce_distillable_text: bool | None = None
    sort: Literal["price", "throughput", "latency", "exacto"] | None = None
    max_price: PriceBound | None = None
    quantizations: Names | None = None
    preferred_min_throughput: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    preferred_max_latency: Annotated[float, Field(gt=0, le=3_600)] | None = None


class RoutingDefaults(_Strict):
    """What an account wants wherever a request says nothing."""

    default_model: Name | None = Field(default=None, description="For requests that name no model.")
    provider: PreferredProviders | None = None
    allow_safety_retention_google: bool | None = Field(
        default=None,
        description="Whether requests to Google's models of which nothing may be kept may go to providers that keep "
        "prompts to watch for abuse. A guardrail may forbid it again.",
    )
    allow_safety_retention_other: bool | None = Field(
        default=None, description="The same of models that are not Anthropic's, OpenAI's, Google's or xAI's."
    )

    @classmethod
    def of(cls, defaults: Defaults) -> RoutingDefaults:
        """As they are shown."""
        value: dict[str, Any] = msgspec.to_builtins(defaults)
        del value["disabled_tools"]  # a workspace's word
        provider: dict[str, Any] = value["provider"] or {}
        value["provider"] = {name: each for name, each in provider.items() if name != "options"} or None
        return cls(**value)


class RoutingDefaultsAnswer(BaseModel):
    """An account's defaults."""

    data: RoutingDefaults
