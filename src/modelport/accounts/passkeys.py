"""Passkeys (WebAuthn): registered from the settings, then enough to sign in with, for the authenticator asks its owner.

A challenge is a proof like a mailed code: issued to one browser, taken once.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy.exc import IntegrityError

from modelport.accounts import store_passkeys as store
from modelport.accounts.errors import NoSuchPasskey, PasskeyRefused
from modelport.accounts.proofs import Proofs
from modelport.accounts.store_passkeys import Passkey
from modelport.kit import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["Passkey", "Passkeys", "Site"]

_REFUSED = "This passkey was not accepted. Try again, or sign in another way."


class Site(NamedTuple):
    """For whom a passkey is good."""

    id: str
    """The host name."""
    origins: tuple[str, ...]
    """Addresses of pages that may use it."""


class Challenge(NamedTuple):
    """What the browser is to answer."""

    ticket: str
    options: str
    """JSON, as the browser's own function takes it."""


class Passkeys:
    """The door to passkeys."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._proofs = Proofs(vault)

    async def begin_adding(self, site: Site, user_id: str, email: str, name: str | None) -> Challenge:
        """What a browser needs to make a passkey for somebody who is signed in."""
        from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415 (slow to import)
        from webauthn.helpers.structs import (  # noqa: PLC0415 (as above)
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        def begin(connection: Connection) -> Challenge:
            known = store.of_user(connection, user_id)
            options = generate_registration_options(
                rp_id=site.id,
                rp_name="Modelport",
                user_id=user_id.encode(),
                user_name=email,
                user_display_name=name or email,
                exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(each.id)) for each in known],
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
            )
            challenge = _text(options.challenge)
            issued = self._proofs.issue(connection, "passkey-add", email, user_id=user_id, secret=challenge)
            return Challenge(issued.ticket, options_to_json(options))

        return await self._database.write(begin)

    async def add(self, site: Site, user_id: str, ticket: str, credential: dict[str, Any], name: str) -> Passkey:
        """Keeps the passkey that the browser made.

        Raises `PasskeyRefused`, `ProofRefused`.
        """
        from webauthn import verify_registration_response  # noqa: PLC0415 (as above)

        proof = await self._database.write(partial(self._proofs.spend, kind="passkey-add", ticket=ticket))
        if proof.user_id != user_id:
            raise PasskeyRefused(_REFUSED)
        try:
            verified = verify_registration_response(
                credential=credential,
                expected_challenge=_bytes(self._proofs.secret(proof)),
                expected_rp_id=site.id,
                expected_origin=list(site.origins),
                require_user_verification=True,
            )
        except _faults() as error:
            raise PasskeyRefused(_REFUSED) from error
        passkey = Passkey(
            id=_text(verified.credential_id),
            user_id=user_id,
            name=name,
            public_key=_text(verified.credential_public_key),
            sign_count=verified.sign_count,
            transports=_transports(credential),
            created_at=clock.now_ms(),
            used_at=None,
        )
        try:
            await self._database.write(partial(store.add, passkey=passkey))
        except IntegrityError as error:
            raise PasskeyRefused(_REFUSED) from error
        return passkey

    async def begin(self, site: Site) -> Challenge:
        """What a browser needs to sign in with any passkey it has for this site."""
        from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415 (as above)
        from webauthn.helpers.structs import UserVerificationRequirement  # noqa: PLC0415 (as above)

        options = generate_authentication_options(rp_id=site.id, user_verification=UserVerificationRequirement.REQUIRED)
        secret = _text(options.challenge)
        issued = await self._database.write(partial(self._proofs.issue, kind="passkey", email="", secret=secret))
        return Challenge(issued.ticket, options_to_json(options))

    async def check(self, site: Site, ticket: str, credential: dict[str, Any]) -> str:
        """Whose passkey answered the challenge: the person's id.

        Raises `PasskeyRefused`, `ProofRefused`.
        """
        from webauthn import verify_authentication_response  # noqa: PLC0415 (as above)

        proof = await self._database.write(partial(self._proofs.spend, kind="passkey", ticket=ticket))
        wanted = str(credential.get("id") or "")[:1500].rstrip("=")
        passkey = await self._database.read(partial(store.by_id, passkey_id=wanted))
        if passkey is None:
            raise PasskeyRefused(_REFUSED)
        try:
            verified = verify_authentication_response(
                credential=credential,
                expected_challenge=_bytes(self._proofs.secret(proof)),
                expected_rp_id=site.id,
                expected_origin=list(site.origins),
                credential_public_key=_bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except _faults() as error:
            raise PasskeyRefused(_REFUSED) from error
        used = partial(
            store.used, passkey_id=passkey.id, before=passkey.sign_count, after=verified.new_sign_count,
            at_ms=clock.now_ms(),
        )  # fmt: skip
        if not await self._database.write(used):
            raise PasskeyRefused(_REFUSED)
        return passkey.user_id

    async def of_user(self, user_id: str) -> list[Passkey]:
        """A person's passkeys, oldest first."""
        return await self._database.read(partial(store.of_user, user_id=user_id))

    async def remove(self, user_id: str, passkey_id: str) -> None:
        """Takes one away.

        Raises `NoSuchPasskey`.
        """
        if not await self._database.write(partial(store.remove, user_id=user_id, passkey_id=passkey_id)):
            raise NoSuchPasskey("There is no such passkey.")


def _faults() -> tuple[type[Exception], ...]:
    """What the library raises for an answer that is wrong or makes no sense."""
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 (as above)

    return WebAuthnException, ValueError, KeyError, TypeError


def _transports(credential: dict[str, Any]) -> str:
    """How the authenticator can be reached, as the browser tells; a hint, so anything strange is left out."""
    response: object = credential.get("response")
    told = cast("dict[str, object]", response).get("transports") if isinstance(response, dict) else None
    names = cast("list[object]", told) if isinstance(told, list) else []
    known = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}
    return ",".join(sorted(known & {each for each in names if isinstance(each, str)}))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
