"""Own keys in requests: which key the provider is shown, in which order, what is charged, whose health it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from byok_samples import ANSWERS, CHAT, PRICE, give, manager
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from api.api_upstream import played, serve_models
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from api.api_harness import Caller, Harness
    from api.api_upstream import Upstream

OWN = "own-secret-canary-1234"
GOOD, DEAD, DOWN = (
    played(CHAT),
    played({"error": {"message": "Incorrect API key provided."}}, status=401),
    played({"error": {"message": "down"}}, status=503),
)


@pytest.fixture(scope="module", autouse=True)
def models(served: Harness, upstream: Upstream) -> None:
    """A model a dialect, each at the one upstream; `two` is at two providers, `closed` at one without a key."""
    url = {"base_url": f"{upstream.url}/v1", "headers": {"x-organization": "the-operators"}}
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [("plain", url, {})]
    rows += [(name, {**url, "dialect": name}, {}) for name in ANSWERS if name not in {"bedrock_converse", "gemini"}]
    rows.append(("gemini", {**url, "dialect": "gemini", "auth": "google",
                            "options": {"token_url": f"{upstream.url}/token"}}, {}))  # fmt: skip
    rows.append(("bedrock", {**url, "dialect": "bedrock_converse", "auth": "aws", "options": {"region": "eu-west-1"},
                             "api_key": "theirs:secret"}, {}))  # fmt: skip
    rows.append(("closed", {**url, "api_key": "env:NO_SUCH_VARIABLE"}, {}))
    serve_models(served, "own", rows)


def shown(upstream: Upstream) -> list[str]:
    """The keys that the provider was shown."""
    return [each.headers.get("authorization", "").removeprefix("Bearer ") for each in upstream.asked]


class TestOrder:
    """Before the operator's capacity, after it, instead of it."""

    def test_own_key_goes_first_and_costs_nothing(self, caller: Caller, upstream: Upstream) -> None:
        give(caller, "own-plain")
        upstream.expect(GOOD)
        answer = caller.chat(model="own/plain")
        assert (answer.status, shown(upstream)) == (200, [OWN])
        assert "x-organization" not in upstream.asked[0].headers, "the operator's own headers stay with their key"
        usage = answer.usage
        assert (usage["is_byok"], usage["cost"]) == (True, 0)
        assert usage["cost_details"]["upstream_inference_cost"] == PRICE / 1e9
        assert caller.used == 0
        told = caller.get(f"/generation?id={answer.id}").json()["data"]
        assert (told["is_byok"], told["total_cost"], told["upstream_inference_cost"]) == (True, 0, PRICE / 1e9)
        assert told["trace"]["attempts"][0]["key"] == "own:own-...1234"
        key = caller.get("/key").json()["data"]
        assert (key["usage"], key["byok_usage"], key["byok_usage_monthly"]) == (0, PRICE / 1e9, PRICE / 1e9)
        listed = caller.harness.http.get("/api/v1/keys", headers=manager(caller)).json()["data"]
        assert PRICE / 1e9 in [each["byok_usage_daily"] for each in listed]
        generation = caller.generation(answer.id)
        assert (generation.byok_cost, generation.upstream_cost, generation.is_free) == (PRICE, None, False)

    def test_falls_back_to_the_operators_capacity(self, caller: Caller, upstream: Upstream) -> None:
        give(caller, "own-plain")
        upstream.expect(DEAD, GOOD)
        answer = caller.chat(model="own/plain")
        assert (answer.status, shown(upstream)) == (200, [OWN, "up-key"])
        assert (answer.usage["is_byok"], answer.usage["cost"], caller.used) == (False, PRICE / 1e9, PRICE)

    def test_a_dead_own_key_rests_and_leaves_the_endpoint_well(self, caller: Caller, upstream: Upstream) -> None:
        give(caller, "own-plain")
        upstream.expect(DEAD, GOOD)
        for _ in range(3):
            assert caller.chat(model="own/plain").status == 200
        assert shown(upstream) == [OWN, "up-key", "up-key", "up-key"]
        services = caller.harness.services
        (endpoint,) = services.catalog.snapshot.models["own/plain"].endpoints
        assert services.health.view(endpoint.id).status == 0
        assert endpoint.id not in services.health.troubled
        other = caller.harness.caller()
        give(other, "own-plain", "another-own-key-5678")
        assert other.chat(model="own/plain").usage["is_byok"]

    def test_keys_are_tried_in_their_order(self, caller: Caller, upstream: Upstream) -> None:
        first, second = give(caller, "own-plain", "first-key-of-mine"), give(caller, "own-plain", "second-key-of-mine")
        assert (first["sort_order"], second["sort_order"]) == (0, 1)
        upstream.expect(DEAD, GOOD)
        assert caller.chat(model="own/plain").usage["is_byok"]
        assert shown(upstream) == ["first-key-of-mine", "second-key-of-mine"]

    def test_a_fallback_key_comes_after(self, caller: Caller, upstream: Upstream) -> None:
        give(caller, "own-plain", is_fallback=True)
        upstream.expect(DOWN, GOOD)
        answer = caller.chat(model="own/plain")
        assert (answer.status, shown(upstream), answer.usage["is_byok"]) == (200, ["up-key", OWN], True)

    @pytest.mark.parametrize("field", ["is_required", "is_byok_only"])
    def test_never_the_operators_capacity(self, caller: Caller, upstream: Upstream, field: str) -> None:
        flags: dict[str, Any] = {field: True}
        give(caller, "own-plain", **flags)
        upstream.expect(DEAD)
        assert caller.chat(model="own/plain").status >= 400
        assert caller.chat(model="own/plain").status >= 400, "a key that rests is better than none"
        assert set(shown(upstream)) == {OWN}
        assert caller.used == 0

    def test_byok_only_closes_models_that_no_key_is_for(self, caller: Caller, upstream: Upstream) -> None:
        give(caller, "own-plain", is_byok_only=True, allowed_models=["other/*"])
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain").status == 404
        assert not upstream.asked

    def test_required_for_its_models_only(self, caller: Caller, upstream: Upstream) -> None:
        give(caller, "own-plain", is_required=True, allowed_models=["other/*"])
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain").status == 200
        assert shown(upstream) == ["up-key"]

    def test_opens_a_provider_that_the_operator_has_no_key_of(self, caller: Caller, upstream: Upstream) -> None:
        upstream.expect(GOOD)
        assert caller.chat(model="own/closed").status == 404
        give(caller, "own-closed")
        answer = caller.chat(model="own/closed")
        assert (answer.status, answer.usage["is_byok"], shown(upstream)) == (200, True, [OWN])
        assert caller.harness.caller().chat(model="own/closed").status == 404

    def test_a_declared_contract_without_retention(self, caller: Caller, upstream: Upstream) -> None:
        wish: dict[str, Any] = {"provider": {"zdr": True}}
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain", **wish).status == 404
        made = give(caller, "own-plain", declared_zdr=True)
        assert caller.chat(model="own/plain", **wish).usage["is_byok"]
        path, headers = f"/api/v1/byok/{made['id']}", manager(caller)
        assert caller.harness.http.patch(path, json={"declared_zdr": False}, headers=headers).status_code == 200
        assert caller.chat(model="own/plain", **wish).status == 404
        assert shown(upstream) == [OWN]


