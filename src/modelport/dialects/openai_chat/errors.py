"""Faults in the words of this dialect: ours written for callers, providers' read for us.

The envelope and the words are the reference's (`behaviour.md` section 4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from modelport.dialects.openai_chat.wire import UpstreamError
from modelport.errors import ModelportError, UpstreamFailed

if TYPE_CHECKING:
    from modelport.errors import Metadata

__all__ = ["Malformed", "StreamError", "error_object", "read_error", "write_error"]

_GENERIC = "Internal Server Error"


class Malformed(Exception):
    """The provider's bytes are not an answer of this dialect."""


class StreamError(Exception):
    """The provider put an error, or bytes of another kind, into its stream."""

    def __init__(self, message: str, code: str | int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class _Envelope(msgspec.Struct):
    error: UpstreamError | str | None = None
    message: str | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def error_object(error: Exception) -> dict[str, object]:
    """The `error` object for a caller; anything that was not raised on purpose becomes a generic 500."""
    if not isinstance(error, ModelportError):
        return {"code": 500, "message": _GENERIC, "metadata": {"error_type": "server"}}
    kind = error.kind if isinstance(error, UpstreamFailed) else error.error_type
    metadata: Metadata = {"error_type": kind, **error.metadata}
    told: dict[str, object] = {"code": error.code, "message": error.message, "metadata": metadata}
    if (availability := metadata.pop("availability", None)) is not None:
        # The reference's examples of this object have the kind and the status beside it, and no `code`: all are given.
        told |= {"availability": availability, "error_type": kind, "http_status": error.code}
    return told


def write_error(error: Exception) -> bytes:
    """The body of an error answer."""
    return msgspec.json.encode({"error": error_object(error)})


def read_error(body: bytes) -> str:
    """What a provider's error body says, in its own words; a short piece of it when it has another shape."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body[:300].decode(errors="replace").strip()
    if isinstance(envelope.error, UpstreamError) and envelope.error.message:
        return envelope.error.message
    if isinstance(envelope.error, str):
        return envelope.error
    if envelope.message:
        return envelope.message
    return body[:300].decode(errors="replace").strip()
