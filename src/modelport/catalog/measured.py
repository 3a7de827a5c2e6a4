"""What is measured of models while they are used, as far as lists and cards show it.

Other domains measure (popularity, throughput, latency); the composition root hands their views in, so that the
catalogue needs none of them to work.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelport.catalog.snapshot import Model

__all__ = ["EndpointFigures", "Measured", "Nothing", "Percentiles"]

Percentiles = dict[str, float]
"""`p50`, `p75`, `p90`, `p99`."""


@dataclass(frozen=True, slots=True)
class EndpointFigures:
    """One endpoint's last while; None where too little was seen."""

    status: int = 0
    """0 when it does well; below 0 the worse the lower, in the reference's steps."""
    uptime_5m: float | None = None
    """Percent."""
    uptime_30m: float | None = None
    uptime_1d: float | None = None
    latency_5m: Percentiles | None = None
    """Milliseconds to the first token."""
    latency: Percentiles | None = None
    """Of the last half hour, as in lists."""
    latency_1d: Percentiles | None = None
    throughput_5m: Percentiles | None = None
    """Tokens a second."""
    throughput: Percentiles | None = None
    throughput_1d: Percentiles | None = None
    requests: int | None = None
    """Attempts in the last half hour."""
    tool_success: float | None = None
    """Share of answers with tool calls in which every call is well formed, from 0 to 1."""

    def without_speed(self) -> EndpointFigures:
        """What anybody may see: how it stands, not how quick and how busy it is."""
        return replace(
            self,
            latency_5m=None,
            latency=None,
            latency_1d=None,
            throughput_5m=None,
            throughput=None,
            throughput_1d=None,
            requests=None,
        )


_UNSEEN = EndpointFigures()


def _unseen(_: str) -> EndpointFigures:
    return _UNSEEN


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that is measured, at one moment."""

    endpoint: Callable[[str], EndpointFigures] = _unseen
    popularity: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """By model id: any number that is higher for what is used more."""

    def without_speed(self) -> Measured:
        """The same, for callers who do not say who they are."""

        def endpoint(endpoint_id: str) -> EndpointFigures:
            return self.endpoint(endpoint_id).without_speed()

        return replace(self, endpoint=endpoint)

    def throughput(self, model: Model) -> float:
        """The best median of the model's endpoints, 0 where none is known."""
        seen = (self.endpoint(each.id).throughput for each in model.endpoints)
        return max((each["p50"] for each in seen if each), default=0.0)

    def latency(self, model: Model) -> float:
        """The best median of the model's endpoints, endless where none is known."""
        seen = (self.endpoint(each.id).latency for each in model.endpoints)
        return min((each["p50"] for each in seen if each), default=float("inf"))

    def tool_success(self, model: Model) -> float | None:
        """The best share of the model's endpoints."""
        seen = (self.endpoint(each.id).tool_success for each in model.endpoints)
        return max((each for each in seen if each is not None), default=None)


Nothing = Measured()
"""Before anything was measured."""
