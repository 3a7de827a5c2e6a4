"""`make screenshots`: every page in each language and theme at three widths, to be looked at.

The pictures are written to `screenshots/`, which git ignores.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from e2e_pages import PAGES  # noqa: E402 (the tests are no package)
from e2e_settled import settled, watch_calls  # noqa: E402
from e2e_stage import Stage, browser_open  # noqa: E402

OUT = ROOT / "screenshots"
LANGUAGES = ("en", "zh-CN")
WIDTHS = (360, 1024, 1920)

_BLANK = 6_000
"""Bytes: a picture of one colour has fewer, the emptiest page three times as many."""


def main() -> int:
    """Starts the stage, opens every page in every way, and writes what it looks like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="Pages; all by default.")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="Both by default.")
    given = parser.parse_args()
    names: list[str] = given.names
    places = [place for place in PAGES if not names or place.name in names]
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser_open() as browser:
        stage = Stage(Path(folder))
        ada = stage.person("ada@example.test", operator=True)
        furniture = {"generation": stage.history(ada), **stage.furnish(ada)}
        for language, scheme, width in itertools.product(given.language or LANGUAGES, ("light", "dark"), WIDTHS):
            how: dict[str, Any] = {"language": language, "scheme": scheme, "width": width}
            with (
                stage.context(browser, person=ada, **how) as signed_in,
                stage.context(browser, **how) as nobody,
            ):
                watch_calls(signed_in)
                watch_calls(nobody)
                for place in places:
                    page = (signed_in if place.signed_in else nobody).new_page()
                    page.goto(place.address.format(**furniture))
                    settled(page)
                    name = f"{place.name}-{language}-{scheme}-{width}.png"
                    picture = page.screenshot(path=OUT / name, full_page=True)
                    if len(picture) < _BLANK:
                        raise SystemExit(
                            f"{name} shows nothing: the page never came, or its picture was taken too early."
                        )
                    page.close()
        stage.stop()
    sys.stdout.write(f"{len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
