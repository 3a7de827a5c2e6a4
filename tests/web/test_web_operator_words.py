"""The web app has words for what the server tells in words for programs: notes of routing, faults, options."""

from __future__ import annotations

import re

import pytest

from e2e.e2e_words import texts
from modelport.control import control_app
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


@LANGUAGES
def test_the_audit_log_has_words_for_every_area(language: str) -> None:
    """By the first word of an address, where something is changed there that the audit log tells."""
    changing = {"post", "put", "patch", "delete"}
    paths = [path for path, methods in control_app().openapi()["paths"].items() if changing & methods.keys()]
    told = [path.split("/") for path in paths if path.startswith(("/api/admin/", "/api/app/"))]
    areas = {re.sub(r"[^a-z].*", "", parts[3]) for parts in told}
    areas |= {"byok", "guardrails", "keys", "observability", "workspaces"}
    assert areas <= set(texts(language)["admin"]["audit"]["areas"])
