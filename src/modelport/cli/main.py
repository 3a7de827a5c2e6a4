"""Every command. Options and `--json` outputs are a contract: scripts rely on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from modelport.cli.backup import backup
from modelport.cli.catalog import app as catalog
from modelport.cli.importing import app as importing
from modelport.cli.keys import app as keys
from modelport.cli.output import Commands, DataDir, Email, Json, console, run, settings_of, show
from modelport.cli.prices import margin as margin_of
from modelport.cli.prices import pricing
from modelport.cli.provider_keys import app as providers
from modelport.cli.routing import app as routing
from modelport.cli.usage import usage

if TYPE_CHECKING:
    from modelport.settings import Settings

__all__ = ["app"]

app = typer.Typer(
    name="modelport",
    cls=Commands,
    help="A model marketplace and gateway: one account, one key and one API for every large language model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
users = typer.Typer(help="People.", no_args_is_help=True)
credits = typer.Typer(help="Credits of accounts.", no_args_is_help=True)
ledger = typer.Typer(help="The journal of money.", no_args_is_help=True)
for name, group in (
    ("keys", keys),
    ("users", users),
    ("credits", credits),
    ("ledger", ledger),
    ("usage", usage),
    ("catalog", catalog),
    ("providers", providers),
    ("import", importing),
    ("routing", routing),
    ("pricing", pricing),
):
    app.add_typer(group, name=name, cls=Commands)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.")] = None,
    data_dir: DataDir = None,
    local_model: Annotated[
        bool | None, typer.Option("--local-model/--no-local-model", help="Run the local free model.")
    ] = None,
) -> None:
    """Serves the API; makes everything it needs on the first start."""
    from modelport.cli.serve import serve as serve_

    serve_(settings_of(data_dir, host=host, port=port, local_model=local_model))


@app.command()
def init(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Prepares a data directory: secret, database, first administrator, first key. Harmless when repeated."""
    from modelport.cli.serve import first_start

    first = run(first_start(settings_of(data_dir)))
    lines = [f"Ready in [bold]{escape(str(first.data_dir))}[/bold]."]
    if first.key:
        lines.append(f"First API key (shown once): [bold]{first.key}[/bold]")
    if first.setup_path:
        lines.append(f"First administrator: start the server and open {first.setup_path}")
    value = {"data_dir": str(first.data_dir), "key": first.key, "setup_path": first.setup_path}
    show(value, as_json=as_json, text="\n".join(lines))


@app.command()
def doctor(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Checks configuration, database, local model and providers, and says what to do."""
    from modelport.cli.doctor import examine

    findings = run(examine(settings_of(data_dir)))
    table = Table("", "Check", "Finding", "What to do", box=None)
    marks = {"ok": "[green]ok[/green]", "warning": "[yellow]warning[/yellow]", "failed": "[red]failed[/red]"}
    for finding in findings:
        table.add_row(marks[finding.state], finding.check, escape(finding.finding), escape(finding.remedy))
    if as_json:
        show([finding._asdict() for finding in findings], as_json=True, text="")
    else:
        console.print(table)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


app.command()(backup)


@app.command()
def openapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output otherwise.")
    ] = None,
) -> None:
    """Prints the OpenAPI document of the API."""
    from modelport.cli.document import openapi_json

    if output is None:
        typer.echo(openapi_json(), nl=False)
    else:
        output.write_text(openapi_json(), encoding="utf-8")


@app.command("fake-provider")
def fake_provider(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 9901,
) -> None:
    """Serves the scripted provider, for development and tests."""
    import uvloop

    from modelport.providers import fake

    def ready(bound: int) -> None:
        typer.echo(f"The fake provider listens on http://{host}:{bound}/v1")

    try:
        uvloop.run(fake.serve(host, port, ready=ready))
    except KeyboardInterrupt:
        return


@users.command("create")
def create_user(
    email: Annotated[str, typer.Option("--email", help="The user's e-mail address.")],
    admin: Annotated[bool, typer.Option("--admin", help="Make the user an administrator.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Adds a user with an account of their own."""

    async def work(settings: Settings) -> dict[str, Any]:
        from modelport.app import open_services

        async with open_services(settings) as services:
            user = await services.accounts.create_user(email, is_admin=admin)
            return {"id": user.id, "account_id": user.account_id, "email": user.email, "is_admin": user.is_admin}

    made = run(work(settings_of(data_dir)))
    show(made, as_json=as_json, text=f"Added {escape(made['email'])}.")


@credits.command("grant")
def grant_credits(
    user: Email,
    amount: Annotated[str, typer.Option("--amount", help="USD to give, such as 10.50.")],
    reference: Annotated[
        str | None, typer.Option("--reference", help="Your reference; repeating a grant with one changes nothing.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Gives an account credits that were not paid for."""
    from modelport.audit.command_line import tell
    from modelport.kit import ids
    from modelport.kit.money import format_usd, parse_usd

    async def work(settings: Settings) -> int:
        from modelport.app import open_services

        nanos = parse_usd(amount)
        async with open_services(settings) as services:
            owner = await services.accounts.user(user)
            told = reference or ids.prefixed("grant")
            tell(told, account_id=owner.account_id)
            return await services.credits.grant(
                owner.account_id, nanos, reference=told, idempotency_key=f"grant/{owner.account_id}/{told}"
            )

    balance = format_usd(run(work(settings_of(data_dir))))
    show({"user": user, "balance": balance}, as_json=as_json, text=f"The balance is now {balance} USD.")


ledger.command("margin")(margin_of)


@ledger.command("check")
def check_ledger(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Recomputes every balance and every seal from the transfers, and names the first difference."""

    async def work(settings: Settings) -> dict[str, Any]:
        from modelport.app import open_services

        async with open_services(settings) as services:
            report = await services.credits.check()
            return report._asdict()

    report = run(work(settings_of(data_dir)))
    if report["fault"] is None:
        text = (
            f"[green]Green[/green]: {report['transfers']} transfers, {report['accounts']} accounts, all agree; "
            f"{report['seals']} seals, {report['unsealed']} transfers too new for one."
        )
        if report["seals"]:
            text += f"\nThe last seal is {report['head']}: kept elsewhere, it proves that nothing after it was cut off."
    else:
        text = f"[red]Wrong[/red]: {escape(report['fault'])}"
    show(report, as_json=as_json, text=text)
    if report["fault"] is not None:
        raise typer.Exit(1)
