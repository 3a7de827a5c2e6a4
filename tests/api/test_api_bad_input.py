"""Whatever a caller sends, the answer is a clear error in the reference's shape, never a 500; the server goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from api_harness import Answer, Caller, Harness

CHAT = "/api/v1/chat/completions"
MESSAGES = b'[{"role":"user","content":"hi"}]'
DEEP = 10_000


def with_field(field: bytes) -> bytes:
    """A valid body with one more field."""
    return b'{"model":"fake/text","messages":' + MESSAGES + b"," + field + b"}"


def check_refused(answer: Answer, status: int = 400, kind: str = "invalid_request") -> str:
    """The error's message, its shape being right."""
    assert answer.status == status, answer.content[:300]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-generation-id"].startswith("gen-")
    error = answer.json["error"]
    assert set(error) - {"availability", "error_type", "http_status"} == {"code", "message", "metadata"}
    assert (error["code"], error["metadata"]["error_type"]) == (status, kind)
    assert isinstance(error["message"], str)
    assert error["message"]
    return error["message"]


class TestKeys:
    """A key that opens nothing is 401."""

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            (None, "Missing Authentication header"),
            ("", "Missing Authentication header"),
            ("Bearer", "Missing Authentication header"),
            ("Bearer sk-or-v1-0123", "User not found"),
            ("Bearer sk-mp-v1-" + "a" * 49, "User not found"),
            ("Basic dXNlcjpwYXNz", "User not found"),
            ("Bearer " + "x" * 30_000, "User not found"),
            ("Bearer k\xe9y", "User not found"),
        ],
    )
    def test_refused(self, harness: Harness, header: str | None, message: str) -> None:
        headers = {} if header is None else {b"authorization": header.encode("latin-1")}
        response = harness.http.post(CHAT, content=b"{}", headers=headers)
        assert response.status_code == 401
        assert response.json()["error"]["message"].startswith(message)
        assert response.json()["error"]["code"] == 401

    def test_one_wrong_letter_is_noticed(self, caller: Caller) -> None:
        wrong = caller.key[:-8] + ("a" if caller.key[-8] != "a" else "b") + caller.key[-7:]
        answer = caller.post(b"{}", {"authorization": f"Bearer {wrong}"})
        assert check_refused(answer, 401, "authentication").startswith("User not found")

    def test_of_another_server(self, caller: Caller) -> None:
        from modelport.keys import token

        answer = caller.post(b"{}", {"authorization": f"Bearer {token.new()}"})
        check_refused(answer, 401, "authentication")

    def test_the_key_is_looked_at_before_the_body(self, harness: Harness) -> None:
        assert harness.http.post(CHAT, content=b"not json").status_code == 401


