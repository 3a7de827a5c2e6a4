"""Organisations: accounts that several people share, each in a role.

There is always exactly one owner; nobody else is made one but by handing the account over. Whoever is put out or
given another role is bound by that at once with their session, and within a second with their keys.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import IntegrityError

from modelport.accounts import store_erasing
from modelport.accounts import store_organizations as store
from modelport.accounts import store_people as people
from modelport.accounts.errors import (
    AlreadyMember,
    InvitationRefused,
    NoSuchInvitation,
    NoSuchMember,
    NotAnOrganization,
    OwnerStays,
)
from modelport.accounts.letters import letter
from modelport.accounts.roles import Role
from modelport.accounts.service import normal_email
from modelport.accounts.sign_in import origin_of
from modelport.accounts.store_organizations import AccountRow, Invitation, MemberRow
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.accounts.sign_in import Where
    from modelport.accounts.throttle import Throttle
    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.mail.service import Mailer
    from modelport.settings import Settings

__all__ = ["Invitation", "MemberRow", "Organizations"]

_INVITED_MS: Final = 7 * 86_400_000
_NO_MEMBER: Final = "There is no such member."
_REFUSED: Final = "This invitation was used already, taken back, or is too old. Ask for a new one."


class Organizations:
    """The door to organisations."""

    def __init__(
        self, database: Database, vault: Vault, *, mailer: Mailer, throttle: Throttle, settings: Settings
    ) -> None:
        self._database = database
        self._vault = vault
        self._mailer = mailer
        self._throttle = throttle
        self._settings = settings

    async def create(self, user_id: str, name: str) -> str:
        """A new organisation owned by somebody; returns its account's id."""
        account_id = ids.prefixed("acct")
        add = partial(store.add_organization, account_id=account_id, name=name, owner=user_id, now=clock.now_ms())
        await self._database.write(add)
        return account_id

    async def rename(self, account_id: str, name: str) -> None:
        """Calls an account something else."""
        await self._database.write(partial(store.rename, account_id=account_id, name=name))

    async def lists_allowed_models(self, account_id: str) -> bool:
        """Whether the catalogue shows the account's keys and members only the models that they may use."""
        return await self._database.read(partial(store.lists_allowed_models, account_id=account_id))

    async def list_allowed_models(self, account_id: str, *, only: bool) -> None:
        """Switches that."""
        await self._database.write(partial(store.list_allowed_models, account_id=account_id, only=only))

    async def members(self, account_id: str) -> list[MemberRow]:
        """An account's members, oldest first."""
        return await self._database.read(partial(store.members_of, account_id=account_id))

    async def set_role(self, account_id: str, user_id: str, role: Role) -> None:
        """Gives a member another role.

        Raises `NoSuchMember`, or `OwnerStays`: an owner is made by `transfer` only.
        """

        def change(connection: Connection) -> None:
            self._require_other(connection, account_id, user_id)
            if role is Role.OWNER:
                raise OwnerStays("An account has one owner: hand it over instead.")
            store.set_role(connection, account_id, user_id, role, but=Role.OWNER)

        await self._database.write(change)

    async def remove(self, account_id: str, user_id: str) -> None:
        """Puts a member out, or lets one leave.

        Raises `NoSuchMember` or `OwnerStays`.
        """

        def remove(connection: Connection) -> None:
            self._require_other(connection, account_id, user_id)
            store.remove_member(connection, account_id, user_id)

        await self._database.write(remove)

    async def transfer(self, account_id: str, owner: str, to: str) -> None:
        """Makes another member the owner; the old one stays as an administrator.

        Raises `NoSuchMember`, `NotAnOrganization`, `OwnerStays` when somebody else owns it by now.
        """

        def transfer(connection: Connection) -> None:
            self._require_organization(connection, account_id)
            if owner == to or store.role_of(connection, account_id, to) is None:
                raise NoSuchMember(_NO_MEMBER)
            if store.role_of(connection, account_id, owner) is not Role.OWNER:
                raise OwnerStays("Only the owner can hand an account over.")
            store.set_role(connection, account_id, owner, Role.ADMIN)
            store.set_role(connection, account_id, to, Role.OWNER)

        await self._database.write(transfer)

    async def close(self, account_id: str) -> None:
        """Ends an organisation for good: nobody is in it any more, and what the ledger needs stays under no name.

        Raises `NotAnOrganization`.
        """

        def close(connection: Connection) -> None:
            self._require_organization(connection, account_id)
            store_erasing.close(connection, account_id, clock.now_ms())

        await self._database.write(close)

    async def invite(
        self, where: Where, inviter: str, email: str, account_id: str | None, role: Role | None
    ) -> tuple[Invitation, str]:
        """Mails an invitation to an organisation, or with neither account nor role to this server.

        Returns the invitation and its link's token, for who rather hands it over in person.

        Raises `BadEmail`, `AlreadyMember`, `NotAnOrganization`, `OwnerStays`, `TooManyTries`.
        """
        email = normal_email(email)
        if role is Role.OWNER:
            raise OwnerStays("An account has one owner: invite, and hand it over later.")
        await self._throttle.hit("mail", place=where.address, person=email)
        token = ids.random_text(43)
        now = clock.now_ms()
        invitation = Invitation(
            id=ids.prefixed("inv"),
            token_hash=self._vault.keyed_hash(f"invitation/{token}"),
            account_id=account_id,
            role=None if role is None else role.value,
            email=email,
            invited_by=inviter,
            created_at=now,
            expires_at=now + _INVITED_MS,
            used_at=None,
        )

        def invite(connection: Connection) -> None:
            where_to = "Modelport"
            known = people.by_email(connection, email)
            if account_id is not None:
                where_to = self._require_organization(connection, account_id).name
                if known is not None and store.role_of(connection, account_id, known.id) is not None:
                    raise AlreadyMember("This person is a member already.")
            store.add_invitation(connection, invitation)
            by = people.by_id(connection, inviter)
            who = (by.name or by.email) if by is not None else "Modelport"
            language = known.language if known is not None else where.language
            link = f"{origin_of(self._settings)}/invitation#{token}"
            self._mailer.post(connection, letter("invitation", email, language, link=link, who=who, where=where_to))

        await self._database.write(invite)
        self._mailer.wake()
        return invitation, token

    async def invitation(self, token: str) -> tuple[Invitation, str | None]:
        """An open invitation and the name of what it is to; None for the server.

        Raises `InvitationRefused`.
        """

        def look(connection: Connection) -> tuple[Invitation, str | None]:
            found = store.invitation_by_token(connection, self._hash(token), clock.now_ms())
            if found is None:
                raise InvitationRefused(_REFUSED)
            if found.account_id is None:
                return found, None
            return found, people.account_name(connection, found.account_id)

        return await self._database.read(look)

    async def accept(self, user_id: str, token: str) -> str:
        """Takes an invitation to an organisation; returns its account's id.

        Raises `InvitationRefused`, also when it was sent to another address; `AlreadyMember`.
        """

        def accept(connection: Connection) -> str:
            login = people.by_id(connection, user_id)
            found = store.spend_invitation(connection, self._hash(token), clock.now_ms())
            if found is None or found.account_id is None or found.role is None or login is None:
                raise InvitationRefused(_REFUSED)
            if login.email != found.email:  # rolled back, so whom it is for may still take it
                raise InvitationRefused("This invitation was sent to another address. Sign in with that one.")
            if store.role_of(connection, found.account_id, user_id) is not None:
                raise AlreadyMember("You are a member already.")
            store.add_member(connection, found.account_id, user_id, Role(found.role), clock.now_ms())
            return found.account_id

        try:
            return await self._database.write(accept)
        except IntegrityError as error:  # by two invitations at once
            raise AlreadyMember("You are a member already.") from error

    async def invitations(self, account_id: str | None) -> list[Invitation]:
        """Open invitations to an account, or with None to the server."""
        return await self._database.read(partial(store.invitations_of, account_id=account_id, now=clock.now_ms()))

    async def take_back(self, account_id: str | None, invitation_id: str) -> None:
        """Takes an open invitation back.

        Raises `NoSuchInvitation`.
        """
        end = partial(store.end_invitation, account_id=account_id, invitation_id=invitation_id)
        if not await self._database.write(end):
            raise NoSuchInvitation("There is no such invitation.")

    def lets_in(self, connection: Connection, token: str, email: str) -> bool:
        """Whether an open invitation lets this address sign up. Does not use it up: an organisation's is accepted
        after that, and one to the server lets in its address only, which can sign up once.
        """
        found = store.invitation_by_token(connection, self._hash(token), clock.now_ms())
        return found is not None and found.email == email

    def _hash(self, token: str) -> str:
        return self._vault.keyed_hash(f"invitation/{token}")

    @staticmethod
    def _require_organization(connection: Connection, account_id: str) -> AccountRow:
        found = store.account(connection, account_id)
        if found is None or found.kind != "organization":
            raise NotAnOrganization("This is a person's own account: make an organisation to share one.")
        return found

    @staticmethod
    def _require_other(connection: Connection, account_id: str, user_id: str) -> None:
        role = store.role_of(connection, account_id, user_id)
        if role is None:
            raise NoSuchMember(_NO_MEMBER)
        if role is Role.OWNER:
            raise OwnerStays("The owner stays the owner until the account is handed over.")
