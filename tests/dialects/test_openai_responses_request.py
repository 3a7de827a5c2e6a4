"""What a caller may ask, what a provider is asked instead, and the words in which the rest is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw
from openai_responses_samples import CHARGED, IDENTITY, events_of

from modelport.dialects.canonical import (
    Annotation,
    AnnotationEvent,
    Audio,
    AudioDelta,
    CacheMark,
    Choice,
    File,
    Finish,
    FinishReason,
    Image,
    LogprobsDelta,
    Message,
    Output,
    Part,
    Reasoning,
    ReasoningDelta,
    ReasoningOptions,
    Request,
    ResponseFormat,
    Role,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
    ToolResult,
    Usage,
    Video,
    fold,
)
from modelport.dialects.openai_responses.errors import Malformed, StreamError, read_error, write_error
from modelport.dialects.openai_responses.output import read_usage, write_annotation
from modelport.dialects.openai_responses.reasoning import unseal
from modelport.dialects.openai_responses.request import (
    Target,
    headers,
    patch_request,
    path,
    read_request,
    write_request,
)
from modelport.dialects.openai_responses.response import read_response, write_response
from modelport.dialects.openai_responses.stream import Reader, Writer
from modelport.errors import BadRequest, NotFound

TARGET = Target("up", stream=False)


def asked(**fields: Any) -> Request:
    return read_request(json.dumps({"model": "m", "input": "hi", **fields}).encode())


def sent(target: Target = TARGET, **fields: Any) -> dict[str, Any]:
    """What a provider gets of a request in another dialect."""
    fields.setdefault("messages", [Message(Role.USER, [Text("hi")])])
    return json.loads(write_request(Request(model="m", **fields), target))


def test_address() -> None:
    assert path("m", stream=True) == "/responses"
    assert headers("k")["authorization"] == "Bearer k"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "Expected `object`"),
        (b'{"input":"\xff"}', "not valid UTF-8"),
        (b'{"input":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"{}", "Input required"),
        (b'{"input":[]}', "Input required"),
        (b'{"input":"a","temperature":3}', r"\$.temperature"),
        (b'{"input":"a","store":true}', "`store` must be false"),
        (b'{"input":"a","background":true}', "`background` must be false"),
        (b'{"input":"a","previous_response_id":"r"}', "`previous_response_id` is not supported"),
        (b'{"input":"a","conversation":{"id":"c"}}', "`conversation` is not supported"),
        (b'{"input":"a","prompt":{"id":"p"}}', "`prompt` is not supported"),
        (b'{"input":[{"type":"item_reference","id":"x"}]}', r"`input\[0\]` refers to a stored item"),
        (b'{"input":[{"content":"x"}]}', r"`input\[0\]` has neither a `type` nor a `role`"),
        (b'{"input":[{"role":"x","content":"x"}]}', r"`input\[0\]` can't be read"),
        (b'{"input":[{"role":"user","content":[{"type":"x"}]}]}', r"`input\[0\].content\[0\]` is of an unknown type"),
        (b'{"input":[{"role":"user","content":[{"type":"input_image"}]}]}', "holds nothing"),
        (b'{"input":[{"type":"function_call","name":"f"}]}', "needs a `call_id` and a `name`"),
        (b'{"input":"a","tools":[{"type":"function"}]}', r"`tools\[0\]` is a function without a `name`"),
        (b'{"input":"a","tools":[{"type":1}]}', r"`tools\[0\]` can't be read"),
        (b'{"input":"a","tool_choice":"some"}', "'some' is none of"),
        (b'{"input":"a","reasoning":{"effort":"huge"}}', r"\$.reasoning.effort"),
    ],
)
def test_refusals_name_the_place(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        read_request(body)


def test_nulls_are_not_set() -> None:
    body = b'{"model":"m","input":"a","store":null,"previous_response_id":null,"tools":null,"text":null,"stop":null}'
    request = read_request(body)
    assert request == Request(model="m", messages=[Message(Role.USER, [Text("a")])], extra={"input": Raw(b'"a"')})


def test_all_kinds_of_parts() -> None:
    content = [
        {"type": "input_text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "input_text", "text": "b", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"},
        {"type": "input_image", "image_url": "https://a.example/b.png"},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "input_file", "file_data": "data:text/plain;base64,AA", "filename": "a.txt"},
        {"type": "input_file", "file_data": "https://a.example/b.pdf"},
        {"type": "input_file", "file_data": "AA"},
        {"type": "input_file", "file_url": "https://a.example/b.pdf"},
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}},
        {"type": "input_video", "video_url": "https://a.example/b.mp4"},
    ]
    request = asked(input=[{"role": "user", "content": content}])
    assert request.messages[0].parts == [
        Text("a", CacheMark("1h")),
        Text("b", CacheMark()),
        Image(data="AA", media_type="image/png", detail="low"),
        Image("https://a.example/b.png"),
        File(file_id="file-1", media_type="image/*"),
        File("a.txt", data="AA", media_type="text/plain"),
        File(url="https://a.example/b.pdf"),
        File(data="AA"),
        File(url="https://a.example/b.pdf"),
        Audio("AA", "mp3"),
        Video("https://a.example/b.mp4"),
    ]
    request.messages[0].parts.pop()
    items = json.loads(write_request(request, TARGET))["input"][0]["content"]
    assert "cache_control" not in str(items)
    assert items[7]["filename"] == "file.pdf"
    request.extra["prompt_cache_options"] = Raw(b'{"mode":"explicit"}')
    items = json.loads(write_request(request, TARGET))["input"][0]["content"]
    assert items[0]["prompt_cache_breakpoint"] == {"mode": "explicit"}


def test_the_turns_of_a_conversation() -> None:
    request = asked(
        instructions="be",
        input=[
            {"role": "user", "content": "a"},
            {"role": "user", "content": "b"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": None},
            {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [
                {"type": "output_text", "text": "c", "annotations": [{"type": "file_path", "file_id": "f"}]},
                {"type": "refusal", "refusal": "no"},
            ]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{ }"},
            {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "d"}]},
            {"type": "custom_tool_call", "call_id": "c2", "name": "p", "input": "x"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": "e"},
        ],
        tools=[{"type": "custom", "name": "p"}],
    )  # fmt: skip
    roles = [message.role.value for message in request.messages]
    assert roles == ["system", "user", "user", "assistant", "tool", "assistant", "tool"]
    assert request.messages[3].parts[0] == Reasoning("encrypted", id="rs_1", format="openai-responses-v1")
    del request.messages[1]  # something on the way dropped a message: now it is written anew
    body = json.loads(write_request(request, TARGET))
    assert body["instructions"] == "be"
    assert [item["type"] for item in body["input"]] == [
        *("message", "reasoning", "message", "function_call", "function_call_output"),
        *("custom_tool_call", "custom_tool_call_output"),
    ]
    assert body["input"][2]["content"][0]["annotations"] == [{"type": "file_path", "file_id": "f"}]
    assert body["tools"] == [{"type": "custom", "name": "p"}]
    request.messages[0].parts = [Text("other")]
    body = json.loads(write_request(request, TARGET))
    assert body["input"][0] == {"type": "message", "role": "system", "content": "other"}


def test_allowed_tools_are_those_shown_to_other_dialects() -> None:
    tools = [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}, {"type": "web_search"}]
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]}
    request = asked(tools=tools, tool_choice=choice)
    assert [tool.name for tool in request.tools] == ["g"]
    assert request.tool_choice == ToolChoice("required")
    assert json.loads(write_request(request, TARGET))["tool_choice"] == choice


def test_sampling() -> None:
    request = asked(stop="x", top_k=3, top_logprobs=2, presence_penalty=1, cache_control={"type": "ephemeral"})
    assert (request.stop, request.top_k, request.logprobs, request.cache) == (["x"], 3, True, CacheMark())
    body = json.loads(write_request(request, Target("up", stream=True, max_tokens=9, drops=frozenset({"store"}))))
    assert body == {
        "model": "up",
        "input": "hi",
        "stream": True,
        "max_output_tokens": 9,
        "top_logprobs": 2,
        "include": ["message.output_text.logprobs"],
    }
    assert asked(stop=["a", "b"]).stop == ["a", "b"]


def test_other_dialects_requests() -> None:
    body = sent(
        tools=[Tool("f"), Tool("web_search", raw=Raw(b'{"type":"web_search"}'))],
        tool_choice=ToolChoice("tool", "f"),
        max_tokens=100,
        stop=["x"],
        seed=1,
        reasoning=ReasoningOptions(enabled=True),
        response_format=ResponseFormat("json_schema", schema=Raw(b'{"a":1}'), strict=True),
        verbosity="low",
        extra={"safe_prompt": Raw(b"true"), "prompt_cache_key": Raw(b'"k"'), "usage": Raw(b"{}")},
    )
    assert body == {
        "model": "up",
        "input": [{"type": "message", "role": "user", "content": "hi"}],
        "store": False,
        "max_output_tokens": 100,
        "tools": [
            {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "reasoning": {"effort": "medium"},
        "text": {
            "format": {"type": "json_schema", "name": "response", "schema": {"a": 1}, "strict": True},
            "verbosity": "low",
        },
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "k",
    }


@pytest.mark.parametrize(
    ("options", "max_tokens", "effort"),
    [
        (ReasoningOptions(effort="xhigh"), None, "xhigh"),
        (ReasoningOptions(enabled=False), None, "none"),
        (ReasoningOptions(max_tokens=1_000), None, "medium"),
        (ReasoningOptions(max_tokens=9_000), 10_000, "xhigh"),
        (ReasoningOptions(max_tokens=1_500), 10_000, "minimal"),
        (ReasoningOptions(exclude=True), 10_000, None),
    ],
)
def test_effort(options: ReasoningOptions, max_tokens: int | None, effort: str | None) -> None:
    body = sent(reasoning=options, max_tokens=max_tokens)
    assert body.get("reasoning", {}).get("effort") == effort
    assert ("include" in body) == (effort != "none")


def test_effort_of_the_references_own_fields() -> None:
    """A caller of this dialect may use them too; a provider must not see them."""
    for reasoning, effort in (
        ({"max_tokens": 500}, "medium"),
        ({"enabled": True}, "medium"),
        ({"exclude": True}, None),
    ):
        body = json.loads(write_request(asked(reasoning=reasoning), TARGET))
        assert body.get("reasoning") == (None if effort is None else {"effort": effort})
    kept = {"effort": "low", "context": "all_turns"}
    assert json.loads(write_request(asked(reasoning=kept), TARGET))["reasoning"] == kept
    changed = asked(reasoning=kept)
    changed.reasoning = ReasoningOptions(effort="high")
    assert json.loads(write_request(changed, TARGET))["reasoning"] == {"effort": "high"}


def test_choices_of_hosted_tools() -> None:
    mcp = Tool("deep", raw=Raw(b'{"type":"mcp","server_label":"deep"}'))
    search = Tool("web_search", raw=Raw(b'{"type":"web_search"}'))
    choice = sent(tools=[mcp], tool_choice=ToolChoice("tool", "deep"))["tool_choice"]
    assert choice == {"type": "mcp", "server_label": "deep"}
    assert sent(tools=[search], tool_choice=ToolChoice("tool", "web_search"))["tool_choice"] == {"type": "web_search"}
    assert asked(tool_choice={"type": "web_search"}).tool_choice == ToolChoice("tool", "web_search")


def test_names_and_lone_texts() -> None:
    messages = [
        Message(Role.USER, [Text("hi"), Image("https://a.example/b.png")], "Ann"),
        Message(Role.ASSISTANT, [Text("yes")], "Bot"),
        Message(Role.ASSISTANT, [Text("see", annotations=[Annotation("https://a.example")])]),
        Message(Role.TOOL, [ToolResult("c", [], is_error=True)]),
        Message(Role.USER, []),
    ]
    items = sent(messages=messages)["input"]
    assert items[0]["content"][0] == {"type": "input_text", "text": "Ann: hi"}
    assert items[1]["content"] == "Bot: yes"
    citation = {"type": "url_citation", "url": "https://a.example", "title": "", "start_index": 3, "end_index": 3}
    assert items[2]["content"][0]["annotations"] == [citation]
    assert items[3]["output"] == ""
    assert items[4]["content"] == []


def test_reasoning_of_others_stays_away() -> None:
    message = Message(Role.ASSISTANT, [
        Reasoning("text", "a", "sig", format="anthropic-claude-v1"),
        Reasoning("text", "bare"),
        Reasoning("encrypted", data="x", id="rs_9", format="xai-responses-v1"),
        Reasoning("encrypted", data="broken", format="openai-responses-item-v1"),
        Text("b"),
    ])  # fmt: skip
    assert [one["type"] for one in sent(messages=[message])["input"]] == ["message"]
    target = Target("up", stream=False, reasoning_format="xai-responses-v1")
    first = json.loads(write_request(Request(model="m", messages=[message]), target))["input"][0]
    assert first == {"id": "rs_9", "type": "reasoning", "summary": [], "encrypted_content": "x"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"n": 2}, "`n`: one answer"),
        ({"modalities": ["text", "audio"]}, "`modalities`: text is"),
        ({"tools": [Tool("x", raw=Raw(b'{"type":"openrouter:web_fetch"}'))]}, "'openrouter:web_fetch' is not"),
        ({"tools": [Tool("bash", raw=Raw(b'{"type":"bash_20250124"}'))]}, "'bash_20250124' is not of its dialect"),
    ],
)
def test_what_a_provider_cannot_do(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        sent(**fields)


@pytest.mark.parametrize(
    ("role", "part", "words"),
    [
        (Role.USER, Video("https://a.example/b.mp4"), "no video here"),
        (Role.USER, Audio(id="a"), "no audio here"),
        (Role.ASSISTANT, Image("https://a.example/b.png"), "no image in an assistant's message"),
        (Role.TOOL, ToolResult("c", [Audio("AA", "wav")]), "no audio in a tool's result"),
    ],
)
def test_parts_a_provider_cannot_take(role: Role, part: Part, words: str) -> None:
    with pytest.raises(BadRequest, match=r"`messages\[0\]`.*" + words):
        sent(messages=[Message(role, [part])])


def test_tools_changed_on_the_way() -> None:
    request = asked(tools=[{"type": "function", "name": "f", "parameters": {}}])
    request.tools[0].description = "d"
    tool = {"type": "function", "name": "f", "description": "d", "parameters": {}}
    assert json.loads(write_request(request, TARGET))["tools"] == [tool]


def test_signatures_as_the_reference_writes_them() -> None:
    item = {"type": "reasoning", "id": "rs_tmp_1", "summary": [], "signature": "s", "format": "anthropic-claude-v1"}
    more = {**item, "id": "rs_tmp_2", "content": [{"type": "reasoning_text", "text": "a"}], "format": "unknown"}
    request = asked(input=[item, more, {"role": "assistant", "content": "b"}])
    assert request.messages[0].parts == [
        Reasoning("text", signature="s", format="anthropic-claude-v1"),
        Reasoning("text", "a", "s"),
        Text("b"),
    ]


def test_secrets_that_repeat_an_id() -> None:
    """Two encrypted pieces never share an item, whatever their ids."""
    parts: list[Part] = [
        Reasoning("encrypted", data=data, id="rs_1", format="openai-responses-v1") for data in ("a", "b")
    ]
    items = sent(messages=[Message(Role.ASSISTANT, parts)])["input"]
    assert [one["encrypted_content"] for one in items] == ["a", "b"]


def test_patches_and_renames() -> None:
    body = (
        b'{"model":"m","input":"a","stream":true,"provider":{"only":["x"]},"stop":["x"],"later":{"a":[1]},"user":"u"}'
    )
    renames = {"user": "safety_identifier", "absent": "x"}
    target = Target("up", True, 7, renames=renames, drops=frozenset({"later"}))
    assert json.loads(patch_request(body, target)) == {
        "input": "a",
        "model": "up",
        "store": False,
        "stream": True,
        "max_output_tokens": 7,
        "safety_identifier": "u",
    }


# Answers.


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "not a response"),
        (b'{"object":"chat.completion","choices":[]}', "not a response"),
        (b'{"status":"failed","output":[],"error":{"message":"Bang"}}', "Bang"),
        (b'{"output":[],"error":"Bang"}', "Bang"),
        (b'{"output":[],"error":{}}', "reported an error"),
        (b'{"status":"failed","output":[]}', "reported an error"),
        (b'{"status":"queued","output":[]}', "not finished"),
        (b'{"output":1}', "not a response"),
    ],
)
def test_malformed_answers(body: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_response(body)


def test_plain_and_unknown_content() -> None:
    body = {
        "status": "completed",
        "output": [
            {"type": "message", "content": "plain"},
            {"type": "message", "content": [{"type": "later"}]},
            {"type": "reasoning", "summary": [], "signature": "s"},
            {"type": "image_generation_call", "result": None},
            {"type": "image_generation_call", "result": "https://a.example/b.png"},
            {"type": "function_call", "name": "f", "arguments": "{}"},
        ],
    }
    choice = fold(read_response(json.dumps(body).encode())).choices[0]
    assert choice.parts[0] == Text("plain")
    assert choice.images == ["https://a.example/b.png"]
    assert isinstance(thought := choice.parts[1], Reasoning)
    assert thought.signature == "s"
    assert isinstance(call := choice.parts[2], ToolCall)
    assert (call.id, call.name) == ("", "")


def test_usage() -> None:
    assert read_usage(Raw(b"null")) is None
    assert read_usage(Raw(b"{}")) is None
    assert read_usage(Raw(b'{"input_tokens":"x"}')) is None
    apart = b'{"prompt_tokens":5,"output_tokens":1,"total_tokens":10,"output_tokens_details":{"reasoning_tokens":4}}'
    assert read_usage(Raw(apart)) == Usage(5, 5, reasoning_tokens=4)
    tools = b'{"input_tokens":1,"server_side_tool_usage_details":{"web_search_calls":2,"x_search_calls":1}}'
    assert read_usage(Raw(tools)) == Usage(1, web_searches=3)


def test_searches_are_counted() -> None:
    searches = [{"type": "web_search_call", "action": {"type": kind}} for kind in ("search", "open_page", "search")]
    body = {"output": searches, "usage": {"input_tokens": 1, "output_tokens": 1}}
    usage = fold(read_response(json.dumps(body).encode())).usage
    assert usage is not None
    assert usage.web_searches == 2


def test_answers_for_callers() -> None:
    body = json.loads(write_response(Output([]), IDENTITY, CHARGED))
    assert (body["status"], body["output"], body["error"]) == ("completed", [], None)
    failed = Output([Choice(finish=Finish(FinishReason.ERROR))])
    body = json.loads(write_response(failed, IDENTITY, CHARGED))
    assert (body["status"], body["error"]["code"]) == ("failed", "server_error")
    sound = Output([Choice(parts=[Image("x"), Text("a")], images=["https://a.example/b.png"])])
    body = json.loads(write_response(sound, IDENTITY, CHARGED, request=Request(model="m", messages=[])))
    assert [one["type"] for one in body["output"]] == ["message", "image_generation_call"]
    assert body["output"][1]["result"] == "https://a.example/b.png"
    kept = Choice(parts=[Reasoning("encrypted", data='{"type":"x","id":1}', format="openai-responses-item-v1")])
    assert json.loads(write_response(Output([kept]), IDENTITY, CHARGED))["output"][0]["id"].startswith("item_tmp_")


def test_citations_of_other_dialects() -> None:
    assert write_annotation(Annotation(raw=Raw(b'{"type":"file","file":{}}')), "") is None
    assert write_annotation(Annotation("u", content="c"), "ab") == {
        "type": "url_citation", "url": "u", "title": "", "start_index": 2, "end_index": 2, "content": "c",
    }  # fmt: skip


def test_seals_are_read_only_where_they_are_seals() -> None:
    assert unseal("gAAA") is None
    assert unseal("mp1.!") is None
    assert unseal("mp1.e30=") is None
    empty = b'{"item":{"type":"reasoning","encrypted_content":"mp1.W1siY2FsbCJdXQ=="}}'  # a call without its id
    assert Reader().feed(b"response.output_item.done", empty) == []


# Events.


def test_errors_inside_a_stream() -> None:
    for data, message, code in (
        (b'{"type":"error","message":"m","code":"c"}', "m", "c"),
        (b'{"type":"error","error":{"message":"m","type":"t"}}', "m", "t"),
        (b'{"error":"m"}', "m", None),
        (b'{"type":"response.failed","response":{}}', "The provider reported an error.", None),
        (b'{"type":"response.completed","response":{"error":{"message":"m","code":1}}}', "m", 1),
    ):
        with pytest.raises(StreamError) as caught:
            Reader().feed(b"", data)
        assert (caught.value.message, caught.value.code) == (message, code)
    for data in (b"{}", b"<html>", b"[]"):
        with pytest.raises(StreamError, match="no event of a response"):
            Reader().feed(b"message", data)


def test_streams_without_deltas() -> None:
    """Servers that send only what is done, or nothing but the end, lose no words."""
    item = b'{"type":"message","content":[{"type":"output_text","text":"a","logprobs":[{}],"annotations":[]}]}'
    reader = Reader()
    done = b'{"type":"response.output_item.done","item":' + item + b"}"
    read = [*reader.feed(b"", done), *reader.feed(b"", done.replace(b'"a"', b'"b"'))]
    assert read == [TextDelta("a"), LogprobsDelta([Raw(b"{}")]), TextDelta("b"), LogprobsDelta([Raw(b"{}")])]
    assert reader.feed(b"", b"[DONE]") == []
    assert reader.done
    assert reader.feed(b"", b"nonsense after the end") == []
    reader = Reader()
    end = b'{"type":"response.completed","response":{"status":"completed","output":[' + item + b"]}}"
    assert fold(reader.feed(b"response.completed", end)).choices[0].parts == [Text("a")]


def test_calls_named_late() -> None:
    reader = Reader()
    read = reader.feed(b"response.function_call_arguments.delta", b'{"delta":"{}"}')
    done = b'{"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}}'
    read += reader.feed(b"response.output_item.done", done)
    read += reader.feed(b"response.output_item.done", done.replace(b'"item"', b'"output_index":0,"item"'))
    assert fold(read).choices[0].parts == [ToolCall("c", "f", "{}")]


def test_two_texts_that_differ_are_left_as_sent() -> None:
    reader = Reader()
    read = reader.feed(b"", b'{"type":"response.output_text.delta","delta":"abc"}')
    read += reader.feed(b"", b'{"type":"response.content_part.done","part":{"type":"output_text","text":"xbcd"}}')
    assert fold(read).choices[0].parts == [Text("abc")]


def written(*events: Any) -> list[dict[str, Any]]:
    writer = Writer(IDENTITY)
    out = writer.feed(list(events)) + writer.end(CHARGED)
    return [json.loads(data) for _, data in events_of(out.decode())[:-1]]


def test_late_words_of_a_block() -> None:
    """Words for a block whose item is closed begin another; a late signature is in the answer's end."""
    told = written(
        ReasoningDelta(0, "text", "a"),
        TextDelta("b"),
        ReasoningDelta(0, "text", "c"),
        TextDelta("d"),
        ReasoningDelta(0, "text", signature="s"),
    )
    output = told[-1]["response"]["output"]
    assert [one["type"] for one in output] == ["reasoning", "message", "reasoning", "message"]
    assert output[2]["signature"] == "s"


