"""The catalogue as the chat path and the public lists see it: immutable, in memory, swapped as a whole.

A request takes the snapshot once and keeps it, so that what it was planned with is what it is charged with,
whatever is changed meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelport.catalog.pricing import Override, Prices, Pricing, Rates
from modelport.catalog.rules import PriceRules
from modelport.providers.provider import DataPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.providers.provider import Provider

__all__ = [
    "Architecture",
    "Author",
    "Endpoint",
    "Model",
    "Override",
    "Owned",
    "Prices",
    "Pricing",
    "Rates",
    "Reasoning",
    "Shown",
    "Snapshot",
]


@dataclass(frozen=True, slots=True)
class Architecture:
    """What goes in and comes out of a model."""

    input_modalities: tuple[str, ...] = ("text",)
    output_modalities: tuple[str, ...] = ("text",)
    tokenizer: str = "Other"
    instruct_type: str | None = None

    @property
    def modality(self) -> str:
        """Both in one word, as the reference writes it: `text+image->text`."""
        return f"{'+'.join(self.input_modalities)}->{'+'.join(self.output_modalities)}"


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How a model's reasoning can be steered."""

    mandatory: bool = False
    supported_efforts: tuple[str, ...] | None = None
    """None when every effort is accepted."""
    default_effort: str | None = None
    default_enabled: bool | None = None
    supports_max_tokens: bool = False


@dataclass(frozen=True, slots=True)
class Owned:
    """What makes an endpoint one that is reached by an account's own provider key."""

    id: str
    """The own key's."""
    label: str
    listed: Pricing
    """What the answer would cost without it."""
    guarded: bool
    """Whether its address is one that its owner gave, to be called only where it is of the open internet."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to have a model: a provider, its name for the model, its limits and its prices."""

    id: str
    """Stays the same while the operator changes the endpoint, so records can point here."""
    tag: str
    """The provider's slug, with a variant when it serves the model in several: `acme`, `acme/turbo`."""
    provider: Provider
    model_id: str
    upstream_model: str
    """What the provider calls the model."""
    pricing: Pricing
    """What callers pay."""
    cost_pricing: Pricing | None
    """What the provider charges the operator; None when that isn't known."""
    context_length: int
    max_completion_tokens: int | None
    max_prompt_tokens: int | None
    quantization: str | None
    supported_parameters: frozenset[str]
    supports_implicit_caching: bool = False
    service_tier: str | None = None
    """The tier it is sold in (`flex`, `priority`...); None for the plain one."""
    data_policy: DataPolicy = field(default_factory=DataPolicy)
    """Its provider's, or its own where that differs."""
    list_pricing: Pricing | None = None
    """What the catalogue says, where the operator's rules make another price of it."""
    price_factor: str | None = None
    """By which they multiply it, for accounts in no group."""
    price_rules: str | None = None
    price_version: int | None = None
    """Number of the prices in the endpoint's history, so that a charge can be explained when they have changed."""
    tool_choice: frozenset[str] | None = None
    """Values of `tool_choice` it takes; None for all of them where it has the parameter."""
    native_tools: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"])
    """Server tools it runs itself."""
    features: frozenset[str] = frozenset()
    """What speech and image endpoints can do beside, such as `diarization`."""
    own_dialect: str | None = None
    """Where it is reached in another dialect than its provider's other models."""
    owned: Owned | None = None
    """Where the caller's own key is used: then `pricing` is what is charged for that."""

    @property
    def health_id(self) -> str:
        """Under which its health is kept: that of an own key says nothing of the endpoint, nor of other own keys."""
        return self.id if self.owned is None else f"own/{self.owned.id}/{self.id}"

    @property
    def is_gratis(self) -> bool:
        """Whether it is a free offer of the operator's, which free limits count."""
        return self.pricing.is_free and self.owned is None

    @property
    def dialect(self) -> str:
        """Name of the folder in `dialects/` that speaks its wire format."""
        return self.own_dialect or self.provider.dialect


@dataclass(frozen=True, slots=True)
class Model:
    """A model as callers name it."""

    id: str
    canonical_slug: str
    """The name that never moves to another model; often with a date."""
    name: str
    created: int
    """Unix seconds."""
    description: str
    context_length: int
    architecture: Architecture
    supported_parameters: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    """Those whose provider can be called as configured, the cheapest first; empty when there is none."""
    aliases: tuple[str, ...] = ()
    default_parameters: Mapping[str, float | int] = field(default_factory=dict[str, "float | int"])
    hugging_face_id: str | None = None
    knowledge_cutoff: str | None = None
    expiration_date: str | None = None
    reasoning: Reasoning | None = None
    is_moderated: bool = False
    is_distillable: bool = False
    """Whether its author lets other models be trained on its text."""
    family: str | None = None
    """Line of models it belongs to; with the author the stem of `~author/family-latest`."""
    categories: tuple[str, ...] = ()
    """What it is good at, the best first."""
    supported_voices: tuple[str, ...] | None = None
    benchmarks: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def is_free(self) -> bool:
        """Whether no endpoint charges anything: such requests count against the free limits instead."""
        if not self.endpoints:
            return self.id.endswith(":free")
        return all(endpoint.pricing.is_free for endpoint in self.endpoints)

    @property
    def author(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Author:
    """Who made models."""

    slug: str
    name: str
    description: str = ""
    icon: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A model as the lists show it."""

    model: Model
    """Of one that can't be called now, with the endpoints it would have."""
    card: bytes
    """Its public JSON object."""
    is_active: bool
    """Whether it can be called now."""
    waiting: tuple[Endpoint, ...] = ()
    """Endpoints whose provider lacks a key."""
    words: str = ""
    """What a search looks through, in small letters."""
    prompt: int = 0
    completion: int = 0
    """What the cheapest endpoint takes after its discount, in `shelf.PRICE_SCALE` parts of a `Price`."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one moment."""

    models: Mapping[str, Model] = field(default_factory=dict[str, Model])
    """By id; also those that no active provider serves."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other names (aliases and canonical slugs) to ids."""
    providers: Mapping[str, Provider] = field(default_factory=dict[str, "Provider"])
    """By slug, those that can be called as configured."""
    inactive: Mapping[str, str] = field(default_factory=dict[str, str])
    """Slugs of the other providers that an operator set up, each with the reason in words."""
    dormant: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those that are only known, and wait for a key."""
    listed: tuple[str, ...] = ()
    """Ids of the models that the public list shows, the newest first."""
    cards: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """The public JSON object of each listed model."""
    models_json: bytes = b'{"data":[],"links":{"next":null},"total_count":0}'
    """The whole answer of `GET /models` without a filter."""
    etag: str = '"0"'
    """Stands for that answer."""
    shown: Mapping[str, Shown] = field(default_factory=dict[str, Shown])
    """Every model and name that lists can show by id, the newest first; also those that can't be called now."""
    authors: Mapping[str, Author] = field(default_factory=dict[str, Author])
    rules: PriceRules = field(default_factory=PriceRules)
    """The operator's mark-ups and discounts."""
    version: int = 0
    """Counts the swaps of this process."""

    def find(self, model_id: str) -> Model | None:
        """The model called `model_id`, by its id, an alias or its canonical slug."""
        model = self.models.get(model_id)
        if model is None:
            target = self.aliases.get(model_id)
            if target is not None:
                model = self.models.get(target)
        return model
