"""What the catalogue's public addresses answer with, in the reference's shapes and names.

Fields with a default are left out unless they are set: some clients take a `null` there for a fault, others read
presence as meaning. Fields without a default are required by the reference's official clients, `null` included.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Activation",
    "Architecture",
    "DefaultParameters",
    "Indices",
    "ListEndpointsData",
    "ListEndpointsResponse",
    "ListProvidersResponse",
    "ListToolsResponse",
    "Model",
    "ModelAliasTarget",
    "ModelBenchmarks",
    "ModelLinks",
    "ModelReasoning",
    "ModelResponse",
    "ModelsCountData",
    "ModelsCountResponse",
    "ModelsListLinks",
    "ModelsListResponse",
    "NothingYet",
    "PerRequestLimits",
    "PercentileStats",
    "PricingOverride",
    "Provider",
    "PublicEndpoint",
    "PublicPricing",
    "ToolChoiceSupport",
    "TopProviderInfo",
    "WorkloadPerformance",
    "ZdrEndpointsResponse",
]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def to_json(self) -> bytes:
        """As it goes over the wire."""
        return self.model_dump_json(exclude_unset=True).encode()


class Architecture(_Schema):
    """What goes in and comes out of a model."""

    input_modalities: list[str]
    output_modalities: list[str]
    modality: str | None
    tokenizer: str
    instruct_type: str | None


class _PriceStrings(_Schema):
    request: str | None = None
    image: str | None = None
    image_token: str | None = None
    image_output: str | None = None
    audio: str | None = None
    audio_output: str | None = None
    input_audio_cache: str | None = None
    web_search: str | None = None
    internal_reasoning: str | None = None
    input_cache_read: str | None = None
    input_cache_write: str | None = None
    input_cache_write_1h: str | None = None


class PricingOverride(_PriceStrings):
    """Other prices under a condition."""

    prompt: str | None = None
    completion: str | None = None
    min_prompt_tokens: int | None = Field(default=None, description="Applies to strictly longer prompts.")
    utc_start: int | None = Field(default=None, description="HHMM")
    utc_end: int | None = Field(default=None, description="HHMM, exclusive; may be before the start.")
    utc_days: list[str] | None = None


class PublicPricing(_PriceStrings):
    """Prices in USD per token, request, image or search, as decimal strings without an exponent."""

    prompt: str
    completion: str
    discount: float | None = Field(default=None, description="Every price is multiplied by (1 - discount).")
    overrides: list[PricingOverride] | None = None


class TopProviderInfo(_Schema):
    """Limits of the endpoint whose price is shown."""

    context_length: int | None
    max_completion_tokens: int | None
    is_moderated: bool


class PerRequestLimits(_Schema):
    """Limits on one request."""

    prompt_tokens: int
    completion_tokens: int


class DefaultParameters(_Schema):
    """What the model's author recommends."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None


class ModelReasoning(_Schema):
    """How a model's reasoning can be steered."""

    mandatory: bool
    supported_efforts: list[str] | None = None
    default_effort: str | None = None
    default_enabled: bool | None = None
    supports_max_tokens: bool | None = None


class ModelLinks(_Schema):
    """Where to read on."""

    details: str


class Indices(_Schema):
    """How a model did in tests, as one number for each kind of work."""

    intelligence_index: float | None
    coding_index: float | None
    agentic_index: float | None


class ModelBenchmarks(_Schema):
    """How a model did in tests."""

    design_arena: list[dict[str, str]]
    artificial_analysis: Indices


class ModelAliasTarget(_Schema):
    """The model that a name leads to now."""

    name: str
    slug: str


class Activation(_Schema):
    """What would make a model available through one provider."""

    provider: str
    name: str
    environment: str | None = Field(description="Variable of the server's environment that is read for the key.")
    instruction: str


