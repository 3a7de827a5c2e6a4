"""Traces as OTLP/JSON, the JSON form of OpenTelemetry's protocol, with the attributes of its GenAI conventions.

Sources: the OpenTelemetry Protocol specification (JSON encoding: ids in hexadecimal, 64-bit integers as strings), the
semantic conventions for generative AI, and Langfuse's "OpenTelemetry" page for its own attributes; from memory.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from modelport.kit.money import format_usd, to_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelport.broadcast.destination import Destination
    from modelport.broadcast.trace import Trace

__all__ = ["EMPTY", "spans", "trace_id"]

_CLIENT: Final = 3
_OK, _ERROR = 1, 2
Attributes = dict[str, object]


def trace_id(trace: Trace) -> str:
    """The same for all answers of a session."""
    return hashlib.blake2b(trace.group.encode(), digest_size=16).hexdigest()


def spans(traces: Iterable[Trace], destination: Destination) -> bytes:
    """A whole `ExportTraceServiceRequest`."""
    return _request([_span(trace, destination) for trace in traces])


def _request(made: Sequence[dict[str, Any]]) -> bytes:
    scopes: list[dict[str, Any]] = [{"scope": {"name": "modelport"}, "spans": list(made)}]
    resource = {"attributes": _attributes({"service.name": "modelport"})}
    return msgspec.json.encode({"resourceSpans": [{"resource": resource, "scopeSpans": scopes if made else []}]})


def _span(trace: Trace, destination: Destination) -> dict[str, Any]:
    failed = trace.status == "error"
    status: dict[str, Any] = {"code": _ERROR if failed else _OK}
    if failed:
        status["message"] = trace.error_type or "error"
    return {
        "traceId": trace_id(trace),
        "spanId": hashlib.blake2b(trace.id.encode(), digest_size=8).hexdigest(),
        "name": f"chat {trace.model}",
        "kind": _CLIENT,
        "startTimeUnixNano": str(trace.started_at * 1_000_000),
        "endTimeUnixNano": str(trace.ended_at * 1_000_000),
        "attributes": _attributes(_facts(trace, destination)),
        "status": status,
    }


def _facts(trace: Trace, destination: Destination) -> Attributes:
    facts: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": trace.provider,
        "gen_ai.request.model": trace.model,
        "gen_ai.response.model": trace.model,
        "gen_ai.response.id": trace.id,
        "gen_ai.response.finish_reasons": None if trace.finish_reason is None else [trace.finish_reason],
        "gen_ai.usage.input_tokens": trace.prompt_tokens,
        "gen_ai.usage.output_tokens": trace.completion_tokens,
        "gen_ai.usage.reasoning_tokens": trace.reasoning_tokens or None,
        "gen_ai.usage.cached_tokens": trace.cached_tokens or None,
        "gen_ai.conversation.id": trace.session_id,
        "error.type": trace.error_type,
        "session.id": trace.session_id,
        "user.id": trace.external_user,
        "modelport.status": trace.status,
        "modelport.streamed": trace.streamed,
        "modelport.cached_from": trace.cached_from,
        "modelport.time_to_first_token_ms": None if trace.first_at is None else trace.first_at - trace.started_at,
    }
    content = None if destination.privacy_mode else trace.content
    if content is not None:
        facts |= {"gen_ai.prompt": content.input, "gen_ai.completion": content.output}
    if destination.tells_cost:
        facts |= {
            "modelport.cost_usd": to_number(trace.cost),
            "modelport.cost": format_usd(trace.cost),
            "modelport.is_byok": trace.byok_cost is not None,
            "modelport.byok_cost": None if trace.byok_cost is None else format_usd(trace.byok_cost),
            "modelport.is_free": trace.is_free,
        }
    if destination.tells_identity:
        source = trace.source
        facts |= {
            "modelport.account_id": source.account_id,
            "modelport.workspace_id": source.workspace_id,
            "modelport.user_id": source.user_id,
            "modelport.api_key_hash": source.key_hash,
            "modelport.api_key_name": source.key_name,
        }
    if destination.tells_context:
        facts |= {
            "modelport.app": trace.app,
            "modelport.http_referer": trace.referer,
            "modelport.app_title": trace.title,
            "modelport.user_agent": trace.user_agent,
            "modelport.upstream_id": trace.upstream_id,
            "modelport.provider_slug": trace.endpoint,
        }
    if destination.type == "langfuse":
        facts |= _for_langfuse(facts, trace)
    return facts


def _for_langfuse(facts: Attributes, trace: Trace) -> Attributes:
    """What Langfuse reads under names of its own."""
    told: Attributes = {
        "langfuse.observation.type": "generation",
        "langfuse.session.id": trace.session_id,
        "langfuse.user.id": trace.external_user,
        "langfuse.observation.input": facts.get("gen_ai.prompt"),
        "langfuse.observation.output": facts.get("gen_ai.completion"),
        "langfuse.observation.model.name": trace.model,
    }
    if (cost := facts.get("modelport.cost_usd")) is not None:
        told["langfuse.observation.cost_details"] = msgspec.json.encode({"total": cost}).decode()
    return told


def _attributes(facts: Attributes) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in facts.items() if value is not None]


def _value(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            items = cast("list[object]", value)  # JSON's lists have no type of their own
            return {"arrayValue": {"values": [_value(each) for each in items]}}
        case _:
            return {"stringValue": str(value)}


EMPTY: Final = _request([])
"""What a test call sends: a request without spans."""
