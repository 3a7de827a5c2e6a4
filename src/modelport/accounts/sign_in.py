"""Signing up and in. Nobody learns here whether an address is known: known or not, the same is done and answered.

An account exists from the moment its address was shown to be its owner's; until then there is only a proof to be
given. So nobody can take an address first and wait for its owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from sqlalchemy.exc import IntegrityError

from modelport.accounts import store_people as people
from modelport.accounts import store_sessions
from modelport.accounts.errors import AccountSuspended, ProofRefused, RegistrationClosed, WrongCredentials
from modelport.accounts.letters import letter
from modelport.accounts.password_rules import check_password
from modelport.accounts.passwords import hash_password, verify_password
from modelport.accounts.proofs import Proofs
from modelport.accounts.service import normal_email
from modelport.accounts.sessions import start_session
from modelport.accounts.store_people import Login
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from modelport.accounts.second_factor import SecondFactor
    from modelport.accounts.sessions import Session
    from modelport.accounts.throttle import Throttle
    from modelport.db.database import Database
    from modelport.kit.language import Language
    from modelport.kit.vault import Vault
    from modelport.mail.service import Mailer
    from modelport.settings import Settings

__all__ = ["Outcome", "Pending", "SecondFactorNeeded", "SignIn", "SignedIn", "Where", "origin_of"]

_RESET_MS: Final = 60 * 60_000
_FACTOR_MS: Final = 10 * 60_000
_WRONG: Final = "The e-mail address or the password is wrong."


@dataclass(frozen=True, slots=True)
class Where:
    """From where somebody signs in."""

    address: str
    user_agent: str | None
    language: Language


class SignedIn(NamedTuple):
    """Somebody is signed in: what goes into the cookie, and who it is."""

    token: str
    session: Session
    user_id: str
    account_id: str
    email: str
    is_new: bool
    """Whether the account was made by this."""


class SecondFactorNeeded(NamedTuple):
    """The first proof was right; a second one is asked for, with this ticket."""

    ticket: str


Outcome = SignedIn | SecondFactorNeeded


class Pending(msgspec.Struct):
    """A sign-up that waits for its address to be confirmed."""

    password_hash: str | None
    name: str | None
    language: str
    invitation: str | None = None


class SignIn:
    """The door to signing up and in."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        mailer: Mailer,
        throttle: Throttle,
        factor: SecondFactor,
        settings: Settings,
    ) -> None:
        self._database = database
        self._vault = vault
        self._mailer = mailer
        self._throttle = throttle
        self._factor = factor
        self._settings = settings
        self._proofs = Proofs(vault)
        self.invited: Callable[[Connection, str, str], bool] = lambda _connection, _token, _email: False
        """Whether an invitation lets an address sign up; set by who keeps invitations."""

    async def sign_up(
        self, where: Where, email: str, password: str, name: str | None = None, invitation: str | None = None
    ) -> str:
        """Mails a code and a link that make the account; returns the ticket that goes with the code.

        Raises `BadEmail`, `WeakPassword`, `RegistrationClosed`, `TooManyTries`.
        """
        email = normal_email(email)
        check_password(password, email)
        await self._throttle.hit("sign-up", place=where.address, person=email)
        pending = Pending(await hash_password(password), name, where.language, invitation)

        def begin(connection: Connection) -> str:
            self._require_registration(connection, email, invitation)
            login = people.by_email(connection, email)
            issued = self._proofs.issue(connection, "sign-up", email, secret=msgspec.json.encode(pending).decode())
            if login is None:
                link = self._url(f"/sign-in/verify#{issued.link}")
                mail = letter("sign_up", email, where.language, code=issued.code, link=link)
            else:
                # The proof can't be given: neither its code nor its link is told to anybody.
                mail = letter("sign_up_known", email, login.language, link=self._url("/sign-in"))
            self._mailer.post(connection, mail)
            return issued.ticket

        ticket = await self._database.write(begin)
        self._mailer.wake()
        return ticket

    async def verify(self, where: Where, ticket: str, code: str) -> Outcome:
        """Makes the account that was signed up for, by the mailed code, and signs in.

        Raises `ProofRefused`, `TooManyTries`.
        """
        await self._check_code("sign-up", where, ticket, code)
        return await self._finish_sign_up(where, ticket=ticket)

    async def verify_link(self, where: Where, link: str) -> Outcome:
        """The same by the mailed link, in whichever browser it was opened."""
        await self._throttle.hit("code", place=where.address, person=None)
        return await self._finish_sign_up(where, link=link)

    async def send_code(self, where: Where, email: str, invitation: str | None = None) -> str:
        """Mails a code to sign in with, or to sign up with where that is allowed; returns its ticket.

        Raises `BadEmail`, `TooManyTries`.
        """
        email = normal_email(email)
        await self._throttle.hit("mail", place=where.address, person=email)
        pending = msgspec.json.encode(Pending(None, None, where.language, invitation)).decode()

        def begin(connection: Connection) -> str:
            login = people.by_email(connection, email)
            welcome = login is not None or self.may_register(connection, email, invitation)
            issued = self._proofs.issue(connection, "sign-in", email, secret=pending)
            language = login.language if login else where.language
            # Nobody signs up here: the same is written, and no mail goes out.
            self._mailer.post(connection, letter("sign_in", email, language, code=issued.code), decoy=not welcome)
            return issued.ticket

        ticket = await self._database.write(begin)
        self._mailer.wake()
        return ticket

    async def with_code(self, where: Where, ticket: str, code: str) -> Outcome:
        """Signs in with a mailed code; makes the account where that is allowed.

        Raises `ProofRefused`, `RegistrationClosed`, `TooManyTries`, `AccountSuspended`.
        """
        await self._check_code("sign-in", where, ticket, code)

        def finish(connection: Connection) -> Outcome:
            proof = self._proofs.spend(connection, "sign-in", ticket)
            login = people.by_email(connection, proof.email)
            if login is not None:
                people.set_verified(connection, login.id, clock.now_ms())
                return self.let_in(connection, login, "code", where)
            pending = msgspec.json.decode(self._proofs.secret(proof), type=Pending)
            self._require_registration(connection, proof.email, pending.invitation)
            return self.let_in(connection, self.add_person(connection, proof.email, pending), "code", where, new=True)

        return await self._database.write(finish)

    async def with_password(self, where: Where, email: str, password: str) -> Outcome:
        """Signs in with a password.

        Raises `WrongCredentials`, `TooManyTries`, `AccountSuspended`.
        """
        email = normal_email(email)
        await self._throttle.hit("sign-in", place=where.address, person=email)
        login = await self._database.read(lambda connection: people.by_email(connection, email))
        if not await verify_password(password[:1000], login.password_hash if login else None):
            raise WrongCredentials(_WRONG)
        assert login is not None
        user_id, hashed = login.id, login.password_hash

        def enter(connection: Connection) -> Outcome:
            now = people.by_id(connection, user_id)
            if now is None or now.password_hash != hashed:  # changed while it was checked
                raise WrongCredentials(_WRONG)
            return self.let_in(connection, now, "password", where)

        return await self._database.write(enter)

    async def with_second_factor(self, where: Where, ticket: str, code: str) -> Outcome:
        """Signs in after `SecondFactorNeeded`, with a code of the app or a recovery code.

        Raises `WrongCredentials`, `ProofRefused`, `TooManyTries`.
        """
        await self._throttle.hit("code", place=where.address, person=None)
        proof = await self._database.write(
            lambda connection: self._proofs.check_try(connection, "second-factor", ticket)
        )
        await self._throttle.hit("code", place=None, person=proof.user_id)

        def finish(connection: Connection) -> Outcome:
            login = people.by_id(connection, proof.user_id or "")
            if login is None:
                raise ProofRefused("This account is gone.")
            method = self._factor.check(connection, login, code)
            self._proofs.spend(connection, "second-factor", ticket)
            return self.let_in(connection, login, f"{self._proofs.secret(proof)}+{method}", where, proved_twice=True)

        return await self._database.write(finish)

    async def send_reset(self, where: Where, email: str) -> None:
        """Mails a link to choose a new password, if the address is known.

        Raises `BadEmail`, `TooManyTries`.
        """
        email = normal_email(email)
        await self._throttle.hit("mail", place=where.address, person=email)

        def begin(connection: Connection) -> None:
            login = people.by_email(connection, email)
            self._proofs.cancel(connection, "reset", email)
            user_id = login.id if login else None
            issued = self._proofs.issue(connection, "reset", email, user_id=user_id, lifetime_ms=_RESET_MS)
            link = self._url(f"/sign-in/reset#{issued.link}")
            language = login.language if login else where.language
            self._mailer.post(connection, letter("reset", email, language, link=link), decoy=login is None)

        await self._database.write(begin)
        self._mailer.wake()

    async def finish_reset(self, where: Where, link: str, password: str) -> Outcome:
        """Sets a new password by the mailed link, ends every session, and signs in.

        Raises `ProofRefused`, `WeakPassword`, `TooManyTries`.
        """
        check_password(password, "")
        await self._throttle.hit("code", place=where.address, person=None)
        hashed = await hash_password(password)

        def finish(connection: Connection) -> Outcome:
            proof = self._proofs.spend_link(connection, "reset", link)
            login = people.by_id(connection, proof.user_id or "")
            if login is None or login.email != proof.email:
                raise ProofRefused("This link is for an address that is no longer used here.")
            check_password(password, login.email)
            people.set_password(connection, login.id, hashed)
            people.set_verified(connection, login.id, clock.now_ms())
            store_sessions.end_all(connection, login.id)
            return self.let_in(connection, login, "password", where)

        return await self._database.write(finish)

    async def count_challenge(self, where: Where) -> None:
        """Counts one try of a way to sign in that is checked elsewhere.

        Raises `TooManyTries`.
        """
        await self._throttle.hit("code", place=where.address, person=None)

    async def enter(self, where: Where, user_id: str, method: str, *, proved_twice: bool = False) -> Outcome:
        """Signs in somebody who has proved who they are in another way."""

        def enter(connection: Connection) -> Outcome:
            login = people.by_id(connection, user_id)
            if login is None:
                raise WrongCredentials("This account is gone.")
            return self.let_in(connection, login, method, where, proved_twice=proved_twice)

        return await self._database.write(enter)

    def let_in(
        self,
        connection: Connection,
        login: Login,
        method: str,
        where: Where,
        *,
        proved_twice: bool = False,
        new: bool = False,
    ) -> Outcome:
        """Starts the session of somebody who gave a proof, or asks for the second one.

        Raises `AccountSuspended`, which may be told now that they have shown who they are.
        """
        if login.disabled_at is not None:
            raise AccountSuspended("This account is suspended. Ask the operator of this server.")
        if login.totp_since is not None and not proved_twice:
            issued = self._proofs.issue(
                connection, "second-factor", login.email, user_id=login.id, secret=method, lifetime_ms=_FACTOR_MS
            )
            return SecondFactorNeeded(issued.ticket)
        token, session = start_session(
            connection,
            self._vault,
            user_id=login.id,
            account_id=login.account_id,
            method=method,
            lifetime_ms=self._settings.session_days * 86_400_000,
            address=where.address,
            user_agent=where.user_agent,
        )
        return SignedIn(token, session, login.id, login.account_id, login.email, new)

    def add_person(self, connection: Connection, email: str, pending: Pending) -> Login:
        """Makes the account of an address that was shown to be its owner's."""
        now = clock.now_ms()
        login = Login(
            id=ids.prefixed("user"),
            account_id=ids.prefixed("acct"),
            email=email,
            is_admin=False,
            password_hash=pending.password_hash,
            created_at=now,
            disabled_at=None,
            name=pending.name,
            language="zh" if pending.language == "zh" else "en",
            verified_at=now,
            totp_sealed=None,
            totp_since=None,
        )
        people.add(connection, login)
        return login

    async def _check_code(self, kind: str, where: Where, ticket: str, code: str) -> None:
        await self._throttle.hit("code", place=where.address, person=None)
        if not await self._database.write(lambda connection: self._proofs.check_code(connection, kind, ticket, code)):
            raise ProofRefused("The code is wrong, was used already, or is too old. Ask for a new one.")

    async def _finish_sign_up(self, where: Where, *, ticket: str = "", link: str = "") -> Outcome:
        def finish(connection: Connection) -> Outcome:
            spend = self._proofs.spend_link if link else self._proofs.spend
            proof = spend(connection, "sign-up", link or ticket)
            pending = msgspec.json.decode(self._proofs.secret(proof), type=Pending)
            self._require_registration(connection, proof.email, pending.invitation)
            if people.by_email(connection, proof.email) is not None:
                raise ProofRefused("There is an account with this address by now: sign in.")
            login = self.add_person(connection, proof.email, pending)
            return self.let_in(connection, login, "password", where, new=True)

        try:
            return await self._database.write(finish)
        except IntegrityError as error:  # two at once, on PostgreSQL
            raise ProofRefused("There is an account with this address by now: sign in.") from error

    def may_register(self, connection: Connection, email: str, invitation: str | None) -> bool:
        """Whether this address may sign up here now."""
        mode = self._settings.registration_mode
        if mode == "open":
            return True
        if mode == "domains" and email.rpartition("@")[2] in map(str.lower, self._settings.registration_domains):
            return True
        return mode != "closed" and invitation is not None and self.invited(connection, invitation, email)

    def _require_registration(self, connection: Connection, email: str, invitation: str | None) -> None:
        if not self.may_register(connection, email, invitation):
            raise RegistrationClosed("This address can't sign up here. Ask the operator of this server.")

    def _url(self, path: str) -> str:
        return origin_of(self._settings) + path


def origin_of(settings: Settings) -> str:
    """The address that mailed links lead to. Never the one a request names: whoever asks could name their own."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 (compared, not bound)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
