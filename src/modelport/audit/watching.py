"""Which rows one transaction changes, as they were and as they are: seen where statements run, so nothing is forgotten.

What is nobody's business stays out: sealed and hashed secrets, and what names a person, since an entry outlives them.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Connection, Delete, Insert, LargeBinary, Table, Update, and_, event, or_, select

from modelport.db.base import metadata

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from sqlalchemy import CursorResult, Executable
    from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

__all__ = ["Watched", "watched"]

Row = dict[str, Any]  # JSON-ready values

UNWATCHED: Final = frozenset({
    "audit_entries", "changes", "generation_contents", "generations", "health_copies", "holds", "key_networks",
    "leases", "ledger_accounts", "mails",
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
_PLAIN: Final = {"transfers": frozenset({"code"})}
"""What is called as secrets are, and is none."""
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")
"""An e-mail address, wherever it stands: a person's account begins with it as its name."""
_MOST: Final = 20
"""Rows of one table that are kept; of more than that only how many there were."""
_ADDS: Final = re.compile(r'INSERT INTO "?(\w+)"? \(([^)]*)\) VALUES ')
"""A statement in the driver's own words (`db/prepared.py`): such are the transfers of money."""


class Watched:
    """The rows of one transaction."""

    def __init__(self) -> None:
        self.before: Row = {}
        """Lists of rows by table, and under `<table>, more` how many more there were."""
        self.after: Row = {}
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
        if isinstance(statement, Update | Delete):
            query = select(table).limit(_MOST + 1)
            if statement.whereclause is not None:
                query = query.where(statement.whereclause)
            self._rows = self._read(connection, query, params)

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
            return
        more = max(result.rowcount - _MOST, 0) if len(rows) > _MOST else 0
        if isinstance(statement, Delete):
            self._keep(self.before, table, rows[:_MOST], more)
        elif rows:
            self._changed(connection, table, rows[:_MOST])
            if more:
                self._count(self.after, table, more)

    def sent(
        self,
        _connection: Connection,
        _cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        executemany: bool,  # noqa: FBT001 (the library passes it by position)
    ) -> None:
        """A statement has gone to the driver: of what was written for it by hand, the rows that are added."""
        if self._busy or context is None or context.compiled is not None or (found := _ADDS.match(statement)) is None:
            return
        table = metadata.tables.get(found[1])
        if table is None or table.name in UNWATCHED:
            return
        names = [name.strip().strip('"') for name in found[2].split(",")]
        given: Sequence[Any] = parameters if executemany else [parameters]
        self._keep(self.after, table, [dict(zip(names, each, strict=True)) for each in given])

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

    def _keep(self, side: Row, table: Table, rows: list[Row], more: int = 0) -> None:
        if not rows:
            return
        kept: list[Row] = side.setdefault(table.name, [])
        if self.first_id is None:
            names = [key.name for key in table.primary_key.columns if not _HIDDEN.search(key.name)]
            first = rows[0].get(names[0]) if names else None
            self.first_id = None if first is None else str(first)
        if self.account_id is None:
            self.account_id = rows[0].get("id" if table.name == "accounts" else "account_id")
        room = max(_MOST - len(kept), 0)
        kept += [_shown(table, row) for row in rows[:room]]
        if left := len(rows[room:]) + more:
            self._count(side, table, left)

    def _count(self, side: Row, table: Table, more: int) -> None:
        name = f"{table.name}, more"
        side[name] = side.get(name, 0) + more


@contextlib.contextmanager
def watched(connection: Connection) -> Generator[Watched]:
    """Notes which rows are changed on this connection while the block runs."""
    rows = Watched()
    event.listen(connection, "before_execute", rows.starts)
    event.listen(connection, "after_execute", rows.ends)
    event.listen(connection, "after_cursor_execute", rows.sent)
    try:
        yield rows
    finally:
        event.remove(connection, "after_cursor_execute", rows.sent)
        event.remove(connection, "before_execute", rows.starts)
        event.remove(connection, "after_execute", rows.ends)


def _table(statement: Executable) -> Table | None:
    if not isinstance(statement, Insert | Update | Delete):
        return None
    table = statement.table
    return cast("Table", table) if isinstance(table, Table) and table.name not in UNWATCHED else None


def _shown(table: Table, row: Row) -> Row:
    personal, plain = _PERSONAL.get(table.name, frozenset[str]()), _PLAIN.get(table.name, frozenset[str]())
    shown: Row = {}
    for name, value in row.items():
        if name not in table.c:
            continue
        hidden = isinstance(table.c[name].type, LargeBinary) or (_HIDDEN.search(name) and name not in plain)
        if value is not None and hidden:
            shown[name] = "(hidden)"
        elif value is not None and (name in personal or (isinstance(value, str) and _ADDRESS.fullmatch(value))):
            shown[name] = "(personal)"
        else:
            shown[name] = value if isinstance(value, str | int | float | bool | dict | list | None) else str(value)
    return shown
