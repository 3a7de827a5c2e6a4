"""`/api/app/routing`: what the account wants wherever its requests say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from modelport.audit.noting import note
from modelport.keys.access import Permission, Principal, allow
from modelport.routing.errors import BadRouting
from modelport.routing.schemas import RoutingDefaults, RoutingDefaultsAnswer

if TYPE_CHECKING:
    from modelport.routing.service import Routing

    class Services(Protocol):
        """The part of the process's services that is used here."""

        routing: Routing


__all__ = ["router"]

router = APIRouter(prefix="/api/app/routing", tags=["Routing"])
Reader = Annotated[Principal, Depends(allow(Permission.SETTINGS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.SETTINGS_WRITE))]


@router.get("", summary="Defaults of the account's requests")
async def read_routing_defaults(request: Request, caller: Reader) -> RoutingDefaultsAnswer:
    """The default model, and default preferences of providers."""
    services: Services = request.app.state.services
    return RoutingDefaultsAnswer(data=RoutingDefaults.of(await services.routing.own_defaults(caller.account_id)))


@router.put("", summary="Change the defaults of the account's requests")
async def put_routing_defaults(request: Request, caller: Writer, body: RoutingDefaults) -> RoutingDefaultsAnswer:
    """In the place of all that was there. A request's own words go first, but never loosen what is set here about
    providers and privacy.
    """
    services: Services = request.app.state.services
    if body.default_model is not None and "@" in body.default_model:
        raise BadRouting(
            "Invalid request: default_model: a preset can't be the default model.", metadata={"rule": "preset"}
        )
    before = RoutingDefaults.of(await services.routing.own_defaults(caller.account_id))
    made = await services.routing.set_defaults(caller.account_id, body.model_dump(exclude_none=True))
    after = RoutingDefaults.of(made)
    note(request, caller.account_id, before=before, after=after)
    return RoutingDefaultsAnswer(data=after)
