"""Requests by hand: what each thing becomes, what is refused, and what a provider's row changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from known_models import aimed
from msgspec import Raw

from modelport.dialects.canonical import (
    Audio,
    File,
    Image,
    Message,
    Part,
    Reasoning,
    ReasoningOptions,
    Request,
    ResponseFormat,
    Role,
    Target,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
)
from modelport.dialects.gemini.request import (
    headers,
    patch_request,
    path,
    read_count_tokens,
    read_request,
    write_request,
)
from modelport.dialects.gemini.schema import to_json_schema
from modelport.errors import BadRequest

NEW, OLD = aimed("gemini", "gemini-3.1-pro-preview"), aimed("gemini", "gemini-2.5-flash")
HI: list[Any] = [{"role": "user", "parts": [{"text": "hi"}]}]


def read(body: dict[str, Any]) -> Request:
    return read_request(json.dumps({"contents": HI} | body).encode(), model="m", stream=True)


def parts_of(*parts: dict[str, Any]) -> list[Part]:
    return read({"contents": [{"parts": list(parts)}]}).messages[0].parts


def asking(*parts: Part, role: Role = Role.USER, **fields: Any) -> Request:
    return Request(model="m", messages=[Message(role, list(parts) or [Text("hi")])], **fields)


def written(request: Request, target: Target = NEW) -> dict[str, Any]:
    return json.loads(write_request(request, target))


def config(target: Target = NEW, **fields: Any) -> dict[str, Any]:
    return written(asking(**fields), target).get("generationConfig", {})


class TestAddress:
    """Where a request goes."""

    def test_path(self) -> None:
        assert path("gemini-3-pro", stream=False) == "/models/gemini-3-pro:generateContent"
        assert path("models/gemini-3-pro", stream=True) == "/models/gemini-3-pro:streamGenerateContent?alt=sse"
        assert path("a/b?c", stream=False) == "/models/a%2Fb%3Fc:generateContent"

    def test_headers(self) -> None:
        assert headers("k")["x-goog-api-key"] == "k"


class TestParts:
    """What a caller may send."""

    def test_both_spellings(self) -> None:
        """Snake case says the same as camel case."""
        snake = {"inline_data": {"mime_type": "image/png", "data": "aGk="}}
        camel = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
        assert parts_of(snake) == parts_of(camel) == [Image(data="aGk=", media_type="image/png")]

    def test_files(self) -> None:
        """By their media type; sound elsewhere is a file, because the vocabulary's sound has no address."""
        kinds = ["image/png", "audio/mpeg", "video/mp4", "application/pdf"]
        given = [{"inlineData": {"mimeType": kind, "data": "aGk="}} for kind in kinds]
        assert [type(part).__mro__[1] for part in parts_of(*given)][1:] == [Audio, Video, File]
        sound = parts_of({"inlineData": {"mimeType": "audio/x-wav", "data": "aGk="}})[0]
        assert isinstance(sound, Audio)
        assert sound.format == "wav"
        assert isinstance(parts_of({"fileData": {"fileUri": "gs://a", "mimeType": "audio/mpeg"}})[0], File)

    def test_signed_words(self) -> None:
        """A signature follows its words, and goes back on them; before any words it waits for them."""
        first, second = parts_of({"text": "a", "thoughtSignature": "c2ln"})
        assert isinstance(second, Reasoning)
        assert (first, second.data, second.format) == (Text("a"), "c2ln", "google-gemini-v1")
        for order in ([first, second], [second, first]):
            body = written(asking(*order, role=Role.ASSISTANT))
            assert body["contents"][0]["parts"] == [{"text": "a", "thoughtSignature": "c2ln"}]
        assert written(asking(second, role=Role.ASSISTANT))["contents"][0]["parts"] == [
            {"text": "", "thoughtSignature": "c2ln"}
        ]

    def test_ids_are_made_up_and_left_out_again(self) -> None:
        """Two calls of one function without ids are told apart by their order."""
        call = {"functionCall": {"name": "f", "args": {}}}
        results = [{"functionResponse": {"name": "f", "response": {"output": text}}} for text in ("one", "two")]
        contents = [*HI, {"role": "model", "parts": [call, call]}, {"role": "user", "parts": results}]
        request = read({"contents": contents})
        calls = [part.id for part in request.messages[1].parts if isinstance(part, ToolCall)]
        answers = [part.call_id for part in request.messages[2].parts if isinstance(part, ToolResult)]
        assert calls == answers
        assert len(set(calls)) == 2
        assert request.messages[2].role is Role.TOOL
        assert written(request, OLD)["contents"] == contents

    @pytest.mark.parametrize(
        ("response", "text", "failed"),
        [
            ({"output": "x"}, "x", None),
            ({"result": "x"}, "x", None),
            ({"error": "x"}, "x", True),
            ({"n": 1.50}, '{"n": 1.5}', None),
            ({"output": [1]}, '{"output": [1]}', None),
        ],
    )
    def test_results(self, response: Any, text: str, failed: bool | None) -> None:  # noqa: FBT001
        """A text alone is the text, an object its JSON."""
        result = parts_of({"functionResponse": {"name": "f", "response": response}})[0]
        assert isinstance(result, ToolResult)
        assert (result.parts, result.is_error) == ([Text(text)], failed)

    @pytest.mark.parametrize(
        ("body", "place"),
        [
            ({"contents": []}, "contents"),
            ({"contents": [{"role": "system", "parts": []}]}, "contents.0.role"),
            ({"contents": [{"parts": [{}]}]}, "contents.0.parts.0"),
            ({"contents": [{"parts": [{"text": 1}]}]}, "contents.0.parts.0.text"),
            ({"contents": [{"parts": [{"inlineData": {"data": "a"}}]}]}, "contents.0.parts.0.inlineData.mimeType"),
            ({"contents": [{"parts": [{"functionCall": {"name": "f", "args": []}}]}]}, "functionCall.args"),
            ({"generationConfig": {"maxOutputTokens": 0}}, "generationConfig.maxOutputTokens"),
            ({"generationConfig": {"thinkingConfig": {"thinkingBudget": "x"}}}, "thinkingConfig.thinkingBudget"),
            ({"tools": [{"functionDeclarations": [{"description": "x"}]}]}, "tools.0.functionDeclarations.0.name"),
            ({"toolConfig": {"functionCallingConfig": {"mode": "SOME"}}}, "functionCallingConfig.mode"),
            ({"systemInstruction": "text"}, "systemInstruction"),
        ],
    )
    def test_refusals_name_the_place(self, body: dict[str, Any], place: str) -> None:
        with pytest.raises(BadRequest, match=place.replace(".", r"\.")):
            read(body)


