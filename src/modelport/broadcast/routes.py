"""`/observability/destinations`: where an account's traces go. The reference's five operations, and a test call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request

from modelport.audit.noting import note
from modelport.broadcast.destination import failing_of
from modelport.broadcast.errors import BadDestination
from modelport.broadcast.kinds import KINDS, addresses, read
from modelport.broadcast.shapes import (
    DestinationAnswer,
    DestinationChange,
    DestinationDeleted,
    DestinationList,
    DestinationNew,
    DestinationTest,
    columns,
    shown,
)
from modelport.keys.access import Permission, Principal, allow
from modelport.upstream.guard import may_reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.broadcast.destination import Destination
    from modelport.broadcast.service import Destinations
    from modelport.broadcast.shapes import DestinationData
    from modelport.broadcast.worker import Worker
    from modelport.keys.service import Keys
    from modelport.settings import Settings
    from modelport.workspaces.service import Workspaces

    class Services(Protocol):
        """The part of the process's services that is used here."""

        settings: Settings
        keys: Keys
        destinations: Destinations
        broadcaster: Worker
        workspaces: Workspaces


__all__ = ["router"]

router = APIRouter(prefix="/api/v1/observability/destinations", tags=["Observability"])
Reader = Annotated[Principal, Depends(allow(Permission.DESTINATIONS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.DESTINATIONS_WRITE))]


@router.get("", summary="Observability destinations of a workspace")
async def list_destinations(
    request: Request,
    caller: Reader,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    workspace_id: Annotated[str | None, Query(max_length=100, description="Id or slug; else the default one.")] = None,
) -> DestinationList:
    """Oldest first, with how deliveries go."""
    services: Services = request.app.state.services
    workspace = await services.workspaces.find(caller.account_id, workspace_id or "default")
    found, total = await services.destinations.page(caller.account_id, workspace.id, offset, limit)
    return DestinationList(data=[_shown(services, each) for each in found], total_count=total)


@router.post("", status_code=201, summary="Send traces to an observability destination")
async def create_destination(request: Request, caller: Writer, body: DestinationNew) -> DestinationAnswer:
    """A webhook's signing secret is in this answer, and never again."""
    services: Services = request.app.state.services
    values = columns(body)
    await _check(services, caller, body.type, values)
    workspace = await services.workspaces.find(caller.account_id, body.workspace_id or "default")
    made, config = await services.destinations.create(
        caller.account_id, caller.user_id, workspace.id, body.type, values
    )
    note(request, made.id, after=shown(made, config))
    return DestinationAnswer(data=shown(made, config, fresh=True))


@router.get("/{id}", summary="One observability destination")
async def read_destination(request: Request, caller: Reader, id: str) -> DestinationAnswer:  # noqa: A002 (the reference's name)
    """Secrets of its configuration are hidden."""
    services: Services = request.app.state.services
    return DestinationAnswer(data=_shown(services, await services.destinations.find(caller.account_id, id)))


@router.patch("/{id}", summary="Change an observability destination")
async def change_destination(request: Request, caller: Writer, id: str, body: DestinationChange) -> DestinationAnswer:  # noqa: A002
    """What is not named stays; a hidden secret that is given back stays too."""
    services: Services = request.app.state.services
    found = await services.destinations.find(caller.account_id, id)
    before = _shown(services, found)
    values = columns(body)
    await _check(services, caller, found.type, values, services.destinations.config(found))
    data = _shown(services, await services.destinations.change(caller.account_id, id, values))
    note(request, id, before=before, after=data)
    return DestinationAnswer(data=data)


@router.delete("/{id}", summary="Delete an observability destination")
async def delete_destination(request: Request, caller: Writer, id: str) -> DestinationDeleted:  # noqa: A002
    """What still waits for it is not sent."""
    services: Services = request.app.state.services
    note(request, id, before=_shown(services, await services.destinations.find(caller.account_id, id)))
    await services.destinations.delete(caller.account_id, id)
    return DestinationDeleted()


@router.post("/{id}/test", summary="Try an observability destination")
async def test_destination(request: Request, caller: Writer, id: str) -> DestinationTest:  # noqa: A002
    """Sends a request without traces now, with `X-Test-Connection: true`, and tells what was answered."""
    services: Services = request.app.state.services
    tested = await services.broadcaster.test(await services.destinations.find(caller.account_id, id))
    return DestinationTest(
        ok=tested.fault is None, status=tested.status, fault=tested.fault, failing=failing_of(tested.fault)
    )


def _shown(services: Services, destination: Destination) -> DestinationData:
    return shown(destination, services.destinations.config(destination))


async def _check(
    services: Services,
    caller: Principal,
    kind: str,
    values: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    """Raises `BadDestination` for keys that are not the account's, and for addresses that may not be called."""
    if hashes := values.get("api_key_hashes"):
        own = {key.hash for key in await services.keys.of_account(caller.account_id)}
        if strangers := [each for each in hashes if each not in own]:
            raise BadDestination(
                f"Invalid request: api_key_hashes: {strangers[0]} is no key of this account.",
                metadata={"rule": "stranger_key"},
            )
    if "config" in values and not services.settings.private_addresses:
        config = KINDS[kind].model_validate(read(kind, values["config"], before)) if kind in KINDS else None
        if config is not None and not all(may_reach(each) for each in addresses(config)):
            raise BadDestination(
                "Invalid request: config: this address is not one of the open internet.",
                metadata={"rule": "private_address"},
            )
