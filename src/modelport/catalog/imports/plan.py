"""A plan of what to take in from another gateway: readers make it, `taking.py` shows it and does it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelport.catalog.offers.naming import native_id
from modelport.providers.sources import SOURCES
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from modelport.catalog.offers.naming import Names
    from modelport.catalog.offers.offer import Offer

__all__ = ["ForeignKey", "ForeignUser", "Plan", "Unreadable", "id_of", "slug_of"]

_AUTHORS = {source.slug: source.author for source in SOURCES}


class Unreadable(Exception):
    """The file or database is not what it is said to be; says why."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A key that callers of the other gateway use; kept as a hash from here on."""

    text: str = field(repr=False)
    name: str = ""
    limit: int | None = None
    """Nano-dollars it may still spend."""
    expires_at: int | None = None
    """Milliseconds."""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class ForeignUser:
    """Somebody with an account there."""

    reference: str
    """What tells them apart from all others, the same every time."""
    email: str
    credits: int = 0
    """Nano-dollars they have left."""
    keys: tuple[ForeignKey, ...] = ()


@dataclass(slots=True)
class Plan:
    """Everything that was found."""

    source: str
    """Name of the other gateway's kind."""
    providers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Entries of a catalogue file by slug; the keys stand in `api_keys`."""
    offers: list[Offer] = field(default_factory=list["Offer"])
    aliases: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Further names of models, by id."""
    users: list[ForeignUser] = field(default_factory=list["ForeignUser"])
    notes: list[str] = field(default_factory=list[str])
    """What could not be brought along, and why."""

    def add_key(self, slug: str, key: str, *, weight: int = 1) -> None:
        """A key of a provider in the plan, beside those it has; the same one counts once."""
        keys: list[dict[str, Any]] = self.providers[slug].setdefault("api_keys", [])
        if key and all(each["key"] != key for each in keys):
            keys.append({"name": f"imported-{len(keys) + 1}", "key": key, "weight": min(max(weight, 1), 1000)})


def slug_of(*words: str) -> str:
    """A provider's slug from whatever it is called."""
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")
    return slug[:64].strip("-") or "imported"


def id_of(name: str, provider: str, names: Names) -> str:
    """Our id for what callers of the other gateway call a model."""
    known = names.find(name)
    if known is not None:
        return known
    if "/" in name:
        return native_id(*(re.sub(r"[^A-Za-z0-9._-]", "-", part) for part in name.split("/", 1)))
    author = _AUTHORS.get(provider) or (provider if provider in ROWS else "imported")
    return native_id(author, name)
