"""Where processors tell of payments: `/api/webhooks/stripe` and `/api/webhooks/epay`.

Nobody signs in here; each event's signature is checked over the body as it came, before anything of it is read. A
processor that is not set up, or has no secret, has no address.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Depends, Request, Response

from modelport.errors import TooLarge
from modelport.keys.access import public
from modelport.payments.errors import ForgedEvent, HookOff
from modelport.payments.service import Payments

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["router"]

router = APIRouter(prefix="/api/webhooks", include_in_schema=False, dependencies=[Depends(public)])
_log = structlog.get_logger(__name__)
_LARGEST = 256 * 1024
"""Bytes; real events have a few thousand."""


@router.post("/stripe")
async def stripe(request: Request) -> dict[str, str]:
    """An event from Stripe."""
    payments: Payments = request.app.state.services.payments
    if payments.stripe is None:
        raise HookOff("Not Found")
    body, signature = await _body(request), request.headers.get("stripe-signature", "")
    with _forgeries_noted(request, "stripe"):
        notice = await payments.stripe.read_event(body, signature)
    return {"verdict": await payments.hooks.take("stripe", notice)}


@router.get("/epay")
@router.post("/epay")
async def epay(request: Request) -> Response:
    """A notice from an EPay gateway, which wants `success` as the answer or sends it again."""
    payments: Payments = request.app.state.services.payments
    if payments.epay is None:
        raise HookOff("Not Found")
    parameters = dict(request.query_params)
    if request.method == "POST":
        parameters |= dict(parse_qsl((await _body(request)).decode(errors="replace"), keep_blank_values=True))
    with _forgeries_noted(request, "epay"):
        notice = payments.epay.read_notice(parameters)
    verdict = await payments.hooks.take("epay", notice)
    return Response("fail" if verdict.startswith("refused") else "success", media_type="text/plain")


@contextlib.contextmanager
def _forgeries_noted(request: Request, processor: str) -> Generator[None]:
    try:
        yield
    except ForgedEvent as error:
        address = request.client.host if request.client else None
        _log.warning("payments.event_forged", processor=processor, address=address, reason=error.message)
        raise


async def _body(request: Request) -> bytes:
    """The body as it came. Raises `TooLarge`."""
    pieces = bytearray()
    async for piece in request.stream():
        pieces += piece
        if len(pieces) > _LARGEST:
            raise TooLarge("The event is too large.")
    return bytes(pieces)
