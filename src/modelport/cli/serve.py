"""`modelport serve`: first start, banner, the local model's progress, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import TYPE_CHECKING, NamedTuple

import structlog
import uvloop
from rich.markup import escape

from modelport.app import open_services, serving
from modelport.catalog.builtin import LOCAL_PROVIDER, follow_local_model, local_document
from modelport.cli.output import console, logs, told
from modelport.gateway.server import listen, make_server
from modelport.providers.local import LOCAL_MODEL, LocalModel

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from modelport.gateway.services import Services
    from modelport.settings import Settings

__all__ = ["First", "first_start", "serve"]

_log = structlog.get_logger(__name__)


class First(NamedTuple):
    """What a first start made."""

    data_dir: Path
    key: str | None
    """The first API key, in clear for the only time; None when there is one already."""
    setup_path: str | None
    """Path of the first administrator's link; None once somebody has used one."""


async def first_start(settings: Settings) -> First:
    """Makes what a fresh data directory lacks: administrator, first key, link. Harmless when repeated."""
    async with open_services(settings) as services:
        return await _first(services)


async def _first(services: Services) -> First:
    settings, accounts = services.settings, services.accounts
    admin = await accounts.first_admin()
    key = None
    if admin is None:
        admin = await accounts.create_user(settings.admin_email, is_admin=True)
        key, _ = await services.keys.create(admin.account_id, admin.id, "First key")
    token = None if await accounts.has_password(admin.id) else await accounts.open_setup(admin.id)
    return First(settings.data_dir, key, token and f"/setup/{token}")


def serve(settings: Settings) -> None:
    """Serves until it is told to stop."""
    logs(settings.log_level, as_json=settings.log_json)
    with told(), contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    with listen(settings.host, settings.port) as listener:
        await _serve_on(listener, settings)


async def _serve_on(listener: socket.socket, settings: Settings) -> None:
    async with serving(settings) as (app, services):
        first = await _first(services)
        local = LocalModel(
            settings.data_dir / "models",
            log=lambda text: _log.debug("local_model", text=text),
            log_path=settings.data_dir / "logs" / "local-model.log",
        )
        await services.catalog.apply(local_document(), source="builtin")
        services.catalog.set_runtime_address(LOCAL_PROVIDER, "")

        def ready(port: int) -> None:
            # What was made until now lives as long as the process: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(20_000, 20, 50)
            _banner(settings, first, port, _example_model(services))

        async with _local_model(services, local) if settings.local_model else contextlib.nullcontext():
            server = make_server(app, settings.host, settings.port, ready)
            await server.serve(sockets=[listener])


@contextlib.asynccontextmanager
async def _local_model(services: Services, local: LocalModel) -> AsyncGenerator[None]:
    tasks = [
        asyncio.create_task(follow_local_model(services.catalog, local)),
        asyncio.create_task(_tell_progress(local)),
    ]
    await local.start()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await local.stop()


async def _tell_progress(local: LocalModel) -> None:
    """Says what the local model is doing, whenever that changes: a line a tenth of a download."""
    told_before: tuple[str, str, int] | None = None
    while True:
        status = local.status
        tenth = int((status.progress or 0) * 10)
        now = (status.state, status.detail, tenth)
        if now != told_before:
            told_before = now
            share = f" {tenth * 10} %" if status.progress is not None else ""
            style = {"ready": "green", "unavailable": "yellow", "restarting": "yellow"}.get(status.state, "cyan")
            console.print(
                f"[{style}]Local model: {status.state}[/{style}]{share} {escape(status.detail)}", highlight=False
            )
        await asyncio.sleep(0.2)


def _example_model(services: Services) -> str | None:
    """A model that the banner's command can ask: the local one, else any that has a provider."""
    if services.settings.local_model:
        return LOCAL_MODEL.id
    snapshot = services.catalog.snapshot
    ready = (each for each in snapshot.listed if any(e.provider.base_url for e in snapshot.models[each].endpoints))
    return next(ready, None)


def _banner(settings: Settings, first: First, port: int, model: str | None) -> None:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 (compared, not bound)
    origin = settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    key = first.key or "$MODELPORT_API_KEY"
    body = (
        f'{{"model": "{model}", "stream": true, '
        '"messages": [{"role": "user", "content": "What is the capital of France?"}]}'
    )
    lines = [
        "",
        f"[bold green]Modelport is serving[/bold green] at [bold]{origin}[/bold]",
        f"  API base URL    {origin}/api/v1",
    ]
    if first.key:
        lines.append(f"  First API key   [bold]{first.key}[/bold]   (shown this once)")
    else:
        lines.append("  API key         the one you have, or make one: modelport keys create --user EMAIL --name NAME")
    if first.setup_path:
        lines.append(f"  Administrator   {origin}{first.setup_path}   (works once)")
    console.print("\n".join(lines), highlight=False, soft_wrap=True)
    if model is None:
        console.print("No model has a provider yet: add one with `modelport catalog apply FILE`.\n", highlight=False)
        return
    command = (
        f"curl -N {origin}/api/v1/chat/completions \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )
    if not first.key:
        command = command.replace(f"'Authorization: Bearer {key}'", f'"Authorization: Bearer {key}"')
    console.print("\nTry it:\n", highlight=False)
    console.print(command + "\n", highlight=False, markup=False, soft_wrap=True)
