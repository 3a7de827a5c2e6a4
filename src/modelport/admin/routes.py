"""`/api/admin`: people, accounts, credits and the audit log, for operators who are signed in.

The recorder writes down every change made here, with what was before and what is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from modelport.accounts.roles import Role
from modelport.admin.errors import Yourself
from modelport.admin.schemas import (
    AccountAnswer,
    AccountChange,
    AccountData,
    AccountList,
    AuditList,
    EntryData,
    Grant,
    Granted,
    MembershipData,
    Overview,
    RoleGiven,
    UserAnswer,
    UserChange,
    UserData,
    UserList,
    Visit,
    cursor_of,
    cursor_text,
)
from modelport.audit.noting import note
from modelport.audit.service import Search
from modelport.errors import WrongField
from modelport.keys.access import Permission, Principal, allow
from modelport.kit import clock, ids
from modelport.kit.money import format_usd, parse_usd
from modelport.people.caller import address_of, keep_session, put_aside
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from modelport.accounts.administration import UserRow
    from modelport.admin.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/admin", tags=["Admin: people"])
Operator = Annotated[Principal, Depends(allow(Permission.OPERATE))]
Words = Annotated[str | None, Query(alias="q", max_length=200, description="In address, name or id.")]
After = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=100)]
_DAY = 86_400_000


@router.get("/overview", summary="Figures of this server")
async def read_overview(
    request: Request, _caller: Operator, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> Overview:
    """People, and the margin of the last days."""
    services: Services = request.app.state.services
    since = clock.now_ms() - days * _DAY
    people, new, suspended, organizations = await services.administration.counts(since)
    report = await services.usage.margin("day", since_ms=since)
    return Overview(
        days=days,
        users=people,
        new_users=new,
        suspended_users=suspended,
        organizations=organizations,
        answers=report.total.answers,
        revenue=format_usd(report.total.revenue),
        cost=format_usd(report.total.cost + report.total.wasted),
        margin=format_usd(report.total.margin),
    )


@router.get("/users", summary="Find people")
async def list_users(
    request: Request, _caller: Operator, *, words: Words = None, after: After = None, limit: Limit = 50
) -> UserList:
    """Newest first."""
    services: Services = request.app.state.services
    rows = await services.administration.users(words, cursor_of(after), limit)
    return UserList(data=[UserData.of(row) for row in rows], next=cursor_text(rows, limit))


@router.get("/users/{user_id}", summary="A person")
async def read_user(request: Request, _caller: Operator, user_id: str) -> UserAnswer:
    """With the accounts they are in."""
    return await _user(request, user_id)


@router.patch("/users/{user_id}", summary="Suspend or promote a person")
async def change_user(request: Request, caller: Operator, user_id: str, body: UserChange) -> UserAnswer:
    """Sessions and keys follow within a second, everywhere."""
    services: Services = request.app.state.services
    before, _ = await services.administration.user(user_id)
    _refuse_self(caller, before)
    if body.suspended is not None:
        await services.accounts.suspend_user(user_id, suspended=body.suspended)
    if body.is_operator is not None and body.is_operator != before.is_operator:
        await services.administration.set_operator(user_id, is_operator=body.is_operator)
    answer = await _user(request, user_id)
    note(request, user_id, before=UserData.of(before), after=answer.data, account_id=before.account_id)
    return answer


@router.delete("/users/{user_id}", status_code=204, summary="Erase a person")
async def erase_user(request: Request, caller: Operator, user_id: str) -> None:
    """Address, name and all they sign in by are gone for good; their keys are refused."""
    services: Services = request.app.state.services
    person, _ = await services.administration.user(user_id)
    _refuse_self(caller, person)
    # Without the address: it is erased from here too.
    note(request, user_id, after={"erased": True}, account_id=person.account_id)
    await services.administration.erase(user_id)
    await services.own_keys.forget_account(person.account_id)
    await services.destinations.forget_account(person.account_id)
    await services.contents.forget_account(person.account_id)


@router.post("/users/{user_id}/visit", status_code=201, summary="Look in as a person")
async def visit_user(request: Request, response: Response, caller: Operator, user_id: str) -> Visit:
    """This browser becomes theirs for half an hour, may look only, and the person is told."""
    services: Services = request.app.state.services
    person, _ = await services.administration.user(user_id)
    _refuse_self(caller, person)
    note(request, user_id, after={"looks_in": True}, account_id=person.account_id)
    token, session = await services.administration.look_in(
        caller.user_id, user_id, address=address_of(request), user_agent=request.headers.get("user-agent")
    )
    await services.notices.send(
        person.account_id,
        "operator_visit",
        user_id=user_id,
        time=clock.now().strftime("%Y-%m-%d %H:%M UTC"),
    )
    put_aside(request, response)
    keep_session(request, response, token)
    return Visit(user_id=user_id, account_id=person.account_id, until=when(session.expires_at))


@router.get("/accounts", summary="Find accounts")
async def list_accounts(
    request: Request,
    _caller: Operator,
    *,
    words: Words = None,
    group: Annotated[str | None, Query(max_length=60, description="Only those in this group of price rules.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> AccountList:
    """Newest first, organisations and people's own."""
    services: Services = request.app.state.services
    only = None if group is None else await services.credits.members(group)
    rows = await services.administration.accounts(words, cursor_of(after), limit, only)
    return AccountList(data=[AccountData.of(row) for row in rows], next=cursor_text(rows, limit))


