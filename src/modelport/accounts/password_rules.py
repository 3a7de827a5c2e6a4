"""What is no password, told without asking anybody: too short, or among the first that a guesser tries.

Lists of leaked passwords are mostly a few habits: a well-known word with digits behind it, a walk over the keyboard, a
date, something repeated, one's own address. So the list that is shipped is short (`guessed_words.py`), and the habits
are checked with it: it finds many more than it names.
"""

from __future__ import annotations

import re
from typing import Final

from modelport.accounts.errors import WeakPassword
from modelport.accounts.guessed_words import LEAKED, WORDS

__all__ = ["check_password"]

LEAST: Final = 10
MOST: Final = 256
"""Characters. Argon2 takes any length, but reading megabytes of password is a gift to whoever floods us."""

_ROWS: Final = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "0123456789", "abcdefghijklmnopqrstuvwxyz"),
    *("qwertzuiop", "azertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "1q2w3e4r5t6y7u8i9o0p"),
    "qazwsxedcrfvtgbyhnujmikolp",
)  # fmt: skip
_WALKS: Final = tuple(text for row in _ROWS for text in (row * 2, row[::-1] * 2))
_LEET: Final = str.maketrans("04135$@!7", "oaiessait")
_LUCKY: Final = re.compile(r"(?:5201314|520|1314|521|666|888|168|147|258|369|19\d\d|20\d\d|[01]?\d[0-3]\d)+")


def check_password(password: str, email: str) -> None:
    """Raises `WeakPassword`, with what to do, for one that a guesser finds early."""
    if len(password) < LEAST:
        raise WeakPassword(f"The password is too short: give at least {LEAST} characters.", metadata={"rule": "short"})
    if len(password) > MOST:
        raise WeakPassword(f"The password is too long: {MOST} characters are the most.", metadata={"rule": "long"})
    if _is_guessable(password.casefold(), email.casefold()):
        raise WeakPassword(
            "This password is among the first that a guesser tries. Take a few unrelated words, or let a password "
            "manager make one.",
            metadata={"rule": "guessable"},
        )


def _is_guessable(password: str, email: str) -> bool:
    if password in LEAKED or _is_repeated(password) or _is_walk(password):
        return True
    local, _, domain = email.partition("@")
    known = {local, email, domain.partition(".")[0]}
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    for text in (password, bare.translate(_LEET)):
        core = re.sub(r"[\W\d_]+", "", text)
        rest = len(text) - len(core)
        # A word, or two of them, with digits and signs around: `Password2024!`, `admin@welcome1`.
        if core in known or core in WORDS or _two_words(core):
            return True
        if len(core) < 4 and rest > 0 and _digits(text):
            return True
    return any(len(name) >= 4 and name in password and len(password) - len(name) < 5 for name in known)


def _two_words(text: str) -> bool:
    return any(text[:at] in WORDS and text[at:] in WORDS for at in range(1, len(text)))


def _digits(text: str) -> bool:
    """Whether it is digits of a habit: a walk, a date, lucky numbers, a telephone's eleven."""
    digits = re.sub(r"\D", "", text)
    return _is_walk(digits) or _is_repeated(digits) or bool(_LUCKY.fullmatch(digits)) or len(digits) <= 12


def _is_repeated(text: str) -> bool:
    """The same over and over, or hardly any different characters."""
    if len(set(text)) <= 3:
        return True
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1))


def _is_walk(text: str) -> bool:
    """Mostly pieces of one row of the keyboard, or of the alphabet, either way."""
    at = walked = 0
    while at < len(text):
        size = next((n for n in range(len(text) - at, 3, -1) if any(text[at : at + n] in walk for walk in _WALKS)), 0)
        walked += size
        at += size or 1
    return len(text) > 0 and walked * 10 >= len(text) * 8
