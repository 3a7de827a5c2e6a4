"""Snapshot records as the public shapes of `schemas.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelport.catalog import schemas
from modelport.kit.money import format_price

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelport.catalog.snapshot import Architecture, Endpoint, Model, Override, Pricing
    from modelport.providers.provider import Provider

__all__ = ["endpoints", "model", "providers"]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def model(record: Model) -> schemas.Model:
    """The public object of a model with at least one endpoint; its prices are those of the cheapest."""
    top = record.endpoints[0]
    more: dict[str, Any] = {}
    if record.reasoning is not None:
        more["reasoning"] = _reasoning(record)
    return schemas.Model(
        id=record.id,
        canonical_slug=record.canonical_slug,
        name=record.name,
        created=record.created,
        description=record.description,
        context_length=record.context_length,
        architecture=_architecture(record.architecture),
        pricing=_pricing(top.pricing),
        top_provider=schemas.TopProviderInfo(
            context_length=top.context_length,
            max_completion_tokens=top.max_completion_tokens,
            is_moderated=record.is_moderated,
        ),
        per_request_limits=None,
        supported_parameters=list(record.supported_parameters),
        default_parameters=schemas.DefaultParameters.model_validate(dict(record.default_parameters)),
        supported_voices=None,
        hugging_face_id=record.hugging_face_id,
        knowledge_cutoff=record.knowledge_cutoff,
        expiration_date=record.expiration_date,
        links=schemas.ModelLinks(details=f"/api/v1/models/{record.id}/endpoints"),
        **more,
    )


def endpoints(record: Model, *, as_id: str | None = None, empty: bool = False) -> schemas.ListEndpointsResponse:
    """A model with its endpoints; `empty` for a variant of it that isn't there, called `as_id`."""
    return schemas.ListEndpointsResponse(
        data=schemas.ListEndpointsData(
            id=as_id or record.id,
            name=record.name,
            created=record.created,
            description=record.description,
            architecture=_architecture(record.architecture),
            endpoints=[] if empty else [_endpoint(each, record) for each in record.endpoints],
        )
    )


def providers(records: Iterable[Provider]) -> schemas.ListProvidersResponse:
    """All providers."""
    return schemas.ListProvidersResponse(
        data=[
            schemas.Provider(
                name=each.name,
                slug=each.slug,
                privacy_policy_url=each.privacy_policy_url,
                terms_of_service_url=each.terms_of_service_url,
                status_page_url=each.status_page_url,
                headquarters=each.headquarters,
                datacenters=list(each.datacenters) or None,
            )
            for each in records
        ]
    )


def _endpoint(record: Endpoint, of: Model) -> schemas.PublicEndpoint:
    parameters = record.supported_parameters
    takes = "tool_choice" in parameters
    return schemas.PublicEndpoint(
        name=f"{record.provider.name} | {of.id}",
        model_id=of.id,
        model_name=of.name,
        provider_name=record.provider.name,
        tag=record.tag,
        context_length=record.context_length,
        max_completion_tokens=record.max_completion_tokens,
        max_prompt_tokens=record.max_prompt_tokens,
        quantization=record.quantization,
        pricing=_pricing(record.pricing),
        supported_parameters=sorted(parameters),
        supports_tool_choice=schemas.ToolChoiceSupport(auto=takes, function=takes, none=takes, required=takes),
        supports_implicit_caching=record.supports_implicit_caching,
        supports_diarization=False,
        native_tools={},
        service_tier=None,
        status=0,
        uptime_last_5m=None,
        uptime_last_30m=None,
        uptime_last_1d=None,
        latency_last_30m=None,
        throughput_last_30m=None,
    )


def _architecture(record: Architecture) -> schemas.Architecture:
    return schemas.Architecture(
        input_modalities=list(record.input_modalities),
        output_modalities=list(record.output_modalities),
        modality=record.modality,
        tokenizer=record.tokenizer,
        instruct_type=record.instruct_type,
    )


def _pricing(record: Pricing) -> schemas.PublicPricing:
    public: dict[str, Any] = {key: format_price(price) for key, price in record.prices.given().items()}
    if record.kept != record.whole:
        public["discount"] = float(record.discount)
    if record.overrides:
        public["overrides"] = [_override(each) for each in record.overrides]
    return schemas.PublicPricing.model_validate(public)


def _override(record: Override) -> schemas.PricingOverride:
    public: dict[str, Any] = {key: format_price(price) for key, price in record.prices.given().items()}
    for key in ("min_prompt_tokens", "utc_start", "utc_end"):
        if getattr(record, key) is not None:
            public[key] = getattr(record, key)
    if record.utc_days:
        public["utc_days"] = [_DAYS[day] for day in sorted(record.utc_days)]
    return schemas.PricingOverride.model_validate(public)


def _reasoning(record: Model) -> schemas.ModelReasoning:
    of = record.reasoning
    assert of is not None
    public: dict[str, Any] = {"mandatory": of.mandatory}
    if of.supported_efforts is not None:
        public["supported_efforts"] = list(of.supported_efforts)
    if of.default_effort is not None:
        public["default_effort"] = of.default_effort
    if of.default_enabled is not None:
        public["default_enabled"] = of.default_enabled
    if of.supports_max_tokens:
        public["supports_max_tokens"] = True
    return schemas.ModelReasoning.model_validate(public)
