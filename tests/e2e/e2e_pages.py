"""Every page there is, for what looks at all of them: accessibility and screenshots."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PAGES", "Place"]


class Place(NamedTuple):
    """A page: its name, its address (in braces: one of the visitor's own things), and whether one must be signed in."""

    name: str
    address: str
    signed_in: bool = False
    operator: bool = False


PAGES = (
    Place("home", "/"),
    Place("models", "/models"),
    Place("models-cards", "/models?view=cards"),
    Place("models-none", "/models?q=nothing-like-it"),
    Place("model", "/qwen/sample-max"),
    Place("model-api", "/qwen/sample-max?tab=api"),
    Place("model-activity", "/qwen/sample-max?tab=activity"),
    Place("compare", "/compare?models=qwen/sample-max,deepseek/sample-pro,acme/writer"),
    Place("compare-none", "/compare"),
    Place("rankings", "/rankings"),
    Place("apps", "/apps"),
    Place("apps-none", "/apps?category=game"),
    Place("app", "/apps/1"),
    Place("app-unknown", "/apps/999999"),
    Place("docs", "/docs"),
    Place("docs-clients", "/docs?part=clients"),
    Place("docs-reference", "/docs?part=reference"),
    Place("welcome", "/welcome", signed_in=True, operator=True),
    Place("activity", "/activity", signed_in=True),
    Place("activity-none", "/activity?model=nobody/nothing", signed_in=True),
    Place("generation", "/activity/{generation}", signed_in=True),
    Place("model-unknown", "/nobody/nothing"),
    Place("not-found", "/settings/nothing/at/all"),
    Place("sign-in", "/sign-in"),
    Place("sign-up", "/sign-in?view=sign-up"),
    Place("reset", "/sign-in/reset#abcdefgh"),
    Place("verify", "/sign-in/verify#abcdefgh"),
    Place("generation-unknown", "/activity/gen-unknown", signed_in=True),
    Place("chat", "/chat?model=acme/writer", signed_in=True),
    Place("admin-providers", "/admin/providers", signed_in=True, operator=True),
    Place("admin", "/admin", signed_in=True, operator=True),
    Place("admin-health", "/admin/health", signed_in=True, operator=True),
    Place("admin-provider", "/admin/providers/deepinfra", signed_in=True, operator=True),
    Place("admin-models", "/admin/models", signed_in=True, operator=True),
    Place("admin-model", "/admin/models/qwen/sample-max", signed_in=True, operator=True),
    Place("admin-catalog", "/admin/catalog", signed_in=True, operator=True),
    Place("admin-routing", "/admin/routing", signed_in=True, operator=True),
    Place("admin-settings", "/admin/settings", signed_in=True, operator=True),
    Place("admin-users", "/admin/users", signed_in=True, operator=True),
    Place("admin-user", "/admin/users/{user}", signed_in=True, operator=True),
    Place("admin-accounts", "/admin/accounts", signed_in=True, operator=True),
    Place("admin-account", "/admin/accounts/{account}", signed_in=True, operator=True),
    Place("admin-audit", "/admin/audit", signed_in=True, operator=True),
    Place("admin-orders", "/admin/orders", signed_in=True, operator=True),
    Place("admin-vouchers", "/admin/vouchers", signed_in=True, operator=True),
    Place("admin-prices", "/admin/prices", signed_in=True, operator=True),
    Place("admin-margins", "/admin/margins", signed_in=True, operator=True),
    Place("admin-books", "/admin/books", signed_in=True, operator=True),
    Place("invitation", "/invitation#no-such-invitation"),
    Place("organization", "/settings/organization", signed_in=True),
    Place("workspaces", "/settings/workspaces", signed_in=True),
    Place("workspace", "/settings/workspaces/default", signed_in=True),
    Place("guardrails", "/settings/guardrails", signed_in=True),
    Place("guardrail", "/settings/guardrails/{guardrail}", signed_in=True),
    Place("byok", "/settings/byok", signed_in=True),
    Place("privacy", "/settings/privacy", signed_in=True),
    Place("observability", "/settings/observability", signed_in=True),
    Place("destination", "/settings/observability/{destination}", signed_in=True),
    Place("presets", "/settings/presets", signed_in=True),
    Place("preset", "/settings/presets/{preset}", signed_in=True),
    Place("notifications", "/settings/notifications", signed_in=True),
    Place("keys", "/settings/keys", signed_in=True),
    Place("credits", "/settings/credits", signed_in=True),
    Place("credits-history", "/settings/credits?tab=history", signed_in=True),
    Place("credits-billing", "/settings/credits?tab=billing", signed_in=True),
    Place("profile", "/settings/profile", signed_in=True),
    Place("security", "/settings/security", signed_in=True),
)
