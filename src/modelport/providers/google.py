"""Google's way from a key file to a token: what is asked for, and what is answered. Pure; `upstream` does the asking.

Sources, verified 2026-11-26: RFC 7523 (a signed assertion), Google's "Using OAuth 2.0 for Server to Server
Applications" (the claims, an hour at most), and the JSON that `gcloud auth application-default login` writes (from
memory of google-auth's `authorized_user`).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from modelport.providers.auth import BadKey

__all__ = ["TOKEN_URL", "Granted", "KeyFile", "read_grant", "read_key", "token_request", "token_url"]

TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address, no password)
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME: Final = 3_600
"""Seconds an assertion may hold at most."""


class KeyFile(msgspec.Struct, frozen=True):
    """The JSON of a service account (`private_key`) or of a person's login (`refresh_token`)."""

    type: str
    client_email: str = ""
    private_key: str = ""
    private_key_id: str = ""
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    token_uri: str = TOKEN_URL
    project_id: str = ""


class Granted(msgspec.Struct, frozen=True):
    """A token, and for how many seconds it holds."""

    access_token: str
    expires_in: int = _LIFETIME


_KEY: Final = msgspec.json.Decoder(KeyFile)
_GRANTED: Final = msgspec.json.Decoder(Granted)


def read_key(text: str) -> KeyFile:
    """A key file. Raises `BadKey`."""
    try:
        key = _KEY.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise BadKey("this is not the JSON of a Google service account or login") from None
    if key.type == "service_account" and key.client_email and key.private_key:
        return key
    if key.type == "authorized_user" and key.client_id and key.client_secret and key.refresh_token:
        return key
    raise BadKey(f"a Google key of type {key.type!r} without what belongs to it; use a service account's JSON")


def token_url(key: KeyFile, told: str | None) -> str:
    """Where to ask for a token: what the operator said, else Google's own; never just any address of a key file."""
    if told:
        return told
    parts = urlsplit(key.token_uri)
    google = parts.scheme == "https" and (parts.hostname or "").endswith(".googleapis.com")
    return key.token_uri if google else TOKEN_URL


def token_request(key: KeyFile, audience: str, now: int) -> bytes:
    """The form that asks for a token at `now` (Unix seconds). Raises `BadKey` for a private key that can't be read."""
    if key.type == "authorized_user":
        fields = {
            "grant_type": "refresh_token",
            "client_id": key.client_id,
            "client_secret": key.client_secret,
            "refresh_token": key.refresh_token,
        }
        return urlencode(fields).encode()
    return urlencode({"grant_type": _GRANT, "assertion": _assertion(key, audience, now)}).encode()


def read_grant(body: bytes) -> Granted | None:
    """The token in an answer; None when there is none."""
    try:
        granted = _GRANTED.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return granted if granted.access_token and granted.expires_in > 0 else None


def _assertion(key: KeyFile, audience: str, now: int) -> str:
    """A signed statement of who asks, for what, and until when (RS256)."""
    head = {"alg": "RS256", "typ": "JWT"} | ({"kid": key.private_key_id} if key.private_key_id else {})
    claims = {"iss": key.client_email, "scope": _SCOPE, "aud": audience, "iat": now, "exp": now + _LIFETIME}
    signed = f"{_coded(msgspec.json.encode(head))}.{_coded(msgspec.json.encode(claims))}"
    try:
        private = serialization.load_pem_private_key(key.private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("the `private_key` of the Google service account can't be read") from None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise BadKey("the `private_key` of the Google service account is no RSA key")
    signature = private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_coded(signature)}"


def _coded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
