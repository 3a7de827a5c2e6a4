"""The command line as scripts use it: a stable contract of options, JSON on standard output, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import structlog

from modelport.cli.output import run

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = """
providers:
  - {slug: maker, name: Maker, base_url: "http://127.0.0.1:9/v1", api_key: sk-upstream-secret}
models:
  - id: maker/model
    name: Model
    context_length: 8192
    endpoints:
      - {provider: maker, upstream_model: up, pricing: {prompt: "0.000001", completion: "0.000002"}}
"""


# A command costs seconds to start, so one process runs them all; the last test starts the real program.
DRIVER = """
import json, sys
from typer.testing import CliRunner
from modelport.cli.main import app

results = []
for words in json.load(sys.stdin):
    done = CliRunner().invoke(app, words)
    results.append([done.exit_code, done.stdout, done.stderr])
print(json.dumps(results))
"""
USER = ("--user", "a@example.test")
COMMANDS: dict[str, tuple[str, ...]] = {
    "doctor": ("doctor", "--json"),
    "users create": ("users", "create", "--email", "a@example.test", "--admin", "--json"),
    "keys create": ("keys", "create", *USER, "--name", "first", "--limit", "2.50", "--json"),
    "keys list": ("keys", "list", *USER, "--json"),
    "credits grant": ("credits", "grant", *USER, "--amount", "10.50", "--reference", "r1", "--json"),
    "credits grant again": ("credits", "grant", *USER, "--amount", "10.50", "--reference", "r1", "--json"),
    "ledger check": ("ledger", "check", "--json"),
    "usage rebuild": ("usage", "rebuild", "--json"),
    "catalog apply": ("catalog", "apply", "FILE", "--json"),
    "catalog apply again": ("catalog", "apply", "FILE", "--json"),
    "catalog list": ("catalog", "list", "--json"),
    "catalog export": ("catalog", "export"),
    "doctor again": ("doctor", "--json"),
    "nobody": ("keys", "create", "--user", "nobody@example.test", "--name", "x"),
    "no hash": ("keys", "revoke", "no-such-hash"),
    "no file": ("catalog", "apply", "no-such-file.yaml"),
    "no amount": ("credits", "grant", *USER, "--amount", "much"),
    "nothing": ("credits", "grant", *USER, "--amount", "0"),
    "less than nothing": ("keys", "create", *USER, "--name", "x", "--limit", "-1"),
}


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON value it printed."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    folder = tmp_path_factory.mktemp("cli")
    file = folder / "catalogue.yaml"
    file.write_text(CATALOGUE)
    commands = [
        [*(str(file) if word == "FILE" else word for word in words), "--data-dir", str(folder / "new")]
        for words in COMMANDS.values()
    ]
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {name: Done(*result) for name, result in zip(COMMANDS, json.loads(ran.stdout), strict=True)}


def test_from_an_empty_directory_to_a_funded_key(done: dict[str, Done]) -> None:
    """User, key, credits, in the words that outside checks use."""
    assert done["users create"].value["email"] == "a@example.test"
    assert done["users create"].value["is_admin"] is True
    key = done["keys create"].value
    assert key["key"].startswith("sk-mp-v1-")
    (listed,) = done["keys list"].value
    assert (listed["hash"], listed["limit"], listed["name"]) == (key["hash"], "2.5", "first")
    assert key["key"] not in done["keys list"].out
    assert done["credits grant"].value == {"user": "a@example.test", "balance": "10.5"}
    assert done["credits grant again"].value["balance"] == "10.5", "a reference grants once"
    assert done["ledger check"].value["fault"] is None
    assert done["usage rebuild"].value["seconds"] >= 0


def test_the_catalogue(done: dict[str, Done]) -> None:
    """Applied, applied again without a change, listed, and exported without its secrets."""
    assert len(done["catalog apply"].value["created"]) >= 2
    again = done["catalog apply again"].value
    assert (again["created"], again["updated"]) == ([], [])
    (row,) = done["catalog list"].value
    assert (row["id"], row["providers"], row["prompt"]) == ("maker/model", ["maker"], "1")
    assert "sk-upstream-secret" not in done["catalog export"].out
    assert "maker/model" in done["catalog export"].out


def test_doctor_says_what_to_do(done: dict[str, Done]) -> None:
    """Every finding has a state; a provider that can't be reached fails it."""
    found = {finding["check"]: finding for finding in done["doctor"].value}
    assert (found["database"]["state"], found["ledger"]["state"], found["secret"]["state"]) == ("ok", "ok", "ok")
    assert found["providers"]["state"] == "warning"
    assert "catalog apply" in found["providers"]["remedy"]
    after = done["doctor again"]
    assert after.code == 1
    (maker,) = [finding for finding in json.loads(after.out) if finding["check"] == "provider maker"]
    assert (maker["state"], bool(maker["remedy"])) == ("failed", True)
    assert "sk-upstream-secret" not in after.out + after.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "nobody@example.test"),
        ("no hash", "no-such-hash"),
        ("no file", "no-such-file.yaml"),
        ("no amount", "much"),
        ("nothing", "above zero"),
        ("less than nothing", "0 or more"),
    ],
)
def test_an_expected_fault_is_told_and_exits_1(done: dict[str, Done], name: str, said: str) -> None:
    """One sentence on the error output, nothing on the other, no traceback."""
    code, out, err = done[name]
    assert (code, out) == (1, "")
    assert err.startswith("Error:")
    assert "Traceback" not in err
    assert said in " ".join(err.split())
    assert len(err.strip().splitlines()) <= 3


def test_what_a_server_runs_beside_itself_logs_as_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    async def work() -> None:
        structlog.get_logger().warning("beside", of="the server")

    run(work(), json_logs=True)
    (line,) = capsys.readouterr().err.splitlines()
    assert (json.loads(line)["event"], json.loads(line)["of"]) == ("beside", "the server")


def test_the_program_itself(tmp_path: Path) -> None:
    """`python -m modelport` prints one JSON value and exits with 0."""
    command = [sys.executable, "-m", "modelport", "init", "--data-dir", str(tmp_path), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    first = json.loads(ran.stdout)
    assert first["key"].startswith("sk-mp-v1-")
    assert first["setup_path"].startswith("/setup/")
