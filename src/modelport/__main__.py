"""`modelport`, and `python -m modelport`. Commands are in `cli/`; nothing heavy is imported before one is chosen."""

from __future__ import annotations

import gc

from modelport.cli.main import app

__all__ = ["main"]


def main() -> None:
    """Runs the command line."""
    # Nearly all that a start makes stays: at Python's own pace the collector would walk it five hundred times.
    gc.set_threshold(20_000, 20, 50)
    app()


if __name__ == "__main__":
    main()