def test_late_signature_of_a_call() -> None:
    told = written(ToolCallDelta(0, "{}", "c", "f"), ToolCallDelta(0, signature="s"))
    reader = Reader()
    read = [one for event in told for one in reader.feed(b"", json.dumps(event).encode())]
    assert fold(read).choices[0].parts == [ToolCall("c", "f", "{}", "s")]


def test_citations_without_an_event() -> None:
    told = written(TextDelta("a"), AnnotationEvent(Annotation(raw=Raw(b'{"type":"file"}'))))
    assert told[-1]["response"]["output"][0]["content"][0]["annotations"] == []


def test_what_has_no_event() -> None:
    told = written(
        TextDelta(""),
        TextDelta("b", choice=1),
        AudioDelta(data="AA"),
        ToolCallDelta(0, "", None, "f"),
        LogprobsDelta([Raw(b"{ \n}")]),
        Finish(FinishReason.ERROR, "x"),
    )
    assert [one["type"] for one in told[-2:]] == ["error", "response.failed"]
    output = told[-1]["response"]["output"]
    assert output[0]["call_id"].startswith("call_tmp_")
    assert output[1]["content"][0]["logprobs"] == [{}]
    assert b"response.created" in Writer(IDENTITY).end(CHARGED)


def test_errors_in_words() -> None:
    error = NotFound("Nothing", metadata={"availability": {"code": "no_endpoints"}, "x": 1})
    assert json.loads(write_error(error)) == {
        "error": {"code": "server_error", "message": "Nothing", "availability": {"code": "no_endpoints"}},
        "metadata": {"x": 1},
        "error_type": "not_found",
    }
    for body, words in (
        (b'{"error":{"message":"m"}}', "m"),
        (b'{"error":"m"}', "m"),
        (b'{"detail":"m"}', "m"),
        (b'{"detail":[1],"message":"m"}', "m"),
        (b"<html>", "<html>"),
        (b"", "HTTP 502"),
    ):
        assert read_error(502, body) == words


def test_message_without_content() -> None:
    """Says nothing, as with OpenAI."""
    request = read_request(b'{"model":"m","input":[{"role":"user"},{"role":"user","content":"hi"}]}')
    assert [message.parts for message in request.messages] == [[], [Text("hi")]]
