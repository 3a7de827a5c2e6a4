"""A running server takes note within a second of what the command line does as another process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from api_harness import catalogue, until

if TYPE_CHECKING:
    from pathlib import Path

    from api_harness import Caller, Harness

_NOTICED = 3.0
"""Seconds from the command's end until the server acts on it: a second is promised, the rest is for busy machines."""


def start(harness: Harness, *words: str) -> subprocess.Popen[bytes]:
    """A command on the server's data directory, under way."""
    command = [sys.executable, "-m", "modelport", *words, "--data-dir", str(harness.settings.data_dir), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> float:
    """When the command ended well."""
    process.communicate(timeout=30)
    assert process.returncode == 0
    return time.monotonic()


def test_commands_of_another_process_are_noticed(harness: Harness, caller: Caller, tmp_path: Path) -> None:
    """A revoked key, a grant, and a catalogue; one test, as each command takes a second to start."""
    poor = harness.caller("0")
    assert poor.chat().status == 402
    assert caller.chat().status == 200
    new = catalogue(harness.fake_port)
    new["models"] = [dict(new["models"][0], id="fake/late", aliases=[])]
    file = tmp_path / "late.json"
    file.write_text(json.dumps(new))
    revoking = start(harness, "keys", "revoke", caller.key_hash)
    granting = start(harness, "credits", "grant", "--user", poor.email, "--amount", "1")
    ended = max(finish(revoking), finish(granting))
    until(lambda: caller.chat().status == 401 or None, 5)
    until(lambda: poor.chat().status == 200 or None, 5)
    assert time.monotonic() - ended < _NOTICED
    assert poor.chat(model="fake/late").status == 400
    ended = finish(start(harness, "catalog", "apply", str(file)))
    until(lambda: poor.chat(model="fake/late").status == 200 or None, 5)
    assert time.monotonic() - ended < _NOTICED
    refused = caller.chat()
    assert (refused.status, refused.error["metadata"]["error_type"]) == (401, "authentication")


@pytest.mark.parametrize("stream", [False, True])
def test_a_key_revoked_here_ends_at_once(caller: Caller, *, stream: bool) -> None:
    assert caller.chat(stream=stream).status == 200
    caller.harness.call(caller.harness.services.keys.revoke(caller.key_hash))
    assert caller.chat(stream=stream).status == 401
    assert caller.get("/key").status_code == 401
