"""The database of one-api or new-api: channels, model ratios, users with their quota, tokens.

Its tokens stand there in clear, so callers can go on with the keys they have. Passwords are hashes of another kind
and stay behind: people set a new one.
"""

from __future__ import annotations

import asyncio
import json
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import URL, create_engine, exc, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from modelport.catalog.imports.plan import ForeignKey, ForeignUser, Plan, Unreadable, id_of, slug_of
from modelport.catalog.offers.offer import Offer, per_million, per_unit
from modelport.catalog.offers.shape import tokenizer
from modelport.kit.told import Told
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Engine

    from modelport.catalog.offers.naming import Names

    Row = Mapping[str, Any]

__all__ = ["read_oneapi"]

_BOTH = {
    1: "openai", 14: "anthropic", 16: "zhipu", 17: "alibaba-cn", 20: "openrouter", 24: "google-ai-studio",
    25: "moonshotai-cn",
}  # fmt: skip
_ONE_API = {
    27: "minimax-cn", 28: "mistral", 29: "groq", 30: "ollama", 32: "stepfun-cn", 35: "cohere", 36: "deepseek",
    39: "together", 40: "volcengine", 41: "novita",
}  # fmt: skip
_NEW_API = {
    4: "ollama", 26: "zhipu", 27: "perplexity", 34: "cohere", 35: "minimax-cn", 40: "siliconflow-cn", 42: "mistral",
    43: "deepseek", 45: "volcengine", 48: "xai",
}  # fmt: skip
"""Numbers of the kinds of channels, and our providers; the two systems parted at 26."""
_COMPATIBLE = frozenset({6, 7, 8, 10, 12, 13, 22, 50})
"""Kinds that are any address with OpenAI's format."""
_QUOTA_PER_DOLLAR = 500_000
_DOLLARS_PER_RATIO = Decimal(2)
"""A ratio of 1 is two dollars a million tokens."""
_PATIENCE = 10
"""Seconds in which a server has to answer."""
_DSN = re.compile(
    r"(?P<user>[^:@/]+)(:(?P<password>.*))?@tcp\((?P<host>[^():]+)(:(?P<port>\d+))?\)/(?P<name>[^?]+)(\?.*)?"
)
_PREFIX = "sk-"
"""What callers put before a token that is stored without it."""


def read_oneapi(source: str, names: Names) -> Plan:
    """The plan of a database: the path of an SQLite file, the address of a PostgreSQL, MySQL or MariaDB, also as the
    other system itself is given it (`SQL_DSN`), or of one with an installed driver.

    Not to be called where an event loop runs.

    Raises `Unreadable`.
    """
    try:
        scheme, separator, rest = _address(source).partition("://")
        kind = scheme.partition("+")[0]
        if kind in {"postgres", "postgresql"}:
            return asyncio.run(_from_postgresql(f"postgresql+asyncpg://{rest}", names))
        if separator and scheme in {"mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"}:
            url = f"mysql+pymysql://{rest}"
            return _from(create_engine(url, connect_args={"connect_timeout": _PATIENCE}), names)
        if separator:
            return _from(create_engine(source), names)
        if not Path(source).is_file():
            raise Unreadable(f"there is no file {source}")
        return _from(create_engine(f"sqlite:///file:{Path(source).resolve()}?mode=ro&uri=true"), names)
    except (exc.ArgumentError, exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise Unreadable(f"{error}; copy the tables into an SQLite file and import that") from None
    except (exc.SQLAlchemyError, OSError) as error:
        raise Unreadable(f"the database can't be read: {_words(error)}") from None
    except ValueError as error:
        raise Unreadable(f"it is no address of a database: {error}") from None


def _address(source: str) -> str:
    """An address; also from `user:password@tcp(host:port)/name`, as the other system is told of its MySQL."""
    found = _DSN.fullmatch(source)
    if found is None:
        return source
    where = URL.create(
        "mysql",
        found["user"],
        found["password"],
        found["host"],
        int(found["port"]) if found["port"] else None,
        found["name"],
    )
    return where.render_as_string(hide_password=False)


def _words(error: Exception) -> str:
    """What the database said, without what the libraries around it add."""
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    # MySQL's driver has a number before the words.
    told = str(cause.args[-1]) if len(cause.args) == 2 else str(cause)
    return (told.splitlines() or [type(cause).__name__])[0]


def _from(engine: Engine, names: Names) -> Plan:
    try:
        with engine.connect() as connection:
            return _read(connection, names)
    finally:
        engine.dispose()


async def _from_postgresql(url: str, names: Names) -> Plan:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_read, names)
    finally:
        await engine.dispose()


def _read(connection: Connection, names: Names) -> Plan:
    there = set(inspect(connection).get_table_names())
    if missing := {"channels", "users", "tokens"} - there:
        raise Unreadable(f"it has no table {', '.join(sorted(missing))}")
    columns = {each["name"] for each in inspect(connection).get_columns("channels")}
    kinds = _BOTH | (_NEW_API if "auto_ban" in columns else _ONE_API)
    plan = Plan("new-api" if "auto_ban" in columns else "one-api")
    options = {row["key"]: row["value"] for row in _rows(connection, "options")} if "options" in there else {}
    prices = _Prices(options)
    for row in _rows(connection, "channels"):
        _channel(plan, row, kinds, prices, names)
    per_dollar = int(_decimal(options.get("QuotaPerUnit")) or _QUOTA_PER_DOLLAR)
    _people(plan, _rows(connection, "users"), _rows(connection, "tokens"), per_dollar)
    plan.notes.append(
        Told("passwords", "passwords stay behind: people set a new one by the link that `Forgot password` sends")
    )
    groups = {row.get("group") for row in _rows(connection, "users")} - {None, "", "default"}
    if groups:
        names_of = ", ".join(sorted(map(str, groups)))
        plan.notes.append(Told("groups_left", f"groups and their ratios are left out: {names_of}", names=names_of))
    return plan