class TestWhoMayUseIt:
    """Restrictions by model, API key, person and workspace."""

    @pytest.mark.parametrize("fields", [{"disabled": True}, {"allowed_models": ["else/*"]}, {"allowed_user_ids": []}])
    def test_left_out(self, caller: Caller, upstream: Upstream, fields: dict[str, Any]) -> None:
        give(caller, "own-plain", **fields)
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain").status == 200
        assert shown(upstream) == ["up-key"]

    def test_by_api_key(self, caller: Caller, upstream: Upstream) -> None:
        made = give(caller, "own-plain", allowed_api_key_hashes=[caller.key_hash], allowed_models=["own/*"])
        assert made["allowed_api_key_hashes"] == [caller.key_hash]
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain").usage["is_byok"]
        services = caller.harness.services

        async def another() -> str:
            own = (await services.keys.of_account(caller.account_id))[0]
            return (await services.keys.create(caller.account_id, own.user_id, "another"))[0]

        text = caller.harness.call(another())
        assert not caller.chat(model="own/plain", headers={"authorization": f"Bearer {text}"}).usage["is_byok"]

    def test_by_workspace(self, caller: Caller, upstream: Upstream) -> None:
        headers = manager(caller)
        http = caller.harness.http
        made = http.post("/api/v1/workspaces", json={"name": "Lab", "slug": "lab"}, headers=headers)
        assert made.status_code == 201, made.text
        give(caller, "own-plain", workspace_id="lab")
        upstream.expect(GOOD)
        assert not caller.chat(model="own/plain").usage["is_byok"]
        body = {"name": "in the lab", "workspace_id": "lab"}
        key = http.post("/api/v1/keys", json=body, headers=headers).json()["key"]
        assert caller.chat(model="own/plain", headers={"authorization": f"Bearer {key}"}).usage["is_byok"]

    def test_changes_hold_at_once(self, caller: Caller, upstream: Upstream) -> None:
        made = give(caller, "own-plain")
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain").usage["is_byok"]
        path, headers = f"/api/v1/byok/{made['id']}", manager(caller)
        rotated = caller.harness.http.patch(path, json={"key": "rotated-own-key-9999"}, headers=headers).json()["data"]
        assert (rotated["label"], rotated["disabled"]) == ("rota...9999", False)
        caller.chat(model="own/plain")
        assert caller.harness.http.delete(path, headers=headers).json() == {"deleted": True}
        assert not caller.chat(model="own/plain").usage["is_byok"]
        assert shown(upstream) == [OWN, "rotated-own-key-9999", "up-key"]


