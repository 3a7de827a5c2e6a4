"""A backup made beside a server at work is a data directory that a server goes on with; a failed one leaves nothing."""

from __future__ import annotations

import json
import stat
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api_harness import Harness
from typer.testing import CliRunner

from modelport.cli.main import app

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def run(*words: str) -> Any:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def refused(*words: str) -> str:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    return " ".join(done.stderr.split())


class TestBackup:
    """Of the embedded database."""

    def test_a_server_goes_on_with_it(self, harness: Harness, tmp_path: Path) -> None:
        caller, target, stop = harness.caller("1"), tmp_path / "made" / "copy", threading.Event()
        before = [caller.chat("fake: tokens=3").id for _ in range(3)]
        settled = [caller.generation(each) for each in before]

        def go_on() -> None:
            while not stop.is_set():
                assert caller.chat("fake: tokens=3").status == 200

        beside = threading.Thread(target=go_on)
        beside.start()
        try:
            told = run("backup", str(target), "--data-dir", str(harness.settings.data_dir), "--json")
        finally:
            stop.set()
            beside.join()
        assert told == {"target": str(target), "bytes": (target / "modelport.db").stat().st_size, "secret": True}
        assert sorted(each.name for each in target.iterdir()) == ["modelport.db", "secret.key"]
        assert {stat.S_IMODE(each.stat().st_mode) for each in target.iterdir()} == {0o600}
        assert run("ledger", "check", "--data-dir", str(target), "--json")["fault"] is None
        again = Harness(target)
        try:
            later = replace(caller, harness=again)
            assert [later.generation(each).cost for each in before] == [each.cost for each in settled]
            assert later.chat("fake: tokens=3").status == 200
            again.check()
        finally:
            again.stop(within=1)

    def test_nothing_is_written_over(self, harness: Harness, tmp_path: Path) -> None:
        (tmp_path / "kept").mkdir()
        said = refused("backup", str(tmp_path / "kept"), "--data-dir", str(harness.settings.data_dir))
        assert "there already" in said
        assert list((tmp_path / "kept").iterdir()) == []

    def test_an_empty_place_is_none(self, tmp_path: Path) -> None:
        assert "no database" in refused("backup", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "nowhere"))
        assert not (tmp_path / "copy").exists()

    def test_a_damaged_database_leaves_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "modelport.db").write_bytes(b"SQLite format 3\0" + bytes(4000))
        refused("backup", str(tmp_path / "copy"), "--data-dir", str(tmp_path))
        assert not list(tmp_path.glob("copy*"))

    def test_postgresql_has_its_own_tool(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MODELPORT_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
        assert "pg_dump" in refused("backup", str(tmp_path / "copy"), "--data-dir", str(tmp_path))
