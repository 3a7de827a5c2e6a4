"""Statements of the chat path, compiled once and run with plain tuples.

SQLAlchemy's execution of a Core statement costs some 80 us and again some 40 us a row for parameters; a settlement
is five statements. Here a statement is compiled once for each database dialect, and its rows go to the driver as
they are. For hot writes only: everything else is better off with Core itself.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ClauseElement, Connection, CursorResult
    from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["Prepared"]

Row = tuple[Any, ...]  # what a driver takes


class Prepared:
    """One statement whose bind parameters are all named in `names`, in the order in which rows give them."""

    def __init__(self, statement: ClauseElement, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._compiled: dict[str, tuple[str, Callable[[Row], Row] | None]] = {}

    def many(self, connection: Connection, rows: list[Row]) -> None:
        """Runs the statement once for each row."""
        sql, order = self._for(connection)
        connection.exec_driver_sql(sql, rows if order is None else [order(row) for row in rows])

    def one(self, connection: Connection, row: Row) -> CursorResult[Any]:
        """Runs the statement for one row and gives what it returns."""
        sql, order = self._for(connection)
        return connection.exec_driver_sql(sql, row if order is None else order(row))

    def _for(self, connection: Connection) -> tuple[str, Callable[[Row], Row] | None]:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            # `compile` is declared for every kind of element; one that can be executed gives an SQLCompiler.
            compiled = cast("SQLCompiler", self._statement.compile(dialect=dialect))
            places: list[str] | None = compiled.positiontup
            assert places is not None, "both drivers take parameters by position"
            if sorted(set(places)) != sorted(self._names):
                raise ValueError(f"the statement takes {places}, not {self._names}")
            order = None
            if tuple(places) != self._names:
                order = itemgetter(*(self._names.index(place) for place in places))
            found = self._compiled[dialect.name] = (compiled.string, order)
        return found
