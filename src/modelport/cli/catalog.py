"""`modelport catalog`: the catalogue as a file, and in step with data packages and providers' own lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from modelport.cli.output import DataDir, Json, console, run, settings_of, show

if TYPE_CHECKING:
    from modelport.catalog.applying import Applied
    from modelport.catalog.sync import Proposal
    from modelport.settings import Settings

__all__ = ["app", "differences"]

app = typer.Typer(help="Providers, models and prices.", no_args_is_help=True)

_MOST_LINES = 200


@app.command("apply")
def apply_catalog(
    file: Annotated[Path, typer.Argument(help="YAML or JSON file of providers and models.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Brings the catalogue in line with a file; what the file does not name stays."""

    async def work(settings: Settings) -> Applied:
        from modelport.app import open_services

        async with open_services(settings) as services:
            document = await services.catalog.read_file(file)
            return await (services.catalog.preview if dry_run else services.catalog.apply)(document)

    applied = run(work(settings_of(data_dir)))
    counts = ", ".join(f"{len(getattr(applied, kind))} {kind}" for kind in ("created", "updated", "unchanged"))
    done = f"{'Would apply' if dry_run else 'Applied'} {escape(str(file))}: {counts}."
    text = "\n".join([done, *(escape(f"  {line}") for line in applied.changes)])
    show(applied.summary, as_json=as_json, text=text)


@app.command("export")
def export_catalog(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what follows `catalog sync`, not only what you keep yourself.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Prints the catalogue as a file that `apply` takes back; secrets are left out."""

    async def work(settings: Settings) -> str:
        from modelport.app import open_services
        from modelport.catalog import writing

        async with open_services(settings) as services:
            document = await services.catalog.export(everything=everything)
            return writing.to_json(document) if as_json else writing.to_yaml(document)

    typer.echo(run(work(settings_of(data_dir))), nl=False)


@app.command("list")
def list_catalog(
    everything: Annotated[bool, typer.Option("--all", help="Also models that only lack a provider's key.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Lists models with their providers and prices."""
    from modelport.cli.document import model_rows

    async def work(settings: Settings) -> list[dict[str, Any]]:
        from modelport.app import open_services

        async with open_services(settings) as services:
            return model_rows(await services.catalog.whole() if everything else services.catalog.snapshot)

    found = run(work(settings_of(data_dir)))
    if as_json:
        show(found, as_json=True, text="")
        return
    table = Table("Model", "Providers", "Prompt (USD/M)", "Completion (USD/M)", "Context", box=None)
    for row in found:
        providers = ", ".join(row["providers"]) or row["inactive"]
        table.add_row(row["id"], providers, row["prompt"], row["completion"], str(row["context_length"]))
    console.print(table)


@app.command("prices")
def list_prices(
    model: Annotated[str, typer.Argument(help="The model's id, such as `openai/gpt-5`.")],
    provider: Annotated[
        str | None, typer.Option("--provider", help="Only of this provider, or of the endpoint with this tag.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Shows every price that a model's endpoints ever had, and from when on."""
    from modelport.cli.document import price_rows

    async def work(settings: Settings) -> dict[str, list[dict[str, Any]]]:
        from modelport.app import open_services
        from modelport.catalog.admin import editing

        async with open_services(settings) as services:
            return await editing.price_history(services.catalog, model)

    found = run(work(settings_of(data_dir)))
    if provider is not None:
        found = {tag: each for tag, each in found.items() if provider in {tag, tag.partition("/")[0]}}
    if as_json:
        show(found, as_json=True, text="")
        return
    table = Table("Endpoint", "Since (UTC)", "Prompt (USD/M)", "Completion (USD/M)", "Other prices", "Cost", box=None)
    for row in price_rows(found):
        table.add_row(*map(escape, row))
    console.print(table)


@app.command("sync")
def sync_catalog(
    source: Annotated[
        str, typer.Option("--from", help="`packages`, or the slug of a provider whose own list of models is asked for.")
    ] = "packages",
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown.")] = False,
    token: Annotated[
        str | None, typer.Option("--token", help="Apply only if it is still what was shown with this token.")
    ] = None,
    free: Annotated[
        bool,
        typer.Option("--free", help="Give models without a known price for nothing; else they are left out."),
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Shows what the data packages or a provider would change in the catalogue, and applies it on request."""

    async def work(settings: Settings) -> Proposal:
        from modelport.app import open_services

        async with open_services(settings) as services:
            if apply:
                return await services.sync.take(source, token, free=free)
            return await services.sync.propose(source, free=free)

    proposal = run(work(settings_of(data_dir)))
    value = {
        "source": proposal.source,
        "token": proposal.applied.token,
        "applied": apply,
        "differences": [each.to_json() for each in proposal.applied.differences],
        "notes": proposal.notes,
    }
    show(value, as_json=as_json, text=differences(proposal, done=apply))


@app.command("seed", hidden=True)
def seed_catalog(data_dir: DataDir = None) -> None:
    """Takes in what the data packages know, if that is new. A server runs this beside itself."""

    async def work(settings: Settings) -> None:
        from modelport.app import open_services

        async with open_services(settings) as services:
            await services.sync.seed()

    settings = settings_of(data_dir)
    run(work(settings), json_logs=settings.log_json)


def differences(proposal: Proposal, *, done: bool) -> str:
    """A proposal for people: prices first, which are what is easily overlooked and dear."""
    found = proposal.applied.differences
    prices = [each for each in found if each.is_price]
    others = [each for each in found if not each.is_price]
    lines = [f"[bold yellow]{escape(each.words)}[/bold yellow]" for each in prices]
    lines += [escape(each.words) for each in others]
    more = len(lines) - _MOST_LINES
    shown = [f"  {line}" for line in lines[:_MOST_LINES]]
    if more > 0:
        shown.append(f"  ... and {more} more; `--json` has them all")
    counts = f"{len(found)} differences, {len(prices)} of prices"
    head = f"{'Applied' if done else 'Would change'} from {escape(proposal.source)}: {counts}."
    tail = [escape(note) for note in proposal.notes]
    if not done and found:
        again = f"modelport catalog sync --from {proposal.source} --apply --token {proposal.applied.token}"
        tail.append(f"To apply exactly this: {escape(again)}")
    return "\n".join([head, *shown, *tail])
