"""Snapshot records as the public shapes of `schemas.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelport.catalog import schemas
from modelport.catalog.measured import EndpointFigures, Measured, Nothing
from modelport.kit.money import format_price

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelport.catalog.measured import Percentiles
    from modelport.catalog.snapshot import Architecture, Endpoint, Model, Override, Pricing
    from modelport.providers.provider import Provider

__all__ = ["endpoints", "instruction", "model", "providers", "public_pricing", "waiting_model", "zdr_endpoints"]

_EVERY_CHOICE = frozenset({"auto", "function", "none", "required"})
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def model(record: Model, *, target: Model | None = None, **more: Any) -> schemas.Model:
    """The public object of a model with at least one endpoint; its prices are those of the cheapest.

    `target` is the model that this one is only a name for.
    """
    top = record.endpoints[0]
    if record.reasoning is not None:
        more["reasoning"] = _reasoning(record)
    if record.benchmarks:
        more["benchmarks"] = schemas.ModelBenchmarks(
            design_arena=[], artificial_analysis=schemas.Indices.model_validate(_indices(record))
        )
    if target is not None:
        more["alias_target"] = schemas.ModelAliasTarget(name=target.name, slug=target.id)
    return schemas.Model(
        id=record.id,
        canonical_slug=record.canonical_slug,
        name=record.name,
        created=record.created,
        description=record.description,
        context_length=record.context_length,
        architecture=_architecture(record.architecture),
        pricing=public_pricing(top.pricing),
        top_provider=schemas.TopProviderInfo(
            context_length=top.context_length,
            max_completion_tokens=top.max_completion_tokens,
            is_moderated=record.is_moderated,
        ),
        per_request_limits=None,
        supported_parameters=list(record.supported_parameters),
        default_parameters=schemas.DefaultParameters.model_validate(dict(record.default_parameters)),
        supported_voices=None if record.supported_voices is None else list(record.supported_voices),
        hugging_face_id=record.hugging_face_id,
        knowledge_cutoff=record.knowledge_cutoff,
        expiration_date=record.expiration_date,
        links=schemas.ModelLinks(details=f"/api/v1/models/{record.id}/endpoints"),
        **more,
    )


def waiting_model(record: Model, wanted: Mapping[str, str | None]) -> schemas.Model:
    """The same for a model that can't be called yet: it says what would make it."""
    by_provider = {each.provider.slug: each.provider for each in record.endpoints}
    return model(
        record,
        status="inactive",
        activation=[
            schemas.Activation(
                provider=slug,
                name=provider.name,
                environment=wanted.get(slug),
                instruction=instruction(slug, provider.name, wanted.get(slug)),
            )
            for slug, provider in by_provider.items()
        ],
    )


def instruction(slug: str, name: str, environment: str | None) -> str:
    """What makes a provider's models available, in words."""
    enter = f"enter a key for {name}: `modelport providers add {slug}`"
    return f"set {environment} in the server's environment, or {enter}" if environment else enter


def endpoints(
    record: Model,
    *,
    as_id: str | None = None,
    empty: bool = False,
    measured: Measured = Nothing,
    waiting: Iterable[Endpoint] = (),
) -> schemas.ListEndpointsResponse:
    """A model with its endpoints; `empty` for a variant of it that isn't there, called `as_id`.

    `waiting` are further ones, which lack a key.
    """
    found = [] if empty else [_endpoint(each, record, measured.endpoint(each.id)) for each in record.endpoints]
    found += [_endpoint(each, record, EndpointFigures(), is_active=False) for each in waiting]
    return schemas.ListEndpointsResponse(
        data=schemas.ListEndpointsData(
            id=as_id or record.id,
            name=record.name,
            created=record.created,
            description=record.description,
            architecture=_architecture(record.architecture),
            endpoints=found,
        )
    )