class TestJson:
    """Bytes that are no request."""

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b" ",
            b"{",
            b"}",
            b"null",
            b"[]",
            b"1",
            b'"text"',
            b"true",
            b"not json",
            b'{"model":"fake/text","messages":' + MESSAGES,
            b'{"model":"fake/text","messages":' + MESSAGES + b"}x",
            b'{"model":"fake/text","messages":' + MESSAGES + b",}",
            b"{'model':'fake/text'}",
            with_field(b'"temperature":NaN'),
            with_field(b'"temperature":Infinity'),
            with_field(b'"temperature":-Infinity'),
            with_field(b'"x":NaN'),
            with_field(b'"x":01'),
            with_field(b'"x":1e'),
            with_field(b'"x":"\x01"'),
            with_field(b'"x":"\\x"'),
            with_field(b'"x":"\\u12"'),
            with_field(b'"x" 1'),
            b"\x00",
            b"\xef\xbb\xbf{}",
            b"\x1f\x8b\x08\x00",
            "{}".encode("utf-16"),
        ],
    )
    def test_is_400(self, caller: Caller, body: bytes) -> None:
        check_refused(caller.post(body))

    @pytest.mark.parametrize(
        "body",
        [
            b'{"model":"fake/text","messages":[{"role":"user","content":"\xff"}]}',
            with_field(b'"x":"\xc3\x28"'),
            with_field(b'"x":{"y":"\xed\xa0\x80"}'),
            with_field(b'"\xfe":1'),
        ],
    )
    def test_invalid_utf_8_is_named(self, caller: Caller, body: bytes) -> None:
        assert "UTF-8" in check_refused(caller.post(body))

    @pytest.mark.parametrize(
        "field",
        [
            b'"tools":' + b"[" * DEEP + b"]" * DEEP,
            b'"x":' + b"[" * DEEP + b"]" * DEEP,
            b'"x":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP,
            b'"provider":' + b'{"sort":' * DEEP + b"1" + b"}" * DEEP,
            b'"stop":' + b"[" * DEEP + b"]" * DEEP,
            b'"response_format":' + b"[" * (DEEP * 10),
        ],
        ids=["tools", "arrays", "objects", "provider", "stop", "open"],
    )
    def test_nesting_without_end(self, caller: Caller, field: bytes) -> None:
        check_refused(caller.post(with_field(field)))

    @pytest.mark.parametrize(
        "content", [b"[" * DEEP + b"]" * DEEP, b'[{"type":"text","text":"x","y":' + b"[" * DEEP + b"]" * DEEP + b"}]"]
    )
    def test_nesting_without_end_in_messages(self, caller: Caller, content: bytes) -> None:
        check_refused(caller.post(b'{"model":"fake/text","messages":[{"role":"user","content":' + content + b"}]}"))

    def test_a_key_given_twice_means_its_last(self, caller: Caller) -> None:
        answer = caller.post(b'{"model":"fake/none","messages":' + MESSAGES + b',"model":"fake/text"}')
        assert answer.status == 200

    def test_a_half_character_is_the_providers_business(self, caller: Caller) -> None:
        for text in (b"\\ud800", b"\\udc00\\ud800", b"\\u0000"):
            body = b'{"model":"fake/text","messages":[{"role":"user","content":"' + text + b'"}]}'
            answer = caller.post(body)
            assert answer.status in {200, 400}, answer.content
            for name in (b'"user"', b'"session_id"', b'"x"'):
                assert caller.post(with_field(name + b':"' + text + b'"')).status in {200, 400}

    def test_half_characters_in_a_model_name(self, caller: Caller) -> None:
        for text in (b"\\ud800", b"\\u0000", b"fake/text\\ud800"):
            check_refused(caller.post(b'{"model":"' + text + b'","messages":' + MESSAGES + b"}"))

    @pytest.mark.parametrize("number", [b"1" + b"0" * 5000, b"-" + b"9" * 400, b"1e400", b"-1e400", b"1" * 20])
    def test_huge_numbers(self, caller: Caller, number: bytes) -> None:
        for name in (b"temperature", b"max_tokens", b"n", b"top_k", b"seed"):
            answer = caller.post(with_field(b'"' + name + b'":' + number))
            assert answer.status in {200, 400, 402, 404}, (name, answer.content[:200])


