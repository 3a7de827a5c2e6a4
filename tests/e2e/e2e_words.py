"""The app's own texts, read from its sources, so that a journey is told once and walked in each language."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["say", "texts"]

_FOLDER = Path(__file__).resolve().parents[2] / "web/src/shared/i18n/languages"


@cache
def texts(language: str) -> dict[str, Any]:
    """Every text of a language, as the tree its keys are of."""
    found: dict[str, Any] = {}
    for part in sorted((_FOLDER / language.lower()).glob("*.ts")):
        source = part.read_text("utf-8")
        body = source[source.index("= {") + 2 : source.rindex("};") + 1]
        # A plain object of strings: quote its names, drop trailing commas, and it is JSON.
        quoted = re.sub(r"^(\s*)([A-Za-z_]\w*):", r'\1"\2":', body, flags=re.MULTILINE)
        found |= json.loads(re.sub(r",(\s*})", r"\1", quoted))
    return found


def say(language: str, key: str, **values: object) -> str:
    """The text of a key such as `chat.send`, with its values filled in."""
    text: Any = texts(language)
    for name in key.split("."):
        text = text[name]
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", str(value))
    assert isinstance(text, str), key
    return text
