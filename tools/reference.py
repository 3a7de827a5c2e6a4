"""Writes the generated pages of `docs/reference/` anew: `make docs`. A test fails while one of them is stale.

`docs/reference/catalog.schema.json` has a test of its own, beside the catalogue.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from modelport.cli.document import openapi_json
from modelport.cli.main import app
from modelport.cli.providers import page as providers_page
from modelport.gateway.parameters import DIALECT_ORDER, PARAMETERS
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    Command = TyperCommand | TyperGroup

__all__ = ["pages"]

ROOT = Path(__file__).resolve().parents[1]
_NOTE = "<!-- Made by `make docs`: change the source, not this page. -->\n"


def pages() -> dict[str, str]:
    """Every generated page by its path from the root."""
    return {
        "docs/reference/settings.md": settings_page(),
        "docs/reference/cli.md": cli_page(),
        "docs/reference/openapi.json": openapi_json(),
        "docs/reference/providers.md": providers_page(),
        "docs/reference/parameters.md": parameters_page(),
    }


def settings_page() -> str:
    """One row for each field of `Settings`."""
    lines = [
        "# Settings",
        _NOTE,
        "Set in the environment of `modelport serve`. Options on the command line win.",
        "A change takes effect at the next start. `modelport doctor` checks what is set.",
        "",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `MODELPORT_{name.upper()}` | {_default(field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def parameters_page() -> str:
    """What becomes of each parameter at each dialect."""
    lines = [
        "# Parameters",
        _NOTE,
        "What becomes of a parameter on its way to a provider that speaks another dialect than the caller does.",
        "Where both speak the same, everything is carried, unknown fields too.",
        "A provider may differ: [its row](providers.md) says so.",
        "",
        "- **carried**: sent as chat completions spell it",
        "- translated: said in the provider's words",
        "- *dropped*: left out, since the answer is worth having without it, as OpenRouter does",
        "- **refused**: 400 before the call, with the parameter named; other endpoints of the model are tried first",
        "",
        "Bedrock's column is that of Claude 4.5; other models there may take less.",
        "",
        f"| parameter | {' | '.join(DIALECT_ORDER)} | |",
        f"| --- |{' --- |' * (len(DIALECT_ORDER) + 1)}",
    ]
    marks = {"carried": "**carried**", "dropped": "*dropped*", "refused": "**refused**"}
    for name, parameter in PARAMETERS.items():
        cells = (marks.get(how, how) for how in parameter.by_dialect.values())
        lines.append(f"| `{name}` | {' | '.join(cells)} | {parameter.note} |")
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Every command with its arguments and options."""
    lines = [
        "# Command line",
        _NOTE,
        "Options and `--json` output are a stable contract: scripts may rely on them.",
        "Commands work while the server runs, and it takes notice within a second.",
        "Results go to standard output, logs and errors to standard error; the exit status is 0 when all went well.",
    ]
    for name, command in _commands("modelport", typer.main.get_command(app)):
        lines += ["", f"## `{name}`", "", (command.help or "").strip(), *_parameters(command)]
    return "\n".join(lines) + "\n"


def _commands(name: str, command: object) -> Iterator[tuple[str, Command]]:
    if isinstance(command, TyperGroup):
        for word, child in command.commands.items():
            yield from _commands(f"{name} {word}", child)
    elif isinstance(command, TyperCommand):
        yield name, command


def _parameters(command: Command) -> Iterator[str]:
    rows: list[str] = []
    for each in command.params:
        if isinstance(each, TyperOption) and each.name != "help":
            names = ", ".join(f"`{name}`" for name in (*each.opts, *each.secondary_opts))
        elif isinstance(each, TyperArgument):
            names = f"`{each.metavar or (each.name or '').upper()}`"
        else:
            continue
        needed = " Required." if each.required else ""
        rows.append(f"| {names} | {each.help or ''}{needed} |")
    if rows:
        yield from ("", "| option | meaning |", "| --- | --- |", *rows)


def main() -> None:
    """Writes what has changed."""
    for name, text in pages().items():
        path = ROOT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.write_text(text, encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