class TestConfig:
    """How the answer should be made."""

    def test_read(self) -> None:
        request = read(
            {
                "generationConfig": {
                    "max_output_tokens": 9,
                    "topK": 40.0,
                    "candidateCount": 2,
                    "responseLogprobs": True,
                    "logprobs": 3,
                    "responseModalities": ["AUDIO"],
                    "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
                    "mediaResolution": "MEDIA_RESOLUTION_LOW",
                },
                "session_id": "s",
                "provider": {"order": ["a"]},
                "models": ["b"],
            }
        )
        assert (request.max_tokens, request.top_k, request.n, request.stream) == (9, 40, 2, True)
        assert (request.logprobs, request.top_logprobs, request.modalities) == (True, 3, ["audio"])
        assert request.audio is not None
        assert json.loads(bytes(request.audio)) == {"voice": "Kore", "format": "pcm16"}
        assert set(request.extra) == {"generationConfig", "session_id", "provider", "models"}
        body = written(request)
        assert set(body) == {"contents", "generationConfig"}
        assert body["generationConfig"]["mediaResolution"] == "MEDIA_RESOLUTION_LOW"

    @pytest.mark.parametrize(
        ("options", "new", "old"),
        [
            (ReasoningOptions("xhigh"), {"thinkingLevel": "high"}, {"thinkingBudget": 9_500}),
            (ReasoningOptions("low"), {"thinkingLevel": "low"}, {"thinkingBudget": 2_000}),
            (ReasoningOptions("minimal"), {"thinkingLevel": "low"}, {"thinkingBudget": 1_000}),
            (ReasoningOptions(enabled=True), {"thinkingLevel": "medium"}, {"thinkingBudget": 5_000}),
            (ReasoningOptions(max_tokens=700), {"thinkingBudget": 700}, {"thinkingBudget": 700}),
        ],
    )
    def test_thinking(self, options: ReasoningOptions, new: dict[str, Any], old: dict[str, Any]) -> None:
        """Levels since Gemini 3, shares of the length before; shown unless told otherwise."""
        shown = {"includeThoughts": True}
        for target, expected in ((NEW, new), (OLD, old)):
            assert config(target, reasoning=options, max_tokens=10_000)["thinkingConfig"] == expected | shown
        hidden = ReasoningOptions(options.effort, options.max_tokens, enabled=options.enabled, exclude=True)
        assert config(NEW, reasoning=hidden)["thinkingConfig"] == new

    def test_no_thinking(self) -> None:
        """Off where that can be said; as little as possible where not."""
        off = ReasoningOptions("none")
        assert config(OLD, reasoning=off)["thinkingConfig"] == {"thinkingBudget": 0}
        assert config(NEW, reasoning=off)["thinkingConfig"] == {"thinkingLevel": "low"}
        quick, always = aimed("gemini", "gemini-3-flash"), aimed("gemini", "gemini-2.5-pro")
        assert config(quick, reasoning=off)["thinkingConfig"] == {"thinkingLevel": "minimal"}
        assert config(always, reasoning=off)["thinkingConfig"] == {"thinkingBudget": 128}
        unknown = Target("my-model", stream=False)
        assert config(unknown, reasoning=off)["thinkingConfig"] == {"thinkingLevel": "low"}
        assert "thinkingConfig" not in config(NEW)

    def test_the_efforts_of_the_model(self) -> None:
        """The nearest one that it knows, as the catalogue says or else its line; of two as near the greater."""
        medium = ReasoningOptions("medium", exclude=True)
        first = aimed("gemini", "gemini-3-pro-preview")
        assert config(first, reasoning=medium)["thinkingConfig"] == {"thinkingLevel": "high"}
        told = aimed("gemini", "gemini-3-pro-preview", efforts=("low",))
        assert config(told, reasoning=medium)["thinkingConfig"] == {"thinkingLevel": "low"}
        counted = aimed("gemini", "gemini-2.5-flash", efforts=("low", "high"))
        assert config(counted, reasoning=medium)["thinkingConfig"] == {"thinkingBudget": 24_576}

    def test_a_row_knows_better_than_a_name(self) -> None:
        counted = Target("my-model", stream=False, quirks=frozenset({"thinking_budget"}))
        assert config(counted, reasoning=ReasoningOptions("high"))["thinkingConfig"]["thinkingBudget"] == 24_576

    @pytest.mark.parametrize(
        ("asked", "effort", "tokens", "enabled", "exclude"),
        [
            ({"thinkingLevel": "HIGH", "includeThoughts": True}, "high", None, None, False),
            ({"thinkingBudget": 100}, None, 100, None, True),
            ({"thinking_budget": 0}, None, None, False, True),
            ({"thinkingBudget": -1, "include_thoughts": True}, None, None, True, False),
        ],
    )
    def test_thinking_read(self, asked: Any, effort: Any, tokens: Any, enabled: Any, exclude: Any) -> None:
        options = read({"generationConfig": {"thinkingConfig": asked}}).reasoning
        assert options is not None
        assert (options.effort, options.max_tokens, options.enabled, options.exclude) == (
            effort,
            tokens,
            enabled,
            exclude,
        )

    def test_layouts(self) -> None:
        """JSON Schema goes as it is; Google's own kind is read as JSON Schema and goes back as it was."""
        schema = Raw(b'{"$defs": {"a": {"const": 1}}, "anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}')
        layout = config(response_format=ResponseFormat("json_schema", "x", schema, strict=True))
        assert layout == {"responseMimeType": "application/json", "responseJsonSchema": json.loads(bytes(schema))}
        assert config(response_format=ResponseFormat("json_object")) == {"responseMimeType": "application/json"}
        googles = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER", "nullable": True}}}
        asked = {"generationConfig": {"responseMimeType": "application/json", "responseSchema": googles}}
        request = read(asked)
        assert request.response_format is not None
        assert request.response_format.schema is not None
        assert json.loads(bytes(request.response_format.schema)) == {
            "type": "object",
            "properties": {"n": {"type": ["integer", "null"]}},
        }
        assert written(request)["generationConfig"] == asked["generationConfig"]
        listed = {"generationConfig": {"responseMimeType": "text/x.enum", "responseSchema": {"enum": ["a"]}}}
        assert read(listed).response_format is None
        assert written(read(listed))["generationConfig"] == listed["generationConfig"]

    def test_small_fields(self) -> None:
        body = written(
            asking(
                stop=["x"],
                n=2,
                logprobs=True,
                top_logprobs=4,
                modalities=["text", "image"],
                audio=Raw(b'{"voice":"Kore","format":"wav"}'),
                service_tier="flex",
                min_p=0.1,
                user="u",
                extra={"safety_settings": Raw(b"[1]"), "store": Raw(b"false"), "top_a": Raw(b"1")},
            )
        )
        assert body["serviceTier"] == "flex"
        assert body["safetySettings"] == [1]
        assert "top_a" not in body
        assert body["generationConfig"] == {
            "stopSequences": ["x"],
            "candidateCount": 2,
            "responseLogprobs": True,
            "logprobs": 4,
            "responseModalities": ["TEXT", "IMAGE"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
        }


class TestTools:
    """Functions, and tools of Google's own."""

    SCHEMA = (
        b'{"$defs":{"a":{"type":["string","null"],"const":"x"}},"type":"object","properties":{"p":{"$ref":"#/$defs/a"},'
        b'"q":{"anyOf":[{"type":"integer"},{"type":"null"}]}},"additionalProperties":false}'
    )

    def test_schemas_go_as_they_are(self) -> None:
        tool = Tool("f", "does", Raw(self.SCHEMA), strict=True)
        raw = write_request(asking(tools=[tool]), NEW)
        assert b'"parametersJsonSchema":' + self.SCHEMA in raw
        assert b"strict" not in raw

    def test_googles_schemas(self) -> None:
        """Read as JSON Schema for other providers, returned as they were to Google."""
        googles = {"type": "OBJECT", "properties": {"any_of": {"type": "STRING"}}, "required": ["any_of"]}
        request = read({"tools": [{"function_declarations": [{"name": "f", "parameters": googles}]}]})
        parameters = request.tools[0].parameters
        assert parameters is not None
        expected = {"type": "object", "properties": {"any_of": {"type": "string"}}, "required": ["any_of"]}
        assert json.loads(bytes(parameters)) == expected
        assert written(request)["tools"][0]["functionDeclarations"][0]["parameters"] == googles

    @pytest.mark.parametrize(
        ("googles", "plain"),
        [
            ({"type": "STRING", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
            ({"anyOf": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
            ({"items": {"type": "NUMBER"}, "minItems": "2"}, {"items": {"type": "number"}, "minItems": 2}),
            ({"type": "TYPE_UNSPECIFIED", "nullable": False}, {}),
            ({"properties": {"type": {"type": "OBJECT"}}}, {"properties": {"type": {"type": "object"}}}),
        ],
    )  # fmt: skip
    def test_conversion(self, googles: Any, plain: Any) -> None:
        assert json.loads(bytes(to_json_schema(Raw(json.dumps(googles).encode())))) == plain

    def test_unchanged_schemas_keep_their_bytes(self) -> None:
        assert to_json_schema(Raw(self.SCHEMA)) == Raw(self.SCHEMA)

    def test_choice(self) -> None:
        tools = [Tool("f")]
        for choice, expected in (
            (ToolChoice("auto"), {"mode": "AUTO"}),
            (ToolChoice("required"), {"mode": "ANY"}),
            (ToolChoice("none"), {"mode": "NONE"}),
            (ToolChoice("tool", "f"), {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        ):
            body = written(asking(tools=tools, tool_choice=choice))
            assert body["toolConfig"] == {"functionCallingConfig": expected}
        assert "toolConfig" not in written(asking(tool_choice=ToolChoice("auto")))

    def test_own_tools(self) -> None:
        """Searching and running code have a like here; another maker's other tools don't."""
        own = [
            Tool("googleSearch", raw=Raw(b'{"googleSearch":{"x":1}}')),
            Tool("web_search", raw=Raw(b'{"type":"web_search_20250305","name":"web_search"}')),
            Tool("search", raw=Raw(b'{"type":"openrouter:web_search"}')),
            Tool("code", raw=Raw(b'{"type":"code_interpreter"}')),
        ]
        assert written(asking(tools=[*own, Tool("f")]))["tools"] == [
            {"functionDeclarations": [{"name": "f"}]},
            {"googleSearch": {"x": 1}},
            {"googleSearch": {}},
            {"googleSearch": {}},
            {"codeExecution": {}},
        ]
        with pytest.raises(BadRequest, match=r"`tools\.0`"):
            written(asking(tools=[Tool("computer", raw=Raw(b'{"type":"computer_20250124"}'))]))


class TestMessages:
    """What other dialects' messages become."""

    def test_roles(self) -> None:
        messages = [
            Message(Role.SYSTEM, [Text("s")]),
            Message(Role.USER, [Text("a")], name="Ann"),
            Message(Role.DEVELOPER, [Text("d")]),
            Message(Role.USER, [Text("b")]),
            Message(Role.ASSISTANT, [Text("c")]),
        ]
        body = written(Request(model="m", messages=messages))
        assert body["systemInstruction"] == {"parts": [{"text": "s"}, {"text": "d"}]}
        assert [(turn["role"], len(turn["parts"])) for turn in body["contents"]] == [("user", 2), ("model", 1)]
        assert body["contents"][0]["parts"][0] == {"text": "Ann: a"}
        alone = written(Request(model="m", messages=messages[:1]))
        assert alone == {"contents": [{"role": "user", "parts": [{"text": "s"}]}]}
        with pytest.raises(BadRequest):
            written(Request(model="m", messages=[Message(Role.ASSISTANT, [])]))

    def test_files(self) -> None:
        parts: list[Part] = [
            Image("https://a.example/b.png?x"),
            Image("data:image/webp;base64,aGk="),
            Image(data="iVBORw0KGgo="),
            Video("https://a.example/film"),
            Audio("aGk=", "wav"),
            File("a.csv", data="aGk="),
            File(url="https://a.example/doc"),
        ]
        assert written(asking(*parts))["contents"][0]["parts"] == [
            {"fileData": {"fileUri": "https://a.example/b.png?x", "mimeType": "image/png"}},
            {"inlineData": {"mimeType": "image/webp", "data": "aGk="}},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
            {"fileData": {"fileUri": "https://a.example/film", "mimeType": "video/mp4"}},
            {"inlineData": {"mimeType": "audio/wav", "data": "aGk="}},
            {"inlineData": {"mimeType": "text/csv", "data": "aGk="}},
            {"fileData": {"fileUri": "https://a.example/doc", "mimeType": "application/pdf"}},
        ]
        for bad in (Audio(id="a1"), File()):
            with pytest.raises(BadRequest, match=r"messages\.0"):
                written(asking(bad))

    def loop(self, arguments: str, *result: Part, is_error: bool | None = None) -> Request:
        return Request(
            model="m",
            messages=[
                Message(Role.USER, [Text("hi")]),
                Message(Role.ASSISTANT, [Reasoning("text", "hm", "sig", format="x"), ToolCall("c.1", "f", arguments)]),
                Message(Role.TOOL, [ToolResult("c.1", list(result), is_error)]),
            ],
        )

    def test_calls_of_other_models(self) -> None:
        """Foreign thoughts go; the first call says that it has no signature, where one would be demanded."""
        request = self.loop('{"a": 1.50}', Text("ok"))
        assert b'{"a": 1.50}' in write_request(request, NEW)
        turns = written(request)["contents"]
        call = {"functionCall": {"id": "c.1", "name": "f", "args": {"a": 1.5}}}
        assert turns[1]["parts"] == [call | {"thoughtSignature": "skip_thought_signature_validator"}]
        assert turns[2]["parts"] == [{"functionResponse": {"id": "c.1", "name": "f", "response": {"output": "ok"}}}]
        assert written(request, OLD)["contents"][1]["parts"] == [call]

    @pytest.mark.parametrize(
        ("text", "args"), [("", {}), ('{"a', {"INVALID_JSON": '{"a'}), ("[1]", {"INVALID_JSON": "[1]"})]
    )
    def test_arguments(self, text: str, args: Any) -> None:
        turns = written(self.loop(text, Text("ok")))["contents"]
        assert turns[1]["parts"][0]["functionCall"]["args"] == args

    def test_results(self) -> None:
        """An object is itself; a file goes inside since Gemini 3, and behind before."""

        def result(*parts: Part, target: Target = NEW, is_error: bool | None = None) -> list[Any]:
            return written(self.loop("{}", *parts, is_error=is_error), target)["contents"][2]["parts"]

        assert result(Text('{"a":1}'))[0]["functionResponse"]["response"] == {"a": 1}
        assert result(Text("[1]"))[0]["functionResponse"]["response"] == {"output": "[1]"}
        assert result(Text("no"), is_error=True)[0]["functionResponse"]["response"] == {"error": "no"}
        picture = Image(data="aGk=", media_type="image/png")
        blob = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
        assert result(Text("x"), picture)[0]["functionResponse"]["parts"] == [blob]
        assert result(Text("x"), picture, target=OLD)[1:] == [blob]

    def test_a_result_without_its_call(self) -> None:
        request = Request(model="m", messages=[Message(Role.TOOL, [ToolResult("c", [Text("x")])])])
        with pytest.raises(BadRequest, match=r"messages\.0"):
            written(request)


class TestPatching:
    """A caller's own body for Google."""

    def test_bytes_survive(self) -> None:
        body = (
            b'{"model":"x","provider":{},"session_id":"s","contents":[{"parts":[{"text":"\\u00e9", "new":1.50}]}],'
            b'"generation_config":{"max_output_tokens":5, "new_field":{"a": 1}},"newest":[1, 2]}'
        )
        assert patch_request(body, NEW) == (
            b'{"contents":[{"parts":[{"text":"\\u00e9", "new":1.50}]}],'
            b'"generation_config":{"max_output_tokens":5, "new_field":{"a": 1}},"newest":[1, 2]}'
        )
        limited = json.loads(patch_request(body, NEW._replace(max_tokens=3)))
        assert limited["generation_config"] == {"max_output_tokens": 3, "new_field": {"a": 1}}
        kept = json.loads(patch_request(body, NEW._replace(keeps=frozenset({"provider"}))))
        assert kept["provider"] == {}

    def test_length(self) -> None:
        """No length is as long as the model can: this dialect demands none."""
        body = json.dumps({"contents": HI}).encode()
        default = NEW._replace(default_max_tokens=7)
        assert "generationConfig" not in json.loads(patch_request(body, default))
        assert config(default) == {}
        assert config(default, max_tokens=9) == {"maxOutputTokens": 9}
        assert config(NEW._replace(max_tokens=3), max_tokens=9) == {"maxOutputTokens": 3}

    def test_rows(self) -> None:
        """Fields of the settings can be renamed and dropped as well as those of the body."""
        row = NEW._replace(
            renames={"generationConfig.seed": "randomSeed"}, drops=frozenset({"generationConfig.topK", "serviceTier"})
        )
        body = written(asking(seed=1, top_k=2, service_tier="flex"), row)
        assert body["generationConfig"] == {"randomSeed": 1}
        assert "serviceTier" not in body


def test_counting() -> None:
    """Contents alone, or a whole request."""
    inner = {"model": "models/x", "contents": HI, "systemInstruction": {"parts": [{"text": "s"}]}}
    assert len(read_count_tokens(json.dumps({"contents": HI}).encode(), model="m").messages) == 1
    assert len(read_count_tokens(json.dumps({"generateContentRequest": inner}).encode(), model="m").messages) == 2
