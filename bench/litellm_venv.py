"""LiteLLM in an environment of its own, made on demand and kept in `bench/.cache`."""

import shutil
import sys
from pathlib import Path
from typing import Final

from .process import Unavailable, output

# The newest that our package index can install with all its dependencies; raise it by hand.
_VERSION: Final = "1.106.2"
_HOME: Final = Path(__file__).parent / ".cache" / "litellm-venv"
_DONE: Final = _HOME / f"installed-{_VERSION}"


def litellm_version() -> str:
    """The pinned version."""
    return _VERSION


def litellm_program() -> Path:
    """The path of the `litellm` program, after installing it if need be (a minute or two, once)."""
    if not _DONE.exists():
        print(f"bench: installing litellm {_VERSION} into {_HOME} (once)", file=sys.stderr)
        shutil.rmtree(_HOME, ignore_errors=True)
        output([sys.executable, "-m", "venv", str(_HOME)], limit=120)
        pip = [str(_HOME / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        output([*pip, f"litellm[proxy]=={_VERSION}"], limit=600)
        _DONE.touch()
    program = _HOME / "bin" / "litellm"
    if not program.exists():
        raise Unavailable(f"{program} is missing; remove {_HOME} to install it anew")
    return program
