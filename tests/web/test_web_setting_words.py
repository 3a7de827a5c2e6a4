"""Every system setting has a name and a description in each of the web app's languages, and none is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from e2e.e2e_words import texts
from modelport.system.service import _ADAPTERS, GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator


def _choices(shape: dict[str, Any]) -> Iterator[str]:
    """The words that a value may be."""
    yield from shape.get("enum", ())
    for part in shape.get("anyOf", ()):
        yield from _choices(part)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_settings_have_names_and_descriptions(language: str) -> None:
    words = texts(language)["system"]
    every = {name for names in GROUPS.values() for name in names}
    assert set(words["names"]) == set(words["about"]) == every
    assert set(words["groups"]) == {*GROUPS, "other"}
    assert set(words["choices"]) == {word for name in every for word in _choices(_ADAPTERS[name].json_schema())}
    assert all(text.strip() for part in ("names", "about", "choices") for text in words[part].values())
