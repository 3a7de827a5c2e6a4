"""How a request was routed is told: headers, metadata, the stored trace, and a plan without a request."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import marker

from modelport.catalog.document import Document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api_harness import Caller

SAYS: list[dict[str, Any]] = [{"role": "user", "content": "x"}]
PARTS: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}
CHAT: dict[str, Any] = {"model": "fake/text", "messages": SAYS}
VECTORS: dict[str, Any] = {"model": "fake/vectors", "texts": ["x"], "input_type": "search_document"}
RANKS: dict[str, Any] = {"model": "fake/ranks", "query": "x", "documents": ["a"]}
DOORS: dict[str, dict[str, Any]] = {
    "/api/v1/chat/completions": CHAT,
    "/v1/chat/completions": {**CHAT, "stream": True},
    "/api/v1/completions": {"model": "fake/text", "prompt": "x"},
    "/api/v1/responses": {"model": "fake/text", "input": "x"},
    "/v1/responses": {"model": "fake/text", "input": "x", "stream": True},
    "/api/v1/messages": {**CHAT, "max_tokens": 9},
    "/v1/messages": {**CHAT, "max_tokens": 9, "stream": True},
    "/api/v1/messages/count_tokens": CHAT,
    "/v1beta/models/fake/text:generateContent": PARTS,
    "/v1beta/models/fake/text:streamGenerateContent": PARTS,
    "/v1beta/models/fake/text:countTokens": PARTS,
    "/model/fake%2Ftext/converse": {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
    "/model/fake%2Ftext/converse-stream": {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
    "/v2/chat": CHAT,
    "/api/v1/embeddings": {"model": "fake/vectors", "input": "x"},
    "/v2/embed": {**VECTORS, "embedding_types": ["float"]},
    "/v1/embed": VECTORS,
    "/api/v1/rerank": RANKS,
    "/v2/rerank": RANKS,
    "/api/v1/route": CHAT,
}
"""Every address that takes a request, with one that is answered."""
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
ENABLED = {"x-openrouter-metadata": "Enabled"}


class TestHeaders:
    """Every answer says who gave it, at which attempt, for how much and how long each step took."""

    @BOTH
    def test_of_an_answer_after_a_fallback(self, caller: Caller, *, stream: bool) -> None:
        answer = caller.chat(model="fake/shaky", provider={"order": ["alpha", "gamma"]}, stream=stream)
        headers = answer.headers
        assert (headers["x-provider"], headers["x-model"], headers["x-attempt"]) == ("gamma", "fake/shaky", "2")
        spans = [each.partition(";")[0] for each in headers["server-timing"].split(", ")]
        assert spans == ["read", "plan", "hold", "upstream"]
        if not stream:
            assert float(headers["x-cost"]) == answer.usage["cost"] > 0

    def test_at_every_door(self, caller: Caller) -> None:
        for path, body in DOORS.items():
            answer = caller.harness.http.post(path, json=body, headers=caller.headers)
            # The scripted provider knows no numbers: there it is how a failed attempt is told of.
            assert answer.status_code == (200 if body.get("model", "fake/text") == "fake/text" else 502), answer.text
            told = [answer.headers[each] for each in ("x-provider", "x-model", "x-attempt")]
            counts = "count" in path.lower() or path.endswith("/route")
            assert told == (["none", "none", "0"] if counts else ["fake", answer.headers["x-model"], "1"]), path
            assert "plan;dur=" in answer.headers["server-timing"]
            assert ("x-cost" in answer.headers) is ("trailer" not in answer.headers), path
            for refused in (
                caller.harness.http.post(path, content=b"[", headers=caller.headers),
                caller.harness.http.post(path, json=body),
                caller.harness.http.get(path, headers=caller.headers),
            ):
                assert refused.status_code in {400, 401, 405}, path
                told = [refused.headers[each] for each in ("x-provider", "x-model", "x-attempt", "x-cost")]
                assert told == ["none", "none", "0", "0"], path
                assert "read;dur=" in refused.headers["server-timing"]

    @pytest.mark.parametrize("version", ["1.1", "1.0"])
    def test_a_stream_s_cost_comes_behind_it(self, caller: Caller, version: str) -> None:
        headers, body = raw(caller, caller.body("fake: tokens=5", stream=True), version)
        usage = json.loads(body.split(b"data: ")[-2].partition(b"\n\n")[0])["usage"]
        assert "x-cost" not in headers
        if version == "1.0":
            assert body.endswith(b"\r\n0\r\n\r\n")
            return
        told = fields_of(body.rpartition(b"\r\n0\r\n")[2])
        assert [told[each] for each in ("x-provider", "x-model", "x-attempt")] == ["fake", "fake/text", "1"]
        assert float(told["x-cost"]) == usage["cost"] > 0
        assert set(told) == {each.strip().lower() for each in headers["trailer"].split(",")}

    def test_a_stream_that_broke_costs_nothing_and_tells_its_attempts(self, caller: Caller) -> None:
        asked = caller.body("x", "fake/torn", provider={"order": ["alpha"], "allow_fallbacks": False}, stream=True)
        _, body = raw(caller, asked, "1.1")
        told = fields_of(body.rpartition(b"\r\n0\r\n")[2])
        assert [told[each] for each in ("x-provider", "x-attempt", "x-cost")] == ["alpha", "1", "0"]
        metadata = json.loads(body.split(b"data: ")[-2].partition(b"\n\n")[0])["error"]["metadata"]
        assert (metadata["provider_name"], metadata["attempts"]) == ("Alpha", 1)
        assert metadata["remedy_hint"]

    @BOTH
    def test_of_a_model_that_goes_away_or_has_another_name(self, caller: Caller, *, stream: bool) -> None:
        harness = caller.harness
        leaving = {
            "id": "fake/leaving",
            "name": "Leaving",
            "context_length": 8000,
            "aliases": ["fake/once-called"],
            "expiration_date": "2031-05-31",
            "endpoints": [
                {"provider": "fake", "upstream_model": "text", "pricing": {"prompt": "0", "completion": "0"}}
            ],
        }
        harness.call(harness.services.catalog.apply(Document.model_validate({"models": [leaving]})))
        cached = {"x-openrouter-cache": "true"}
        for name, renamed in (("fake/leaving", None), ("fake/once-called", "fake/leaving")):
            mark = marker()
            for state in ("MISS", "HIT"):
                answer = caller.chat(f"fake: tokens=3 marker={mark}", name, cached, stream=stream)
                assert (answer.status, answer.headers["x-openrouter-cache-status"]) == (200, state)
                assert answer.headers["sunset"] == "Sat, 31 May 2031 23:59:59 GMT"
                assert answer.headers.get("x-modelport-model-renamed") == renamed
        refused = caller.chat("fake: fail=status status=400", "fake/once-called", stream=stream)
        assert (refused.status, refused.headers["x-modelport-model-renamed"]) == (400, "fake/leaving")
        plain = caller.chat(stream=stream)
        assert not {"sunset", "x-modelport-model-renamed"} & set(plain.headers)

    def test_of_refusals(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/doomed", provider={"order": ["alpha", "beta"]})
        assert (answer.status, answer.headers["x-attempt"], answer.headers["x-cost"]) == (answer.status, "2", "0")
        assert (answer.headers["x-provider"], answer.headers["x-model"]) == ("beta", "fake/doomed")
        assert answer.error["metadata"]["attempts"] == 2
        assert answer.error["metadata"]["remedy_hint"]
        unknown = caller.chat(model="fake/none")
        assert (unknown.headers["x-attempt"], unknown.headers["x-cost"]) == ("0", "0")


def raw(caller: Caller, body: Mapping[str, Any], version: str) -> tuple[dict[str, str], bytes]:
    """A stream's headers and the bytes that follow them: clients for HTTP leave trailers out."""
    content = json.dumps(body).encode()
    head = f"POST /api/v1/chat/completions HTTP/{version}\r\nhost: x\r\nconnection: close\r\n"
    head += f"authorization: {caller.headers['authorization']}\r\ncontent-length: {len(content)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", caller.harness.port), timeout=15) as connection:
        connection.sendall(head.encode() + content)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    first, _, rest = answer.partition(b"\r\n\r\n")
    return fields_of(first.partition(b"\r\n")[2]), rest


