"""`modelport routing`: the operator's rules, which endpoints serve which models and which go first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from modelport.cli.output import DataDir, Json, console, run, settings_of, show

if TYPE_CHECKING:
    from modelport.routing.policy import Rule
    from modelport.settings import Settings

__all__ = ["app"]

app = typer.Typer(help="Rules of routing, by model.", no_args_is_help=True)


async def _rules(settings: Settings) -> list[dict[str, Any]]:
    from modelport.app import open_services

    async with open_services(settings) as services:
        return [{"id": row.id, **row.rule} for row in await services.routing.rules()]


@app.command("list")
def list_rules(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Lists the rules in force, in their order."""
    found = run(_rules(settings_of(data_dir)))
    if as_json:
        show(found, as_json=True, text="")
        return
    table = Table("Rule", "Models", "Does", "Providers", "Note", box=None)
    for rule in found:
        does = f"weight {rule['weight']:g}" if rule["action"] == "weight" else rule["action"]
        table.add_row(
            rule["id"], escape(rule["pattern"]), does, escape(", ".join(rule["providers"])), escape(rule["note"])
        )
    console.print(table)


@app.command("add")
def add_rule(
    action: Annotated[str, typer.Argument(help="`pin`, `exclude` or `weight`.")],
    pattern: Annotated[str, typer.Argument(help="A model's id or a pattern such as 'openai/*'.")],
    providers: Annotated[list[str], typer.Argument(help="Slugs or tags of providers.")],
    weight: Annotated[float, typer.Option(help="For `weight`: 2 doubles the chance, 0.5 halves it.")] = 1.0,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Adds a rule: `pin` tries providers first, `exclude` never calls them, `weight` multiplies their chance."""

    async def work(settings: Settings) -> dict[str, Any]:
        from modelport.app import open_services
        from modelport.routing.service import read_rules

        told = {"pattern": pattern, "action": action, "providers": providers, "weight": weight, "note": note}
        (rule,) = read_rules([told])
        async with open_services(settings) as services:
            row = await services.routing.add_rule(rule)
            return {"id": row.id, **row.rule}

    made = run(work(settings_of(data_dir)))
    show(made, as_json=as_json, text=f"Added {made['id']}.")


@app.command("remove")
def remove_rule(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id, from `modelport routing list`.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ends a rule."""

    async def work(settings: Settings) -> None:
        from modelport.app import open_services

        async with open_services(settings) as services:
            await services.routing.remove_rule(rule_id)

    run(work(settings_of(data_dir)))
    show({"removed": rule_id}, as_json=as_json, text="Removed.")


@app.command("export")
def export_rules(data_dir: DataDir = None) -> None:
    """Prints the rules as YAML that `apply` takes back."""
    import yaml

    found = run(_rules(settings_of(data_dir)))
    kept = [{name: value for name, value in rule.items() if name != "id" and value} for rule in found]
    typer.echo(yaml.safe_dump({"rules": kept}, sort_keys=False, allow_unicode=True, width=110), nl=False)


@app.command("apply")
def apply_rules(
    file: Annotated[Path, typer.Argument(help="YAML or JSON: `rules`, a list in the order of pins.", exists=True)],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Puts the rules of a file in the place of all there are."""
    from modelport.errors import ModelportError

    try:
        rules = _read(file)
    except (ModelportError, OSError) as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint="FILE") from None

    async def work(settings: Settings) -> int:
        from modelport.app import open_services

        async with open_services(settings) as services:
            return len(await services.routing.replace_rules(rules))

    count = run(work(settings_of(data_dir)))
    show({"rules": count}, as_json=as_json, text=f"{count} rules are in force.")


def _read(file: Path) -> list[Rule]:
    import yaml

    from modelport.routing.errors import BadRouting
    from modelport.routing.service import read_rules

    try:
        told: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadRouting(str(error)) from None
    if not isinstance(told, dict) or "rules" not in told:
        raise BadRouting("write one list, `rules`.")
    return read_rules(told["rules"] or [])  # pyright: ignore[reportUnknownArgumentType]  # YAML, checked there
