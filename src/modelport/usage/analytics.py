"""Questions that callers put together themselves: metrics by up to two dimensions, over time, from the roll-ups."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import Connection, Float, case, cast, func, literal, literal_column, select

from modelport.errors import BadRequest
from modelport.usage.queries import months
from modelport.usage.raw import DAYS, MINUTE_MS, Percentile, bound, rows
from modelport.usage.tables import usage_days, usage_hours

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

__all__ = ["DIMENSIONS", "GRANULARITIES", "METRICS", "OPERATORS", "Condition", "Question", "ask"]

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_USD = 1e9


Of = Callable[[Any], "ColumnElement[Any]"]
"""An expression over a table's columns, of either table."""


class Metric(NamedTuple):
    """One figure that can be asked for."""

    label: str
    form: Literal["number", "currency", "percent", "latency", "throughput"]
    of: Of
    """Its expression over a table's columns."""

    raw: bool = False
    """Whether only single generations tell it."""

    @property
    def is_rate(self) -> bool:
        """Whether it can't be added up."""
        return self.form in {"percent", "latency", "throughput"}


def _sum(name: str) -> Of:
    return lambda c: func.sum(c[name])


def _ratio(above: Of, below: Of) -> Of:
    def of(c: Any) -> ColumnElement[Any]:
        return cast(above(c), Float) / func.nullif(below(c), 0)

    return of


def _dollars(name: str) -> Of:
    def of(c: Any) -> ColumnElement[Any]:
        return cast(func.sum(c[name]), Float) / _USD

    return of


def _tokens(c: Any) -> ColumnElement[Any]:
    return func.sum(c.prompt_tokens + c.completion_tokens)


def _thousandfold(c: Any) -> ColumnElement[Any]:
    return func.sum(c.completion_tokens) * 1000  # times are in milliseconds


def _tries(c: Any) -> ColumnElement[Any]:
    return func.sum(c.requests + c.failed)


_SPREAD: tuple[tuple[str, str, Literal["latency", "throughput"], str], ...] = (
    ("latency", "Latency", "latency", "waited"),
    ("throughput", "Throughput", "throughput", "speed"),
)


def _percentile(name: str, share: float) -> Of:
    return lambda c: Percentile(c[name], literal_column(str(share)))


METRICS: dict[str, Metric] = {
    "request_count": Metric("Requests", "number", _sum("requests")),
    "error_count": Metric("Failed requests", "number", _sum("failed")),
    "tokens_prompt": Metric("Prompt tokens", "number", _sum("prompt_tokens")),
    "tokens_completion": Metric("Completion tokens", "number", _sum("completion_tokens")),
    "tokens_total": Metric("Tokens", "number", _tokens),
    "reasoning_tokens": Metric("Reasoning tokens", "number", _sum("reasoning_tokens")),
    "cached_tokens": Metric("Cached tokens", "number", _sum("cached_tokens")),
    "byok_request_count": Metric("Requests by own provider keys", "number", _sum("byok_requests")),
    "byok_usage": Metric("Price of what came by own provider keys", "currency", _dollars("byok_cost")),
    "total_usage": Metric("Spend", "currency", _dollars("cost")),
    "credits_usage": Metric("Credits used", "currency", _dollars("cost")),
    "avg_latency": Metric("Latency, average", "latency", _ratio(_sum("latency_ms"), _sum("timed"))),
    "avg_throughput": Metric(
        "Throughput, average",
        "throughput",
        _ratio(_thousandfold, _sum("generation_ms")),
    ),
    "cache_hit_rate": Metric("Cached part of prompts", "percent", _ratio(_sum("cached_tokens"), _sum("prompt_tokens"))),
    "error_rate": Metric("Failed part", "percent", _ratio(_sum("failed"), _tries)),
} | {
    f"p{share}_{name}": Metric(f"{label}, {share} %", form, _percentile(column, share / 100), raw=True)
    for name, label, form, column in _SPREAD
    for share in (50, 90, 99)
}
DIMENSIONS = {
    "model": "Model",
    "provider": "Provider",
    "api_key_id": "API key",
    "app": "App",
    "endpoint_id": "Endpoint",
    "variant": "Variant",
    "finish_reason": "Finish reason",
    "external_user": "End user",
    "session_id": "Session",
    "origin": "Origin",
    "context_length_bucket": "Length of the prompt",
    "generation_id": "Generation",
}
_RAW = frozenset(
    {"finish_reason", "external_user", "session_id", "origin", "context_length_bucket", "generation_id"}
)  # fmt: skip
"""Dimensions that only single generations have."""
OPERATORS = ("eq", "neq", "in", "not_in", "gt", "gte", "lt", "lte")
GRANULARITIES = ("minute", "hour", "day", "week", "month")


class Condition(NamedTuple):
    """One filter."""

    field: str
    operator: str
    value: Any


class Question(NamedTuple):
    """What is asked, checked by `ask`."""

    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]
    conditions: tuple[Condition, ...]
    granularity: str | None
    start: dt.datetime
    end: dt.datetime
    order: tuple[str, bool] | None
    """A metric, a dimension or `date`, and whether it falls."""
    limit: int