def zdr_endpoints(records: Iterable[Model], measured: Measured) -> schemas.ZdrEndpointsResponse:
    """Every endpoint of these models that keeps nothing."""
    return schemas.ZdrEndpointsResponse(
        data=[
            _endpoint(each, record, measured.endpoint(each.id))
            for record in records
            for each in record.endpoints
            if each.data_policy.is_zdr
        ]
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


def _endpoint(record: Endpoint, of: Model, seen: EndpointFigures, *, is_active: bool = True) -> schemas.PublicEndpoint:
    parameters = record.supported_parameters
    choices = record.tool_choice if record.tool_choice is not None else _EVERY_CHOICE
    takes = choices if "tool_choice" in parameters else frozenset[str]()
    more: dict[str, Any] = {f"supports_{each}": True for each in record.features if each != "diarization"}
    if not is_active:
        more["is_active"] = False
    if seen.requests is not None:
        speed = schemas.WorkloadPerformance(
            latency=_percentiles(seen.latency),
            throughput=_percentiles(seen.throughput),
            request_count=seen.requests,
        )
        more["perf_last_30m_by_workload"] = {_workload(of): speed}
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
        pricing=public_pricing(record.pricing),
        supported_parameters=sorted(parameters),
        supports_tool_choice=schemas.ToolChoiceSupport(
            auto="auto" in takes, function="function" in takes, none="none" in takes, required="required" in takes
        ),
        supports_implicit_caching=record.supports_implicit_caching,
        supports_diarization="diarization" in record.features,
        native_tools={name: dict(facts) for name, facts in record.native_tools.items()},
        service_tier=record.service_tier,
        status=seen.status,
        uptime_last_5m=seen.uptime_5m,
        uptime_last_30m=seen.uptime_30m,
        uptime_last_1d=seen.uptime_1d,
        latency_last_30m=_percentiles(seen.latency),
        throughput_last_30m=_percentiles(seen.throughput),
        latency_last_5m=_percentiles(seen.latency_5m),
        latency_last_1d=_percentiles(seen.latency_1d),
        throughput_last_5m=_percentiles(seen.throughput_5m),
        throughput_last_1d=_percentiles(seen.throughput_1d),
        **more,
    )


def _workload(of: Model) -> str:
    """What is asked of a model, in the reference's words."""
    outputs = of.architecture.output_modalities
    return next((each for each in ("embeddings", "rerank") if each in outputs), "text_generation")


def _percentiles(figures: Percentiles | None) -> schemas.PercentileStats | None:
    return None if figures is None else schemas.PercentileStats.model_validate(figures)


def _architecture(record: Architecture) -> schemas.Architecture:
    return schemas.Architecture(
        input_modalities=list(record.input_modalities),
        output_modalities=list(record.output_modalities),
        modality=record.modality,
        tokenizer=record.tokenizer,
        instruct_type=record.instruct_type,
    )


def public_pricing(record: Pricing) -> schemas.PublicPricing:
    """Prices as everybody sees them: what the operator makes of the catalogue's, before its own discount."""
    public: dict[str, Any] = {key: format_price(price) for key, price in record.shown(record.prices).items()}
    if discount := float(record.discount):
        public["discount"] = discount
    if record.overrides:
        public["overrides"] = [_override(each, record) for each in record.overrides]
    return schemas.PublicPricing.model_validate(public)


def _override(record: Override, of: Pricing) -> schemas.PricingOverride:
    public: dict[str, Any] = {key: format_price(price) for key, price in of.shown(record.prices).items()}
    for key in ("min_prompt_tokens", "utc_start", "utc_end"):
        if getattr(record, key) is not None:
            public[key] = getattr(record, key)
    if record.utc_days:
        public["utc_days"] = [_DAYS[day] for day in sorted(record.utc_days)]
    return schemas.PricingOverride.model_validate(public)


def _indices(record: Model) -> dict[str, float | None]:
    return {f"{kind}_index": record.benchmarks.get(f"{kind}_index") for kind in ("intelligence", "coding", "agentic")}


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
