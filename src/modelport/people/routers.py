"""Every router of people: of the web app's own API (`/api/app`), and of the reference's (`/api/v1`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modelport.people import (
    auth_routes,
    budget_routes,
    code_routes,
    me_routes,
    notice_routes,
    oidc_routes,
    organization_routes,
    passkey_routes,
    security_routes,
    settings_routes,
    workspace_routes,
)

if TYPE_CHECKING:
    from fastapi import APIRouter

__all__ = ["account_routers", "people_routers"]

people_routers: Final[tuple[APIRouter, ...]] = (
    auth_routes.router,
    passkey_routes.router,
    oidc_routes.router,
    me_routes.router,
    security_routes.router,
    notice_routes.router,
    organization_routes.router,
)

account_routers: Final[tuple[APIRouter, ...]] = (
    workspace_routes.router,
    settings_routes.router,
    budget_routes.router,
    code_routes.router,
)
