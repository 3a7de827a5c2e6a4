"""`modelport backup`: a copy of the embedded database as of one moment, made while the server goes on."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelport.cli.output import DataDir, Json, settings_of, show, told

if TYPE_CHECKING:
    from modelport.settings import Settings

__all__ = ["backup"]


def backup(
    target: Annotated[
        Path, typer.Argument(help="Folder to make. A server started with it as its data directory goes on.")
    ],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Copies the embedded database and the master secret while the server goes on; what was committed is in it."""
    with told():
        value = _backup(settings_of(data_dir), target)
    lines = [f"{value['bytes']:,} bytes are in {target}."]
    if not value["secret"]:
        lines.append(
            "The master secret is not: it comes from MODELPORT_SECRET. Without it no provider key can be read."
        )
    lines.append(f"Prove it: modelport ledger check --data-dir {target}")
    show(value, as_json=as_json, text="\n".join(lines))


def _backup(settings: Settings, target: Path) -> dict[str, object]:
    """Raises `ValueError` and `OSError` with what to do instead; then there is no `target`."""
    if settings.database_url is not None:
        raise ValueError("the database is PostgreSQL: copy it with pg_dump, and keep the master secret beside it")
    if not settings.sqlite_path.exists():
        raise ValueError(f"there is no database in {settings.data_dir}")
    if target.exists():
        raise ValueError(f"{target} is there already: give another name, nothing is written over")
    unfinished = target.with_name(target.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        copied = _copy_database(settings.sqlite_path, unfinished / settings.sqlite_path.name)
        has_secret = settings.secret is None
        if has_secret:
            _write(unfinished / "secret.key", (settings.data_dir / "secret.key").read_bytes())
        # A backup that has its name is whole, whatever happens to the machine.
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    for folder in (target, target.absolute().parent):
        _flush(folder)
    return {"target": str(target), "bytes": copied, "secret": has_secret}


def _copy_database(source: Path, copy: Path) -> int:
    _write(copy, b"")
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as here,
        closing(sqlite3.connect(copy)) as there,
    ):
        # In one step: a reader's snapshot, beside which the server goes on writing.
        here.backup(there, pages=-1)
        (verdict,) = there.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise ValueError(f"the database is damaged: {verdict}")
    _flush(copy)
    return copy.stat().st_size


def _write(path: Path, content: bytes) -> None:
    """For its owner's eyes only."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
