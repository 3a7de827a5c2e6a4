"""YAML or JSON text as plain values, with the line and column of each; safe with text from anybody.

Not `yaml.safe_load`: that turns `0100` into 64, `10:30` into 630, `no` into False and 0.00000015 into a float,
keeps the last of two equal keys, and expands ten lines of nested aliases into gigabytes. Here a scalar without
quotes is null, true, false, a decimal number or text; keys are unique; depth and size are bounded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from modelport.catalog.checks import Finding, Path
from modelport.catalog.words import Written
from modelport.kit.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_BYTES", "Marks", "Position", "Unreadable", "parse"]

MAX_BYTES: Final = 5 * 1024 * 1024
_MAX_DEPTH: Final = 40
_MAX_VALUES: Final = 1_000_000
"""Values after aliases are expanded; 5 MB of honest YAML holds fewer."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]{1,3})?")
_OCTAL_LOOK = re.compile(r"[-+]?0[0-9]+")

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
"""JSON's way to write a character beyond 16 bits, which YAML's reader refuses."""

Position = tuple[int, int]
"""Line and column, counted from 1."""

# The parser in C is twenty times faster; a PyYAML without it works too.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """The text is no YAML at all, or more than we read."""

    def __init__(self, position: Position, message: Told, remedy: str) -> None:
        super().__init__(message)
        self.position, self.message, self.remedy = position, message, remedy


class Marks:
    """Where each value and each key stands."""

    def __init__(self) -> None:
        self.values: dict[Path, Position] = {}
        self.keys: dict[Path, Position] = {}

    def of(self, path: Path, *, key: bool = False) -> Position:
        """The position of what `path` leads to, or of the nearest thing around it."""
        if key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, (1, 1))


def parse(text: str) -> tuple[object, Marks, list[Finding]]:
    """The value, the marks, and what is wrong with it as YAML though it can be read.

    Raises `Unreadable` when nothing can be made of it.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Unreadable(
            (1, 1), Told("half_character", "the text holds half a character"), "save the file as UTF-8"
        ) from None
    if size > MAX_BYTES:
        raise Unreadable(
            (1, 1), Told("too_large", "the file is larger than 5 MB"), "split it, and apply the parts one after another"
        )
    if text.lstrip().startswith(("{", "[")):
        text = text.replace("\t", " ")  # JSON may be indented with tabs, and has none inside its strings
        text = _PAIR.sub(_joined, text)
    return _Builder(text).run()


class _Builder:
    """Builds values straight from the parser's events, so that limits hold before anything is expanded."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self._anchors: dict[str, tuple[object, int]] = {}
        self._count = 0
        self._marks = Marks()
        self._findings: list[Finding] = []

    def run(self) -> tuple[object, Marks, list[Finding]]:
        try:
            self._next()  # the stream's start
            if isinstance(self._next(), yaml.StreamEndEvent):
                return None, self._marks, self._findings
            value = self._value(self._next(), (), 0)
            self._next()  # the document's end
            after = self._next()
            if not isinstance(after, yaml.StreamEndEvent):
                raise Unreadable(
                    _position(after),
                    Told("second_document", "a second document follows"),
                    "keep one document in a file",
                )
        except yaml.MarkedYAMLError as error:
            mark: Any = error.problem_mark or error.context_mark
            position = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise Unreadable(position, _no_yaml(error.problem or ""), "mend the syntax there") from None
        except yaml.YAMLError as error:
            raise Unreadable((1, 1), _no_yaml(str(error).splitlines()[0]), "save the file as UTF-8 text") from None
        return value, self._marks, self._findings

    def _next(self) -> Any:
        return next(self._events)

    def _value(self, event: Any, path: Path, depth: int) -> object:
        self._marks.values[path] = _position(event)
        self._size(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._count
        if depth > _MAX_DEPTH:
            raise Unreadable(
                _position(event),
                Told("too_deep", f"more than {_MAX_DEPTH} levels deep", most=_MAX_DEPTH),
                "flatten what stands there",
            )
        # YAML's tags would let a file ask for any type; a plain `!` only says "text".
        if event.tag is not None and event.tag != "!":
            self._findings.append(
                Finding(path, Told("tag", f"tag {event.tag!r} is not read", tag=event.tag), "remove the tag")
            )
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path, depth)
        else:
            value = self._mapping(path, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._count - before + 1)
        return value

    def _size(self, event: Any, more: int) -> None:
        self._count += more
        if self._count > _MAX_VALUES:
            raise Unreadable(
                _position(event),
                Told("too_many_values", "the aliases expand to too many values"),
                "write the values out",
            )

    def _alias(self, event: Any) -> object:
        if event.anchor not in self._anchors:
            raise Unreadable(
                _position(event),
                Told("anchor", f"`*{event.anchor}` stands for nothing yet", name=event.anchor),
                "define the anchor before it is used",
            )
        value, size = self._anchors[event.anchor]
        self._size(event, size)
        return value

    def _sequence(self, path: Path, depth: int) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: Path, depth: int) -> dict[str, object]:
        items: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise Unreadable(
                    _position(event), Told("key_no_word", "a key is not a word"), "write a plain word before the colon"
                )
            key = event.value
            here = (*path, key)
            first = self._marks.keys.get(here)
            if first is not None:
                # Read under another path, so that its marks and faults do not hide those of the first.
                self._value(self._next(), (*path, f"{key} (again)"), depth + 1)
                self._marks.values[*path, f"{key} (again)"] = _position(event)
                self._findings.append(
                    Finding(
                        (*path, f"{key} (again)"),
                        Told(
                            "key_twice", f"key `{key}` is given twice, first in line {first[0]}", key=key, line=first[0]
                        ),
                        "keep one of the two",
                    )
                )
                continue
            self._marks.keys[here] = _position(event)
            value = self._value(self._next(), here, depth + 1)
            if key == "<<":
                self._findings.append(
                    Finding(here, Told("merge_key", "merge keys are not read"), "write the fields out")
                )
                continue
            items[key] = value
        return items

    def _scalar(self, event: Any, path: Path) -> object:
        text: str = event.value
        if "\x00" in text:  # PostgreSQL can't keep it
            self._findings.append(Finding(path, Told("zero_character", "the text holds a zero character"), "remove it"))
        if not event.implicit[0] or event.style in {"'", '"', "|", ">"}:
            return text
        if text in {"", "~", "null", "Null", "NULL"}:
            return None
        if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
            return text[0] in "tT"
        if _INT.fullmatch(text):
            return int(text)
        if _OCTAL_LOOK.fullmatch(text):
            self._findings.append(
                Finding(
                    path,
                    Told("leading_zero", f"number {text} starts with a zero", number=text),
                    "leave the zero off, or put it in quotes",
                )
            )
            return int(text)
        return Written(text) if _FLOAT.fullmatch(text) else text


def _no_yaml(why: str) -> Told:
    return Told("no_yaml", f"this is no YAML: {why}", why=why)


def _position(event: Any) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _joined(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
