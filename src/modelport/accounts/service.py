"""Users and accounts: making and finding them, and the first administrator's one-shot link."""

from __future__ import annotations

import re
import secrets
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy.exc import IntegrityError

from modelport.accounts import store, store_erasing, store_people
from modelport.accounts.errors import BadEmail, EmailTaken, NoSuchAccount, NoSuchUser, SetupLinkSpent
from modelport.accounts.password_rules import check_password
from modelport.accounts.passwords import hash_password
from modelport.accounts.store import Standing, User, standing
from modelport.accounts.store_organizations import MemberRow
from modelport.accounts.store_organizations import members_of as members
from modelport.accounts.store_people import Recipient, account_name, recipients
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from modelport.accounts.store_people import Member
    from modelport.db.database import Database
    from modelport.kit.language import Language
    from modelport.kit.vault import Vault

__all__ = [
    "Accounts",
    "MemberRow",
    "Person",
    "Recipient",
    "Standing",
    "User",
    "account_name",
    "members",
    "normal_email",
    "recipients",
    "standing",
]

_EMAIL = re.compile(r"[^@\s\",:;<>()\[\]\\]{1,64}@[^@\s\",:;<>()\[\]\\]{1,190}")
"""Without what would need quotes in a mail's header, and so may be read as two addresses."""

_GUESTS: Final = "guests@modelport.invalid"


def normal_email(text: str) -> str:
    """The address in the form it is stored and compared in.

    Raises `BadEmail` when it can't be one.
    """
    email = text.strip().lower()
    # Nothing invisible: it would make two addresses look alike, and half a surrogate pair can't be stored.
    if not _EMAIL.fullmatch(email) or not email.isprintable():
        raise BadEmail(f"{text[:80]!r} is not an e-mail address.")
    return email


class Person(NamedTuple):
    """A person as they themselves, and operators, may see them."""

    id: str
    account_id: str
    """Their own account."""
    email: str
    name: str | None
    language: Language
    created_at: int
    is_operator: bool
    is_verified: bool
    has_password: bool
    has_second_factor: bool
    recovery_codes_left: int
    accounts: tuple[Member, ...]
    """Every account they are in, their own among them."""


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

    async def guests(self) -> User:
        """Who stands for everybody that is not signed in, where they may try free models; made on first use.

        Nobody can sign in as them: no mail reaches their address, whose domain is reserved for that (RFC 2606). Where
        they are suspended, no guest is let in.
        """
        find = partial(store.user_by_email, email=_GUESTS)
        if (user := await self._database.read(find)) is not None:
            return user
        try:
            return await self.create_user(_GUESTS)
        except EmailTaken:  # by another request, since
            return await self.user(_GUESTS)

    async def person(self, user_id: str) -> Person:
        """What a person is told about themselves.

        Raises `NoSuchUser`.
        """

        def read(connection: Connection) -> Person | None:
            login = store_people.by_id(connection, user_id)
            if login is None:
                return None
            return Person(
                id=login.id,
                account_id=login.account_id,
                email=login.email,
                name=login.name,
                language=login.language,
                created_at=login.created_at,
                is_operator=login.is_admin,
                is_verified=login.verified_at is not None,
                has_password=login.password_hash is not None,
                has_second_factor=login.totp_since is not None,
                recovery_codes_left=store_people.codes_left(connection, user_id),
                accounts=tuple(store_people.accounts_of(connection, user_id)),
            )

        person = await self._database.read(read)
        if person is None:
            raise NoSuchUser("There is no such user.")
        return person

    async def set_profile(self, user_id: str, name: str | None, language: Language) -> None:
        """Changes what a person is called and which language they are written to in."""
        change = partial(store_people.set_profile, user_id=user_id, name=name, language=language)
        await self._database.write(change)

    async def count_operators(self) -> int:
        """How many people run this server."""
        return await self._database.read(store_people.count_operators)

    async def erase(self, user_id: str, *, also_accounts: Sequence[str] = ()) -> None:
        """Takes a person out of this server: what names them, what signs them in, and their part in organisations.

        Rows that the ledger and records of use refer to stay, under no name, and suspended. So do `also_accounts`:
        organisations nobody is left in.
        """
        now = clock.now_ms()

        def erase(connection: Connection) -> None:
            store_erasing.erase(connection, user_id, now)
            for account_id in also_accounts:
                store_people.suspend_account(connection, account_id, now)

        await self._database.write(erase)

    async def suspend_user(self, user_id: str, *, suspended: bool) -> None:
        """Suspends a person, or lets them in again; their sessions and keys follow within a second, everywhere.

        Raises `NoSuchUser`.
        """
        at_ms = clock.now_ms() if suspended else None
        if not await self._database.write(partial(store_people.suspend, user_id=user_id, at_ms=at_ms)):
            raise NoSuchUser("There is no such user.")

    async def suspend_account(self, account_id: str, *, suspended: bool) -> None:
        """Suspends an account with all its keys, or opens it again, within a second, everywhere.

        Raises `NoSuchAccount`.
        """
        at_ms = clock.now_ms() if suspended else None
        if not await self._database.write(partial(store_people.suspend_account, account_id=account_id, at_ms=at_ms)):
            raise NoSuchAccount("There is no such account.")

    def fingerprint(self, email: str) -> str:
        """Stands for a mailbox where the address itself must not be kept: the same however its tag is written."""
        local, _, domain = normal_email(email).rpartition("@")
        return self._vault.keyed_hash(f"mailbox/{local.partition('+')[0]}@{domain}")

    def blind(self, text: str) -> str:
        """Stands for a text that need not be kept."""
        return self._vault.keyed_hash(f"blind/{text}")

    async def email_of(self, user_id: str) -> str:
        """The address of a user who is known to exist."""
        return await self._database.read(partial(store.email_of, user_id=user_id))

    async def emails(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The addresses of users, by id; of who was erased there is none."""
        return await self._database.read(partial(store.emails, user_ids=user_ids))

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

    async def finish_setup(self, token: str, email: str, password: str) -> str:
        """Sets the first administrator's address and password and closes the link, in one transaction.

        Returns the administrator's id.

        Raises `BadEmail`, `WeakPassword`, `EmailTaken` (the link stays open) or `SetupLinkSpent`.
        """
        address = normal_email(email)
        check_password(password, address)
        hashed = await hash_password(password)
        token_hash = self._vault.keyed_hash(token)

        def finish(connection: Connection) -> str:
            user_id = store.spend_setup_token(connection, token_hash, clock.now_ms())
            if user_id is None:
                raise SetupLinkSpent(_SPENT)
            store.set_login(connection, user_id, address, hashed)
            return user_id

        try:
            return await self._database.write(finish)
        except IntegrityError as error:
            raise EmailTaken(f"There is a user with the e-mail address {address!r} already.") from error


_SPENT = "This link was used already or is not valid. `modelport init` prints a new one while none was used."
