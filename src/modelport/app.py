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
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import modelport
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
from modelport.admin.routes import router as admin_router
from modelport.audit.recorder import Recorder
from modelport.audit.service import Audit
from modelport.catalog.admin.routes import router as catalog_admin_router
from modelport.catalog.measured import EndpointFigures
from modelport.catalog.price_book import PriceBook
from modelport.catalog.routes import router as catalog_router
from modelport.catalog.service import Catalog
from modelport.catalog.sync import Sync
from modelport.credits.budgets import Budgets
from modelport.credits.service import Credits
from modelport.db import changes
from modelport.db.database import Database, DatabaseDown
from modelport.db.migrate import migrate
from modelport.dialects.openai_chat.errors import write_error
from modelport.errors import BadRequest, MethodNotAllowed, ModelportError, NotFound
from modelport.gateway.bill import OpenStreams
from modelport.gateway.explaining import router as explaining_router
from modelport.gateway.openapi import with_inference
from modelport.gateway.routes import Gateway
from modelport.gateway.serve import Chat
from modelport.gateway.services import Services
from modelport.keys.access import public
from modelport.keys.codes import Codes
from modelport.keys.leaks import Leaks
from modelport.keys.routes import router as keys_router
from modelport.keys.service import Keys, has_keys
from modelport.keys.watch import Watch
from modelport.kit import ids
from modelport.kit.vault import Vault
from modelport.limits.routes import router as limits_router
from modelport.limits.service import Limits, make_windows
from modelport.mail.service import Mailer
from modelport.mail.transport import transport_of
from modelport.notices.service import Notices, signature
from modelport.notices.worker import HookWorker
from modelport.payments.admin_routes import router as payments_admin_router
from modelport.payments.hook_routes import router as payments_hooks_router
from modelport.payments.routes import router as payments_router
from modelport.payments.service import Payments
from modelport.people.consent_routes import router as consent_router
from modelport.people.routers import account_routers, people_routers
from modelport.people.setup_routes import router as setup_router
from modelport.presets.routes import router as preset_router
from modelport.presets.service import Presets
from modelport.upstream import health_copy
from modelport.upstream.client import UpstreamClient
from modelport.upstream.guard import is_public
from modelport.upstream.health import Health
from modelport.usage.analytics_routes import router as analytics_router
from modelport.usage.app_routes import router as use_router
from modelport.usage.data_routes import router as data_router
from modelport.usage.insight import Insight
from modelport.usage.journal import Journal
from modelport.usage.leasing import Leasing
from modelport.usage.routes import router as usage_router
from modelport.usage.service import Usage
from modelport.usage.sweeper import Sweeper
from modelport.usage.upkeep import Upkeep
from modelport.web import files as web_files
from modelport.web.site import Site
from modelport.workspaces.service import Workspaces

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Generator

    from modelport.settings import Settings

__all__ = ["AlreadyServed", "control_app", "open_services", "serving"]

_log = structlog.get_logger(__name__)
_CHANGES_SECONDS = 0.3
_POPULARITY_SECONDS = 300.0
_SWEEP_SECONDS = 15.0
_TIDY_SECONDS = 3600.0


class AlreadyServed(Exception):
    """Another server uses this data directory."""


@contextlib.asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    """Every service over a migrated database, closed again at the end. Starts nothing in the background."""
    vault = Vault(settings.master_secret())
    database = Database(settings.database_url, settings.sqlite_path)
    try:
        await _migrated(database)
        credits = Credits(database, ids.prefixed("proc"), vault.ledger_key)
        usage = Usage(database)
        catalog = Catalog(database, vault, public_url=settings.public_url)
        await catalog.reload()
        mailer = Mailer(database, vault, transport_of(settings))
        throttle = Throttle()
        second_factor, sign_in, organizations = _ways_in(database, vault, mailer, throttle, settings)
        upstream = UpstreamClient()
        outbound = UpstreamClient(allow_address=None if settings.private_addresses else is_public)
        hooks = HookWorker(database, vault, outbound, signature)
        notices = Notices(database, vault, mailer=mailer, worker=hooks, settings=settings)
        keys = Keys(database, vault)
        yield Services(
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
            workspaces=Workspaces(database, has_keys),
            mailer=mailer,
            notices=notices,
            hooks=hooks,
            outbound=outbound,
            keys=keys,
            leaks=Leaks(database, vault, keys, notices, throttle),
            watch=Watch(database, keys, notices),
            audit=Audit(database),
            codes=Codes(database, vault, keys),
            credits=credits,
            catalog=catalog,
            sync=Sync(catalog, private=settings.private_providers),
            limits=Limits(settings, make_windows(settings), usage.free_answers_since),
            usage=usage,
            insight=Insight(database, partial(_permaslug, catalog)),
            journal=Journal(database, credits, settings.settle_timeout),
            budgets=Budgets(database),
            prices=PriceBook(database, catalog),
            leasing=Leasing(database, credits, settings.lease_seconds) if database.dialect == "postgresql" else None,
            upstream=upstream,
            payments=Payments(database, vault, credits, settings, notices),
            health=Health(),
            presets=Presets(database),
        )
    finally:
        await database.close()


