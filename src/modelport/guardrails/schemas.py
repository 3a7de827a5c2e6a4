"""What the guardrails' API takes and gives; shapes are the reference's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from modelport.guardrails.policy import REGION
from modelport.guardrails.rules import Action, Scope, Slug

__all__ = [
    "BuiltinEntry",
    "CustomEntry",
    "GuardrailAnswer",
    "GuardrailChange",
    "GuardrailData",
    "GuardrailDeleted",
    "GuardrailList",
    "GuardrailNew",
    "KeyAssignment",
    "KeyAssignments",
    "KeyHashes",
    "KeysAssigned",
    "KeysUnassigned",
    "MemberAssignment",
    "MemberAssignments",
    "MemberIds",
]

Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=1000)]


def _with_global(value: list[str]) -> list[str]:
    if REGION not in value:
        raise ValueError(f"this server has one region, `{REGION}`: without it every request would be refused")
    return value


Regions = Annotated[
    list[Literal["global", "europe", "us"]], Field(min_length=1, max_length=3), AfterValidator(_with_global)
]
Usd = Annotated[Decimal, Field(gt=0, le=1_000_000_000, decimal_places=9)]
Interval = Literal["daily", "weekly", "monthly"]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class CustomEntry(BaseModel):
    """A pattern of the customer's own (RE2), looked for in what is sent."""

    pattern: str = Field(min_length=1, max_length=100_000)
    action: Action
    label: str | None = Field(default=None, max_length=100)


class BuiltinEntry(BaseModel):
    """One of the built-in detectors; `label` is what stands in place of what it finds, and can't be chosen."""

    slug: Slug
    action: Action
    label: str | None = Field(default=None, max_length=100)
    scan_scope: Scope | None = None


class _Said(BaseModel):
    description: str | None = Field(default=None, max_length=1000)
    allowed_models: Names | None = None
    ignored_models: Names | None = None
    allowed_providers: Names | None = None
    ignored_providers: Names | None = None
    allowed_data_regions: Regions | None = None
    enforce_zdr: bool | None = None
    enforce_zdr_anthropic: bool | None = None
    enforce_zdr_google: bool | None = None
    enforce_zdr_openai: bool | None = None
    enforce_zdr_other: bool | None = None
    enforce_zdr_xai: bool | None = None
    allow_safety_retention_google: bool | None = None
    allow_safety_retention_other: bool | None = None
    enable_free_model_publication: bool | None = None
    enable_free_model_training: bool | None = None
    enable_paid_model_training: bool | None = None
    content_filters: list[CustomEntry] | None = Field(default=None, max_length=100)
    content_filter_builtins: list[BuiltinEntry] | None = Field(default=None, max_length=30)
    limit_usd: Usd | None = Field(
        default=None, description="What each key and each member may spend; with an interval."
    )
    reset_interval: Interval | None = None
    include_byok_in_budgets: bool = False


class GuardrailNew(_Said):
    """Body of `POST /guardrails`."""

    name: Name
    workspace_id: str | None = Field(default=None, max_length=100)


class GuardrailChange(_Said):
    """Body of `PATCH /guardrails/{id}`: what is not named stays; a list is replaced whole."""

    name: Name | None = None


class GuardrailData(BaseModel):
    """A guardrail."""

    id: str
    workspace_id: str | None
    name: str
    description: str | None
    allowed_models: list[str] | None
    ignored_models: list[str] | None
    allowed_providers: list[str] | None
    ignored_providers: list[str] | None
    allowed_data_regions: list[str] | None
    enforce_zdr: bool | None
    enforce_zdr_anthropic: bool | None
    enforce_zdr_google: bool | None
    enforce_zdr_openai: bool | None
    enforce_zdr_other: bool | None
    enforce_zdr_xai: bool | None
    allow_safety_retention_google: bool | None
    allow_safety_retention_other: bool | None
    enable_free_model_publication: bool | None
    enable_free_model_training: bool | None
    enable_paid_model_training: bool | None
    content_filters: list[CustomEntry] | None
    content_filter_builtins: list[dict[str, Any]] | None
    limit_usd: float | None
    reset_interval: Interval | None
    include_byok_in_budgets: bool
    created_at: datetime
    updated_at: datetime | None


class GuardrailAnswer(BaseModel):
    """One guardrail."""

    data: GuardrailData


class GuardrailList(BaseModel):
    """A page of guardrails."""

    data: list[GuardrailData]
    total_count: int


class GuardrailDeleted(BaseModel):
    """Answer of a deletion."""

    deleted: Literal[True] = True


class KeyAssignment(BaseModel):
    """A key that a guardrail applies to."""

    id: str
    guardrail_id: str
    key_hash: str
    key_name: str
    key_label: str
    assigned_by: str | None
    created_at: datetime


class KeyAssignments(BaseModel):
    """A page of them."""

    data: list[KeyAssignment]
    total_count: int


class MemberAssignment(BaseModel):
    """A member that a guardrail applies to."""

    id: str
    guardrail_id: str
    organization_id: str
    user_id: str
    assigned_by: str | None
    created_at: datetime


class MemberAssignments(BaseModel):
    """A page of them."""

    data: list[MemberAssignment]
    total_count: int


class KeyHashes(BaseModel):
    """Hashes of the account's keys."""

    key_hashes: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(min_length=1, max_length=1000)


class MemberIds(BaseModel):
    """Ids of the account's members."""

    member_user_ids: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(min_length=1, max_length=1000)


class KeysAssigned(BaseModel):
    """How many were assigned."""

    assigned_count: int


class KeysUnassigned(BaseModel):
    """How many were taken away."""

    unassigned_count: int
