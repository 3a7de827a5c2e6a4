"""The Makefile explains itself, its recipes stay short, and the lock files name no registry."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-local.lock", "requirements-dev.lock", "tools/bootstrap.lock")


def test_help_lists_every_target_that_has_a_comment() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("run", "setup", "test", "check", "format", "docs", "lock", "proof", "bench", "dev"):
        assert re.search(rf"^  {target} +\S", done.stdout, re.MULTILINE), target


def test_recipes_have_one_or_two_lines() -> None:
    rules = re.findall(r"^([\w./-]+):.*\n((?:\t.*\n)*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for target, recipe in rules:
        commands = recipe.replace("\\\n", "").splitlines()
        assert len(commands) <= 2, f"{target}: move the recipe to a program in tools/"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+( ; .*)? \\\n    --hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_the_engine_of_the_local_model_is_locked_apart() -> None:
    """Some platforms have no wheel for it, and the server must install there all the same."""
    assert (ROOT / LOCKS[1]).read_text("utf-8").startswith("xllamacpp==")
    assert not any("xllamacpp" in (ROOT / name).read_text("utf-8") for name in (LOCKS[0], LOCKS[2]))


def test_the_web_apps_lock_names_no_registry_and_has_hashes() -> None:
    lock = json.loads((ROOT / "web/package-lock.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name and not package.get("link")}
    assert len(packages) > 100
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name


class TestFindPython:
    """Which Python `make setup` takes."""

    def find(self, folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
        command = ["sh", str(ROOT / "tools/find-python.sh"), *names]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def stub(self, folder: Path, name: str, status: int) -> None:
        (folder / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (folder / name).chmod(0o755)

    def test_one_that_does_not_run_or_is_too_old_is_passed_over(self, tmp_path: Path) -> None:
        self.stub(tmp_path, "old-python", 1)
        self.stub(tmp_path, "good-python", 0)
        done = self.find(tmp_path, "no-such-python", "old-python", "good-python")
        assert (done.returncode, done.stdout) == (0, f"{tmp_path}/good-python\n")

    def test_none_is_told_with_the_remedy(self, tmp_path: Path) -> None:
        done = self.find(tmp_path, "no-such-python")
        assert (done.returncode, done.stdout) == (1, "")
        assert "3.11" in done.stderr
        assert "PYTHON=" in done.stderr
