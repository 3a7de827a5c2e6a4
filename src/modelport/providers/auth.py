"""How a key is shown to a provider: the schemes as data, and what each makes of a key. Pure; `upstream` sends it.

A key is one text, sealed like every other, whatever the scheme: Amazon's is `id:secret` or `id:secret:session`,
Google's the JSON of a service account or of `gcloud auth application-default login`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AWS_SERVICE",
    "SCHEMES",
    "AwsKey",
    "BadKey",
    "Scheme",
    "authorized",
    "aws_key",
    "fetches_token",
    "is_signed",
    "scheme_of",
]


class BadKey(Exception):
    """The key has not the form that its scheme wants; says what that is, without the key."""


class Scheme(NamedTuple):
    """One way to show a key."""

    meaning: str
    """One line for the documentation."""
    header: str = ""
    """The header that holds it; empty where it is the dialect's own, none, or made for each request."""
    before: str = ""
    """What stands before the key in it."""


SCHEMES: Final[dict[str, Scheme]] = {
    "dialect": Scheme("in the dialect's own header"),
    "none": Scheme("not at all"),
    "bearer": Scheme("`Authorization: Bearer`", "authorization", "Bearer "),
    "x-api-key": Scheme("`x-api-key`", "x-api-key"),
    "api-key": Scheme("`api-key`", "api-key"),
    "x-goog-api-key": Scheme("`x-goog-api-key`", "x-goog-api-key"),
    "aws": Scheme("`id:secret` or `id:secret:session` signs each request (SigV4); any other key is a bearer"),
    "google": Scheme("the JSON of a service account or of a login gives tokens; any other key is `x-goog-api-key`"),
}

AWS_SERVICE: Final = "bedrock"
"""The signing name of Amazon's service for models, where options name no other `service`."""

_CREDENTIALS: Final = frozenset(scheme.header for scheme in SCHEMES.values()) - {""}


class AwsKey(NamedTuple):
    """Who signs, at Amazon."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None


class _AwsJson(msgspec.Struct, rename="pascal"):
    """As `aws sts` and `aws configure export-credentials` print it."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


def scheme_of(auth: str, key: str) -> str:
    """The scheme that really holds for this key: two of them depend on its form."""
    match auth:
        case "aws" if aws_key(key) is None:
            return "bearer"
        case "google" if not key.lstrip().startswith("{"):
            return "bearer" if key.startswith("ya29.") else "x-goog-api-key"
        case _:
            return auth


def fetches_token(auth: str, key: str) -> bool:
    """Whether each request needs a token that is given for a while."""
    return scheme_of(auth, key) == "google"


def is_signed(auth: str, key: str) -> bool:
    """Whether each request is signed. Raises `BadKey`."""
    return scheme_of(auth, key) == "aws"


def authorized(headers: Mapping[str, str], auth: str, key: str) -> dict[str, str]:
    """A dialect's headers with the key where the provider wants it; without any key if none was given.

    For the schemes that sign or fetch a token there is none in them: it is made for each request.
    """
    name = scheme_of(auth, key)
    if name == "dialect":
        # A dialect that was given no key may still write an empty header.
        return {header: value for header, value in headers.items() if key or header.lower() not in _CREDENTIALS}
    kept = {header: value for header, value in headers.items() if header.lower() not in _CREDENTIALS}
    scheme = SCHEMES[name]
    return kept | {scheme.header: scheme.before + key} if scheme.header and key else kept


def aws_key(key: str) -> AwsKey | None:
    """The credentials in a key; None for one of Bedrock's own keys, which is shown as it is.

    Raises `BadKey`.
    """
    if key.lstrip().startswith("{"):
        try:
            read = msgspec.json.decode(key, type=_AwsJson)
        except msgspec.DecodeError:
            raise BadKey("give `AccessKeyId` and `SecretAccessKey` in the JSON of an AWS key") from None
        return AwsKey(read.access_key_id, read.secret_access_key, read.session_token)
    if ":" not in key:
        return None
    match key.split(":"):
        case [str(who), str(secret)] if who and secret:
            return AwsKey(who, secret, None)
        case [str(who), str(secret), str(session)] if who and secret and session:
            return AwsKey(who, secret, session)
        case _:
            raise BadKey("write an AWS key as `id:secret` or `id:secret:session`")
