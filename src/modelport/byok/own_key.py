"""One own key as the chat path uses it, and who may use it for what."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

__all__ = ["OwnKey", "Region", "Tried", "Verdict"]

Region = Literal["global", "europe", "us"]
Verdict = Literal["works", "refused", "unknown"]


class Tried(NamedTuple):
    """What came of showing a key to its provider."""

    verdict: Verdict
    message: str | None
    """Why it is not known to work, in words that are safe to show."""
    metadata: dict[str, object] | None = None
    """The same for programs, as an error has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """A key that an account has with a provider itself."""

    id: str
    account_id: str
    workspace_id: str
    provider: str
    """Slug of a provider of the catalogue, or of its row in the table of known providers."""
    name: str | None
    label: str
    """The key, masked."""
    key: str = field(repr=False)
    base_url: str | None
    """Where it is shown instead of the provider's own address."""
    disabled: bool
    is_fallback: bool
    """Used after the operator's capacity, not before."""
    is_required: bool
    """For its models the operator's capacity at this provider is never used."""
    is_byok_only: bool
    """Nor is it for any other model."""
    allowed_models: tuple[str, ...] | None
    allowed_api_key_hashes: tuple[str, ...] | None
    allowed_user_ids: tuple[str, ...] | None
    declared_region: Region | None
    declared_zdr: bool | None
    """What its owner says of their contract with the provider; None for what the catalogue says."""
    sort_order: int
    created_by: str
    created_at: int
    updated_at: int

    def is_for(self, key_hash: str, user_id: str, workspace_id: str) -> bool:
        """Whether requests of this API key may use it."""
        return (
            not self.disabled
            and self.workspace_id == workspace_id
            and (self.allowed_api_key_hashes is None or key_hash in self.allowed_api_key_hashes)
            and (self.allowed_user_ids is None or user_id in self.allowed_user_ids)
        )

    def serves(self, model: str) -> bool:
        """Whether it may be used for a model; patterns such as `openai/*` are understood."""
        return self.allowed_models is None or any(fnmatchcase(model, each) for each in self.allowed_models)
