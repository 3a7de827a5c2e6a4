"""`modelport providers`: the list, one row, and a name nobody knows."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from modelport.cli.main import app
from modelport.providers.table import ROWS


def told(*words: str) -> tuple[int, str]:
    """Exit status and output of a command."""
    result = CliRunner().invoke(app, ["providers", *words])
    return result.exit_code, result.output


def test_the_list() -> None:
    status, text = told("list", "--json")
    assert status == 0
    assert [row["slug"] for row in json.loads(text)] == list(ROWS)
    assert "groq" in told()[1]


def test_one_row_in_full() -> None:
    status, text = told("show", "groq", "--json")
    row = json.loads(text)
    assert status == 0
    assert row["wires"]["openai_chat"]["base_url"] == ROWS["groq"].wires["openai_chat"].base_url
    assert row["facts"][0]["source"].startswith("https://")


def test_a_name_that_nobody_knows() -> None:
    assert told("show", "nobody")[0] == 1
