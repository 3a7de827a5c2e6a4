"""The level below which nothing is logged; can be changed while the process runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["drop_below", "set_level"]

_level = logging.INFO
_NUMBERS = logging.getLevelNamesMapping()


def set_level(name: str) -> None:
    """Logs from this level on: `debug`, `info`, `warning` or `error`; what is none of them counts as `info`."""
    global _level  # noqa: PLW0603 (the process has one)
    _level = _NUMBERS.get(name.upper(), logging.INFO)


def drop_below(_logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: drops what is below the level. Loggers are made once, so they can't hold it."""
    if _NUMBERS.get("ERROR" if method == "exception" else method.upper(), logging.INFO) < _level:
        raise structlog.DropEvent
    return event
