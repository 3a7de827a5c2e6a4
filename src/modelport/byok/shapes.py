"""Bodies and answers of `/byok`, in the reference's shapes; `base_url` is ours."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from modelport.byok.own_key import Region, Verdict
from modelport.kit.clock import UTC

if TYPE_CHECKING:
    from modelport.byok.own_key import OwnKey

__all__ = [
    "OwnKeyAnswer",
    "OwnKeyChange",
    "OwnKeyData",
    "OwnKeyDeleted",
    "OwnKeyList",
    "OwnKeyNew",
    "OwnKeyTest",
    "OwnKeyTried",
    "shown",
]

Secret = Annotated[str, Field(min_length=1, max_length=20_000)]
Provider = Annotated[str, Field(min_length=1, max_length=100)]
Title = Annotated[str, Field(max_length=255)]
Address = Annotated[str, Field(min_length=1, max_length=2000)]
Models = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)]
Hashes = Annotated[list[Annotated[str, Field(pattern="^[a-f0-9]{64}$")]], Field(min_length=1, max_length=100)]
People = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100)]
_ADDRESS = "Where the key is shown instead of the provider's own address; null for the provider's own."


class OwnKeyData(BaseModel):
    """A key of the account's own with a provider: everything but the key."""

    id: str
    provider: str
    name: str | None
    label: str = Field(description="The key, masked.")
    workspace_id: str | None
    sort_order: int = Field(description="Keys of one provider are tried in ascending order.")
    disabled: bool
    is_fallback: bool = Field(description="Used after the operator's own capacity instead of before.")
    is_required: bool = Field(description="For its models the operator's capacity at this provider is never used.")
    is_byok_only: bool = Field(description="Nor is it for any other model.")
    allowed_models: list[str] | None
    allowed_api_key_hashes: list[str] | None
    allowed_user_ids: list[str] | None
    declared_region: Region | None
    declared_zdr: bool | None
    base_url: str | None = Field(description=_ADDRESS)
    created_at: datetime


class OwnKeyAnswer(BaseModel):
    """One of them."""

    data: OwnKeyData


class OwnKeyList(BaseModel):
    """A page of them."""

    data: list[OwnKeyData]
    total_count: int


class OwnKeyDeleted(BaseModel):
    """Answer of a deletion."""

    deleted: Literal[True] = True


class OwnKeyTried(BaseModel):
    """What came of showing a key to its provider."""

    verdict: Verdict = Field(description="`unknown` where it could not be tried; it may work all the same.")
    message: str | None
    metadata: dict[str, Any] | None = Field(description="The same for programs, as an error has it.")
    milliseconds: int


class OwnKeyTest(BaseModel):
    """Answer of a trial."""

    data: OwnKeyTried


def _here(value: Region | None) -> Region | None:
    if value not in {None, "global"}:
        raise ValueError("this server has no regional hosts, which other values than `global` would open the key to")
    return value


class _Settings(BaseModel):
    name: Title | None = None
    allowed_models: Models | None = None
    allowed_api_key_hashes: Hashes | None = None
    allowed_user_ids: People | None = None
    declared_region: Annotated[Region | None, AfterValidator(_here)] = Field(
        default=None, description="`global` or nothing: this server has no regional hosts."
    )
    declared_zdr: bool | None = None
    base_url: Address | None = Field(default=None, description=_ADDRESS)


class OwnKeyNew(_Settings):
    """Body of `POST /byok`."""

    provider: Provider
    key: Secret = Field(description="The key as the provider gave it; it is sealed and never shown again.")
    workspace_id: str | None = Field(default=None, max_length=100, description="Id or slug; else the default one.")
    disabled: bool = False
    is_fallback: bool = False
    is_required: bool = False
    is_byok_only: bool = False


class OwnKeyChange(_Settings):
    """Body of `PATCH /byok/{id}`: what is not named stays."""

    key: Secret | None = Field(default=None, description="Another key in this one's place.")
    sort_order: int | None = Field(default=None, ge=0, le=10_000)
    disabled: bool | None = None
    is_fallback: bool | None = None
    is_required: bool | None = None
    is_byok_only: bool | None = None


def shown(key: OwnKey) -> OwnKeyData:
    """An own key as its owners see it."""
    return OwnKeyData(
        id=key.id,
        provider=key.provider,
        name=key.name,
        label=key.label,
        workspace_id=key.workspace_id,
        sort_order=key.sort_order,
        disabled=key.disabled,
        is_fallback=key.is_fallback,
        is_required=key.is_required,
        is_byok_only=key.is_byok_only,
        allowed_models=_listed(key.allowed_models),
        allowed_api_key_hashes=_listed(key.allowed_api_key_hashes),
        allowed_user_ids=_listed(key.allowed_user_ids),
        declared_region=key.declared_region,
        declared_zdr=key.declared_zdr,
        base_url=key.base_url,
        created_at=datetime.fromtimestamp(key.created_at / 1000, UTC),
    )


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
