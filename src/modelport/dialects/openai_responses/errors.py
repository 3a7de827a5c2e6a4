"""Faults in the words of this dialect: ours written for callers, providers' read for us.

The envelope and the codes are the reference's (`behaviour.md` section 4.6).
"""

from __future__ import annotations

import msgspec

from modelport.errors import ModelportError, UpstreamFailed
from modelport.kit.raw_json import FAULTS

__all__ = ["LENGTH", "Malformed", "StreamError", "code_of", "message_of", "read_error", "type_of", "write_error"]

_CODES = {
    "rate_limit_exceeded": "rate_limit_exceeded",
    "context_length_exceeded": "invalid_prompt",
    "invalid_request": "invalid_prompt",
    "invalid_prompt": "invalid_prompt",
    "content_policy_violation": "image_content_policy_violation",
}
"""The reference's `error_type` to this dialect's `code`; every other becomes `server_error`."""

LENGTH = frozenset({"context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"})
"""Faults that the reference tells callers of this dialect as an incomplete answer (`max_output_tokens`)."""

_GENERIC = "Internal Server Error"


class Malformed(Exception):
    """The provider's bytes are not a finished answer of this dialect."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StreamError(Exception):
    """The provider put an error, or bytes of another kind, into its stream.

    `code` is the provider's own word, such as `rate_limit_exceeded`.
    """

    def __init__(self, message: str, code: str | int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class _Fault(msgspec.Struct):
    message: str | None = None


class _Envelope(msgspec.Struct):
    error: _Fault | str | None = None
    message: str | None = None
    detail: str | _Fault | list[msgspec.Raw] | None = None
    """What OpenAI's older servers and FastAPI write."""


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def type_of(error: Exception) -> str:
    """The reference's `error_type`."""
    if not isinstance(error, ModelportError):
        return "server"
    return error.kind if isinstance(error, UpstreamFailed) else error.error_type


def code_of(error: Exception) -> str:
    """This dialect's code."""
    return _CODES.get(type_of(error), "server_error")


def message_of(error: Exception) -> str:
    """What a caller may read; a fault that was not raised on purpose says nothing of itself."""
    return error.message if isinstance(error, ModelportError) else _GENERIC


def write_error(error: Exception) -> bytes:
    """The body of an error answer."""
    metadata = dict(error.metadata) if isinstance(error, ModelportError) else {}
    inner: dict[str, object] = {"code": code_of(error), "message": message_of(error)}
    if (availability := metadata.pop("availability", None)) is not None:
        inner["availability"] = availability
    return msgspec.json.encode({"error": inner, "metadata": metadata or None, "error_type": type_of(error)})


def read_error(status: int, body: bytes) -> str:
    """What a provider's error body says, in its own words; a short piece of it when it has another shape."""
    try:
        envelope = _ENVELOPE.decode(body)
    except FAULTS:
        envelope = _Envelope()
    for fault in (envelope.error, envelope.detail):
        if isinstance(fault, _Fault) and fault.message:
            return fault.message
        if isinstance(fault, str) and fault:
            return fault
    return envelope.message or body[:300].decode(errors="replace").strip() or f"HTTP {status}"
