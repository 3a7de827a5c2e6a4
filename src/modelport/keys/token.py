"""The text of an API key: `sk-mp-v1-`, 43 random letters and digits, and a checksum of 6.

Management keys begin with `sk-mp-mgmt-v1-`, so that nobody, and no scanner, takes one for the other.

The checksum lets a secret scanner tell a real key from look-alikes, and lets the server refuse a mistyped one
without asking the database.
"""

from __future__ import annotations

import zlib

from modelport.kit.ids import random_text

__all__ = ["MANAGEMENT_PREFIX", "PREFIX", "is_well_formed", "mask", "mask_foreign", "may_be_foreign", "new"]

PREFIX = "sk-mp-v1-"
MANAGEMENT_PREFIX = "sk-mp-mgmt-v1-"
_RANDOM = 43  # 62^43 is a little over 2^256
_CHECK = 6
_LONGEST = 200
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new(prefix: str = PREFIX) -> str:
    """A fresh key."""
    body = random_text(_RANDOM)
    return prefix + body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether `text` has the form and the checksum of a key."""
    prefix = _prefix(text)
    body = text[len(prefix) : -_CHECK]
    return (
        text.startswith(prefix)
        and len(body) == _RANDOM
        and text.isascii()
        and body.isalnum()
        and text[-_CHECK:] == _checksum(body)
    )


def mask(key: str) -> str:
    """The label that stands for the key wherever it is shown again: `sk-mp-v1-abc...xyz`."""
    return f"{key[: len(_prefix(key)) + 3]}...{key[-3:]}"


def may_be_foreign(text: str) -> bool:
    """Whether `text` may be a key that another gateway gave out."""
    return text.startswith("sk-") and not text.startswith("sk-mp-") and 20 <= len(text) <= _LONGEST and text.isascii()


def mask_foreign(key: str) -> str:
    """The label of a key that another gateway gave out; it never begins like one of ours."""
    return f"{key[:6]}...{key[-3:]}"


def _prefix(text: str) -> str:
    return MANAGEMENT_PREFIX if text.startswith(MANAGEMENT_PREFIX) else PREFIX


def _checksum(body: str) -> str:
    value = zlib.crc32(body.encode())
    digits: list[str] = []
    for _ in range(_CHECK):  # 62^6 exceeds 2^32, so that no bit is lost
        value, digit = divmod(value, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
