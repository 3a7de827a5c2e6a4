"""Amazon's request signatures (AWS Signature Version 4), as a pure function of a request and a time.

Source: the AWS General Reference, "Create a signed AWS API request", with its published test vectors; verified
2026-11-25 against them and against botocore 1.44. Not for S3, which does not encode the path twice.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

__all__ = ["Credentials", "Scope", "sign", "signer"]

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    """Of temporary credentials; it is sent, and signed, as a header of its own."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For which service a signature holds; the day is taken from the time of signing."""

    region: str
    service: str
    """The service's signing name: `bedrock` for its runtime too."""


def signer(
    method: str, url: str, headers: Mapping[str, str], credentials: Credentials, scope: Scope
) -> Callable[[bytes], dict[str, str]]:
    """What `Target.sign` wants: given a body, the headers that sign a request made now.

    `url` must be spelled as it is sent: `str()` of the target's own.
    """

    def of(body: bytes) -> dict[str, str]:
        return sign(method, url, headers, body, credentials=credentials, scope=scope, at=clock.now())

    return of


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    scope: Scope,
    at: datetime,
) -> dict[str, str]:
    """The headers to add to the request: time, session token and signature.

    All of `headers` are signed, so give those only that nobody on the way changes; the host is signed without being
    given. `at` is aware. A signature holds for five minutes.
    """
    stamp = at.astimezone(clock.UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {"X-Amz-Date": stamp}
    if credentials.session_token is not None:
        added["X-Amz-Security-Token"] = credentials.session_token
    parts = urlsplit(url)
    signed = {name.lower(): " ".join(value.split()) for name, value in {**headers, **added}.items()}
    signed.setdefault("host", _host(parts.hostname or "", parts.port, parts.scheme))
    names = ";".join(sorted(signed))
    canonical = "\n".join((
        method,
        _path(parts.path),
        _query(parts.query),
        *(f"{name}:{signed[name]}" for name in sorted(signed)),
        "",
        names,
        hashlib.sha256(body).hexdigest(),
    ))  # fmt: skip
    scoped = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scoped, hashlib.sha256(canonical.encode()).hexdigest()))
    key = b"AWS4" + credentials.secret_access_key.encode()
    for word in scoped.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    proof = f"Credential={credentials.access_key_id}/{scoped}, SignedHeaders={names}, Signature={signature}"
    return {**added, "Authorization": f"{_ALGORITHM} {proof}"}


def _host(host: str, port: int | None, scheme: str) -> str:
    """As HTTP clients send it: the port only where it is not the scheme's own."""
    host = f"[{host}]" if ":" in host else host
    return host if port is None or port == _PORTS.get(scheme) else f"{host}:{port}"


def _path(path: str) -> str:
    """The path encoded once more than it is sent, without dots and doubled slashes."""
    kept: list[str] = []
    for piece in path.split("/"):
        if piece == "..":
            del kept[-1:]
        elif piece not in {"", "."}:
            kept.append(quote(piece, safe="~"))
    end = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(kept) + end


def _query(query: str) -> str:
    """Parameters in order of their encoded names, then values."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = sorted((quote(unquote(name), safe="~"), quote(unquote(value), safe="~")) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)
