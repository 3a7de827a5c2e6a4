"""`modelport`, and `python -m modelport`. Commands are in `cli/`; nothing heavy is imported before one is chosen."""

from __future__ import annotations

from modelport.cli.main import app

__all__ = ["main"]


def main() -> None:
    """Runs the command line."""
    app()


if __name__ == "__main__":
    main()
