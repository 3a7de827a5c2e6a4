"""The kinds of destination: what each wants to be configured with, and the calls that deliver to it.

Webhooks, collectors and Langfuse take OTLP/JSON; an S3-compatible store gets an object for each trace.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, cast
from urllib.parse import urlsplit

from multidict import CIMultiDict
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yarl import URL

from modelport.broadcast import otlp
from modelport.broadcast.errors import BadDestination
from modelport.kit import clock, ids
from modelport.upstream import sigv4
from modelport.upstream.client import Target, Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelport.broadcast.destination import Destination
    from modelport.broadcast.trace import Trace

__all__ = ["HIDDEN", "KINDS", "Call", "Config", "addresses", "calls", "masked", "read", "signature", "test_call"]

HIDDEN: Final = "********"
"""Shown in place of a secret; given back, it means that the secret stays."""
_TIMEOUTS: Final = Timeouts(connect=5, first_byte=20, idle=10, total=30)
_JSON: Final = "application/json"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._/-]+")
_SECRETS: Final = frozenset({"secretKey", "secretAccessKey", "sessionToken", "signingSecret"})

Word = Annotated[str, Field(min_length=1, max_length=500)]
Address = Annotated[str, Field(min_length=1, max_length=2000)]
Headers = Annotated[
    dict[
        Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,100}$")],
        Annotated[str, Field(max_length=4000, pattern="^[\\x20-\\x7e]*$")],
    ],
    Field(max_length=30),
]


class Config(BaseModel):
    """What every kind may have."""

    model_config = ConfigDict(extra="forbid")

    headers: Headers = {}


class Webhook(Config):
    """A customer's own server."""

    url: Address
    method: Literal["POST", "PUT"] | None = "POST"
    signingSecret: Word = Field(default_factory=lambda: f"whsec_{ids.random_text(40)}")  # noqa: N815 (the wire's style)


class Collector(Config):
    """An OpenTelemetry collector, or whatever speaks as one."""

    endpoint: Address


class Langfuse(Config):
    """Langfuse, by its OpenTelemetry endpoint."""

    publicKey: Word  # noqa: N815 (the reference's names)
    secretKey: Word  # noqa: N815
    baseUrl: Address | None = "https://us.cloud.langfuse.com"  # noqa: N815


class Store(Config):
    """A store with S3's API."""

    bucketName: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]  # noqa: N815
    accessKeyId: Word  # noqa: N815
    secretAccessKey: Word  # noqa: N815
    sessionToken: Annotated[str, Field(max_length=4000)] | None = None  # noqa: N815
    authMode: Literal["access_keys"] | None = "access_keys"  # noqa: N815
    endpoint: Address | None = None
    provider: Literal["aws", "cloudflare_r2", "gcs", "other"] | None = None
    region: Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")] | None = None
    prefix: Annotated[str, Field(max_length=200)] | None = "openrouter-traces"
    pathTemplate: Annotated[str, Field(max_length=300)] | None = "{prefix}/{date}"  # noqa: N815


KINDS: Final[dict[str, type[Config]]] = {
    "webhook": Webhook,
    "otel-collector": Collector,
    "langfuse": Langfuse,
    "s3": Store,
}


class Call(NamedTuple):
    """One request that delivers some of the traces."""

    target: Target
    body: bytes
    put: bool
    traces: int
    """How many of the traces, in their order."""


