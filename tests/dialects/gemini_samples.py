"""Recorded exchanges of the Gemini API, read where they lie beside the repository, and how requests are compared."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import Charged, Identity, Usage
from modelport.upstream.sse import Reader as Events

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAFFIC = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
ID = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
CHARGED = Charged(
    Usage(prompt_tokens=100, completion_tokens=20, cached_tokens=30, reasoning_tokens=8), 5, 3, 2
)  # fmt: skip

_METHODS = ("generateContent", "streamGenerateContent", "countTokens")


class Recorded(NamedTuple):
    """One recorded exchange."""

    id: str
    model: str
    request: bytes | None
    status: int
    method: str
    listed: bool
    """A stream without `alt=sse`: one list."""
    body: str


def providers() -> list[str]:
    """Files of recordings of this dialect; empty where they are not there."""
    return [name for name in ("gemini", "vertex") if (TRAFFIC / f"{name}.jsonl.gz").exists()]


def recorded(provider: str) -> Iterator[Recorded]:
    """The provider's exchanges with this dialect's addresses."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            one: dict[str, Any] = json.loads(line)
            method = one["url"].split("?")[0].rpartition(":")[2]
            if method not in _METHODS:
                continue
            if '"name": "cachedContents/' in (one["response_body"] or ""):
                continue  # two answers of another address are filed under this one
            body = one["request_body"]
            raw = body if isinstance(body, str) or body is None else json.dumps(body)
            yield Recorded(
                one["id"],
                one["model"] or "m",
                raw.encode() if raw else None,
                one["status"],
                method,
                method == "streamGenerateContent" and "alt=sse" not in one["url"],
                (one["response_body"] or "").replace("}\ndata: ", "}\n\ndata: "),  # one lost its empty lines
            )


def events_of(body: str | bytes) -> list[tuple[bytes, bytes]]:
    """The names and data of a stream's events."""
    reader = Events(2**26)
    read = [*reader.feed(body.encode() if isinstance(body, str) else body), *reader.finish()]
    return [(event.event, event.data) for event in read]


# Requests, with one spelling for what can be spelled in several ways.


def normal(body: dict[str, Any]) -> dict[str, Any]:
    """A request without what says nothing: nulls, empty settings, `thought: false`, the role of the system's words.

    Neighbouring contents of one role are one, an unsigned thought and the one after it too; results have the id that
    their call has; functions stand in one list before Google's own tools; a tier is not said.
    """
    body = camelled({name: value for name, value in body.items() if value not in (None, {}, [])})
    body.pop("model", None)
    if "systemInstruction" in body:
        body["systemInstruction"] = {"parts": parts_of(body["systemInstruction"])}
    turns: list[dict[str, Any]] = []
    for content in listed(body.get("contents")):
        role, parts = content.get("role") or "user", parts_of(content)
        if turns and turns[-1]["role"] == role:
            turns[-1]["parts"] = joined([*turns[-1]["parts"], *parts])
        elif parts:
            turns.append({"role": role, "parts": parts})
    body["contents"] = turns or [{"role": "user", "parts": [{"text": ""}]}]
    if "tools" in body:
        body["tools"] = tools_of(body["tools"])
    if "functionCallingConfig" in body.get("toolConfig", {}):
        calling = body["toolConfig"]["functionCallingConfig"]
        calling = {name: value for name, value in camelled(calling).items() if value != []}
        calling["mode"] = calling["mode"].upper()
        body["toolConfig"] = body["toolConfig"] | {"functionCallingConfig": calling}
    if "generationConfig" in body:
        config = camelled(body["generationConfig"])
        if "thinkingConfig" in config:
            config["thinkingConfig"] = camelled(config["thinkingConfig"])
        body["generationConfig"] = {name: value for name, value in config.items() if value not in (None, {}, [])}
        body = {name: value for name, value in body.items() if value != {}}
    return body


def camelled(fields: dict[str, Any]) -> dict[str, Any]:
    return {re.sub(r"_([a-z0-9])", lambda m: m[1].upper(), name): value for name, value in fields.items()}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def parts_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for each in listed(content.get("parts")):
        part = {name: value for name, value in camelled(each).items() if (name, value) != ("thought", False)}
        for name in ("functionCall", "functionResponse", "inlineData", "fileData"):
            if name in part:
                part[name] = {key: value for key, value in camelled(part[name]).items() if value is not None}
        if "functionCall" in part:
            part["functionCall"].setdefault("args", {})
            part["thoughtSignature"] = part.get("thoughtSignature")
        if "functionResponse" in part and part["functionResponse"].get("parts"):
            part["functionResponse"]["parts"] = parts_of(part["functionResponse"])
        if part.get("text") or set(part) - {"text"}:
            parts.append(part)
    return joined(parts)


def joined(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Unsigned thoughts with what follows of them, and a signature alone with the words before it."""
    done: list[dict[str, Any]] = []
    for part in parts:
        last = done[-1] if done else {}
        if set(last) == {"text", "thought"} and part.get("thought") and "text" in part:
            done[-1] = part | {"text": last["text"] + part["text"]}
        else:
            done.append(part)
    return done


def tools_of(tools: Any) -> list[dict[str, Any]]:
    functions: list[dict[str, Any]] = []
    own: list[dict[str, Any]] = []
    for tool in map(camelled, listed(tools)):
        for each in listed(tool.pop("functionDeclarations", None)):
            function = {name: value for name, value in camelled(each).items() if value is not None}
            functions.append(function)
        own += [{name: value} for name, value in tool.items() if value is not None]
    return [*([{"functionDeclarations": functions}] if functions else []), *own]
