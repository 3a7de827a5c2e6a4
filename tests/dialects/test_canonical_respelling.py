"""A provider's own spelling of what stands inside turns and parts."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import Raw

from modelport.dialects.canonical import Places, Target, respelled

PLACES = Places("turns", ("tools",), ("content",))


def spelled(body: dict[str, Any], **row: Any) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(respelled(body, Target("m", stream=False, **row), PLACES)))


def test_top_level_names() -> None:
    """Alone they leave the rest unread, whatever it is."""
    raw = Raw(b'[{"role" : "user"}]')
    target = Target("m", stream=False, renames={"a": "z"}, drops=frozenset({"b"}))
    fields = respelled({"turns": raw, "a": 1, "b": 2}, target, PLACES)
    assert fields == {"turns": raw, "z": 1}
    assert fields["turns"] is raw


def test_inner_names() -> None:
    """Fields of turns are not those of parts; parts stand in turns, in parts and in lists of their own."""
    part = {"x": 1, "y": 2, "content": [{"x": 3}]}
    body = {"turns": [{"role": "user", "x": 0, "y": 0, "content": [part]}], "tools": [part]}
    told = spelled(body, renames={"parts.x": "new"}, drops=frozenset({"messages.y", "parts.y"}))
    after = {"content": [{"new": 3}], "new": 1}
    assert told == {"turns": [{"role": "user", "x": 0, "content": [after]}], "tools": [after]}


def test_roles() -> None:
    turns = [{"role": "system", "role.system": 1}, {"role": "user"}, {"type": "call"}]
    told = spelled({"turns": turns}, renames={"messages.role.system": "developer"})
    assert [turn.get("role") for turn in told["turns"]] == ["developer", "user", None]


def test_what_is_no_list_of_objects_stays() -> None:
    body = {"turns": "hi", "tools": [1, "a", {"content": "text", "x": 1}]}
    assert spelled(body, drops=frozenset({"parts.x"})) == {"turns": "hi", "tools": [1, "a", {"content": "text"}]}


def test_bytes_survive() -> None:
    """Values that nobody named are passed on unread."""
    raw = Raw(b'[{"role":"user","a": 1.50,"content":[{"b": [ 1 ],"x":2}]}]')
    fields = respelled({"turns": raw}, Target("m", stream=False, drops=frozenset({"parts.x"})), PLACES)
    assert fields["turns"] == Raw(b'[{"role":"user","a":1.50,"content":[{"b":[ 1 ]}]}]')
