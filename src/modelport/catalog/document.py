"""The catalogue file as models: what may stand in it, field by field.

The JSON Schema in `docs/reference/` is made from here, so a field's description is its documentation.
Faults within one item are found here; those between items (an id given twice, an unknown provider) in `checks.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, ValidationInfo, field_validator, model_validator

from modelport.catalog.about_entry import AuthorEntry, BenchmarksEntry, Category, Feature, Keeper, ToolChoice
from modelport.catalog.policy_entry import DataPolicyEntry, KeyEntry
from modelport.catalog.price_entry import Entry, OverrideEntry, PricingEntry
from modelport.catalog.words import (
    BaseUrl,
    ModelId,
    ProxyUrl,
    Seconds,
    Secret,
    Slug,
    Variant,
    WebUrl,
    env_name,
    refuse,
)
from modelport.kit.told import Told
from modelport.providers.auth import SCHEMES
from modelport.providers.row import MissingOption, resolve
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DIALECTS",
    "ArchitectureEntry",
    "AuthorEntry",
    "BenchmarksEntry",
    "DataPolicyEntry",
    "Document",
    "EndpointEntry",
    "KeyEntry",
    "ModelEntry",
    "OverrideEntry",
    "PricingEntry",
    "ProviderEntry",
    "ReasoningEntry",
    "TimeoutsEntry",
    "json_schema",
]

DIALECTS: tuple[str, ...] = (
    "openai_chat",
    "openai_completions",
    "openai_responses",
    "anthropic_messages",
    "gemini",
    "bedrock_converse",
    "cohere_chat",
)
"""Names of the wire formats a provider may speak: the folders of `dialects/` that can call one."""

Count = Annotated[int, Field(gt=0, le=2**53)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]
_SECRET_HEADERS = ("authorization", "key", "token", "secret", "cookie", "password")


class TimeoutsEntry(Entry):
    """How long to wait for a provider, in seconds."""

    connect: Seconds = Field(default=10.0, description="Until the connection stands.")
    first_byte: Seconds = Field(default=120.0, description="Until the first byte of the answer.")
    idle: Seconds = Field(default=60.0, description="Between two events of a stream.")
    total: Seconds = Field(default=600.0, description="For the whole answer.")


class ProviderEntry(Entry):
    """Whom to call. A provider that is known (`modelport providers`) needs its slug and its key only."""

    slug: Slug = Field(description="Short name that endpoints refer to.")
    kind: Slug | None = Field(
        default=None,
        description="The known provider whose row says what is not said here; the one named like `slug`, "
        "unless `base_url` is given.",
    )
    name: Text = Field(description="What callers see, as `provider` in answers.")
    dialect: str = Field(
        default="openai_chat", description="The wire format it speaks.", json_schema_extra={"enum": list(DIALECTS)}
    )
    base_url: BaseUrl = Field(
        description="Address up to the version, such as `https://host/v1`. Private and loopback addresses are allowed."
    )
    api_key: Secret = Field(
        default="",
        repr=False,
        description="The key itself, which is kept sealed, or `env:NAME` to read it from the server's environment.",
    )
    api_keys: list[KeyEntry] = Field(
        default_factory=list,
        max_length=50,
        description="Several keys, beside `api_key` or in its place. Requests are spread over them by weight; one "
        "that is refused rests alone.",
    )
    auth: str = Field(
        default="dialect",
        description="How the key is shown: " + "; ".join(f"`{name}` {one.meaning}" for name, one in SCHEMES.items()),
        json_schema_extra={"enum": list(SCHEMES)},
    )
    options: dict[str, Text] = Field(
        default_factory=dict, description="Words for its address and its authentication: `{region: us-east-1}`."
    )
    query: dict[str, Text] = Field(default_factory=dict, description="Put behind every address of it.")
    proxy: ProxyUrl | None = Field(
        default=None,
        repr=False,
        description="`http://`, `socks5://` or `socks5h://` address to call through, or `env:NAME`.",
    )
    timeouts: TimeoutsEntry = Field(default=TimeoutsEntry(), description="How long to wait.")
    headers: dict[str, Secret] = Field(
        default_factory=dict,
        repr=False,
        description="Sent with every request. A header that carries a credential must be `env:NAME`.",
    )
    max_concurrency: Annotated[int, Field(gt=0, le=1_000_000)] | None = Field(
        default=None, description="Requests under way at once; more wait."
    )
    renames: dict[str, Text] = Field(
        default_factory=dict,
        description="Request fields it knows by another name: `{max_completion_tokens: max_tokens}`.",
    )
    drops: list[Text] = Field(
        default_factory=list,
        description="Request fields it refuses. With `-` before it, a field that is sent although its row drops it.",
    )
    keeps: list[Text] = Field(default_factory=list, description="Fields for gateways that it, a gateway, is sent too.")
    quirks: list[Text] = Field(default_factory=list, description="Ways in which it differs from its dialect.")
    adds: dict[str, Any] = Field(default_factory=dict, description="Request fields it wants in every request.")
    always_stream: bool = Field(default=False, description="Ask it for a stream even where the caller wants none.")
    privacy_policy_url: WebUrl | None = None
    terms_of_service_url: WebUrl | None = None
    status_page_url: WebUrl | None = None
    headquarters: Text | None = Field(default=None, description="Country code, such as `US`.")
    datacenters: list[Text] = Field(default_factory=list, description="Country codes.")
    data_policy: DataPolicyEntry = Field(default=DataPolicyEntry(), description="How it handles what it is sent.")
    cache_seconds: Annotated[int, Field(ge=0, le=604_800)] = Field(
        default=300, description="How long its prompt cache keeps a prefix after the last use."
    )
    source: Keeper = Field(default="operator", description="Who keeps it; `synced` follows `catalog sync`.")

    @field_validator("api_keys")
    @classmethod
    def _names_differ(cls, value: list[KeyEntry]) -> list[KeyEntry]:
        names = [each.name for each in value]
        if len(set(names)) < len(names):
            raise refuse(
                Told("keys_same_name", "two keys have the same name"), "give each key of a provider its own `name`"
            )
        return value

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, data: Any) -> Any:
        return _with_row(cast("dict[str, Any]", data)) if isinstance(data, dict) else data

    @field_validator("auth")
    @classmethod
    def _known_auth(cls, value: str) -> str:
        if value not in SCHEMES:
            raise refuse(Told("auth", f"unknown way to show a key {value!r}", given=value), _one_of(SCHEMES))
        return value

    @field_validator("dialect")
    @classmethod
    def _known_dialect(cls, value: str, info: ValidationInfo) -> str:
        known: tuple[str, ...] = _context(info).get("dialects", DIALECTS)
        if value not in known:
            raise refuse(Told("dialect", f"unknown dialect {value!r}", given=value), _one_of(known))
        return value

    @field_validator("base_url", mode="wrap")
    @classmethod
    def _runtime_address(cls, value: object, handler, info: ValidationInfo) -> str:  # noqa: ANN001  # pyright: ignore[reportUnknownParameterType, reportMissingParameterType]
        # The server's own provider gets its address while it runs, so its entry has none.
        if value == "" and _context(info).get("builtin"):
            return ""
        return handler(value)  # pyright: ignore[reportUnknownVariableType]

    @field_validator("headers")
    @classmethod
    def _no_bare_credentials(cls, value: dict[str, str]) -> dict[str, str]:
        for header, text in value.items():
            if not header or not header.isascii() or not header.replace("-", "").replace("_", "").isalnum():
                raise refuse(
                    Told("header_name", f"{header!r} is no header name", header=header),
                    "use letters, digits and hyphens",
                )
            if env_name(text) is None and any(word in header.lower() for word in _SECRET_HEADERS):
                raise refuse(
                    Told("header_secret", f"header {header!r} would keep a credential in clear", header=header),
                    "write `env:NAME` there, or put the key into `api_key`",
                )
        return value


def _with_row(data: dict[str, Any]) -> dict[str, Any]:
    """An entry with what its row says where it says nothing itself."""
    kind, slug = data.get("kind"), data.get("slug")
    if kind is None and not data.get("base_url") and slug in ROWS:
        kind = slug
    if not isinstance(kind, str):
        return data
    if (row := ROWS.get(kind)) is None:
        raise refuse(
            Told("kind", f"no provider of kind {kind!r} is known", given=kind),
            "run `modelport providers`, or give a `base_url`",
        )
    options = data.get("options")
    try:
        wires = resolve(row, cast("dict[str, str]", options) if isinstance(options, dict) else {})
    except MissingOption as error:
        raise refuse(Told("option", str(error), options=", ".join(error.names)), "write it under `options`") from None
    dialect = data.get("dialect") or row.dialect
    wire = wires.get(dialect) if isinstance(dialect, str) else None
    said = {
        "kind": kind,
        "name": row.name,
        "dialect": dialect,
        "base_url": wire.base_url if wire is not None else None,
        "auth": wire.auth if wire is not None else None,
        "api_key": f"env:{row.key_variable}" if row.key_variable and not data.get("api_keys") else None,
        "privacy_policy_url": row.privacy_policy_url,
        "terms_of_service_url": row.terms_of_service_url,
        "status_page_url": row.status_page_url,
        "headquarters": row.headquarters,
        "always_stream": row.always_stream or None,
    }
    return {name: value for name, value in said.items() if value is not None} | data | {"kind": kind}


class EndpointEntry(Entry):
    """One way to have the model."""

    provider: Slug = Field(description="Slug of a provider in this file or already known to the server.")
    dialect: str | None = Field(
        default=None,
        description="Where it is reached in another of the wire formats that the provider speaks.",
        json_schema_extra={"enum": [*DIALECTS, None]},
    )
    variant: Variant | None = Field(
        default=None, description="Sets several endpoints of one provider apart: `turbo` gives the tag `acme/turbo`."
    )
    upstream_model: Text = Field(description="What the provider calls the model.")
    pricing: PricingEntry = Field(description="What callers pay.")
    cost: PricingEntry | None = Field(default=None, description="What the provider charges you, for your margin.")
    context_length: Count | None = Field(default=None, description="The model's when not given.")
    max_completion_tokens: Count | None = None
    max_prompt_tokens: Count | None = None
    quantization: (
        Literal["int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"]
        | None
    ) = None
    supported_parameters: list[Text] | None = Field(default=None, description="The model's when not given.")
    supports_implicit_caching: bool = Field(default=False, description="It caches prompts without being asked.")
    service_tier: Literal["flex", "priority", "scale", "ultrafast"] | None = Field(
        default=None, description="The tier it is sold in; such an endpoint serves only requests that ask for the tier."
    )
    data_policy: DataPolicyEntry | None = Field(
        default=None, description="Where it differs from its provider's, in whole."
    )
    tool_choice: list[ToolChoice] | None = Field(
        default=None, description="Values of `tool_choice` it takes; all of them when it has the parameter."
    )
    native_tools: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Server tools it runs itself, each with what is to be known of it."
    )
    features: list[Feature] = Field(default_factory=list, description="What speech and image endpoints can do beside.")
    status: Literal["active", "disabled"] = Field(default="active", description="`disabled` takes it out of service.")
    source: Keeper = Field(default="operator", description="Who keeps it; `synced` follows `catalog sync`.")

    @field_validator("dialect")
    @classmethod
    def _known_dialect(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and value not in _context(info).get("dialects", DIALECTS):
            raise refuse(Told("dialect", f"unknown dialect {value!r}", given=value), _one_of(DIALECTS))
        return value

    @property
    def tag(self) -> str:
        """What sets the endpoint apart within its model."""
        return f"{self.provider}/{self.variant}" if self.variant else self.provider


class ArchitectureEntry(Entry):
    """What goes in and comes out."""

    input_modalities: list[Literal["text", "image", "file", "audio", "video"]] = Field(default=["text"], min_length=1)
    output_modalities: list[
        Literal[
            "text", "image", "embeddings", "audio", "video", "rerank", "decisions", "speech", "transcription"
        ]
    ] = Field(default=["text"], min_length=1)  # fmt: skip
    tokenizer: Text = Field(default="Other", description="Family of its tokenizer, such as `GPT` or `Qwen3`.")
    instruct_type: Text | None = None


class ReasoningEntry(Entry):
    """How the model's reasoning can be steered; leave it out for a model that doesn't reason."""

    mandatory: bool = False
    supported_efforts: list[Effort] | None = Field(default=None, description="Every effort when not given.")
    default_effort: Effort | None = None
    default_enabled: bool | None = None
    supports_max_tokens: bool = False


class DefaultParametersEntry(Entry):
    """What the model's author recommends."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None