def ask(connection: Connection, account_id: str, question: Question) -> list[dict[str, Any]]:
    """The answer's rows; one more than the limit when there are more.

    Raises `BadRequest`.
    """
    _check(question)
    table, unit_ms = _source(question)
    if unit_ms == MINUTE_MS:
        bound(connection)
    c: Any = table.c
    per_day = _DAY_MS // unit_ms
    first, last = _number(question.start, unit_ms), _number(question.end, unit_ms, last=True)
    at = c["day" if per_day == 1 else "hour" if per_day == 24 else "minute"]
    columns: list[ColumnElement[Any]] = []
    if question.granularity is not None:
        columns.append(_bucket(at, question, first, last, per_day=per_day).label("date"))
    columns += [_dimension(c, name).label(name) for name in question.dimensions]
    groups = list(columns)
    columns += [METRICS[name].of(c).label(name) for name in question.metrics]
    query = select(*columns).where(c.account_id == account_id)
    if unit_ms == MINUTE_MS:
        # In the words of the index, and of partitions.
        query = query.where(c.created_at >= first * MINUTE_MS, c.created_at < (last + 1) * MINUTE_MS)
    else:
        query = query.where(at.between(first, last))
    for condition in question.conditions:
        query = query.where(_condition(c, condition))
    if groups:
        query = query.group_by(*groups)
    named = {column.name: column for column in columns}  # type: ignore[attr-defined]
    if question.order is not None:
        name, falls = question.order
        query = query.order_by(named[name].desc() if falls else named[name])
    query = query.order_by(*groups).limit(question.limit + 1)
    return [_shown(dict(row), unit_ms) for row in connection.execute(query).mappings()]


def _source(question: Question) -> tuple[FromClause, int]:
    """The narrowest table that knows the answer, and its unit of time."""
    raw = {*question.dimensions, *(each.field for each in question.conditions)} & _RAW
    if raw or question.granularity == "minute" or any(METRICS[name].raw for name in question.metrics):
        if question.end - question.start > dt.timedelta(days=DAYS):
            raise BadRequest(f"Invalid query: minutes, percentiles and {', '.join(sorted(_RAW))} reach {DAYS} days.")
        return rows(), MINUTE_MS
    if question.granularity == "hour" or _parts_of_days(question):
        return usage_hours, _HOUR_MS
    return usage_days, _DAY_MS


def _check(question: Question) -> None:
    faults = [f"unknown metric {name!r}" for name in question.metrics if name not in METRICS]
    faults += [f"unknown dimension {name!r}" for name in question.dimensions if name not in DIMENSIONS]
    faults += [f"unknown filter field {each.field!r}" for each in question.conditions if each.field not in DIMENSIONS]
    faults += [f"unknown operator {each.operator!r}" for each in question.conditions if each.operator not in OPERATORS]
    if question.granularity not in {None, *GRANULARITIES}:
        faults.append(f"unknown granularity {question.granularity!r}")
    if question.start >= question.end:
        faults.append("the time range ends before it starts")
    if question.order is not None:
        known = {*question.metrics, *question.dimensions, *(["date"] if question.granularity else [])}
        if question.order[0] not in known:
            faults.append(f"can't order by {question.order[0]!r}")
    if faults:
        raise BadRequest(f"Invalid query: {'; '.join(faults)}. `GET /analytics/meta` tells what there is.")


def _parts_of_days(question: Question) -> bool:
    return any(time.hour or time.minute for time in (question.start, question.end))


def _number(time: dt.datetime, unit_ms: int, *, last: bool = False) -> int:
    milliseconds = int((time - _EPOCH).total_seconds() * 1000)
    return (milliseconds - 1) // unit_ms if last else milliseconds // unit_ms


def _bucket(at: Any, question: Question, first: int, last: int, *, per_day: int) -> Any:
    """The number of the day or hour that a group begins with."""
    match question.granularity:
        case "week":
            return at - (at + 3 * per_day) % (7 * per_day)
        case "month":
            starts = months(first // per_day, last // per_day)
            return case(*((at >= start * per_day, start * per_day) for start in reversed(starts)), else_=literal(first))
        case "day":
            return at - at % per_day
        case "hour" if per_day > 24:
            return at - at % 60
        case _:
            return at


def _dimension(c: Any, name: str) -> Any:
    if name == "api_key_id":
        return c.key_id
    if name == "variant":
        # What follows a colon in a model's id; nothing otherwise.
        return case((c.model.like("%:free"), "free"), (c.model.like("%:%"), "other"), else_="standard")
    return c[name]


def _condition(c: Any, condition: Condition) -> Any:
    column, value = _dimension(c, condition.field), condition.value
    if condition.operator in {"in", "not_in"}:
        if not isinstance(value, list):
            raise BadRequest(f"Invalid query: `{condition.operator}` takes a list.")
        return column.in_(value) if condition.operator == "in" else column.not_in(value)
    if isinstance(value, list):
        raise BadRequest(f"Invalid query: `{condition.operator}` takes one value.")
    return _COMPARE[condition.operator](column, str(value))


_COMPARE: dict[str, Callable[[Any, str], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _shown(row: dict[str, Any], unit_ms: int) -> dict[str, Any]:
    if "date" in row:
        row["date"] = (_EPOCH + dt.timedelta(milliseconds=int(row["date"]) * unit_ms)).isoformat()
    # PostgreSQL sums big integers as decimals.
    return {name: int(value) if hasattr(value, "as_integer_ratio") and value == int(value) and name in _WHOLE else value
            for name, value in row.items()}  # fmt: skip


_WHOLE = frozenset(name for name, metric in METRICS.items() if metric.form == "number")
