"""Sessions of signed-in browsers: a random token in a cookie, its keyed hash in the database.

Every request of a session asks the database, so one that was ended, or whose person was suspended, is refused at
once on every server.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from modelport.accounts import store_proofs
from modelport.accounts import store_sessions as store
from modelport.accounts.errors import AccountSuspended, NoSuchAccount, NoSuchSession, NotSignedIn
from modelport.accounts.store_sessions import Found, Session
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["IMPERSONATION", "Found", "Session", "Sessions", "start_session"]

IMPERSONATION: Final = "operator:"
"""How the method of a session begins in which an operator looks in as its person; then comes who it is."""
_NOTE_SEEN_MS: Final = 60_000
"""How much older than the last note a request must be to be noted: reading must not mean writing each time."""
_TEXT_MOST: Final = 300


def start_session(
    connection: Connection,
    vault: Vault,
    *,
    user_id: str,
    account_id: str,
    method: str,
    lifetime_ms: int,
    address: str | None,
    user_agent: str | None,
) -> tuple[str, Session]:
    """Signs somebody in within the transaction that proved who they are; the token is kept nowhere."""
    token = ids.random_text(43)
    now = clock.now_ms()
    session = Session(
        id=ids.prefixed("ses"),
        user_id=user_id,
        account_id=account_id,
        method=method,
        created_at=now,
        proved_at=now,
        seen_at=now,
        expires_at=now + lifetime_ms,
        address=address,
        user_agent=(user_agent or "")[:_TEXT_MOST] or None,
    )
    store.add(connection, session, vault.keyed_hash(token))
    return token, session


class Sessions:
    """The door to sessions."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def find(self, token: str, account_id: str | None = None) -> Found:
        """Who is signed in with `token`, seen from `account_id` or from the account they last looked at.

        Raises `NotSignedIn`, `AccountSuspended`, or `NoSuchAccount` when they are no member of it.
        """
        now = clock.now_ms()
        lookup = partial(store.by_token, token_hash=self._vault.keyed_hash(token), now=now, account_id=account_id)
        found = await self._database.read(lookup)
        if found is None:
            raise NotSignedIn("You are not signed in, or your session has ended. Sign in again.")
        if found.suspended:
            raise AccountSuspended("This account is suspended. Ask the operator of this server.")
        if found.role is None:
            raise NoSuchAccount("There is no such account, or you are no member of it.")
        if now - found.session.seen_at > _NOTE_SEEN_MS:
            await self._database.write(partial(store.seen, session_id=found.session.id, at_ms=now))
        return found

    async def of_user(self, user_id: str) -> list[Session]:
        """A person's living sessions, the one used last first."""
        return await self._database.read(partial(store.of_user, user_id=user_id, now=clock.now_ms()))

    async def rotate(self, session_id: str, *, proved: bool = False) -> str:
        """A new token for the session; the old one is worth nothing from now on.

        Raises `NotSignedIn` when the session has ended meanwhile.
        """
        token = ids.random_text(43)
        replace = partial(
            store.replace_token,
            session_id=session_id,
            token_hash=self._vault.keyed_hash(token),
            proved_at=clock.now_ms() if proved else None,
        )
        if not await self._database.write(replace):
            raise NotSignedIn("Your session has ended. Sign in again.")
        return token

    async def switch(self, session: Session, account_id: str) -> None:
        """Looks at another account from now on.

        Raises `NoSuchAccount` when the person is no member of it.
        """

        def switch(connection: Connection) -> None:
            if not store.is_member(connection, session.user_id, account_id):
                raise NoSuchAccount("There is no such account, or you are no member of it.")
            store.switch(connection, session.id, account_id)

        await self._database.write(switch)

    async def end_by_token(self, token: str) -> None:
        """Ends the session with this token, if there is one."""
        await self._database.write(partial(store.end_token, token_hash=self._vault.keyed_hash(token)))

    async def end(self, user_id: str, session_id: str) -> None:
        """Signs one browser of a person out.

        Raises `NoSuchSession`.
        """
        if not await self._database.write(partial(store.end, user_id=user_id, session_id=session_id)):
            raise NoSuchSession("There is no such session.")

    async def end_all(self, user_id: str, *, but: str | None = None) -> int:
        """Signs a person out everywhere, perhaps but in one browser; returns how many ended."""
        return await self._database.write(partial(store.end_all, user_id=user_id, but=but))

    async def forget_expired(self) -> None:
        """Deletes what has run out: sessions, and what was to be proved."""
        now = clock.now_ms()

        def forget(connection: Connection) -> None:
            store.expire(connection, now)
            store_proofs.expire(connection, now - 86_400_000)

        await self._database.write(forget)
