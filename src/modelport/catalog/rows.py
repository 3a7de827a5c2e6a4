"""Between the file's entries, the database's rows and the snapshot's records; every name says its direction."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from modelport.catalog.about_entry import AuthorEntry
from modelport.catalog.document import EndpointEntry, ModelEntry, PricingEntry
from modelport.catalog.pricing import PRICE_KEYS, Override, Prices, Pricing
from modelport.catalog.snapshot import Architecture, Author, Endpoint, Model, Reasoning
from modelport.kit.money import format_price
from modelport.providers.provider import DataPolicy, Provider, Timeouts, Wire
from modelport.providers.row import MissingOption, resolve
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelport.catalog.document import ProviderEntry
    from modelport.providers.provider import UpstreamKey

__all__ = [
    "author_from_row",
    "author_to_row",
    "endpoint_from_row",
    "endpoint_to_row",
    "entry_from_author_row",
    "entry_from_endpoint_row",
    "entry_from_model_row",
    "keeper",
    "model_from_row",
    "model_to_row",
    "pricing_from_json",
    "pricing_to_json",
    "provider_from_row",
    "provider_to_row",
]

Values = dict[str, Any]
"""Columns and what stands in them; `Any` because each column has its own type."""

_PLAIN_PROVIDER = (
    "slug", "name", "dialect", "base_url", "headers", "max_concurrency", "renames", "drops", "always_stream",
    "privacy_policy_url", "terms_of_service_url", "status_page_url", "headquarters", "datacenters", "cache_seconds",
    "kind", "auth", "options", "query", "keeps", "quirks", "adds",
)  # fmt: skip
_PLAIN_MODEL = (
    "id", "name", "description", "created", "context_length", "supported_parameters", "aliases",
    "hugging_face_id", "knowledge_cutoff", "expiration_date", "is_moderated", "is_distillable", "family",
    "alias_target", "categories", "supported_voices",
)  # fmt: skip
_PLAIN_ENDPOINT = (
    "provider", "variant", "dialect", "upstream_model", "context_length", "max_completion_tokens", "max_prompt_tokens",
    "quantization", "supported_parameters", "supports_implicit_caching", "service_tier",
    "tool_choice", "native_tools", "features", "status",
)  # fmt: skip


def author_to_row(entry: AuthorEntry) -> Values:
    """The columns an entry decides."""
    return entry.model_dump(exclude={"source"})


def author_from_row(row: Mapping[str, Any]) -> Author:
    """The record in the snapshot."""
    return Author(row["slug"], row["name"], row["description"], row["icon"], row["url"])


def keeper(row: Mapping[str, Any]) -> str:
    """`source` as a file may say it."""
    return "synced" if row["source"] == "synced" else "operator"


def entry_from_author_row(row: Mapping[str, Any]) -> AuthorEntry:
    """What a file would say to make this row."""
    fields = {key: row[key] for key in AuthorEntry.model_fields if key != "source"}
    return AuthorEntry.model_validate({**fields, "source": keeper(row)})


def provider_to_row(entry: ProviderEntry) -> Values:
    """The columns an entry decides, but for its secrets (`api_key`, `api_keys`, `proxy`), which the caller seals."""
    return {
        **{key: getattr(entry, key) for key in _PLAIN_PROVIDER},
        "timeouts": entry.timeouts.model_dump(),
        "data_policy": entry.data_policy.model_dump(exclude_none=True),
    }


def provider_from_row(
    row: Mapping[str, Any], *, keys: tuple[UpstreamKey, ...], proxy: str | None, headers: Values
) -> Provider:
    """The record the chat path calls by; the secrets are given in clear."""
    wires = _wires(row)
    known = wires.pop(row["dialect"], None) or Wire(base_url=row["base_url"])
    drops = frozenset(row["drops"])
    return Provider(
        slug=row["slug"],
        name=row["name"],
        dialect=row["dialect"],
        kind=row["kind"],
        base_url=row["base_url"],
        auth=row["auth"],
        # Another address than the row's has no paths of the row's.
        path=known.path if row["base_url"] == known.base_url else "",
        stream_path=known.stream_path if row["base_url"] == known.base_url else "",
        query={**known.query, **row["query"]},
        keeps=known.keeps | frozenset(row["keeps"]),
        quirks=known.quirks | frozenset(row["quirks"]),
        adds={**known.adds, **row["adds"]},
        reasoning_format=known.reasoning_format,
        also=wires,
        options=row["options"],
        api_key=keys[0].key if keys else "",
        keys=keys,
        proxy=proxy,
        timeouts=Timeouts(**row["timeouts"]),
        headers=headers,
        max_concurrency=row["max_concurrency"],
        renames={**known.renames, **row["renames"]},
        drops=frozenset(name for name in known.drops | drops if not name.startswith("-") and f"-{name}" not in drops),
        always_stream=row["always_stream"],
        privacy_policy_url=row["privacy_policy_url"],
        terms_of_service_url=row["terms_of_service_url"],
        status_page_url=row["status_page_url"],
        headquarters=row["headquarters"],
        datacenters=tuple(row["datacenters"]),
        data_policy=DataPolicy(**row["data_policy"]),
        cache_seconds=row["cache_seconds"],
    )


def _wires(row: Mapping[str, Any]) -> dict[str, Wire]:
    """What the row of its kind says today; nothing for a kind that this version does not know."""
    kind = ROWS.get(row["kind"] or "")
    if kind is None:
        return {}
    try:
        return resolve(kind, row["options"])
    except MissingOption:  # one that is asked for since the entry was applied
        return {}


def model_to_row(entry: ModelEntry) -> Values:
    """The columns an entry decides."""
    return {
        **{key: getattr(entry, key) for key in _PLAIN_MODEL},
        # A variant shares the canonical slug of the model it is a variant of.
        "canonical_slug": entry.canonical_slug or entry.id.partition(":")[0],
        "architecture": entry.architecture.model_dump(),
        "default_parameters": entry.default_parameters.model_dump(exclude_none=True),
        "reasoning": entry.reasoning.model_dump() if entry.reasoning else None,
        "benchmarks": entry.benchmarks.model_dump(exclude_none=True) if entry.benchmarks else None,
    }


def entry_from_model_row(row: Mapping[str, Any], endpoints: Sequence[Mapping[str, Any]]) -> ModelEntry:
    """What a file would say to make this row and its endpoints."""
    own = row["canonical_slug"]
    return ModelEntry.model_validate(
        {
            **{key: row[key] for key in _PLAIN_MODEL},
            "canonical_slug": None if own == row["id"].partition(":")[0] else own,
            "architecture": row["architecture"],
            "default_parameters": row["default_parameters"],
            "reasoning": row["reasoning"],
            "benchmarks": row["benchmarks"],
            "source": keeper(row),
            "endpoints": [entry_from_endpoint_row(each) for each in endpoints],
        }
    )


def model_from_row(row: Mapping[str, Any], endpoints: tuple[Endpoint, ...]) -> Model:
    """The record in the snapshot."""
    architecture, reasoning = row["architecture"], row["reasoning"]
    return Model(
        id=row["id"],
        canonical_slug=row["canonical_slug"],
        name=row["name"],
        created=row["created_at"] // 1000 if row["created"] is None else row["created"],
        description=row["description"],
        context_length=row["context_length"],
        architecture=Architecture(
            input_modalities=tuple(architecture["input_modalities"]),
            output_modalities=tuple(architecture["output_modalities"]),
            tokenizer=architecture["tokenizer"],
            instruct_type=architecture["instruct_type"],
        ),
        supported_parameters=tuple(row["supported_parameters"]),
        endpoints=endpoints,
        aliases=tuple(row["aliases"]),
        default_parameters=row["default_parameters"],
        hugging_face_id=row["hugging_face_id"],
        knowledge_cutoff=row["knowledge_cutoff"],
        expiration_date=row["expiration_date"],
        reasoning=_reasoning(reasoning) if reasoning is not None else None,
        is_moderated=row["is_moderated"],
        is_distillable=bool(row["is_distillable"]),
        family=row["family"],
        categories=tuple(row["categories"]),
        supported_voices=None if row["supported_voices"] is None else tuple(row["supported_voices"]),
        benchmarks=row["benchmarks"] or {},
    )


def _reasoning(data: Values) -> Reasoning:
    efforts = data["supported_efforts"]
    return Reasoning(
        mandatory=data["mandatory"],
        supported_efforts=None if efforts is None else tuple(efforts),
        default_effort=data["default_effort"],
        default_enabled=data["default_enabled"],
        supports_max_tokens=data["supports_max_tokens"],
    )


def endpoint_to_row(entry: EndpointEntry, position: int) -> Values:
    """The columns an entry decides."""
    return {
        **{key: getattr(entry, key) for key in _PLAIN_ENDPOINT},
        "tag": entry.tag,
        "position": position,
        "pricing": pricing_to_json(entry.pricing),
        "cost": pricing_to_json(entry.cost) if entry.cost else None,
        "data_policy": entry.data_policy.model_dump(exclude_none=True) if entry.data_policy else None,
    }


def entry_from_endpoint_row(row: Mapping[str, Any]) -> EndpointEntry:
    """What a file would say to make this row."""
    return EndpointEntry.model_validate(
        {
            **{key: row[key] for key in _PLAIN_ENDPOINT},
            "pricing": _pricing_entry(row["pricing"]),
            "cost": _pricing_entry(row["cost"]) if row["cost"] else None,
            "data_policy": row["data_policy"],
            "source": keeper(row),
        }
    )


def endpoint_from_row(row: Mapping[str, Any], model: Mapping[str, Any], provider: Provider) -> Endpoint:
    """The record in the snapshot; what the endpoint doesn't say is its model's."""
    parameters = row["supported_parameters"]
    return Endpoint(
        id=row["id"],
        tag=row["tag"],
        provider=provider,
        model_id=row["model_id"],
        upstream_model=row["upstream_model"],
        pricing=pricing_from_json(row["pricing"]),
        cost_pricing=pricing_from_json(row["cost"]) if row["cost"] else None,
        context_length=row["context_length"] or model["context_length"],
        max_completion_tokens=row["max_completion_tokens"],
        max_prompt_tokens=row["max_prompt_tokens"],
        quantization=row["quantization"],
        supported_parameters=frozenset(model["supported_parameters"] if parameters is None else parameters),
        supports_implicit_caching=row["supports_implicit_caching"],
        service_tier=row["service_tier"],
        data_policy=provider.data_policy if row["data_policy"] is None else DataPolicy(**row["data_policy"]),
        price_version=row["price_version"],
        tool_choice=None if row["tool_choice"] is None else frozenset(row["tool_choice"]),
        native_tools=row["native_tools"],
        features=frozenset(row["features"]),
        own_dialect=row["dialect"],
    )


def pricing_to_json(entry: PricingEntry) -> Values:
    """Prices as they are stored: integers, and only what was given."""
    return entry.model_dump(exclude_none=True, exclude_defaults=True)


def pricing_from_json(data: Mapping[str, Any], factor: Fraction = Fraction(1)) -> Pricing:
    """The record the chat path charges by; `factor` is what the operator's rules made of it."""
    return Pricing(
        factor=factor,
        prices=_prices(data),
        overrides=tuple(
            Override(
                prices=_prices(each),
                min_prompt_tokens=each.get("min_prompt_tokens"),
                utc_start=each.get("utc_start"),
                utc_end=each.get("utc_end"),
                utc_days=frozenset(each.get("utc_days", ())),
            )
            for each in data.get("overrides", ())
        ),
        discount=data.get("discount", "0"),
    )


def _prices(data: Mapping[str, Any]) -> Prices:
    return Prices(**{key: data[key] for key in PRICE_KEYS if key in data})


def _pricing_entry(data: Mapping[str, Any]) -> PricingEntry:
    entry = _in_dollars(data)
    if "overrides" in data:
        entry["overrides"] = [_in_dollars(each) for each in data["overrides"]]
    return PricingEntry.model_validate(entry)


def _in_dollars(data: Mapping[str, Any]) -> Values:
    return {key: format_price(value) if key in PRICE_KEYS else value for key, value in data.items()}