def fields_of(lines: bytes) -> dict[str, str]:
    found = [line.partition(b": ") for line in lines.split(b"\r\n") if line]
    return {name.decode().lower(): value.decode() for name, _, value in found}


class TestMetadata:
    """`openrouter_metadata`, for those who ask."""

    @BOTH
    def test_of_an_answer(self, caller: Caller, *, stream: bool) -> None:
        order = {"order": ["alpha", "gamma"]}
        answer = caller.chat(model="fake/shaky", provider=order, stream=stream, headers=ENABLED)
        told = answer.events[-1]["openrouter_metadata"] if stream else answer.json["openrouter_metadata"]
        assert (told["requested"], told["strategy"], told["attempt"]) == ("fake/shaky", "direct", 2)
        assert told["endpoints"]["total"] == 3
        assert [each["model"] for each in told["endpoints"]["available"] if each["selected"]] == ["fake/shaky"]
        assert [(each["provider"], each["status"]) for each in told["attempts"]] == [("Alpha", 500), ("Gamma", 200)]
        plain = caller.chat(model="fake/text", stream=stream)
        assert b"openrouter_metadata" not in plain.content

    def test_of_a_model_that_stood_in(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/fallen", models=["fake/text"], headers=ENABLED)
        assert answer.json["openrouter_metadata"]["strategy"] == "fallback"

    def test_of_refusals(self, caller: Caller) -> None:
        failed = caller.chat(model="fake/doomed", headers=ENABLED).json["openrouter_metadata"]
        assert (failed["attempt"], len(failed["attempts"])) == (2, 2)
        refused = caller.chat(model="fake/none", headers=ENABLED).json["openrouter_metadata"]
        assert (refused["attempt"], refused["endpoints"]["total"]) == (0, 0)

    @pytest.mark.parametrize("path", ["/api/v1/messages", "/api/v1/responses"])
    @BOTH
    def test_in_other_dialects(self, caller: Caller, path: str, *, stream: bool) -> None:
        says = (
            {"max_tokens": 50, "messages": [{"role": "user", "content": "x"}]} if "messages" in path else {"input": "x"}
        )
        body = {"model": "fake/text", "stream": stream, **says}
        headers = {**caller.headers, **ENABLED}
        content = caller.harness.http.post(path, json=body, headers=headers).content.decode()
        last = "{" + content.rsplit("data: {", 1)[-1] if stream else content
        assert json.JSONDecoder().raw_decode(last)[0]["openrouter_metadata"]["requested"] == "fake/text"


class TestTrace:
    """What decided is kept with the generation."""

    def test_on_generation(self, caller: Caller) -> None:
        answer = caller.chat(model="fake/multi", provider={"ignore": ["beta"], "order": ["gamma"]})
        trace: dict[str, Any] = caller.get(f"/generation?id={answer.id}").json()["data"]["trace"]
        steps = {step["endpoint"]: step for step in trace["plan"]}
        assert steps["beta"]["removed"] == "ignore"
        assert steps["gamma"]["notes"] == ["order"]
        assert steps["alpha"]["weight"] > steps["gamma"]["weight"]
        assert [each["endpoint"] for each in trace["attempts"]] == ["gamma"]
        assert set(trace["milliseconds"]) == {"read", "plan", "hold", "upstream"}

    def test_every_attempt_is_a_row(self, caller: Caller) -> None:
        order = {"order": ["alpha", "gamma"]}
        answer = caller.chat(model="fake/shaky", provider=order)
        generation = caller.generation(answer.id)
        assert [(each.endpoint, each.status, each.fault) for each in generation.attempts] == [
            ("alpha", 500, "provider_unavailable"),
            ("gamma", 200, None),
        ]
        shown = caller.get(f"/generation?id={answer.id}").json()["data"]
        responses = shown["provider_responses"]
        assert [(each["provider_name"], each["status"]) for each in responses] == [("Alpha", 500), ("Gamma", 200)]
        assert [each["id"] for each in responses] == [None, shown["upstream_id"]]
        assert all(each["endpoint_id"] and each["model_permaslug"] == "fake/shaky" for each in responses)

    def test_what_generation_tells_of_its_request(self, caller: Caller) -> None:
        caller.harness.http.post(
            "/api/v1/presets/told/chat/completions", json=caller.body(), headers=caller.headers
        ).raise_for_status()
        preset = caller.get("/presets/told").json()["data"]["id"]
        by_preset = caller.chat(model="@preset/told")
        shown = caller.get(f"/generation?id={by_preset.id}").json()["data"]
        assert (shown["preset_id"], shown["router"], shown["api_type"]) == (preset, None, "completions")
        routed = caller.chat(model="openrouter/auto")
        assert caller.get(f"/generation?id={routed.id}").json()["data"]["router"] == "openrouter/auto"
        on = {"x-openrouter-cache": "true"}
        first, again = caller.chat("twice", headers=on), caller.chat("twice", headers=on)
        shown = caller.get(f"/generation?id={again.id}").json()["data"]
        assert (shown["response_cache_source_id"], shown["provider_responses"]) == (first.id, [])

    def test_the_discount_of_a_cache(self, caller: Caller) -> None:
        answer = caller.chat(
            "fake: prompt_tokens=1000 cached_tokens=400", model="fake/cached", provider={"only": ["beta"]}
        )
        used = answer.usage
        shown = caller.get(f"/generation?id={answer.id}").json()["data"]
        cached = used["prompt_tokens_details"]["cached_tokens"]
        assert cached > 0
        assert shown["cache_discount"] == pytest.approx(cached * (0.0000012 - 0.0000001))
        assert caller.get(f"/generation?id={caller.chat().id}").json()["data"]["cache_discount"] is None

    def test_a_plan_without_a_request(self, caller: Caller) -> None:
        body = caller.body(model="fake/multi:floor", provider={"ignore": ["beta"]})
        answer = caller.post(json.dumps(body).encode(), path="/api/v1/route")
        assert answer.status == 200
        plan = answer.json["data"]
        assert (plan["sort"], [each["provider"] for each in plan["attempts"]]) == ("price", ["alpha", "gamma"])
        reasons = {each["endpoint"]: each["reason"] for each in plan["endpoints"]}
        assert "provider.ignore" in reasons["beta"]["en"]
        assert "provider.ignore" in reasons["beta"]["zh"]
        assert reasons["alpha"]["en"].startswith("Place 1")
        assert caller.used == 0
        drawn = caller.post(json.dumps(caller.body(model="fake/multi")).encode(), path="/api/v1/route").json["data"]
        assert sum(each["chance"] for each in drawn["endpoints"]) == pytest.approx(1, abs=0.01)

    def test_it_needs_a_key_and_a_model(self, caller: Caller) -> None:
        assert caller.harness.http.post("/api/v1/route", json=caller.body()).status_code == 401
        missing = caller.post(json.dumps(caller.body(model="fake/none")).encode(), path="/api/v1/route")
        assert (missing.status, missing.error["availability"]["code"]) == (400, "model_not_found")


@BOTH
def test_a_conversation_stays_where_its_prompt_is_cached(caller: Caller, *, stream: bool) -> None:
    """The dearer endpoint first by order, then by its cache alone."""
    said = f"fake: prompt_tokens=100 cached_tokens=90 text=hello{stream}"
    first = caller.chat(said, "fake/cached", provider={"order": ["beta"]}, stream=stream)
    assert first.headers["x-provider"] == "beta"
    assert {caller.chat(said, "fake/cached", stream=stream).headers["x-provider"] for _ in range(8)} == {"beta"}
    others = {caller.chat(f"{said}{n}", "fake/cached").headers["x-provider"] for n in range(12)}
    assert "alpha" in others
