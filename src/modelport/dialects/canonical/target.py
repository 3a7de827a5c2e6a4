"""What a provider is to be sent beside, or instead of, what the caller wrote."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelport.dialects.canonical.efforts import nearest_effort

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Target"]


class Target(NamedTuple):
    """One provider's name for the model, and how it spells the dialect it speaks."""

    model: str
    stream: bool
    max_tokens: int | None = None
    """The longest answer in tokens that credits reach for: overrides the caller's."""
    default_max_tokens: int | None = None
    """For dialects that demand a length, where the caller gave none."""
    renames: Mapping[str, str] = MappingProxyType({})
    """Fields it knows under other names; each dialect says which places inside messages can be named too."""
    drops: frozenset[str] = frozenset()
    """Fields it refuses, and which an answer does not depend on."""
    keeps: frozenset[str] = frozenset()
    """Fields meant for a gateway that this provider, a gateway itself, is to be sent as well."""
    quirks: frozenset[str] = frozenset()
    """Names of the ways in which it differs from its dialect; each dialect lists those it knows."""
    reasoning_format: str | None = None
    """The reference's name for the reasoning this provider takes back; None for the dialect's usual one."""
    efforts: tuple[str, ...] = ()
    """Efforts of reasoning that the model knows; empty where all may be sent."""

    def effort(self, wanted: str) -> str:
        """The nearest effort that the model knows."""
        return nearest_effort(wanted, self.efforts)
