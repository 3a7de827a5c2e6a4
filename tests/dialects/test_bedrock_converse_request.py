"""Requests that come from other dialects, said in the words of this one and of each line of models."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from known_models import aimed
from msgspec import Raw

from modelport.dialects.bedrock_converse.request import (
    CHANGED,
    DROPPED,
    QUIRKS,
    REFUSED,
    Target,
    headers,
    patch_request,
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

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
HI = Message(Role.USER, [Text("hi")])
CALL = Message(Role.ASSISTANT, [ToolCall("c", "f", "{}")])
RESULT = Message(Role.TOOL, [ToolResult("c", [Text("1")])])
F = Tool("f", "does it", Raw(b'{"type":"object"}'))


def sent(*messages: Message, model: str = SONNET, target: Target | None = None, **options: Any) -> dict[str, Any]:
    request = Request(model="maker/model", messages=list(messages) or [HI], **options)
    return json.loads(write_request(request, target or aimed("bedrock_converse", model, stream=False)))


def own(model: str, **options: Any) -> dict[str, Any]:
    return sent(model=model, **options).get("additionalModelRequestFields", {})


def test_door() -> None:
    assert headers("k")["authorization"] == "Bearer k"
    assert DROPPED.keys().isdisjoint(REFUSED)
    assert CHANGED
    assert QUIRKS


def test_turns() -> None:
    """System messages go to the front, results into user turns, and neighbours of one role become one."""
    body = sent(
        Message(Role.SYSTEM, [Text("a", CacheMark("1h"))]),
        Message(Role.ASSISTANT, [Text("hello")]),
        Message(Role.USER, [Text("b"), Text(" ")], name="Ann"),
        Message(Role.DEVELOPER, [Text("c")]),
        Message(Role.USER, [Text("d")]),
        Message(Role.ASSISTANT, [ToolCall("f/g:0", "f", '{ "x" : 1}'), ToolCall("b" * 70, "g", "{oops")]),
        Message(Role.TOOL, [ToolResult("f/g:0", [Text("1")]), ToolResult("b" * 70, [Text("")], is_error=True)]),
        Message(Role.USER, [Text("e")]),
        Message(Role.ASSISTANT, [Text("so: ")]),
        tools=[F],
    )
    assert body["system"] == [{"text": "a"}, {"cachePoint": {"type": "default", "ttl": "1h"}}, {"text": "c"}]
    first, hello, user, calls, results, prefill = body["messages"]
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant"] * 3
    assert first["content"] == [{"text": "Continue."}]
    assert hello["content"] == [{"text": "hello"}]
    assert user["content"] == [{"text": "Ann: b"}, {"text": "d"}]
    one, other = (each["toolUse"] for each in calls["content"])
    assert (one["toolUseId"], one["input"]) == ("f_g:0", {"x": 1})
    assert other["input"] == {"INVALID_JSON": "{oops"}
    assert len(other["toolUseId"]) == 64
    assert results["content"] == [
        {"toolResult": {"toolUseId": "f_g:0", "content": [{"text": "1"}]}},
        {"toolResult": {"toolUseId": other["toolUseId"], "content": [], "status": "error"}},
        {"text": "e"},
    ]
    assert prefill["content"] == [{"text": "so:"}]


def test_arguments_stay_as_they_were_written() -> None:
    request = Request(model="m", messages=[HI, Message(Role.ASSISTANT, [ToolCall("c", "f", '{ "b":1.0, "a" : 2}')])])
    assert b'"input":{ "b":1.0, "a" : 2}' in write_request(request, aimed("bedrock_converse", SONNET, stream=False))


def test_a_lone_system_prompt() -> None:
    assert sent(Message(Role.SYSTEM, [Text("a")]))["messages"] == [{"role": "user", "content": [{"text": "a"}]}]
    with pytest.raises(BadRequest, match="every one"):
        sent(Message(Role.USER, [Text(" ")]))


def test_media() -> None:
    """Formats by type, by name or by the first bytes; documents get names that are allowed and differ."""
    text = base64.b64encode(b"x").decode()
    parts = [
        Image("data:image/jpg;base64,/9j/"),
        Image(data="R0lGOD"),
        Image("s3://b/c.webp"),
        File("Q3_report (v1).pdf", data="JVBERi0x"),
        File("Q3 report (v1).pdf", data="data:application/pdf;base64,JVBERi0x"),
        File(None, data="JVBERi0x"),
        File("notes.json", data=text, media_type="application/json"),
        File("a.rs", data=text, media_type="text/x-rust"),
        File("p.png", "data:image/png;base64,iVBOR"),
        Video("data:video/mp4;base64,AAAA"),
        Video("s3://b/c.3gp"),
        Audio("AAAA", "mp3"),
    ]
    blocks = sent(Message(Role.USER, [Text("see"), *parts]))["messages"][0]["content"][1:]
    told = [(kind, block["format"], block.get("name")) for each in blocks for kind, block in each.items()]
    assert told == [
        ("image", "jpeg", None),
        ("image", "gif", None),
        ("image", "webp", None),
        ("document", "pdf", "Q3 report (v1)"),
        ("document", "pdf", "Q3 report (v1) 2"),
        ("document", "pdf", "Document"),
        ("document", "txt", "notes json"),
        ("document", "txt", "a rs"),
        ("image", "png", None),
        ("video", "mp4", None),
        ("video", "three_gp", None),
        ("audio", "mp3", None),
    ]
    sources = [next(iter(block.values()))["source"] for block in blocks]
    assert sources[0] == {"bytes": "/9j/"}
    assert sources[2] == {"s3Location": {"uri": "s3://b/c.webp"}}
    assert sources[4] == {"bytes": "JVBERi0x"}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Image("https://a.example/c.png"), "fetches nothing else"),
        (Image(data="AAAA", media_type="image/bmp"), "image/bmp"),
        (File("x.pdf", "https://a.example/x.pdf"), "fetches nothing else"),
        (File(file_id="file-1"), "keeps no files"),
        (File("x.bin", data="AAAA"), "of type unknown"),
        (Video("https://a.example/c.mp4"), "fetches nothing else"),
        (Audio(id="a1"), "spoken"),
    ],
)
def test_refused_parts(part: Any, words: str) -> None:
    """Named by their place."""
    with pytest.raises(BadRequest, match=words) as caught:
        sent(HI, Message(Role.USER, [part]))
    assert "`messages.1`" in caught.value.message


@pytest.mark.parametrize(
    ("name", "options"),
    [("n", {"n": 2}), ("audio", {"modalities": ["text", "audio"]}), ("audio", {"audio": Raw(b"{}")})],
)
def test_refused(name: str, options: dict[str, Any]) -> None:
    assert name in REFUSED
    with pytest.raises(BadRequest, match=f"`{name}`"):
        sent(**options)


def test_dropped() -> None:
    """Nothing of it is said, and nothing else changes."""
    options: dict[str, Any] = {
        "frequency_penalty": 1.0,
        "presence_penalty": 1.0,
        "repetition_penalty": 1.0,
        "min_p": 0.1,
        "top_a": 0.1,
        "seed": 1,
        "logit_bias": Raw(b"{}"),
        "logprobs": True,
        "top_logprobs": 2,
        "prediction": Raw(b"{}"),
        "metadata": Raw(b"{}"),
        "user": "u",
    }
    assert options.keys() <= DROPPED.keys()
    assert sent(**options) == sent()
    llama = "us.meta.llama4-maverick-17b-instruct-v1:0"
    marked = Message(Role.USER, [Text("hi", CacheMark("5m"))])
    strict = Tool("f", strict=True, cache=CacheMark())
    assert sent(marked, model=llama, tools=[strict], parallel_tool_calls=False) == sent(
        HI, model=llama, tools=[Tool("f")]
    )


def test_settings() -> None:
    body = sent(max_tokens=9, temperature=1.5, top_p=0.5, stop=["x", "\n", ""], service_tier="flex")
    assert body["inferenceConfig"] == {"maxTokens": 9, "temperature": 1.0, "topP": 0.5, "stopSequences": ["x"]}
    assert body["serviceTier"] == {"type": "flex"}
    assert "serviceTier" not in sent(service_tier="auto")
    assert sent(model=NOVA, stop=["\n"])["inferenceConfig"] == {"stopSequences": ["\n"]}
    capped = aimed("bedrock_converse", SONNET, stream=False, max_tokens=5, default_max_tokens=50)
    assert sent(max_tokens=9, target=capped)["inferenceConfig"] == {"maxTokens": 5}
    assert "inferenceConfig" not in sent(target=capped._replace(max_tokens=None))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (SONNET, {"top_k": 5}),
        ("amazon.nova-pro-v1:0", {"inferenceConfig": {"topK": 5}}),
        ("meta.llama3-2-1b-instruct-v1:0", {}),
        ("us.anthropic.claude-opus-4-7", {}),
    ],
)
def test_top_k(model: str, expected: dict[str, Any]) -> None:
    assert own(model, top_k=5) == expected


def test_no_sampling_from_opus_4_7_on() -> None:
    assert "inferenceConfig" not in sent(model="global.anthropic.claude-opus-4-7", temperature=0.5, top_p=0.5)


HIGH = ReasoningOptions("high")


@pytest.mark.parametrize(
    ("model", "options", "expected"),
    [
        (SONNET, HIGH, {"thinking": {"type": "enabled", "budget_tokens": 8_000}}),
        (SONNET, ReasoningOptions(max_tokens=2_000), {"thinking": {"type": "enabled", "budget_tokens": 2_000}}),
        (SONNET, ReasoningOptions(enabled=True), {"thinking": {"type": "enabled", "budget_tokens": 5_000}}),
        (SONNET, ReasoningOptions("none"), {"thinking": {"type": "disabled"}}),
        (SONNET, ReasoningOptions(exclude=True), {}),
        (
            "us.anthropic.claude-sonnet-4-6",
            HIGH,
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        ),
        (
            "us.anthropic.claude-sonnet-4-6",
            ReasoningOptions(max_tokens=3_000),
            {"thinking": {"type": "enabled", "budget_tokens": 3_000}},
        ),
        (
            "us.anthropic.claude-opus-4-8",
            ReasoningOptions("minimal", 3_000),
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        ),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", HIGH, {}),
        (NOVA, HIGH, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}}),
        (NOVA, ReasoningOptions(enabled=False), {"reasoningConfig": {"type": "disabled"}}),
        ("amazon.nova-lite-v1:0", HIGH, {}),
        ("openai.gpt-oss-120b-1:0", ReasoningOptions("xhigh"), {"reasoning_effort": "high"}),
        ("openai.gpt-oss-120b-1:0", ReasoningOptions("none"), {"reasoning_effort": "low"}),
        ("qwen.qwen3-32b-v1:0", ReasoningOptions("medium"), {"reasoning_config": "high"}),
        ("us.deepseek.r1-v1:0", HIGH, {}),
    ],
)
def test_reasoning(model: str, options: ReasoningOptions, expected: dict[str, Any]) -> None:
    assert own(model, reasoning=options, max_tokens=10_000) == expected


def test_reasoning_without_a_length() -> None:
    """Claude's budget brings one; Nova's highest effort is for requests without any setting."""
    target = aimed("bedrock_converse", SONNET, stream=False, default_max_tokens=2_000)
    body = sent(target=target, reasoning=HIGH, temperature=0.5, top_k=3, top_p=0.5)
    assert body["inferenceConfig"] == {"maxTokens": 2_000}
    assert body["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 1_600}}
    long = sent(target=target, reasoning=ReasoningOptions(max_tokens=9_000))
    assert long["inferenceConfig"] == {"maxTokens": 9_000 + 4_096}
    assert own(NOVA, reasoning=HIGH) == {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}
    with pytest.raises(BadRequest, match="larger than the reasoning budget of 1024"):
        sent(max_tokens=1_000, reasoning=HIGH)


def test_reasoning_gives_way() -> None:
    """To a forced call, and in a loop whose reasoning was not sent back."""
    assert "thinking" not in own(SONNET, reasoning=HIGH, tools=[F], tool_choice=ToolChoice("required"))
    assert "additionalModelRequestFields" not in sent(HI, CALL, RESULT, tools=[F], reasoning=HIGH)
    thought = Reasoning("text", "Hm.", "c2ln", format="anthropic-claude-v1")
    kept = Message(Role.ASSISTANT, [thought, *CALL.parts])
    assert "thinking" in sent(HI, kept, RESULT, tools=[F], reasoning=HIGH)["additionalModelRequestFields"]


def test_reasoning_goes_to_its_maker() -> None:
    """Claude's signed and hidden blocks to Claude, nobody else's and to nobody else."""
    parts: list[Any] = [
        Reasoning("text", "Hm.", "c2ln", format="anthropic-claude-v1"),
        Reasoning("encrypted", data="abc", format="anthropic-claude-v1"),
        Reasoning("text", "unsigned"),
        Reasoning("summary", "Foreign", format="openai-responses-v1"),
        Reasoning("encrypted", data="gAAA", format="openai-responses-v1"),
        Text("so"),
    ]
    assistant = sent(HI, Message(Role.ASSISTANT, parts), HI)["messages"][1]["content"]
    assert assistant == [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "YWJj"}},
        {"text": "so"},
    ]
    assert sent(HI, Message(Role.ASSISTANT, parts), HI, model=NOVA)["messages"][1]["content"] == [{"text": "so"}]


def test_tools() -> None:
    strict = Tool("g", None, None, strict=True, cache=CacheMark("1h"))
    config = sent(tools=[F, strict], tool_choice=ToolChoice("tool", "f"))["toolConfig"]
    assert config == {
        "tools": [
            {"toolSpec": {"name": "f", "description": "does it", "inputSchema": {"json": {"type": "object"}}}},
            {
                "toolSpec": {
                    "name": "g",
                    "inputSchema": {"json": {"type": "object", "properties": {}}},
                    "strict": True,
                }
            },
            {"cachePoint": {"type": "default", "ttl": "1h"}},
        ],
        "toolChoice": {"tool": {"name": "f"}},
    }
    assert sent(tools=[F], tool_choice=ToolChoice("auto"))["toolConfig"]["toolChoice"] == {"auto": {}}


def test_one_call_at_a_time() -> None:
    """In Claude's own words, which leave no room for a choice of the other kind."""
    body = sent(tools=[F], tool_choice=ToolChoice("auto"), parallel_tool_calls=False)
    assert "toolChoice" not in body["toolConfig"]
    told = {"type": "auto", "disable_parallel_tool_use": True}
    assert body["additionalModelRequestFields"] == {"tool_choice": told}
    forced = sent(tools=[F], tool_choice=ToolChoice("required"), parallel_tool_calls=False)
    assert forced["toolConfig"]["toolChoice"] == {"any": {}}
    assert "additionalModelRequestFields" not in forced


