"""Every command that changes something writes it into the audit log: generated from the program's own commands."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
import typer.main
from typer.testing import CliRunner

from api.other_gateways import LITELLM, a_database
from audit.changed_rows import changed, log, named, rows
from db.database_places import template_file
from modelport.app import open_services
from modelport.audit.service import Search
from modelport.catalog import sync as sync_module
from modelport.catalog.offers.offer import Offer
from modelport.cli.main import app
from modelport.cli.serve import begin
from modelport.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER: Final = ("--user", "a@cli.test")
SECRETS: Final = ("sk-upstream-canary", "a@cli.test", "root@other.test", "sk-second")
CATALOGUE: Final = """
providers:
  - {slug: maker, name: Maker, base_url: "http://127.0.0.1:9/v1", api_key: sk-upstream-canary}
models:
  - id: maker/model
    name: Model
    context_length: 8192
    endpoints:
      - {provider: maker, upstream_model: up, pricing: {prompt: "0.000001", completion: "0.000002"}}
"""
OPENROUTER: Final = {
    "data": [
        {
            "id": "maker/other",
            "context_length": 9,
            "architecture": {"output_modalities": ["text"]},
            "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        }
    ]
}

FILES: Final = {"catalogue.yaml", "litellm.yaml", "openrouter.json", "rules.yaml", "new.db", "one.db", "copied"}
CHANGES: Final[dict[str, tuple[str, ...]]] = {
    "init": (),
    "users create": ("--email", "a@cli.test"),
    "keys create": (*USER, "--name", "first", "--json"),
    "keys update": ("HASH", "--limit", "2"),
    "credits grant": (*USER, "--amount", "10.50"),
    "catalog apply": ("catalogue.yaml",),
    "catalog seed": (),
    "catalog sync": ("--apply",),
    "providers add": ("maker", "--key", "sk-upstream-canary", "--unverified"),
    "pricing add": ("--markup", "0.2", "--json"),
    "pricing group": (*USER, "--group", "friends"),
    "pricing remove": ("ID",),
    "routing add": ("pin", "maker/*", "maker", "--json"),
    "routing remove": ("ID",),
    "routing apply": ("rules.yaml",),
    "import litellm": ("litellm.yaml", "--apply"),
    "import new-api": ("new.db", "--apply"),
    "import one-api": ("one.db", "--apply"),
    "import openrouter": ("openrouter.json", "--apply"),
    "keys revoke": ("HASH",),
}
"""What is run of each command that changes something, in this order."""
READS: Final[dict[str, tuple[str, ...]]] = {
    "keys list": USER,
    "catalog list": (),
    "catalog prices": ("maker/model",),
    "catalog export": (),
    "providers list": (),
    "providers show": ("groq",),
    "pricing list": (),
    "routing list": (),
    "routing export": (),
    "ledger check": (),
    "ledger margin": (),
    "doctor": (),
    "backup": ("copied",),
}
"""Those that must change nothing."""
UNAUDITED: Final[dict[str, str]] = {
    "serve": "goes on for ever; what its start makes is in the log, as a test of its own shows",
    "openapi": "has no data",
    "fake-provider": "has no data",
    "usage rebuild": "makes sums anew of what is stored: nothing that anybody said is changed",
}
"""Those that are not in the log, and why."""


def commands() -> Iterator[str]:
    """The words of every command."""

    def walk(group: Any, words: tuple[str, ...]) -> Iterator[str]:
        for name, each in group.commands.items():
            if hasattr(each, "commands"):
                yield from walk(each, (*words, name))
            else:
                yield " ".join((*words, name))

    yield from walk(typer.main.get_command(app), ())


class Seen(NamedTuple):
    """What one command did."""

    changed: set[str]
    """Tables whose rows are others than before."""
    entries: list[dict[str, Any]]


class Desk:
    """An operator's shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "data" / "modelport.db"
        self.made: dict[str, str] = {}
        self._before = rows(self.database)

    def run(self, *commands: tuple[str, tuple[str, ...]]) -> Seen:
        """Runs them and looks at what has changed."""
        known = len(log(self.database))
        for command, words in commands:
            self._run(command, words)
        before, self._before = self._before, rows(self.database)
        return Seen(changed(before, self._before), log(self.database, known))

    def _run(self, command: str, words: tuple[str, ...]) -> None:
        given = [self.made.get(each) or (str(self.folder / each) if each in FILES else each) for each in words]
        if command not in {"providers list", "providers show"}:
            given += ["--data-dir", str(self.folder / "data")]
        done = CliRunner().invoke(app, [*command.split(), *given])
        assert done.exit_code == (1 if command == "doctor" else 0), (command, done.output)
        if "--json" in words:
            told = json.loads(done.output)
            self.made["HASH" if "hash" in told else "ID"] = told.get("hash") or told["id"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    prices = {"prompt": "0.000001", "completion": "0.000002"}
    offers = [Offer(provider="openai", upstream_model="m", model_id="openai/m", pricing=prices, context_length=9)]
    editions = iter(("first", "first", "second", "second", "third", "third", "fourth"))

    async def packages() -> list[Offer]:
        return offers

    monkeypatch.setattr(sync_module, "read_packages", packages)
    monkeypatch.setattr(sync_module, "edition", lambda: next(editions))
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE)
    (tmp_path / "litellm.yaml").write_text(LITELLM)
    (tmp_path / "openrouter.json").write_text(json.dumps(OPENROUTER))
    (tmp_path / "rules.yaml").write_text("rules:\n- {pattern: maker/*, action: exclude, providers: [maker]}\n")
    (tmp_path / "data").mkdir()
    shutil.copyfile(template_file(), tmp_path / "data" / "modelport.db")
    a_database(tmp_path / "new.db", new_api=True, base_url="http://127.0.0.1:9")
    a_database(tmp_path / "one.db", new_api=False, base_url="http://127.0.0.1:9")
    return Desk(tmp_path)


