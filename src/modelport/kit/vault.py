"""What is derived from the master secret: keyed hashes for look-ups, and sealing of secrets at rest.

A copy of the database alone reveals no API key and no provider key: both need the master secret, which lives
outside it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["SealBroken", "Vault"]


class SealBroken(Exception):
    """A sealed value can't be opened: the master secret is another, or the value was changed."""


class Vault:
    """Keyed hashing and sealing under one master secret."""

    def __init__(self, master: bytes) -> None:
        self._hash_key = hmac.digest(master, b"modelport/keyed-hash/1", "sha256")
        self._seal = AESGCM(hmac.digest(master, b"modelport/seal/1", "sha256"))
        self.ledger_key = hmac.digest(master, b"modelport/ledger/1", "sha256")
        """What the ledger's seals are keyed with."""

    def keyed_hash(self, secret: str) -> str:
        """64 hexadecimal digits that stand for `secret` in the database; useless without the master secret."""
        # BLAKE2's own keyed mode: a third of HMAC's time, and this runs once a request.
        return hashlib.blake2b(secret.encode(), digest_size=32, key=self._hash_key).hexdigest()

    def seal(self, secret: str, *, context: str) -> str:
        """Encrypts `secret`; `context` (what it belongs to) must be given again to open it."""
        nonce = os.urandom(12)
        return (
            "v1."
            + base64.urlsafe_b64encode(nonce + self._seal.encrypt(nonce, secret.encode(), context.encode())).decode()
        )

    def seal_bytes(self, secret: bytes, *, context: str) -> bytes:
        """The same for what may be long and is kept as bytes."""
        nonce = os.urandom(12)
        return b"\1" + nonce + self._seal.encrypt(nonce, secret, context.encode())

    def open_bytes(self, sealed: bytes, *, context: str) -> bytes:
        """What `seal_bytes` was given. Raises `SealBroken`."""
        if sealed[:1] != b"\1" or len(sealed) < 29:
            raise SealBroken("not a sealed value")
        try:
            return self._seal.decrypt(sealed[1:13], sealed[13:], context.encode())
        except InvalidTag as error:
            raise SealBroken("a sealed value can't be opened with this master secret") from error

    def open(self, sealed: str, *, context: str) -> str:
        """The secret that `seal` was given.

        Raises `SealBroken` when it can't be had.
        """
        try:
            version, _, body = sealed.partition(".")
            raw = base64.urlsafe_b64decode(body)
            if version != "v1" or len(raw) < 28:
                raise SealBroken("not a sealed value")
            return self._seal.decrypt(raw[:12], raw[12:], context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                "a sealed value can't be opened with this master secret; restore the secret it was sealed with"
            ) from error