class _Prices:
    """Prices as the other system works them out: ratios by model, or a price by request."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._ratio = _numbers(options.get("ModelRatio"))
        self._completion = _numbers(options.get("CompletionRatio"))
        self._request = _numbers(options.get("ModelPrice"))

    def of(self, name: str) -> dict[str, Any] | None:
        """None for a model that has neither."""
        if name in self._request:
            return {"prompt": "0", "completion": "0", "request": per_unit(self._request[name])}
        ratio = self._ratio.get(name)
        if ratio is None:
            return None
        prompt = ratio * _DOLLARS_PER_RATIO
        return {
            "prompt": per_million(prompt),
            "completion": per_million(prompt * self._completion.get(name, Decimal(1))),
        }


def _channel(plan: Plan, row: Row, kinds: Mapping[int, str], prices: _Prices, names: Names) -> None:
    name, kind = str(row.get("name") or row["id"]), int(row.get("type") or 0)
    slug = _provider(plan, name, kinds.get(kind), kind, str(row.get("base_url") or "").rstrip("/"))
    if slug is None:
        plan.notes.append(
            Told(
                "channel_type",
                f"channel {name!r} is left out: there is no counterpart of its type {kind}",
                name=name,
                type=kind,
            )
        )
        return
    if row.get("status") != 1:
        plan.notes.append(
            Told("channel_off", f"channel {name!r} is switched off there, so its keys are left out", name=name)
        )
    else:
        for key in str(row.get("key") or "").splitlines():
            plan.add_key(slug, key.strip(), weight=int(row.get("weight") or 1))
    try:
        mapping = cast("dict[str, str]", json.loads(row.get("model_mapping") or "{}"))
    except ValueError:
        mapping = {}
        plan.notes.append(
            Told("channel_mapping", f"channel {name!r}: its model mapping is no JSON and is left out", name=name)
        )
    offered = {(each.provider, each.model_id) for each in plan.offers}
    for public in (each.strip() for each in str(row.get("models") or "").split(",")):
        model_id = id_of(public, slug, names) if public else ""
        if public and (slug, model_id) not in offered:
            offered.add((slug, model_id))
            plan.offers.append(
                Offer(
                    provider=slug,
                    upstream_model=mapping.get(public, public),
                    model_id=model_id,
                    pricing=prices.of(public),
                    output_modalities=("embeddings",) if "embed" in public else (),
                    tokenizer=tokenizer(model_id),
                )
            )


def _provider(plan: Plan, name: str, known: str | None, kind: int, address: str) -> str | None:
    row = ROWS.get(known or "")
    own = row is not None and (not address or row.wires[row.dialect].base_url.startswith(address))
    if row is not None and own:
        plan.providers.setdefault(row.slug, {"slug": row.slug})
        return row.slug
    if not address or (row is None and kind not in _COMPATIBLE):
        return None
    slug = slug_of(plan.source, name)
    dialect = row.dialect if row is not None else "openai_chat"
    # There the version is put behind the address; here it is part of it.
    version = "" if re.search(r"/v\d\w*$", address) else "/v1beta" if dialect == "gemini" else "/v1"
    plan.providers.setdefault(
        slug, {"slug": slug, "name": name[:200], "base_url": f"{address}{version}", "dialect": dialect}
    )
    return slug


def _people(plan: Plan, users: list[Row], tokens: list[Row], per_dollar: int) -> None:
    by_user: dict[int, list[ForeignKey]] = {}
    for row in tokens:
        if row.get("deleted_at") is not None or not row.get("key"):
            continue
        expires, unlimited = int(row.get("expired_time") or -1), bool(row.get("unlimited_quota"))
        by_user.setdefault(row["user_id"], []).append(
            ForeignKey(
                text=_PREFIX + str(row["key"]).strip().removeprefix(_PREFIX),
                name=str(row.get("name") or "Imported")[:100],
                limit=None if unlimited else _nanos(row.get("remain_quota"), per_dollar),
                expires_at=None if expires <= 0 else expires * 1000,
                disabled=row.get("status") not in {1, 4},  # 4 is spent, which its limit says as well
            )
        )
    for row in users:
        if row.get("deleted_at") is not None or row.get("status") not in {1, None}:
            plan.notes.append(
                Told(
                    "user_off",
                    f"user {row.get('username')!r} is switched off there and left out",
                    name=str(row.get("username")),
                )
            )
            continue
        name = slug_of(str(row.get("username") or row["id"]))
        email = str(row.get("email") or "").strip() or f"{name}-{row['id']}@{plan.source}.invalid"
        keys = tuple(by_user.get(row["id"], ()))
        plan.users.append(ForeignUser(f"{plan.source}/{row['id']}", email, _nanos(row.get("quota"), per_dollar), keys))


def _nanos(quota: Any, per_dollar: int) -> int:
    return max(int(quota or 0), 0) * 10**9 // per_dollar


def _numbers(value: Any) -> dict[str, Decimal]:
    try:
        decoded: Any = json.loads(value or "{}", parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return {}
    found = cast("dict[str, Any]", decoded) if isinstance(decoded, dict) else {}
    return {name: number for name, number in found.items() if isinstance(number, Decimal) and number >= 0}


def _decimal(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None


def _rows(connection: Connection, table: str) -> list[Row]:
    quoted = connection.dialect.identifier_preparer.quote(table)
    return [dict(row) for row in connection.execute(text(f"SELECT * FROM {quoted}")).mappings()]  # noqa: S608 (quoted)
