"""A `Document` as the YAML or JSON that `reading.py` reads back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from modelport.catalog.document import Document

__all__ = ["to_json", "to_yaml"]

_HEAD = """\
# A Modelport catalogue. Apply it with `modelport catalog apply FILE`.
# Keys that the server keeps sealed stand here as `env:MODELPORT_<PROVIDER>_API_KEY`. Applied to the server they
# came from, they stay as they are; on another server, set those variables first or write the keys in.
"""


def to_yaml(document: Document) -> str:
    """As YAML, without what is the default anyway."""
    return _HEAD + yaml.safe_dump(_plain(document), sort_keys=False, allow_unicode=True, width=110)


def to_json(document: Document) -> str:
    """As JSON, without what is the default anyway."""
    return json.dumps(_plain(document), indent=2, ensure_ascii=False) + "\n"


def _plain(document: Document) -> dict[str, Any]:
    return document.model_dump(mode="json", exclude_defaults=True)
