"""Identifiers: sortable where a table is read by time, random where they must not be guessed."""

from __future__ import annotations

import os
import time

__all__ = ["generation_id", "prefixed", "random_text"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def random_text(length: int) -> str:
    """`length` letters and digits from the system's random source, each of 62 equally likely."""
    out: list[str] = []
    while len(out) < length:
        # 248 = 4 x 62: bytes above it are thrown away, so that no letter is likelier than another.
        out.extend(_ALPHABET[byte % 62] for byte in os.urandom(length + 8) if byte < 248)
    return "".join(out[:length])


def prefixed(prefix: str, length: int = 24) -> str:
    """A random id with a readable prefix: `user_4fK...`."""
    return f"{prefix}_{random_text(length)}"


_FOLD = bytes(ord(_ALPHABET[byte % 62]) for byte in range(256))


def generation_id() -> str:
    """A generation's id in the reference's form: `gen-<unix seconds>-<20 letters and digits>`.

    Some letters are a little likelier than others, which is ten times quicker than `random_text` and does not
    matter for what is unique but no secret.
    """
    return f"gen-{int(time.time())}-{os.urandom(20).translate(_FOLD).decode()}"
