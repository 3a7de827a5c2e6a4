"""`modelport pricing` and `modelport ledger margin`: what the operator earns, and by which rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from modelport.cli.output import DataDir, Json, console, run, settings_of, show

if TYPE_CHECKING:
    from modelport.settings import Settings
    from modelport.usage.margin import Margin

__all__ = ["margin", "pricing"]

pricing = typer.Typer(help="Mark-ups and discounts over the catalogue's prices.", no_args_is_help=True)


@pricing.command("add")
def add_rule(
    model: Annotated[str | None, typer.Option(help="A model's id or a pattern such as 'openai/*'.")] = None,
    provider: Annotated[str | None, typer.Option(help="A provider's slug.")] = None,
    group: Annotated[str | None, typer.Option(help="A group of accounts.")] = None,
    markup: Annotated[str | None, typer.Option(help="Part that is added: 0.2 for 20 %.")] = None,
    discount: Annotated[str | None, typer.Option(help="Part of that which is not charged: 0.05 for 5 %.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Adds a rule. Of those that fit, the most particular mark-up and the most particular discount count."""

    async def work(settings: Settings) -> dict[str, Any]:
        from modelport.app import open_services

        async with open_services(settings) as services:
            rule = await services.prices.add_rule(
                model=model, provider=provider, account_group=group, markup=markup, discount=discount
            )
            return rule._asdict()

    made = run(work(settings_of(data_dir)))
    show(made, as_json=as_json, text=f"Added {made['id']}.")


@pricing.command("list")
def list_rules(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Lists the rules in force."""

    async def work(settings: Settings) -> list[dict[str, Any]]:
        from modelport.app import open_services

        async with open_services(settings) as services:
            return [rule._asdict() for rule in await services.prices.rules()]

    found = run(work(settings_of(data_dir)))
    if as_json:
        show(found, as_json=True, text="")
        return
    table = Table("Rule", "Model", "Provider", "Group", "Mark-up", "Discount", box=None)
    for rule in found:
        names = ("model", "provider", "account_group", "markup", "discount")
        table.add_row(rule["id"], *(escape(rule[name] or "") for name in names))
    console.print(table)


@pricing.command("remove")
def remove_rule(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id, from `modelport pricing list`.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ends a rule; what was charged by it can still be explained."""

    async def work(settings: Settings) -> None:
        from modelport.app import open_services

        async with open_services(settings) as services:
            await services.prices.retire_rule(rule_id)

    run(work(settings_of(data_dir)))
    show({"removed": rule_id}, as_json=as_json, text="Removed.")


@pricing.command("group")
def set_group(
    user: Annotated[str, typer.Option("--user", help="The user's e-mail address.")],
    group: Annotated[str, typer.Option("--group", help="The group's name; '' for none.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Puts a user's account into a group that rules can name."""

    async def work(settings: Settings) -> None:
        from modelport.app import open_services

        async with open_services(settings) as services:
            owner = await services.accounts.user(user)
            await services.credits.set_group(owner.account_id, group or None)

    run(work(settings_of(data_dir)))
    show({"user": user, "group": group or None}, as_json=as_json, text="Done.")


def margin(
    by: Annotated[str, typer.Option(help="`model`, `provider` or `day`.")] = "model",
    days: Annotated[int | None, typer.Option(help="Only so many UTC days, today included.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """What was charged, what providers charge, and what is left; over all time the ledger must say the same."""
    from modelport.kit.money import format_usd

    if by not in {"model", "provider", "day"}:
        raise typer.BadParameter(f"{by!r} is none of model, provider, day", param_hint="--by")

    async def work(settings: Settings) -> dict[str, Any]:
        from modelport.app import open_services
        from modelport.kit import clock

        since = None if days is None else (clock.day(clock.now_ms()) - days + 1) * 86_400_000
        async with open_services(settings) as services:
            report = await services.usage.margin(by, since_ms=since)  # type: ignore[arg-type]  # checked above
            lines = [_line(each, by) for each in report.lines]
            return {"lines": lines, "total": _line(report.total, ""), "fault": report.fault}

    report = run(work(settings_of(data_dir)))
    if as_json:
        show(report, as_json=True, text="")
    else:
        table = Table(by.title(), "Answers", "Charged", "Cost", "Wasted", "Margin", "Cost unknown", box=None)
        for line in [*report["lines"], report["total"]]:
            amounts = (format_usd(line[name]) for name in ("revenue", "cost", "wasted", "margin"))
            table.add_row(escape(line["name"]), str(line["answers"]), *amounts, str(line["unknown"]))
        console.print(table)
        if report["fault"]:
            console.print(f"[red]Wrong[/red]: {escape(report['fault'])}")
    if report["fault"]:
        raise typer.Exit(1)


def _line(line: Margin, by: str) -> dict[str, Any]:
    name = line.name
    if by == "day":
        name = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(name))).date().isoformat()
    return {**line._asdict(), "name": name, "margin": line.margin}
