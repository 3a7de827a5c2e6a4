"""What the admin API takes and gives; amounts are decimal texts of USD."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field

from modelport.accounts.administration import Cursor
from modelport.accounts.roles import Role
from modelport.errors import BadRequest
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelport.accounts.administration import AccountRow, Member, UserRow
    from modelport.audit.service import Entry

__all__ = [
    "AccountAnswer",
    "AccountChange",
    "AccountData",
    "AccountList",
    "AuditList",
    "EntryData",
    "Grant",
    "Granted",
    "MembershipData",
    "Overview",
    "RoleGiven",
    "UserAnswer",
    "UserChange",
    "UserData",
    "UserList",
    "Visit",
    "cursor_of",
    "cursor_text",
]


class UserData(BaseModel):
    """A person."""

    id: str
    account_id: str = Field(description="Their own account.")
    email: str
    name: str | None
    created_at: datetime
    is_operator: bool
    is_verified: bool
    suspended: bool

    @classmethod
    def of(cls, row: UserRow) -> Self:
        """As operators see them."""
        return cls(
            id=row.id,
            account_id=row.account_id,
            email=row.email,
            name=row.name,
            created_at=when(row.created_at),
            is_operator=row.is_operator,
            is_verified=row.verified_at is not None,
            suspended=row.suspended_at is not None,
        )


class UserList(BaseModel):
    """A page of people."""

    data: list[UserData]
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")


class MembershipData(BaseModel):
    """An account somebody is in."""

    account_id: str
    name: str
    kind: str
    role: Role
    suspended: bool

    @classmethod
    def of(cls, member: Member) -> Self:
        """As operators see it."""
        return cls(**member._asdict())


class UserAnswer(BaseModel):
    """A person and their accounts."""

    data: UserData
    accounts: list[MembershipData]


class UserChange(BaseModel):
    """Body of `PATCH /users/{user_id}`."""

    suspended: bool | None = None
    is_operator: bool | None = None


class Visit(BaseModel):
    """An operator looks in as somebody else."""

    user_id: str
    account_id: str
    until: datetime


class AccountData(BaseModel):
    """An account."""

    id: str
    name: str
    kind: str
    created_at: datetime
    suspended: bool
    member_count: int

    @classmethod
    def of(cls, row: AccountRow) -> Self:
        """As operators see it."""
        return cls(
            id=row.id,
            name=row.name,
            kind=row.kind,
            created_at=when(row.created_at),
            suspended=row.suspended_at is not None,
            member_count=row.members,
        )


class AccountList(BaseModel):
    """A page of accounts."""

    data: list[AccountData]
    next: str | None


class AccountAnswer(BaseModel):
    """An account, its members by their ids, and its credits."""

    data: AccountData
    members: dict[str, Role]
    group: str | None = Field(description="Which price rules may be for.")
    total_credits: str
    total_usage: str


class AccountChange(BaseModel):
    """Body of `PATCH /accounts/{account_id}`."""

    suspended: bool


class Grant(BaseModel):
    """Body of `POST /accounts/{account_id}/grants`."""

    amount: str = Field(max_length=40, description="USD.")
    reason: str = Field(min_length=1, max_length=200)
    promotional: bool = False
    expires_at: AwareDatetime | None = None
    idempotency_key: str | None = Field(default=None, min_length=1, max_length=100)


class Granted(BaseModel):
    """What the account now got and used in all."""

    total_credits: str
    total_usage: str


class RoleGiven(BaseModel):
    """Body of `PUT /accounts/{account_id}/members/{user_id}`."""

    role: Literal["admin", "member", "billing", "read-only"]


class Overview(BaseModel):
    """Figures of the last days."""

    days: int
    users: int
    new_users: int
    suspended_users: int
    organizations: int
    answers: int
    revenue: str
    cost: str = Field(description="What providers charge, failed attempts with it.")
    margin: str


class EntryData(BaseModel):
    """One change."""

    seq: int
    at: datetime
    account_id: str | None
    user_id: str | None
    credential: str = Field(
        description="`session:ID`, `key:ID`, `operator:USER` for one who looked in, `command-line:NAME` for a command "
        "and who ran it (`address` is the machine then), or `none`."
    )
    action: str
    subject: str | None
    before: Any
    after: Any
    address: str | None
    user_agent: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """As operators see it."""
        return cls(
            seq=entry.seq,
            at=when(entry.at),
            account_id=entry.account_id,
            user_id=entry.user_id,
            credential=entry.credential,
            action=entry.action,
            subject=entry.subject,
            before=entry.before,
            after=entry.after,
            address=entry.address,
            user_agent=entry.user_agent,
        )


class AuditList(BaseModel):
    """A page of the audit log."""

    data: list[EntryData]
    next: int | None


def cursor_text(rows: Sequence[UserRow] | Sequence[AccountRow], limit: int) -> str | None:
    """Where the next page begins; None at the end."""
    return f"{rows[-1].created_at}.{rows[-1].id}" if len(rows) == limit else None


def cursor_of(text: str | None) -> Cursor | None:
    """The same read back.

    Raises `BadRequest`.
    """
    if text is None:
        return None
    moment, _, row_id = text.partition(".")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 18 and row_id and row_id.isprintable()):
        raise BadRequest("Invalid request: after: give what `next` was.")
    return Cursor(int(moment), row_id)
