"""What `/keys` takes and gives: the reference's shapes, and beside them what only this house knows of a key."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from modelport.errors import BadRequest, WrongField
from modelport.keys.bounds import Bounds
from modelport.kit.clock import UTC
from modelport.kit.money import parse_usd, to_number

if TYPE_CHECKING:
    from modelport.keys.service import Changes, Key, Usage

__all__ = [
    "Deleted",
    "KeyAnswer",
    "KeyChange",
    "KeyData",
    "KeyList",
    "KeyMade",
    "KeyNew",
    "LeakList",
    "LeakReport",
    "LeakShown",
    "Rotation",
    "shown",
]

Reset = Literal["daily", "weekly", "monthly"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Patterns = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)]
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
_MODELS = "Ids of models, or patterns such as `openai/*`; nothing allows all."
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class KeyData(BaseModel):
    """A key, without its text; amounts in USD, periods in UTC, weeks from Monday."""

    hash: str
    name: str
    label: str = Field(description="What its text begins and ends with.")
    disabled: bool
    limit: float | None
    limit_remaining: float | None
    limit_reset: str | None
    include_byok_in_limit: bool
    usage: float
    usage_daily: float
    usage_weekly: float
    usage_monthly: float
    byok_usage: float = Field(description="The price of what came by own provider keys; not charged.")
    byok_usage_daily: float
    byok_usage_weekly: float
    byok_usage_monthly: float
    created_at: datetime
    updated_at: datetime | None
    last_used_at: datetime | None = Field(description="To about half a minute.")
    expires_at: datetime | None
    creator_user_id: str | None
    external_user: str | None
    workspace_id: str
    is_management_key: bool
    requests_per_minute: int | None
    tokens_per_minute: int | None
    max_concurrency: int | None
    allowed_models: list[str] = Field(description=_MODELS)
    allowed_providers: list[str]
    allowed_addresses: list[str] = Field(description="Addresses and ranges it may be used from; nothing allows all.")


class KeyAnswer(BaseModel):
    """One key."""

    data: KeyData


class KeyList(BaseModel):
    """Keys, newest first."""

    data: list[KeyData]


class KeyMade(BaseModel):
    """A key with its text."""

    data: KeyData
    key: str = Field(description="The key itself: shown this once, and kept nowhere.")


class Deleted(BaseModel):
    """Answer of a deletion."""

    deleted: Literal[True] = True


class External(BaseModel):
    """A partner's own name for who uses a key."""

    user: Annotated[str, Field(min_length=1, max_length=200)]


class _Settings(BaseModel):
    limit: Decimal | None = Field(
        default=None, ge=0, le=10**9, description="USD it may spend, in all or per `limit_reset`."
    )
    limit_reset: Reset | None = None
    include_byok_in_limit: bool = False
    expires_at: AwareDatetime | None = None
    requests_per_minute: Count | None = None
    tokens_per_minute: Count | None = None
    max_concurrency: Count | None = None
    allowed_models: Patterns | None = Field(default=None, description=_MODELS)
    allowed_providers: Patterns | None = None
    allowed_addresses: Patterns | None = None

    def limit_nanos(self) -> int | None:
        """The limit in nano-dollars.

        Raises `BadRequest` for one that is finer than can be kept.
        """
        if self.limit is None:
            return None
        try:
            return parse_usd(str(self.limit))
        except ValueError as error:
            raise WrongField("limit", str(error), kind="decimal_parsing") from error

    def expiry_ms(self) -> int | None:
        """When it ends.

        Raises `BadRequest` for a moment that is too far off.
        """
        if self.expires_at is None:
            return None
        if not datetime(1970, 1, 1, tzinfo=UTC) <= self.expires_at <= _LATEST:
            raise WrongField("expires_at", "give a time between 1970 and 2200.", kind="datetime_parsing")
        return int(self.expires_at.timestamp() * 1000)

    def bounds(self, before: Bounds) -> Bounds:
        """What the key is bound to, of which what is not named stays as it was.

        Raises `BadBounds`.
        """
        given: dict[str, Any] = {}
        for name, field in _BOUNDS.items():
            if name in self.model_fields_set:
                value = getattr(self, name)
                given[field] = tuple(value or ()) if name.startswith("allowed_") else value
        return Bounds(**{field: getattr(before, field) for field in _BOUNDS.values()} | given)


