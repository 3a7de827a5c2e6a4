"""JSON as models write it, mended; what can't be known is not invented."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelport.kit.json_healing import healed

if TYPE_CHECKING:
    from collections.abc import Callable

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_é", max_size=4), inner, max_size=4),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(st.text("abc", min_size=1, max_size=4), _VALUES, min_size=1, max_size=4)

_BREAKINGS: list[Callable[[str], str]] = [
    "```json\n{}\n```".format,
    "Sure!\n\n{}\n\nAnything else?".format,
    lambda text: text[:-1],
    lambda text: text[:-1] + ",}",
]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Here it is:\n{"a": [1, 2]}\nI hope it helps!', {"a": [1, 2]}),
        ('{"a": [1, 2', {"a": [1, 2]}),
        ('{"a": [1, {"b": 2]}', {"a": [1, {"b": 2}]}),
        ('{"a": 1, "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ("{a: 1, b_c: 'it''s'}", None),
        ("{a: 1, 'b': 'two \"2\"'}", {"a": 1, "b": 'two "2"'}),
        ('{"a": True, "b": None}', {"a": True, "b": None}),
        ('{"a": "x" "b": "y"}', {"a": "x", "b": "y"}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ('{"a": .5, "b": +1}', {"a": 0.5, "b": 1}),
        ('"a": 1, "b": 2}', {"a": 1, "b": 2}),
        ('{"a": 1 // the first\n}', {"a": 1}),
        ('{"a": "cut o', None),
        ('{"a": ', None),
        ("no JSON at all", None),
        ("", None),
    ],
)
def test_what_is_broken_is_mended_or_left_alone(text: str, value: object) -> None:
    mended = healed(text)
    assert value == (None if mended is None else json.loads(mended))


def test_valid_json_is_left_as_it_is() -> None:
    assert healed(' {"a" : 1} ') is None


@settings(max_examples=60, deadline=None)
@given(
    value=_OBJECTS,
    breaking=st.sampled_from(_BREAKINGS),
)
def test_any_object_comes_back_from_a_usual_fault(value: dict[str, object], breaking: Callable[[str], str]) -> None:
    mended = healed(breaking(json.dumps(value)))
    assert mended is not None
    assert json.loads(mended) == value


@settings(max_examples=60, deadline=None)
@given(st.text("{}[],:\"'ab1 \\\n`", max_size=40))
def test_whatever_the_text_it_ends_and_what_it_gives_is_json(text: str) -> None:
    if (mended := healed(text)) is not None:
        json.loads(mended)
