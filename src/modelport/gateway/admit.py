"""Step 1: whose key is it, and may it be used? Touches no database once a key is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.accounts.roles import GRANTS, Permission
from modelport.keys.errors import KeyRefused, NotAllowed, WrongKind

if TYPE_CHECKING:
    from modelport.gateway.exchange import Exchange
    from modelport.keys.service import Keys, LiveKey

__all__ = ["admit"]

_PLACES = (b"x-api-key", b"x-goog-api-key", b"api-key")
"""Headers of Anthropic's, Google's and Azure's clients; Google's may also write `?key=`."""


async def admit(keys: Keys, exchange: Exchange) -> LiveKey:
    """The key the caller shows, as `Authorization: Bearer` or where another dialect's clients put theirs.

    Raises `KeyRefused`; `WrongKind` or `NotAllowed` when it may not do inference; `DatabaseDown` when an unknown key
    can't be looked up.
    """
    header = exchange.header(b"authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else header.strip()
    else:
        shown = (exchange.header(name) for name in _PLACES)
        token = next((value for value in shown if value), "").strip() or exchange.query("key")
    if not token:
        raise KeyRefused("Missing Authentication header")
    live = await keys.authenticate(token)
    if live.record.kind == "management":
        raise WrongKind("Management keys can't be used for inference: make an API key.")
    role = live.standing.role
    if role is None or Permission.INFERENCE not in GRANTS[role]:
        raise NotAllowed("The role of this key's maker does not allow inference.")
    return live
