"""The table of parameters against the writers: every parameter is sent through every one of them."""

from __future__ import annotations

import pytest
from parameter_samples import SAMPLES, measured

from modelport.gateway.dialect_table import DIALECTS
from modelport.gateway.parameters import DIALECT_ORDER, PARAMETERS


def test_the_table_has_every_dialect_and_every_sample_a_row() -> None:
    assert tuple(DIALECTS) == DIALECT_ORDER
    assert list(PARAMETERS) == list(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("dialect", DIALECT_ORDER)
def test_the_writers_do_as_the_table_says(name: str, dialect: str) -> None:
    how, message = measured(dialect, name)
    assert how == PARAMETERS[name].by_dialect[dialect]
    if how == "refused":
        # A refusal names the field, or the place of what can't be sent.
        assert "`" in message
        field = name.partition(":")[0].partition(",")[0].partition(" ")[0]
        named = {"modalities": "audio", "tool_choice": "tools", "parallel_tool_calls": "tools"}.get(field, field)
        assert any(f"`{word}" in message for word in (field, named, "messages", "tools"))
