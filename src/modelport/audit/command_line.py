"""Writes every change down that a command makes, in the transaction that makes it: what `recorder.py` is for requests.

Nobody signs in at the command line: who may run a command on a server's data may do everything. So what stands in the
log is the person of the operating system, and the machine.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from modelport.audit import store
from modelport.audit.noting import Noted
from modelport.audit.service import entry_of
from modelport.audit.watching import watched
from modelport.db.riding import riding

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection

__all__ = ["COMMAND_LINE", "commanded", "tell"]

COMMAND_LINE: Final = "command-line:"
"""How the credential of a command begins; then comes the person of the operating system."""


class _Command:
    """One command, and what it said of its change."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._who = _person()
        self._sudo = os.environ.get("SUDO_USER")
        self.noted: Noted | None = None

    @contextlib.contextmanager
    def ride(self, connection: Connection) -> Generator[None]:
        """Around the work of one transaction; what that raises rolls the entry back with the change."""
        with watched(connection) as rows:
            yield
        if not rows.touched:
            return
        noted = self.noted
        entry = entry_of(
            None,
            self._name,
            (noted.subject if noted else None) or rows.first_id,
            rows.before or None,
            rows.after or None,
            account_id=(noted.account_id if noted else None) or rows.account_id,
            address=socket.gethostname(),
            user_agent=f"sudo, {self._sudo}" if self._sudo else None,
        )
        store.add(connection, {**entry, "credential": f"{COMMAND_LINE}{self._who}"})


_now: ContextVar[_Command | None] = ContextVar("command", default=None)


@contextlib.contextmanager
def commanded(name: str) -> Generator[None]:
    """What is changed while the block runs is changed by this command, such as `modelport keys create`."""
    command = _Command(name)
    rider, now = riding.set(command.ride), _now.set(command)
    try:
        yield
    finally:
        _now.reset(now)
        riding.reset(rider)


def tell(subject: str, *, account_id: str | None = None) -> None:
    """Says what the running command changes, where its rows don't."""
    command = _now.get()
    if command is not None:
        command.noted = Noted(subject, None, None, account_id)


def _person() -> str:
    """Who runs this process: their name, or their number where they have none, as in many containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
