"""What a catalogue file says of a provider's handling of data, and of its several keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from modelport.catalog.price_entry import Entry
from modelport.catalog.words import Secret, Variant

__all__ = ["DataPolicyEntry", "KeyEntry"]


class DataPolicyEntry(Entry):
    """How prompts and answers are handled. What isn't said is taken for the worse: unknown means it may happen."""

    training: bool | None = Field(default=None, description="It trains models on what it is sent.")
    retains_prompts: bool | None = Field(default=None, description="It keeps prompts or answers after the answer.")
    retention_days: Annotated[int, Field(ge=0, le=36_500)] | None = Field(
        default=None, description="For how many days it keeps them."
    )
    may_publish: bool | None = Field(default=None, description="It may publish prompts.")
    zdr: bool | None = Field(default=None, description="Zero data retention is agreed with it.")
    safety_retention: bool | None = Field(
        default=None,
        description="It keeps prompts, if at all, only to watch for abuse: zero retention where accounts allow it.",
    )


class KeyEntry(Entry):
    """One of several keys of a provider."""

    name: Variant = Field(description="What logs and the trace call it; never the key.")
    key: Secret = Field(repr=False, description="The key itself, which is kept sealed, or `env:NAME`.")
    weight: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="Its share of the requests, beside the weights of the others."
    )
