"""Words that mean the same everywhere: why an answer ended, what it took, who signs it, what it is charged."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from modelport.kit.money import to_number

__all__ = ["Charged", "FinishReason", "Identity", "Usage"]


class FinishReason(StrEnum):
    """Why an answer ended: the reference's five (`behaviour.md` section 2)."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    ERROR = "error"


class Usage(Struct, frozen=True, gc=False):
    """What an answer took, in the provider's own tokens.

    `prompt_tokens` includes cached and cache-written tokens, `completion_tokens` includes reasoning tokens:
    each dialect's reader sees to that, because some providers report them apart.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens read from the provider's cache."""
    cache_write_tokens: int = 0
    """Prompt tokens written to the provider's cache, whatever their lifetime."""
    cache_write_1h_tokens: int = 0
    """Those of `cache_write_tokens` that were written for an hour."""
    reasoning_tokens: int = 0
    prompt_audio_tokens: int = 0
    completion_audio_tokens: int = 0
    prompt_image_tokens: int = 0
    completion_image_tokens: int = 0
    cached_audio_tokens: int = 0
    """Those of `prompt_audio_tokens` that were read from the cache, where a provider tells them apart."""
    images: int = 0
    """Images in the prompt, for prices by the piece."""
    web_searches: int = 0
    search_units: int = 0
    """Requests that a ranking counts as, where its provider bills it so: one for up to 100 documents."""
    estimated: bool = False
    """The provider reported nothing, so these were counted here, offline."""

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


class Identity(Struct, frozen=True):
    """What an answer is signed with towards the caller."""

    id: str
    """The generation's id; a dialect with another form of id derives its own from it."""
    model: str
    provider: str
    """The provider's display name."""
    created: int
    """Unix seconds."""


class Charged(Struct, frozen=True):
    """What an answer took and is charged, in nano-dollars."""

    usage: Usage
    cost: int
    prompt_cost: int
    completion_cost: int
    own_cost: int | None = None
    """The price of an answer by the account's own provider key, who pays its provider; None for any other."""

    @property
    def is_byok(self) -> bool:
        """Whether the account's own provider key was used."""
        return self.own_cost is not None

    @property
    def upstream(self) -> float | None:
        """What the caller pays the provider beside `cost`, in USD.

        None where nothing: a figure there makes some clients add it to `cost`.
        """
        return None if self.own_cost is None else to_number(self.own_cost)
