"""Presets: captured from requests of three dialects, kept in versions, applied to requests of three dialects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from api_harness import Caller

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CHAT: dict[str, Any] = {
    "model": "fake/text",
    "temperature": 0.5,
    "max_tokens": 7,
    "stream": True,
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "never kept"}],
    "tools": [TOOL],
}


def post(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = caller.harness.http.post(f"/api/v1{path}", json=body, headers=caller.headers)
    assert response.status_code == 200, response.text
    return response.json()


def echoed(caller: Caller, **fields: Any) -> dict[str, Any]:
    """The body that the provider got."""
    body = {"messages": [{"role": "user", "content": "fake: text=@body"}], **fields}
    return json.loads(post(caller, "/chat/completions", body)["choices"][0]["message"]["content"])


class TestOperations:
    """The reference's seven."""

    def test_captured_and_read_back(self, caller: Caller) -> None:
        made = post(caller, "/presets/brief/chat/completions", CHAT)["data"]
        assert (made["slug"], made["status"]) == ("brief", "active")
        version = made["designated_version"]
        assert version["system_prompt"] == "Be brief."
        assert version["config"] == {"model": "fake/text", "temperature": 0.5, "max_tokens": 7, "tools": [TOOL]}
        again = post(caller, "/presets/brief/chat/completions", {**CHAT, "temperature": 0.9})["data"]
        assert (again["id"], again["designated_version"]["version"]) == (made["id"], 2)
        assert caller.get("/presets/brief").json()["data"]["designated_version"]["config"]["temperature"] == 0.9
        listed = caller.get("/presets").json()
        assert (listed["total_count"], [each["slug"] for each in listed["data"]]) == (1, ["brief"])
        versions = caller.get("/presets/brief/versions?limit=1&offset=1").json()
        assert (versions["total_count"], [each["version"] for each in versions["data"]]) == (2, [2])
        assert caller.get("/presets/brief/versions/1").json()["data"] == version

    def test_refusals(self, caller: Caller) -> None:
        post(caller, "/presets/mine/chat/completions", CHAT)
        other = caller.harness.caller()
        for path in ("/presets/mine", "/presets/mine/versions", "/presets/mine/versions/1"):
            assert other.get(path).status_code == 404
        assert caller.get("/presets/mine/versions/nine").status_code == 404
        bad = caller.harness.http.post("/api/v1/presets/a%20b/messages", json={}, headers=caller.headers)
        assert bad.status_code == 400
        for method, path in (("GET", "/presets"), ("POST", "/presets/x/messages"), ("GET", "/presets/x/versions/1")):
            assert caller.harness.http.request(method, f"/api/v1{path}", json={}).status_code == 401
        for body in ({"model": "@preset/none"}, {"preset": "none", "model": "fake/text"}):
            asked = {**body, "messages": [{"role": "user", "content": "x"}]}
            answer = caller.post(json.dumps(asked).encode())
            assert (answer.status, answer.error["code"]) == (404, 404)

    def test_renamed_switched_taken_back_and_deleted(self, caller: Caller) -> None:
        def ask(method: str, path: str, body: Any = None, by: Caller = caller) -> Any:
            return by.harness.http.request(method, f"/api/app/presets/{path}", json=body, headers=by.headers)

        def temperature() -> Any:
            return echoed(caller, model="@preset/tone")["temperature"]

        post(caller, "/presets/tone/chat/completions", CHAT | {"stream": False})
        post(caller, "/presets/tone/chat/completions", CHAT | {"stream": False, "temperature": 0.9})
        assert temperature() == 0.9
        shown = ask("PATCH", "tone", {"name": "Tone", "description": "As we write.", "version": 1}).json()["data"]
        assert (shown["name"], shown["description"], shown["slug"]) == ("Tone", "As we write.", "tone")
        assert shown["designated_version"]["version"] == 1
        assert temperature() == 0.5
        assert ask("PATCH", "tone", {"status": "disabled"}).json()["data"]["status_updated_at"] is not None
        refused = json.dumps({"model": "@preset/tone", "messages": [{"role": "user", "content": "x"}]}).encode()
        assert caller.post(refused).status == 404
        assert ask("PATCH", "tone", {"status": "active", "name": None}).json()["data"]["name"] == "Tone"
        assert temperature() == 0.5

        stranger = caller.harness.caller()
        for method, path, body, status in (
            ("PATCH", "tone", {"version": 9}, 404),
            ("PATCH", "tone", {"status": "archived"}, 400),
            ("PATCH", "none", {}, 404),
            ("DELETE", "none", None, 404),
        ):
            assert ask(method, path, body).status_code == status
            assert ask(method, "tone", body, stranger).status_code in {400, 404}
        assert ask("DELETE", "tone").status_code == 204
        assert caller.get("/presets/tone").status_code == 404
        assert caller.post(refused).status == 404

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("messages", {"system": [{"type": "text", "text": "Be brief."}], "stop_sequences": ["x"], "max_tokens": 7,
                          "tools": [{"name": "look", "input_schema": {"type": "object"}}]}),
            ("responses", {"instructions": "Be brief.", "max_output_tokens": 7,
                           "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}]}),
        ],
    )  # fmt: skip
    def test_from_other_dialects(self, caller: Caller, path: str, body: dict[str, Any]) -> None:
        made = post(caller, f"/presets/{path}/{path}", {"model": "fake/text", **body})["data"]["designated_version"]
        assert made["system_prompt"] == "Be brief."
        assert made["config"]["tools"] == [TOOL]
        got = echoed(caller, model=f"@preset/{path}")
        assert (got["max_tokens"], got["tools"]) == (7, [TOOL])


class TestApplied:
    """A request that names a preset is completed from it; its own words win."""

    @pytest.mark.parametrize("naming", [{"model": "@preset/p"}, {"preset": "p"}, {"model": "fake/alias@preset/p"}])
    def test_in_chat(self, caller: Caller, naming: dict[str, str]) -> None:
        post(caller, "/presets/p/chat/completions", CHAT)
        got = echoed(caller, **naming, temperature=0.1)
        assert (got["model"], got["temperature"], got["max_tokens"]) == ("text", 0.1, 7)
        assert got["messages"][0] == {"role": "system", "content": "Be brief."}
        assert "preset" not in got
        own = {"type": "function", "function": {"name": "own"}}
        mine = [{"role": "system", "content": "Mine."}, {"role": "user", "content": "fake: text=@body"}]
        got = echoed(caller, **naming, messages=mine, tools=[own, TOOL])
        assert got["messages"][0]["content"] == "Mine."
        assert got["tools"] == [own, TOOL]

    def test_in_messages_and_responses(self, caller: Caller) -> None:
        post(caller, "/presets/q/chat/completions", {**CHAT, "max_tokens": 400})
        said = [{"role": "user", "content": "fake: text=@body"}]
        answer = post(caller, "/messages", {"model": "@preset/q", "messages": said})
        assert "Be brief." in answer["content"][0]["text"]
        answer = post(caller, "/responses", {"model": "@preset/q", "input": "fake: text=@body"})
        assert "Be brief." in json.dumps(answer["output"])

    def test_variants_are_spelled_out(self, caller: Caller) -> None:
        assert echoed(caller, model="fake/text:thinking")["model"] == "text"
        messages = [{"role": "user", "content": "hi"}]
        refused = caller.post(json.dumps({"model": "fake/text:online", "messages": messages}).encode())
        assert refused.status == 400, "nobody searches the web here, and saying so beats doing nothing"
