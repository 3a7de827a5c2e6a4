"""The composition root: settings become services, services become an ASGI application. Decides nothing itself.

`open_services` is enough for the command line; `serving` adds what a server runs beside requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from modelport.accounts.administration import Administration
from modelport.accounts.identities import Identities
from modelport.accounts.oidc import Oidc
from modelport.accounts.organizations import Organizations
from modelport.accounts.passkeys import Passkeys
from modelport.accounts.second_factor import SecondFactor
from modelport.accounts.security import Security
from modelport.accounts.service import Accounts
from modelport.accounts.sessions import Sessions
from modelport.accounts.sign_in import SignIn
from modelport.accounts.throttle import Throttle
from modelport.audit.service import Audit
from modelport.background import running
from modelport.broadcast.service import Destinations
from modelport.broadcast.worker import Worker
from modelport.byok.service import OwnKeys
from modelport.catalog.builtin import LOCAL_PROVIDER
from modelport.catalog.measured import EndpointFigures
from modelport.catalog.price_book import PriceBook
from modelport.catalog.service import Catalog
from modelport.catalog.sync import Sync
from modelport.control import control_app
from modelport.credits.budgets import Budgets
from modelport.credits.service import Credits
from modelport.db.database import Database, DatabaseDown
from modelport.db.migrate import migrate
from modelport.gateway.cache import make_cache
from modelport.gateway.guarding import guarded_view
from modelport.gateway.open_streams import OpenStreams
from modelport.gateway.routes import Gateway
from modelport.gateway.serve import Chat
from modelport.gateway.services import Services
from modelport.gateway.trials import Trials
from modelport.gateway.views import view_of
from modelport.guardrails.service import Guardrails
from modelport.keys.codes import Codes
from modelport.keys.leaks import Leaks
from modelport.keys.service import Keys, has_keys
from modelport.keys.watch import Watch
from modelport.kit import ids
from modelport.kit.living import Living
from modelport.kit.vault import Vault
from modelport.limits.service import Limits, make_windows
from modelport.mail.service import Mailer
from modelport.mail.transport import transport_of
from modelport.notices.service import Notices, signature
from modelport.notices.worker import HookWorker
from modelport.payments.service import Payments
from modelport.presets.service import Presets
from modelport.routing.service import Routing
from modelport.system.service import SystemSettings
from modelport.upstream import health_copy
from modelport.upstream.client import UpstreamClient
from modelport.upstream.guard import is_public
from modelport.upstream.health import Health
from modelport.usage.content import Contents
from modelport.usage.external_users import ExternalUsers
from modelport.usage.insight import Insight
from modelport.usage.journal import Journal
from modelport.usage.leasing import Leasing
from modelport.usage.service import Usage
from modelport.web import files as web_files
from modelport.web.site import Site
from modelport.workspaces.service import Workspaces

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from modelport.settings import Settings

__all__ = ["AlreadyServed", "open_services", "serving"]

_log = structlog.get_logger(__name__)


class AlreadyServed(Exception):
    """Another server uses this data directory."""


@contextlib.asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    """Every service over a migrated database, closed again at the end. Starts nothing in the background."""
    vault = Vault(settings.master_secret())
    database = Database(settings.database_url, settings.sqlite_path)
    throttle = Throttle(settings.redis_url.get_secret_value() if settings.redis_url else None, settings.redis_timeout)
    try:
        yield await _services(settings, vault, database, await _prepared(database, settings), throttle)
    finally:
        await throttle.close()
        await database.close()


async def _services(
    settings: Settings, vault: Vault, database: Database, system: SystemSettings, throttle: Throttle
) -> Services:
    credits, usage = Credits(database, ids.prefixed("proc"), vault.ledger_key), Usage(database)
    catalog = Catalog(database, vault, public_url=settings.public_url, switched_off=_switched_off(settings))
    await catalog.reload()
    routing, destinations = await _routing(database, catalog), await _destinations(database, vault)
    mailer, upstream = Mailer(database, vault, transport_of(settings)), UpstreamClient()
    second_factor, sign_in, organizations = _ways_in(database, vault, mailer, throttle, settings)
    outbound, hooks, notices = _telling(database, vault, mailer, settings)
    keys, budgets, workspaces = Keys(database, vault), Budgets(database), Workspaces(database, has_keys)
    guardrails, sync = Guardrails(database, budgets, workspaces), Sync(catalog, private=settings.private_providers)
    catalog.limit_views(partial(guarded_view, guardrails, workspaces, routing))
    return Services(
        settings=settings,
        database=database,
        accounts=Accounts(database, vault),
        sessions=Sessions(database, vault),
        sign_in=sign_in,
        second_factor=second_factor,
        security=Security(database, vault, mailer=mailer, throttle=throttle, factor=second_factor),
        passkeys=Passkeys(database, vault),
        organizations=organizations,
        identities=Identities(database, vault, oidc=Oidc(upstream), sign_in=sign_in, settings=settings),
        administration=Administration(database, vault),
        workspaces=workspaces,
        mailer=mailer,
        notices=notices,
        hooks=hooks,
        outbound=outbound,
        keys=keys,
        own_keys=OwnKeys(database, vault, settings),
        trials=Trials(sync, upstream, outbound),
        destinations=destinations,
        broadcaster=Worker(database, vault, outbound, destinations=destinations, notices=notices),
        leaks=Leaks(database, vault, keys, notices, throttle),
        watch=Watch(database, keys, notices),
        audit=Audit(database),
        codes=Codes(database, vault, keys),
        credits=credits,
        catalog=catalog,
        sync=sync,
        limits=Limits(settings, make_windows(settings), usage.free_answers_since),
        usage=usage,
        external_users=ExternalUsers(database),
        insight=Insight(database, partial(_permaslug, catalog)),
        journal=Journal(database, credits, settings.settle_timeout),
        budgets=budgets,
        guardrails=guardrails,
        contents=Contents(database, vault, settings, workspaces),
        prices=PriceBook(database, catalog),
        leasing=_leasing(settings, database, credits),
        upstream=upstream,
        payments=Payments(database, vault, credits, settings, notices),
        health=Health(),
        cache=make_cache(settings, vault),
        presets=Presets(database),
        routing=routing,
        system=system,
    )


def _switched_off(settings: Settings) -> frozenset[str]:
    """Providers of our own that do not run beside this server."""
    return frozenset() if settings.local_model else frozenset({LOCAL_PROVIDER})


async def _prepared(database: Database, settings: Settings) -> SystemSettings:
    """A migrated database; the settings that it keeps are in force."""
    if await migrate(database):
        _log.info("database.migrated")
    system = SystemSettings(database, settings)
    await system.load()
    return system


async def _destinations(database: Database, vault: Vault) -> Destinations:
    """Where traces go, known from the first request on."""
    destinations = Destinations(database, vault)
    await destinations.reload()
    return destinations


async def _routing(database: Database, catalog: Catalog) -> Routing:
    """What decides with requests, and narrows what callers are shown."""
    routing = Routing(database)
    await routing.reload()
    catalog.limit_views(partial(view_of, routing))
    return routing


def _telling(
    database: Database, vault: Vault, mailer: Mailer, settings: Settings
) -> tuple[UpstreamClient, HookWorker, Notices]:
    """What tells an account's people: by mail, and by calls of addresses that they gave."""
    outbound = UpstreamClient(allow_address=None if settings.private_addresses else is_public)
    hooks = HookWorker(database, vault, outbound, signature)
    return outbound, hooks, Notices(database, vault, mailer=mailer, worker=hooks, settings=settings)


