"""Mends JSON as models write it: fences and prose around it, missing brackets, trailing commas, unquoted keys.

What was cut off inside a text is not invented: only brackets that are still open at the end are closed.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

__all__ = ["healed"]

_FENCE: Final = re.compile(r"```(?:json5?|JSON)?\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_WORDS: Final = {"True": "true", "False": "false", "None": "null", "undefined": "null", "NaN": "null"}
_WORD: Final = re.compile(r"[A-Za-z_$][\w$-]*")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONGEST: Final = 2_000_000
"""Characters beyond which a text is left as it is."""


def healed(text: str) -> str | None:
    """`text` as valid JSON; None where it is valid already, or can't be mended."""
    if _valid(text) or len(text) > _LONGEST:
        return None
    for candidate in _candidates(text):
        if _valid(candidate):
            return candidate
        mended = _Mender(candidate).mended()
        if mended is not None and _valid(mended):
            return mended
    return None


def _valid(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True


def _candidates(text: str) -> list[str]:
    """Where the JSON may stand, the likeliest first."""
    found = [match[1].strip() for match in _FENCE.finditer(text)]
    found = [each for each in found if each[:1] in {"{", "["}]
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    if starts:
        start = min(starts)
        found.append(text[start:].strip())
    elif text.lstrip()[:1] == '"' and ":" in text:
        found.append("{" + text.strip())  # the first bracket was forgotten
    return found


class _Mender:
    """Reads leniently and writes strictly, in one pass over the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._out: list[str] = []
        self._open: list[str] = []
        """The closing brackets that are still owed."""

    def mended(self) -> str | None:
        """The first value of the text as JSON; None where there is something that can't be understood."""
        text = self._text
        while self._at < len(text):
            if not self._step(text[self._at]):
                return None
            if self._out and not self._open and self._out[-1] in {"}", "]"}:
                return "".join(self._out)
        if not self._out or self._dangling():
            return None
        self._drop_comma()
        return "".join(self._out) + "".join(reversed(self._open))

    def _step(self, char: str) -> bool:
        """Takes what begins with `char`; False where it can't be understood."""
        if char in "}]":
            return self._close(char)
        if char in "{[":
            self._before_value()
            self._open.append("}" if char == "{" else "]")
            self._put(char, 1)
        elif char == ",":
            self._comma()
        elif char == ":":
            self._put(":", 1)
        elif char.isspace():
            self._at += 1
        else:
            return self._scalar(char)
        return True

    def _put(self, text: str, length: int) -> None:
        self._out.append(text)
        self._at += length

    def _close(self, char: str) -> bool:
        """A closing bracket; those that were forgotten before it are added."""
        if char not in self._open:
            return False
        self._drop_comma()
        if self._dangling():
            return False
        while self._open:
            owed = self._open.pop()
            self._out.append(owed)
            if owed == char:
                break
        self._at += 1
        return True

    def _comma(self) -> None:
        if self._out and self._out[-1] not in {",", "{", "[", ":"}:
            self._out.append(",")
        self._at += 1

    def _drop_comma(self) -> None:
        if self._out and self._out[-1] == ",":
            self._out.pop()

    def _dangling(self) -> bool:
        """Whether a key has no value: what it was to be isn't known."""
        return bool(self._out) and self._out[-1] == ":"

    def _before_value(self) -> None:
        """Two values beside each other: the comma between them was forgotten."""
        if self._out and self._out[-1] not in {",", "{", "[", ":"}:
            self._out.append(",")

    def _scalar(self, char: str) -> bool:
        text = self._text
        if text.startswith("//", self._at):
            end = text.find("\n", self._at)
            self._at = len(text) if end < 0 else end
            return True
        if char in "\"'“”":
            value, end = self._quoted(char)
        elif (number := _NUMBER.match(text, self._at)) is not None:
            value, end = _number(number[0]), number.end()
        else:
            value, end = self._word()
        if value is None:
            return False
        self._before_value()
        self._out.append(value)
        self._at = end
        return True

    def _word(self) -> tuple[str | None, int]:
        """A constant, or a key without quotation marks; None for prose."""
        word = _WORD.match(self._text, self._at)
        if word is None:
            return None, self._at
        if self._is_key(word.end()):
            return f'"{word[0]}"', word.end()
        known = _WORDS.get(word[0], word[0])
        return (known if known in {"true", "false", "null"} else None), word.end()

    def _is_key(self, end: int) -> bool:
        return self._text[end:].lstrip()[:1] == ":" and bool(self._open) and self._open[-1] == "}"

    def _quoted(self, mark: str) -> tuple[str | None, int]:
        """A text between quotation marks of any kind, and where it ends; None where it does not."""
        ends = "”" if mark == "“" else mark
        text, at, out = self._text, self._at + 1, ['"']
        while at < len(text):
            char = text[at]
            if char == "\\" and at + 1 < len(text):
                pair = text[at : at + 2]
                out.append("'" if pair == "\\'" else pair)
                at += 2
                continue
            if char == ends:
                return "".join([*out, '"']), at + 1
            out.append('\\"' if char == '"' else _ESCAPES.get(char, char))
            at += 1
        return None, at


def _number(text: str) -> str:
    """A number as JSON writes it."""
    text = text.removeprefix("+")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if digits.startswith("."):
        digits = "0" + digits
    if digits.endswith("."):
        digits += "0"
    return sign + re.sub(r"^0+(?=\d)", "", digits)
