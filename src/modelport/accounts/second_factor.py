"""The second factor: codes of an authenticator app (RFC 6238), each taken once, and recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from modelport.accounts import store_people as store
from modelport.accounts.errors import ProofRefused, WrongCredentials
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.accounts.store_people import Login
    from modelport.db.database import Database
    from modelport.kit.vault import Vault

__all__ = ["Enrolment", "SecondFactor"]

_STEP_SECONDS: Final = 30
_CODES: Final = 10
_WRONG: Final = "The code is wrong, or was used already."


class Enrolment(NamedTuple):
    """What an authenticator app is given. Shown once."""

    secret: str
    uri: str
    """`otpauth://...`, to be shown as a QR code."""


class SecondFactor:
    """Sets up and checks second factors."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def begin(self, user_id: str, email: str, issuer: str) -> Enrolment:
        """A fresh secret; it is asked for only once `enable` has shown that the app has it.

        Raises `ProofRefused` when one is in use.
        """
        from pyotp import random_base32  # noqa: PLC0415 (not needed at a start)
        from pyotp.totp import TOTP  # noqa: PLC0415

        secret = random_base32()

        def begin(connection: Connection) -> None:
            login = store.by_id(connection, user_id)
            assert login is not None
            if login.totp_since is not None:
                raise ProofRefused("A second factor is in use: switch it off first.")
            store.set_totp(connection, user_id, self._vault.seal(secret, context=f"totp:{user_id}"), None)

        await self._database.write(begin)
        return Enrolment(secret, TOTP(secret).provisioning_uri(name=email, issuer_name=issuer))

    async def enable(self, user_id: str, code: str) -> list[str]:
        """Uses the second factor from now on; returns the recovery codes, which are kept nowhere.

        Raises `WrongCredentials` when the code is wrong, `ProofRefused` when nothing was begun.
        """
        codes = [f"{ids.random_text(5)}-{ids.random_text(5)}".lower() for _ in range(_CODES)]

        def enable(connection: Connection) -> None:
            login = store.by_id(connection, user_id)
            assert login is not None
            if login.totp_sealed is None or login.totp_since is not None:
                raise ProofRefused("Begin to set up the second factor first.")
            if not self._takes(connection, login, code):
                raise WrongCredentials(_WRONG)
            since, step = clock.now_ms(), clock.now_ms() // 1000 // _STEP_SECONDS
            store.set_totp(connection, user_id, login.totp_sealed, since)
            store.next_step(connection, user_id, step)
            store.replace_codes(connection, user_id, [self._hash(user_id, each) for each in codes])

        await self._database.write(enable)
        return codes

    async def disable(self, user_id: str) -> None:
        """Asks for a password, or a code by mail, alone again."""

        def disable(connection: Connection) -> None:
            store.set_totp(connection, user_id, None, None)
            store.replace_codes(connection, user_id, [])

        await self._database.write(disable)

    async def new_codes(self, user_id: str) -> list[str]:
        """Other recovery codes; the old ones are worth nothing."""
        codes = [f"{ids.random_text(5)}-{ids.random_text(5)}".lower() for _ in range(_CODES)]
        hashes = [self._hash(user_id, each) for each in codes]
        await self._database.write(lambda connection: store.replace_codes(connection, user_id, hashes))
        return codes

    def check(self, connection: Connection, login: Login, code: str) -> str:
        """Takes a code of the app or a recovery code, once; returns which it was.

        Raises `WrongCredentials`.
        """
        if self._takes(connection, login, code):
            return "totp"
        if store.spend_code(connection, login.id, self._hash(login.id, code), clock.now_ms()):
            return "recovery"
        raise WrongCredentials(_WRONG)

    def _takes(self, connection: Connection, login: Login, code: str) -> bool:
        from pyotp.totp import TOTP  # noqa: PLC0415 (as above)

        digits = code.replace(" ", "")
        if login.totp_sealed is None or len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            return False
        totp = TOTP(self._vault.open(login.totp_sealed, context=f"totp:{login.id}"))
        now = clock.now_ms() // 1000 // _STEP_SECONDS
        # One step either way, for clocks that differ; each step once, so that a code seen over a shoulder is worthless.
        for step in (now, now - 1, now + 1):
            if totp.verify(digits, for_time=step * _STEP_SECONDS, valid_window=0):
                return store.next_step(connection, login.id, step)
        return False

    def _hash(self, user_id: str, code: str) -> str:
        plain = "".join(letter for letter in code.lower() if letter.isalnum())
        return self._vault.keyed_hash(f"recovery/{user_id}/{plain}")
