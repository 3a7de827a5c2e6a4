"""Stored prompts and answers, and feedback: off until it is switched on, sealed, gone when their time has come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import until
from api_loops import make_loops
from sqlalchemy import text

if TYPE_CHECKING:
    from api_harness import Answer, Caller, Harness

SECRET = "the canary in the prompt"


def switch(caller: Caller, key_id: str = "", *, enabled: bool | None = True, days: int | None = None) -> None:
    contents = caller.harness.services.contents
    caller.harness.call(contents.switch(caller.account_id, key_id, enabled=enabled, keep_days=days))


def stored(caller: Caller, answer: Answer) -> dict[str, Any]:
    told = caller.get(f"/generation/content?id={answer.id}")
    assert told.status_code == 200, told.text
    return told.json()["data"]


def key_id(caller: Caller) -> str:
    return caller.harness.call(caller.harness.services.keys.authenticate(caller.key)).record.id


class TestSwitch:
    """Who has what stored."""

    def test_nothing_is_stored_unless_somebody_wants_it(self, caller: Caller) -> None:
        answer = caller.chat(SECRET)
        told = caller.get(f"/generation/content?id={answer.id}")
        assert (told.status_code, told.json()["error"]["code"]) == (404, 404)
        switch(caller)
        assert stored(caller, caller.chat(SECRET))["input"] == {"messages": [{"role": "user", "content": SECRET}]}
        switch(caller, enabled=False)
        assert caller.get(f"/generation/content?id={caller.chat(SECRET).id}").status_code == 404

    def test_a_single_key_is_other_than_its_account(self, caller: Caller) -> None:
        switch(caller, key_id(caller))
        assert stored(caller, caller.chat())["output"]["completion"]
        switch(caller)
        switch(caller, key_id(caller), enabled=False)
        assert caller.get(f"/generation/content?id={caller.chat().id}").status_code == 404
        switch(caller, key_id(caller), enabled=None)
        assert stored(caller, caller.chat())

    def test_an_answer_from_the_cache_is_stored_like_any_other(self, caller: Caller) -> None:
        switch(caller)
        asked = [caller.chat(f"{SECRET}, kept", headers={"x-openrouter-cache": "true"}) for _ in range(2)]
        assert asked[1].headers["x-openrouter-cache-status"] == "HIT"
        kept = stored(caller, asked[1])
        assert kept["input"] == {"messages": [{"role": "user", "content": f"{SECRET}, kept"}]}
        assert kept["output"]["completion"] == asked[1].text

    def test_a_workspace_switches_it_on_as_the_reference_does(self, caller: Caller) -> None:
        services = caller.harness.services
        home = caller.harness.call(services.workspaces.default(caller.account_id))
        values = {"is_observability_io_logging_enabled": True, "io_logging_sampling_rate": 1.0}
        caller.harness.call(services.workspaces.change(caller.account_id, home.id, values))

        def kept() -> bool | None:
            return caller.get(f"/generation/content?id={caller.chat().id}").status_code == 200 or None

        until(kept, 3)

    def test_the_operator_has_the_last_word(self, caller: Caller) -> None:
        switch(caller, days=9)
        settings = caller.harness.services.settings
        settings.lay_over({"content_logging": False})
        try:
            assert caller.get(f"/generation/content?id={caller.chat().id}").status_code == 404
        finally:
            settings.lay_over({"content_logging": True})

    def test_people_switch_it_on(self, caller: Caller) -> None:
        headers = _session(caller)
        http = caller.harness.http
        shown = http.get("/api/app/content-logging", headers=headers).json()["data"]
        assert shown == {"is_offered": True, "enabled": False, "keep_days": 30, "most_days": 365, "keys": {}}
        body = {"enabled": True, "keep_days": 7, "keys": {caller.key_hash: False}}
        changed = http.patch("/api/app/content-logging", headers=headers, json=body)
        assert changed.status_code == 200, changed.text
        assert changed.json()["data"] == shown | {"enabled": True, "keep_days": 7, "keys": {caller.key_hash: False}}
        assert caller.get(f"/generation/content?id={caller.chat().id}").status_code == 404
        again = http.patch("/api/app/content-logging", headers=headers, json={"keys": {caller.key_hash: None}})
        assert again.json()["data"]["keys"] == {}
        assert stored(caller, caller.chat())
        assert http.delete("/api/app/content-logging/stored", headers=headers).json() == {"deleted_count": 1}
        wrong = http.patch("/api/app/content-logging", headers=headers, json={"keys": {"no": True}})
        assert wrong.status_code == 400


def _session(caller: Caller) -> dict[str, str]:
    from modelport.accounts.sessions import start_session
    from modelport.keys.access import APP_HEADER

    services = caller.harness.services

    async def make() -> str:
        user = await services.accounts.user(caller.email)
        token, _ = await services.database.write(
            lambda connection: start_session(
                connection,
                services.keys._vault,
                user_id=user.id,
                account_id=user.account_id,
                method="password",
                lifetime_ms=3_600_000,
                address=None,
                user_agent=None,
            )
        )
        return token

    return {"cookie": f"modelport={caller.harness.call(make())}", APP_HEADER: "1"}


DOORS: list[tuple[str, str, dict[str, Any]]] = [
    ("/api/v1/chat/completions", "fake/text", {"messages": [{"role": "user", "content": "{}"}]}),
    ("/api/v1/chat/completions", "fake/text", {"messages": [{"role": "user", "content": "{}"}], "stream": True}),
    ("/api/v1/completions", "fake/text", {"prompt": "{}"}),
    ("/api/v1/responses", "fake/text", {"input": "{}"}),
    ("/api/v1/responses", "fake/text", {"input": "{}", "stream": True}),
    ("/api/v1/messages", "fake/text", {"max_tokens": 99, "messages": [{"role": "user", "content": "{}"}]}),
    (
        "/api/v1/messages",
        "fake/text",
        {"max_tokens": 99, "messages": [{"role": "user", "content": "{}"}], "stream": True},
    ),
    ("/v1beta/models/fake/text:generateContent", "", {"contents": [{"role": "user", "parts": [{"text": "{}"}]}]}),
    ("/v1beta/models/fake/text:streamGenerateContent", "", {"contents": [{"role": "user", "parts": [{"text": "{}"}]}]}),
    ("/model/fake/text/converse", "", {"messages": [{"role": "user", "content": [{"text": "{}"}]}]}),
    ("/model/fake/text/converse-stream", "", {"messages": [{"role": "user", "content": [{"text": "{}"}]}]}),
    ("/api/v2/chat", "fake/text", {"messages": [{"role": "user", "content": "{}"}], "stream": True}),
]


@pytest.mark.parametrize(("path", "model", "fields"), DOORS)
def test_what_every_door_answered_is_read_back(caller: Caller, path: str, model: str, fields: dict[str, Any]) -> None:
    switch(caller)
    asked = 'fake: text="one two three"'
    body = json.dumps({"model": model, **fields} if model else fields).replace('"{}"', json.dumps(asked))
    response = caller.harness.http.post(path, content=body, headers=caller.headers)
    assert response.status_code == 200, response.content
    told = caller.get(f"/generation/content?id={response.headers['x-generation-id']}").json()["data"]
    assert told["output"] == {"completion": "one two three", "reasoning": None}
    assert asked in json.dumps(told["input"]).replace('\\"', '"')
    assert told["error"] is None


def test_reasoning_is_apart(caller: Caller) -> None:
    switch(caller)
    answer = caller.chat("fake: kind=reasoning tokens=12")
    output = stored(caller, answer)["output"]
    assert output["reasoning"]
    assert output["completion"] == answer.text


def test_a_failure_is_stored_with_its_attempts(caller: Caller) -> None:
    switch(caller)
    answer = caller.chat(SECRET, model="fake/doomed")
    told = stored(caller, answer)
    assert told["error"]["status"] == answer.status
    assert told["error"]["message"] == answer.error["message"]
    assert told["error"]["provider_name"]
    assert told["error"]["previous_errors"][0]["code"] in {500, 503}
    assert told["output"] == {"completion": None, "reasoning": None}


def test_what_guardrails_took_out_is_not_stored(caller: Caller) -> None:
    services = caller.harness.services

    async def guard() -> None:
        rules = {"name": "g", "content_filter_builtins": [{"slug": "email", "action": "redact"}]}
        made = await services.guardrails.create(caller.account_id, None, rules)
        await services.guardrails.assign(caller.account_id, made.id, "key", [key_id_], by=None)

    key_id_ = key_id(caller)
    caller.harness.call(guard())
    switch(caller)
    told = stored(caller, caller.chat("write to ada@example.test"))
    assert told["input"]["messages"][0]["content"] == "write to [EMAIL]"


def test_it_is_sealed_and_goes_when_its_time_has_come(caller: Caller) -> None:
    switch(caller, days=1)
    answer = caller.chat(SECRET)
    assert SECRET in json.dumps(stored(caller, answer))
    database = caller.harness.services.database

    def rows() -> list[Any]:
        query = text("SELECT sealed, expires_at - created_at FROM generation_contents WHERE id = :id")
        return caller.harness.call(database.read(lambda c: list(c.execute(query, {"id": answer.id}))))

    ((sealed, span),) = rows()
    assert SECRET not in sealed
    assert span == 86_400_000
    caller.harness.call(
        database.write(
            lambda c: c.execute(text("UPDATE generation_contents SET expires_at = 1 WHERE id = :id"), {"id": answer.id})
        )
    )
    assert caller.get(f"/generation/content?id={answer.id}").status_code == 404
    caller.harness.call(caller.harness.services.contents.forget_expired())
    assert rows() == []


def test_another_account_reads_nothing_of_it_and_a_closed_one_leaves_nothing(caller: Caller) -> None:
    switch(caller)
    answer = caller.chat(SECRET)
    assert stored(caller, answer)
    assert caller.harness.caller().get(f"/generation/content?id={answer.id}").status_code == 404
    caller.harness.call(caller.harness.services.contents.forget_account(caller.account_id))
    assert caller.get(f"/generation/content?id={answer.id}").status_code == 404
    assert caller.get(f"/generation/content?id={caller.chat().id}").status_code == 404


class TestFeedback:
    """What people say of answers."""

    def test_it_is_taken_once(self, caller: Caller) -> None:
        answer = caller.chat()
        headers, http = _session(caller), caller.harness.http
        body = {"generation_id": answer.id, "category": "incorrect_response", "comment": "It is 42."}
        said = http.post("/api/v1/generation/feedback", headers=headers, json=body)
        assert (said.status_code, said.json()) == (200, {"data": {"success": True}})
        assert http.post("/api/v1/generation/feedback", headers=headers, json=body).status_code == 409
        wrong = http.post("/api/v1/generation/feedback", headers=headers, json={**body, "category": "rude"})
        assert wrong.status_code == 400
        other = http.post("/api/v1/generation/feedback", headers=_session(caller.harness.caller()), json=body)
        assert other.status_code == 404
        assert http.post("/api/v1/generation/feedback", headers=caller.headers, json=body).status_code == 403


@pytest.fixture(scope="module")
def _loops(shared_harness: Harness) -> None:  # pyright: ignore[reportUnusedFunction] (pytest finds it)
    make_loops(shared_harness)


@pytest.mark.usefixtures("_loops")
@pytest.mark.parametrize("dialect", ["anthropic_messages", "gemini"])
def test_answers_of_providers_of_other_dialects(caller: Caller, dialect: str) -> None:
    switch(caller)
    answer = caller.chat('fake: text="one two"', model=f"loop/{dialect}", stream=True)
    assert stored(caller, answer)["output"]["completion"] == "one two"
