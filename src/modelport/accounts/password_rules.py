"""What is no password, told without asking anybody: too short, or among the first that a guesser tries.

No list of leaked passwords is shipped. Those lists are mostly a few habits: a well-known word with digits behind it,
a walk over the keyboard, a date, something repeated, one's own address. The habits are checked instead.
"""

from __future__ import annotations

import re
from typing import Final

from modelport.accounts.errors import WeakPassword

__all__ = ["check_password"]

LEAST: Final = 10
MOST: Final = 256
"""Characters. Argon2 takes any length, but reading megabytes of password is a gift to whoever floods us."""

_WORD_LIST: Final = """
abc abcd access account admin administrator angel apple asdf asdfgh baby babygirl badboy bailey banana baseball
basketball batman beautiful bestfriend blink butterfly buster changeme charlie cheese chelsea chocolate coffee
computer cookie daniel default demo diamond dragon family flower football forever freedom friend friends fuckyou
gateway george ginger google guest hannah happy harley hello hellokitty hockey hunter iloveyou iloveu internet
jennifer jessica jesus jordan justin killer letmein liverpool login london lovely loveme lover manager master matrix
maverick mercedes michael michelle minecraft model modelport monkey monster mustang mypassword naruto nicole ninja
nothing openai openrouter orange pass passcode passphrase passwd password passwort patrick pepper please pokemon
princess private purple qazwsx qwer qwert qwerty ranger root samsung samantha scooter secret security server shadow
simple soccer spiderman starwars summer winter spring autumn sunshine superman superuser sweety system temp
temporary test tester testing thomas trustno tinkerbell unknown user username welcome whatever wizard woaini woaiwo
woshishui wodemima mima mimashi nihao aini zhangwei wangwei admina yourpassword zaq zxcvbn zxcvbnm
"""
_WORDS: Final = frozenset(_WORD_LIST.split())
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
    if _is_repeated(password) or _is_walk(password):
        return True
    local, _, domain = email.partition("@")
    known = {local, email, domain.partition(".")[0]}
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    for text in (password, bare.translate(_LEET)):
        core = re.sub(r"[\W\d_]+", "", text)
        rest = len(text) - len(core)
        # A word, or two of them, with digits and signs around: `Password2024!`, `admin@welcome1`.
        if core in known or core in _WORDS or _two_words(core):
            return True
        if len(core) < 4 and rest > 0 and _digits(text):
            return True
    return any(len(name) >= 4 and name in password and len(password) - len(name) < 5 for name in known)


def _two_words(text: str) -> bool:
    return any(text[:at] in _WORDS and text[at:] in _WORDS for at in range(1, len(text)))


def _digits(text: str) -> bool:
    """Whether it is digits of a habit: a walk, a date, lucky numbers, a telephone's eleven."""
    digits = re.sub(r"\D", "", text)
    return _is_walk(digits) or _is_repeated(digits) or bool(_LUCKY.fullmatch(digits)) or len(digits) <= 12


def _is_repeated(text: str) -> bool:
    """One to four characters over and over, or hardly any different ones."""
    if len(set(text)) <= 3:
        return True
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, min(5, len(text) // 2 + 1)))


def _is_walk(text: str) -> bool:
    """Mostly pieces of one row of the keyboard, or of the alphabet, either way."""
    at = walked = 0
    while at < len(text):
        size = next((n for n in range(len(text) - at, 3, -1) if any(text[at : at + n] in walk for walk in _WALKS)), 0)
        walked += size
        at += size or 1
    return len(text) > 0 and walked * 10 >= len(text) * 8
