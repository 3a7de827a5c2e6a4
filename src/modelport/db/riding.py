"""Who rides along in the transactions of the present task: the audit log writes there what they change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Rider", "riding"]

Rider = Callable[["Connection"], AbstractContextManager[None]]
"""Entered before a transaction's work and left after it, within the transaction."""

riding: ContextVar[Rider | None] = ContextVar("riding", default=None)
