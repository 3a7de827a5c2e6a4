"""How a voucher's code is written: `MPV-XXXXX-XXXXX-XXXXX-XXXXX`, 90 random bits and a checksum of 10.

The alphabet leaves out letters that look like digits; what people type instead of a digit is read as it. The checksum
finds a mistyped code without a look into the database, and tells a guesser nothing.
"""

from __future__ import annotations

import hashlib
import secrets

__all__ = ["make", "read"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans("OILU", "011V", "- \t\u2010\u2011\u2013")
_RANDOM, _LENGTH = 18, 20
_PREFIX = "MPV"


def make() -> str:
    """A new code."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    whole = body + _check(body)
    return "-".join([_PREFIX, *(whole[at : at + 5] for at in range(0, _LENGTH, 5))])


def read(text: str) -> tuple[str, bool]:
    """What was typed in the one form that is hashed, and whether it can be a code at all."""
    plain = text.strip().upper()[:100].translate(_LOOKS_LIKE)
    if len(plain) > _LENGTH:
        plain = plain.removeprefix(_PREFIX)
    good = len(plain) == _LENGTH and set(plain) <= set(_ALPHABET) and _check(plain[:_RANDOM]) == plain[_RANDOM:]
    return plain, good


def _check(body: str) -> str:
    number = int.from_bytes(hashlib.sha256(body.encode()).digest()[:2], "big")
    return _ALPHABET[number >> 5 & 31] + _ALPHABET[number & 31]
