"""Secrets of providers at rest: `env:NAME` is kept as it is, anything else is sealed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelport.catalog.words import env_name
from modelport.kit.vault import SealBroken, Vault

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NOT_SET", "MissingSecret", "Sealing", "key_field"]

NOT_SET = "environment variable"
"""How the words of a `MissingSecret` begin that is not there at all, rather than locked."""


class MissingSecret(Exception):
    """A provider's secret can't be had; says why, without the secret."""


def key_field(name: str) -> str:
    """The field under which one of several keys is sealed: it can't be opened under another's name."""
    return f"api_keys.{name}"


class Sealing:
    """Reads and writes the secrets of one provider."""

    def __init__(self, vault: Vault, environ: Mapping[str, str], slug: str) -> None:
        self._vault, self._environ, self._slug = vault, environ, slug

    def store(self, field: str, given: str, stored: str | None) -> str:
        """What to keep for `given`; `stored` itself when it means the same."""
        if given == "":
            return ""
        name = env_name(given)
        if name is not None:
            # An export writes this name in place of a sealed key. Applied where no such variable is set, it
            # can only mean "as before".
            unset = not self._environ.get(name)
            return stored if stored and unset and self.exported(field, stored) == given else given
        if stored and env_name(stored) is None and self._opened(field, stored) == given:
            return stored
        return self._vault.seal(given, context=self._context(field))

    def reveal(self, field: str, stored: str) -> str:
        """The secret in clear, for calling the provider.

        Raises `MissingSecret` when the environment variable is not set or the seal can't be opened.
        """
        if stored == "":
            return ""
        name = env_name(stored)
        if name is not None:
            value = self._environ.get(name)
            if not value:
                raise MissingSecret(f"{NOT_SET} {name} is not set; set it and restart the server")
            return value
        value = self._opened(field, stored)
        if value is None:
            raise MissingSecret(f"the {field} can't be opened with this master secret; apply the provider again")
        return value

    def exported(self, field: str, stored: str) -> str:
        """What an export may show: a reference, never the secret."""
        if stored == "" or env_name(stored) is not None:
            return stored
        return "env:" + re.sub(r"[^A-Z0-9]", "_", f"MODELPORT_{self._slug}_{field}".upper())

    def _opened(self, field: str, stored: str) -> str | None:
        try:
            return self._vault.open(stored, context=self._context(field))
        except SealBroken:
            return None

    def _context(self, field: str) -> str:
        # A sealed value moved to another provider's row, or to another column, can't be opened there.
        return f"provider:{self._slug}" if field == "api_key" else f"provider:{self._slug}:{field}"
