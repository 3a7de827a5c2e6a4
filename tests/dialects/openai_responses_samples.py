"""Recorded exchanges of OpenAI Responses, and what they say, taken out independently of the house's own readers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelport.dialects.canonical import Charged, Identity, Usage
from modelport.upstream.sse import Reader as Sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelport.dialects.canonical import Output

TRAFFIC = Path(__file__).resolve().parents[2].parent / "shared" / "traffic"
IDENTITY = Identity("gen-1750000000-abcdef", "maker/model", "Maker", 1_750_000_000)
CHARGED = Charged(Usage(10, 5, 4, 1, 0, 2), 1_500, 1_000, 500)


class Recorded(NamedTuple):
    """One exchange."""

    id: str
    request: dict[str, Any] | None
    status: int
    body: str
    stream: bool


def providers() -> list[str]:
    """Providers of whom there is traffic; empty where it is not there."""
    return sorted(path.name.removesuffix(".jsonl.gz") for path in TRAFFIC.glob("*.jsonl.gz"))


def recorded(provider: str) -> Iterator[Recorded]:
    """All exchanges whose address ends in `/responses`."""
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            one: dict[str, Any] = json.loads(line)
            if one["url"].partition("?")[0].endswith("/responses"):
                body = one["response_body"] or ""
                yield Recorded(one["id"], one["request_body"], one["status"], body, bool(one["stream"]))


def events_of(body: str) -> list[tuple[bytes, bytes]]:
    """Names and data of a recorded stream."""
    reader = Sse(2**25)
    return [(one.event, one.data) for one in [*reader.feed(body.encode()), *reader.finish()]]


class Said(NamedTuple):
    """What an answer says."""

    text: str
    refusal: str
    calls: list[tuple[str, str, str]]
    reasoning: list[tuple[str, str, str | None]]
    """Kind, text or data, id of the item."""
    annotations: list[dict[str, Any]]
    logprobs: int
    images: list[str]
    others: list[dict[str, Any]]
    """Items of other kinds, whole."""


def said_in(items: list[dict[str, Any]]) -> Said:
    """What output items say."""
    said = Said("", "", [], [], [], 0, [], [])
    for item in items:
        match item["type"]:
            case "message":
                for part in item["content"]:
                    said = said._replace(
                        text=said.text + (part.get("text") or ""),
                        refusal=said.refusal + ((part.get("refusal") or "") if part["type"] == "refusal" else ""),
                        logprobs=said.logprobs + len(part.get("logprobs") or ()),
                    )
                    said.annotations.extend(part.get("annotations") or ())
            case "function_call":
                said.calls.append((item["call_id"], item["name"], item["arguments"]))
            case "custom_tool_call":
                said.calls.append((item["call_id"], item["name"], item["input"]))
            case "reasoning":
                found = [("summary", part["text"], item["id"]) for part in item.get("summary") or () if part["text"]]
                found += [("text", part["text"], item["id"]) for part in item.get("content") or () if part["text"]]
                if item.get("encrypted_content") or not found:
                    found.append(("encrypted", item.get("encrypted_content") or "", item["id"]))
                said.reasoning.extend(found)
            case "image_generation_call" if item.get("result"):
                form = item.get("output_format") or "png"
                said.images.append(f"data:image/{form};base64,{item['result']}")
            case "image_generation_call":
                pass
            case _:
                said.others.append(item)
    return said


def said_by(output: Output) -> Said:
    """The same of a folded answer."""
    from modelport.dialects import canonical

    said = Said("", "", [], [], [], 0, [], [])
    choice = output.choices[0] if output.choices else canonical.Choice()
    for part in choice.parts:
        match part:
            case canonical.Text():
                said = said._replace(text=said.text + part.text)
                said.annotations.extend(_annotation(one) for one in part.annotations)
            case canonical.Refusal():
                said = said._replace(refusal=said.refusal + part.text)
            case canonical.ToolCall():
                said.calls.append((part.id, part.name, part.arguments))
            case canonical.Reasoning(format="openai-responses-item-v1", data=str(data)):
                said.others.append(json.loads(data))
            case canonical.Reasoning():
                said.reasoning.append((part.kind, part.data or "" if part.kind == "encrypted" else part.text, part.id))
            case _:
                raise AssertionError(part)
    scores = choice.logprobs.content if choice.logprobs else None
    return said._replace(logprobs=len(scores or ()), images=choice.images)


def _annotation(one: Any) -> dict[str, Any]:
    import msgspec

    if one.raw is not msgspec.UNSET:
        return json.loads(bytes(one.raw))
    fields = {"url": one.url, "title": one.title, "start_index": one.start, "end_index": one.end}
    return {"type": "url_citation", **{name: value for name, value in fields.items() if value is not None}}
