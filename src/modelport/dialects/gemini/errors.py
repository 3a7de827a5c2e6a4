"""Faults in the words of this dialect: ours written for callers, providers' read for us.

The envelope and the names of `status` are Google's (`google.rpc.Status`; recorded errors and `google-genai` 3.6).
"""

from __future__ import annotations

import msgspec

from modelport.errors import ModelportError, UpstreamFailed
from modelport.kit.raw_json import FAULTS

__all__ = ["Malformed", "StreamError", "error_object", "fault_of", "read_error", "write_error"]

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "INVALID_ARGUMENT",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
"""HTTP statuses; 402 is "billing is not enabled" at Google, which answers it as FAILED_PRECONDITION."""

_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The HTTP status that each `status` stands for, for errors inside a stream (`google/rpc/code.proto`)."""


class Malformed(Exception):
    """The provider's bytes are not an answer of this dialect."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StreamError(Exception):
    """The provider put an error, or bytes of another kind, into its stream.

    `code` is the HTTP status the error stands for, or its `status` when that is not known here.
    """

    def __init__(self, message: str, code: str | int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class _Fault(msgspec.Struct):
    message: str | None = None
    status: str | None = None
    code: int | str | None = None


class _Envelope(msgspec.Struct):
    error: _Fault | str | None = None
    message: str | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_ENVELOPES = msgspec.json.Decoder(list[_Envelope])
_ERROR = msgspec.json.Decoder(_Fault | str)


def error_object(error: Exception) -> dict[str, object]:
    """The value of `error` for a caller; anything that was not raised on purpose becomes a generic fault of ours."""
    if not isinstance(error, ModelportError):
        return {"code": 500, "message": "Internal Server Error", "status": "INTERNAL", "details": [_info("server", {})]}
    kind = error.kind if isinstance(error, UpstreamFailed) else error.error_type
    fallback = "INVALID_ARGUMENT" if error.code < 500 else "INTERNAL"
    details = [_info(kind, error.metadata)]
    if error.retry_after is not None:
        retry: dict[str, object] = {"@type": "type.googleapis.com/google.rpc.RetryInfo"}
        details.append(retry | {"retryDelay": f"{error.retry_after}s"})
    return {
        "code": error.code,
        "message": error.message,
        "status": _STATUSES.get(error.code, fallback),
        "details": details,
    }


def _info(kind: str, metadata: dict[str, object]) -> dict[str, object]:
    """The reference's `error_type` as Google says reasons; its metadata are a map of texts."""
    texts = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in metadata.items()
    }  # fmt: skip
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": kind.upper(),
        "domain": "modelport",
        "metadata": texts,
    }


def write_error(error: Exception) -> bytes:
    """The body of an error answer."""
    return msgspec.json.encode({"error": error_object(error)})


def read_error(status: int, body: bytes) -> str:
    """What a provider's error body says, in its own words; a short piece of it when it has another shape."""
    try:
        # In a list it comes where a stream was asked for without `alt=sse`.
        envelopes = _ENVELOPES.decode(body) if body.lstrip()[:1] == b"[" else [_ENVELOPE.decode(body)]
    except FAULTS:
        envelopes = []
    envelope = envelopes[0] if envelopes else _Envelope()
    if isinstance(envelope.error, _Fault) and envelope.error.message:
        return envelope.error.message
    if isinstance(envelope.error, str) and envelope.error:
        return envelope.error
    return envelope.message or body[:300].decode(errors="replace").strip() or f"HTTP {status}"


def fault_of(raw: msgspec.Raw) -> StreamError:
    """An `error` object inside an answer, as the fault it is."""
    try:
        fault = _ERROR.decode(raw)
    except FAULTS:
        fault = _Fault()
    if isinstance(fault, str):
        return StreamError(fault or "The provider reported an error.")
    code = fault.code if isinstance(fault.code, int) else _CODES.get(fault.status or "", fault.status or fault.code)
    return StreamError(fault.message or "The provider reported an error.", code)
