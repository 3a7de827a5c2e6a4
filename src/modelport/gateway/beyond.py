"""What the reference runs beside a model and this server does not: refused by name, never left out in silence.

An endpoint that has it itself is sent it as it came: another gateway, or a model with a search of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from modelport.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import Raw

    from modelport.dialects.canonical import Target

__all__ = ["check"]

_PREFIX: Final = "openrouter:"
_MARK: Final = b'"openrouter:'
_HERE: Final = frozenset({
    "auto-router", "auto-beta-router", "context-compression", "file-parser", "response-healing",
})  # fmt: skip
"""Plugins of this server."""
_LOOP: Final = ("stop_server_tools_when", "deferred_tools", "x_search_filter", "web_search_options")
"""Fields that mean something only where tools are run."""


class _Tool(msgspec.Struct):
    type: str = "function"


class _Plugin(msgspec.Struct):
    id: str = ""
    enabled: bool | None = None


_TOOLS: Final = msgspec.json.Decoder(list[_Tool])
_PLUGINS: Final = msgspec.json.Decoder(list[_Plugin])


def check(fields: Mapping[str, Raw], target: Target) -> None:
    """Raises `BadRequest` that names the field which the endpoint can't be asked for."""
    tools = fields.get("tools")
    if tools is not None and _MARK in bytes(tools) and "plugins" not in target.keeps:
        _check_tools(tools)
    plugins = fields.get("plugins")
    if plugins is not None and "plugins" not in target.keeps:
        _check_plugins(plugins)
    for name in _LOOP:
        if name in fields and name not in target.keeps and bytes(fields[name]) not in {b"null", b"[]"}:
            raise BadRequest(f"`{name}` asks for what neither this server nor an endpoint of the model runs.")


def _check_tools(raw: Raw) -> None:
    try:
        tools = _TOOLS.decode(raw)
    except msgspec.DecodeError as error:
        raise BadRequest(f"Invalid request: `tools`: {error}") from error
    for index, tool in enumerate(tools):
        if tool.type.startswith(_PREFIX):
            raise BadRequest(f"`tools.{index}.type`: {tool.type[:60]!r} is run neither here nor by an endpoint.")


def _check_plugins(raw: Raw) -> None:
    try:
        plugins = _PLUGINS.decode(raw)
    except msgspec.DecodeError as error:
        raise BadRequest(f"Invalid request: `plugins`: {error}") from error
    for index, plugin in enumerate(plugins or ()):
        if plugin.enabled is not False and plugin.id not in _HERE:
            raise BadRequest(f"`plugins.{index}.id`: {plugin.id[:60]!r} is run neither here nor by an endpoint.")
