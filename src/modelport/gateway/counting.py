"""Usage that no provider told, counted here and marked as estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from modelport.dialects.canonical import Usage
from modelport.gateway import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.gateway.asked import Asked
    from modelport.gateway.bill import Bill

__all__ = ["counted", "counted_somehow", "rough"]

_log = structlog.get_logger(__name__)


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
