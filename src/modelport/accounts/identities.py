"""Signing in with an identity provider, and linking one to an account.

An identity is somebody's when it was linked before. A new one is linked to an account by address only where both
sides have verified it: the provider says so, and the account's owner once showed it here. Else whoever can name an
address at some provider could walk into another's account.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from sqlalchemy.exc import IntegrityError

from modelport.accounts import store_identities as store
from modelport.accounts import store_people as people
from modelport.accounts.errors import IdentityRefused, NoSuchIdentity, ProofRefused, RegistrationClosed
from modelport.accounts.proofs import Proofs
from modelport.accounts.providers_known import providers_of
from modelport.accounts.service import normal_email
from modelport.accounts.sign_in import Pending, origin_of
from modelport.accounts.store_identities import Identity
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.accounts.oidc import Claims, Oidc
    from modelport.accounts.providers_known import IdentityProvider
    from modelport.accounts.sign_in import Outcome, SignIn, Where
    from modelport.accounts.store_people import Login
    from modelport.db.database import Database
    from modelport.kit.vault import Vault
    from modelport.settings import Settings

__all__ = ["Begun", "Identities", "Identity", "Returned"]

_BEGUN_MS: Final = 10 * 60_000


class Begun(NamedTuple):
    """A sign-in that goes on at the provider."""

    url: str
    state: str
    """Comes back in the address; the browser must have it in a cookie as well."""


class Returned(NamedTuple):
    """Who came back, and where they wanted to go."""

    outcome: Outcome | None
    """None when an identity was linked to who was signed in already."""
    next: str


class _State(msgspec.Struct):
    slug: str
    nonce: str
    verifier: str
    next: str
    link: str | None
    """Whose account it is to be linked to; None to sign in."""
    language: str
    invitation: str | None


class Identities:
    """The door to identity providers."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        oidc: Oidc,
        sign_in: SignIn,
        settings: Settings,
    ) -> None:
        self.providers = providers_of(settings)
        self._database = database
        self._oidc = oidc
        self._sign_in = sign_in
        self._settings = settings
        self._proofs = Proofs(vault)

    async def begin(
        self, where: Where, slug: str, next_: str, *, link: str | None = None, invitation: str | None = None
    ) -> Begun:
        """Where the browser goes to sign in, or with `link` to have an identity linked to that person.

        Raises `NoSuchIdentity`, `ProviderFailed`, `TooManyTries`.
        """
        await self._sign_in.count_challenge(where)
        provider = self._provider(slug)
        state = _State(slug, ids.random_text(32), ids.random_text(64), next_, link, where.language, invitation)
        secret = msgspec.json.encode(state).decode()
        issued = await self._database.write(
            partial(self._proofs.issue, kind="oidc", email="", secret=secret, lifetime_ms=_BEGUN_MS)
        )
        url = await self._oidc.authorize_url(
            provider, self._callback(slug), state=issued.ticket, nonce=state.nonce, verifier=state.verifier
        )
        return Begun(url, issued.ticket)

    async def finish(self, where: Where, slug: str, state: str, code: str, signed_in: str | None) -> Returned:
        """Takes who came back from the provider; `signed_in` is who the browser is signed in as.

        Raises `ProofRefused` for a state that is not ours, or not this browser's any more; `IdentityRefused`,
        `ProviderFailed`, `RegistrationClosed`, `AccountSuspended`, `TooManyTries`.
        """
        await self._sign_in.count_challenge(where)
        proof = await self._database.write(partial(self._proofs.spend, kind="oidc", ticket=state))
        begun = msgspec.json.decode(self._proofs.secret(proof), type=_State)
        if begun.slug != slug or begun.link != (signed_in if begun.link is not None else None):
            raise ProofRefused("This sign-in was begun elsewhere. Begin again.")
        provider = self._provider(slug)
        claims = await self._oidc.claims(
            provider, self._callback(slug), code=code, nonce=begun.nonce, verifier=begun.verifier
        )
        try:
            if begun.link is not None:
                await self._database.write(partial(self._link, slug=slug, claims=claims, user_id=begun.link))
                return Returned(None, begun.next)
            enter = partial(self._enter, where=where, begun=begun, claims=claims)
            return Returned(await self._database.write(enter), begun.next)
        except IntegrityError as error:  # the same identity, or address, twice at once
            raise IdentityRefused(
                "Try again: somebody signed in with this identity at the same moment.", metadata={"rule": "moment"}
            ) from error

    async def of_user(self, user_id: str) -> list[Identity]:
        """A person's linked identities."""
        return await self._database.read(partial(store.of_user, user_id=user_id))

    async def unlink(self, user_id: str, slug: str) -> None:
        """Takes a provider away. A code by mail signs in still, so nobody is locked out.

        Raises `NoSuchIdentity`.
        """
        if not await self._database.write(partial(store.remove, user_id=user_id, provider=slug)):
            raise NoSuchIdentity("This provider is not linked to your account.")

    def _enter(self, connection: Connection, where: Where, begun: _State, claims: Claims) -> Outcome:
        known = store.find(connection, begun.slug, claims.subject)
        if known is not None:
            login = people.by_id(connection, known.user_id)
            assert login is not None, "identities go with their person"
            return self._sign_in.let_in(connection, login, begun.slug, where)
        if claims.email is None:
            raise IdentityRefused(
                "This provider has not verified your e-mail address, so it can't sign you in here.",
                metadata={"rule": "unverified"},
            )
        email = normal_email(claims.email)
        login = people.by_email(connection, email)
        if login is None:
            login = self._add(connection, email, begun, claims)
            self._keep(connection, begun.slug, claims, login)
            return self._sign_in.let_in(connection, login, begun.slug, where, new=True)
        if login.verified_at is None:
            raise IdentityRefused(
                "There is an account with this address, which was never confirmed. Sign in to it with a code by mail, "
                "and link the provider in your settings.",
                metadata={"rule": "unconfirmed"},
            )
        self._keep(connection, begun.slug, claims, login)
        return self._sign_in.let_in(connection, login, begun.slug, where)

    def _add(self, connection: Connection, email: str, begun: _State, claims: Claims) -> Login:
        if not self._sign_in.may_register(connection, email, begun.invitation):
            raise RegistrationClosed("This address can't sign up here. Ask the operator of this server.")
        return self._sign_in.add_person(connection, email, Pending(None, claims.name, begun.language))

    def _link(self, connection: Connection, slug: str, claims: Claims, user_id: str) -> None:
        login = people.by_id(connection, user_id)
        known = store.find(connection, slug, claims.subject)
        if login is None or (known is not None and known.user_id != user_id):
            raise IdentityRefused("This identity is linked to another account here.", metadata={"rule": "taken"})
        if known is None:
            store.remove(connection, user_id, slug)  # one of each provider
            self._keep(connection, slug, claims, login)

    def _keep(self, connection: Connection, slug: str, claims: Claims, login: Login) -> None:
        email = claims.email or login.email
        store.add(connection, Identity(slug, claims.subject, login.id, email, clock.now_ms()))

    def _provider(self, slug: str) -> IdentityProvider:
        found = self.providers.get(slug)
        if found is None:
            raise NoSuchIdentity("This server has no such identity provider.")
        return found

    def _callback(self, slug: str) -> str:
        return f"{origin_of(self._settings)}/api/app/auth/oidc/{slug}/callback"
