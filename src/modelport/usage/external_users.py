"""The registered ids of an account's own customers, which its requests name in `user`.

A list that an account keeps for itself: it gives nobody access and takes none away.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from modelport.kit import clock
from modelport.usage.errors import ExternalUserKnown, NoSuchExternalUser, TooManyExternalUsers
from modelport.usage.tables import external_users

if TYPE_CHECKING:
    from modelport.db.database import Database

__all__ = ["ExternalUser", "ExternalUsers"]

_MOST = 100_000
"""Of one account."""
_COLUMNS = tuple(external_users.c[name] for name in ("user", "is_active", "created_at", "updated_at"))


class ExternalUser(NamedTuple):
    """One registration."""

    user: str
    is_active: bool
    created_at: int
    updated_at: int


class ExternalUsers:
    """The door to an account's registrations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, account_id: str, *, offset: int, limit: int, user: str | None = None, inactive: bool = False
    ) -> tuple[list[ExternalUser], int]:
        """Some of them, oldest first, and how many there are; of those that are active, unless told otherwise."""
        wanted: list[ColumnElement[bool]] = [external_users.c.account_id == account_id]
        if user is not None:
            wanted.append(external_users.c.user == user)
        if not inactive:
            wanted.append(external_users.c.is_active.is_(True))

        def read(connection: Connection) -> tuple[list[ExternalUser], int]:
            order = (external_users.c.created_at, external_users.c.user)
            rows = connection.execute(select(*_COLUMNS).where(*wanted).order_by(*order).offset(offset).limit(limit))
            total = connection.execute(select(func.count()).select_from(external_users).where(*wanted))
            return [ExternalUser(*row) for row in rows], int(total.scalar_one())

        return await self._database.read(read)

    async def one(self, account_id: str, user: str) -> ExternalUser:
        """Active or not.

        Raises `NoSuchExternalUser`.
        """
        return await self._database.read(partial(_one, account_id=account_id, user=user))

    async def register(self, account_id: str, user: str) -> ExternalUser:
        """Registers an id.

        Raises `ExternalUserKnown`, also of one that is not active; `TooManyExternalUsers`.
        """
        now = clock.now_ms()

        def write(connection: Connection) -> ExternalUser:
            mine = select(func.count()).select_from(external_users).where(external_users.c.account_id == account_id)
            if connection.execute(mine).scalar_one() >= _MOST:
                raise TooManyExternalUsers(f"An account has at most {_MOST:,} external users.")
            made = ExternalUser(user, True, now, now)
            connection.execute(insert(external_users).values(account_id=account_id, **made._asdict()))
            return made

        try:
            return await self._database.write(write)
        except IntegrityError as error:
            raise ExternalUserKnown("This external user is registered already.") from error

    async def change(self, account_id: str, user: str, *, is_active: bool) -> ExternalUser:
        """Puts one out of use, or into use again.

        Raises `NoSuchExternalUser`.
        """

        def write(connection: Connection) -> ExternalUser:
            old = _one(connection, account_id, user)
            if old.is_active == is_active:
                return old
            new = old._replace(is_active=is_active, updated_at=clock.now_ms())
            c = external_users.c
            statement = update(external_users).where(c.account_id == account_id, c.user == user)
            connection.execute(statement.values(is_active=is_active, updated_at=new.updated_at))
            return new

        return await self._database.write(write)

    async def known(self, account_id: str) -> list[str]:
        """Every id of the account, for whoever takes their data along."""
        query = select(external_users.c.user).where(external_users.c.account_id == account_id)
        ordered = query.order_by(external_users.c.user)
        return await self._database.read(lambda connection: list(connection.execute(ordered).scalars()))

    async def forget_account(self, account_id: str) -> None:
        """The account is closed."""
        mine = delete(external_users).where(external_users.c.account_id == account_id)
        await self._database.write(lambda connection: connection.execute(mine))


def _one(connection: Connection, account_id: str, user: str) -> ExternalUser:
    c = external_users.c
    row = connection.execute(select(*_COLUMNS).where(c.account_id == account_id, c.user == user)).first()
    if row is None:
        raise NoSuchExternalUser("There is no such external user.")
    return ExternalUser(*row)
