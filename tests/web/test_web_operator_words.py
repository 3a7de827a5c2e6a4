"""The web app has words for what the server tells in words for programs: notes of routing, faults, options."""

from __future__ import annotations

import pytest

from e2e.e2e_words import texts
from modelport.gateway.attempt_faults import _ADVICE
from modelport.gateway.plan_words import _NOTES, _REMOVED
from modelport.providers.table import ROWS
from modelport.upstream.errors import FaultKind

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-CN"])


@LANGUAGES
def test_a_trace_is_told_in_words(language: str) -> None:
    words = texts(language)["generation"]
    assert set(words["removed"]) == set(_REMOVED)
    assert set(words["notes"]) == set(_NOTES)
    assert set(words["faults"]) >= {each.value for each in FaultKind} | set(_ADVICE) | {"malformed", "parameters"}


@LANGUAGES
def test_options_of_providers_have_names(language: str) -> None:
    assert set(texts(language)["admin"]["options"]) == {name for row in ROWS.values() for name in row.options}
