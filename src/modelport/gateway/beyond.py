"""What the reference runs beside a model and this server does not: refused by name, never left out in silence.

An endpoint that has it itself is sent it as it came: another gateway, or a model with a search of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import Raw

from modelport.errors import BadRequest, Forbidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelport.dialects.canonical import Target

__all__ = ["check", "refuse_disabled"]

_PREFIX: Final = "openrouter:"
_SEARCH: Final = "openrouter:web_search"
_MARK: Final = b'"openrouter:'
_HERE: Final = frozenset({
    "auto-router", "auto-beta-router", "context-compression", "file-parser", "response-healing",
})  # fmt: skip
"""Plugins of this server."""
_LOOP: Final = ("stop_server_tools_when", "deferred_tools", "x_search_filter", "web_search_options")
"""Fields that mean something only where tools are run."""


_N = TypeVar("_N", bound=msgspec.Struct)


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


class _Asked(msgspec.Struct):
    tools: list[Raw] | None = None
    plugins: list[Raw] | None = None


def refuse_disabled(body: bytes, disabled: frozenset[str]) -> None:
    """Raises `Forbidden` where a request names a server tool that its workspace has switched off; the plugin `web`, by
    whatever name it was asked for, is the search.
    """
    try:
        asked = msgspec.json.decode(body, type=_Asked)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # its dialect's reader refused it, or has other words for these
    named = [_named(each, _Tool).type for each in asked.tools or ()]
    plugins = (_named(each, _Plugin) for each in asked.plugins or ())
    named += [_SEARCH for each in plugins if each.id == "web" and each.enabled is not False]
    for name in named:
        if name in disabled:
            raise Forbidden(f"The server tool {name!r} is switched off in this workspace.")


def _named(raw: Raw, kind: type[_N]) -> _N:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return kind()


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
