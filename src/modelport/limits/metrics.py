"""What the limits tell the operator's monitoring."""

from __future__ import annotations

from prometheus_client import Counter

__all__ = ["PASSED_UNCOUNTED"]

PASSED_UNCOUNTED = Counter(
    "modelport_limits_passed_uncounted",
    "Requests that passed without being counted because Redis was slow or away.",
)