@router.get("/accounts/{account_id}", summary="An account")
async def read_account(request: Request, _caller: Operator, account_id: str) -> AccountAnswer:
    """With its members and its credits."""
    return await _account(request, account_id)


@router.patch("/accounts/{account_id}", summary="Suspend an account")
async def change_account(request: Request, caller: Operator, account_id: str, body: AccountChange) -> AccountAnswer:
    """All its keys follow within a second, everywhere."""
    services: Services = request.app.state.services
    if account_id == caller.account_id:
        raise Yourself("This is the account you look at.")
    before = await services.administration.account(account_id)
    await services.accounts.suspend_account(account_id, suspended=body.suspended)
    answer = await _account(request, account_id)
    note(request, account_id, before=AccountData.of(before), after=answer.data, account_id=account_id)
    return answer


@router.post("/accounts/{account_id}/grants", status_code=201, summary="Give credits")
async def grant_credits(request: Request, caller: Operator, account_id: str, body: Grant) -> Granted:
    """Once for each `idempotency_key`."""
    services: Services = request.app.state.services
    await services.administration.account(account_id)
    try:
        amount = parse_usd(body.amount)
    except ValueError as error:
        raise WrongField("amount", str(error), kind="decimal_parsing") from error
    if amount <= 0:
        raise WrongField("amount", "give more than nothing.", kind="greater_than", gt=0)
    note(request, account_id, after=body, account_id=account_id)
    expires_at = None if body.expires_at is None else int(body.expires_at.timestamp() * 1000)
    await services.credits.grant(
        account_id,
        amount,
        reference=f"{body.reason} (by {caller.user_id})",
        idempotency_key=f"admin:{account_id}:{body.idempotency_key or ids.random_text(20)}",
        promotional=body.promotional or expires_at is not None,
        expires_at=expires_at,
    )
    totals = await services.credits.totals(account_id)
    return Granted(total_credits=format_usd(totals.granted), total_usage=format_usd(totals.used))


@router.put("/accounts/{account_id}/members/{user_id}", status_code=204, summary="Give a member another role")
async def set_role(request: Request, _caller: Operator, account_id: str, user_id: str, body: RoleGiven) -> None:
    """The owner stays the owner: an organisation is handed over by its owner only."""
    services: Services = request.app.state.services
    before = {each.user_id: each.role for each in await services.organizations.members(account_id)}
    known = before.get(user_id)
    told = {"role": None if known is None else known.value}
    note(request, f"{account_id}/{user_id}", before=told, after=body, account_id=account_id)
    await services.organizations.set_role(account_id, user_id, Role(body.role))


@router.get("/audit", summary="The audit log")
async def read_audit(
    request: Request,
    _caller: Operator,
    *,
    account_id: Annotated[str | None, Query(max_length=100)] = None,
    user_id: Annotated[str | None, Query(max_length=100)] = None,
    action: Annotated[str | None, Query(max_length=200, description="What it begins with.")] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before.")] = None,
    limit: Limit = 50,
) -> AuditList:
    """Newest first. Entries are never changed and never deleted."""
    services: Services = request.app.state.services
    entries = await services.audit.page(Search(account_id, user_id, action, subject, before, limit))
    return AuditList(
        data=[EntryData.of(entry) for entry in entries], next=entries[-1].seq if len(entries) == limit else None
    )


def _refuse_self(caller: Principal, person: UserRow) -> None:
    if person.id == caller.user_id:
        raise Yourself("This is you: have another operator do it.")


async def _user(request: Request, user_id: str) -> UserAnswer:
    services: Services = request.app.state.services
    row, memberships = await services.administration.user(user_id)
    return UserAnswer(data=UserData.of(row), accounts=[MembershipData.of(each) for each in memberships])


async def _account(request: Request, account_id: str) -> AccountAnswer:
    services: Services = request.app.state.services
    row = await services.administration.account(account_id)
    totals = await services.credits.totals(account_id)
    return AccountAnswer(
        data=AccountData.of(row),
        members={each.user_id: each.role for each in await services.organizations.members(account_id)},
        group=await services.credits.group_of(account_id),
        total_credits=format_usd(totals.granted),
        total_usage=format_usd(totals.used),
    )
