"""Why no endpoint can serve a request, in the reference's words and with its `availability` object.

Clients grep these messages (`behaviour.md` section 4.5), so they stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.errors import BadRequest, NotFound, TooManyRequests, Unavailable, UnknownModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelport.catalog.snapshot import Model
    from modelport.errors import Metadata, ModelportError
    from modelport.gateway.wish import Wish

__all__ = ["capacity", "no_model", "none_fits", "nothing", "unknown", "variant_ended", "wrong_door"]

_DOCS = "https://openrouter.ai/docs/guides/routing/provider-selection"
_EXCLUDED_BY = {
    "zdr": "data_policy:zdr",
    "data_collection": "data_policy:training",
    "max_price": "max_price",
    "context_length": "context_length",
    "max_tokens": "context_length",
    "parameters": "require_parameters",
    "require_parameters": "require_parameters",
    "quantizations": "quantization",
    "only": "allowed_providers",
    "ignore": "allowed_providers",
    "order": "allowed_providers",
    "rule": "allowed_providers",
    "allowed_models": "allowed_models",
    "allowed_providers": "allowed_providers",
    "ignored_models": "allowed_models",
    "ignored_providers": "allowed_providers",
    "guardrail_zdr": "data_policy:zdr",
    "guardrail_training": "data_policy:training",
    "guardrail_publication": "data_policy:training",
}
_GUARDED = frozenset({
    "allowed_models", "allowed_providers", "ignored_models", "ignored_providers", "guardrail_zdr", "guardrail_training",
    "guardrail_publication",
})  # fmt: skip
"""Reasons that the key's bounds and guardrails give."""
_MOST_TOLD = 20
"""Endpoints of which it is told for programs why each was left out."""
_SPECIAL = {"embeddings": "/api/v1/embeddings", "rerank": "/api/v1/rerank"}


def _availability(code: str, models: Iterable[str], *, retryable: bool = False, **more: object) -> dict[str, object]:
    return {
        "code": code,
        "retryable": retryable,
        "requested_models": list(models),
        "docs_url": _DOCS,
        **{key: value for key, value in more.items() if value not in (None, [], {})},
    }


def _filtered(code: str, models: Iterable[str], more: Mapping[str, list[str]]) -> dict[str, object]:
    return _availability(code, models) | {key: value for key, value in more.items() if value}


def no_model() -> BadRequest:
    """The request names no model, and the account has no default."""
    return BadRequest("No models provided: give a model id in `model`.")


def unknown(name: str) -> UnknownModel:
    """No model has this name."""
    return UnknownModel(
        f"{name[:200]} is not a valid model ID", metadata={"availability": _availability("model_not_found", [name])}
    )


def variant_ended(name: str, plain: Model, variant: str) -> NotFound:
    """The model is there, but not in this variant."""
    code = "free_variant_ended" if variant == "free" else "no_endpoints"
    return NotFound(
        f"No endpoints found for {name[:200]}. {plain.id} is available without `:{variant}`.",
        metadata={"availability": _availability(code, [name], fallback_models=[plain.id])},
    )


def wrong_door(model: Model, operation: str, names: Sequence[str]) -> BadRequest | None:
    """The model does something else than what is asked at this address; None when it does it."""
    outputs = model.architecture.output_modalities
    if operation in outputs if operation in _SPECIAL else not _SPECIAL.keys() & {*outputs} or "text" in outputs:
        return None
    right = next((_SPECIAL[each] for each in outputs if each in _SPECIAL), "a chat endpoint")
    return BadRequest(
        f"{model.id} does not do {operation}; use it at {right}.",
        metadata={"availability": _availability("wrong_endpoint", names)},
    )


def none_fits(message: str, wish: Wish) -> NotFound:
    """A router that picks models found none."""
    return NotFound(message, metadata={"availability": _availability("constraint_filtered", wish.models)})


def capacity(models: Iterable[str], providers: Iterable[str], seconds: float) -> TooManyRequests:
    """Every endpoint that could serve it asked not to be called for a while."""
    wait = max(int(seconds) + 1, 1)
    return TooManyRequests(
        f"Every provider of this model is over its rate limit; try again in {wait} s.",
        metadata={
            "limit_source": "upstream_provider_shared_pool",
            "availability": _availability(
                "capacity_exhausted", models, retryable=True, retry_after=wait, affected_providers=sorted({*providers})
            ),
        },
        retry_after=wait,
    )


def nothing(wish: Wish, models: Sequence[Model], removed: Sequence[tuple[str, str]]) -> ModelportError:
    """No endpoint is left; `removed` are the endpoints' tags, each with the filter that took it out."""
    name = wish.models[0] if wish.models else models[0].id
    reasons = {reason for _, reason in removed}
    ids = [model.id for model in models]
    if reasons == {"not_ready"}:
        return Unavailable(
            f"{name} is not ready yet; it is still being started. Try again in a moment.",
            metadata={"availability": _availability("temporarily_unavailable", ids, retryable=True, retry_after=5)},
            retry_after=5,
        )
    if not reasons:
        old = next((model.expiration_date for model in models if model.expiration_date), None)
        code = "model_deprecated" if old else "no_endpoints"
        return NotFound(f"No endpoints found for {name}.", metadata={"availability": _availability(code, ids)})
    return _filtered_out(wish, name, reasons, ids, removed)


def _filtered_out(
    wish: Wish, name: str, reasons: set[str], ids: list[str], removed: Sequence[tuple[str, str]]
) -> NotFound:
    """The endpoints there are do not meet what was asked for."""
    more = {
        "affected_providers": sorted({tag for tag, _ in removed}),
        "excluded_by": sorted({_EXCLUDED_BY[reason] for reason in reasons if reason in _EXCLUDED_BY}),
    }
    told: Metadata = {"left_out": [{"endpoint": tag, "why": reason} for tag, reason in removed[:_MOST_TOLD]]}
    filtered: Metadata = {"availability": _filtered("constraint_filtered", ids, more), **told}
    preferences = wish.preferences
    if reasons & _GUARDED:
        return NotFound(
            "No endpoints available matching your guardrail restrictions and data policy. "
            "Ask whoever made this API key, or use another.",
            metadata=filtered,
        )
    if "order" in reasons and preferences is not None:
        asked = ", ".join(preferences.order or ())
        return NotFound(f"No endpoints found for the request with manual order: {asked}.", metadata=filtered)
    if "only" in reasons and preferences is not None:
        serving = ", ".join(sorted({tag for tag, _ in removed}))
        return NotFound(
            f"No allowed providers are available for the selected model. Providers serving {name}: {serving}, but "
            f"your request's provider.only preference permits only: {', '.join(preferences.only or ())}.",
            metadata=filtered,
        )
    if "parameters" in reasons:
        return NotFound(f"No endpoints found for {name} that support tool use. {_LEARN}", metadata=filtered)
    if "zdr" in reasons or "data_collection" in reasons:
        policy = "Zero data retention" if "zdr" in reasons else "Paid model training"
        private = _filtered("privacy_restricted", ids, more)
        return NotFound(
            f"No endpoints found matching your data policy ({policy}). {_LEARN}",
            metadata={"availability": private, **told},
        )
    return NotFound(f"No endpoints found for {name} that satisfy: {', '.join(sorted(reasons))}.", metadata=filtered)


_LEARN = f"To learn more about provider routing, visit: {_DOCS}"
