"""The two languages people are written to in, and which of them a reader gets."""

from __future__ import annotations

from typing import Literal

__all__ = ["Language", "choose"]

Language = Literal["zh", "en"]


def choose(asked: str | None, accepted: str | None) -> Language:
    """The language `asked` for in the address, else the one liked best in an `Accept-Language`, else English."""
    if asked == "zh" or asked == "en":  # noqa: PLR1714 (the type checker narrows it only this way)
        return asked
    best: Language = "en"
    liking = 0.0
    for item in (accepted or "").split(","):
        tag, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = _weight(parameters)
        primary = tag.partition("-")[0]
        if weight > liking and (primary == "zh" or primary == "en"):  # noqa: PLR1714 (as above)
            best, liking = primary, weight
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