class TestTypes:
    """Fields of a wrong type are named."""

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("model", [1, [], {}, True, ["fake/text"]]),
            ("models", ["fake/text", 1, {}, [1], [None], [[]], ["x"] * 65]),
            ("stream", [1, "true", [], {}]),
            ("max_tokens", [0, -1, 1.5, "10", [], {}, True]),
            ("max_completion_tokens", [0, -1, 1.5, "10", []]),
            ("n", [0, 17, "1", 1.5]),
            ("temperature", [-0.1, 2.1, "1", [], True]),
            ("top_p", [-0.1, 1.1, "1"]),
            ("top_k", [-1, 1.5, "1"]),
            ("min_p", [2, "x"]),
            ("top_a", [2, "x"]),
            ("frequency_penalty", [-2.1, 2.1, "x"]),
            ("presence_penalty", [-2.1, 2.1, "x"]),
            ("repetition_penalty", [-1, 2.1, "x"]),
            ("logprobs", [1, "x"]),
            ("top_logprobs", [-1, 21, "x"]),
            ("seed", ["x", 1.5]),
            ("stop", [1, {}, [1]]),
            ("parallel_tool_calls", ["x", 1]),
            ("user", [1, []]),
            ("session_id", [1, "x" * 257]),
            ("include_reasoning", ["x", 1]),
            ("reasoning_effort", [1, []]),
            ("reasoning", ["x", 1, [], {"effort": "huge"}, {"max_tokens": 0}, {"exclude": 1}]),
            ("provider", ["x", 1, [], {"order": "x"}, {"only": [1]}, {"ignore": {}}, {"allow_fallbacks": "no"}]),
            ("provider", [{"sort": 1}, {"max_price": 1}, {"quantizations": "fp8"}, {"require_parameters": 1}]),
            ("provider", [{"max_price": {"prompt": "cheap"}}, {"max_price": {"prompt": []}}]),
        ],
    )
    def test_are_400(self, caller: Caller, name: str, values: list[Any]) -> None:
        for value in values:
            body = caller.body(model="fake/multi")
            body[name] = value
            message = check_refused(caller.post(json.dumps(body).encode()))
            assert name in message or "model" in message, message

    def test_null_means_not_set(self, caller: Caller) -> None:
        names = ["models", "stream", "max_tokens", "n", "temperature", "stop", "provider", "reasoning", "user", "tools"]
        body = {**caller.body(), **dict.fromkeys(names)}
        assert caller.post(json.dumps(body).encode()).status == 200

    @pytest.mark.parametrize(
        "messages",
        [
            None,
            [],
            {},
            "hi",
            1,
            [1],
            ["hi"],
            [None],
            [[]],
            [{}],
            [{"content": "no role"}],
            [{"role": "robot", "content": "x"}],
            [{"role": 1, "content": "x"}],
            [{"role": None, "content": "x"}],
            [{"role": "user", "content": 1}],
            [{"role": "user", "content": {}}],
            [{"role": "user", "content": [1]}],
            [{"role": "user", "content": ["text"]}],
            [{"role": "user", "content": [{}]}],
            [{"role": "user", "content": [{"type": 1}]}],
            [{"role": "user", "content": [{"type": "text", "text": 1}]}],
        ],
    )
    def test_messages(self, caller: Caller, messages: Any) -> None:
        check_refused(caller.post(json.dumps({"model": "fake/text", "messages": messages}).encode()))

    @pytest.mark.parametrize("prompt", [1, [], {}, None, True])
    def test_prompts(self, caller: Caller, prompt: Any) -> None:
        check_refused(caller.post(json.dumps({"model": "fake/text", "prompt": prompt}).encode()))

    @pytest.mark.parametrize("model", ["", None, " ", "x" * 10_000, "fake/text ", "../etc", "a/b/c", "fake\ntext"])
    def test_model_names(self, caller: Caller, model: str | None) -> None:
        message = check_refused(caller.post(json.dumps(caller.body(model=model)).encode()))  # type: ignore[arg-type]
        assert len(message) < 400

    def test_tools_of_a_wrong_shape_are_the_providers_to_judge(self, caller: Caller) -> None:
        for tools in ("x", 1, {}, [1], [{}], [{"type": "function"}]):
            answer = caller.chat(tools=tools)
            assert answer.status in {200, 400}, (tools, answer.content)

    def test_tool_choice_and_others_pass_unread(self, caller: Caller) -> None:
        assert caller.chat(tool_choice=1, response_format="x", metadata=[1], logit_bias="x").status == 200


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["fake/text", "user", ""]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    [
        "model", "models", "messages", "prompt", "stream", "max_tokens", "max_completion_tokens", "n", "temperature",
        "top_p", "top_k", "stop", "provider", "reasoning", "tools", "response_format", "user", "session_id", "usage",
        "stream_options", "plugins", "logprobs", "seed", "reasoning_effort",
    ]
)  # fmt: skip
_MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": st.one_of(st.sampled_from(["user", "assistant", "system", "tool"]), _VALUES),
        "content": st.one_of(st.text(max_size=20), st.lists(st.dictionaries(st.just("type"), _VALUES)), _VALUES),
        "tool_calls": _VALUES,
        "name": _VALUES,
    },
)


class TestFuzz:
    """Bodies mutated from a valid one: an error in JSON or a valid answer, never a 500."""

    def check(self, caller: Caller, body: bytes) -> None:
        answer = caller.post(body)
        # 413 and 429 can't come of these; 402 and 404 can, of large lengths and odd preferences.
        assert answer.status in {200, 400, 402, 404}, (answer.status, body, answer.content[:300])
        if answer.status != 200:
            assert answer.json["error"]["code"] == answer.status

    # One server and one caller serve all examples, on purpose.
    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(changes=st.dictionaries(_NAMES, _VALUES, max_size=4), message=_MESSAGE, odd=st.booleans())
    def test_values(self, caller: Caller, changes: dict[str, Any], message: dict[str, Any], *, odd: bool) -> None:
        body: dict[str, Any] = {**caller.body(), **changes}
        if odd and "messages" not in changes:
            body["messages"] = [message]
        self.check(caller, json.dumps(body).encode())

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_bytes(self, caller: Caller, data: st.DataObject) -> None:
        body = bytearray(json.dumps(caller.body(stop=["x"], provider={"order": ["fake"]}, temperature=1.0)).encode())
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(body) - 1))
            body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        self.check(caller, bytes(body))

    def test_the_server_goes_on(self, harness: Harness, caller: Caller) -> None:
        assert harness.http.get("/healthz").status_code == 200
        assert caller.chat(stream=True).done
