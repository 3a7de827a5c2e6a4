"""Faults in the words of this dialect: ours written for callers, providers' read for us.

A caller learns the kind of a fault from the header `x-amzn-errortype` (`error_type`), or within a stream from the type
of the message (`exception_type`); the body is `{"message": ...}`. Names and statuses are those of the service model.
"""

from __future__ import annotations

import msgspec

from modelport.errors import ModelportError, UpstreamFailed

__all__ = [
    "CODES",
    "Malformed",
    "StreamError",
    "error_object",
    "error_type",
    "exception_type",
    "read_error",
    "write_error",
]

_TYPES = {
    "authentication": "UnrecognizedClientException",
    "permission_denied": "AccessDeniedException",
    "payment_required": "ServiceQuotaExceededException",
    "not_found": "ResourceNotFoundException",
    "rate_limit_exceeded": "ThrottlingException",
    "provider_overloaded": "ServiceUnavailableException",
    "provider_unavailable": "ServiceUnavailableException",
    "timeout": "ModelTimeoutException",
    "server": "InternalServerException",
}
"""The reference's `error_type` to this dialect's; the rest goes by its HTTP status."""

CODES = {
    "validationException": 400,
    "accessDeniedException": 403,
    "resourceNotFoundException": 404,
    "modelTimeoutException": 408,
    "modelStreamErrorException": 424,
    "modelErrorException": 424,
    "throttlingException": 429,
    "modelNotReadyException": 429,
    "internalServerException": 500,
    "serviceUnavailableException": 503,
}
"""The HTTP status that each exception inside a stream stands for."""


class Malformed(Exception):
    """The provider's bytes are not an answer of this dialect."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StreamError(Exception):
    """The provider put an error, or bytes of another kind, into its stream.

    `code` is the HTTP status the error stands for, or its name when that is not known here.
    """

    def __init__(self, message: str, code: str | int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class _Body(msgspec.Struct):
    message: str | None = None
    Message: str | None = None  # some of Amazon's gateways write it so
    originalMessage: str | None = None  # noqa: N815  as on the wire


_BODY = msgspec.json.Decoder(_Body)


def error_object(error: Exception, request_id: str | None = None) -> dict[str, object]:
    """The whole error for a caller; anything that was not raised on purpose becomes a generic fault of ours."""
    body: dict[str, object] = {"message": "Internal Server Error", "error_type": "server"}
    if isinstance(error, ModelportError):
        kind = error.kind if isinstance(error, UpstreamFailed) else error.error_type
        body = {"message": error.message, "error_type": kind}
        if (availability := error.metadata.get("availability")) is not None:
            body["availability"] = availability
        if "limit_source" in error.metadata:
            body["metadata"] = error.metadata
    if request_id is not None:
        body["request_id"] = request_id
    return body


def error_type(error: Exception) -> str:
    """What an answer with `write_error`'s body says in its header `x-amzn-errortype`."""
    if not isinstance(error, ModelportError):
        return "InternalServerException"
    kind = error.kind if isinstance(error, UpstreamFailed) else error.error_type
    return _TYPES.get(kind, "ValidationException" if error.code < 500 else "InternalServerException")


def exception_type(error: Exception) -> str:
    """The same for a message within a stream, where five kinds are known."""
    match error_type(error):
        case "ThrottlingException":
            return "throttlingException"
        case "ServiceUnavailableException":
            return "serviceUnavailableException"
        case "ModelTimeoutException":
            return "modelStreamErrorException"
        case "InternalServerException":
            return "internalServerException"
        case _:
            return "validationException"


def write_error(error: Exception, request_id: str | None = None) -> bytes:
    """The body of an error answer; `request_id` is the generation's id where there is one."""
    return msgspec.json.encode(error_object(error, request_id))


def read_error(status: int, body: bytes) -> str:
    """What a provider's error body says, in its own words; a short piece of it when it has another shape."""
    try:
        read = _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        read = _Body()
    words = read.message or read.Message or read.originalMessage
    return words or body[:300].decode(errors="replace").strip() or f"HTTP {status}"
