"""Requests that come from other dialects, said in the words of this one; and what callers of this one may say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from modelport.dialects.canonical import (
    Annotation,
    Audio,
    CacheMark,
    File,
    Image,
    Message,
    Reasoning,
    ReasoningOptions,
    Refusal,
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
from modelport.dialects.cohere_chat.request import (
    CHANGED,
    DROPPED,
    REFUSED,
    Target,
    headers,
    patch_request,
    path,
    read_request,
    write_request,
)
from modelport.errors import BadRequest

TARGET = Target("command", stream=False)
HI = Message(Role.USER, [Text("hi")])


def sent(*messages: Message, target: Target = TARGET, **options: Any) -> dict[str, Any]:
    request = Request(model="maker/model", messages=list(messages) or [HI], **options)
    return json.loads(write_request(request, target))


def asked(**fields: Any) -> Request:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], **fields}
    return read_request(json.dumps(body).encode())


def test_door() -> None:
    assert path("command", stream=True) == "/chat"
    assert headers("k")["authorization"] == "Bearer k"
    assert DROPPED.keys().isdisjoint(REFUSED)
    assert CHANGED.keys().isdisjoint(DROPPED)


def test_turns() -> None:
    """Roles, names, pictures, calls and results as this dialect has them."""
    messages = sent(
        Message(Role.SYSTEM, [Text("a", CacheMark("1h"))]),
        Message(Role.DEVELOPER, [Text("b")]),
        Message(Role.USER, [Text("c"), Text(""), Image("https://a.example/b.png", detail="low")], name="Ann"),
        Message(Role.USER, [Image(data="R0", media_type="image/gif")], name="Bob"),
        Message(
            Role.ASSISTANT,
            [Text("no"), Refusal(""), ToolCall("f:0", "f", '{ "x" : 1}', "sig"), ToolCall("b", "g", "")],
            "Eve",
        ),
        Message(Role.TOOL, [ToolResult("f:0", [Text("1")], is_error=True), ToolResult("b", [Text("2"), Text("3")])]),
        Message(Role.TOOL, [ToolResult("c", [Reasoning("text", "t")]), Text("and?")]),
        Message(Role.ASSISTANT, [Text("")]),
    )["messages"]
    assert messages == [
        {"role": "system", "content": "a"},
        {"role": "system", "content": "b"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Ann: c"},
                {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "low"}},
            ],
        },
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0"}}]},
        {
            "role": "assistant",
            "content": "Eve: no",
            "tool_calls": [
                {"id": "f:0", "type": "function", "function": {"name": "f", "arguments": '{ "x" : 1}'}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "f:0", "content": "1"},
        {
            "role": "tool",
            "tool_call_id": "b",
            "content": [{"type": "text", "text": "2"}, {"type": "text", "text": "3"}],
        },
        {"role": "tool", "tool_call_id": "c", "content": ""},
        {"role": "user", "content": "and?"},
    ]


def test_reasoning_goes_back() -> None:
    """Thoughts of our own and of nobody are sent, a plan as a plan; what another maker signed or named is not."""
    parts = [
        Reasoning("text", "t", format="cohere-chat-v1"),
        Reasoning("text", "plain"),
        Reasoning("summary", "s", format="openai-responses-v1"),
        Reasoning("text", "u", "sig", format="anthropic-claude-v1"),
        Reasoning("text", "v", "sig"),
        Reasoning("encrypted", data="x", format="google-gemini-v1"),
        Reasoning("encrypted", data='{"type":"map","at":[1]}', format="cohere-block-v1"),
        Reasoning("encrypted", data='{"type":"x"}], "model": "other"', format="cohere-block-v1"),
        ToolCall("a", "f", "{}"),
        Reasoning("text", "I will.", format="cohere-plan-v1"),
    ]
    message = sent(HI, Message(Role.ASSISTANT, list(parts)), HI)["messages"][1]
    assert message["tool_plan"] == "I will."
    assert message["content"] == [
        {"type": "thinking", "thinking": "t"},
        {"type": "thinking", "thinking": "plain"},
        {"type": "map", "at": [1]},
    ]


def test_citations_go_back() -> None:
    """Sources this provider named are told to it again, those of others are not."""
    own = Raw(b'{"start":0,"end":1,"sources":[]}')
    foreign = [Annotation("https://a.example", "A", start=0, end=1), Annotation(raw=Raw(b"3"))]
    text = Text("ab", annotations=[*foreign, Annotation(raw=own)])
    thought = Reasoning("text", "t", format="cohere-chat-v1")
    later = Text("cd", annotations=[Annotation(None, "T", None, 3, 4, own)])
    message = sent(HI, Message(Role.ASSISTANT, [thought, text, later]))["messages"][1]
    first = {"start": 0, "end": 1, "sources": []}
    assert message["citations"] == [first, {**first, "start": 1, "end": 2, "content_index": 2}]


@pytest.mark.parametrize(
    ("part", "options", "named"),
    [
        (Audio("UklG", "wav"), {}, "messages.0"),
        (Video("https://a.example"), {}, "messages.0"),
        (File("a.pdf", data="JVBE"), {}, "messages.0"),
        (ToolResult("a", [Image("https://a.example")]), {}, "messages.0"),
        (Text(""), {}, "messages"),
        (Text("x"), {"n": 2}, "`n`"),
        (Text("x"), {"modalities": ["text", "audio"]}, "`audio`"),
        (Text("x"), {"modalities": ["text", "image"]}, "`modalities`"),
        (Text("x"), {"tools": [Tool("f", raw=Raw(b'{"type":"web_search"}'))]}, "`tools.0`"),
        (Text("x"), {"tools": [Tool("f")], "tool_choice": ToolChoice("tool", "g")}, "`tool_choice`"),
    ],
)
def test_refused(part: Any, options: dict[str, Any], named: str) -> None:
    with pytest.raises(BadRequest, match=named):
        sent(Message(Role.USER, [part]), **options)


def test_pictures_of_the_assistant_are_refused() -> None:
    with pytest.raises(BadRequest, match=r"messages\.1"):
        sent(HI, Message(Role.ASSISTANT, [Image("https://a.example")]))


@pytest.mark.parametrize(
    ("options", "longest", "thinking"),
    [
        (ReasoningOptions("high"), 10_000, {"type": "enabled", "token_budget": 8_000}),
        (ReasoningOptions("minimal"), 5, {"type": "enabled", "token_budget": 1}),
        (ReasoningOptions(enabled=True), 10_000, {"type": "enabled", "token_budget": 5_000}),
        (ReasoningOptions("xhigh"), None, {"type": "enabled"}),
        (ReasoningOptions(max_tokens=70), None, {"type": "enabled", "token_budget": 70}),
        (ReasoningOptions("none"), 100, {"type": "disabled"}),
        (ReasoningOptions(enabled=False, max_tokens=9), 100, {"type": "disabled"}),
        (ReasoningOptions(exclude=True), 100, None),
    ],
)
def test_thinking(options: ReasoningOptions, longest: int | None, thinking: dict[str, Any] | None) -> None:
    """The shares are those of `behaviour.md` section 11."""
    assert sent(reasoning=options, max_tokens=longest).get("thinking") == thinking


def test_tools_and_sampling() -> None:
    """Other names, narrower ranges, and nothing that this dialect does not know."""
    body = sent(
        tools=[Tool("f", "d", Raw(b'{"type":"object"}'), strict=True), Tool("g", strict=True)],
        tool_choice=ToolChoice("required"), parallel_tool_calls=False, top_p=1.0, top_k=900, min_p=0.1, seed=7,
        frequency_penalty=-1.0, presence_penalty=1.5, stop=["a"], temperature=0.2, logprobs=True, top_logprobs=3,
        user="u", verbosity="low", service_tier="flex", repetition_penalty=1.1, top_a=0.1,
        response_format=ResponseFormat("json_schema", "n", Raw(b'{"type":"object"}'), strict=True),
        target=Target("c", True, 64, 99, {"k": "top_k"}, frozenset({"seed"})),
    )  # fmt: skip
    assert body == {
        "model": "c",
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}},
            {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}},
        ],
        "strict_tools": True,
        "tool_choice": "REQUIRED",
        "max_tokens": 64,
        "temperature": 0.2,
        "p": 0.99,
        "top_k": 500,
        "frequency_penalty": 0,
        "presence_penalty": 1,
        "stop_sequences": ["a"],
        "logprobs": True,
        "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
        "stream": True,
    }


def test_choices() -> None:
    """One tool is asked for by sending no other; `auto` is what happens without a word; strict for all or none."""
    tools = [Tool("f", strict=True), Tool("g")]
    one = sent(tools=tools, tool_choice=ToolChoice("tool", "g"))
    assert [tool["function"]["name"] for tool in one["tools"]] == ["g"]
    assert one["tool_choice"] == "REQUIRED"
    auto = sent(tools=tools, tool_choice=ToolChoice("auto"))
    assert not {"tool_choice", "strict_tools"} & auto.keys()
    assert sent(tools=tools, tool_choice=ToolChoice("none"))["tool_choice"] == "NONE"
    assert sent(response_format=ResponseFormat("json_object"))["response_format"] == {"type": "json_object"}
    assert sent(response_format=ResponseFormat("text"))["response_format"] == {"type": "text"}


def test_reading() -> None:
    """The fields of this dialect in the shared vocabulary."""
    request = asked(
        p=0.5, k=3, strict_tools=True, tool_choice="NONE", thinking={"type": "enabled", "token_budget": 9},
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}], stop_sequences=["a"],
        response_format={"type": "json_object", "json_schema": {"type": "object"}}, safety_mode="OFF", priority=2,
        citation_options={"mode": "off"}, documents=["d"],
    )  # fmt: skip
    assert (request.top_p, request.top_k, request.stop) == (0.5, 3, ["a"])
    assert request.tools == [Tool("f", parameters=Raw(b"{}"), strict=True)]
    assert request.tool_choice == ToolChoice("none")
    assert request.reasoning is not None
    assert (request.reasoning.enabled, request.reasoning.max_tokens) == (True, 9)
    assert request.response_format == ResponseFormat("json_schema", schema=Raw(b'{"type": "object"}'))
    assert set(request.extra) == {"safety_mode", "priority", "citation_options", "documents"}


def test_reading_messages() -> None:
    """Parts in order: content, then the plan, then the calls; documents read as words elsewhere."""
    document = {"type": "document", "document": {"id": "1", "data": {"a": "b"}}}
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    cited = {"start": 1, "end": 2, "text": "y", "sources": [{"type": "tool", "id": "c:0"}], "content_index": 1}
    request = asked(
        messages=[
            {"role": "developer", "content": "s"},
            {
                "role": "assistant",
                "tool_calls": [call],
                "tool_plan": "P",
                "citations": [cited],
                "content": [{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "xy"}],
            },
            {"role": "tool", "tool_call_id": "c", "content": [document, {"type": "text", "text": "z"}]},
        ]
    )
    system, assistant, tool = request.messages
    assert system == Message(Role.SYSTEM, [Text("s")])
    thought, text, plan, made = assistant.parts
    assert thought == Reasoning("text", "t", format="cohere-chat-v1")
    assert isinstance(text, Text)
    assert [(each.start, each.end, each.title) for each in text.annotations] == [(1, 2, "c:0")]
    assert plan == Reasoning("text", "P", format="cohere-plan-v1")
    assert made == ToolCall("c", "f", '{"a": 1}')
    [result] = tool.parts
    assert isinstance(result, ToolResult)
    assert [part.text for part in result.parts if isinstance(part, Text)] == ['{"a": "b"}', "z"]


def test_odd_messages() -> None:
    """Sources without a text to stand at are passed over, and a document of another shape says nothing."""
    cited = {"start": 0, "end": 1, "sources": []}
    odd = {"type": "document", "document": "d"}
    plain = {"type": "document", "document": {"data": "words"}}
    request = asked(
        messages=[
            {"role": "assistant", "citations": [cited], "tool_plan": "P"},
            {"role": "tool", "tool_call_id": "c", "content": [odd, plain]},
        ]
    )
    assert request.messages[0].parts == [Reasoning("text", "P", format="cohere-plan-v1")]
    [result] = request.messages[1].parts
    assert isinstance(result, ToolResult)
    assert [part.text for part in result.parts if isinstance(part, Text)] == ["", "words"]
    assert json.loads(write_request(request, TARGET))["messages"][1]["content"] == [odd, plain]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"messages": []}, "`messages`"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages.0.content"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages.0.content.0.image_url"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.tool_call_id"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}, "messages.0.tool_calls.0.function"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"type": "custom"}]}]}, "messages.0.tool_calls.0.type"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"p": "x"}, "`p`"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]}, "tools.0.function.parameters"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"thinking": {"type": "maybe"}}, "thinking.type"),
    ],
)
def test_what_cannot_be_read(fields: dict[str, Any], named: str) -> None:
    """The parameter is named as callers of this dialect know it."""
    with pytest.raises(BadRequest, match=named):
        asked(**fields)


def test_patches() -> None:
    """Nothing but what was asked changes, down to the bytes of what nobody here knows."""
    body = (
        b'{"model":"x","messages":[ {"role":"user",  "content":"hi","new":1.0}],"provider":{"only":["a"]},'
        b'"stream":true,"priority": 3,"k":1,"safety_mode":"OFF","future":{"a" :  1e3}}'
    )
    patched = patch_request(body, Target("m", False, 50, 99, {"k": "top_k"}, frozenset({"safety_mode"})))
    assert b'[ {"role":"user",  "content":"hi","new":1.0}]' in patched
    assert b'{"a" :  1e3}' in patched
    fields = json.loads(patched)
    assert {name: value for name, value in fields.items() if name not in {"messages", "future"}} == {
        "model": "m",
        "priority": 3,
        "top_k": 1,
        "max_tokens": 50,
    }


def test_for_the_gateway_only() -> None:
    """Fields meant for us stay in `extra`, where they can be read, and are not sent on."""
    request = asked(provider={"only": ["a"]}, documents=["d"], raw_prompting=True)
    assert set(request.extra) == {"provider", "documents", "raw_prompting"}
    body = json.loads(write_request(request, TARGET))
    assert "provider" not in body
    assert (body["documents"], body["raw_prompting"]) == (["d"], True)
