"""Faults in the words of this dialect: ours written for callers, the provider's read for us.

Cohere's errors are flat: a `message`, the request's `id`, at times an `error_type` (recorded with 400, 401, 404).
"""

from __future__ import annotations

import msgspec

from modelport.errors import ModelportError, UpstreamFailed

__all__ = ["Malformed", "StreamError", "error_object", "read_error", "write_error"]


class Malformed(Exception):
    """The provider's bytes are not an answer of this dialect."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StreamError(Exception):
    """The provider put an error, or bytes of another kind, into its answer.

    `code` is what the provider names it by, where it does.
    """

    def __init__(self, message: str, code: str | int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class _Fault(msgspec.Struct):
    message: str | None = None


class _Envelope(msgspec.Struct):
    message: str | None = None
    error: _Fault | str | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def error_object(error: Exception, request_id: str | None = None) -> dict[str, object]:
    """The whole error for a caller; anything that was not raised on purpose becomes a generic fault of ours."""
    body: dict[str, object] = {} if request_id is None else {"id": request_id}
    if not isinstance(error, ModelportError):
        return {**body, "message": "Internal Server Error", "error_type": "server"}
    body["message"] = error.message
    body["error_type"] = error.kind if isinstance(error, UpstreamFailed) else error.error_type
    if (availability := error.metadata.get("availability")) is not None:
        body["availability"] = availability
    if "limit_source" in error.metadata:
        body["metadata"] = error.metadata
    return body


def write_error(error: Exception, request_id: str | None = None) -> bytes:
    """The body of an error answer; `request_id` is the generation's id where there is one.

    The official SDK goes by the HTTP status alone.
    """
    return msgspec.json.encode(error_object(error, request_id))


def read_error(status: int, body: bytes) -> str:
    """What a provider's error body says, in its own words; a short piece of it when it has another shape."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        envelope = _Envelope()
    if envelope.message:
        return envelope.message
    if isinstance(envelope.error, _Fault) and envelope.error.message:
        return envelope.error.message
    if isinstance(envelope.error, str) and envelope.error:
        return envelope.error
    return body[:300].decode(errors="replace").strip() or f"HTTP {status}"
