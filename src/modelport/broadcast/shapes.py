"""Bodies and answers of `/observability/destinations`, in the reference's shapes; `delivery` is ours."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field

from modelport.broadcast.destination import WHOLE, DataRegion, Failing, failing_of
from modelport.broadcast.errors import BadDestination
from modelport.broadcast.kinds import masked
from modelport.broadcast.service import sampling_of
from modelport.kit.clock import UTC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.broadcast.destination import Destination

__all__ = [
    "DestinationAnswer",
    "DestinationChange",
    "DestinationData",
    "DestinationDeleted",
    "DestinationList",
    "DestinationNew",
    "DestinationTest",
    "columns",
    "shown",
]

Hashes = Annotated[list[Annotated[str, Field(pattern="^[a-f0-9]{64}$")]], Field(min_length=1, max_length=100)]
Region = Literal["global", "europe", "us", "eu"]
Rate = Annotated[float, Field(ge=0.0001, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Values = dict[str, Any]
_FLAGS = {
    "broadcast_generation_cost": "tells_cost",
    "broadcast_generation_cost_allocation": "tells_allocation",
    "broadcast_generation_identity": "tells_identity",
    "broadcast_generation_request_context": "tells_context",
}


class FilterRule(BaseModel):
    """One question about a trace."""

    field: Literal[
        "model", "provider", "session_id", "user_id", "api_key_name", "finish_reason",
        "input", "output", "total_cost", "total_tokens", "prompt_tokens", "completion_tokens",
    ]  # fmt: skip
    operator: Literal[
        "equals", "not_equals", "contains", "not_contains", "regex", "starts_with", "ends_with",
        "gt", "lt", "gte", "lte", "exists", "not_exists",
    ]  # fmt: skip
    value: Annotated[str, Field(max_length=2000)] | float | None = None


class FilterGroup(BaseModel):
    """Rules of which one, or all, must be met."""

    rules: list[FilterRule] = Field(max_length=50)
    logic: Literal["and", "or"] | None = "and"


class FilterRules(BaseModel):
    """Which traces are sent: those that meet every group."""

    groups: list[FilterGroup] = Field(max_length=20)
    enabled: bool | None = True


class Delivery(BaseModel):
    """How deliveries go."""

    delivered_at: datetime | None = Field(description="When one was last taken.")
    fault: str | None = Field(description="Why the last one was not; null when it was.")
    failing: Failing | None = Field(description="A stable word for that.")
    fault_at: datetime | None
    dropped: int = Field(description="Traces that were given up after a day of tries.")


class DestinationData(BaseModel):
    """A destination; secrets of its configuration are hidden."""

    id: str
    type: str
    name: str | None
    workspace_id: str
    enabled: bool
    config: dict[str, Any]
    privacy_mode: bool = Field(description="Neither prompts nor answers are sent.")
    sampling_rate: float
    api_key_hashes: list[str] | None
    filter_rules: FilterRules | None
    regions: list[DataRegion]
    broadcast_generation_cost: bool
    broadcast_generation_cost_allocation: bool
    broadcast_generation_identity: bool
    broadcast_generation_request_context: bool
    created_at: datetime
    updated_at: datetime
    delivery: Delivery


class DestinationAnswer(BaseModel):
    """One destination."""

    data: DestinationData


class DestinationList(BaseModel):
    """A page of destinations."""

    data: list[DestinationData]
    total_count: int


class DestinationDeleted(BaseModel):
    """Answer of a deletion."""

    deleted: Literal[True] = True


class DestinationTest(BaseModel):
    """What became of a test call."""

    ok: bool
    status: int | None = Field(description="What the destination answered; null where it did not.")
    fault: str | None
    failing: Failing | None = Field(description="A stable word for that.")


class _Settings(BaseModel):
    enabled: bool | None = None
    privacy_mode: bool | None = None
    sampling_rate: Rate | None = None
    api_key_hashes: Hashes | None = None
    filter_rules: FilterRules | None = None
    regions: list[Region] | None = Field(default=None, min_length=1, max_length=4)
    broadcast_generation_cost: bool | None = None
    broadcast_generation_cost_allocation: bool | None = None
    broadcast_generation_identity: bool | None = None
    broadcast_generation_request_context: bool | None = None


class DestinationNew(_Settings):
    """Body of `POST /observability/destinations`."""

    type: Annotated[str, Field(min_length=1, max_length=40)] = Field(
        description="`webhook`, `otel-collector`, `langfuse` or `s3`."
    )
    name: Name
    config: dict[str, Any]
    workspace_id: str | None = Field(default=None, max_length=100, description="Id or slug; else the default one.")


class DestinationChange(_Settings):
    """Body of `PATCH /observability/destinations/{id}`: what is not named stays."""

    name: Name | None = None
    config: dict[str, Any] | None = Field(default=None, description="Hidden secrets in it stay as they are.")


def columns(body: DestinationNew | DestinationChange) -> Values:
    """What a request says, in the domain's words; for a new one with everything it leaves out."""
    named = body.model_dump(exclude_unset=True, exclude={"type", "workspace_id"})
    values: Values = {
        name: value for name, value in named.items() if value is not None or name in {"api_key_hashes", "filter_rules"}
    }
    if values.get("broadcast_generation_cost_allocation"):
        raise BadDestination(
            "Invalid request: broadcast_generation_cost_allocation: not offered here.", metadata={"rule": "allocation"}
        )
    for name, column in _FLAGS.items():
        if name in values:
            values[column] = values.pop(name)
    if "sampling_rate" in values:
        values["sampling"] = sampling_of(values.pop("sampling_rate"))
    if "regions" in values:
        values["regions"] = list(dict.fromkeys("europe" if each == "eu" else each for each in values["regions"]))
    if isinstance(body, DestinationNew):
        usual: Values = {"enabled": True, "privacy_mode": False, "sampling": WHOLE, "regions": ["global"]}
        usual |= {"api_key_hashes": None, "filter_rules": None, **dict.fromkeys(_FLAGS.values(), False)}
        values = {**usual, **values}
    return values


def shown(destination: Destination, config: Mapping[str, Any], *, fresh: bool = False) -> DestinationData:
    """A destination as its owners see it; a `fresh` webhook with its signing secret, this once."""
    rules = destination.filter_rules
    return DestinationData(
        id=destination.id,
        type=destination.type,
        name=destination.name,
        workspace_id=destination.workspace_id,
        enabled=destination.enabled,
        config=masked(destination.type, config, fresh=fresh),
        privacy_mode=destination.privacy_mode,
        sampling_rate=destination.sampling / WHOLE,
        api_key_hashes=destination.api_key_hashes,
        filter_rules=None if rules is None else FilterRules.model_validate(rules),
        regions=destination.regions,
        broadcast_generation_cost=destination.tells_cost,
        broadcast_generation_cost_allocation=destination.tells_allocation,
        broadcast_generation_identity=destination.tells_identity,
        broadcast_generation_request_context=destination.tells_context,
        created_at=_when(destination.created_at),
        updated_at=_when(destination.updated_at),
        delivery=Delivery(
            delivered_at=None if destination.delivered_at is None else _when(destination.delivered_at),
            fault=destination.fault,
            failing=failing_of(destination.fault),
            fault_at=None if destination.fault_at is None else _when(destination.fault_at),
            dropped=destination.dropped,
        ),
    )


def _when(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
