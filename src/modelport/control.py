"""The control plane's FastAPI application: every router, and how its errors are told. `app` builds it; the gateway's
chat path runs beside it, not through it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import modelport
from modelport.admin.health_routes import router as admin_health_router
from modelport.admin.mail_routes import router as admin_mail_router
from modelport.admin.price_routes import router as admin_price_router
from modelport.admin.routes import router as admin_router
from modelport.admin.system_routes import router as system_router
from modelport.audit.recorder import Recorder
from modelport.broadcast.routes import router as broadcast_router
from modelport.byok.routes import router as byok_router
from modelport.catalog.admin.routes import router as catalog_admin_router
from modelport.catalog.routes import personal as personal_catalog_router
from modelport.catalog.routes import router as catalog_router
from modelport.db import changes
from modelport.db.database import DatabaseDown
from modelport.dialects.openai_chat.errors import write_error
from modelport.errors import BadRequest, MethodNotAllowed, ModelportError, NotFound
from modelport.gateway.explaining import router as explaining_router
from modelport.gateway.openapi import with_inference
from modelport.guardrails.routes import router as guardrails_router
from modelport.guardrails.trying import router as trying_router
from modelport.keys.access import public
from modelport.keys.routes import router as keys_router
from modelport.limits.routes import router as limits_router
from modelport.payments.admin_routes import router as payments_admin_router
from modelport.payments.book_routes import router as book_router
from modelport.payments.hook_routes import router as payments_hooks_router
from modelport.payments.routes import router as payments_router
from modelport.payments.statement_routes import router as statement_router
from modelport.people.consent_routes import router as consent_router
from modelport.people.routers import account_routers, people_routers
from modelport.people.setup_routes import router as setup_router
from modelport.presets.app_routes import router as preset_app_router
from modelport.presets.routes import router as preset_router
from modelport.routing.admin_routes import router as routing_admin_router
from modelport.routing.routes import router as routing_router
from modelport.usage.analytics_routes import router as analytics_router
from modelport.usage.app_routes import router as use_router
from modelport.usage.apps_routes import router as apps_router
from modelport.usage.content_routes import router as content_router
from modelport.usage.content_routes import switch_router
from modelport.usage.data_routes import router as data_router
from modelport.usage.external_routes import router as external_router
from modelport.usage.routes import router as usage_router
from modelport.usage.session_routes import router as session_router
from modelport.web.market import router as market_router
from modelport.web.own_prices import router as own_prices_router

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from modelport.errors import Metadata
    from modelport.gateway.services import Services

__all__ = ["control_app"]

_log = structlog.get_logger(__name__)
_ROUTERS: Final = (
    personal_catalog_router,
    catalog_router,
    limits_router,
    preset_router,
    byok_router,
    broadcast_router,
    usage_router,
    content_router,
    external_router,
    keys_router,
    guardrails_router,
    explaining_router,
    *account_routers,
    data_router,
    session_router,
    analytics_router,
    *people_routers,
    catalog_admin_router,
    preset_app_router,
    trying_router,
    use_router,
    apps_router,
    switch_router,
    market_router,
    own_prices_router,
    admin_router,
    system_router,
    admin_health_router,
    admin_mail_router,
    admin_price_router,
    routing_router,
    routing_admin_router,
    setup_router,
    statement_router,
    payments_router,
    book_router,
    payments_admin_router,
    payments_hooks_router,
    consent_router,
)
"""In this order an address is looked for."""
_NAMES_A_FIELD: Final = re.compile(r"Invalid request: ([a-z][a-z0-9_]*): ")
"""How faults begin that are about one field."""


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
    # Not `include_router`, which works every route out again for each application: theirs are whole as they stand.
    for router in _ROUTERS:
        app.router.routes.extend(router.routes)
    health = APIRouter(tags=["Health"], dependencies=[Depends(public)])
    health.add_api_route("/healthz", _alive, methods=["GET"], summary="Whether the process is alive")
    health.add_api_route("/readyz", _ready, methods=["GET"], summary="Whether it can serve requests")
    app.router.routes.extend(health.routes)
    app.add_middleware(Recorder)
    app.add_middleware(_ShortAddress)
    app.openapi = with_inference(app.openapi)
    app.add_exception_handler(ModelportError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _fault)
    return app


class _ShortAddress:
    """ASGI middleware by which `/v1/...` is `/api/v1/...` too; `raw_path` stays what the caller gave."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            scope = {**scope, "path": "/api" + scope["path"]}
        await self._app(scope, receive, send)


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
    if error.problem is not None:
        error.metadata.setdefault("problem", error.problem)
    if "fields" not in error.metadata and (named := _NAMES_A_FIELD.match(error.message)) is not None:
        error.metadata["fields"] = [{"name": named[1], "kind": "value"}]
    return _json(error, error.code)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors())
    fields = [_field(each) for each in error.errors()]
    return _json(BadRequest(f"Invalid request: {faults}", metadata={"fields": fields}), 400)


def _field(fault: dict[str, Any]) -> Metadata:
    """Which field it is, by `kind` why, and within what bounds it would do."""
    bounds = {name: value for name, value in fault.get("ctx", {}).items() if isinstance(value, (int, float, str))}
    return {"name": ".".join(map(str, fault["loc"][1:])), "kind": fault["type"], **bounds}


async def _framework(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known: dict[int, ModelportError] = {404: NotFound("Not Found"), 405: MethodNotAllowed("Method Not Allowed")}
    return _json(known.get(error.status_code, BadRequest(str(error.detail))), error.status_code)


async def _fault(_request: Request, error: Exception) -> Response:
    _log.error("control.fault", exc_info=error)
    return _json(error, 500)
