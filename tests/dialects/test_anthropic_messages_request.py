"""Requests that come from other dialects, said in the words of this one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from modelport.dialects.anthropic_messages.request import (
    CHANGED,
    DROPPED,
    REFUSED,
    Target,
    headers,
    path,
    read_request,
    write_request,
)
from modelport.dialects.canonical import (
    Audio,
    CacheMark,
    File,
    Image,
    Message,
    Reasoning,
    ReasoningOptions,
    Request,
    ResponseFormat,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
)
from modelport.errors import BadRequest

TARGET = Target("claude", stream=False, default_max_tokens=8_000)
HI = Message(Role.USER, [Text("hi")])


def sent(*messages: Message, target: Target = TARGET, **options: Any) -> dict[str, Any]:
    request = Request(model="maker/model", messages=list(messages) or [HI], **options)
    return json.loads(write_request(request, target))


def test_door() -> None:
    assert path("claude", stream=True) == "/messages"
    assert headers("k")["x-api-key"] == "k"
    assert headers("k")["anthropic-version"] == "2023-06-01"
    assert DROPPED.keys().isdisjoint(REFUSED)
    assert CHANGED


def test_turns() -> None:
    """System messages go to the front, results into user turns, and neighbours of one role become one."""
    body = sent(
        Message(Role.SYSTEM, [Text("a", CacheMark("1h"))]),
        Message(Role.USER, [Text("b"), Text(" ")], name="Ann"),
        Message(Role.DEVELOPER, [Text("c")]),
        Message(Role.USER, [Text("d")]),
        Message(Role.ASSISTANT, [ToolCall("f.g:0", "f", '{ "x" : 1}'), ToolCall("b", "g", "{oops")]),
        Message(Role.TOOL, [ToolResult("f.g:0", [Text("1")]), ToolResult("b", [Image("data:image/gif;base64,R0")])]),
        Message(Role.USER, [Text("e")]),
        Message(Role.ASSISTANT, [Text("so: ")]),
    )
    assert body["system"] == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "text", "text": "c"},
    ]
    user, assistant, results, prefill = body["messages"]
    assert user["content"] == [{"type": "text", "text": "Ann: b"}, {"type": "text", "text": "d"}]
    assert [(each["id"], each["input"]) for each in assistant["content"]] == [
        ("f_g_0", {"x": 1}),
        ("b", {"INVALID_JSON": "{oops"}),
    ]
    assert [each["type"] for each in results["content"]] == ["tool_result", "tool_result", "text"]
    assert results["content"][0]["tool_use_id"] == "f_g_0"
    assert results["content"][1]["content"][0]["source"] == {"type": "base64", "media_type": "image/gif", "data": "R0"}
    assert prefill["content"] == [{"type": "text", "text": "so:"}]


def test_argument_bytes() -> None:
    """Arguments keep their spaces and order."""
    request = Request(model="m", messages=[HI, Message(Role.ASSISTANT, [ToolCall("a", "f", '{"b" : 1,  "a":2}')])])
    assert b'"input":{"b" : 1,  "a":2}' in write_request(request, TARGET)


def test_lone_system_prompt() -> None:
    assert sent(Message(Role.SYSTEM, [Text("go")]))["messages"][0]["role"] == "user"
    with pytest.raises(BadRequest, match="messages"):
        sent(Message(Role.USER, [Text("")]))


@pytest.mark.parametrize(
    ("file", "kind", "source"),
    [
        (File("a.pdf", data="JVBE"), "document", {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}),
        (File(url="https://a.example/c"), "document", {"type": "url", "url": "https://a.example/c"}),
        (File(url="https://a.example/c.PNG?x"), "image", {"type": "url", "url": "https://a.example/c.PNG?x"}),
        (
            File(data="data:text/csv;base64,YSxi"),
            "document",
            {"type": "text", "media_type": "text/plain", "data": "a,b"},
        ),
        (
            File(data="iVBOR", media_type="image/png"),
            "image",
            {"type": "base64", "media_type": "image/png", "data": "iVBOR"},
        ),
        (File(file_id="file_1"), "document", {"type": "file", "file_id": "file_1"}),
    ],
)
def test_files(file: File, kind: str, source: dict[str, str]) -> None:
    block = sent(Message(Role.USER, [file]))["messages"][0]["content"][0]
    assert (block["type"], block["source"]) == (kind, source)
    assert block.get("title") == file.filename


@pytest.mark.parametrize(
    ("part", "options", "named"),
    [
        (Audio("UklG", "wav"), {}, "messages.0"),
        (Video("https://a.example"), {}, "messages.0"),
        (File(data="UEsD", media_type="application/zip"), {}, "messages.0"),
        (File(), {}, "messages.0"),
        (File(data="%", media_type="text/plain"), {}, "messages.0"),
        (Text("x"), {"n": 2}, "`n`"),
        (Text("x"), {"modalities": ["text", "audio"]}, "`audio`"),
        (Text("x"), {"modalities": ["text", "image"]}, "`modalities`"),
        (Text("x"), {"max_tokens": 900, "reasoning": ReasoningOptions("high")}, "`max_tokens`"),
        (Text("x"), {"max_tokens": 2_000, "reasoning": ReasoningOptions(max_tokens=2_000)}, "`max_tokens`"),
    ],
)
def test_refused(part: Any, options: dict[str, Any], named: str) -> None:
    with pytest.raises(BadRequest, match=named):
        sent(Message(Role.USER, [part]), **options)


@pytest.mark.parametrize(
    ("options", "longest", "budget"),
    [
        (ReasoningOptions("high"), 10_000, 8_000),
        (ReasoningOptions("xhigh"), 1_000_000, 128_000),
        (ReasoningOptions("minimal"), 5_000, 1_024),
        (ReasoningOptions(enabled=True), 10_000, 5_000),
        (ReasoningOptions(max_tokens=10), 5_000, 1_024),
        (ReasoningOptions(max_tokens=9_000), None, 9_000),
    ],
)
def test_budget(options: ReasoningOptions, longest: int | None, budget: int) -> None:
    """`behaviour.md` section 11; what is refused beside a budget is left out."""
    body = sent(reasoning=options, max_tokens=longest, temperature=0.2, top_k=5, top_p=0.5)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] > budget
    assert not {"temperature", "top_k", "top_p"} & body.keys()


def test_thinking_otherwise() -> None:
    """Models that decide for themselves get an effort; none is none; a forced call and a bare loop go without."""
    adaptive = TARGET._replace(quirks=frozenset({"adaptive_thinking"}))
    body = sent(target=adaptive, reasoning=ReasoningOptions("minimal"))
    assert (body["thinking"], body["output_config"]) == ({"type": "adaptive"}, {"effort": "low"})
    assert sent(reasoning=ReasoningOptions("none"))["thinking"] == {"type": "disabled"}
    assert "thinking" not in sent(reasoning=ReasoningOptions(exclude=True))
    tools = [Tool("f")]
    forced = sent(tools=tools, tool_choice=ToolChoice("required"), reasoning=ReasoningOptions("low"))
    assert "thinking" not in forced
    assert forced["tools"] == [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]
    call, result = ToolCall("a", "f", ""), Message(Role.TOOL, [ToolResult("a", [])])
    bare = sent(HI, Message(Role.ASSISTANT, [call]), result, tools=tools, reasoning=ReasoningOptions("low"))
    assert "thinking" not in bare
    thought = Reasoning("text", "hm", "sig", format="anthropic-claude-v1")
    loop = sent(HI, Message(Role.ASSISTANT, [thought, call]), result, tools=tools, reasoning=ReasoningOptions("low"))
    assert loop["thinking"]["budget_tokens"] == 1_600
    assert loop["messages"][1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "sig"}


def test_foreign_reasoning_stays_away() -> None:
    """What another maker signed, or nobody did, is refused by the provider, so it is not sent."""
    parts = [
        Reasoning("summary", "s", id="rs", format="openai-responses-v1"),
        Reasoning("encrypted", data="x", format="google-gemini-v1"),
        Reasoning("text", "plain"),
        Reasoning("encrypted", data='{"type":"x"}], "model": "other"', format="anthropic-block-v1"),
        Reasoning("encrypted", data="own", format="anthropic-claude-v1"),
        Text("a"),
    ]
    content = sent(HI, Message(Role.ASSISTANT, list(parts)), HI)["messages"][1]["content"]
    assert content == [{"type": "redacted_thinking", "data": "own"}, {"type": "text", "text": "a"}]


def test_output_and_sampling() -> None:
    layout = ResponseFormat("json_schema", "n", Raw(b'{"type":"object"}'), strict=True)
    body = sent(
        response_format=layout, verbosity="low", temperature=1.7, stop=["a", " "], user="u",
        service_tier="default", tools=[Tool("f", strict=True)], parallel_tool_calls=False,
        target=TARGET._replace(
            quirks=frozenset({"eager_input_streaming"}), stream=True, drops=frozenset({"strict"}),
            renames={"max_tokens": "max"},
        ),
    )  # fmt: skip
    assert body == {
        "model": "claude",
        "max": 8_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}, "eager_input_streaming": True}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "stop_sequences": ["a"],
        "temperature": 1.0,
        "service_tier": "standard_only",
        "metadata": {"user_id": "u"},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        "stream": True,
    }
    assert "JSON" in sent(response_format=ResponseFormat("json_object"))["system"][0]["text"]
    assert "tool_choice" not in sent(tool_choice=ToolChoice("none"))


def test_for_the_gateway_only() -> None:
    """Fields meant for us stay in `extra`, where they can be read, and are not sent on."""
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
        "provider": {"only": ["a"]},
        "mcp_servers": [],
    }
    request = read_request(json.dumps(body).encode())
    assert set(request.extra) == {"provider", "mcp_servers"}
    assert "provider" not in json.loads(write_request(request, TARGET))
    assert "mcp_servers" in json.loads(write_request(request, TARGET))
