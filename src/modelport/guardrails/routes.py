"""`/guardrails*` of the reference's management API. Shapes are the reference's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request

from modelport.accounts.service import members
from modelport.audit.noting import note
from modelport.guardrails.detectors import DETECTORS
from modelport.guardrails.errors import BadGuardrail
from modelport.guardrails.rules import Rules
from modelport.guardrails.schemas import (
    GuardrailAnswer,
    GuardrailChange,
    GuardrailData,
    GuardrailDeleted,
    GuardrailList,
    GuardrailNew,
    KeyAssignment,
    KeyAssignments,
    KeyHashes,
    KeysAssigned,
    KeysUnassigned,
    MemberAssignment,
    MemberAssignments,
    MemberIds,
)
from modelport.keys.access import Permission, Principal, allow
from modelport.kit.clock import UTC
from modelport.kit.money import parse_usd, to_number

if TYPE_CHECKING:
    from pydantic import BaseModel

    from modelport.db.database import Database
    from modelport.guardrails.service import Assignment, Guardrail, Guardrails
    from modelport.keys.service import Keys

    class Services(Protocol):
        """The part of the process's services that is used here."""

        database: Database
        guardrails: Guardrails
        keys: Keys


__all__ = ["router"]

router = APIRouter(prefix="/api/v1/guardrails", tags=["Guardrails"])
Reader = Annotated[Principal, Depends(allow(Permission.GUARDRAILS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.GUARDRAILS_WRITE))]
Offset = Annotated[int, Query(ge=0, le=10**9)]
Limit = Annotated[int, Query(ge=1, le=100)]