class ModelEntry(Entry):
    """A model and where it is served."""

    id: ModelId = Field(description="`author/slug`, with `:free` for a model that costs nothing.")
    canonical_slug: ModelId | None = Field(default=None, description="Name that never moves; the id when not given.")
    name: Text = Field(description="What people see.")
    description: str = Field(default="", max_length=20_000)
    created: Annotated[int, Field(ge=0, le=2**40)] | None = Field(
        default=None, description="Unix seconds; the moment it was added when not given."
    )
    context_length: Count = Field(description="Tokens of prompt and answer together.")
    architecture: ArchitectureEntry = Field(default=ArchitectureEntry())
    supported_parameters: list[Text] = Field(default_factory=list, description="Request parameters it understands.")
    default_parameters: DefaultParametersEntry = Field(default=DefaultParametersEntry())
    aliases: list[ModelId] = Field(default_factory=list, description="Other ids that lead here.")
    hugging_face_id: Text | None = None
    knowledge_cutoff: Text | None = Field(default=None, description="`YYYY-MM-DD`.")
    expiration_date: Text | None = Field(default=None, description="`YYYY-MM-DD`: may be removed after it.")
    reasoning: ReasoningEntry | None = None
    is_moderated: bool = False
    is_distillable: bool | None = Field(
        default=None, description="Its author lets other models be trained on its text; unknown counts as no."
    )
    family: Slug | None = Field(
        default=None,
        description="Line of models it belongs to, such as `claude-sonnet`: the newest one that can be called is also "
        "`~author/family-latest`.",
    )
    alias_target: ModelId | None = Field(
        default=None, description="Makes this a name only, which leads to that model; it has no endpoints of its own."
    )
    categories: list[Category] = Field(default_factory=list, description="What it is good at, the best first.")
    supported_voices: list[Text] | None = Field(default=None, description="Voices of a speech model.")
    benchmarks: BenchmarksEntry | None = None
    source: Keeper = Field(default="operator", description="Who keeps it; `synced` follows `catalog sync`.")
    endpoints: list[EndpointEntry] = Field(
        default_factory=list, max_length=200, description="The whole list: endpoints that are not named are removed."
    )


class Document(Entry):
    """A Modelport catalogue: providers, models, and the endpoints and prices of each."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    authors: list[AuthorEntry] = Field(default_factory=list)
    providers: list[ProviderEntry] = Field(default_factory=list)
    models: list[ModelEntry] = Field(default_factory=list)
    provider: ProviderEntry | None = Field(default=None, description="A single provider, for short files.")
    model: ModelEntry | None = Field(default=None, description="A single model, for short files.")

    @property
    def all_providers(self) -> list[ProviderEntry]:
        """Those of the list and the single one."""
        return [*self.providers, *([self.provider] if self.provider else [])]

    @property
    def all_models(self) -> list[ModelEntry]:
        """Those of the list and the single one."""
        return [*self.models, *([self.model] if self.model else [])]


def _one_of(known: Iterable[str]) -> Told:
    some = ", ".join(known)
    return Told("some", f"use one of: {some}", some=some)


def _context(info: ValidationInfo) -> dict[str, Any]:
    """What the caller of `model_validate` says: `dialects` known, and whether the document is `builtin`."""
    return info.context or {}


def json_schema() -> dict[str, object]:
    """The file's JSON Schema, as it is published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Modelport catalogue",
        **Document.model_json_schema(),
    }
