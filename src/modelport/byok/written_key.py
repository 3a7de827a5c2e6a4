"""What the text of an own key holds: most are just a key, some clouds' hold where they are good for as well.

The forms are the reference's (`behaviour.md` section 22), told apart by what is in them: an Amazon key as JSON with a
region, a Google service account as JSON with a region beside, and Azure's list of resources or deployments.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from modelport.byok.errors import BadOwnKey

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Written", "check", "check_address", "masked", "read"]

_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_MOST = 20_000
_ENDINGS = ("/chat/completions", "/responses", "/embeddings")


class Written(NamedTuple):
    """A key, and what its text says of where and for what it is shown."""

    key: str
    options: dict[str, str]
    """Words of the provider's addresses and signatures: a region, a project, a resource."""
    base_url: str | None = None
    query: Mapping[str, str] = MappingProxyType({})
    """What stands behind every address there."""
    upstream_model: str | None = None
    """What the provider calls the model under this key."""


def read(text: str, model: str | None = None) -> Written | None:
    """The key in `text`, for a model; None where the text names models and this is none of them.

    Raises `BadOwnKey`.
    """
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
        return Written(stripped, {})
    try:
        found: Any = msgspec.json.decode(stripped)
    except (msgspec.DecodeError, RecursionError):
        raise BadOwnKey(
            "Invalid request: key: it looks like JSON and can't be read as such.", metadata={"rule": "json_broken"}
        ) from None
    try:
        objects = msgspec.convert(found if isinstance(found, list) else [found], list[dict[str, Any]])
    except msgspec.ValidationError:
        objects = []
    if not objects:
        raise BadOwnKey("Invalid request: key: give a JSON object, or a list of them.", metadata={"rule": "json_form"})
    if "api_key" in objects[0]:
        return _azure(objects, model)
    if len(objects) > 1:
        raise BadOwnKey(
            "Invalid request: key: a list is for resources and deployments, each with an `api_key`.",
            metadata={"rule": "json_list"},
        )
    (one,) = objects
    if "accessKeyId" in one or "AccessKeyId" in one:
        return _amazon(one)
    if one.get("type") in {"service_account", "authorized_user"}:
        return _google(one, stripped)
    raise BadOwnKey(
        "Invalid request: key: this JSON is neither Amazon's (`accessKeyId`), nor Google's (`type`), nor Azure's "
        "(`api_key`).",
        metadata={"rule": "json_kind"},
    )


def check(text: str) -> None:
    """Raises `BadOwnKey` for a text that is no key."""
    if not text.strip() or len(text) > _MOST:
        raise BadOwnKey("Invalid request: key: it is empty, or longer than a key can be.", metadata={"rule": "empty"})
    if not text.isascii() or any(ord(each) < 32 and each not in "\r\n\t" for each in text):
        raise BadOwnKey("Invalid request: key: it has characters that no key has.", metadata={"rule": "characters"})
    if not text.strip().startswith(("{", "[")) and any(each.isspace() for each in text.strip()):
        raise BadOwnKey("Invalid request: key: a key has no blanks.", metadata={"rule": "blanks"})
    read(text)


def check_address(url: str) -> str:
    """An address to be called instead of the provider's, without a slash at its end. Raises `BadOwnKey`."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"https", "http"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
        parts = None
    if not good or parts is None:
        raise BadOwnKey("Invalid request: base_url: write it as `https://host/path`.", metadata={"rule": "address"})
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise BadOwnKey(
            "Invalid request: base_url: without a password, a query or a fragment.", metadata={"rule": "address_parts"}
        )
    return url.rstrip("/")


def masked(text: str) -> str:
    """A few characters of a key, for its owner to know it by; nothing of one that is short or holds several things."""
    stripped = text.strip()
    if stripped.startswith(("{", "[")):
        written = read(stripped)
        shown = "" if written is None else written.key.partition(":")[0]
        if shown.startswith("{") or not shown:
            return "{...}"  # a key file has nothing that is not either secret or the same in all
        return masked(shown)
    first = stripped.partition(":")[0] if ":" in stripped else stripped
    if len(first) < 16:
        return "..."
    return f"{first[:4]}...{first[-4:]}"


def _word(entry: dict[str, Any], name: str) -> str | None:
    value = entry.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise BadOwnKey(
            f"Invalid request: key: `{name}` is one word of letters, digits and `-`.",
            metadata={"rule": "word", "name": name},
        )
    return value


def _text(entry: dict[str, Any], *names: str) -> str:
    value = next((entry[name] for name in names if name in entry), None)
    if not isinstance(value, str) or not value or any(each.isspace() or each == ":" for each in value):
        raise BadOwnKey(f"Invalid request: key: `{names[0]}` is missing.", metadata={"rule": "part", "name": names[0]})
    return value


def _amazon(entry: dict[str, Any]) -> Written:
    parts = [_text(entry, "accessKeyId", "AccessKeyId"), _text(entry, "secretAccessKey", "SecretAccessKey")]
    if any(entry.get(name) for name in ("sessionToken", "SessionToken")):
        parts.append(_text(entry, "sessionToken", "SessionToken"))
    region = _word(entry, "region")
    return Written(":".join(parts), {} if region is None else {"region": region})


def _google(entry: dict[str, Any], text: str) -> Written:
    options: dict[str, str] = {}
    if (region := _word(entry, "region")) is not None:
        options["location"] = region
    if (project := _word(entry, "project_id")) is not None:
        options["project"] = project
    return Written(text, options)


def _azure(entries: list[dict[str, Any]], model: str | None) -> Written | None:
    for entry in entries:
        key = entry.get("api_key")
        if not isinstance(key, str) or not key or any(each.isspace() for each in key):
            raise BadOwnKey("Invalid request: key: each entry has an `api_key`.", metadata={"rule": "entry"})
    exact = [each for each in entries if each.get("model_slug")]
    chosen = next((each for each in exact if model is not None and each["model_slug"] == model), None)
    if chosen is None:
        chosen = next((each for each in entries if not each.get("model_slug")), None)
    if chosen is None:
        # Every entry is for one model, and none for this.
        return None if model is not None else _deployment(exact[0])
    return _deployment(chosen)


def _deployment(entry: dict[str, Any]) -> Written:
    base_url, options, query = None, dict[str, str](), dict[str, str]()
    if address := entry.get("endpoint_url"):
        if not isinstance(address, str) or len(address) > 2000:
            raise BadOwnKey("Invalid request: key: `endpoint_url` is an address.", metadata={"rule": "endpoint"})
        address, _, behind = address.partition("?")
        query = dict(parse_qsl(behind))
        base_url = check_address(address)
        for ending in _ENDINGS:
            base_url = base_url.removesuffix(ending)
    elif (resource := _word(entry, "resource_name")) is not None:
        options["resource"] = resource
    named = entry.get("model_id")
    if named is not None and (not isinstance(named, str) or not named or len(named) > 200):
        raise BadOwnKey("Invalid request: key: `model_id` is a name.", metadata={"rule": "model"})
    return Written(entry["api_key"], options, base_url, query, named)
