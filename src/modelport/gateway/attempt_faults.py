"""What a failed attempt means: whose doing it was, and what the caller is told of it.

A provider's status alone does not say whose fault it is: some refuse a wrong key with 400 and an empty purse with 429.
So its words are read as well. Whatever is shown of them is cleaned of keys and addresses.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from yarl import URL

from modelport.errors import UpstreamFailed
from modelport.gateway.dialect_table import DIALECTS
from modelport.kit import clock
from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.health import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelport.catalog.snapshot import Endpoint
    from modelport.usage.generation import Attempt

__all__ = ["Empty", "Failed", "refusal", "retry_after", "upstream_failure", "verdict_of", "with_attempts"]

_DEFAULT_WAIT = 5
_CONTEXT = re.compile(
    r"context[_ -]?(length|window)|maximum context|too many (input )?tokens|(prompt|input) is too long|"
    r"reduce the length|exceeds the (maximum|model)",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"content[_ -]?(policy|filter|management)|safety (system|polic)|moderation|flagged|usage polic", re.IGNORECASE
)
_KEY = re.compile(
    r"(invalid|incorrect|expired|missing)\b.{0,20}\bapi[ _-]?key|api[ _-]?key\b.{0,20}\b(invalid|not valid|expired)|"
    r"insufficient_quota|exceeded your current quota|credit balance is too low|billing (hard )?limit",
    re.IGNORECASE,
)
_SECRET = re.compile(r"\b(sk|pk|rk|gsk|xai|AIza|hf|key)[-_][A-Za-z0-9_*.-]{8,}|\bBearer +\S+")
_ADVICE = {
    "rate_limit_exceeded": "Wait for the time in Retry-After, or allow other providers.",
    "provider_overloaded": "Try again shortly, or allow other providers.",
    "timeout": "Try again, ask for a shorter answer, or stream it.",
    "invalid_request": "Change the request: the provider does not accept it as it is.",
    "context_length_exceeded": "Shorten the prompt or `max_tokens`, or choose a model with a longer context.",
    "content_policy_violation": "Change the prompt: the provider refuses its contents.",
    "payload_too_large": "Send a smaller request.",
    "provider_unavailable": "Try again, or allow other providers.",
}
_TIMEOUTS = frozenset({
    FaultKind.CONNECT_TIMEOUT, FaultKind.FIRST_BYTE_TIMEOUT, FaultKind.IDLE_TIMEOUT, FaultKind.TOTAL_TIMEOUT
})  # fmt: skip


class Empty(Exception):
    """A provider answered 200 with nothing in it, or with half of it."""


class Failed(NamedTuple):
    """A failed attempt."""

    error: UpstreamFailed
    """What the caller is told."""
    verdict: Verdict
    word: str
    """Its name in the trace and the log."""
    detail: str = ""
    """For the log only."""
    wait: float | None = None
    """Seconds after which the provider wants to be asked again."""
    may_repeat: bool = False
    """Whether the same endpoint may be asked once more without being paid twice: nothing can have been done."""


def refusal(status: int, headers: Mapping[str, str], body: bytes, endpoint: Endpoint) -> Failed:
    """A provider's error status."""
    words = DIALECTS[endpoint.dialect].read_error(status, body)
    verdict, code, kind = _meaning(status, words)
    wait = retry_after(headers)
    metadata: dict[str, object] = {
        "raw": _clean(words, endpoint),
        "provider_name": endpoint.provider.name,
        "provider_code": status,
        "is_byok": endpoint.owned is not None,
        "remedy_hint": _ADVICE[kind],
    }
    told = None if wait is None else max(int(wait + 0.999), 1)
    if kind == "rate_limit_exceeded":
        metadata["limit_source"] = "upstream_provider_shared_pool"
        told = told or _DEFAULT_WAIT
    error = UpstreamFailed("Provider returned error", code=code, kind=kind, metadata=metadata, retry_after=told)
    soon = wait is not None and status in {429, 503}
    return Failed(error, verdict, kind, str(metadata["raw"]), wait, may_repeat=soon)


