"""Traces are really delivered, to real receivers: signed, in the receiver's form, once, and after a restart too."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from sqlalchemy import text

from api.api_harness import Harness, until
from modelport.broadcast import worker

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from receiver import Got, Receiver

    from api.api_harness import Caller
    from modelport.broadcast.store import Row

SECRET = "canary-of-a-destination-9137"


def manager(caller: Caller) -> dict[str, str]:
    async def make() -> str:
        services = caller.harness.services
        own = (await services.keys.of_account(caller.account_id))[0]
        return (await services.keys.create(caller.account_id, own.user_id, "m", management=True))[0]

    return {"authorization": f"Bearer {caller.harness.call(make())}"}


def post(caller: Caller, kind: str, config: dict[str, Any], **fields: Any) -> httpx.Response:
    body = {"type": kind, "name": "Ours", "config": config, **fields}
    path = "/api/v1/observability/destinations"
    return caller.harness.http.post(path, json=body, headers=manager(caller))


def made(caller: Caller, kind: str, config: dict[str, Any], **fields: Any) -> dict[str, Any]:
    response = post(caller, kind, config, **fields)
    assert response.status_code == 201, response.text
    return response.json()["data"]


def shown(caller: Caller, destination: dict[str, Any]) -> dict[str, Any]:
    path = f"/api/v1/observability/destinations/{destination['id']}"
    return caller.harness.http.get(path, headers=manager(caller)).json()["data"]


def delivered(receiver: Receiver, count: int = 1) -> list[dict[str, Any]]:
    """The spans that came, once there are so many."""

    def look() -> list[dict[str, Any]] | None:
        found = [span for got in list(receiver.got) for span in got.spans]
        return found if len(found) >= count else None

    return until(look)


def outbox(harness: Harness) -> list[Row]:
    async def read() -> list[Row]:
        return await harness.services.database.read(
            lambda connection: [
                dict(row) for row in connection.execute(text("SELECT * FROM broadcast_outbox")).mappings()
            ]
        )

    return harness.call(read())


def due_now(harness: Harness) -> None:
    """What waits for its next try is tried now."""

    async def write() -> None:
        await harness.services.database.write(
            lambda connection: connection.execute(text("UPDATE broadcast_outbox SET due_at = 0"))
        )

    harness.call(write())


def rule(field: str, operator: str, value: str) -> dict[str, Any]:
    return {"groups": [{"rules": [{"field": field, "operator": operator, "value": value}]}]}


class TestKinds:
    """The four of them."""

    def test_webhook_is_signed(self, caller: Caller, receiver: Receiver) -> None:
        config = {"url": f"{receiver.url}/hook?a=b", "headers": {"X-Own": SECRET}}
        destination = made(caller, "webhook", config)
        secret = destination["config"]["signingSecret"]
        assert secret.startswith("whsec_")
        answer = caller.chat("fake: text=@last", user="end-user-1", session_id="s-1")
        (span,) = delivered(receiver)
        (got,) = receiver.got
        assert (got.method, got.path, got.headers["x-own"]) == ("POST", "/hook?a=b", SECRET)
        signed = f"{got.headers['x-modelport-timestamp']}.".encode() + got.body
        proof = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        assert got.headers["x-modelport-signature"] == f"v1={proof}"
        facts = span["attributes"]
        assert (facts["gen_ai.response.id"], facts["gen_ai.request.model"]) == (answer.id, "fake/text")
        assert facts["gen_ai.usage.output_tokens"] == answer.usage["completion_tokens"]
        assert facts["gen_ai.response.finish_reasons"] == ["stop"]
        assert "fake: text=@last" in facts["gen_ai.prompt"]
        assert "fake: text=@last" in facts["gen_ai.completion"]
        assert (facts["session.id"], facts["user.id"]) == ("s-1", "end-user-1")
        assert not {"modelport.cost", "modelport.api_key_name", "modelport.app"} & facts.keys()
        assert int(span["endTimeUnixNano"]) >= int(span["startTimeUnixNano"]) > 0
        assert (len(span["traceId"]), len(span["spanId"]), span["status"]) == (32, 16, {"code": 1})
        until(lambda: shown(caller, destination)["delivery"]["delivered_at"])
        now = shown(caller, destination)
        assert (now["config"]["signingSecret"], now["config"]["headers"]) == ("********", {"X-Own": "********"})
        assert not outbox(caller.harness)

    def test_collector(self, caller: Caller, receiver: Receiver) -> None:
        flags = dict.fromkeys(
            ("broadcast_generation_cost", "broadcast_generation_identity", "broadcast_generation_request_context"), True
        )
        config = {"endpoint": f"{receiver.url}/otlp/", "headers": {"Authorization": "Bearer x"}}
        made(caller, "otel-collector", config, **flags)
        answer = caller.chat(headers={"http-referer": "https://app.example", "x-title": "App"})
        (span,) = delivered(receiver)
        assert receiver.got[0].path == "/otlp/v1/traces"
        assert receiver.got[0].headers["authorization"] == "Bearer x"
        facts = span["attributes"]
        assert facts["modelport.cost_usd"] == answer.usage["cost"]
        assert (facts["modelport.api_key_hash"], facts["modelport.account_id"]) == (caller.key_hash, caller.account_id)
        assert (facts["modelport.app"], facts["modelport.app_title"]) == ("https://app.example", "App")

    def test_langfuse(self, caller: Caller, receiver: Receiver) -> None:
        config = {"publicKey": "pk-lf-1", "secretKey": SECRET, "baseUrl": receiver.url}
        destination = made(caller, "langfuse", config, broadcast_generation_cost=True)
        assert destination["config"]["secretKey"] == "********"
        answer = caller.chat("fake: text=one", stream=True, session_id="talk")
        (span,) = delivered(receiver)
        (got,) = receiver.got
        assert got.path == "/api/public/otel/v1/traces"
        assert base64.b64decode(got.headers["authorization"].removeprefix("Basic ")).decode() == f"pk-lf-1:{SECRET}"
        facts = span["attributes"]
        assert facts["langfuse.observation.output"] == "one"
        assert facts["langfuse.session.id"] == "talk"
        assert json.loads(facts["langfuse.observation.cost_details"]) == {"total": answer.usage["cost"]}

    def test_s3_store(self, caller: Caller, receiver: Receiver) -> None:
        config = {
            "bucketName": "traces-of-ours", "accessKeyId": "AKIDSTORE", "secretAccessKey": SECRET,
            "endpoint": receiver.url, "region": "eu-west-1", "pathTemplate": "{prefix}/{year}/{apiKeyName}",
        }  # fmt: skip
        made(caller, "s3", config)
        caller.chat()
        caller.chat()
        assert len(delivered(receiver, 2)) == 2
        first, second = receiver.got
        assert first.path != second.path
        for got in receiver.got:
            assert got.method == "PUT"
            assert got.path.startswith("/traces-of-ours/openrouter-traces/20")
            assert got.path.split("/")[4] == "test"
            assert got.headers["x-amz-content-sha256"] == hashlib.sha256(got.body).hexdigest()
            assert got.headers["authorization"].endswith(_by_botocore(receiver, got))


def _by_botocore(receiver: Receiver, got: Got) -> str:
    """The signature as Amazon's own library makes it of the request that came."""
    request = AWSRequest(got.method, f"{receiver.url}{got.path}", data=got.body)
    for name in ("Content-Type", "X-Amz-Content-Sha256", "X-Amz-Date"):
        request.headers[name] = got.headers[name.lower()]
    request.context["timestamp"] = got.headers["x-amz-date"]
    request.context["client_config"] = None
    signer = S3SigV4Auth(Credentials("AKIDSTORE", SECRET), "s3", "eu-west-1")
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


