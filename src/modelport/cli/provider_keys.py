"""`modelport providers`: those that are known, and a key for one, which makes its models callable."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from modelport.cli.output import DataDir, Json, console, run, settings_of, show, told

if TYPE_CHECKING:
    from modelport.catalog.sync import Activated
    from modelport.settings import Settings

__all__ = ["app"]

app = typer.Typer(help="Known providers, and keys for them.")

_SHOWN = 10


@app.callback(invoke_without_command=True)
def providers(context: typer.Context) -> None:
    """Known providers, and keys for them. Without a command: lists those that are known."""
    if context.invoked_subcommand is None:
        list_providers(as_json=False)


@app.command("list")
def list_providers(as_json: Json = False) -> None:
    """Lists the providers that are known: each needs a key only."""
    from modelport.cli.providers import rows

    if as_json:
        show(rows(), as_json=True, text="")
        return
    table = Table("Slug", "Name", "Dialects", "Key", box=None)
    for each in rows():
        table.add_row(each["slug"], each["name"], ", ".join(each["dialects"]), each["key_variable"] or "")
    console.print(table)


@app.command("show")
def show_provider(slug: Annotated[str, typer.Argument(help="The provider.")], as_json: Json = False) -> None:
    """Prints all that is known of one provider."""
    from modelport.cli.providers import row_json

    with told():
        row = row_json(slug)
    show(row, as_json=as_json, text=escape(json.dumps(row, indent=2, ensure_ascii=False)))


@app.command("add")
def add_provider(
    slug: Annotated[str, typer.Argument(help="The provider: a known one, or one of your catalogue.")],
    key: Annotated[
        str | None,
        typer.Option("--key", help="The key, `env:NAME`, or `-` for standard input. Asked for if left out."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Keeps the key beside the provider's other keys, under this name.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="A word its address needs, such as `region=us-east-1`.")
    ] = None,
    unverified: Annotated[bool, typer.Option("--unverified", help="Take the key even if it can't be tried.")] = False,
    free: Annotated[
        bool | None, typer.Option("--free/--not-free", help="Give models without a known price for nothing.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Takes a provider's key: tries it, seals it, and makes the provider's models callable."""
    options = dict(_pair(each) for each in option or ())

    async def work(settings: Settings) -> Activated:
        from modelport.app import open_services

        async with open_services(settings) as services:
            return await services.sync.add_provider_key(
                slug, _key(key, slug), name=name, options=options, unverified=unverified, free=free
            )

    done = run(work(settings_of(data_dir)))
    value = {
        "provider": done.provider,
        "verified": done.verified,
        "models": done.models,
        "differences": [each.to_json() for each in done.applied.differences] if done.applied is not None else [],
        "notes": done.notes,
    }
    some = ", ".join(done.models[:_SHOWN]) + (", ..." if len(done.models) > _SHOWN else "")
    tried = "The key works" if done.verified else "The key was not tried"
    lines = [f"{tried} and is sealed. {len(done.models)} models can be called: {some or 'none'}."]
    show(value, as_json=as_json, text=escape("\n".join([*lines, *done.notes])))


def _key(given: str | None, slug: str) -> str:
    """The key, from wherever it was said to be."""
    from modelport.catalog.words import env_name
    from modelport.providers.table import ROWS

    if given is None:
        row = ROWS.get(slug)
        variable = row.key_variable if row is not None else ""
        if variable and os.environ.get(variable):
            return os.environ[variable].strip()
        if row is not None and not variable:
            return ""
        key = typer.prompt(f"Key for {slug}", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    elif given == "-":
        key = sys.stdin.readline()
    elif (variable := env_name(given)) is not None:
        key = os.environ.get(variable, "")
    else:
        key = given
    if not key.strip():
        raise ValueError("No key was given: use `--key`, its environment variable, or standard input.")
    return key.strip()


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not of the form NAME=VALUE", param_hint="--option")
    return name, value
