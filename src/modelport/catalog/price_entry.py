"""Prices as a catalogue file gives them, and the strictness that all of its entries share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modelport.catalog.prices import PRICE_KEYS
from modelport.catalog.words import Clock, Day, Discount, PriceText, refuse
from modelport.kit.told import Told

__all__ = ["Entry", "OverrideEntry", "PricingEntry"]


class Entry(BaseModel):
    """What every part of the file has in common: no unknown keys, no guessing at types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _PriceKeys(Entry):
    request: PriceText | None = Field(default=None, description="Per request.")
    image: PriceText | None = Field(default=None, description="Per image in the prompt.")
    image_token: PriceText | None = Field(default=None, description="Per prompt token of an image.")
    image_output: PriceText | None = Field(default=None, description="Per completion token of an image.")
    audio: PriceText | None = Field(default=None, description="Per prompt token of audio.")
    audio_output: PriceText | None = Field(default=None, description="Per completion token of audio.")
    input_audio_cache: PriceText | None = Field(
        default=None, description="Per prompt token of audio read from the cache; `input_cache_read` when not given."
    )
    web_search: PriceText | None = Field(default=None, description="Per web search.")
    internal_reasoning: PriceText | None = Field(
        default=None, description="Per reasoning token; `completion` when not given or 0."
    )
    input_cache_read: PriceText | None = Field(
        default=None, description="Per prompt token read from the provider's cache; `prompt` when not given."
    )
    input_cache_write: PriceText | None = Field(
        default=None, description="Per prompt token written to the cache; `prompt` when not given."
    )
    input_cache_write_1h: PriceText | None = Field(
        default=None, description="The same for an hour; `input_cache_write` when not given."
    )


class OverrideEntry(_PriceKeys):
    """Other prices under a condition; all conditions that are set must hold, later entries win price by price."""

    min_prompt_tokens: Annotated[int, Field(ge=0, le=2**53)] | None = Field(
        default=None, description="The prompt has strictly more tokens than this."
    )
    utc_start: Clock | None = Field(default=None, description="Start of a daily window: 1030 for 10:30 UTC.")
    utc_end: Clock | None = Field(default=None, description="Its end, which doesn't belong to it; may be before start.")
    utc_days: list[Day] = Field(default_factory=list, description="Days of the week; none means every day.")
    prompt: PriceText | None = Field(default=None, description="Per prompt token.")
    completion: PriceText | None = Field(default=None, description="Per completion token.")

    @model_validator(mode="after")
    def _useful(self) -> OverrideEntry:
        if (self.utc_start is None) != (self.utc_end is None):
            raise refuse(
                Told("one_end", "only one end of the time window is given"), "give both `utc_start` and `utc_end`"
            )
        if self.utc_start is not None and self.utc_start == self.utc_end:
            raise refuse(
                Told("empty_window", "the time window is empty"), "give an `utc_end` that differs from `utc_start`"
            )
        if self.min_prompt_tokens is None and self.utc_start is None and not self.utc_days:
            raise refuse(
                Told("no_condition", "the override has no condition"),
                "add `min_prompt_tokens`, a time window or `utc_days`",
            )
        if not any(getattr(self, key) is not None for key in PRICE_KEYS):
            raise refuse(
                Told("no_price", "the override changes no price"), "add the prices that apply under its condition"
            )
        return self


class PricingEntry(_PriceKeys):
    """Prices in USD per token, request, image or search, as decimal strings."""

    prompt: PriceText = Field(description="Per prompt token.")
    completion: PriceText = Field(description="Per completion token.")
    discount: Discount = Field(default="0", description="Part of every price that is not charged: `0.25`.")
    overrides: list[OverrideEntry] = Field(default_factory=list, max_length=16)
