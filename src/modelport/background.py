"""What a server does beside requests: it follows what other processes change, sweeps, tidies and measures. `app` starts
it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from modelport.db import changes
from modelport.db.database import DatabaseDown
from modelport.gateway.probes import Prober
from modelport.people.alerts import Alerts
from modelport.upstream import health_copy
from modelport.usage.sweeper import Sweeper
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from modelport.gateway.open_streams import OpenStreams
    from modelport.gateway.services import Services
    from modelport.usage.leasing import Leasing

__all__ = ["running"]

_log = structlog.get_logger(__name__)
_CHANGES_SECONDS = 0.3
_POPULARITY_SECONDS = 300.0
_SWEEP_SECONDS = 15.0
_TIDY_SECONDS = 3600.0


@contextlib.asynccontextmanager
async def running(services: Services, streams: OpenStreams) -> AsyncGenerator[None]:
    """All of it, for as long as the block lasts. What a crash left over is swept up before the block begins."""
    alone = services.database.dialect == "sqlite"
    sweeper = Sweeper(services.database, services.credits, services.destinations.of_the_dead)
    await sweeper.sweep(alone=alone)
    alerts = Alerts(services)
    services.watch.then = alerts.look
    upkeep = Upkeep(services.settings, services.database)
    await upkeep.keep()
    work: dict[str, Coroutine[None, None, None]] = {
        "changes": _follow_changes(services),
        "sweeper": _sweep_now_and_then(sweeper, alone=alone),
        "checkpoints": streams.run(),
        "upkeep": upkeep.run(),
        "health": health_copy.keep(services.database, services.health),
        "mail": services.mailer.run(),
        "webhooks": services.hooks.run(),
        "broadcast": services.broadcaster.run(),
        "keys": services.watch.run(),
        "alerts": alerts.run(),
        "tidying": _tidy_now_and_then(services),
        "payments": services.payments.run(),
        "popularity": _measure_popularity(services),
        "probes": Prober(services, random.Random()).run(),  # noqa: S311 (draws among several keys of a provider)
    }
    if services.leasing is not None:
        work["leases"] = services.leasing.run()
    tasks = [asyncio.create_task(coroutine, name=name) for name, coroutine in work.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow_changes(services: Services) -> None:
    """Takes note of what other processes change, several times a second."""
    seen: set[int] = set()
    newest = await _latest(services)
    while True:
        await asyncio.sleep(_CHANGES_SECONDS)
        try:
            found = await services.database.read(partial(changes.since, seq=newest))
        except DatabaseDown:
            continue  # the rows will still be there
        except Exception:  # noqa: BLE001 (a task that died would leave every cache stale for ever)
            _log.exception("changes.fault")
            continue
        new = [change for change in found if change.seq not in seen and (change.seq > newest or seen)]
        seen = {change.seq for change in found}
        newest = max((newest, *seen))
        await _reread(services, {change.topic for change in new})
        for change in new:
            _tell(services, change)
            if change.topic == "settings":
                await _new_settings(services)
            if change.topic == "routing":
                await _new_routing(services, change.subject)
        if services.leasing is not None:
            await _return_leases(services.leasing, [change.subject for change in new if change.topic == "lease"])


async def _reread(services: Services, topics: set[str]) -> None:
    """Reads again, once for however many changes, what is kept in memory as a whole."""
    for topic, reload in (("catalog", services.catalog.reload), ("destination", services.destinations.reload)):
        if topic in topics:
            try:
                await reload()
            except Exception:  # noqa: BLE001 (what is in memory goes on serving)
                _log.exception("changes.reload_failed", topic=topic)


def _tell(services: Services, change: changes.Change) -> None:
    """Hands a change to who keeps such things in memory."""
    match change.topic:
        case "key":
            services.keys.changed(change.subject)
        case "account":
            services.keys.standing_changed(change.subject, None)
        case "user":
            services.keys.standing_changed(None, change.subject)
        case "credits":
            services.credits.changed(change.subject)
        case "byok":
            services.own_keys.changed(change.subject)
        case "budget":
            services.budgets.changed(change.subject)
        case "content":
            services.contents.changed(change.subject)
        case "guardrail":
            services.guardrails.changed(change.subject)
        case _:
            pass  # the catalogue was reloaded once for all


async def _new_settings(services: Services) -> None:
    try:
        await services.system.load()
    except Exception:  # noqa: BLE001 (the settings that are in force stay so)
        _log.exception("settings.reload_failed")


async def _new_routing(services: Services, subject: str) -> None:
    try:
        await services.routing.changed(subject)
    except Exception:  # noqa: BLE001 (the rules that are in memory go on serving)
        _log.exception("routing.reload_failed")


async def _return_leases(leasing: Leasing, subjects: list[str]) -> None:
    with contextlib.suppress(DatabaseDown):  # whoever wants them can't have them either
        for subject in subjects:
            await leasing.wanted(subject)


async def _latest(services: Services) -> int:
    return await services.database.read(changes.latest)


async def _sweep_now_and_then(sweeper: Sweeper, *, alone: bool) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await sweeper.sweep(alone=alone)
        except DatabaseDown:
            continue
        except Exception:  # noqa: BLE001 (tried again next time)
            _log.exception("sweeper.fault")


async def _measure_popularity(services: Services) -> None:
    """Tells the catalogue every few minutes what is used most, for the order of its lists."""
    while True:
        try:
            popularity = await services.insight.popularity()
            services.catalog.measured = replace(services.catalog.measured, popularity=popularity)
        except DatabaseDown:
            pass
        except Exception:  # noqa: BLE001 (the figures of before go on serving)
            _log.exception("popularity.fault")
        await asyncio.sleep(_POPULARITY_SECONDS)


async def _tidy_now_and_then(services: Services) -> None:
    """Deletes what has run out: sessions, proofs, and the records of mails and webhook calls."""
    while True:
        await asyncio.sleep(_TIDY_SECONDS)
        work = (
            services.sessions.forget_expired,
            services.mailer.forget_old,
            services.hooks.forget_old,
            services.codes.forget_old,
            services.contents.forget_expired,
        )
        for forget in work:
            try:
                await forget()
            except DatabaseDown:
                continue
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("tidying.fault")
