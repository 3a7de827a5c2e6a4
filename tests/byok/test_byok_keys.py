"""`/byok` itself: what is stored and shown, what is refused, and that a private address is never called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from byok_samples import CHAT, give, manager, post

from api.api_harness import Harness
from api.api_upstream import played, serve_models
from modelport.byok.errors import BadOwnKey
from modelport.byok.written_key import Written, check, masked, read
from modelport.upstream.guard import may_reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.api_harness import Caller
    from api.api_upstream import Upstream

AMAZON = {"accessKeyId": "AKIDEXAMPLE12345", "secretAccessKey": "secret", "sessionToken": "session"}


class TestOperations:
    """The reference's five."""

    def test_given_changed_and_deleted(self, caller: Caller) -> None:
        headers, http = manager(caller), caller.harness.http
        made = give(caller, "openai", "sk-own-canary-of-openai", name="Ours", declared_region="global")
        assert (made["label"], made["name"], made["declared_region"]) == ("sk-o...enai", "Ours", "global")
        path = f"/api/v1/byok/{made['id']}"
        assert http.get(path, headers=headers).json()["data"] == made
        listed = http.get("/api/v1/byok?provider=openai", headers=headers).json()
        assert listed == {"data": [made], "total_count": 1}
        assert http.get("/api/v1/byok?provider=groq", headers=headers).json()["total_count"] == 0
        change = {"name": None, "disabled": True, "allowed_models": ["openai/*"], "sort_order": 3, "is_fallback": None}
        changed = http.patch(path, json=change, headers=headers).json()["data"]
        wanted = {"name": None, "disabled": True, "allowed_models": ["openai/*"], "sort_order": 3}
        assert changed == {**made, **wanted}
        assert http.patch(path, json={"allowed_models": None}, headers=headers).json()["data"]["allowed_models"] is None
        assert http.delete(path, headers=headers).json() == {"deleted": True}
        assert http.get(path, headers=headers).status_code == 404
        assert http.delete(path, headers=headers).status_code == 404

    def test_another_accounts(self, caller: Caller) -> None:
        made, other = give(caller, "openai"), caller.harness.caller()
        headers, http, path = manager(other), caller.harness.http, f"/api/v1/byok/{made['id']}"
        assert http.get(path, headers=headers).status_code == 404
        assert http.patch(path, json={"disabled": True}, headers=headers).status_code == 404
        assert http.delete(path, headers=headers).status_code == 404
        refused = post(other, {"provider": "openai", "key": "k" * 20, "allowed_api_key_hashes": [caller.key_hash]})
        assert refused.status_code == 400

    def test_an_inference_key_may_not(self, caller: Caller) -> None:
        assert caller.get("/byok").status_code == 403

    @pytest.mark.parametrize(
        "fields",
        [
            {"provider": "no-such-provider"},
            {"key": "two words"},
            {"key": "{not json"},
            {"key": '{"type": "other"}'},
            {"is_fallback": True, "is_byok_only": True},
            {"base_url": "ftp://x.test"},
            {"base_url": "https://user:pass@x.test"},
            {"allowed_user_ids": ["user_of_nobody"]},
            {"declared_region": "europe"},
        ],
    )
    def test_refused(self, caller: Caller, fields: dict[str, Any]) -> None:
        answer = post(caller, {"provider": "openai", "key": "own-secret-canary-1234", **fields})
        assert answer.status_code == 400, answer.text
        assert "canary" not in answer.text

    def test_sealed_in_the_database(self, caller: Caller) -> None:
        give(caller, "openai", "very-secret-canary-of-mine")
        files = [each.read_bytes() for each in caller.harness.settings.data_dir.glob("modelport.db*")]
        assert files
        assert not any(b"very-secret-canary-of-mine" in each for each in files)


