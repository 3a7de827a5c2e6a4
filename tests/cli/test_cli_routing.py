"""`modelport routing`, as an operator runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from modelport.cli.main import app

if TYPE_CHECKING:
    from pathlib import Path


def test_the_command_line(tmp_path: Path) -> None:
    def told(*words: str, status: int = 0) -> str:
        result = CliRunner().invoke(app, ["routing", *words, "--data-dir", str(tmp_path)])
        assert result.exit_code == status, result.output
        return result.output

    made = json.loads(told("add", "pin", "acme/*", "bolt", "acme/fast", "--note", "cheap", "--json"))
    assert (made["action"], made["providers"]) == ("pin", ["bolt", "acme/fast"])
    told("add", "weight", "acme/*", "bolt", "--weight", "2.5")
    assert "weight 2.5" in told("list")
    file = tmp_path / "rules.yaml"
    file.write_text(told("export"))
    told("remove", made["id"])
    assert len(json.loads(told("list", "--json"))) == 1
    assert "2 rules" in told("apply", str(file))
    assert told("export") == file.read_text()
    file.write_text("rules:\n- pattern: x\n  action: love\n  providers: [y]\n")
    assert "action" in told("apply", str(file), status=2)
    file.write_text("rule: []\n")
    told("apply", str(file), status=2)
    assert len(json.loads(told("list", "--json"))) == 2
