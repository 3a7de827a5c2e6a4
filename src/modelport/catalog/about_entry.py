"""What a catalogue file says about authors, and about models and endpoints beside what calling them needs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelport.catalog.price_entry import Entry
from modelport.catalog.words import Slug, WebUrl

__all__ = ["CATEGORIES", "AuthorEntry", "BenchmarksEntry", "Category", "Feature", "Keeper", "ToolChoice"]

Category = Literal[
    "programming", "roleplay", "marketing", "marketing/seo", "technology", "science", "translation", "legal",
    "finance", "health", "trivia", "academia",
]  # fmt: skip
CATEGORIES: tuple[str, ...] = Category.__args__  # pyright: ignore[reportAttributeAccessIssue]  (typing leaves it untyped)
"""The reference's words for what a model is good at."""

Feature = Literal["diarization", "image_reference", "multiple_audio_references", "voice_cloning"]
ToolChoice = Literal["auto", "function", "none", "required"]
Keeper = Literal["operator", "synced"]
"""Who says what stands in an item: the operator, or the source that `catalog sync` follows."""

_Index = Annotated[float, Field(ge=0, le=10_000)]


class AuthorEntry(Entry):
    """Who made models: the part of their ids before the slash."""

    slug: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: str = Field(default="", max_length=5_000)
    icon: Slug | None = Field(default=None, description="Name of the mark that the web app shows.")
    url: WebUrl | None = Field(default=None, description="Where to read about them.")
    source: Keeper = Field(default="operator", description="`synced` follows `catalog sync`.")


class BenchmarksEntry(Entry):
    """How a model did in tests, as its operator knows."""

    intelligence_index: _Index | None = None
    coding_index: _Index | None = None
    agentic_index: _Index | None = None