async def _migrated(database: Database) -> None:
    if await migrate(database):
        _log.info("database.migrated")


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
            sweeper = Sweeper(services.database, services.credits)
            alone = services.database.dialect == "sqlite"
            await sweeper.sweep(alone=alone)
            await services.upstream.start()
            await services.outbound.start()
            await services.limits.start()
            services.journal.start()
            await health_copy.restore(services.database, services.health)
            services.catalog.measured = replace(
                services.catalog.measured,
                endpoint=partial(_figures, services.health),
            )
            upkeep = Upkeep(settings, services.database)
            await upkeep.keep()
            streams = OpenStreams(services)
            control = Site(control_app(services), await asyncio.to_thread(web_files.load))
            background = [
                asyncio.create_task(coroutine, name=name)
                for name, coroutine in (
                    ("changes", _follow_changes(services)),
                    ("sweeper", _sweep_now_and_then(sweeper, alone=alone)),
                    ("checkpoints", streams.run()),
                    ("upkeep", upkeep.run()),
                    ("health", health_copy.keep(services.database, services.health)),
                    ("mail", services.mailer.run()),
                    *([("leases", leasing.run())] if leasing is not None else []),
                    ("webhooks", services.hooks.run()),
                    ("keys", services.watch.run()),
                    *_rounds(services),
                )
            ]
            try:
                lots = random.Random()  # noqa: S311 (shares out load; a plan draws for every endpoint, so it must be quick)
                yield Gateway(Chat(services, streams, lots), control), services
            finally:
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)
                await services.payments.close()
                await services.journal.close()
                await _seal_the_rest(services.credits)
                if leasing is not None:
                    await leasing.close()
                await services.upstream.close()
                await services.outbound.close()
                await services.limits.close()
                with contextlib.suppress(DatabaseDown):
                    await health_copy.save(services.database, services.health)


def _figures(health: Health, endpoint_id: str) -> EndpointFigures:
    return EndpointFigures(*health.view(endpoint_id))


def _permaslug(catalog: Catalog, model_id: str) -> str:
    model = catalog.snapshot.models.get(model_id)
    return model_id if model is None else model.canonical_slug


def control_app(services: Services | None = None) -> FastAPI:
    """The control plane; without services it is good for its OpenAPI document only."""
    app = FastAPI(
        title="Modelport",
        version=modelport.__version__,
        summary="One account, one key and one API for every large language model.",
        openapi_url="/openapi.json",
        docs_url=None,  # its page would load scripts from another host
        redoc_url=None,
    )
    app.state.services = services
    for prefix in ("/api/v1", "/v1"):
        for router in (
            catalog_router,
            limits_router,
            preset_router,
            usage_router,
            keys_router,
            explaining_router,
            *account_routers,
            data_router,
            analytics_router,
        ):
            app.include_router(router, prefix=prefix, include_in_schema=prefix == "/api/v1")
    for router in people_routers:
        app.include_router(router, prefix="/api/app")
    app.include_router(catalog_admin_router)
    app.include_router(use_router, prefix="/api/app")
    app.include_router(admin_router)
    app.include_router(setup_router)
    app.include_router(payments_router, prefix="/api/app")
    app.include_router(payments_admin_router, prefix="/api/admin")
    app.include_router(payments_hooks_router, prefix="/api/webhooks")
    app.include_router(consent_router)
    health = APIRouter(tags=["Health"], dependencies=[Depends(public)])
    health.add_api_route("/healthz", _alive, methods=["GET"], summary="Whether the process is alive")
    health.add_api_route("/readyz", _ready, methods=["GET"], summary="Whether it can serve requests")
    app.include_router(health)
    app.add_middleware(Recorder)
    app.openapi = with_inference(app.openapi)
    app.add_exception_handler(ModelportError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _fault)
    return app


async def _alive() -> dict[str, str]:
    return {"status": "alive"}


async def _ready(request: Request, response: Response) -> dict[str, str]:
    services: Services = request.app.state.services
    try:
        await services.database.read(changes.latest)
    except DatabaseDown:
        response.status_code = 503
        return {"status": "database unreachable"}
    if services.journal.failing:
        response.status_code = 503
        return {"status": "database refuses to write"}
    return {"status": "ready"}


def _json(error: Exception, status: int) -> Response:
    headers = dict(error.headers) if isinstance(error, ModelportError) else {}
    if isinstance(error, ModelportError) and error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return Response(write_error(error), status, headers, media_type="application/json")


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ModelportError)
    return _json(error, error.code)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors())
    return _json(BadRequest(f"Invalid request: {faults}"), 400)


async def _framework(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known: dict[int, ModelportError] = {404: NotFound("Not Found"), 405: MethodNotAllowed("Method Not Allowed")}
    return _json(known.get(error.status_code, BadRequest(str(error.detail))), error.status_code)


async def _fault(_request: Request, error: Exception) -> Response:
    _log.error("control.fault", exc_info=error)
    return _json(error, 500)


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
        if any(change.topic == "catalog" for change in new):
            try:
                await services.catalog.reload()
            except Exception:  # noqa: BLE001 (the catalogue that is in memory goes on serving)
                _log.exception("catalog.reload_failed")
        for change in new:
            _tell(services, change)
        if services.leasing is not None:
            await _return_leases(services.leasing, [change.subject for change in new if change.topic == "lease"])


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
        case "budget":
            services.budgets.changed(change.subject)
        case _:
            pass  # the catalogue was reloaded once for all


async def _seal_the_rest(credits: Credits) -> None:
    try:
        await credits.seal()
    except Exception:  # noqa: BLE001 (the next start seals it)
        _log.exception("seals.fault")


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


def _rounds(services: Services) -> list[tuple[str, Coroutine[None, None, None]]]:
    """What is done now and then and hangs on nothing else."""
    return [
        ("tidying", _tidy_now_and_then(services)),
        ("payments", services.payments.run()),
        ("popularity", _measure_popularity(services)),
    ]


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
        )
        for forget in work:
            try:
                await forget()
            except DatabaseDown:
                continue
            except Exception:  # noqa: BLE001 (tried again next time)
                _log.exception("tidying.fault")
