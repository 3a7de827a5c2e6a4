"""Chat requests into the canonical vocabulary and back."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from modelport.dialects.canonical import (
    Audio,
    CacheMark,
    File,
    Image,
    Message,
    Reasoning,
    ReasoningOptions,
    Request,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
)
from modelport.dialects.openai_chat.canonical_request import (
    DROPPED,
    REFUSED,
    Target,
    headers,
    path,
    read_request,
    write_request,
)
from modelport.errors import BadRequest

_HI = [{"role": "user", "content": "hi"}]
_TARGET = Target("maker/model", stream=False)


def read(**fields: Any) -> Request:
    """A request of these fields, a greeting where no messages are among them."""
    return read_request(json.dumps({"model": "m", "messages": _HI, **fields}).encode())


def written(request: Request, target: Target = _TARGET) -> dict[str, Any]:
    return json.loads(write_request(request, target))


def again(target: Target = _TARGET, **fields: Any) -> dict[str, Any]:
    """What a provider is sent for a request of these fields."""
    return written(read(**fields), target)


class TestMessages:
    """Every part of a message is carried both ways."""

    @pytest.mark.parametrize(
        ("part", "canonical"),
        [
            ({"type": "text", "text": "a"}, Text("a")),
            (
                {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                Text("a", CacheMark("1h")),
            ),
            ({"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
             Image("https://x/y.png", detail="low")),
            ({"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}},
             Image(data="QQ==", media_type="image/png")),
            ({"type": "image_url", "image_url": {"url": "data:image/svg+xml;utf8,<svg/>"}},
             Image("data:image/svg+xml;utf8,<svg/>")),
            ({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="}},
             File("a.pdf", data="QQ==", media_type="application/pdf")),
            ({"type": "file", "file": {"filename": "", "file_data": "https://x/a.pdf"}},
             File("", url="https://x/a.pdf")),
            ({"type": "file", "file": {"file_data": "QQ=="}}, File(data="QQ==")),
            ({"type": "file", "file": {"file_id": "file-1"}}, File(file_id="file-1")),
            ({"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}, Audio("QQ==", "wav")),
            ({"type": "video_url", "video_url": {"url": "https://x/a.mp4"}}, Video("https://x/a.mp4")),
        ],
    )  # fmt: skip
    def test_parts(self, part: dict[str, Any], canonical: object) -> None:
        content = [{"type": "text", "text": "look"}, part]
        request = read(messages=[{"role": "user", "content": content}])
        assert request.messages == [Message(Role.USER, [Text("look"), canonical])]  # type: ignore[list-item]
        assert written(request)["messages"] == [{"role": "user", "content": content}]

    def test_a_single_plain_text_is_a_string(self) -> None:
        body = again(messages=[{"role": "system", "content": [{"type": "text", "text": "be brief"}]}])
        assert body["messages"] == [{"role": "system", "content": "be brief"}]

    def test_names_and_roles(self) -> None:
        messages = [
            {"role": "developer", "content": "x"},
            {"role": "user", "content": "y", "name": "ann"},
            {"role": "assistant", "content": None, "refusal": "no"},
        ]
        assert again(messages=messages)["messages"] == messages

    def test_a_tool_turn(self) -> None:
        arguments = '{"city":  "Z\\u00fcrich"'  # neither valid nor normal JSON: bytes are kept
        messages = [
            *_HI,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}},
                    {"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}},
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": "12"},
            {
                "role": "tool",
                "tool_call_id": "b",
                "content": [
                    {"type": "text", "text": "see"},
                    {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
                ],
            },
        ]
        request = read(messages=messages)
        assert request.messages[1].parts == [ToolCall("a", "f", arguments), ToolCall("b", "g", "")]
        assert written(request)["messages"] == messages

    def test_reasoning_details_return_unchanged(self) -> None:
        details = [
            {"type": "reasoning.text", "text": "hm", "signature": "s==", "format": "anthropic-claude-v1", "index": 0},
            {"type": "reasoning.encrypted", "data": "e", "id": "rs_1", "format": "openai-responses-v1", "index": 1},
            {"type": "reasoning.summary", "summary": "so", "id": "rs_1", "format": "openai-responses-v1", "index": 1},
            {"type": "reasoning.text", "signature": "only", "format": "anthropic-claude-v1", "index": 2},
        ]
        turn = {"role": "assistant", "content": "x", "reasoning": "hmso", "reasoning_details": details}
        assert again(messages=[*_HI, turn])["messages"][1] == turn

    def test_a_call_gets_its_signature_from_the_details(self) -> None:
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        detail = {"type": "reasoning.encrypted", "data": "sig", "id": "c", "format": "google-gemini-v1"}
        turn = {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_details": [detail]}
        request = read(messages=[*_HI, turn])
        assert request.messages[1].parts == [ToolCall("c", "f", "{}", "sig")]
        assert written(request)["messages"][1] == turn

    @pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
    def test_plain_reasoning(self, name: str) -> None:
        turn = {"role": "assistant", "content": "x", name: "hm"}
        request = read(messages=[*_HI, turn])
        assert request.messages[1].parts == [Reasoning("text", "hm"), Text("x")]
        assert written(request)["messages"][1] == {"role": "assistant", "content": "x", "reasoning": "hm"}

    def test_a_provider_spells_messages_its_way(self) -> None:
        turns = [
            {"role": "developer", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": "y", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        ]
        renames = {"messages.reasoning": "reasoning_content", "messages.role.developer": "system"}
        drops = frozenset({"parts.cache_control", "messages.reasoning_details"})
        body = again(Target("m", stream=False, renames=renames, drops=drops), messages=turns)
        assert body["messages"] == [
            {"role": "system", "content": "x"},
            {"role": "assistant", "content": "y", "reasoning_content": "hm"},
        ]
        renames = {"messages.reasoning": "content.thinking", "parts.cache_control": "prompt_cache_breakpoint"}
        body = again(Target("m", stream=False, renames=renames), messages=turns)
        assert body["messages"][0]["content"][0]["prompt_cache_breakpoint"] == {"mode": "explicit"}
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
        assert body["messages"][1]["content"] == [thinking, {"type": "text", "text": "y"}]

    def test_spelling_of_a_turn_without_text(self) -> None:
        turn = {"role": "assistant", "reasoning": "hm", "name": "x"}
        spelled = Target(
            "m", stream=False, renames={"messages.reasoning": "content.thinking"}, drops=frozenset({"messages.name"})
        )
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
        assert again(spelled, messages=[turn])["messages"] == [{"role": "assistant", "content": [thinking]}]
        parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
        body = again(spelled, messages=[{**turn, "content": parts}])
        assert body["messages"][0]["content"] == [thinking, *parts]

    def test_what_only_an_assistant_says_is_not_put_into_others_mouths(self) -> None:
        message = Message(Role.USER, [Text("hi"), Reasoning("text", "hm")])
        assert written(Request(model="", messages=[message]))["messages"] == [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]}
        ]

    def test_what_an_assistant_made_besides_text(self) -> None:
        cited = {"url": "https://x", "title": "X", "start_index": 1, "end_index": 2, "content": "c"}
        turn = {
            "role": "assistant",
            "content": "hello",
            "annotations": [
                {"type": "url_citation", "url_citation": cited},
                {"type": "file", "file": {"hash": "h", "name": "a.pdf", "content": []}},
            ],
            "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}],
            "audio": {"id": "audio_1"},
        }
        assert again(messages=[*_HI, turn])["messages"][1] == turn

    def test_parts_that_only_some_providers_have(self) -> None:
        content = [
            {"type": "input_audio", "input_audio": "QQ=="},
            {"type": "document_url", "document_url": "https://x/a.pdf", "document_name": "a.pdf"},
            {"type": "file_url", "file_url": {"url": "QQ=="}},
            {"type": "refusal", "refusal": "no"},
            {"type": "text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}},
        ]
        assert again(messages=[{"role": "user", "content": content}])["messages"][0]["content"] == [
            {"type": "input_audio", "input_audio": {"data": "QQ=="}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://x/a.pdf"}},
            {"type": "file", "file": {"file_data": "QQ=="}},
            {"type": "refusal", "refusal": "no"},
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}},
        ]
        content = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "x"}]
        parts = read(messages=[{"role": "assistant", "content": content}]).messages[0].parts
        assert parts == [Reasoning("text", "hm", "s"), Text("x")]

    def test_details_of_an_unknown_kind_and_citations_without_a_text(self) -> None:
        cited = {"url": "https://x", "title": "", "start_index": 0, "end_index": 0}
        turn = {
            "role": "assistant",
            "reasoning_details": [{"type": "reasoning.server_tool_call"}],
            "annotations": [{"type": "url_citation", "url_citation": cited}],
        }
        body = again(messages=[turn])["messages"][0]
        assert body == {"role": "assistant", "content": "", "annotations": turn["annotations"]}

    def test_the_legacy_form_of_calls(self) -> None:
        messages = [
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "1"},
        ]
        body = again(messages=messages, functions=[{"name": "f"}], function_call={"name": "f"})
        assert body["messages"][0]["tool_calls"][0]["id"] == body["messages"][1]["tool_call_id"]
        assert body["tools"] == [{"type": "function", "function": {"name": "f"}}]
        assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}

    def test_results_of_other_dialects(self) -> None:
        """Several results in one message, with words beside them and a mark on the whole result."""
        message = Message(
            Role.USER,
            [ToolResult("a", [Text("1")], is_error=True, cache=CacheMark()), ToolResult("b", []), Text("and?")],
        )
        mark = {"cache_control": {"type": "ephemeral"}}
        assert written(Request(model="", messages=[message]))["messages"] == [
            {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "1", **mark}]},
            {"role": "tool", "tool_call_id": "b", "content": ""},
            {"role": "user", "content": "and?"},
        ]

    def test_prompt_instead_of_messages(self) -> None:
        request = read_request(b'{"model":"m","prompt":"hi"}')
        assert request.messages == [Message(Role.USER, [Text("hi")])]


class TestParameters:
    """Everything beside the messages."""

    def test_all_of_them(self) -> None:
        said: dict[str, Any] = {
            "max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "top_a": 0.2,
            "frequency_penalty": -1.0, "presence_penalty": 1.0, "repetition_penalty": 1.1, "seed": 7, "stop": ["a"],
            "logit_bias": {"5": -100}, "logprobs": True, "top_logprobs": 3, "n": 2, "verbosity": "low",
            "modalities": ["text", "audio"], "audio": {"voice": "x", "format": "wav"},
            "prediction": {"type": "content", "content": "x"}, "service_tier": "flex", "user": "u",
            "metadata": {"a": "b"}, "parallel_tool_calls": False, "reasoning_effort": "low",
            "prompt_cache_key": "k", "safe_prompt": True,
        }  # fmt: skip
        body = again(**said)
        assert body == {"model": "maker/model", "messages": _HI, **said}

    def test_null_is_not_said(self) -> None:
        assert again(temperature=None, tools=None, stop=None, safe_prompt=None) == {
            "model": "maker/model",
            "messages": _HI,
        }

    def test_the_gateways_own_fields_stay_here(self) -> None:
        assert set(again(provider={"order": ["x"]}, models=["a"], plugins=[], usage={"include": True})) == {
            "model",
            "messages",
        }

    def test_streams_ask_for_usage(self) -> None:
        body = again(Target("m", stream=True), stream_options={"include_usage": False})
        assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})

    def test_lengths(self) -> None:
        assert again(max_completion_tokens=5)["max_tokens"] == 5
        renamed = Target("m", stream=False, max_tokens=3, renames={"max_tokens": "max_completion_tokens"})
        assert again(renamed, max_tokens=5)["max_completion_tokens"] == 3
        assert "max_tokens" not in again(Target("m", stream=False, default_max_tokens=9))

    def test_drops(self) -> None:
        assert "seed" not in again(Target("m", stream=False, drops=frozenset({"seed"})), seed=1)

    @pytest.mark.parametrize(
        ("fields", "effort"),
        [
            ({"reasoning": {"effort": "high"}}, "high"),
            ({"reasoning_effort": "low"}, "low"),
            ({"reasoning": {"effort": "high"}, "reasoning_effort": "low"}, "high"),
            ({"reasoning": {"enabled": True}}, "medium"),
            ({"reasoning": {"enabled": False}}, "none"),
            ({"reasoning": {"max_tokens": 2000}}, "medium"),
            ({"reasoning": {"max_tokens": 8000}, "max_tokens": 10000}, "high"),
            ({"reasoning": {"max_tokens": 500}, "max_tokens": 10000}, "minimal"),
            ({"include_reasoning": True}, "medium"),
            ({"include_reasoning": False}, None),
            ({"reasoning": {"exclude": True}}, None),
        ],
    )
    def test_reasoning(self, fields: dict[str, Any], effort: str | None) -> None:
        assert again(**fields).get("reasoning_effort") == effort

    def test_reasoning_whole_for_those_who_take_it(self) -> None:
        target = Target("m", stream=False, keeps=frozenset({"reasoning", "cache_control"}))
        asked = {"effort": "high", "summary": "auto", "exclude": True}
        body = again(target, reasoning=asked, cache_control={"type": "ephemeral", "ttl": "1h"})
        assert body["reasoning"] == asked
        assert body["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
        assert read(include_reasoning=False).reasoning == ReasoningOptions(exclude=True)

    @pytest.mark.parametrize(
        "form",
        [
            {"type": "text"},
            {"type": "json_object"},
            {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"a": 1}, "strict": True, "description": "d"},
            },
            {"type": "grammar", "grammar": "root ::= x"},
        ],
    )
    def test_response_format(self, form: dict[str, Any]) -> None:
        assert again(response_format=form)["response_format"] == form

    def test_tools(self) -> None:
        tools = [
            {
                "type": "function",
                "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True},
                "cache_control": {"type": "ephemeral"},
            },
            {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}},
            {"type": "openrouter:web_search", "parameters": {"max_results": 2}},
        ]
        call = {"id": "1", "type": "custom", "custom": {"name": "c", "input": "free text"}}
        messages = [*_HI, {"role": "assistant", "content": None, "tool_calls": [call]}]
        body = again(tools=tools, messages=messages, tool_choice={"type": "custom", "custom": {"name": "c"}})
        assert body["tools"] == tools
        assert body["messages"] == messages
        assert body["tool_choice"] == {"type": "custom", "custom": {"name": "c"}}

    def test_a_schema_beside_the_type(self) -> None:
        body = again(response_format={"type": "json_schema", "schema": {"a": 1}})
        assert body["response_format"] == {"type": "json_schema", "json_schema": {"schema": {"a": 1}}}
        body = again(response_format={"type": "json_object", "schema": {"a": 1}})
        assert body["response_format"] == {"type": "json_object", "schema": {"a": 1}}

    def test_a_tool_without_a_type_is_a_function(self) -> None:
        assert read(tools=[{"function": {"name": "f"}}]).tools == [Tool("f")]

    @pytest.mark.parametrize(
        ("said", "sent"),
        [
            ("auto", "auto"),
            ("none", "none"),
            ("any", "required"),
            ({"function": {"name": "f"}}, {"type": "function", "function": {"name": "f"}}),
            ({"type": "function", "name": "f"}, {"type": "function", "function": {"name": "f"}}),
            ({"type": "allowed_tools", "allowed_tools": {}}, {"type": "allowed_tools", "allowed_tools": {}}),
        ],
    )
    def test_tool_choice(self, said: object, sent: object) -> None:
        assert again(tool_choice=said)["tool_choice"] == sent
        assert written(Request(model="", messages=[], tool_choice=ToolChoice("required")))["tool_choice"] == "required"


class TestComplaints:
    """Whatever the bytes are, the caller is told what is wrong and where."""

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"messages": []}, "`messages` is empty"),
            ({"messages": [{"role": "tool", "content": "x"}]}, "`messages[0].tool_call_id`"),
            ({"messages": [{"role": "user", "content": 5}]}, "`messages[0].content`"),
            ({"messages": [{"role": "robot", "content": "x"}]}, "`messages[0].role`"),
            (
                {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
                "`messages[0].content[0]` of type 'smell'",
            ),
            ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "`messages[0].content[0]`"),
            ({"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]}, "`file_data` or `file_id`"),
            (
                {"messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]},
                "`messages[0].tool_calls[0].function`",
            ),
            ({"tools": [{"type": "function"}]}, "`tools[0].function`"),
            ({"tools": [{"type": "function", "function": {"name": 5}}]}, "`tools[0].function.name`"),
            ({"tools": {}}, "at `tools`"),
            ({"response_format": {"type": "json_schema"}}, "`response_format.json_schema`"),
            ({"temperature": 3}, "`$.temperature`"),
            ({"modalities": "text"}, "`modalities`"),
        ],
    )
    def test_places(self, fields: dict[str, Any], words: str) -> None:
        with pytest.raises(BadRequest) as raised:
            read(**fields)
        assert words in raised.value.message

    def test_a_tool_of_another_dialect_is_refused(self) -> None:
        for raw in (b'{"type":"web_search_20250305","name":"web_search"}', b'{"googleSearch":{}}', b"5"):
            tool = Tool("web_search", raw=Raw(raw))
            with pytest.raises(BadRequest, match=r"`tools\[0\]`"):
                write_request(Request(model="", messages=[], tools=[tool]), _TARGET)
        assert set(REFUSED) == {"tools[].raw"}
        assert all(DROPPED.values())

    @pytest.mark.parametrize("field", ["messages", "tools", "response_format", "x"])
    def test_deep_nesting(self, field: str) -> None:
        body = f'{{"messages":[{{"role":"user","content":"x"}}],"{field}":{"[" * 100_000}{"]" * 100_000}}}'
        with pytest.raises(BadRequest):
            read_request(body.encode())

    @given(st.binary() | st.text().map(str.encode))
    def test_any_bytes(self, body: bytes) -> None:
        with pytest.raises(BadRequest):
            read_request(body)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["type", "text", "role", "content", "function", "name", "image_url", "file", "url"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ),
        st.sampled_from(["messages", "tools", "tool_choice", "response_format", "reasoning", "cache_control"]),
    )
    def test_any_json(self, value: object, field: str) -> None:
        """Refused as a bad request, or taken; never anything else."""
        try:
            request = read(**{field: [value] if field in {"messages", "tools"} else value})
            write_request(request, _TARGET)
        except BadRequest:
            return


def test_where_and_how_to_send_it() -> None:
    assert path("maker/model", stream=True) == "/chat/completions"
    assert headers("k") == {"authorization": "Bearer k", "content-type": "application/json"}
    assert headers("") == {"content-type": "application/json"}


# A round trip of whatever the vocabulary models.

_TEXTS = st.text(max_size=8)
_WORDS = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=6)
_MARKS = st.none() | st.builds(CacheMark, st.sampled_from([None, "5m", "1h"]))
_KNOWN = (st.none() | _WORDS, st.none() | _WORDS, st.none() | st.integers(0, 3))
_DETAILS = st.one_of(
    st.builds(Reasoning, st.just("text"), _TEXTS, _WORDS, st.none(), *_KNOWN),
    st.builds(Reasoning, st.just("summary"), _TEXTS, st.none(), st.none(), *_KNOWN),
    st.builds(Reasoning, st.just("encrypted"), st.just(""), st.none(), _WORDS, *_KNOWN),
)
_SEEN = st.one_of(
    st.builds(Text, _TEXTS, _MARKS),
    st.builds(Image, url=_WORDS.map("https://x/".__add__), detail=st.none() | _WORDS, cache=_MARKS),
    st.builds(Image, data=_WORDS, media_type=st.just("image/png"), cache=_MARKS),
    st.builds(File, st.none() | _WORDS, data=_WORDS, media_type=st.just("application/pdf"), cache=_MARKS),
    st.builds(File, st.none() | _WORDS, file_id=_WORDS, cache=_MARKS),
    st.builds(Audio, _WORDS, st.none() | _WORDS),
    st.builds(Video, _WORDS),
)


def _answer(thoughts: list[Reasoning], texts: list[Text], calls: list[ToolCall], name: str | None) -> Message:
    # Two neighbours of one kind and index are pieces of one thought, and are read as one.
    for before, after in pairwise(thoughts):
        if (before.kind, before.index) == (after.kind, after.index):
            after.index = None
    return Message(Role.ASSISTANT, [*thoughts, *texts, *calls], name)


def _results(call_id: str, texts: list[Text], name: str | None) -> Message:
    return Message(Role.TOOL, [ToolResult(call_id, [*texts], name=name)])


_MESSAGES = st.one_of(
    st.builds(
        Message,
        st.sampled_from([Role.SYSTEM, Role.DEVELOPER, Role.USER]),
        st.lists(_SEEN, min_size=1, max_size=3),
        st.none() | _WORDS,
    ),
    st.builds(
        _answer,
        st.lists(_DETAILS, max_size=2),
        st.lists(st.builds(Text, _TEXTS), max_size=2),
        st.lists(st.builds(ToolCall, _WORDS, _WORDS, _TEXTS, st.none()), max_size=2),
        st.none() | _WORDS,
    ),
    st.builds(_results, _WORDS, st.lists(st.builds(Text, _TEXTS, _MARKS), min_size=1, max_size=2), st.none() | _WORDS),
)
_REQUESTS = st.builds(
    Request,
    model=st.just("m"),
    messages=st.lists(_MESSAGES, min_size=1, max_size=4),
    tools=st.lists(
        st.builds(
            Tool,
            _WORDS,
            st.none() | _TEXTS,
            st.none() | st.just(Raw(b'{"type":"object"}')),
            st.none() | st.booleans(),
            _MARKS,
        ),
        max_size=2,
    ),
    tool_choice=st.sampled_from([None, ToolChoice("auto"), ToolChoice("tool", "f")]),
    max_tokens=st.none() | st.integers(1, 99),
    temperature=st.none() | st.floats(0, 2),
    stop=st.none() | st.lists(_TEXTS, max_size=2),
    seed=st.none() | st.integers(0, 9),
    reasoning=st.none() | st.builds(ReasoningOptions, st.sampled_from(["high", "none"])),
)


@given(_REQUESTS)
def test_round_trip(request: Request) -> None:
    assert read_request(write_request(request, Target("m", stream=request.stream))) == request