def _when(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def shown(guardrail: Guardrail) -> GuardrailData:
    """A guardrail as the reference shows it."""
    rules: dict[str, Any] = {name: guardrail.rules.get(name) for name in Rules.__struct_fields__}
    builtins = rules["content_filter_builtins"]
    if builtins is not None:
        rules["content_filter_builtins"] = [{**each, "label": DETECTORS[each["slug"]].label} for each in builtins]
    return GuardrailData.model_validate(
        {
            **guardrail._asdict(),
            **rules,
            "limit_usd": None if guardrail.limit_nanos is None else to_number(guardrail.limit_nanos),
            "created_at": _when(guardrail.created_at),
            "updated_at": None if guardrail.updated_at is None else _when(guardrail.updated_at),
        }
    )


def _values(body: BaseModel) -> dict[str, Any]:
    """What a body names, by the names of the store."""
    values = body.model_dump(exclude_unset=True)
    if "limit_usd" in values:
        limit = values.pop("limit_usd")
        values["limit_nanos"] = None if limit is None else parse_usd(format(limit, "f"))
    for entry in values.get("content_filter_builtins") or ():
        entry.pop("label", None)  # chosen by the house
    if values.get("name", "") is None:
        del values["name"]
    return values


@router.get("", summary="Guardrails of a workspace")
async def list_guardrails(
    request: Request,
    caller: Reader,
    *,
    offset: Offset = 0,
    limit: Limit = 50,
    workspace_id: Annotated[str | None, Query(max_length=100, description="Id or slug; else the default one.")] = None,
) -> GuardrailList:
    """Newest first."""
    services: Services = request.app.state.services
    page, total = await services.guardrails.page(caller.account_id, workspace_id, offset, limit)
    return GuardrailList(data=[shown(each) for each in page], total_count=total)


@router.post("", status_code=201, summary="Make a guardrail")
async def create_guardrail(request: Request, caller: Writer, body: GuardrailNew) -> GuardrailAnswer:
    """It applies to nobody until it is assigned; a workspace's default one is changed instead to bind all in it."""
    services: Services = request.app.state.services
    values = _values(body)
    made = shown(await services.guardrails.create(caller.account_id, values.pop("workspace_id", None), values))
    note(request, made.id, after=made)
    return GuardrailAnswer(data=made)


@router.get("/assignments/keys", summary="Keys with a guardrail")
async def list_key_assignments(
    request: Request, caller: Reader, offset: Offset = 0, limit: Limit = 50
) -> KeyAssignments:
    """Of all guardrails, newest first."""
    return await _keys(request, caller, None, offset, limit)


@router.get("/assignments/members", summary="Members with a guardrail")
async def list_member_assignments(
    request: Request, caller: Reader, offset: Offset = 0, limit: Limit = 50
) -> MemberAssignments:
    """Of all guardrails, newest first."""
    return await _members(request, caller, None, offset, limit)


@router.get("/{guardrail_id}", summary="One guardrail")
async def read_guardrail(request: Request, caller: Reader, guardrail_id: str) -> GuardrailAnswer:
    """By its id, which for a workspace's default one is the workspace's `default_guardrail_id`."""
    services: Services = request.app.state.services
    return GuardrailAnswer(data=shown(await services.guardrails.find(caller.account_id, guardrail_id)))


@router.patch("/{guardrail_id}", summary="Change a guardrail")
async def update_guardrail(
    request: Request, caller: Writer, guardrail_id: str, body: GuardrailChange
) -> GuardrailAnswer:
    """What is not named stays; a list is replaced whole. In force on every server within a second."""
    services: Services = request.app.state.services
    before, after = await services.guardrails.change(caller.account_id, guardrail_id, _values(body))
    answer = GuardrailAnswer(data=shown(after))
    note(request, guardrail_id, before=shown(before), after=answer.data)
    return answer


@router.delete("/{guardrail_id}", summary="Delete a guardrail")
async def delete_guardrail(request: Request, caller: Writer, guardrail_id: str) -> GuardrailDeleted:
    """With its assignments; a workspace's default one says nothing from then on."""
    services: Services = request.app.state.services
    note(request, guardrail_id, before=shown(await services.guardrails.remove(caller.account_id, guardrail_id)))
    return GuardrailDeleted()


@router.get("/{guardrail_id}/assignments/keys", summary="Keys that a guardrail applies to")
async def list_guardrail_keys(
    request: Request, caller: Reader, guardrail_id: str, offset: Offset = 0, limit: Limit = 50
) -> KeyAssignments:
    """Newest first."""
    return await _keys(request, caller, guardrail_id, offset, limit)


@router.post("/{guardrail_id}/assignments/keys", summary="Apply a guardrail to keys")
async def assign_keys(request: Request, caller: Writer, guardrail_id: str, body: KeyHashes) -> KeysAssigned:
    """A key has at most one: this takes the place of another."""
    services: Services = request.app.state.services
    ids = await _key_ids(services, caller, body.key_hashes)
    note(request, guardrail_id, after=body)
    count = await services.guardrails.assign(caller.account_id, guardrail_id, "key", ids, by=caller.user_id)
    return KeysAssigned(assigned_count=count)


@router.post("/{guardrail_id}/assignments/keys/remove", summary="Take a guardrail from keys")
async def unassign_keys(request: Request, caller: Writer, guardrail_id: str, body: KeyHashes) -> KeysUnassigned:
    """Those that did not have it are not counted."""
    services: Services = request.app.state.services
    ids = await _key_ids(services, caller, body.key_hashes)
    note(request, guardrail_id, before=body)
    count = await services.guardrails.unassign(caller.account_id, guardrail_id, "key", ids)
    return KeysUnassigned(unassigned_count=count)


@router.get("/{guardrail_id}/assignments/members", summary="Members that a guardrail applies to")
async def list_guardrail_members(
    request: Request, caller: Reader, guardrail_id: str, offset: Offset = 0, limit: Limit = 50
) -> MemberAssignments:
    """Newest first."""
    return await _members(request, caller, guardrail_id, offset, limit)


@router.post("/{guardrail_id}/assignments/members", summary="Apply a guardrail to members")
async def assign_members(request: Request, caller: Writer, guardrail_id: str, body: MemberIds) -> KeysAssigned:
    """A member has at most one: this takes the place of another."""
    services: Services = request.app.state.services
    await _refuse_strangers(services, caller, body.member_user_ids)
    note(request, guardrail_id, after=body)
    count = await services.guardrails.assign(
        caller.account_id, guardrail_id, "member", body.member_user_ids, by=caller.user_id
    )
    return KeysAssigned(assigned_count=count)


@router.post("/{guardrail_id}/assignments/members/remove", summary="Take a guardrail from members")
async def unassign_members(request: Request, caller: Writer, guardrail_id: str, body: MemberIds) -> KeysUnassigned:
    """Those who did not have it are not counted."""
    services: Services = request.app.state.services
    note(request, guardrail_id, before=body)
    count = await services.guardrails.unassign(caller.account_id, guardrail_id, "member", body.member_user_ids)
    return KeysUnassigned(unassigned_count=count)


async def _keys(
    request: Request, caller: Principal, guardrail_id: str | None, offset: int, limit: int
) -> KeyAssignments:
    services: Services = request.app.state.services
    found = await services.guardrails.assignments(caller.account_id, "key", guardrail_id)
    keys = {key.id: key for key in await services.keys.of_account(caller.account_id)} if found else {}
    known = [each for each in found if each.subject in keys]
    data = [
        KeyAssignment(
            **_common(each),
            key_hash=keys[each.subject].hash,
            key_name=keys[each.subject].name,
            key_label=keys[each.subject].label,
        )
        for each in known[offset : offset + limit]
    ]
    return KeyAssignments(data=data, total_count=len(known))


async def _members(
    request: Request, caller: Principal, guardrail_id: str | None, offset: int, limit: int
) -> MemberAssignments:
    services: Services = request.app.state.services
    found = await services.guardrails.assignments(caller.account_id, "member", guardrail_id)
    data = [
        MemberAssignment(**_common(each), organization_id=caller.account_id, user_id=each.subject)
        for each in found[offset : offset + limit]
    ]
    return MemberAssignments(data=data, total_count=len(found))


def _common(assignment: Assignment) -> dict[str, Any]:
    return {
        "id": assignment.id,
        "guardrail_id": assignment.guardrail_id,
        "assigned_by": assignment.assigned_by,
        "created_at": _when(assignment.created_at),
    }


async def _key_ids(services: Services, caller: Principal, hashes: list[str]) -> list[str]:
    """The ids of the account's keys. Raises `NoSuchKey`."""
    keys = {key.hash: key.id for key in await services.keys.of_account(caller.account_id)}
    missing = [each for each in hashes if each not in keys]
    if missing:
        raise BadGuardrail(
            f"Invalid request: key_hashes: {missing[0][:80]!r} is no API key of this account.",
            metadata={"rule": "stranger_key"},
        )
    return [keys[each] for each in hashes]


async def _refuse_strangers(services: Services, caller: Principal, user_ids: list[str]) -> None:
    everybody = await services.database.read(lambda connection: members(connection, caller.account_id))
    known = {each.user_id for each in everybody}
    for each in user_ids:
        if each not in known:
            raise BadGuardrail(
                f"Invalid request: member_user_ids: {each[:80]!r} is no member of this account.",
                metadata={"rule": "stranger", "person": each[:80]},
            )
