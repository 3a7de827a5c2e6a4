"""`modelport usage`: what generations add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from modelport.cli.output import DataDir, Json, run, settings_of, show

if TYPE_CHECKING:
    from modelport.settings import Settings

__all__ = ["usage"]

usage = typer.Typer(help="What generations add up to.", no_args_is_help=True)


@usage.callback()
def _usage() -> None:
    """Keeps the command below a word of its own."""


@usage.command("rebuild")
def rebuild(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Makes every sum of use anew from the stored generations, as after a restore; a server may go on beside it."""

    async def work(settings: Settings) -> float:
        from modelport.app import open_services
        from modelport.kit import clock
        from modelport.usage.upkeep import Upkeep

        async with open_services(settings) as services:
            begun = clock.monotonic()
            await Upkeep(settings, services.database).rebuild()
            return round(clock.monotonic() - begun, 2)

    seconds = run(work(settings_of(data_dir)))
    show({"seconds": seconds}, as_json=as_json, text=f"All sums were made anew in {seconds} s.")
