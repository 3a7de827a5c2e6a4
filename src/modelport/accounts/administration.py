"""What operators do with people and accounts: find, suspend, promote, erase, and look in as somebody."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from modelport.accounts import store_administration as store
from modelport.accounts import store_erasing, store_people
from modelport.accounts.errors import NoSuchAccount, NoSuchUser, OwnsOrganization
from modelport.accounts.sessions import IMPERSONATION, start_session
from modelport.accounts.store_administration import AccountRow, Cursor, UserRow
from modelport.accounts.store_people import Member
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from modelport.accounts.sessions import Session
    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["AccountRow", "Administration", "Cursor", "Member", "UserRow"]

_VISIT_MS: Final = 30 * 60_000
"""How long an operator may look in as somebody else."""


class Administration:
    """The operators' door to people and accounts."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def users(self, words: str | None, after: Cursor | None, limit: int) -> list[UserRow]:
        """People whose address, name or id has `words` in it, newest first."""
        return await self._database.read(partial(store.list_users, words=words, after=after, limit=limit))

    async def accounts(
        self, words: str | None, after: Cursor | None, limit: int, only: Sequence[str] | None = None
    ) -> list[AccountRow]:
        """Accounts whose name or id has `words` in it, newest first; of those named by `only`, where it is given."""
        return await self._database.read(partial(store.list_accounts, words=words, after=after, limit=limit, only=only))

    async def user(self, user_id: str) -> tuple[UserRow, list[Member]]:
        """A person, and the accounts they are in.

        Raises `NoSuchUser`.
        """

        def read(connection: Connection) -> tuple[UserRow | None, list[Member]]:
            return store.user(connection, user_id), store_people.accounts_of(connection, user_id)

        found, memberships = await self._database.read(read)
        if found is None:
            raise NoSuchUser("There is no such user.")
        return found, memberships

    async def account(self, account_id: str) -> AccountRow:
        """An account.

        Raises `NoSuchAccount`.
        """
        found = await self._database.read(partial(store.account, account_id=account_id))
        if found is None:
            raise NoSuchAccount("There is no such account.")
        return found

    async def counts(self, since_ms: int) -> tuple[int, int, int, int]:
        """How many people, new ones since `since_ms`, suspended ones, and organisations there are."""
        return await self._database.read(partial(store.counts, since_ms=since_ms))

    async def set_operator(self, user_id: str, *, is_operator: bool) -> None:
        """Lets a person run the server, or no longer. They have to sign in again.

        Raises `NoSuchUser`.
        """
        if not await self._database.write(partial(store.set_operator, user_id=user_id, is_operator=is_operator)):
            raise NoSuchUser("There is no such user.")

    async def erase(self, user_id: str) -> UserRow:
        """Forgets who a person is, for good; what they used and paid stays on record under their id.

        Raises `NoSuchUser`, `OwnsOrganization`.
        """

        def erase(connection: Connection) -> UserRow:
            person = store.user(connection, user_id)
            if person is None:
                raise NoSuchUser("There is no such user.")
            if store.owns_organization(connection, user_id):
                raise OwnsOrganization("They own an organization: have it handed over, or close it, first.")
            store_erasing.erase(connection, user_id, clock.now_ms())
            return person

        return await self._database.write(erase)

    async def look_in(
        self, operator_id: str, user_id: str, *, address: str | None, user_agent: str | None
    ) -> tuple[str, Session]:
        """A session for an operator as somebody else, for half an hour, in which nothing can be changed.

        Raises `NoSuchUser`, also for somebody who is suspended.
        """

        def begin(connection: Connection) -> tuple[str, Session]:
            person = store.user(connection, user_id)
            if person is None or person.suspended_at is not None:
                raise NoSuchUser("There is no such user, or they are suspended.")
            return start_session(
                connection,
                self._vault,
                user_id=user_id,
                account_id=person.account_id,
                method=IMPERSONATION + operator_id,
                lifetime_ms=_VISIT_MS,
                address=address,
                user_agent=user_agent,
            )

        return await self._database.write(begin)
