"""What can be wrong with a catalogue or with a question to it."""

from __future__ import annotations

from typing import NamedTuple

from modelport.errors import BadRequest, Conflict, NotFound
from modelport.kit.told import Told

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
    "facts_of",
]


def facts_of(*texts: str) -> dict[str, object]:
    """The word of the first of these sentences, with the values of all of them: to be worded anew."""
    found: dict[str, object] = {}
    for text in reversed(texts):
        if isinstance(text, Told):
            found |= {"code": text.code, **text.values}
    return found


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
        told = [
            fault._asdict()
            | {"message": str(fault.message), "remedy": str(fault.remedy)}
            | {"facts": facts_of(fault.message, fault.remedy)}
            for fault in self.faults
        ]
        lines = [
            f"{name}:{line}:{column}: {f'{path}: ' if path else ''}{message}; {remedy}"
            for line, column, path, message, remedy in self.faults
        ]
        super().__init__("\n".join(lines), metadata={"faults": told})


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

    def __init__(self, faults: list[Told]) -> None:
        self.faults = faults
        told = [facts_of(each) for each in faults]
        super().__init__("\n".join(faults), metadata={"faults": list(map(str, faults)), "facts": told})


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
