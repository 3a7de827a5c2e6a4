"""The errors a caller can meet, as one tree.

    ModelportError                       status, error_type, message, metadata
    |-- BadRequest               400     the request can't be read or asks for what can't be
    |   |-- UnknownModel         400     no such model id
    |   `-- WrongField           400     one field can't be as it is
    |-- Unauthenticated          401     no key, a wrong key, a revoked or expired key
    |-- PaymentRequired          402     credits or a key's limit do not suffice
    |-- Forbidden                403     the key may not do this
    |-- NotFound                 404     no such thing, or no endpoint that can serve the request
    |-- MethodNotAllowed         405     the address exists, for another method
    |-- Timeout                  408     the caller took too long to send its request
    |-- Conflict                 409     the thing is already there, or was changed meanwhile
    |-- TooLarge                 413     the body is larger than we read
    |-- TooManyRequests          429     a limit of ours
    |-- UpstreamFailed           502...  a provider's fault, after every allowed attempt
    `-- Unavailable              503     we can't serve this now, a retry may help

Domains raise subclasses of these, kept in their own `errors.py`. They are raised where the fault is found and
rendered once, at the edge, in the caller's dialect. `error_type` values are the reference's
(`behaviour.md` section 4.2, stable over its three dialects).
"""

from __future__ import annotations

import re
from typing import ClassVar

__all__ = [
    "BadRequest",
    "Conflict",
    "Forbidden",
    "Metadata",
    "MethodNotAllowed",
    "ModelportError",
    "NotFound",
    "PaymentRequired",
    "Timeout",
    "TooLarge",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "UnknownModel",
    "UpstreamFailed",
    "WrongField",
]

Metadata = dict[str, object]
"""What stands beside a message: JSON-ready values only."""


class ModelportError(Exception):
    """Anything we tell a caller about on purpose; `message` is safe to show.

    `retry_after` is in seconds and set only where trying again can help.
    """

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "server"

    def __init__(self, message: str, *, metadata: Metadata | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.metadata: Metadata = dict(metadata or {})
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}
        """Response headers that go with it, lower-case names."""
        self.code = self.status
        """The HTTP status to answer with; a subclass may carry another than its class's."""

    @property
    def problem(self) -> str | None:
        """A stable word for just this kind of fault, for programs that tell it in their own words, such as the web app.

        None for the classes of this module, which `error_type` tells as well.
        """
        kind = type(self)
        if kind.__module__ == __name__:
            return None
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__.strip("_")).lower()

    @property
    def facts(self) -> Metadata:
        """Everything for programs: `metadata` and the word for this kind of fault."""
        return self.metadata if self.problem is None else {"problem": self.problem, **self.metadata}


class BadRequest(ModelportError):
    """The request can't be read, or asks for what can't be."""

    status = 400
    error_type = "invalid_request"


class WrongField(BadRequest):
    """One field of what was sent can't be as it is."""

    def __init__(self, name: str, why: str, *, kind: str = "value", **bounds: int | str) -> None:
        """`kind` is the word for `why`, after pydantic's types of faults, with the bounds that it has there."""
        field: Metadata = {"name": name, "kind": kind, **bounds}
        super().__init__(f"Invalid request: {name}: {why}", metadata={"fields": [field]})


class UnknownModel(BadRequest):
    """No model has this id."""

    error_type = "invalid_request"


class Unauthenticated(ModelportError):
    """No key, a wrong key, a revoked or an expired key."""

    status = 401
    error_type = "authentication"


class PaymentRequired(ModelportError):
    """Credits, or what a key may still spend, do not suffice."""

    status = 402
    error_type = "payment_required"


class Forbidden(ModelportError):
    """The caller is known and may not do this."""

    status = 403
    error_type = "permission_denied"


class NotFound(ModelportError):
    """No such thing, or none that this caller may see."""

    status = 404
    error_type = "not_found"


class MethodNotAllowed(ModelportError):
    """The address exists, for another method."""

    status = 405
    error_type = "invalid_request"


class Timeout(ModelportError):
    """The caller took too long to send its request."""

    status = 408
    error_type = "timeout"


class Conflict(ModelportError):
    """The thing is already there, or was changed meanwhile."""

    status = 409
    error_type = "invalid_request"


class TooLarge(ModelportError):
    """The body is larger than we read."""

    status = 413
    error_type = "payload_too_large"


class TooManyRequests(ModelportError):
    """One of our limits is reached."""

    status = 429
    error_type = "rate_limit_exceeded"


class UpstreamFailed(ModelportError):
    """A provider failed, after every attempt that was allowed; `code` is what the caller is told."""

    status = 502
    error_type = "provider_unavailable"

    def __init__(
        self,
        message: str,
        *,
        code: int = 502,
        kind: str = "provider_unavailable",
        metadata: Metadata | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message, metadata=metadata, retry_after=retry_after)
        self.code = code
        self.kind = kind
        """The `error_type` of this one fault: a provider's 429 differs from its 500."""


class Unavailable(ModelportError):
    """We can't serve this now; a retry may help."""

    status = 503
    error_type = "server"