class Model(_Schema):
    """A model that can be called, or, with `status: inactive`, one that only lacks a provider's key."""

    id: str
    canonical_slug: str
    name: str
    created: int
    description: str
    context_length: int | None
    architecture: Architecture
    pricing: PublicPricing
    top_provider: TopProviderInfo
    per_request_limits: PerRequestLimits | None
    supported_parameters: list[str]
    default_parameters: DefaultParameters | None
    supported_voices: list[str] | None
    hugging_face_id: str | None
    knowledge_cutoff: str | None
    expiration_date: str | None
    reasoning: ModelReasoning | None = None
    benchmarks: ModelBenchmarks | None = None
    alias_target: ModelAliasTarget | None = None
    links: ModelLinks
    status: str | None = Field(default=None, description="`inactive` for a model that can't be called yet.")
    activation: list[Activation] | None = Field(default=None, description="What would make it available.")


class ModelResponse(_Schema):
    """One model."""

    data: Model


class ModelsListLinks(_Schema):
    """Where the next page is."""

    next: str | None


class ModelsListResponse(_Schema):
    """Models, those of one page or all."""

    data: list[Model]
    links: ModelsListLinks
    total_count: int


class ModelsCountData(_Schema):
    """How many models there are."""

    count: int


class ModelsCountResponse(_Schema):
    """How many models there are."""

    data: ModelsCountData


class ToolChoiceSupport(_Schema):
    """Which values of `tool_choice` an endpoint takes."""

    auto: bool
    function: bool
    none: bool
    required: bool


class PercentileStats(_Schema):
    """Percentiles of what was measured."""

    p50: float
    p75: float
    p90: float
    p99: float


class WorkloadPerformance(_Schema):
    """How an endpoint did with one kind of work."""

    latency: PercentileStats | None
    throughput: PercentileStats | None
    request_count: int | None


class PublicEndpoint(_Schema):
    """One way to have a model."""

    name: str
    model_id: str
    model_name: str
    provider_name: str
    tag: str
    context_length: int
    max_completion_tokens: int | None
    max_prompt_tokens: int | None
    quantization: str | None
    pricing: PublicPricing
    supported_parameters: list[str]
    supports_tool_choice: ToolChoiceSupport
    supports_implicit_caching: bool
    supports_diarization: bool
    native_tools: dict[str, dict[str, str]]
    service_tier: str | None
    status: int
    uptime_last_5m: float | None
    uptime_last_30m: float | None
    uptime_last_1d: float | None
    latency_last_30m: PercentileStats | None
    throughput_last_30m: PercentileStats | None
    latency_last_5m: PercentileStats | None = Field(description="Milliseconds; ours, as the three below.")
    latency_last_1d: PercentileStats | None
    throughput_last_5m: PercentileStats | None
    throughput_last_1d: PercentileStats | None
    perf_last_30m_by_workload: dict[str, WorkloadPerformance] | None = None
    supports_image_reference: bool | None = None
    supports_multiple_audio_references: bool | None = None
    supports_voice_cloning: bool | None = None
    is_active: bool | None = Field(default=None, description="False for one whose provider lacks a key.")


class ListEndpointsData(_Schema):
    """A model and its endpoints."""

    id: str
    name: str
    created: int
    description: str
    architecture: Architecture
    endpoints: list[PublicEndpoint]


class ListEndpointsResponse(_Schema):
    """A model and its endpoints."""

    data: ListEndpointsData


class Provider(_Schema):
    """Who serves models."""

    name: str
    slug: str
    privacy_policy_url: str | None
    terms_of_service_url: str | None
    status_page_url: str | None
    headquarters: str | None
    datacenters: list[str] | None


class ListProvidersResponse(_Schema):
    """Everyone who serves models here."""

    data: list[Provider]


class ZdrEndpointsResponse(_Schema):
    """Endpoints that keep nothing."""

    data: list[PublicEndpoint]


class NothingYet(_Schema):
    """A list of something this server doesn't have."""

    data: list[dict[str, str]]


class ListToolsResponse(_Schema):
    """Tools that the server runs itself."""

    data: list[dict[str, str]]
    links: ModelsListLinks
    total_count: int
