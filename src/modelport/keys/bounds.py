"""What a key may be used for, and how fast: models, providers, addresses, requests and tokens a minute, slots.

The record is stored with the key; what it costs to compile is paid once a record, not once a request. Money has its
own limit on the key (`limit`, `limit_reset`).
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from modelport.keys.errors import BadBounds

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UNBOUNDED", "Bounds"]

_MOST = 2**31 - 1
_MOST_ENTRIES = 200
_LISTS = frozenset({"models", "providers", "addresses"})
_PATTERN = re.compile(r"[\w.:~/@*?-]{1,200}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Bounds:
    """A key's bounds; None, or nothing in a list, bounds nothing."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    """Prompt and completion together. A prompt counts when it is sent, a completion when it has ended."""
    max_concurrency: int | None = None
    """Requests under way at once."""
    models: tuple[str, ...] = ()
    """Ids of models, or patterns such as `openai/*` and `*:free`."""
    providers: tuple[str, ...] = ()
    """Slugs of providers, or patterns."""
    addresses: tuple[str, ...] = ()
    """Where callers may be: addresses and CIDR ranges of IPv4 and IPv6."""

    def __post_init__(self) -> None:
        """Raises `BadBounds`, which tells every fault at once."""
        numbers = dict(self._numbers())
        faults = [
            f"`{name}` is {value}; give a number from 1 to {_MOST}"
            for name, value in self._numbers()
            if value is not None and not 1 <= value <= _MOST
        ]
        for name, entries in (("models", self.models), ("providers", self.providers)):
            faults += [f"`{name}` holds {each!r}, which is no pattern" for each in entries if not _is_pattern(each)]
        faults += [
            f"`addresses` holds {each!r}, which is no range" for each in self.addresses if _network(each) is None
        ]
        for name, entries in (("models", self.models), ("providers", self.providers), ("addresses", self.addresses)):
            if len(entries) > _MOST_ENTRIES:
                faults.append(f"`{name}` has {len(entries)} entries; {_MOST_ENTRIES} are the most")
        if faults:
            names = dict.fromkeys(each.split("`", 2)[1] for each in faults)
            fields = [
                {"name": name, "kind": "between", "ge": 1, "le": _MOST}
                if name in numbers
                else {"name": name, "kind": "form"}
                for name in names
            ]
            raise BadBounds("; ".join(faults) + ".", metadata={"fields": fields})

    def _numbers(self) -> list[tuple[str, int | None]]:
        return [
            ("requests_per_minute", self.requests_per_minute),
            ("tokens_per_minute", self.tokens_per_minute),
            ("max_concurrency", self.max_concurrency),
        ]

    @property
    def paced(self) -> bool:
        """Whether anything has to be counted."""
        return self.requests_per_minute is not None or bool(self.tokens_per_minute or self.max_concurrency)

    @cached_property
    def _models(self) -> re.Pattern[str] | None:
        return _compiled(self.models)

    @cached_property
    def _providers(self) -> re.Pattern[str] | None:
        return _compiled(self.providers)

    @cached_property
    def _networks(self) -> tuple[Network, ...]:
        return tuple(network for each in self.addresses if (network := _network(each)) is not None)

    def forbids(self, model: str, provider: str) -> str | None:
        """Which bound keeps the key from this model at this provider, as reasons of a plan name it; None if none."""
        if self._models is not None and self._models.fullmatch(model) is None:
            return "allowed_models"
        if self._providers is not None and self._providers.fullmatch(provider) is None:
            return "allowed_providers"
        return None

    def admits(self, address: str | None) -> bool:
        """Whether a caller at `address` may use the key; one whose address is not known may not, if any is bound."""
        if not self.addresses:
            return True
        try:
            found = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped  # a socket for both kinds tells IPv4 callers so
        return any(found.version == network.version and found in network for network in self._networks)

    def stored(self) -> dict[str, Any] | None:
        """As it is stored: what bounds something."""
        return {name: value for name, value in asdict(self).items() if value} or None

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> Bounds:
        """What `stored` gave."""
        if not stored:
            return UNBOUNDED
        values: dict[str, Any] = dict(stored)
        for name in _LISTS & values.keys():
            values[name] = tuple(values[name])
        return cls(**values)


def _is_pattern(text: str) -> bool:
    return _PATTERN.fullmatch(text) is not None


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    if not patterns:
        return None
    return re.compile("|".join(fnmatch.translate(each) for each in patterns), re.IGNORECASE)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


UNBOUNDED = Bounds()
"""The bounds of a key that has none."""
