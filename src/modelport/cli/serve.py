"""`modelport serve`: first start, banner, the local model's progress, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import structlog
import uvloop
from rich.markup import escape

from modelport.app import open_services, serving
from modelport.catalog.builtin import LOCAL_PROVIDER, follow_local_model, local_document
from modelport.cli.output import audited, console, logs, told
from modelport.gateway.server import listen, make_server
from modelport.providers.local import LOCAL_MODEL, LocalModel

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from modelport.catalog.snapshot import Model
    from modelport.gateway.services import Services
    from modelport.settings import Settings

__all__ = ["First", "begin", "first_start", "serve"]

_log = structlog.get_logger(__name__)


class First(NamedTuple):
    """What a first start made."""

    data_dir: Path
    admin: str
    """The first administrator's e-mail address."""
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
    return First(settings.data_dir, admin.email, key, token and f"/setup/{token}")


async def begin(services: Services) -> First:
    """What every start sees to, put down in the audit log as this command's doing."""
    with audited():
        first = await _first(services)
        if services.settings.local_model:
            await services.catalog.apply(local_document(), source="builtin")
    return first


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
        first = await begin(services)
        local = LocalModel(
            settings.data_dir / "models",
            log=lambda text: _log.debug("local_model", text=text),
            log_path=settings.data_dir / "logs" / "local-model.log",
        )
        if settings.local_model:
            services.catalog.set_runtime_address(LOCAL_PROVIDER, "")

        origin: list[str] = []
        seeding: list[asyncio.Task[None]] = []

        def ready(port: int) -> None:
            # What was made until now lives as long as the process: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            origin.append(_origin(settings, port))
            _banner(origin[0], first)
            if not settings.local_model:
                try_it()
            if settings.known_models:
                seeding.append(asyncio.get_running_loop().create_task(_seed(services), name="seed"))

        def try_it() -> None:
            if origin:
                _example(origin[0], first, _example_model(services))

        async with _local_model(services, local, try_it) if settings.local_model else contextlib.nullcontext():
            server = make_server(app, settings.host, settings.port, ready)
            try:
                await server.serve(sockets=[listener])
            finally:
                for task in seeding:
                    task.cancel()
                await asyncio.gather(*seeding, return_exceptions=True)


async def _seed(services: Services) -> None:
    """Takes in the well-known models, once people are served and in another process: it costs time and memory.

    What is new is noticed like everything that another process changes.
    """
    try:
        if await services.sync.is_seeded():
            return
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "modelport", "catalog", "seed", "--data-dir", str(services.settings.data_dir)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            env=os.environ | _environment(services.settings),
        )
        try:
            if await child.wait():
                _log.warning("catalog.seed_failed", exit_code=child.returncode)
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()
                await child.wait()
    except Exception:  # noqa: BLE001 (the server is whole without it; the next start tries again)
        _log.exception("catalog.seed_failed")


def _environment(settings: Settings) -> dict[str, str]:
    """What another process of ours needs to open the same database."""
    given = {
        "MODELPORT_DATABASE_URL": settings.database_url,
        "MODELPORT_SECRET": settings.secret.get_secret_value() if settings.secret is not None else None,
    }
    return {name: value for name, value in given.items() if value is not None}


@contextlib.asynccontextmanager
async def _local_model(services: Services, local: LocalModel, settled: Callable[[], None]) -> AsyncGenerator[None]:
    tasks = [
        asyncio.create_task(follow_local_model(services.catalog, local)),
        asyncio.create_task(_tell_progress(local, settled)),
    ]
    await local.start()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await local.stop()


async def _tell_progress(local: LocalModel, settled: Callable[[], None]) -> None:
    """Says what the local model is doing whenever that changes: a line a tenth of a download.

    Calls `settled` once it is known whether the model can answer, for only then a command that asks it works.
    """
    told_before: tuple[str, str, int] | None = None
    open_ = True
    while True:
        status = local.status
        tenth = int((status.progress or 0) * 10)
        now = (status.state, status.detail, tenth)
        if now != told_before:
            told_before = now
            share = f" {tenth * 10} %" if status.progress is not None else ""
            style = {"ready": "green", "unavailable": "yellow", "restarting": "yellow"}.get(status.state, "cyan")
            words = escape(status.detail or status.state)
            console.print(f"[{style}]Local model: {words}{share}[/{style}]", highlight=False, soft_wrap=True)
        if open_ and status.state in {"ready", "unavailable"}:
            open_ = False
            settled()
        await asyncio.sleep(0.2)


def _origin(settings: Settings, port: int) -> str:
    """The address people reach the server by."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 (compared, not bound)
    return settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _banner(origin: str, first: First) -> None:
    lines = [
        "",
        f"[bold green]Modelport is serving[/bold green] at [bold]{origin}[/bold]",
        f"  API base URL    {origin}/api/v1",
    ]
    if first.key:
        lines.append(f"  First API key   [bold]{first.key}[/bold]   (shown this once)")
    else:
        command = f"modelport keys create --user {first.admin} --name NAME --data-dir {first.data_dir}"
        lines.append(f"  API key         the one you have, or make one: {escape(command)}")
    if first.setup_path:
        lines.append(f"  Administrator   {origin}{first.setup_path}   (works once)")
    console.print("\n".join(lines) + "\n", highlight=False, soft_wrap=True)


def _example_model(services: Services) -> str | None:
    """A model that can answer now: the local one if it is there, else any that has a provider."""
    snapshot = services.catalog.snapshot
    names = [LOCAL_MODEL.id, *snapshot.listed]
    ready = (name for name in names if name in snapshot.models and _can_answer(snapshot.models[name]))
    return next(ready, None)


def _can_answer(model: Model) -> bool:
    return any(endpoint.provider.base_url for endpoint in model.endpoints)


def _example(origin: str, first: First, model: str | None) -> None:
    """Prints a command that works when pasted."""
    if model is None:
        console.print(
            "No model has a provider yet: enter a key with `modelport providers add openai`, or another.\n",
            highlight=False,
        )
        return
    body = (
        f'{{"model": "{model}", "stream": true, '
        '"messages": [{"role": "user", "content": "What is the capital of France?"}]}'
    )
    # In double quotes a shell puts the key in; the one shown once is there already.
    bearer = f"'Authorization: Bearer {first.key}'" if first.key else '"Authorization: Bearer $MODELPORT_API_KEY"'
    command = (
        f"curl -N {origin}/api/v1/chat/completions \\\n"
        f"  -H {bearer} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )
    console.print("\nTry it:\n", highlight=False)
    console.print(command + "\n", highlight=False, markup=False, soft_wrap=True)
