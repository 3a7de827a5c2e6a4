"""Guardrails for tests: made and assigned past the API, and texts that filters find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from api_harness import Caller

__all__ = ["CARD", "MAIL", "builtins", "filled", "guard", "unguard"]

MAIL = "ada@example.test"
CARD = "4111 1111 1111 1111"


def guard(caller: Caller, *, to: str = "key", **rules: Any) -> str:
    """A guardrail of the caller's account that applies to its key, its person or its workspace."""
    services = caller.harness.services
    if "limit_usd" in rules:
        rules["limit_nanos"] = parse_usd(rules.pop("limit_usd"))

    async def make() -> str:
        live = await services.keys.authenticate(caller.key)
        if to == "workspace":
            home = await services.workspaces.default(caller.account_id)
            await services.guardrails.change(caller.account_id, home.default_guardrail_id, rules)
            services.keys.standing_changed(caller.account_id, None)
            return home.default_guardrail_id
        made = await services.guardrails.create(caller.account_id, None, {"name": "g", **rules})
        subject = live.record.id if to == "key" else live.record.user_id
        kind: Any = to
        await services.guardrails.assign(caller.account_id, made.id, kind, [subject], by=None)
        return made.id

    return caller.harness.call(make())


def unguard(caller: Caller, guardrail_id: str) -> None:
    """Ends a guardrail."""
    caller.harness.call(caller.harness.services.guardrails.remove(caller.account_id, guardrail_id))


def builtins(**actions: str) -> dict[str, Any]:
    """Rules with built-in filters."""
    return {
        "content_filter_builtins": [
            {"slug": slug.replace("_", "-"), "action": action} for slug, action in actions.items()
        ]
    }


def filled(value: Any, text: str) -> Any:
    """A request with `text` wherever it says `{}`."""
    if isinstance(value, dict):
        return {name: filled(each, text) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, text) for each in value]
    return text if value == "{}" else value
