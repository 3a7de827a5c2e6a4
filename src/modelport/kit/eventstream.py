"""Amazon's binary event stream (`application/vnd.amazon.eventstream`), one message at a time, in both directions.

    total length   4 bytes  |
    headers length 4 bytes  | the prelude
    CRC of these   4 bytes  |
    headers                 name length 1, name, type 1, value
    payload
    CRC of all     4 bytes

Numbers are big-endian, CRCs are CRC-32 as in zlib. Source: Smithy's specification "Amazon event stream" (its table of
header types), and 33 recorded streams; verified 2026-11-25. `upstream/eventstream.py` cuts streams into messages.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PRELUDE", "BadMessage", "decode", "encode", "length"]

PRELUDE: Final = 12
"""Bytes after which a message's length is known."""

_PRELUDE: Final = struct.Struct(">III")
_U32: Final = struct.Struct(">I")
_SMALLEST: Final = PRELUDE + 4
_STRING: Final = 7
_FIXED: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value by its type: true, false, byte, short, int, long, timestamp, uuid."""
_SIZED: Final = frozenset({6, _STRING})
"""Types whose value begins with its own length in two bytes: bytes and text."""


class BadMessage(ValueError):
    """The bytes are no message: a wrong checksum, or lengths that do not add up."""


def length(prelude: bytes | bytearray) -> int:
    """Bytes of the whole message that begins with `prelude`. Raises `BadMessage`."""
    total, of_headers, checksum = _PRELUDE.unpack_from(prelude)
    if crc32(prelude[:8]) != checksum:
        raise BadMessage("the checksum of the prelude is wrong")
    if total < _SMALLEST + of_headers:
        raise BadMessage("the lengths in the prelude contradict each other")
    return total


def decode(message: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the payload of one whole message; only headers that are text are kept. Raises `BadMessage`."""
    if len(message) < _SMALLEST or length(message) != len(message):
        raise BadMessage("the message is not as long as it says")
    if crc32(message[:-4]) != _U32.unpack_from(message, len(message) - 4)[0]:
        raise BadMessage("the checksum of the message is wrong")
    end = PRELUDE + _U32.unpack_from(message, 4)[0]
    return _headers(message[PRELUDE:end]), message[end:-4]


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message; a name has at most 255 bytes, a value 32,767."""
    head = b"".join(
        struct.pack(">B", len(name)) + name + struct.pack(">BH", _STRING, len(value)) + value
        for name, value in ((name.encode(), value.encode()) for name, value in headers.items())
    )
    start = struct.pack(">II", _SMALLEST + len(head) + len(payload), len(head))
    message = b"".join((start, _U32.pack(crc32(start)), head, payload))
    return message + _U32.pack(crc32(message))


def _headers(raw: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(raw):
            name_end = at + 1 + raw[at]
            name, kind = raw[at + 1 : name_end].decode(), raw[name_end]
            at = name_end + 1
            if kind in _SIZED:
                size = int.from_bytes(raw[at : at + 2])
                at += 2
            else:
                size = _FIXED[kind]
            value, at = raw[at : at + size], at + size
            if kind == _STRING:
                headers[name] = value.decode()
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise BadMessage("the headers can't be read") from error
    if at != len(raw):
        raise BadMessage("the headers are cut off")
    return headers
