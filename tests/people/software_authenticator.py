"""An authenticator in software: makes and uses passkeys as a browser with a fingerprint reader does."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Authenticator"]

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text_: str) -> bytes:
    """And back."""
    return base64.urlsafe_b64decode(text_ + "=" * (-len(text_) % 4))


class Authenticator:
    """Holds one passkey."""

    def __init__(self, origin: str, *, verifies: bool = True) -> None:
        self.origin = origin
        self.verifies = verifies
        """Whether it asks for a finger or a PIN, and says so."""
        self.id = os.urandom(32)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.user_handle = b""

    def _client_data(self, kind: str, challenge: str) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(data).encode()

    def _data(self, rp_id: str, extra: bytes = b"") -> bytes:
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | (_ATTESTED if extra else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count) + extra

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create` gives."""
        self.user_handle = raw(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public_key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public_key
        data = self._data(options["rp"]["id"], attested)
        client_data = self._client_data("webauthn.create", options["challenge"])
        return {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(client_data),
                "attestationObject": text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
                "transports": ["internal", "<b>"],
            },
            "clientExtensionResults": {},
        }

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.get` gives."""
        self.count += 1
        data = self._data(options["rpId"])
        client_data = self._client_data("webauthn.get", options["challenge"])
        signed = data + hashlib.sha256(client_data).digest()
        return {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(client_data),
                "authenticatorData": text(data),
                "signature": text(self._key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": text(self.user_handle),
            },
            "clientExtensionResults": {},
        }