class TestTrials:
    """`POST /byok/{id}/test` shows the provider the key, and tells what it said."""

    @pytest.mark.parametrize(
        ("statuses", "verdict"),
        # The list by this key; the list by a wrong one; where anybody gets it, one token.
        [((200, 401), "works"), ((401,), "refused"), ((200, 200, 403), "refused"), ((500,), "unknown")],
    )
    def test_told(self, caller: Caller, upstream: Upstream, statuses: tuple[int, ...], verdict: str) -> None:
        name = f"tried-{len(statuses)}-{statuses[0]}"
        serve_models(caller.harness, "own", [(name, {"base_url": f"{upstream.url}/v1"}, {})])
        made = give(caller, f"own-{name}", "own-secret-canary-1234")
        upstream.expect(*(played(CHAT, status=status) for status in statuses))
        answer = caller.harness.http.post(f"/api/v1/byok/{made['id']}/test", headers=manager(caller))
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["verdict"] == verdict
        assert "canary" not in answer.text
        assert len(upstream.asked) == len(statuses)
        assert upstream.asked[0].headers["authorization"] == "Bearer own-secret-canary-1234"

    def test_of_a_provider_that_the_operator_has_no_key_of(self, caller: Caller, upstream: Upstream) -> None:
        made = give(caller, "groq", base_url=f"{upstream.url}/v1")
        upstream.expect(played(CHAT), played(CHAT, status=401))
        answer = caller.harness.http.post(f"/api/v1/byok/{made['id']}/test", headers=manager(caller))
        assert answer.json()["data"]["verdict"] == "works"
        assert [each.path for each in upstream.asked] == ["/v1/models"] * 2

    def test_another_accounts(self, caller: Caller) -> None:
        made, other = give(caller, "openai"), caller.harness.caller()
        path = f"/api/v1/byok/{made['id']}/test"
        assert caller.harness.http.post(path, headers=manager(other)).status_code == 404


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("strict"))
    serve_models(made, "own", [("plain", {"base_url": f"{upstream.url}/v1"}, {})])
    yield made
    made.stop(within=1)


class TestGuard:
    """Without the operator's word an own key never leads into this machine or a private network."""

    @pytest.mark.parametrize(
        "address",
        ["http://127.0.0.1/v1", "http://localhost:11434", "https://10.1.2.3", "http://169.254.169.254/latest",
         "http://[::1]/", "https://[fd00::1]/v1"],
    )  # fmt: skip
    def test_refused_when_given(self, strict: Harness, address: str) -> None:
        caller = strict.caller()
        assert post(caller, {"provider": "own-plain", "key": "k" * 20, "base_url": address}).status_code == 400
        entry = [{"endpoint_url": address, "api_key": "k" * 20}]
        assert post(caller, {"provider": "own-plain", "key": json.dumps(entry)}).status_code == 400

    def test_no_socket_opens_for_one_that_got_in(self, strict: Harness, upstream: Upstream) -> None:
        """As a name does that means another address by the time it is called."""
        caller = strict.caller()
        made = give(caller, "own-plain", is_required=True)
        change = strict.services.own_keys.change(caller.account_id, made["id"], {"base_url": f"{upstream.url}/mine"})
        strict.call(change)
        upstream.expect(played(CHAT))
        answer = caller.chat(model="own/plain")
        assert answer.status == 502
        tried = strict.http.post(f"/api/v1/byok/{made['id']}/test", headers=manager(caller))
        assert tried.json()["data"]["verdict"] == "unknown"
        assert upstream.url.removeprefix("http://") not in tried.text
        assert not upstream.asked
        assert upstream.url.removeprefix("http://") not in str(answer.json)
        assert caller.used == 0


class TestWritten:
    """What the text of a key holds."""

    def test_amazon(self) -> None:
        text = json.dumps({**AMAZON, "region": "eu-central-1"})
        assert read(text) == Written("AKIDEXAMPLE12345:secret:session", {"region": "eu-central-1"})
        assert masked(text) == "AKID...2345"

    def test_google(self) -> None:
        text = json.dumps({"type": "service_account", "project_id": "p-1", "region": "us-east5"})
        assert read(text) == Written(text, {"location": "us-east5", "project": "p-1"})

    def test_azure(self) -> None:
        assert read('{"api_key": "k", "resource_name": "ours"}') == Written("k", {"resource": "ours"})
        exact = [
            {"model_slug": "openai/gpt-5", "endpoint_url": "https://x.test/openai", "api_key": "k", "model_id": "d"}
        ]
        assert read(json.dumps(exact), "openai/gpt-5") == Written("k", {}, "https://x.test/openai", {}, "d")
        assert read(json.dumps(exact), "openai/other") is None

    @pytest.mark.parametrize("region", ["evil.test/", "a b", "../x", "x" * 80, 7])
    def test_words_of_addresses_are_words(self, region: object) -> None:
        with pytest.raises(BadOwnKey):
            read(json.dumps({**AMAZON, "region": region}))

    @pytest.mark.parametrize("text", ["", " ", "a b", "é", "[]", "[1]", "{}", "[" * 5000, '{"accessKeyId": "a:b"}'])
    def test_no_key(self, text: str) -> None:
        with pytest.raises(BadOwnKey):
            check(text)

    def test_masked(self) -> None:
        assert [masked(each) for each in ("short", "a-long-enough-key-text", "AKIDAKIDAKIDAKID:secret")] == [
            "...", "a-lo...text", "AKID...AKID",
        ]  # fmt: skip


def test_may_reach() -> None:
    assert may_reach("https://api.example.com/v1")
    assert not any(map(may_reach, ["https://", "http://[::ffff:a00:1]", "http://[bad"]))
