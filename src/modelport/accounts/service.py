"""Users and accounts: making and finding them, and the first administrator's one-shot link."""

from __future__ import annotations

import asyncio
import re
import secrets
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from modelport.accounts import store
from modelport.accounts.errors import BadEmail, EmailTaken, NoSuchUser, SetupLinkSpent, WeakPassword
from modelport.accounts.store import Standing, User, standing
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["Accounts", "Standing", "User", "normal_email", "standing"]

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def normal_email(text: str) -> str:
    """The address in the form it is stored and compared in.

    Raises `BadEmail` when it can't be one.
    """
    email = text.strip().lower()
    # Nothing invisible: it would make two addresses look alike, and half a surrogate pair can't be stored.
    if not _EMAIL.fullmatch(email) or not email.isprintable():
        raise BadEmail(f"{text[:80]!r} is not an e-mail address.")
    return email


class Accounts:
    """The door to users and accounts."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def create_user(self, email: str, *, is_admin: bool = False) -> User:
        """Adds a user with an account of their own.

        Raises `BadEmail` or `EmailTaken`.
        """
        user = User(ids.prefixed("user"), ids.prefixed("acct"), normal_email(email), is_admin)
        try:
            await self._database.write(partial(store.add_user, user=user, created_at=clock.now_ms()))
        except IntegrityError as error:
            raise EmailTaken(f"There is a user with the e-mail address {user.email!r} already.") from error
        return user

    async def user(self, email: str) -> User:
        """The user with this address.

        Raises `NoSuchUser`.
        """
        user = await self._database.read(partial(store.user_by_email, email=normal_email(email)))
        if user is None:
            raise NoSuchUser(
                f"There is no user with the e-mail address {email!r}; add one with `modelport users create`."
            )
        return user

    async def first_admin(self) -> User | None:
        """The administrator that was made first, or None on a fresh database."""
        return await self._database.read(store.any_admin)

    async def has_password(self, user_id: str) -> bool:
        """Whether the user can sign in with a password, so that no setup link is needed."""
        return await self._database.read(partial(store.has_password, user_id=user_id))

    async def open_setup(self, user_id: str) -> str:
        """A new one-shot token that lets its bearer become `user_id`; earlier unused ones stop working."""
        token = secrets.token_urlsafe(24)
        await self._database.write(
            partial(
                store.add_setup_token,
                token_hash=self._vault.keyed_hash(token),
                user_id=user_id,
                created_at=clock.now_ms(),
            )
        )
        return token

    async def setup_user(self, token: str) -> User:
        """Whose link this is.

        Raises `SetupLinkSpent` when it was used, or never was one.
        """
        user = await self._database.read(partial(store.user_of_open_setup, token_hash=self._vault.keyed_hash(token)))
        if user is None:
            raise SetupLinkSpent(_SPENT)
        return user

    async def finish_setup(self, token: str, email: str, password: str) -> None:
        """Sets the first administrator's address and password and closes the link, in one transaction.

        Raises `BadEmail`, `WeakPassword`, `EmailTaken` (the link stays open) or `SetupLinkSpent`.
        """
        address = normal_email(email)
        if len(password) < 10:
            raise WeakPassword("The password is too short: give at least 10 characters.")
        hashed = await asyncio.to_thread(_hash_password, password)
        token_hash = self._vault.keyed_hash(token)

        def finish(connection: Connection) -> None:
            user_id = store.spend_setup_token(connection, token_hash, clock.now_ms())
            if user_id is None:
                raise SetupLinkSpent(_SPENT)
            store.set_login(connection, user_id, address, hashed)

        try:
            await self._database.write(finish)
        except IntegrityError as error:
            raise EmailTaken(f"There is a user with the e-mail address {address!r} already.") from error


_SPENT = "This link was used already or is not valid. `modelport init` prints a new one while none was used."


def _hash_password(password: str) -> str:
    from argon2 import PasswordHasher  # noqa: PLC0415 (needed once in a server's life, not at every start)

    return PasswordHasher().hash(password)