class TestWhatIsSent:
    """Privacy, filters, sampling, failures."""

    def test_privacy_mode(self, caller: Caller, receiver: Receiver) -> None:
        made(caller, "otel-collector", {"endpoint": receiver.url}, privacy_mode=True)
        caller.chat("fake: text=secret-prompt-canary")
        (span,) = delivered(receiver)
        assert "gen_ai.prompt" not in span["attributes"]
        assert b"secret-prompt-canary" not in receiver.got[0].body

    def test_a_failed_request_is_told_as_one(self, caller: Caller, receiver: Receiver) -> None:
        made(caller, "otel-collector", {"endpoint": receiver.url})
        assert caller.chat(model="fake/fallen").status >= 500
        (span,) = delivered(receiver)
        assert span["status"]["code"] == 2
        assert span["attributes"]["modelport.status"] == "error"

    def test_by_rules(self, caller: Caller, receiver: Receiver) -> None:
        rules = {
            "groups": [
                {"rules": [{"field": "model", "operator": "regex", "value": "^fake/(text|multi)"}]},
                {
                    "logic": "or",
                    "rules": [
                        {"field": "output", "operator": "contains", "value": "yes"},
                        {"field": "total_tokens", "operator": "gt", "value": 1000},
                    ],
                },
            ]
        }
        destination = made(caller, "otel-collector", {"endpoint": receiver.url}, filter_rules=rules)
        assert destination["filter_rules"]["groups"][1]["logic"] == "or"
        caller.chat("fake: text=no")
        caller.chat("fake: text=yes", model="fake/plain")
        wanted = caller.chat("fake: text=yes")
        (span,) = delivered(receiver)
        assert span["attributes"]["gen_ai.response.id"] == wanted.id

    def test_by_key_and_switched_off(self, caller: Caller, receiver: Receiver) -> None:
        other = caller.harness.caller()
        stranger = post(caller, "webhook", {"url": receiver.url}, api_key_hashes=[other.key_hash])
        assert stranger.status_code == 400
        made(caller, "webhook", {"url": f"{receiver.url}/off"}, enabled=False)
        made(caller, "webhook", {"url": f"{receiver.url}/europe"}, regions=["europe"])
        made(caller, "webhook", {"url": f"{receiver.url}/mine"}, api_key_hashes=[caller.key_hash])
        caller.chat()
        delivered(receiver)
        assert [got.path for got in receiver.got] == ["/mine"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_an_answer_from_the_cache_is_one_of_its_own(
        self, caller: Caller, receiver: Receiver, *, stream: bool
    ) -> None:
        made(caller, "otel-collector", {"endpoint": receiver.url}, broadcast_generation_cost=True)
        first, again = (
            caller.chat("fake: text=kept", headers={"x-openrouter-cache": "true"}, stream=stream, session_id="talk")
            for _ in range(2)
        )
        assert again.headers["x-openrouter-cache-status"] == "HIT"
        spans = {each["attributes"]["gen_ai.response.id"]: each["attributes"] for each in delivered(receiver, 2)}
        facts = spans[again.id]
        assert (facts["modelport.cached_from"], "modelport.cached_from" in spans[first.id]) == (first.id, False)
        assert (facts["gen_ai.prompt"], facts["gen_ai.completion"]) == (spans[first.id]["gen_ai.prompt"], "kept")
        assert (facts["modelport.cost"], facts["modelport.streamed"]) == ("0", stream)
        assert facts["session.id"] == "talk"

    def test_a_workspace_that_broadcasts_nothing(self, caller: Caller, receiver: Receiver) -> None:
        harness, headers = caller.harness, manager(caller)

        def broadcasts(value: bool | None = None) -> bool:  # noqa: FBT001 (a switch)
            body = None if value is None else {"is_observability_broadcast_enabled": value}
            answer = harness.http.request(
                "GET" if value is None else "PATCH", "/api/v1/workspaces/default", json=body, headers=headers
            )
            return answer.json()["data"]["is_observability_broadcast_enabled"]

        assert not broadcasts()
        made(caller, "webhook", {"url": f"{receiver.url}/one"})
        assert broadcasts(), "the first one switches it on"
        assert not broadcasts(False)
        made(caller, "webhook", {"url": f"{receiver.url}/two"})
        assert not broadcasts(), "what was switched off stays off"
        until(lambda: not harness.services.destinations._enabled.get(caller.account_id))
        caller.chat("fake: text=unseen")
        assert broadcasts(True)
        until(lambda: len(harness.services.destinations._enabled.get(caller.account_id, ())) == 2)
        caller.chat("fake: text=seen")
        spans = delivered(receiver, 2)
        assert {span["attributes"]["gen_ai.completion"] for span in spans} == {"seen"}
        assert sorted(got.path for got in receiver.got) == ["/one", "/two"]

    def test_sampling_is_the_same_for_a_session(self, caller: Caller, receiver: Receiver) -> None:
        made(caller, "otel-collector", {"endpoint": receiver.url}, sampling_rate=0.5)
        for number in range(8):
            for _ in range(2):
                caller.chat(session_id=f"session-{number}")
        made(caller, "webhook", {"url": f"{receiver.url}/all"})
        caller.chat()
        until(lambda: [got for got in receiver.got if got.path == "/all"])
        until(lambda: not outbox(caller.harness))
        spans = [span for got in receiver.got if got.path != "/all" for span in got.spans]
        seen = Counter(span["attributes"].get("session.id") for span in spans)
        sessions = [count for session, count in seen.items() if session is not None]
        assert set(sessions) == {2}
        assert 0 < len(sessions) < 8

    def test_tried_again_and_told(self, caller: Caller, receiver: Receiver) -> None:
        destination = made(caller, "webhook", {"url": receiver.url})
        receiver.status = 503
        caller.chat()
        until(lambda: shown(caller, destination)["delivery"]["fault"])
        assert shown(caller, destination)["delivery"]["fault"] == "answered 503"
        assert [row["tries"] for row in outbox(caller.harness)] == [1]
        receiver.status = 200
        due_now(caller.harness)
        until(lambda: len(receiver.got) == 2)
        until(lambda: shown(caller, destination)["delivery"]["fault"] is None)
        assert receiver.got[0].spans == receiver.got[1].spans
        assert not outbox(caller.harness)

    def test_given_up_and_its_people_told_once_until_it_takes_again(
        self, caller: Caller, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "_PAUSES_MS", ())
        monkeypatch.setattr(worker, "_POLL_SECONDS", 0.02)
        made(caller, "webhook", {"url": receiver.url})
        notices = caller.harness.services.notices

        def told() -> list[dict[str, Any]]:
            found = caller.harness.call(notices.recent(caller.account_id))
            return [json.loads(each.facts) for each in found if each.kind == "destination_failing"]

        for count, status in ((1, 503), (1, 500), (1, 200), (2, 502)):
            receiver.status = status
            seen = len(receiver.got)
            caller.chat()
            until(lambda seen=seen: len(receiver.got) > seen)
            until(lambda: not outbox(caller.harness))
            until(lambda count=count: len(told()) == count)
        assert [each["reason"] for each in told()] == ["answered 502", "answered 503"]

    def test_sealed_while_it_waits_and_gone_with_its_destination(self, caller: Caller, receiver: Receiver) -> None:
        destination = made(caller, "webhook", {"url": receiver.url})
        receiver.status = 500
        caller.chat("fake: text=waiting-prompt-canary")
        (row,) = until(lambda: outbox(caller.harness))
        assert "canary" not in row["sealed"]
        until(lambda: receiver.got)
        path = f"/api/v1/observability/destinations/{destination['id']}"
        assert caller.harness.http.delete(path, headers=manager(caller)).json() == {"deleted": True}
        assert not outbox(caller.harness)
        assert caller.harness.http.get(path, headers=manager(caller)).status_code == 404


def test_delivered_after_a_crash_together_with_the_stream_that_it_broke(tmp_path: Path, receiver: Receiver) -> None:
    receiver.status = 500
    before = Harness(tmp_path / "before", private_addresses=True)
    caller = before.caller()
    made(caller, "webhook", {"url": receiver.url}, broadcast_generation_identity=True)
    answer = caller.chat()
    until(lambda: receiver.got)
    body = caller.body("fake: interval_ms=200 tokens=30 marker=canary-of-a-prompt", stream=True)
    with before.http.stream("POST", "/api/v1/chat/completions", json=body, headers=caller.headers) as stream:
        broken = stream.headers["x-generation-id"]
        next(stream.iter_raw())
        _as_it_is_now(before, tmp_path / "after")
    before.stop(within=1)
    receiver.status = 200
    known = len(receiver.got)
    after = Harness(tmp_path / "after", private_addresses=True)
    due_now(after)
    spans = until(lambda: _both([span for got in receiver.got[known:] for span in got.spans]))
    assert set(spans) == {answer.id, broken}
    facts = spans[broken]["attributes"]
    assert (facts["modelport.status"], facts["modelport.api_key_hash"]) == ("cancelled", caller.key_hash)
    # How much had come when the copy was made is for the machine to say; the trace tells what was charged.
    row = replace(caller, harness=after).generation(broken)
    assert (facts["gen_ai.usage.output_tokens"], "gen_ai.prompt" in facts) == (row.completion_tokens, False)
    assert row.completion_tokens >= 1
    after.check()
    after.stop(within=1)


def _both(spans: list[dict[str, Any]]) -> dict[str, dict[str, Any]] | None:
    found = {span["attributes"]["gen_ai.response.id"]: span for span in spans}
    return found if len(found) == 2 else None


def _as_it_is_now(harness: Harness, folder: Path) -> None:
    """The data directory as `kill -9` would leave it at this moment."""
    folder.mkdir()
    there = harness.settings.data_dir
    shutil.copy(there / "secret.key", folder)
    with (
        closing(sqlite3.connect(there / "modelport.db")) as old,
        closing(sqlite3.connect(folder / "modelport.db")) as new,
    ):
        old.backup(new)


class TestOperations:
    """The reference's five, and a test call."""

    def test_changed(self, caller: Caller, receiver: Receiver) -> None:
        config = {"publicKey": "pk", "secretKey": SECRET, "baseUrl": receiver.url, "headers": {"X-A": "1"}}
        destination = made(caller, "langfuse", config, regions=["eu"])
        assert (destination["regions"], destination["sampling_rate"]) == (["europe"], 1)
        path, headers = f"/api/v1/observability/destinations/{destination['id']}", manager(caller)
        hidden = {**destination["config"], "publicKey": "pk-2"}
        body = {"config": hidden, "name": "Other", "sampling_rate": 0.25, "enabled": False, "privacy_mode": True}
        changed = caller.harness.http.patch(path, json=body, headers=headers).json()["data"]
        assert (changed["name"], changed["sampling_rate"], changed["enabled"]) == ("Other", 0.25, False)
        kept = caller.harness.call(caller.harness.services.destinations.find(caller.account_id, destination["id"]))
        stored = caller.harness.services.destinations.config(kept)
        assert (stored["secretKey"], stored["publicKey"], stored["headers"]) == (SECRET, "pk-2", {"X-A": "1"})
        listed = caller.harness.http.get("/api/v1/observability/destinations", headers=headers)
        assert (listed.json()["total_count"], listed.json()["data"]) == (1, [changed])
        assert SECRET not in listed.text
        other = manager(caller.harness.caller())
        for method in ("GET", "PATCH", "DELETE"):
            sent = {} if method == "PATCH" else None
            assert caller.harness.http.request(method, path, json=sent, headers=other).status_code == 404

    def test_test_call(self, caller: Caller, receiver: Receiver) -> None:
        headers = manager(caller)
        for kind, config in (
            ("webhook", {"url": receiver.url, "method": "PUT"}),
            ("s3", {"bucketName": "abc", "accessKeyId": "a", "secretAccessKey": "b", "endpoint": receiver.url}),
        ):
            path = f"/api/v1/observability/destinations/{made(caller, kind, config)['id']}/test"
            taken = caller.harness.http.post(path, headers=headers).json()
            assert taken == {"ok": True, "status": 200, "fault": None, "failing": None}
            receiver.status = 403
            refused = caller.harness.http.post(path, headers=headers).json()
            assert refused == {"ok": False, "status": 403, "fault": "answered 403", "failing": "answered"}
            receiver.status = 200
        assert receiver.got[0].headers["x-test-connection"] == "true"
        assert receiver.got[0].method == "PUT"
        assert receiver.got[0].spans == []
        assert receiver.got[2].path.endswith("/connection-test.json")

    @pytest.mark.parametrize(
        ("kind", "config", "fields"),
        [
            ("datadog", {}, {}),
            ("webhook", {}, {}),
            ("webhook", {"url": "ftp://x.example"}, {}),
            ("webhook", {"url": "https://u:p@x.example"}, {}),
            ("webhook", {"url": "https://x.example", "headers": {"Bad Name": "x"}}, {}),
            ("webhook", {"url": "https://x.example", "headers": {"X-A": "a\nb"}}, {}),
            ("s3", {"bucketName": "A!", "accessKeyId": "a", "secretAccessKey": SECRET}, {}),
            ("webhook", {"url": "https://x.example"}, {"sampling_rate": 0}),
            ("webhook", {"url": "https://x.example"}, {"broadcast_generation_cost_allocation": True}),
            ("webhook", {"url": "https://x.example"}, {"filter_rules": rule("model", "regex", "(?=x)")}),
            ("webhook", {"url": "https://x.example"}, {"filter_rules": rule("total_cost", "gt", "much")}),
        ],
    )  # fmt: skip
    def test_refused(self, caller: Caller, kind: str, config: dict[str, Any], fields: dict[str, Any]) -> None:
        answer = post(caller, kind, config, **fields)
        assert answer.status_code == 400, answer.text
        assert SECRET not in answer.text

    @pytest.mark.parametrize("role", [{"authMode": "iam_role"}, {"roleArn": "arn:aws:iam::1:role/traces"}])
    def test_a_bucket_by_role_is_refused_with_the_reason(self, caller: Caller, role: dict[str, str]) -> None:
        answer = post(caller, "s3", {"bucketName": "traces", "region": "eu-central-1", **role})
        assert answer.status_code == 400, answer.text
        error = answer.json()["error"]
        assert (error["metadata"]["problem"], error["metadata"]["rule"]) == ("bad_destination", "role")
        assert "access key" in error["message"]

    def test_five_of_a_type(self, caller: Caller) -> None:
        for _ in range(5):
            made(caller, "webhook", {"url": "https://x.example"})
        assert post(caller, "webhook", {"url": "https://x.example"}).status_code == 409


class TestGuard:
    """Without the operator's word nothing is sent into this machine or a private network."""

    def test_private_addresses(self, tmp_path: Path, receiver: Receiver) -> None:
        strict = Harness(tmp_path)
        caller = strict.caller()
        for address in (receiver.url, "http://localhost:1", "http://169.254.169.254/", "http://[::1]/"):
            assert post(caller, "webhook", {"url": address}).status_code == 400
        destination = made(caller, "webhook", {"url": "https://x.example"})
        # As a name does that leads elsewhere by the time it is called.
        change = {"config": {"url": receiver.url}}
        strict.call(strict.services.destinations.change(caller.account_id, destination["id"], change))
        caller.chat()
        fault = until(lambda: shown(caller, destination)["delivery"]["fault"])
        assert fault == "could not be delivered (UpstreamFault)"
        path = f"/api/v1/observability/destinations/{destination['id']}/test"
        assert strict.http.post(path, headers=manager(caller)).json()["ok"] is False
        assert receiver.got == []
        strict.stop(within=1)
