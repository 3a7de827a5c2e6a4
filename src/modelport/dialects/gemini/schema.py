"""Schemas: Google's own kind, a subset of OpenAPI 3.0 with types in capitals, read as JSON Schema.

Written is always JSON Schema, byte for byte as it came, in `parametersJsonSchema` and `responseJsonSchema`: every model
recorded since 2.0 takes both (260 requests answered with 200, with `$ref`, `$defs`, `anyOf`, `const`, `null` types and
`additionalProperties` among them), where `parameters` and `responseSchema` refuse most of these. The two kinds are told
apart by the field they stand in.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import msgspec
from msgspec import Raw

from modelport.kit.raw_json import FAULTS

__all__ = ["to_json_schema"]

_ANY = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()

_TYPES = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})
_COUNTS = frozenset({"maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"})
"""Written as texts by Google's JSON, being 64 bits long."""
_SNAKE = {
    "any_of": "anyOf",
    "max_items": "maxItems",
    "min_items": "minItems",
    "max_length": "maxLength",
    "min_length": "minLength",
    "max_properties": "maxProperties",
    "min_properties": "minProperties",
    "property_ordering": "propertyOrdering",
    "additional_properties": "additionalProperties",
}


def to_json_schema(raw: Raw) -> Raw:
    """A schema of Google's kind as JSON Schema; the same bytes when nothing had to be changed."""
    try:
        schema: Any = _ANY.decode(raw)
    except FAULTS:
        return raw
    changed = _converted(schema)
    return raw if changed == schema else Raw(_ENCODER.encode(changed))


def _converted(schema: Any) -> Any:
    if not _is_object(schema):
        return schema
    found = {_SNAKE.get(name, name): value for name, value in schema.items()}
    for name, value in found.items():
        if name in {"items", "additionalProperties", "not"}:
            found[name] = _converted(value)
        elif name in {"properties", "$defs", "defs"} and _is_object(value):
            found[name] = {key: _converted(each) for key, each in value.items()}
        elif name in {"anyOf", "oneOf", "allOf", "prefixItems"} and _is_list(value):
            found[name] = [_converted(each) for each in value]
        elif name in _COUNTS and isinstance(value, str) and value.isdigit():
            found[name] = int(value)
    if isinstance(kind := found.get("type"), str) and kind in _TYPES:
        found["type"] = kind.lower()
    if found.get("type") == "TYPE_UNSPECIFIED":
        del found["type"]
    if "nullable" in found:
        _allow_null(found)
    return found


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _allow_null(schema: dict[str, Any]) -> None:
    """`nullable` in JSON Schema's words."""
    if schema.pop("nullable") is not True:
        return
    if isinstance(kind := schema.get("type"), str):
        schema["type"] = [kind, "null"]
        if isinstance(values := schema.get("enum"), list) and None not in values:
            schema["enum"] = [*values, None]
    elif isinstance(options := schema.get("anyOf"), list):
        schema["anyOf"] = [*options, {"type": "null"}]
