"""What the account of who looks pays where the operator's rules give it prices of its own.

The public lists are everybody's, and kept by caches; what differs is told beside them, to the account alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from modelport.catalog import schemas
from modelport.catalog.cards import public_pricing
from modelport.catalog.routes import the_catalog
from modelport.keys.access import Permission, known, public

if TYPE_CHECKING:
    from modelport.catalog.price_book import PriceBook
    from modelport.credits.service import Credits

__all__ = ["router"]

router = APIRouter(prefix="/api/app/prices", tags=["Models"], dependencies=[Depends(public)])
_PRIVATE = {"cache-control": "private, no-store"}
_NOTHING = "Empty for who is not signed in, and where nothing differs from the public prices."


class OwnPrices(BaseModel):
    """Prices of an account's own."""

    data: dict[str, schemas.PublicPricing] = Field(description=_NOTHING)


@router.get("", summary="The account's own prices, by model", response_model=OwnPrices)
async def read_own_prices(request: Request) -> Response:
    """Of each model that can be called: what the endpoint takes that is cheapest for the account."""
    prices: PriceBook = request.app.state.services.prices
    group = await _group(request)
    if group is None:
        return _answer({})
    # In a thread: with thousands of models it takes a while, the first time after a change of the rules.
    found = await asyncio.to_thread(prices.own_of_models, group)
    return _answer({name: public_pricing(pricing) for name, pricing in found.items()})


@router.get("/{author}/{slug}", summary="The account's own prices of a model, by endpoint", response_model=OwnPrices)
async def read_own_prices_of(author: str, slug: str, request: Request) -> Response:
    """By the endpoints' tags."""
    prices: PriceBook = request.app.state.services.prices
    model = the_catalog(request).snapshot.find(f"{author}/{slug}")
    group = await _group(request)
    if group is None or model is None:
        return _answer({})
    own = prices.own(model, group)
    return _answer({each.tag: public_pricing(own[each.id]) for each in model.endpoints if each.id in own})


async def _group(request: Request) -> str | None:
    caller = await known(request)
    if caller is None or not caller.may(Permission.MODELS_READ):
        return None
    credits: Credits = request.app.state.services.credits
    return await credits.group_of(caller.account_id)


def _answer(data: dict[str, schemas.PublicPricing]) -> Response:
    body = OwnPrices(data=data).model_dump_json(exclude_none=True)
    return Response(body, media_type="application/json", headers=_PRIVATE)
