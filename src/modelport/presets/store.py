"""Every query on presets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from modelport.presets.tables import preset_versions, presets

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["add", "add_version", "change", "designate", "find", "page", "remove", "version", "versions"]

Row = dict[str, Any]


def find(connection: Connection, account_id: str, slug: str) -> Row | None:
    """The account's preset of this slug, and the version in use as `designated_version`."""
    query = select(presets).where(presets.c.account_id == account_id, presets.c.slug == slug)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    chosen = select(preset_versions).where(preset_versions.c.id == row["designated_version_id"])
    found = connection.execute(chosen).mappings().first()
    return {**row, "designated_version": dict(found) if found else None}


def page(connection: Connection, account_id: str, offset: int, limit: int) -> tuple[list[Row], int]:
    """The account's presets, the last changed first, and how many there are."""
    own = presets.c.account_id == account_id
    query = select(presets).where(own).order_by(presets.c.updated_at.desc(), presets.c.id).offset(offset).limit(limit)
    total = connection.execute(select(func.count()).select_from(presets).where(own)).scalar_one()
    return [dict(row) for row in connection.execute(query).mappings()], total


def versions(connection: Connection, preset_id: str, offset: int, limit: int) -> tuple[list[Row], int]:
    """A preset's versions, the oldest first, and how many there are."""
    own = preset_versions.c.preset_id == preset_id
    query = select(preset_versions).where(own).order_by(preset_versions.c.version).offset(offset).limit(limit)
    total = connection.execute(select(func.count()).select_from(preset_versions).where(own)).scalar_one()
    return [dict(row) for row in connection.execute(query).mappings()], total


def version(connection: Connection, preset_id: str, number: int) -> Row | None:
    """One version of a preset."""
    query = select(preset_versions).where(preset_versions.c.preset_id == preset_id, preset_versions.c.version == number)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Stores a new preset."""
    connection.execute(insert(presets).values(**values))


def add_version(connection: Connection, values: Mapping[str, Any]) -> int:
    """Stores the next version of a preset; returns its number."""
    highest = select(func.coalesce(func.max(preset_versions.c.version), 0)).where(
        preset_versions.c.preset_id == values["preset_id"]
    )
    number = connection.execute(highest).scalar_one() + 1
    connection.execute(insert(preset_versions).values(**values, version=number))
    return number


def designate(connection: Connection, preset_id: str, version_id: str, at_ms: int) -> None:
    """Puts a version in use."""
    change = update(presets).where(presets.c.id == preset_id)
    connection.execute(change.values(designated_version_id=version_id, updated_at=at_ms, status="active"))


def change(connection: Connection, preset_id: str, values: Mapping[str, Any]) -> None:
    """Changes what a preset is called, whether it can be used, and which version of it is."""
    connection.execute(update(presets).where(presets.c.id == preset_id).values(**values))


def remove(connection: Connection, preset_id: str) -> None:
    """Deletes a preset with its versions."""
    connection.execute(delete(preset_versions).where(preset_versions.c.preset_id == preset_id))
    connection.execute(delete(presets).where(presets.c.id == preset_id))