_BOUNDS = {
    "requests_per_minute": "requests_per_minute",
    "tokens_per_minute": "tokens_per_minute",
    "max_concurrency": "max_concurrency",
    "allowed_models": "models",
    "allowed_providers": "providers",
    "allowed_addresses": "addresses",
}
"""What the fields of a request are called in a key's bounds."""


class KeyNew(_Settings):
    """Body of `POST /keys`."""

    name: Name
    workspace_id: str | None = Field(default=None, max_length=100, description="Id or slug; else the default one.")
    creator_user_id: str | None = Field(default=None, max_length=100, description="A member it is made for.")
    external: External | None = None
    management: bool = Field(default=False, description="Make one that manages the account and can't do inference.")


class KeyChange(_Settings):
    """Body of `PATCH /keys/{hash}`: what is not named stays."""

    name: Name | None = None
    disabled: bool | None = None
    workspace_id: str | None = Field(default=None, max_length=100)

    def changes(self, key: Key) -> Changes:
        """What is changed, in the domain's words.

        Raises `BadRequest` when nothing is named.
        """
        named = self.model_fields_set
        if not named & set(type(self).model_fields):
            raise BadRequest("No update fields provided")
        changes: Changes = {}
        if self.name is not None:
            changes["name"] = self.name
        if self.disabled is not None:
            changes["disabled"] = self.disabled
        if "limit" in named:
            changes["limit"] = self.limit_nanos()
        if "limit_reset" in named:
            changes["limit_reset"] = self.limit_reset
        if "expires_at" in named:
            changes["expires_at"] = self.expiry_ms()
        if "include_byok_in_limit" in named:
            changes["include_byok_in_limit"] = self.include_byok_in_limit
        if named & set(_BOUNDS):
            changes["bounds"] = self.bounds(key.bounds)
        return changes


class Rotation(BaseModel):
    """Body of `POST /keys/{hash}/rotate`."""

    overlap_seconds: int = Field(
        default=86_400, ge=0, le=30 * 86_400, description="How long the present text works beside the new one."
    )


class Found(BaseModel):
    """A key that was found where it should not be."""

    key: str = Field(min_length=1, max_length=200)
    url: str | None = Field(default=None, max_length=2000, description="Where.")


class LeakReport(BaseModel):
    """Body of `POST /leaked-keys`."""

    keys: list[Found] = Field(min_length=1, max_length=100)


class LeakShown(BaseModel):
    """What became of one of them."""

    label: str
    is_key: bool = Field(description="Whether it is, or was, a key of this server.")
    disabled: bool = Field(description="Whether this report switched it off.")


class LeakList(BaseModel):
    """Answer of `POST /leaked-keys`, in the report's order."""

    data: list[LeakShown]


def _when(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)


def shown(key: Key, usage: Usage, home: str) -> KeyData:
    """A key as it is shown; `home` is the account's default workspace."""
    bounds = key.bounds
    own = usage.own(key.limit_reset) if key.include_byok_in_limit else 0
    left = None if key.limit is None else max(key.limit - usage.of(key.limit_reset) - own, 0)
    return KeyData(
        hash=key.hash,
        name=key.name,
        label=key.label,
        disabled=key.disabled,
        limit=None if key.limit is None else to_number(key.limit),
        limit_remaining=None if left is None else to_number(left),
        limit_reset=key.limit_reset,
        include_byok_in_limit=key.include_byok_in_limit,
        usage=to_number(usage.total),
        usage_daily=to_number(usage.daily),
        usage_weekly=to_number(usage.weekly),
        usage_monthly=to_number(usage.monthly),
        byok_usage=to_number(usage.own_total),
        byok_usage_daily=to_number(usage.own_daily),
        byok_usage_weekly=to_number(usage.own_weekly),
        byok_usage_monthly=to_number(usage.own_monthly),
        created_at=datetime.fromtimestamp(key.created_at / 1000, UTC),
        updated_at=_when(key.updated_at),
        last_used_at=_when(key.used_at),
        expires_at=_when(key.expires_at),
        creator_user_id=key.user_id,
        external_user=key.external_user,
        workspace_id=key.workspace_id or home,
        is_management_key=key.kind == "management",
        requests_per_minute=bounds.requests_per_minute,
        tokens_per_minute=bounds.tokens_per_minute,
        max_concurrency=bounds.max_concurrency,
        allowed_models=list(bounds.models),
        allowed_providers=list(bounds.providers),
        allowed_addresses=list(bounds.addresses),
    )