def _meaning(status: int, words: str) -> tuple[Verdict, int, str]:
    """Whose doing it was, the status and the kind the caller is told."""
    if status in {400, 402, 403, 429} and _KEY.search(words):
        return Verdict.KEY, 502, "provider_unavailable"
    if status in _REFUSALS:
        if _CONTEXT.search(words):
            return Verdict.CALLER, 400, "context_length_exceeded"
        if _POLICY.search(words):
            return Verdict.CALLER, 400, "content_policy_violation"
    return _BY_STATUS.get(status, _UNAVAILABLE)


_REFUSALS = frozenset({400, 403, 413, 415, 422, 451})
_UNAVAILABLE = (Verdict.FAULT, 502, "provider_unavailable")
_SPENT = (Verdict.KEY, 502, "provider_unavailable")
_INVALID = (Verdict.CALLER, 400, "invalid_request")
_OVERLOADED = (Verdict.FAULT, 503, "provider_overloaded")
_LATE = (Verdict.FAULT, 504, "timeout")
_BY_STATUS: dict[int, tuple[Verdict, int, str]] = {
    **dict.fromkeys((400, 415, 422, 451), _INVALID),
    413: (Verdict.CALLER, 413, "payload_too_large"),
    # The operator's key is wrong or spent, which is no fault of the caller's.
    **dict.fromkeys((401, 402, 403), _SPENT),
    **dict.fromkeys((408, 504, 524), _LATE),
    429: (Verdict.THROTTLED, 429, "rate_limit_exceeded"),
    **dict.fromkeys((503, 529), _OVERLOADED),
}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds a provider wants to be left alone for: in seconds, in milliseconds, or as a date."""
    if (millis := _number(headers.get("retry-after-ms"))) is not None:
        return millis / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=clock.UTC)
    return max((at - clock.now()).total_seconds(), 0.0)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None


def verdict_of(error: Exception) -> Verdict:
    """Whose doing it was that something broke on the way to or from a provider."""
    if isinstance(error, UpstreamFault):
        if error.kind is FaultKind.BUSY:
            return Verdict.OURS
        if error.kind is FaultKind.KEY:
            return Verdict.KEY
    return Verdict.FAULT


def upstream_failure(error: Exception, endpoint: Endpoint) -> UpstreamFailed:
    """What a caller is told of a fault on the way to or from a provider."""
    metadata: dict[str, object] = {"provider_name": endpoint.provider.name}
    if not isinstance(error, UpstreamFault):
        metadata |= {"raw": _clean(str(error), endpoint), "remedy_hint": _ADVICE["provider_unavailable"]}
        return UpstreamFailed("Provider returned error", metadata=metadata)
    metadata["raw"] = error.message
    if error.kind in _TIMEOUTS:
        metadata["remedy_hint"] = _ADVICE["timeout"]
        return UpstreamFailed("Provider timed out", code=504, kind="timeout", metadata=metadata)
    if error.kind is FaultKind.BUSY:
        metadata["remedy_hint"] = _ADVICE["provider_overloaded"]
        return UpstreamFailed(
            "Provider is overloaded", code=503, kind="provider_overloaded", metadata=metadata, retry_after=_DEFAULT_WAIT
        )
    metadata["remedy_hint"] = _ADVICE["provider_unavailable"]
    return UpstreamFailed("Provider returned error", metadata=metadata)


def with_attempts(failure: UpstreamFailed, attempts: Sequence[Attempt]) -> UpstreamFailed:
    """The failure of the last attempt, telling how many there were and how those before it ended."""
    failure.metadata["attempts"] = len(attempts)
    if len(attempts) > 1:
        failure.metadata["previous_errors"] = [
            {"provider": each.provider, "code": each.status, "status": each.fault} for each in attempts[:-1]
        ]
    return failure


def _clean(text: str, endpoint: Endpoint) -> str:
    """A provider's words without what must not be shown: keys, its address."""
    provider = endpoint.provider
    text = text[:500]
    for secret in (provider.api_key, *(each.key for each in provider.keys), *provider.headers.values()):
        if len(secret) >= 4:
            text = text.replace(secret, "[key]")
    text = _SECRET.sub("[key]", text)
    host = URL(provider.base_url).host
    return text.replace(host, "[provider]") if host else text
