"""Answers with an error in the caller's dialect, and the small things that are read from a caller's headers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from modelport.errors import ModelportError
from modelport.gateway.explained import with_metadata

if TYPE_CHECKING:
    from modelport.gateway.doors import Door
    from modelport.gateway.exchange import Exchange
    from modelport.settings import Settings

__all__ = ["hedge_after", "refuse", "uncancel", "with_told"]

_log = structlog.get_logger(__name__)
_JSON = (b"content-type", b"application/json")


def hedge_after(asked: str | None, settings: Settings) -> float | None:
    """After how many seconds a second endpoint is asked as well; None for never. What a request says of it is bound by
    the operator, who pays the provider whose answer is not taken.
    """
    if asked is None or not settings.hedge_by_request:
        return settings.hedge_seconds or None
    try:
        seconds = float(asked)
    except ValueError:
        return None
    return max(seconds, settings.hedge_least_seconds) if 0 < seconds < 3600 else None


def uncancel() -> None:
    """Takes back a cancellation that was meant for the answer, not for the task."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


def with_told(body: bytes, told: bytes | None) -> bytes:
    """The body with the metadata in it, where there is any."""
    return body if told is None else with_metadata(body, told)


async def refuse(
    exchange: Exchange,
    door: Door,
    error: Exception,
    headers: list[tuple[bytes, bytes]],
    told: bytes | None = None,
) -> None:
    """Answers with an error in the caller's dialect; `told` is how it was routed, for who asked."""
    status = error.code if isinstance(error, ModelportError) else 500
    if status == 500:
        _log.error("request.fault", exc_info=error)
    if isinstance(error, ModelportError) and error.retry_after is not None:
        headers = [*headers, (b"retry-after", str(error.retry_after).encode())]
    if isinstance(error, ModelportError):
        headers = [*headers, *((name.encode(), value.encode()) for name, value in error.headers.items())]
    headers = [*headers, *door.error_headers(error)]
    body = door.write_error(error)
    await exchange.answer(status, [*headers, _JSON], body if status in {401, 500} else with_told(body, told))
