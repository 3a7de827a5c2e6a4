"""Which rows one transaction changes, as they were and as they are: seen where statements run, so nothing is forgotten.

What is nobody's business stays out: sealed and hashed secrets, and what names a person, since an entry outlives them.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Connection, Delete, Insert, LargeBinary, Table, Update, and_, event, or_, select

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from sqlalchemy import CursorResult, Executable

__all__ = ["Watched", "watched"]

Row = dict[str, Any]  # JSON-ready values

UNWATCHED: Final = frozenset({
    "audit_entries", "changes", "generation_contents", "generations", "health_copies", "holds", "key_networks",
    "leases", "mails",
    "notice_deliveries", "notices", "payment_events", "processes", "proofs", "seals", "sessions", "usage_pending",
    "audit_words", "balances",
})  # fmt: skip
"""What servers write for themselves; its rows tell of no change that somebody made."""
_HIDDEN: Final = re.compile(
    r"hash|sealed|secret|password|token$|^code|proof|challenge|public_key|^api_keys?$|^proxy$|^headers$|^query$|^options$"
    r"|system_prompt|^key$"
)
_PERSONAL: Final = {
    "users": frozenset({"email", "name"}),
    "identities": frozenset({"email", "subject"}),
    "invitations": frozenset({"email"}),
    "billing_profiles": frozenset({"name", "address", "tax_id", "email"}),
    "receipts": frozenset({"facts"}),
    "generation_feedback": frozenset({"comment"}),
}
_MOST: Final = 20
"""Rows of one statement that are kept; of more than that only how many there were."""


class Watched:
    """The rows of one transaction."""

    def __init__(self) -> None:
        self.before: dict[str, list[Row]] = {}
        self.after: dict[str, list[Row]] = {}
        self.account_id: str | None = None
        """Whose account the rows are of, where they say so."""
        self.first_id: str | None = None
        """The first key of the first row, for entries that nobody named the subject of."""
        self._busy = False
        self._rows: list[Row] = []

    @property
    def touched(self) -> bool:
        """Whether anything was changed."""
        return bool(self.before or self.after)

    def starts(
        self,
        connection: Connection,
        statement: Executable,
        _many: Sequence[Mapping[str, Any]],
        params: Mapping[str, Any],
        _options: Mapping[str, Any],
    ) -> None:
        """A statement is about to run: the rows it will change are read first."""
        table = _table(statement)
        if table is None or self._busy:
            return
        self._rows = []
        if isinstance(statement, Update | Delete) and statement.whereclause is not None:
            self._rows = self._read(connection, select(table).where(statement.whereclause).limit(_MOST + 1), params)

    def ends(
        self,
        connection: Connection,
        statement: Executable,
        _many: Sequence[Mapping[str, Any]],
        _params: Mapping[str, Any],
        _options: Mapping[str, Any],
        result: CursorResult[Any],
    ) -> None:
        """It has run: what became of these rows, or which there are now."""
        table = _table(statement)
        if table is None or self._busy:
            return
        rows, self._rows = self._rows, []
        if isinstance(statement, Insert):
            context: Any = result.context
            self._keep(self.after, table, [dict(each) for each in context.compiled_parameters])
        elif isinstance(statement, Delete):
            self._keep(self.before, table, rows)
        elif rows:
            self._changed(connection, table, rows[:_MOST])

    def _changed(self, connection: Connection, table: Table, rows: list[Row]) -> None:
        keys = list(table.primary_key.columns)
        mine = or_(*(and_(*(key == row[key.name] for key in keys)) for row in rows))
        now = {
            tuple(row[key.name] for key in keys): row for row in self._read(connection, select(table).where(mine), {})
        }
        names = [key.name for key in keys]
        for row in rows:
            new = now.get(tuple(row[name] for name in names), {})
            changed = [name for name in row if name in new and row[name] != new[name]]
            if changed:
                if self.account_id is None:
                    self.account_id = row.get("id" if table.name == "accounts" else "account_id")
                self._keep(self.before, table, [{name: row[name] for name in (*names, *changed)}])
                self._keep(self.after, table, [{name: new[name] for name in (*names, *changed)}])

    def _read(self, connection: Connection, query: Any, params: Mapping[str, Any]) -> list[Row]:
        self._busy = True
        try:
            return [dict(row) for row in connection.execute(query, params).mappings()]
        finally:
            self._busy = False

    def _keep(self, side: dict[str, list[Row]], table: Table, rows: list[Row]) -> None:
        if not rows:
            return
        kept = side.setdefault(table.name, [])
        if self.first_id is None:
            self.first_id = str(next((rows[0].get(key.name) for key in table.primary_key.columns), None))
        if self.account_id is None:
            self.account_id = rows[0].get("id" if table.name == "accounts" else "account_id")
        kept += [_shown(table, row) for row in rows[: max(_MOST - len(kept), 0)]]


@contextlib.contextmanager
def watched(connection: Connection) -> Generator[Watched]:
    """Notes which rows are changed on this connection while the block runs."""
    rows = Watched()
    event.listen(connection, "before_execute", rows.starts)
    event.listen(connection, "after_execute", rows.ends)
    try:
        yield rows
    finally:
        event.remove(connection, "before_execute", rows.starts)
        event.remove(connection, "after_execute", rows.ends)


def _table(statement: Executable) -> Table | None:
    if not isinstance(statement, Insert | Update | Delete):
        return None
    table = statement.table
    return cast("Table", table) if isinstance(table, Table) and table.name not in UNWATCHED else None


def _shown(table: Table, row: Row) -> Row:
    personal = _PERSONAL.get(table.name, frozenset())
    shown: Row = {}
    for name, value in row.items():
        if name not in table.c:
            continue
        if value is not None and (_HIDDEN.search(name) or isinstance(table.c[name].type, LargeBinary)):
            shown[name] = "(hidden)"
        elif value is not None and name in personal:
            shown[name] = "(personal)"
        else:
            shown[name] = value if isinstance(value, str | int | float | bool | dict | list | None) else str(value)
    return shown
