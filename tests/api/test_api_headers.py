"""What goes around an answer: CORS for browser clients, comment lines while waiting, methods, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from api_harness import Caller, Harness, until

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT = "/api/v1/chat/completions"


@pytest.fixture(scope="module")
def chatty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server that writes a comment line every 50 ms of waiting."""
    made = Harness(tmp_path_factory.mktemp("chatty"), keep_alive_interval=0.05)
    yield made
    made.stop(within=1)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server whose operator switched comment lines off."""
    made = Harness(tmp_path_factory.mktemp("quiet"), keep_alive_interval=0.05, keep_alive_comments=False)
    yield made
    made.stop(within=1)


class TestCors:
    """Browser clients are let in from anywhere."""

    @pytest.mark.parametrize("path", [CHAT, "/v1/chat/completions", "/api/v1/models", "/v1/key", "/api/v1/nowhere"])
    def test_a_preflight_allows_whatever_headers_are_asked_for(self, harness: Harness, path: str) -> None:
        asked = "authorization,content-type,x-stainless-os,x-odd_header.1,http-referer,x-title"
        response = harness.http.options(
            path,
            headers={
                "origin": "https://app.test",
                "access-control-request-method": "POST",
                "access-control-request-headers": asked,
            },
        )
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["access-control-allow-headers"] == asked
        assert "POST" in response.headers["access-control-allow-methods"]
        assert int(response.headers["access-control-max-age"]) > 0
        assert response.content == b""

    def test_a_preflight_needs_no_headers(self, harness: Harness) -> None:
        response = harness.http.options(CHAT)
        assert response.status_code == 204
        assert "authorization" in response.headers["access-control-allow-headers"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_answers_can_be_read_by_any_origin(self, caller: Caller, *, stream: bool) -> None:
        headers = caller.chat(headers={"origin": "https://app.test"}, stream=stream).headers
        assert headers["access-control-allow-origin"] == "*"
        assert "X-Generation-Id" in headers["access-control-expose-headers"]
        assert "Retry-After" in headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in headers

    def test_errors_can_be_read_as_well(self, harness: Harness, caller: Caller) -> None:
        assert caller.chat(model="fake/none").headers["access-control-allow-origin"] == "*"
        for path in ("/api/v1/models", "/api/v1/key", "/api/v1/nowhere"):
            response = harness.http.get(path)
            assert response.headers.get_list("access-control-allow-origin") == ["*"], path


class TestMethods:
    """Only POST asks for an answer."""

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
    def test_others_are_405(self, harness: Harness, method: str) -> None:
        response = harness.http.request(method, CHAT)
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        if method != "HEAD":
            assert response.json()["error"]["code"] == 405

    def test_an_unknown_address_is_404_in_the_same_form(self, harness: Harness) -> None:
        response = harness.http.get("/api/v1/nowhere")
        assert response.status_code == 404
        assert response.json()["error"] == {
            "code": 404,
            "message": "Not Found",
            "metadata": {"error_type": "not_found"},
        }

    def test_health_needs_no_key(self, harness: Harness) -> None:
        assert harness.http.get("/healthz").json() == {"status": "alive"}
        assert harness.http.get("/readyz").json() == {"status": "ready"}

    def test_a_trailing_query_does_no_harm(self, harness: Harness, caller: Caller) -> None:
        response = harness.http.post(f"{CHAT}?beta=true", json=caller.body(), headers=caller.headers)
        assert response.status_code == 200


class TestComments:
    """Comment lines keep a waiting stream's caller company; they can be switched off."""

    def test_they_come_while_a_stream_waits(self, chatty: Harness) -> None:
        answer = chatty.caller().chat("fake: first_ms=400 text=late", stream=True)
        assert (answer.status, answer.text, answer.done) == (200, "late", True)
        assert len(answer.comments) >= 2
        assert set(answer.comments) == {": MODELPORT PROCESSING"}
        assert answer.id.startswith("gen-")
        assert answer.content.startswith(b": MODELPORT PROCESSING\n\n")
        chatty.check()

    def test_a_whole_answer_has_none(self, chatty: Harness) -> None:
        answer = chatty.caller().chat("fake: first_ms=300 text=late")
        assert answer.content.startswith(b"{")

    def test_the_caller_can_switch_them_off(self, chatty: Harness) -> None:
        answer = chatty.caller().chat("fake: first_ms=300", stream=True, headers={"x-modelport-comments": "off"})
        assert (answer.status, answer.comments) == (200, [])

    def test_the_operator_can_switch_them_off(self, quiet: Harness) -> None:
        answer = quiet.caller().chat("fake: first_ms=300", stream=True)
        assert (answer.status, answer.comments, answer.done) == (200, [], True)

    def test_a_failure_after_a_comment_is_told_in_the_stream(self, chatty: Harness) -> None:
        caller = chatty.caller()
        answer = caller.chat("fake: first_ms=300 fail=status status=500", stream=True)
        assert answer.status == 200
        assert len(answer.comments) >= 1
        (event,) = answer.events
        assert event["id"] == answer.id
        assert event["object"] == "chat.completion.chunk"
        assert event["choices"][0]["finish_reason"] == "error"
        assert (event["error"]["code"], event["error"]["message"]) == (502, "Provider returned error")
        assert answer.done
        assert caller.used == 0
        assert caller.generation(answer.id).status == "error"
        chatty.check()

    def test_fallbacks_still_happen_behind_them(self, chatty: Harness) -> None:
        answer = chatty.caller().chat(
            "fake: first_ms=150", "fake/shaky", stream=True, provider={"order": ["alpha", "gamma", "beta"]}
        )
        assert answer.text == "saved"
        assert len(answer.comments) >= 2

    def test_a_caller_who_leaves_during_them_pays_nothing(self, chatty: Harness) -> None:
        caller = chatty.caller()
        with chatty.http.stream(
            "POST",
            CHAT,
            json=caller.body("fake: fail=stall marker=left-in-comments", stream=True),
            headers=caller.headers,
        ) as response:
            assert next(response.iter_lines()) == ": MODELPORT PROCESSING"
        row = caller.generation(response.headers["x-generation-id"])
        assert (row.status, row.cancelled, row.cost) == ("cancelled", True, 0)
        assert until(lambda: chatty.records("left-in-comments"))[0].client_gone
        assert caller.used == 0
        chatty.check()
