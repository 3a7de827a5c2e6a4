"""Tables of the catalogue. Prices are JSON objects of integers (nano-dollars per million units), never floats.

`source` says who keeps a row: `operator` (a file, the admin API), `synced` (data packages and providers' own lists,
by consent) or `builtin` (made by the server at start).
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from modelport.db.base import BigId, metadata

__all__ = ["authors", "endpoints", "models", "price_history", "pricing_rules", "providers", "states"]

_JSON = JSON(none_as_null=True)

authors = Table(
    "authors",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("icon", Text),
    Column("url", Text),
    Column("source", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# What the server remembers of the catalogue as a whole, such as which edition of the packages it has taken in.
states = Table(
    "catalog_states",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

providers = Table(
    "providers",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    # `env:NAME`, or sealed by the vault; never in clear. Empty when the provider needs no key.
    Column("api_key", Text, nullable=False),
    # A list of `{name, key, weight}`, each key as in `api_key`.
    Column("api_keys", _JSON, nullable=False, server_default="[]"),
    # `env:NAME`, or sealed, because the address may carry a password.
    Column("proxy", Text),
    Column("timeouts", _JSON, nullable=False),
    Column("headers", _JSON, nullable=False),
    Column("max_concurrency", Integer),
    Column("renames", _JSON, nullable=False),
    Column("drops", _JSON, nullable=False),
    Column("always_stream", Boolean, nullable=False),
    Column("privacy_policy_url", Text),
    Column("terms_of_service_url", Text),
    Column("status_page_url", Text),
    Column("headquarters", Text),
    Column("datacenters", _JSON, nullable=False),
    Column("data_policy", _JSON, nullable=False, server_default="{}"),
    Column("cache_seconds", Integer, nullable=False, server_default="300"),
    # A row of the table of known providers, whose quirks are added to those here whenever the catalogue is read.
    Column("kind", Text),
    Column("auth", Text, nullable=False, server_default="dialect"),
    Column("options", _JSON, nullable=False, server_default="{}"),
    Column("query", _JSON, nullable=False, server_default="{}"),
    Column("keeps", _JSON, nullable=False, server_default="[]"),
    Column("quirks", _JSON, nullable=False, server_default="[]"),
    Column("adds", _JSON, nullable=False, server_default="{}"),
    Column("source", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("id", Text, primary_key=True),
    Column("canonical_slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    # Unix seconds, as callers see it; the row's own `created_at` stands in when it isn't given.
    Column("created", BigInteger),
    Column("context_length", BigInteger, nullable=False),
    Column("architecture", _JSON, nullable=False),
    Column("supported_parameters", _JSON, nullable=False),
    Column("default_parameters", _JSON, nullable=False),
    Column("aliases", _JSON, nullable=False),
    Column("hugging_face_id", Text),
    Column("knowledge_cutoff", Text),
    Column("expiration_date", Text),
    Column("reasoning", _JSON),
    Column("is_moderated", Boolean, nullable=False),
    Column("is_distillable", Boolean),
    Column("family", Text),
    # This row is a name only, which leads to that model.
    Column("alias_target", Text),
    Column("categories", _JSON, nullable=False, server_default="[]"),
    Column("supported_voices", _JSON),
    Column("benchmarks", _JSON),
    Column("source", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("model_id", Text, ForeignKey("models.id"), nullable=False),
    Column("provider", Text, ForeignKey("providers.slug"), nullable=False),
    # What sets an endpoint apart within its model: the provider's slug, with a variant after a slash if it has one.
    Column("tag", Text, nullable=False),
    Column("variant", Text),
    # Null for its provider's own.
    Column("dialect", Text),
    # Place in the file's list, so that an export keeps the operator's order.
    Column("position", Integer, nullable=False),
    Column("upstream_model", Text, nullable=False),
    Column("pricing", _JSON, nullable=False),
    Column("cost", _JSON),
    Column("context_length", BigInteger),
    Column("max_completion_tokens", BigInteger),
    Column("max_prompt_tokens", BigInteger),
    Column("quantization", Text),
    Column("supported_parameters", _JSON),
    Column("supports_implicit_caching", Boolean, nullable=False),
    Column("service_tier", Text),
    # In place of the provider's.
    Column("data_policy", _JSON),
    # Values of `tool_choice` it takes; NULL for all of them.
    Column("tool_choice", _JSON),
    Column("native_tools", _JSON, nullable=False, server_default="{}"),
    Column("features", _JSON, nullable=False, server_default="[]"),
    Column("source", Text, nullable=False, server_default="operator"),
    # active | disabled (by the operator) | removed (no longer named; kept because records point here)
    Column("status", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("model_id", "tag"),
    Index(None, "provider"),
)

price_history = Table(
    "price_history",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("endpoint_id", Text, ForeignKey("endpoints.id"), nullable=False),
    Column("pricing", _JSON, nullable=False),
    Column("cost", _JSON),
    # From when on these prices hold, until the endpoint's next row.
    Column("created_at", BigInteger, nullable=False),
    Index(None, "endpoint_id", "created_at"),
)

pricing_rules = Table(
    "pricing_rules",
    metadata,
    Column("id", Text, primary_key=True),
    # What it is about; NULL fits everything.
    Column("model", Text),
    Column("provider", Text),
    Column("account_group", Text),
    # Parts as decimal strings, which no rounding has touched.
    Column("markup", Text),
    Column("discount", Text),
    Column("created_at", BigInteger, nullable=False),
    # Never edited and never deleted: an old charge names its rules.
    Column("retired_at", BigInteger),
)