def _ways_in(
    database: Database, vault: Vault, mailer: Mailer, throttle: Throttle, settings: Settings
) -> tuple[SecondFactor, SignIn, Organizations]:
    """What lets people in: signing in, and invitations that let them sign up."""
    factor = SecondFactor(database, vault)
    sign_in = SignIn(database, vault, mailer=mailer, throttle=throttle, factor=factor, settings=settings)
    organizations = Organizations(database, vault, mailer=mailer, throttle=throttle, settings=settings)
    sign_in.invited = organizations.lets_in
    return factor, sign_in, organizations


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[tuple[Gateway, Services]]:
    """The whole application with everything that runs beside requests; all of it ends with the block.

    Raises `AlreadyServed` when another server uses the embedded database.
    """
    with _alone(settings):
        async with open_services(settings) as services:
            await services.credits.start()
            leasing = services.leasing
            if leasing is not None:
                await leasing.start()
            await services.upstream.start()
            await services.outbound.start()
            await services.limits.start()
            services.journal.start()
            await health_copy.restore(services.database, services.health)
            services.catalog.measured = replace(
                services.catalog.measured,
                endpoint=partial(_figures, services.health),
            )
            streams = OpenStreams(services)
            control = Site(control_app(services), await asyncio.to_thread(web_files.load))
            try:
                async with running(services, streams):
                    lots = random.Random()  # noqa: S311 (shares out load; a plan draws for every endpoint, so it must be quick)
                    yield Gateway(Chat(services, streams, lots), control), services
            finally:
                await services.payments.close()
                await services.contents.drain()
                await services.journal.close()
                await _seal_the_rest(services.credits)
                if leasing is not None:
                    await leasing.close()
                await services.upstream.close()
                await services.outbound.close()
                await services.limits.close()
                await services.cache.close()
                with contextlib.suppress(DatabaseDown):
                    await health_copy.save(services.database, services.health)


def _figures(health: Health, endpoint_id: str) -> EndpointFigures:
    return EndpointFigures(*health.view(endpoint_id))


def _permaslug(catalog: Catalog, model_id: str) -> str:
    model = catalog.snapshot.models.get(model_id)
    return model_id if model is None else model.canonical_slug


@contextlib.contextmanager
def _alone(settings: Settings) -> Generator[None]:
    """Holds the data directory for this process: the embedded database has one server at a time. On PostgreSQL there
    may be any number.
    """
    if settings.database_url:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyServed(
                f"another server is using {settings.data_dir}; stop it first, or give another --data-dir"
            ) from error
        yield


def _leasing(settings: Settings, database: Database, credits: Credits) -> Leasing | None:
    if database.dialect != "postgresql":
        return None
    living = Living(settings.data_dir / "servers", credits.process)
    return Leasing(database, credits, settings.lease_seconds, living)


async def _seal_the_rest(credits: Credits) -> None:
    try:
        await credits.seal()
    except Exception:  # noqa: BLE001 (the next start seals it)
        _log.exception("seals.fault")
