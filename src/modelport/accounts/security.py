"""What guards one's own account: password, address, and a fresh proof before any of it is changed.

A session that lies open somewhere must not be enough to take an account over: whoever changes what signs them in
gave a proof within the last minutes, or gives one now. Each such change gives the session another token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import IntegrityError

from modelport.accounts import store_people as people
from modelport.accounts import store_sessions
from modelport.accounts.errors import EmailTaken, ProofRefused, ProveAgain, WrongCredentials
from modelport.accounts.letters import letter
from modelport.accounts.password_rules import check_password
from modelport.accounts.passwords import hash_password, verify_password
from modelport.accounts.proofs import Proofs
from modelport.accounts.service import normal_email
from modelport.kit import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.accounts.second_factor import SecondFactor
    from modelport.accounts.sessions import Session
    from modelport.accounts.sign_in import Where
    from modelport.accounts.store_people import Login
    from modelport.accounts.throttle import Throttle
    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.mail.service import Mailer

__all__ = ["Security"]

_FRESH_MS: Final = 15 * 60_000
_WRONG: Final = "The password or code is wrong."


class Security:
    """The door to what guards an account."""

    def __init__(
        self, database: Database, vault: Vault, *, mailer: Mailer, throttle: Throttle, factor: SecondFactor
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._throttle = throttle
        self._factor = factor
        self._proofs = Proofs(vault)

    @staticmethod
    def require_fresh(session: Session) -> None:
        """Raises `ProveAgain` unless the person gave a proof within the last quarter of an hour."""
        if clock.now_ms() - session.proved_at > _FRESH_MS:
            raise ProveAgain(
                "Confirm that it is you: your last sign-in is too long ago for this.",
                metadata={"reason": "prove_again"},
            )

    async def send_code(self, where: Where, user_id: str) -> str:
        """Mails a code that `prove` takes; returns its ticket.

        Raises `TooManyTries`.
        """
        await self._throttle.hit("mail", place=where.address, person=user_id)

        def send(connection: Connection) -> str:
            login = self._login(connection, user_id)
            self._proofs.cancel(connection, "prove", login.email)
            issued = self._proofs.issue(connection, "prove", login.email, user_id=user_id)
            self._mailer.post(connection, letter("prove", login.email, login.language, code=issued.code))
            return issued.ticket

        ticket = await self._database.write(send)
        self._mailer.wake()
        return ticket

    async def prove(
        self,
        where: Where,
        user_id: str,
        *,
        password: str | None,
        factor: str | None,
        ticket: str | None,
        code: str | None,
    ) -> None:
        """Takes one of: the password, a code of the second factor, a mailed code with its ticket.

        Where a second factor is set up, nothing but it will do.

        Raises `WrongCredentials`, `ProofRefused`, `TooManyTries`.
        """
        await self._throttle.hit("sign-in", place=where.address, person=user_id)
        login = await self._database.read(lambda connection: self._login(connection, user_id))
        if login.totp_since is not None:
            if factor is None:
                raise WrongCredentials("Give a code of your second factor.")
            await self._database.write(lambda connection: self._factor.check(connection, login, factor))
        elif password is not None:
            if not await verify_password(password, login.password_hash):
                raise WrongCredentials(_WRONG)
        elif ticket is not None and code is not None:
            await self._take_code("prove", user_id, ticket, code)
        else:
            raise WrongCredentials("Give your password, or ask for a code by mail.")

    async def set_password(self, session: Session, password: str) -> None:
        """Sets another password and ends every other session.

        Raises `WeakPassword`, `ProveAgain`.
        """
        self.require_fresh(session)
        check_password(password, "")
        hashed = await hash_password(password)

        def change(connection: Connection) -> None:
            check_password(password, self._login(connection, session.user_id).email)
            people.set_password(connection, session.user_id, hashed)
            store_sessions.end_all(connection, session.user_id, session.id)

        await self._database.write(change)

    async def begin_email(self, where: Where, session: Session, email: str) -> str:
        """Mails a code to a new address; returns its ticket. A taken address is answered alike, and told by mail.

        Raises `BadEmail`, `ProveAgain`, `TooManyTries`.
        """
        self.require_fresh(session)
        email = normal_email(email)
        await self._throttle.hit("mail", place=where.address, person=session.user_id)

        def begin(connection: Connection) -> str:
            login = self._login(connection, session.user_id)
            taken = people.by_email(connection, email) is not None
            issued = self._proofs.issue(connection, "email", email, user_id=session.user_id)
            mail = letter("email_change", email, login.language, code=issued.code)
            self._mailer.post(connection, mail, decoy=taken)
            return issued.ticket

        ticket = await self._database.write(begin)
        self._mailer.wake()
        return ticket

    async def finish_email(self, session: Session, ticket: str, code: str) -> None:
        """Moves the person to the new address, and tells the old one.

        Raises `ProofRefused`, `EmailTaken`.
        """
        email = await self._take_code("email", session.user_id, ticket, code)

        def change(connection: Connection) -> None:
            login = self._login(connection, session.user_id)
            people.set_email(connection, session.user_id, email, clock.now_ms())
            self._mailer.post(connection, letter("email_changed", login.email, login.language))

        try:
            await self._database.write(change)
        except IntegrityError as error:
            raise EmailTaken("Another user of this server has this address.") from error
        self._mailer.wake()

    async def _take_code(self, kind: str, user_id: str, ticket: str, code: str) -> str:
        """Spends a mailed code; returns the address it went to."""
        if not await self._database.write(lambda connection: self._proofs.check_code(connection, kind, ticket, code)):
            raise ProofRefused("The code is wrong, was used already, or is too old. Ask for a new one.")
        proof = await self._database.write(lambda connection: self._proofs.spend(connection, kind, ticket))
        if proof.user_id != user_id:
            raise ProofRefused("This code is for somebody else.")
        return proof.email

    def _login(self, connection: Connection, user_id: str) -> Login:
        login = people.by_id(connection, user_id)
        if login is None:
            raise WrongCredentials("This account is gone.")
        return login
