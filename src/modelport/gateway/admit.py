"""Step 1: whose key is it, and may it be used? Touches no database once a key is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.accounts.roles import GRANTS, Permission
from modelport.keys.browser import browser_key, guest_key
from modelport.keys.errors import KeyRefused, NotAllowed, WrongKind
from modelport.kit.caller_address import caller_address, network_of

if TYPE_CHECKING:
    from modelport.gateway.exchange import Exchange
    from modelport.gateway.services import Services
    from modelport.keys.service import LiveKey

__all__ = ["admit"]

_PLACES = (b"x-api-key", b"x-goog-api-key", b"api-key")
"""Headers of Anthropic's, Google's and Azure's clients; Google's may also write `?key=`."""


async def admit(services: Services, exchange: Exchange, *, may_be_guest: bool = False) -> LiveKey:
    """The key the caller shows, as `Authorization: Bearer` or where another dialect's clients put theirs.

    A page of ours shows none: the session of its browser stands for a key. Where nobody is signed in either and the
    caller `may_be_guest`, the guests' key does, and `Exchange.guest` is where they call from.

    Raises `KeyRefused`; `WrongKind` or `NotAllowed` when it may not do inference; `WrongAddress` when it is bound to
    other addresses than the caller's; `DatabaseDown` when an unknown key can't be looked up.
    """
    header = exchange.header(b"authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else header.strip()
    else:
        shown = (exchange.header(name) for name in _PLACES)
        token = next((value for value in shown if value), "").strip() or exchange.query("key")
    live = await services.keys.authenticate(token) if token else await browser_key(services, exchange.scope)
    if live is None:
        live = await _guest(services, exchange) if may_be_guest else None
    if live is None:
        raise KeyRefused("Missing Authentication header")
    if live.record.kind == "management":
        raise WrongKind("Management keys can't be used for inference: make an API key.")
    role = live.standing.role
    if role is None or Permission.INFERENCE not in GRANTS[role]:
        raise NotAllowed("The role of this key's maker does not allow inference.")
    # Once in a while also where nothing is bound: `keys/watch.py` tells of places a key was never used from.
    if live.place is None or live.record.bounds.addresses:
        live.place = _address(services, exchange)
        live.admit(live.place)
    return live


async def _guest(services: Services, exchange: Exchange) -> LiveKey | None:
    live = await guest_key(services, exchange.scope)
    if live is not None:
        exchange.guest = network_of(_address(services, exchange))
    return live


def _address(services: Services, exchange: Exchange) -> str:
    trusted = services.settings.trusted_proxies
    return caller_address(exchange.peer or "", exchange.header(b"x-forwarded-for"), trusted)
