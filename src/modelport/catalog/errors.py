"""What can be wrong with a catalogue or with a question to it."""

from __future__ import annotations

from typing import NamedTuple

from modelport.errors import BadRequest, Conflict, NotFound

__all__ = [
    "BadQuery",
    "BadRule",
    "CannotAsk",
    "Fault",
    "FileFaults",
    "KeyNotTaken",
    "ModelNotFound",
    "NoSuchProvider",
    "NoSuchRule",
    "Refused",
    "RuleThere",
    "Stale",
]


class Fault(NamedTuple):
    """One thing to mend in a catalogue file."""

    line: int
    column: int
    path: str
    """Such as `models[0].endpoints[1].pricing.prompt`."""
    message: str
    remedy: str


class FileFaults(BadRequest):
    """A catalogue file can't be applied; nothing of it was. `faults` has everything that is wrong, by line."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.name = name
        self.faults = sorted(faults)
        lines = [
            f"{name}:{line}:{column}: {f'{path}: ' if path else ''}{message}; {remedy}"
            for line, column, path, message, remedy in self.faults
        ]
        super().__init__("\n".join(lines), metadata={"faults": [fault._asdict() for fault in self.faults]})


class BadQuery(BadRequest):
    """A filter or sort of the model list is unknown or has a value that can't be."""


class ModelNotFound(NotFound):
    """No model has this id."""


class NoSuchRule(NotFound):
    """No rule of prices has this id, or it is retired."""


class BadRule(BadRequest):
    """A rule of prices says what can't be."""


class RuleThere(Conflict):
    """Another rule of prices says the same part of the same things."""


class Refused(BadRequest):
    """A document can't be applied to what is there; nothing of it was."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults), metadata={"faults": list(faults)})


class Stale(Conflict):
    """The catalogue, or what would be applied to it, is no longer what was looked at; nothing was changed."""

    def __init__(self, token: str) -> None:
        super().__init__(
            "This is not what was shown: the catalogue or its source has changed since. Look at the differences anew.",
            metadata={"token": token},
        )


class NoSuchProvider(NotFound):
    """Neither the catalogue nor the table of known providers has this one."""


class KeyNotTaken(BadRequest):
    """The provider refuses the key; nothing was changed."""


class CannotAsk(Conflict):
    """The provider gives no answer that would prove anything; nothing was changed."""
