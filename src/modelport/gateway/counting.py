"""Usage that no provider told, or none that can be true, counted here and marked as estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from modelport.dialects.canonical import Usage
from modelport.gateway import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.catalog.snapshot import Endpoint
    from modelport.gateway.asked import Asked
    from modelport.gateway.bill import Bill

__all__ = ["believed", "counted", "counted_somehow", "rough"]

_log = structlog.get_logger(__name__)
_CONTEXTS = 32
"""How often a provider that calls tools of its own may read the whole context again for one answer."""


def believed(told: Usage | None, asked: Asked, endpoint: Endpoint) -> Usage | None:
    """What the provider told, unless no model with this endpoint's context can have read or written as much: then the
    provider counts in another unit or miscounts, and nobody may pay for that.
    """
    most = endpoint.context_length * _CONTEXTS
    if told is None or not most or (told.prompt_tokens <= most and told.completion_tokens <= most):
        return told
    # A batch of texts is read one by one, and several answers are written beside each other.
    read = told.prompt_tokens - asked.prompt_bytes - asked.prompt_text()[1]
    if read <= most and told.completion_tokens <= most * (asked.peek.n or 1):
        return told
    _log.error(
        "chat.impossible_usage", endpoint=endpoint.id, prompt=told.prompt_tokens, completion=told.completion_tokens
    )
    return None


def counted(asked: Asked, answered: Sequence[str]) -> Usage:
    """What the request and its answer take."""
    text, other = asked.prompt_text()
    return Usage(tokens.count(text) + other, tokens.count("".join(answered)), estimated=True)


def counted_somehow(asked: Asked, answered: Sequence[str], bill: Bill) -> Usage:
    """The same, for a caller who has gone: a fault in counting must not forgive what was delivered."""
    try:
        return counted(asked, answered)
    except Exception:  # noqa: BLE001 (logged, and a rough count stands in)
        _log.exception("chat.count_failed")
        return rough(bill)


def rough(bill: Bill) -> Usage:
    """No more than what was delivered so far took, by its bytes."""
    return Usage(bill.prompt_floor, max(bill.produced_bytes // 4, 1), estimated=True)