class TestMoney:
    """The provider's bill is the key's owner's; ours is the fee."""

    def test_works_without_credits(self, harness: Harness, upstream: Upstream) -> None:
        poor = harness.caller("0")
        upstream.expect(GOOD)
        assert poor.chat(model="own/plain").status == 402
        give(poor, "own-plain")
        assert poor.chat(model="own/plain").usage["is_byok"]
        upstream.expect(DEAD)
        assert poor.chat(model="own/plain").status >= 400
        assert set(shown(upstream)) == {OWN}, "what can't be paid for is not used"

    def test_fee_after_the_months_free_use(self, caller: Caller, upstream: Upstream) -> None:
        give(caller, "own-plain")
        dear = {**CHAT, "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 50_000, "total_tokens": 1_050_000}}
        upstream.expect(played(dear), GOOD)
        assert caller.chat(model="own/plain").usage["cost"] == 0
        usage = caller.chat(model="own/plain").usage
        assert (usage["is_byok"], usage["cost"]) == (True, PRICE * 5 / 100 / 1e9)
        assert usage["cost_details"]["upstream_inference_cost"] == PRICE / 1e9
        assert caller.used == PRICE * 5 // 100
        key = caller.get("/key").json()["data"]
        assert key["usage"] == PRICE * 5 / 100 / 1e9
        assert key["byok_usage"] == pytest.approx(1.1 + PRICE / 1e9)
        stream = caller.chat(model="own/plain", stream=True)
        assert stream.usage["cost"] == PRICE * 5 / 100 / 1e9
        told = caller.get(f"/generation/cost?id={stream.id}").json()["data"]
        assert (told["factor"], float(told["total"])) == ("1/20", PRICE * 5 / 100 / 1e9)
        query = {"metrics": ["byok_usage", "byok_request_count", "credits_usage"], "granularity": "hour"}
        services = caller.harness.services
        caller.harness.call(Upkeep(services.settings, services.database).fold())
        answer = caller.harness.http.post("/api/v1/analytics/query", json=query, headers=manager(caller))
        (row,) = answer.json()["data"]["data"]
        assert int(row["byok_request_count"]) == 3
        assert float(row["byok_usage"]) == pytest.approx(1.1 + 2 * PRICE / 1e9)
        assert float(row["credits_usage"]) == pytest.approx(2 * PRICE * 5 / 100 / 1e9)

    def test_counts_against_a_limit_that_includes_it(self, harness: Harness, upstream: Upstream) -> None:
        bound = harness.caller(limit="0.000015")
        give(bound, "own-plain")
        upstream.expect(GOOD)
        assert bound.chat(model="own/plain").status == 200
        assert bound.chat(model="own/plain").status == 200, "not included: the limit is untouched"
        path, headers = f"/api/v1/keys/{bound.key_hash}", manager(bound)
        changed = harness.http.patch(path, json={"include_byok_in_limit": True}, headers=headers).json()["data"]
        assert (changed["usage"], changed["limit_remaining"]) == (0, 0)
        refused = bound.chat(model="own/plain")
        assert (refused.status, "limit" in refused.error["message"]) == (402, True) or refused.status == 403
        assert len(upstream.asked) == 2


class TestDialects:
    """The key is shown as each provider wants it."""

    @pytest.mark.parametrize("dialect", [name for name in ANSWERS if name not in {"bedrock_converse", "gemini"}])
    @pytest.mark.parametrize("stream", [False, True])
    def test_in_the_dialects_header(self, caller: Caller, upstream: Upstream, dialect: str, stream: bool) -> None:  # noqa: FBT001
        give(caller, f"own-{dialect.replace('_', '-')}")
        upstream.expect(played(ANSWERS[dialect]))
        answer = caller.chat(model=f"own/{dialect}", stream=stream)
        assert (answer.status, answer.text, answer.usage["is_byok"]) == (200, "hi", True)
        sent = upstream.asked[0].headers
        assert OWN in (sent.get("x-api-key") or sent["authorization"])
        assert "up-key" not in str(sent)

    def test_amazon_signs_with_the_own_key_and_region(self, caller: Caller, upstream: Upstream) -> None:
        key = {"accessKeyId": "AKIDOWN", "secretAccessKey": "own/Secret+Canary", "region": "ap-south-1"}
        made = give(caller, "own-bedrock", json.dumps(key))
        assert "Secret" not in str(made)
        upstream.expect(played(ANSWERS["bedrock_converse"]))
        answer = caller.chat(model="own/bedrock")
        assert (answer.status, answer.usage["is_byok"]) == (200, True)
        (sent,) = upstream.asked
        assert "Credential=AKIDOWN/" in sent.headers["authorization"]
        assert "/ap-south-1/bedrock/" in sent.headers["authorization"]
        request = AWSRequest("POST", f"http://{sent.headers['host']}{sent.path}", data=sent.body)
        request.headers["Content-Type"] = "application/json"
        request.context["timestamp"] = sent.headers["x-amz-date"]
        signer = SigV4Auth(Credentials("AKIDOWN", "own/Secret+Canary"), "bedrock", "ap-south-1")
        request.headers["X-Amz-Date"] = sent.headers["x-amz-date"]
        text = signer.string_to_sign(request, signer.canonical_request(request))
        assert sent.headers["authorization"].endswith(str(signer.signature(text, request)))

    def test_googles_service_account(self, caller: Caller, upstream: Upstream) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        key = {"type": "service_account", "client_email": "own@x.test", "private_key": pem, "project_id": "mine"}
        # Where its file says tokens are: never asked, for a customer could send us anywhere.
        key["token_uri"] = "http://127.0.0.1:9/token"
        assert give(caller, "own-gemini", json.dumps(key))["label"] == "{...}"
        upstream.expect(played({"access_token": "own-token", "expires_in": 3600}), played(ANSWERS["gemini"]))
        answer = caller.chat(model="own/gemini")
        assert (answer.status, answer.usage["is_byok"]) == (200, True)
        assert upstream.asked[0].path == "/token"
        assert upstream.asked[1].headers["authorization"] == "Bearer own-token"


class TestOwnAddress:
    """An address that the key's owner gives."""

    def test_is_called_instead(self, caller: Caller, upstream: Upstream) -> None:
        made = give(caller, "own-plain", base_url=f"{upstream.url}/mine/")
        assert made["base_url"] == f"{upstream.url}/mine"
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain").usage["is_byok"]
        assert [each.path for each in upstream.asked] == ["/mine/chat/completions"]

    def test_a_deployments_address_and_name(self, caller: Caller, upstream: Upstream) -> None:
        address = f"{upstream.url}/openai/deployments/d1/chat/completions?api-version=2024-10-21"
        entry = {"model_slug": "own/plain", "endpoint_url": address, "api_key": OWN, "model_id": "d1"}
        give(caller, "own-plain", json.dumps([entry, {**entry, "model_slug": "own/else"}]))
        upstream.expect(GOOD)
        assert caller.chat(model="own/plain").usage["is_byok"]
        (asked,) = upstream.asked
        assert asked.path == "/openai/deployments/d1/chat/completions?api-version=2024-10-21"
        assert asked.json["model"] == "d1"
