"""What commands print: tables and sentences for people, one JSON value for scripts; how faults end a command, and how
what it changes gets into the audit log.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, TypeVar, cast

import structlog
import typer
from rich.console import Console
from typer.core import TyperGroup

from modelport.errors import ModelportError
from modelport.kit.log_level import drop_below, set_level

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from contextlib import AbstractContextManager

    from modelport.settings import Settings

__all__ = ["Commands", "DataDir", "Email", "Json", "audited", "console", "logs", "run", "settings_of", "show", "told"]

console = Console()
errors = Console(stderr=True)

T = TypeVar("T")

_command: ContextVar[str] = ContextVar("command", default="modelport")
"""The words of the command that runs."""


class Commands(TyperGroup):
    """A group of commands that notes which of them is run: what it changes is put down under its name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # typer keeps the types of these to itself
        """Finds the command, as any group does."""
        found = super().resolve_command(ctx, args)
        words, each = [str(found[0])], ctx
        while each.parent is not None:
            words.insert(0, str(each.info_name))
            each = each.parent
        _command.set(" ".join(["modelport", *words]))
        return found


DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Data directory. [default: $MODELPORT_DATA_DIR, else ./data]"),
]
Email = Annotated[str, typer.Option("--user", help="The user's e-mail address.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]


def settings_of(data_dir: Path | None, **given: object) -> Settings:
    """Settings from the environment, with what the command line says on top."""
    from pydantic import ValidationError

    from modelport.settings import Settings

    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if data_dir is not None:
        values["data_dir"] = data_dir
    try:
        return Settings(**values)
    except ValidationError as error:
        faults = "; ".join(
            f"MODELPORT_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()
        )
        raise typer.BadParameter(faults) from error


def show(value: object, *, as_json: bool, text: str) -> None:
    """Prints a command's result, one way or the other."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    else:
        console.print(text, highlight=False)


@contextlib.contextmanager
def told() -> Generator[None]:
    """Turns expected faults into one line on the error output and exit code 1."""
    from modelport.app import AlreadyServed
    from modelport.settings import WeakSecret

    try:
        yield
    except ModelportError as error:
        errors.print(f"[red]Error:[/red] {_plain(error.message)}", highlight=False)
        raise typer.Exit(1) from error
    except (AlreadyServed, WeakSecret, OSError, RuntimeError, ValueError) as error:
        errors.print(f"[red]Error:[/red] {_plain(str(error))}", highlight=False)
        raise typer.Exit(1) from error


def audited() -> AbstractContextManager[None]:
    """Around what a command does: its changes go into the audit log, in the transactions that make them."""
    from modelport.audit.command_line import commanded

    return commanded(_command.get())


def run(work: Coroutine[Any, Any, T], *, json_logs: bool = False) -> T:
    """Runs a command's work to its end, telling expected faults in one line; what it changes is audited.

    `json_logs` is for a command that a server runs beside itself: their logs are read together.
    """
    logs("warning", as_json=json_logs)
    with told(), audited():
        return asyncio.run(work)


class _ErrorOutput(io.TextIOBase):
    """The error output of the moment: loggers live longer than one that a command was given for a while."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def logs(level: str, *, as_json: bool) -> None:
    """Sends logs to the error output, so that results can be piped."""
    set_level(level)
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The pretty one prints local variables, and those hold keys and prompts.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[
            drop_below,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if as_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _ErrorOutput())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
