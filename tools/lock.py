"""Makes the lock files anew: `make lock`, or `make lock UPGRADE=1` for newer versions of everything.

Four requirement files, every line with hashes and none with a registry's address (ADR 0005):
`requirements.lock` runs the server, `requirements-local.lock` is the local model's engine alone (not every platform
has a wheel for it), `requirements-dev.lock` adds what checks and tests need, `tools/bootstrap.lock` installs them all.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPILE = (
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"),
)


def compile_lock(target: str, *sources: str, text: str | None = None) -> None:
    """Resolves `sources` (or `text`) into `target`; versions it already has are kept unless asked otherwise."""
    command = [*COMPILE, *sources, "--output-file", target]
    if "--upgrade" in sys.argv[1:]:
        command.append("--upgrade")
    command[0] = str(Path(sys.executable).with_name("uv"))
    subprocess.run(command, cwd=ROOT, input=text, text=True, check=True)
    print(f"{target} is up to date")


def main() -> None:
    """Each file is held to the versions of the one before it, so that one environment can take them all."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    engine = "\n".join(project["project"]["optional-dependencies"]["local"])
    compile_lock("requirements.lock", "pyproject.toml")
    compile_lock("requirements-local.lock", "-", "--constraint", "requirements.lock", "--no-deps", text=engine)
    compile_lock("requirements-dev.lock", "pyproject.toml", "--group", "dev", "--constraint", "requirements.lock")
    compile_lock("tools/bootstrap.lock", "tools/bootstrap.in", "--constraint", "requirements-dev.lock")


if __name__ == "__main__":
    main()
