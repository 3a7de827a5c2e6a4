"""Settings that an operator changes while servers run: kept in the database, laid over what was read at start.

Only what `GROUPS` names can be changed so: never a secret, an address, or what is built once at start. Every server
takes a change over within a second (`db/changes`, topic `settings`), and each reads its settings where it needs them.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from modelport.db import changes
from modelport.errors import BadRequest, WrongField
from modelport.kit import clock
from modelport.kit.log_level import set_level
from modelport.settings import Settings
from modelport.system import store
from modelport.system.checks import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from modelport.db.database import Database
    from modelport.system.store import Kept

__all__ = ["GROUPS", "Setting", "SystemSettings"]

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "registration": ("registration", "registration_domains", "sign_up_bonus", "session_days"),
    "limits": (
        "free_requests_per_minute",
        "free_requests_per_day",
        "free_requests_per_day_paid",
        "guests_may_try",
        "guest_requests_per_minute",
        "guest_requests_per_day",
        "guests_requests_per_day",
        "debt_blocks_account",
    ),
    "requests": (
        "request_body_limit",
        "request_read_timeout",
        "response_body_limit",
        "event_limit",
        "fetch_limit",
        "keep_alive_comments",
        "keep_alive_interval",
    ),
    "routing": (
        "attempts",
        "retries",
        "attempts_seconds",
        "attempt_seconds",
        "first_output_seconds",
        "hedge_seconds",
        "hedge_by_request",
        "hedge_least_seconds",
    ),
    "retention": ("keep_generations_days", "keep_traces_days", "keep_usage_hours_days", "keep_usage_days"),
    "privacy": ("content_logging", "content_days_max"),
    "payments": (
        "topup_min",
        "topup_max",
        "topup_presets",
        "topup_fee_percent",
        "topup_fee_min",
        "cny_per_usd",
        "refund_if_spent",
        "seller_name",
        "seller_details",
    ),
    "logs": ("log_level",),
}
"""What can be changed, as pages show it together."""
_GROUP_OF: Final = {name: group for group, names in GROUPS.items() for name in names}


class Setting(NamedTuple):
    """One setting as it is now."""

    name: str
    group: str
    description: str
    shape: dict[str, Any]
    """JSON Schema of its value."""
    value: Any
    start_value: Any
    """What it is without a change: from the environment, or the house's default."""
    changed_by: str | None
    changed_at: int | None


class SystemSettings:
    """The door to settings of the running system."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._start = {name: copy.deepcopy(getattr(settings, name)) for name in _GROUP_OF}
        self._kept: dict[str, Kept] = {}

    async def load(self) -> None:
        """Lays what is kept over the settings; what can't be read any more is as it was at start."""
        kept = await self._database.read(store.every)
        values = dict(self._start)
        self._kept = {}
        for each in kept:
            if each.name not in _GROUP_OF:
                continue  # kept by another version
            try:
                values[each.name] = _read(each.name, each.value)
            except BadRequest:
                continue
            self._kept[each.name] = each
        self._settings.lay_over(values)
        set_level(self._settings.log_level)

    def all(self) -> list[Setting]:
        """Every setting that can be changed, by group."""
        return [self._shown(name) for name in _GROUP_OF]

    async def change(self, values: Mapping[str, Any], user_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Changes settings together, or none; None takes one back to what it was at start. How they were, and are.

        Raises `BadRequest` that says which can't be.
        """
        if unknown := sorted(values.keys() - _GROUP_OF.keys()):
            raise BadRequest(f"Invalid request: {unknown[0][:80]!r} can't be changed while the server runs.")
        wanted = {name: None if value is None else _read(name, value) for name, value in values.items()}
        await self.load()  # two operators at once: checks are made of what holds now
        now = {name: getattr(self._settings, name) for name in _GROUP_OF}
        then = now | {name: self._start[name] if value is None else value for name, value in wanted.items()}
        check(then)

        def write(connection: Connection) -> None:
            for name, value in wanted.items():
                store.put(connection, store.Kept(name, value, user_id, clock.now_ms()))
            changes.note(connection, "settings", "system")

        await self._database.write(write)
        await self.load()
        return {name: now[name] for name in wanted}, {name: getattr(self._settings, name) for name in wanted}

    def _shown(self, name: str) -> Setting:
        kept = self._kept.get(name)
        return Setting(
            name,
            _GROUP_OF[name],
            Settings.model_fields[name].description or "",
            _ADAPTERS[name].json_schema(),
            getattr(self._settings, name),
            self._start[name],
            None if kept is None else kept.changed_by,
            None if kept is None else kept.changed_at,
        )


def _adapter(name: str) -> TypeAdapter[Any]:
    field = Settings.model_fields[name]
    kind: Any = field.annotation
    for bound in field.metadata:
        kind = Annotated[kind, bound]
    return TypeAdapter(kind)


_ADAPTERS: Final = {name: _adapter(name) for name in _GROUP_OF}


def _read(name: str, value: Any) -> Any:
    """The value, if the setting can have it. Raises `BadRequest`."""
    try:
        return _ADAPTERS[name].validate_python(value, strict=True)
    except ValidationError as error:
        fault = error.errors()[0]
        bounds = {key: value for key, value in fault.get("ctx", {}).items() if isinstance(value, (int, str))}
        raise WrongField(name, fault["msg"], kind=fault["type"], **bounds) from error
