"""`modelport keys`: make, list, bound and revoke API keys. Options and `--json` outputs are a contract."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from modelport.cli.output import DataDir, Email, Json, console, run, settings_of, show

if TYPE_CHECKING:
    from modelport.keys.service import Changes, Key
    from modelport.settings import Settings

__all__ = ["app"]

app = typer.Typer(help="API keys.", no_args_is_help=True)

Hash = Annotated[str, typer.Argument(metavar="HASH", help="The key's hash, from `modelport keys list`.")]
Limit = Annotated[str | None, typer.Option("--limit", help="USD it may spend, such as 10.50; `none` for no limit.")]
Reset = Annotated[
    str | None,
    typer.Option("--limit-reset", help="`daily`, `weekly`, `monthly` or `none`: when the limit starts anew."),
]
Expires = Annotated[
    datetime | None, typer.Option("--expires", help="When it ends, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
]
Rpm = Annotated[int | None, typer.Option("--requests-per-minute", min=0, help="Requests a minute; 0 for any number.")]
Tpm = Annotated[
    int | None,
    typer.Option("--tokens-per-minute", min=0, help="Tokens a minute, prompt and completion; 0 for any number."),
]
Slots = Annotated[int | None, typer.Option("--max-concurrency", min=0, help="Requests at once; 0 for any number.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="A model it may use, or a pattern such as `openai/*`; repeat for more. `*` for all."),
]
Providers = Annotated[
    list[str] | None, typer.Option("--provider", help="A provider it may use; repeat for more. `*` for all.")
]
Addresses = Annotated[
    list[str] | None,
    typer.Option("--address", help="An address or CIDR range it may be used from; repeat for more. `*` for all."),
]


@app.command("create")
def create(
    user: Email,
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    limit: Limit = None,
    limit_reset: Reset = None,
    expires: Expires = None,
    requests_per_minute: Rpm = None,
    tokens_per_minute: Tpm = None,
    max_concurrency: Slots = None,
    models: Models = None,
    providers: Providers = None,
    addresses: Addresses = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Makes an API key and prints it, for the only time."""
    given = _given(limit, limit_reset, expires)
    bounds = _bounds(requests_per_minute, tokens_per_minute, max_concurrency, models, providers, addresses)

    async def work(settings: Settings) -> dict[str, Any]:
        from modelport.app import open_services
        from modelport.keys.service import Bounds

        async with open_services(settings) as services:
            owner = await services.accounts.user(user)
            text, key = await services.keys.create(
                owner.account_id,
                owner.id,
                name,
                limit=given.get("limit"),
                limit_reset=given.get("limit_reset"),
                expires_at=given.get("expires_at"),
                bounds=Bounds(**{each: value for each, value in bounds.items() if value}),
            )
            return {"key": text, "hash": key.hash, "name": key.name, "label": key.label}

    made = run(work(settings_of(data_dir)))
    show(made, as_json=as_json, text=f"[bold]{made['key']}[/bold]\nKeep it: it can't be shown again.")


@app.command("update")
def update(
    key_hash: Hash,
    name: Annotated[str | None, typer.Option("--name", help="What the key is for.")] = None,
    disabled: Annotated[
        bool | None, typer.Option("--disabled/--enabled", help="Refuse the key, or let it in again.")
    ] = None,
    limit: Limit = None,
    limit_reset: Reset = None,
    expires: Expires = None,
    requests_per_minute: Rpm = None,
    tokens_per_minute: Tpm = None,
    max_concurrency: Slots = None,
    models: Models = None,
    providers: Providers = None,
    addresses: Addresses = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Changes a key; what is not given stays. A running server follows within a second."""
    changes = _given(limit, limit_reset, expires)
    if name is not None:
        changes["name"] = name
    if disabled is not None:
        changes["disabled"] = disabled
    bounds = _bounds(requests_per_minute, tokens_per_minute, max_concurrency, models, providers, addresses)

    async def work(settings: Settings) -> dict[str, Any]:
        from dataclasses import replace

        from modelport.app import open_services

        async with open_services(settings) as services:
            if bounds:
                before = await services.keys.update(key_hash)
                changes["bounds"] = replace(before.bounds, **bounds)
            return _shown(await services.keys.update(key_hash, **changes))

    made = run(work(settings_of(data_dir)))
    show(made, as_json=as_json, text="Changed.")


@app.command("list")
def list_all(user: Email, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Lists a user's keys."""

    async def work(settings: Settings) -> list[dict[str, Any]]:
        from modelport.app import open_services

        async with open_services(settings) as services:
            owner = await services.accounts.user(user)
            return [_shown(key) for key in await services.keys.of_account(owner.account_id)]

    found = run(work(settings_of(data_dir)))
    if as_json:
        show(found, as_json=True, text="")
        return
    table = Table("Name", "Key", "Limit (USD)", "Bounds", "Hash", box=None)
    for key in found:
        limit = "none" if key["limit"] is None else f"{key['limit']} {key['limit_reset'] or ''}"
        bounds = ", ".join(f"{name} {value}" for name, value in key["bounds"].items())
        table.add_row(escape(key["name"]), key["label"], limit, escape(bounds), key["hash"])
    console.print(table)


@app.command("revoke")
def revoke(key_hash: Hash, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Ends a key for good; a running server refuses it within a second."""

    async def work(settings: Settings) -> None:
        from modelport.app import open_services

        async with open_services(settings) as services:
            await services.keys.revoke(key_hash)

    run(work(settings_of(data_dir)))
    show({"revoked": key_hash}, as_json=as_json, text="Revoked.")


def _given(limit: str | None, limit_reset: str | None, expires: datetime | None) -> Changes:
    from modelport.cli.output import told
    from modelport.kit.clock import UTC
    from modelport.kit.money import parse_usd

    given: Changes = {}
    if limit is not None:
        with told():
            given["limit"] = None if limit == "none" else parse_usd(limit)
            if (given["limit"] or 0) < 0:
                raise ValueError("a limit is 0 or more")
    if limit_reset is not None:
        if limit_reset not in {"none", "daily", "weekly", "monthly"}:
            raise typer.BadParameter(
                f"{limit_reset!r} is none of daily, weekly, monthly, none", param_hint="--limit-reset"
            )
        given["limit_reset"] = None if limit_reset == "none" else limit_reset
    if expires is not None:
        given["expires_at"] = int(expires.replace(tzinfo=UTC).timestamp() * 1000)
    return given


def _bounds(
    requests: int | None,
    tokens: int | None,
    slots: int | None,
    models: list[str] | None,
    providers: list[str] | None,
    addresses: list[str] | None,
) -> dict[str, Any]:
    """The bounds that were given; one that is lifted is None or empty."""
    numbers = {"requests_per_minute": requests, "tokens_per_minute": tokens, "max_concurrency": slots}
    lists = {"models": models, "providers": providers, "addresses": addresses}
    return {name: value or None for name, value in numbers.items() if value is not None} | {
        name: () if "*" in value else tuple(value) for name, value in lists.items() if value
    }


def _shown(key: Key) -> dict[str, Any]:
    from modelport.kit.money import format_usd

    return {
        "hash": key.hash,
        "name": key.name,
        "label": key.label,
        "limit": None if key.limit is None else format_usd(key.limit),
        "limit_reset": key.limit_reset,
        "disabled": key.disabled,
        "expires_at": key.expires_at,
        "bounds": key.bounds.stored() or {},
    }
