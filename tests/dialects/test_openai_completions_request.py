"""What each field of a text completion becomes, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from modelport.dialects.canonical import (
    Image,
    Message,
    Part,
    ReasoningOptions,
    Request,
    ResponseFormat,
    Role,
    Target,
    Text,
    Tool,
)
from modelport.dialects.openai_completions.request import (
    REFUSED,
    headers,
    patch_request,
    path,
    read_request,
    without_own_fields,
    write_request,
)
from modelport.errors import BadRequest


def read(**fields: Any) -> Request:
    return read_request(json.dumps({"model": "maker/model", "prompt": "Once", **fields}).encode())


def written(request: Request, target: Target | None = None) -> dict[str, Any]:
    return json.loads(write_request(request, target or Target("up", stream=False)))


def asking(*messages: tuple[Role, str], **fields: Any) -> Request:
    return Request(model="m", messages=[Message(role, [Text(text)]) for role, text in messages], **fields)


class TestRead:
    """A caller's request."""

    def test_a_prompt_is_one_user_message(self) -> None:
        assert read().messages == [Message(Role.USER, [Text("Once")])]
        assert read(prompt=["Once"]).messages == [Message(Role.USER, [Text("Once")])]

    def test_fields(self) -> None:
        request = read(
            max_tokens=5, temperature=0.5, top_p=0.9, n=2, stop="x", seed=3, user="u", stream=True, logit_bias={"5": 1}
        )
        assert (request.max_tokens, request.temperature, request.top_p, request.n) == (5, 0.5, 0.9, 2)
        assert (request.stop, request.seed, request.user, request.stream) == (["x"], 3, "u", True)
        assert json.loads(bytes(request.logit_bias or Raw())) == {"5": 1}

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({}, (None, None)),
            ({"logprobs": 0}, (True, 0)),
            ({"logprobs": 5}, (True, 5)),
            ({"logprobs": True}, (True, None)),
            ({"logprobs": False}, (False, None)),
            ({"logprobs": True, "top_logprobs": 2}, (True, 2)),
        ],
    )
    def test_logprobs(self, given: dict[str, Any], expected: tuple[bool | None, int | None]) -> None:
        request = read(**given)
        assert (request.logprobs, request.top_logprobs) == expected
        assert ("logprobs" in written(request)) == bool(expected[0])
        if expected[0]:
            assert written(request)["logprobs"] == (expected[1] or 0)

    def test_the_gateways_own_fields_are_kept_for_it(self) -> None:
        request = read(models=["a", "b"], provider={"order": ["x"]}, session_id="s", suffix="end", made_up=1)
        assert set(request.extra) == {"models", "provider", "session_id", "suffix", "made_up"}
        assert set(written(request)) == {"model", "prompt", "suffix", "made_up"}

    def test_models_stand_in_for_the_model(self) -> None:
        assert read_request(b'{"prompt": "x", "models": ["a", "b"]}').model == "a"

    def test_reasoning_in_its_three_forms(self) -> None:
        assert read(reasoning={"effort": "low"}).reasoning == ReasoningOptions("low")
        assert read(reasoning_effort="high").reasoning == ReasoningOptions("high")
        assert read(include_reasoning=False).reasoning == ReasoningOptions(exclude=True)
        assert read(include_reasoning=True).reasoning == ReasoningOptions(enabled=True)
        assert read().reasoning is None

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "not valid JSON"),
            (b"[]", "Expected `object`"),
            (b'{"prompt": "\xff"}', "UTF-8"),
            (b'{"prompt": ' + b"[" * 5000, "nested too deeply"),
            (b'{"model": "m"}', "`prompt` must be a text"),
            (b'{"messages": []}', "/chat/completions"),
            (b'{"prompt": 5}', "`prompt` must be a text"),
            (b'{"prompt": [1, 2]}', "token numbers"),
            (b'{"prompt": [[1, 2]]}', "token numbers"),
            (b'{"prompt": []}', "holds 0 texts"),
            (b'{"prompt": ["a", "b"]}', "holds 2 texts"),
            (b'{"prompt": "x", "n": 0}', "$.n"),
            (b'{"prompt": "x", "temperature": 3}', "$.temperature"),
            (b'{"prompt": "x", "logprobs": 21}', "$.logprobs"),
            (b'{"prompt": "x", "echo": 1}', "$.echo"),
        ],
    )
    def test_refused(self, body: bytes, words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            read_request(body)
        assert words in caught.value.message

    def test_other_dialects_are_not_given_what_they_can_not_do(self) -> None:
        for field in ({"suffix": "end"}, {"echo": True}):
            with pytest.raises(BadRequest, match=next(iter(field))):
                without_own_fields(read(**field))
        request = without_own_fields(read(suffix="", echo=False, best_of=3, models=["a"]))
        assert set(request.extra) == {"models"}


class TestWrite:
    """A request for a provider."""

    def test_system_messages_and_one_of_a_user(self) -> None:
        request = asking((Role.SYSTEM, "Be brief."), (Role.DEVELOPER, "Be kind."), (Role.USER, "Hi"))
        assert written(request)["prompt"] == "Be brief.\n\nBe kind.\n\nHi"

    @pytest.mark.parametrize(
        ("request_", "words"),
        [
            (asking((Role.USER, "a"), (Role.USER, "b")), "messages[0]"),
            (asking((Role.USER, "a"), (Role.ASSISTANT, "b"), (Role.USER, "c")), "messages[0]"),
            (asking((Role.SYSTEM, "a")), "messages[0]"),
            (asking((Role.USER, "a"), tools=[Tool("t")]), "`tools`"),
            (asking((Role.USER, "a"), response_format=ResponseFormat("json_object")), "`response_format`"),
            (asking((Role.USER, "a"), modalities=["text", "audio"]), "`modalities`"),
            (asking((Role.USER, "a"), audio=Raw(b"{}")), "`modalities`"),
        ],
    )
    def test_refused(self, request_: Request, words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            write_request(request_, Target("up", stream=False))
        assert words in caught.value.message
        assert {"messages", "tools", "response_format", "modalities", "audio"} <= set(REFUSED)

    def test_a_picture_is_refused_in_its_place(self) -> None:
        parts: list[Part] = [Text("a"), Image("https://a.example/b.png")]
        request = Request(model="m", messages=[Message(Role.USER, parts)])
        with pytest.raises(BadRequest) as caught:
            write_request(request, Target("up", stream=False))
        assert "messages[0].content[1]" in caught.value.message

    def test_what_is_dropped(self) -> None:
        request = asking(
            (Role.USER, "a"),
            reasoning=ReasoningOptions("high"),
            verbosity="low",
            service_tier="flex",
            metadata=Raw(b"{}"),
            response_format=ResponseFormat("text"),
        )
        assert written(request) == {"model": "up", "prompt": "a"}

    def test_the_target(self) -> None:
        target = Target("up", True, 7, 99, {"max_tokens": "n_predict", "min_p": "x"}, frozenset({"seed"}))
        given = {"prompt": "Once", "seed": 3, "max_tokens": 9, "stream_options": {}, "reasoning": {"effort": "low"}}
        expected = {
            "model": "up",
            "prompt": "Once",
            "n_predict": 7,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        assert written(read(**given), target) == expected
        assert json.loads(patch_request(json.dumps(given).encode(), target)) == expected

    def test_a_provider_that_is_a_gateway_itself(self) -> None:
        target = Target("up", stream=False, keeps=frozenset({"reasoning"}))
        given = {"prompt": "Once", "reasoning": {"effort": "low"}, "models": ["b"]}
        expected = {"model": "up", "prompt": "Once", "reasoning": {"effort": "low"}}
        assert written(read(**given), target) == expected
        assert json.loads(patch_request(json.dumps(given).encode(), target)) == expected

    def test_a_patched_body_keeps_what_nobody_knows(self) -> None:
        body = b'{"model":"m","prompt":["a","b"],"stream":false,"new":{"x":1.0e0},"provider":{},"suffix":"\\u00e9"}'
        patched = patch_request(body, Target("up", stream=False))
        assert patched == b'{"model":"up","prompt":["a","b"],"new":{"x":1.0e0},"suffix":"\\u00e9"}'

    def test_the_address(self) -> None:
        assert path("m", stream=True) == "/completions"
        assert headers("k") == {"authorization": "Bearer k", "content-type": "application/json"}
        assert "authorization" not in headers("")