def read(kind: str, config: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A configuration, checked; hidden secrets in it are those of `before`. Raises `BadDestination`."""
    if kind not in KINDS:
        raise BadDestination(
            f"Invalid request: type: {kind!r} is not offered here; use one of {', '.join(KINDS)}. Most services take "
            "OpenTelemetry traces by `otel-collector`.",
            metadata={"rule": "type", "kinds": ", ".join(KINDS)},
        )
    if kind == "s3" and (config.get("authMode") == "iam_role" or config.get("roleArn") or config.get("externalId")):
        raise BadDestination(
            "Invalid request: config.authMode: a bucket is reached with an access key here, not by a role: this server "
            "is no account at AWS that a role could trust. Give `accessKeyId` and `secretAccessKey` of a user that may "
            "do nothing but `s3:PutObject` there.",
            metadata={"rule": "role"},
        )
    known = dict(before or {})
    given = {name: known.get(name) if value == HIDDEN else value for name, value in config.items()}
    headers: Any = given.get("headers")
    if isinstance(headers, dict):
        old: dict[str, Any] = known.get("headers") or {}
        sent = cast("dict[str, Any]", headers)  # JSON's objects have texts for keys
        given["headers"] = {name: old.get(name) if value == HIDDEN else value for name, value in sent.items()}
    if "signingSecret" in known:
        given.setdefault("signingSecret", known["signingSecret"])
    try:
        made = KINDS[kind].model_validate(given)
    except ValidationError as error:
        # Never the values: they are secrets.
        faults = "; ".join(f"config.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        fields = [{"name": ".".join(map(str, each["loc"])), "kind": each["type"]} for each in error.errors()]
        raise BadDestination(f"Invalid request: {faults}", metadata={"fields": fields}) from None
    for address in addresses(made):
        _check(address)
    return made.model_dump()


def addresses(config: Config) -> list[str]:
    """Where it leads."""
    match config:
        case Webhook():
            return [config.url]
        case Collector():
            return [config.endpoint]
        case Langfuse():
            return [config.baseUrl or ""]
        case Store():
            return [config.endpoint] if config.endpoint else []
        case _:
            return []


def _check(address: str) -> None:
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"https", "http"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good, parts = False, None
    if not good or parts is None:
        raise BadDestination(
            "Invalid request: config: write addresses as `https://host/path`.", metadata={"rule": "address"}
        )
    if parts.username is not None or parts.password is not None:
        raise BadDestination(
            "Invalid request: config: put no password into an address; use `headers`.",
            metadata={"rule": "address_parts"},
        )


def masked(kind: str, config: Mapping[str, Any], *, fresh: bool = False) -> dict[str, Any]:
    """A configuration as it is shown: without secrets. A new webhook's signing secret is shown once."""
    shown = dict(config)
    for name in _SECRETS & shown.keys():
        if shown[name] and not (fresh and name == "signingSecret"):
            shown[name] = HIDDEN
    shown["headers"] = dict.fromkeys(config.get("headers") or {}, HIDDEN)
    return {name: value for name, value in shown.items() if value is not None or kind != "s3"}


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What a webhook's receiver computes to know that we sent it: HMAC-SHA256 over `timestamp.body`."""
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def calls(destination: Destination, config: Mapping[str, Any], traces: Sequence[Trace]) -> list[Call]:
    """The requests that deliver the traces."""
    read_config = KINDS[destination.type].model_validate(config)
    if isinstance(read_config, Store):
        made: list[Call] = []
        for trace in traces:
            own = hashlib.blake2b(trace.id.encode(), digest_size=4).hexdigest()
            name = f"{otlp.trace_id(trace)}-{trace.started_at}-{own}"
            path = f"{_folder(read_config, trace.source.key_name, trace.started_at)}/{name}.json"
            made.append(_object(read_config, path, otlp.spans([trace], destination)))
        return made
    return [_post(read_config, otlp.spans(traces, destination), len(traces), {})]


def test_call(destination: Destination, config: Mapping[str, Any]) -> Call:
    """A request that delivers nothing, to see whether it would be taken."""
    read_config = KINDS[destination.type].model_validate(config)
    if isinstance(read_config, Store):
        path = f"{_folder(read_config, 'test', clock.now_ms())}/connection-test.json"
        return _object(read_config, path, otlp.EMPTY)
    return _post(read_config, otlp.EMPTY, 0, {"X-Test-Connection": "true"})


def _post(config: Config, body: bytes, count: int, more: Mapping[str, str]) -> Call:
    headers = CIMultiDict({"Content-Type": _JSON, **config.headers, **more})
    match config:
        case Webhook():
            timestamp = clock.now_ms() // 1000
            headers["X-Modelport-Timestamp"] = str(timestamp)
            headers["X-Modelport-Signature"] = signature(config.signingSecret, timestamp, body)
            return Call(_target(config.url, headers), body, config.method == "PUT", count)
        case Collector():
            address = config.endpoint.rstrip("/")
            address = address if address.endswith("/v1/traces") else f"{address}/v1/traces"
            return Call(_target(address, headers), body, put=False, traces=count)
        case Langfuse():
            key = base64.b64encode(f"{config.publicKey}:{config.secretKey}".encode()).decode()
            headers["Authorization"] = f"Basic {key}"
            address = f"{(config.baseUrl or '').rstrip('/')}/api/public/otel/v1/traces"
            return Call(_target(address, headers), body, put=False, traces=count)
        case _:
            raise AssertionError(config)


def _target(
    address: str, headers: CIMultiDict[str], sign: Callable[[bytes], Mapping[str, str]] | None = None
) -> Target:
    return Target("destination", URL(address), headers, _TIMEOUTS, sign=sign)


def _folder(config: Store, key_name: str, at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, clock.UTC)
    words = {
        "prefix": config.prefix or "",
        "date": f"{at:%Y-%m-%d}",
        "year": f"{at:%Y}",
        "month": f"{at:%m}",
        "day": f"{at:%d}",
        "apiKeyName": key_name,
    }
    path = config.pathTemplate or "{prefix}/{date}"
    for name, word in words.items():
        path = path.replace(f"{{{name}}}", word)
    # Only characters that no encoding changes: then a path is signed as it is sent, by whichever rule.
    pieces = [piece for piece in _UNSAFE.sub("-", path).split("/") if piece.strip(".")]
    return "/".join(pieces) or "traces"


def _object(config: Store, path: str, body: bytes) -> Call:
    region = config.region or ("auto" if config.provider == "cloudflare_r2" else "us-east-1")
    base = (config.endpoint or f"https://s3.{region}.amazonaws.com").rstrip("/")
    address = f"{base}/{config.bucketName}/{path}"
    credentials = sigv4.Credentials(config.accessKeyId, config.secretAccessKey, config.sessionToken or None)

    def sign(sent: bytes) -> dict[str, str]:
        own = {"Content-Type": _JSON, "X-Amz-Content-Sha256": hashlib.sha256(sent).hexdigest()}
        scope = sigv4.Scope(region, "s3")
        return own | sigv4.sign("PUT", address, own, sent, credentials=credentials, scope=scope, at=clock.now())

    headers = CIMultiDict({"Content-Type": _JSON, **config.headers})
    return Call(_target(address, headers, sign), body, put=True, traces=1)