def test_every_command_is_known_here() -> None:
    assert sorted(commands()) == sorted([*CHANGES, *READS, *UNAUDITED])


def test_what_a_command_changes_is_in_the_log_and_what_reads_changes_nothing(desk: Desk) -> None:
    person = f"command-line:{pwd.getpwuid(os.getuid()).pw_name}"
    for command, words in CHANGES.items():
        seen = desk.run((command, words))
        assert seen.changed, f"`{command}` changes nothing here: give it something to do"
        for entry in seen.entries:
            told = (entry["action"], entry["credential"], entry["address"], entry["user_id"])
            assert told == (f"modelport {command}", person, socket.gethostname(), None)
        unseen = seen.changed - named(seen.entries)
        assert not unseen, f"`{command}` changes {unseen}, and the audit log does not say so"
    assert desk.run(*READS.items()) == (set(), [])
    entries = log(desk.database)
    assert [each for each in SECRETS if each in json.dumps(entries)] == []
    granted = next(each for each in entries if each["action"] == "modelport credits grant")
    assert granted["account_id"].startswith("acct_")
    assert json.loads(granted["after"])["transfers"][0]["amount"] == 10_500_000_000
    updated = next(each for each in entries if each["action"] == "modelport keys update")
    assert json.loads(updated["before"])["api_keys"][0]["limit_nanos"] is None
    assert json.loads(updated["after"])["api_keys"][0]["limit_nanos"] == 2_000_000_000
    assert desk.run(("usage rebuild", ())).entries == []


def test_who_used_sudo_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    assert {entry["user_agent"] for entry in desk.run(("init", ())).entries} == {"sudo, ada"}


async def test_what_a_server_s_start_makes_is_in_the_log(tmp_path: Path) -> None:
    shutil.copyfile(template_file(), tmp_path / "modelport.db")
    async with open_services(Settings(data_dir=tmp_path, local_model=True)) as services:
        await begin(services)
        entries = await services.audit.page(Search())
    made = {name for entry in entries for name in entry.after}
    assert {"users", "api_keys", "providers", "models"} <= made
    assert all(entry.action.startswith("modelport") for entry in entries)
    assert {entry.credential.partition(":")[0] for entry in entries} == {"command-line"}


def test_a_command_that_fails_changes_nothing_and_says_nothing(desk: Desk) -> None:
    desk.run(("users create", ("--email", "a@cli.test")))
    before = log(desk.database)
    data = str(desk.folder / "data")
    assert CliRunner().invoke(app, ["users", "create", "--email", "a@cli.test", "--data-dir", data]).exit_code == 1
    assert log(desk.database) == before
