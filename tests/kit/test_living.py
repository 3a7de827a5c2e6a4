"""The dead are found, the living never, whoever looks and whenever."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from modelport.kit.living import Living

if TYPE_CHECKING:
    from pathlib import Path

_LIVES = """
import sys, pathlib
from modelport.kit.living import Living
other = Living(pathlib.Path(sys.argv[1]), "other")
other.begin()
print("lives", flush=True)
sys.stdin.read()
"""


def test_only_the_killed_are_dead(tmp_path: Path) -> None:
    one = Living(tmp_path, "one")
    one.begin()
    command = [sys.executable, "-c", _LIVES, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"lives\n"
        assert one.find_dead() == []
        other.kill()
        other.wait()
    assert one.find_dead() == ["other"]
    another = Living(tmp_path, "another")
    another.begin()
    assert another.find_dead() == [], "the one has it already, and lives itself"
    one.forget()
    assert one.find_dead() == []
    another.end()
    one.end()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_taken_away_while_it_was_locked(tmp_path: Path) -> None:
    """Who begins again and again beside somebody who looks for the dead ends with a lock that others see."""
    seeker = Living(tmp_path, "seeker")
    for number in range(50):
        (tmp_path / f"p{number}.lock").touch()  # opened, and not locked yet
        assert seeker.find_dead() == [f"p{number}"]
        seeker.forget()
        begun = Living(tmp_path, f"p{number}")
        begun.begin()
        assert seeker.find_dead() == []
        begun.end()
