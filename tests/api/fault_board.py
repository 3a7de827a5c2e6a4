"""The faults of the board: providers that fail in every known way, and what of each is expected."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

__all__ = ["FAULTS", "Fault", "catalogue", "expired_tls"]

_PRICE = {"prompt": "0.000001", "completion": "0.000002"}
_DEARER = {"prompt": "0.000002", "completion": "0.000004"}


@dataclass(frozen=True)
class Fault:
    """One way to fail, and what must come of it."""

    name: str
    script: str = ""
    """For the scripted provider; empty for a fault of the connection."""
    base_url: str = ""
    status: int = 502
    """What a caller is told where no other endpoint is there."""
    kind: str = "provider_unavailable"
    health: str = "fault"
    """`fault`, `throttled`, `rests` (the key), or `nothing`."""
    attempts: int = 1
    """Calls of the endpoint where it is the only one."""
    delivers: bool = False
    """Whether a stream has begun when it strikes: then it can only be told, not mended."""
    mends: bool = True
    """Whether another endpoint of the same model may do better."""


FAULTS = (
    Fault("connection refused", base_url="http://127.0.0.1:9/v1", attempts=2),
    Fault("name without an address", base_url="http://nobody.invalid/v1", attempts=2),
    Fault("expired certificate", base_url="tls"),
    Fault("429 with Retry-After", "fail=status&status=429&retry_after=30", status=429, kind="rate_limit_exceeded",
          health="throttled"),
    Fault("429 with a short Retry-After", "fail=status&status=429&retry_after=0", status=429,
          kind="rate_limit_exceeded", health="nothing", attempts=2),
    Fault("429 without Retry-After", "fail=status&status=429", status=429, kind="rate_limit_exceeded",
          health="throttled"),
    Fault("400", "fail=status&status=400", status=400, kind="invalid_request", health="nothing", mends=False),
    Fault("401", "fail=status&status=401", health="rests"),
    Fault("402", "fail=status&status=402", health="rests"),
    Fault("404", "fail=status&status=404"),
    Fault("500", "fail=status&status=500"),
    Fault("503", "fail=status&status=503", status=503, kind="provider_overloaded"),
    Fault("slow first byte", "first_ms=5000", status=504, kind="timeout"),
    Fault("silence", "fail=stall&at=0", status=504, kind="timeout"),
    Fault("stall in the middle", "tokens=20&interval_ms=15&fail=stall&at=5", status=504, kind="timeout", delivers=True),
    Fault("reset before the first byte", "fail=reset&at=0"),
    Fault("reset in the middle", "tokens=20&interval_ms=15&fail=reset&at=5", delivers=True),
    Fault("cut in the middle", "tokens=20&interval_ms=15&fail=truncate&at=5", delivers=True),
    Fault("empty 200", "fail=empty200"),
    Fault("broken JSON", "tokens=20&interval_ms=15&fail=garbage&at=5", delivers=True),
    Fault("error inside the stream", "tokens=20&interval_ms=15&fail=error_event&at=5", delivers=True),
    Fault("a web page", "fail=html"),
)  # fmt: skip


def catalogue(port: int, tls_port: int) -> dict[str, Any]:
    """For each fault a model that has only the failing endpoint, and one that has two sound ones beside it."""
    providers: list[dict[str, Any]] = [
        {"slug": "sound-a", "name": "Sound A", "base_url": f"http://127.0.0.1:{port}/v1"},
        {"slug": "sound-b", "name": "Sound B", "base_url": f"http://127.0.0.1:{port}/v1"},
    ]
    models: list[dict[str, Any]] = []
    hasty = {"connect": 5, "first_byte": 0.4, "idle": 0.4, "total": 20}
    for number, fault in enumerate(FAULTS):
        slug = f"fault-{number}"
        url = f"https://127.0.0.1:{tls_port}/v1" if fault.base_url == "tls" else fault.base_url
        providers.append(
            {"slug": slug, "name": slug, "base_url": url or f"http://127.0.0.1:{port}/v1", "timeouts": hasty}
        )
        failing = {"provider": slug, "upstream_model": f"text?{fault.script}", "pricing": _PRICE}
        sound = [
            {"provider": each, "upstream_model": "text?tokens=3", "pricing": _DEARER} for each in ("sound-a", "sound-b")
        ]
        card = {"name": fault.name, "context_length": 8192, "created": 1_750_000_000}
        models += [
            {"id": f"board/{number}-alone", **card, "endpoints": [failing]},
            {"id": f"board/{number}-three", **card, "endpoints": [failing, *sound]},
        ]
    return {"providers": providers, "models": models}


@contextlib.asynccontextmanager
async def expired_tls(folder: Path) -> AsyncGenerator[int]:
    """A server whose certificate has run out; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_expired(folder))

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def _expired(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(now - dt.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    path = folder / "expired.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
