"""What a generation's charge was made of: for whoever asks why it cost what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from modelport.catalog.price_book import Explanation, Priced
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.money import format_price, format_usd

if TYPE_CHECKING:
    from modelport.gateway.services import Services

__all__ = ["explain", "router"]

router = APIRouter(prefix="/api/v1", tags=["Generations"])


async def explain(services: Services, generation_id: str, account_id: str) -> Explanation:
    """The charge of an account's generation, line by line; the lines add up to it exactly.

    Raises `NoSuchGeneration`.
    """
    generation = await services.usage.generation(generation_id, account_id)
    return await services.prices.explain(
        Priced(
            generation.price_version,
            generation.price_factor,
            generation.used,
            generation.created_at,
            generation.cost,
        )
    )


@router.get("/generation/cost", summary="What a generation's charge was made of")
async def read_cost(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.GENERATIONS_READ))],
    generation_id: Annotated[str, Query(alias="id", min_length=1, max_length=200)],
) -> dict[str, Any]:
    """Every component with its units, its price in USD a unit, and its amount in USD."""
    found = await explain(request.app.state.services, generation_id, caller.account_id)
    return {
        "data": {
            "lines": [
                {
                    "component": line.what,
                    "units": line.quantity,
                    "price": format_price(line.price),
                    "amount": format_usd(line.amount),
                }
                for line in found.lines
            ],
            "factor": found.factor or "1",
            "discount": found.discount,
            "adjustment": format_usd(found.adjustment),
            "total": format_usd(found.charged),
        }
    }
