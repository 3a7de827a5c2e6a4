"""Faults in the words of this dialect: ours written for callers, providers' read for us.

The envelope and the types are the reference's (`behaviour.md` section 4.6).
"""

from __future__ import annotations

import msgspec

from modelport.errors import ModelportError, UpstreamFailed
from modelport.kit.raw_json import FAULTS

__all__ = ["CODES", "Malformed", "StreamError", "error_object", "read_error", "write_error"]

_TYPES = {
    "authentication": "authentication_error",
    "permission_denied": "permission_error",
    "payment_required": "billing_error",
    "not_found": "not_found_error",
    "image_not_found": "not_found_error",
    "rate_limit_exceeded": "rate_limit_error",
    "provider_overloaded": "overloaded_error",
    "timeout": "timeout_error",
    "server": "api_error",
    "provider_unavailable": "api_error",
    "unmapped": "api_error",
}
"""The reference's `error_type` to this dialect's `type`; the rest goes by its HTTP status."""

CODES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that each `type` stands for, for errors inside a stream (Anthropic's documentation, `errors`)."""


class Malformed(Exception):
    """The provider's bytes are not an answer of this dialect."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StreamError(Exception):
    """The provider put an error, or bytes of another kind, into its stream.

    `code` is the HTTP status the error stands for, or its `type` when that is not known here.
    """

    def __init__(self, message: str, code: str | int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class _Fault(msgspec.Struct):
    message: str | None = None
    type: str | None = None


class _Envelope(msgspec.Struct):
    error: _Fault | str | None = None
    message: str | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def error_object(error: Exception, request_id: str | None = None) -> dict[str, object]:
    """The whole error for a caller; anything that was not raised on purpose becomes a generic fault of ours."""
    inner: dict[str, object]
    if not isinstance(error, ModelportError):
        inner = {"type": "api_error", "message": "Internal Server Error", "error_type": "server"}
    else:
        kind = error.kind if isinstance(error, UpstreamFailed) else error.error_type
        fallback = "invalid_request_error" if error.code < 500 else "api_error"
        inner = {"type": _TYPES.get(kind, fallback), "message": error.message, "error_type": kind}
        if (availability := error.metadata.get("availability")) is not None:
            inner["availability"] = availability
        if "limit_source" in error.metadata:
            inner["metadata"] = error.metadata
    return {"type": "error", "error": inner, "request_id": request_id}


def write_error(error: Exception, request_id: str | None = None) -> bytes:
    """The body of an error answer; `request_id` is the generation's id where there is one."""
    return msgspec.json.encode(error_object(error, request_id))


def read_error(status: int, body: bytes) -> str:
    """What a provider's error body says, in its own words; a short piece of it when it has another shape."""
    try:
        envelope = _ENVELOPE.decode(body)
    except FAULTS:
        envelope = _Envelope()
    if isinstance(envelope.error, _Fault) and envelope.error.message:
        return envelope.error.message
    if isinstance(envelope.error, str) and envelope.error:
        return envelope.error
    return envelope.message or body[:300].decode(errors="replace").strip() or f"HTTP {status}"
