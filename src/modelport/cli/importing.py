"""`modelport import`: what another gateway keeps, shown first and brought here on request."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from modelport.cli.output import DataDir, Json, run, settings_of, show

if TYPE_CHECKING:
    from modelport.catalog.imports.taking import Taken
    from modelport.settings import Settings

__all__ = ["app"]

app = typer.Typer(help="Brings here what another gateway keeps.", no_args_is_help=True)

Apply = Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown.")]
Token = Annotated[str | None, typer.Option("--token", help="Apply only if it is still what was shown with this token.")]
_MOST_LINES = 60


@app.command("litellm")
def import_litellm(
    file: Annotated[Path, typer.Argument(help="The proxy's configuration, `config.yaml`.")],
    apply: Apply = False,
    token: Token = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """A LiteLLM proxy's models, keys of providers and prices."""
    _import("litellm", str(file), apply=apply, token=token, data_dir=data_dir, as_json=as_json)


@app.command("new-api")
def import_new_api(
    source: Annotated[
        str,
        typer.Argument(
            help="Its SQLite file, or its database's address: `mysql://`, `postgresql://`, or its `SQL_DSN` as it is."
        ),
    ],
    apply: Apply = False,
    token: Token = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """A new-api's (or one-api's) channels, models, prices, users, credits and tokens."""
    _import("new-api", source, apply=apply, token=token, data_dir=data_dir, as_json=as_json)


app.command("one-api", help="The same for a one-api.")(import_new_api)


@app.command("openrouter")
def import_openrouter(
    file: Annotated[Path, typer.Argument(help="Its list of models, `/api/v1/models`, as a file.")],
    apply: Apply = False,
    token: Token = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """OpenRouter's models and prices, served by OpenRouter."""
    _import("openrouter", str(file), apply=apply, token=token, data_dir=data_dir, as_json=as_json)


def _import(kind: str, given: str, *, apply: bool, token: str | None, data_dir: Path | None, as_json: bool) -> None:
    def text() -> str:
        return given if kind == "new-api" else Path(given).read_text(encoding="utf-8-sig")

    async def work(settings: Settings) -> Taken:
        from modelport.app import open_services
        from modelport.catalog.imports.litellm import read_litellm
        from modelport.catalog.imports.oneapi import read_oneapi
        from modelport.catalog.imports.openrouter import read_openrouter
        from modelport.catalog.imports.plan import Unreadable
        from modelport.catalog.imports.taking import Importing

        readers = {"litellm": read_litellm, "new-api": read_oneapi, "openrouter": read_openrouter}
        async with open_services(settings) as services:
            importing = Importing(services.catalog, services.accounts, services.keys, services.credits)
            try:
                plan = await importing.read(readers[kind], await asyncio.to_thread(text))
            except Unreadable as error:
                raise ValueError(f"{_shown(given)} can't be imported: {error}") from None
            return await (importing.take(plan, token=token) if apply else importing.preview(plan))

    taken = run(work(settings_of(data_dir)))
    show(_value(taken, done=apply), as_json=as_json, text=_text(taken, done=apply))


def _shown(given: str) -> str:
    """A file's name, or an address without its password."""
    before, at, where = given.rpartition("@")
    scheme, separator, who = before.partition("://")
    user, colon, _ = (who if separator else before).partition(":")
    return f"{scheme + separator if separator else ''}{user}:***{at}{where}" if at and colon else given


def _value(taken: Taken, *, done: bool) -> dict[str, object]:
    from modelport.kit.money import format_usd

    return {
        "applied": done,
        "token": taken.applied.token,
        "differences": [each.to_json() for each in taken.applied.differences],
        "users": taken.users,
        "keys": taken.keys,
        "credits": format_usd(taken.credits),
        "notes": taken.notes,
    }


def _text(taken: Taken, *, done: bool) -> str:
    from modelport.kit.money import format_usd

    found = [each.words for each in taken.applied.differences]
    lines = [f"  {each}" for each in found[:_MOST_LINES]]
    if len(found) > _MOST_LINES:
        lines.append(f"  ... and {len(found) - _MOST_LINES} more; `--json` has them all")
    people = f"{taken.users} users with {taken.keys} keys and {format_usd(taken.credits)} USD"
    head = f"{'Brought' if done else 'Would bring'} {people}; {len(found)} differences in the catalogue:"
    tail = ["Left out or changed:", *(f"  {each}" for each in taken.notes)] if taken.notes else []
    again = [] if done else [f"To do exactly this, repeat with: --apply --token {taken.applied.token}"]
    return escape("\n".join([head, *lines, *tail, *again]))