def test_no_calls() -> None:
    """Without earlier calls the tools are left out; with some they must be described, and words forbid more."""
    assert "toolConfig" not in sent(tools=[F], tool_choice=ToolChoice("none"))
    body = sent(HI, CALL, RESULT, tools=[F], tool_choice=ToolChoice("none"))
    assert [each["toolSpec"]["name"] for each in body["toolConfig"]["tools"]] == ["f"]
    assert "toolChoice" not in body["toolConfig"]
    assert "Do not call any tool" in body["system"][-1]["text"]
    stubs = sent(HI, CALL, RESULT)
    assert stubs["toolConfig"]["tools"][0]["toolSpec"]["name"] == "f"
    assert "system" not in stubs


def test_output() -> None:
    schema = Raw(b'{"type": "object"}')
    body = sent(response_format=ResponseFormat("json_schema", "n", schema, strict=True, description="d"))
    described = {"schema": '{"type": "object"}', "name": "n", "description": "d"}
    assert body["outputConfig"] == {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": described}}}
    assert "JSON object" in sent(response_format=ResponseFormat("json_object"))["system"][0]["text"]
    assert own("anthropic.claude-sonnet-4-6", verbosity="low") == {"output_config": {"effort": "low"}}


def test_automatic_caching() -> None:
    """A mark on the whole prefix is a point after the last turn."""
    point = {"cachePoint": {"type": "default"}}
    assert sent(cache=CacheMark())["messages"][-1]["content"][-1] == point
    assert sent(model=NOVA, cache=CacheMark("1h"))["messages"][-1]["content"][-1] == point
    assert sent(model="us.deepseek.r1-v1:0", cache=CacheMark())["messages"] == sent()["messages"]


def test_renames_and_drops() -> None:
    target = Target(
        SONNET, stream=False, renames={"serviceTier": "tier"}, drops=frozenset({"inferenceConfig.topP", "toolConfig"})
    )
    body = sent(target=target, top_p=0.5, temperature=0.5, tools=[F], service_tier="flex")
    assert body["inferenceConfig"] == {"temperature": 0.5}
    assert body["tier"] == {"type": "flex"}
    assert "toolConfig" not in body


def test_patches() -> None:
    """Only what is named changes; fields for the gateway stay here."""
    raw = b'{"messages": [ {"role":"user", "x": 1.0} ], "provider": {}, "y": [1 ,2], "inferenceConfig": {"topP":1}}'
    patched = patch_request(raw, Target("m", stream=True, max_tokens=7))
    assert b'[ {"role":"user", "x": 1.0} ]' in patched
    assert b"[1 ,2]" in patched
    assert json.loads(patched)["inferenceConfig"] == {"topP": 1, "maxTokens": 7}
    assert "provider" not in json.loads(patched)
    same = patch_request(raw, Target("m", stream=True, keeps=frozenset({"provider"})))
    assert json.loads(same) == json.loads(raw)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": []}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"text": 1}]}]}, "messages.0.content.0.text"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "messages.0.content.0"),
        (
            {"messages": [{"role": "user", "content": [{"image": {"format": "png"}}]}]},
            "messages.0.content.0.image.source",
        ),
        (
            {"messages": [{"role": "user", "content": [{"document": {"source": {"bytes": "x"}}}]}]},
            "messages.0.content.0.document.name",
        ),
        ({"system": "x"}, "system"),
        ({"inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
        ({"inferenceConfig": {"topP": "x"}}, "inferenceConfig.topP"),
        ({"toolConfig": {"tools": [{"toolSpec": {}}]}}, "toolConfig.tools.0.toolSpec.name"),
        ({"toolConfig": {"toolChoice": {"none": {}}}}, "toolConfig.toolChoice"),
        ({"toolConfig": {"toolChoice": {"tool": {}}}}, "toolConfig.toolChoice.tool.name"),
        ({"outputConfig": {"textFormat": {"type": "x"}}}, "outputConfig.textFormat.type"),
        (
            {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "x"}}}}},
            "outputConfig.textFormat.structure.jsonSchema.schema",
        ),
    ],
)
def test_faults_name_their_place(fields: dict[str, Any], place: str) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "hi"}]}], **fields}
    with pytest.raises(BadRequest) as caught:
        read_request(json.dumps(body).encode(), model="m", stream=False)
    assert f"`{place}`" in caught.value.message or f" {place} " in caught.value.message


def test_what_other_dialects_are_told() -> None:
    """Blocks of this dialect's own are words where they are words, and the model's own fields mean what they say."""
    content = [
        {"guardContent": {"text": {"text": "guarded"}}},
        {"searchResult": {"source": "s", "title": "t", "content": [{"text": "found"}]}},
        {"cachePoint": {"type": "default"}},
    ]
    for fields, options in [
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, ReasoningOptions("low", enabled=True)),
        ({"reasoning_config": "high"}, ReasoningOptions("high")),
        ({"reasoningConfig": {"type": "disabled"}}, ReasoningOptions(enabled=False)),
    ]:
        body = {"messages": [{"role": "user", "content": content}], "additionalModelRequestFields": fields}
        request = read_request(json.dumps(body).encode(), model="m", stream=True)
        assert [part.text for part in request.messages[0].parts if isinstance(part, Text)] == ["guarded", "found"]
        assert isinstance(last := request.messages[0].parts[-1], Text)
        assert last.cache == CacheMark()
        assert request.reasoning == options
        assert request.stream
