"""Authorization codes: how an app gets a key of its own from somebody, with PKCE and without any secret of theirs.

The code goes through the browser and is worth nothing without the verifier that only the app knows. It is good once,
for ten minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from modelport.keys import store_codes as store
from modelport.keys.errors import BadCallback, BadChallengeMethod, CodeExpired, CodeRefused
from modelport.keys.store_codes import AuthCode
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.keys.service import Key, Keys
    from modelport.kit.vault import Vault

__all__ = ["AuthCode", "Codes", "Issued", "check_callback", "check_challenge"]

Method = Literal["S256", "plain"]
_CODE_MS: Final = 10 * 60_000
_REFUSED: Final = "Invalid code or code_verifier"
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_HOME: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Issued(NamedTuple):
    """A fresh code; its text is kept nowhere."""

    code: str
    app_id: int
    created_at: int


class Wish(NamedTuple):
    """What an app asks for, and its owner may have changed before agreeing."""

    callback_url: str | None
    challenge: str | None
    method: Method | None
    key_label: str | None = None
    limit: int | None = None
    """Nano-dollars."""
    limit_reset: str | None = None
    key_expires_at: int | None = None
    workspace_id: str | None = None
    """Where the key will be; the default one when None."""


def check_callback(url: str) -> str:
    """The address an app is called back at: HTTPS, or plain HTTP on the user's own machine.

    Raises `BadCallback`.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise BadCallback("The callback_url can't be read.") from error
    at_home = parts.scheme == "http" and host in _HOME
    if not (parts.scheme == "https" or at_home) or not host or parts.username is not None:
        raise BadCallback("The callback_url must be https, or http on localhost.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise BadCallback("The callback_url has characters that an address can't have.")
    return url


def check_challenge(challenge: str | None, method: str | None) -> Method | None:
    """How the challenge was made; `plain` is what RFC 7636 says when that is not told.

    Raises `BadChallengeMethod`.
    """
    if method not in {None, "S256", "plain"}:
        raise BadChallengeMethod("Invalid code_challenge_method")
    if challenge is None:
        return None
    return "S256" if method == "S256" else "plain"


class Codes:
    """The door to authorization codes."""

    def __init__(self, database: Database, vault: Vault, keys: Keys) -> None:
        self._database = database
        self._vault = vault
        self._keys = keys

    async def issue(self, account_id: str, user_id: str, wish: Wish) -> Issued:
        """A code for what somebody has agreed to."""
        code = f"auth_code_{ids.random_text(40)}"
        now = clock.now_ms()
        origin = urlsplit(wish.callback_url or "").netloc
        stored = AuthCode(
            code_hash=self._hash(code),
            account_id=account_id,
            user_id=user_id,
            app_id=zlib.crc32(origin.encode()) & 0x7FFFFFFF,
            callback_url=wish.callback_url,
            challenge=wish.challenge,
            method=wish.method,
            key_label=wish.key_label,
            limit_nanos=wish.limit,
            limit_reset=wish.limit_reset,
            key_expires_at=wish.key_expires_at,
            created_at=now,
            expires_at=now + _CODE_MS,
            used_at=None,
            workspace_id=wish.workspace_id,
        )
        await self._database.write(partial(store.add, code=stored))
        return Issued(code, stored.app_id, now)

    async def exchange(self, code: str, verifier: str | None, method: str | None) -> tuple[str, Key]:
        """A key for a code, once: its text and its record.

        A wrong verifier uses the code up: whoever guesses has one guess.

        Raises `BadChallengeMethod`, `CodeRefused`, `CodeExpired`.
        """
        if method not in {None, "S256", "plain"}:
            raise BadChallengeMethod("Invalid code_challenge_method")
        spend = partial(store.spend, code_hash=self._hash(code), now=clock.now_ms())
        found = await self._database.write(spend)
        if found is None or not _proves(found, verifier, method):
            raise CodeRefused(_REFUSED)
        if found.expires_at <= clock.now_ms():
            raise CodeExpired("Authorization code expired")
        return await self._keys.create(
            found.account_id,
            found.user_id,
            found.key_label or urlsplit(found.callback_url or "").netloc or "App",
            limit=found.limit_nanos,
            limit_reset=found.limit_reset,
            expires_at=found.key_expires_at,
            workspace_id=found.workspace_id,
        )

    async def forget_old(self) -> None:
        """Deletes codes that ran out a day ago."""
        await self._database.write(partial(store.forget, before=clock.now_ms() - 86_400_000))

    def _hash(self, code: str) -> str:
        return self._vault.keyed_hash(f"code/{code}")


def _proves(code: AuthCode, verifier: str | None, method: str | None) -> bool:
    """Whether who has the code is who asked for it."""
    if code.challenge is None:
        return True
    if verifier is None or not _VERIFIER.fullmatch(verifier) or (method is not None and method != code.method):
        return False
    shown = verifier
    if code.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(shown.encode(), code.challenge.rstrip("=").encode())
