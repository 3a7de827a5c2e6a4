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
from e2e_stage import Stage, browser_open  # noqa: E402

OUT = ROOT / "screenshots"
LANGUAGES = ("en", "zh-CN")
WIDTHS = (360, 1024, 1920)

_LOADED = "() => !document.querySelector('.mantine-Skeleton-root')"
"""On a busy machine a page may be waiting for figures that have come."""


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
        generation = stage.history(ada)
        for language, scheme, width in itertools.product(given.language or LANGUAGES, ("light", "dark"), WIDTHS):
            how: dict[str, Any] = {"language": language, "scheme": scheme, "width": width}
            with (
                stage.context(browser, person=ada, **how) as signed_in,
                stage.context(browser, **how) as nobody,
            ):
                for place in places:
                    page = (signed_in if place.signed_in else nobody).new_page()
                    page.goto(place.address.replace("{generation}", generation), wait_until="networkidle")
                    page.wait_for_function(_LOADED)
                    page.screenshot(path=OUT / f"{place.name}-{language}-{scheme}-{width}.png", full_page=True)
                    page.close()
        stage.stop()
    sys.stdout.write(f"{len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
