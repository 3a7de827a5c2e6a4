"""The one table of providers that are known: address, key, dialects, and how each differs from them.

A catalogue's `provider: {slug: groq}` takes everything from here. To add one, see CONTRIBUTING.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from modelport.providers.rows import china, clouds, hosts, labs, own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.providers.row import Row

__all__ = ["ROWS"]

ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {row.slug: row for group in (labs, clouds, hosts, china, own) for row in group.ROWS}
)
"""By slug: the reference's slugs where it has the provider."""
