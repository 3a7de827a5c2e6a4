"""The official client drives every operation of the reference's API on a running server; what comes of it is a page.

`make operations` writes the page anew.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from api_upstream import Upstream, played, serve_models
from openrouter import OpenRouter, errors, operations
from operations_board import EVERY, Watch, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api_harness import Caller

pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "operations.md"
FIELDS: dict[str, dict[str, Any]] = {
    "batch.create_batches": {"endpoint": "/v1/chat/completions", "requests": []},
    "private_endpoints.update_pricing": {"pricing": {"prompt": "0", "completion": "0"}},
    "alpha.decisions.create": {"questions": {}, "state": {"text": "x"}},
    "system_one.create": {"questions": {}, "state": {"text": "x"}},
    "files.upload": {"file": {"file_name": "x", "content": b"x"}},
    "vault.store_intern_vault_secret": {"hosts": ["x.example"]},
    "vault.store_vault_secret": {"hosts": ["x.example"]},
    "vault.copy_vault_secrets_to_intern": {"names": ["x"]},
    "o_auth.create_oauth_token": {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    },
    "scim.create": {"role": "member"},
    "scim.update": {"role": "member"},
    "scim.delete": {"keep_members": "true"},
}
"""What methods need that are not offered, where a word will not do."""

MANAGED = {"Keys, credits, sign-in for apps", "Activity and public figures", "Guardrails", "BYOK",
           "Workspaces and budgets", "Organizations", "Observability"}  # fmt: skip
"""Groups that keys of inference may read at most."""


class Run:
    """An account with a key of each kind, and what the official client was seen to do with them."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        services = caller.harness.services

        async def management() -> str:
            user = await services.accounts.user(caller.email)
            text, _ = await services.keys.create(caller.account_id, user.id, "m", management=True)
            return text

        self.management = caller.harness.call(management())
        self.watch = Watch(caller.harness.url)

    def client(self, key: str) -> OpenRouter:
        """The official client, watched."""
        return self.watch.client(key)


@pytest.fixture
def run(caller: Caller) -> Iterator[Run]:
    made = Run(caller)
    yield made
    made.watch.close()


def _inference(run: Run) -> None:
    client = run.client(run.caller.key)
    messages: list[Any] = [{"role": "user", "content": "x"}]
    answer = client.chat.send(model="fake/text", messages=messages)
    assert client.generations.get_generation(id=answer.id).data.id == answer.id
    services = run.caller.harness.services
    run.caller.harness.call(services.contents.switch(run.caller.account_id, "", enabled=True))
    answer = client.chat.send(model="fake/text", messages=messages)
    stored = client.generations.list_generation_content(id=answer.id).data
    assert (stored.output.completion, stored.error) == (answer.choices[0].message.content, None)
    said = run.client(run.management).generations.submit_feedback(generation_id=answer.id, category="other")
    assert said.data.SUCCESS
    assert client.responses.send(model="fake/text", input="x").id
    assert client.api_keys.get_current_key_metadata().data.usage > 0


def _catalogue(run: Run) -> None:
    client = run.client(run.caller.key)
    assert client.models.list() is not None
    assert client.models.count().data.count > 0
    assert client.models.get(author="fake", slug="text").data.id == "fake/text"
    security = operations.ListModelsUserSecurity(bearer=run.caller.key)
    assert client.models.list_for_user(security=security) is not None
    assert client.endpoints.list(author="fake", slug="multi").data.endpoints
    assert client.endpoints.list_zdr_endpoints() is not None
    assert client.providers.list().data
    assert client.embeddings.list_models() is not None
    assert client.images.list_models() is not None
    assert client.video_generation.list_videos_models() is not None
    tools = client.tools.list_tools(security=operations.ListToolsSecurity(bearer=run.caller.key))
    assert tools is not None
    with pytest.raises(errors.NotFoundResponseError):
        client.tools.get_tool(security=operations.GetToolSecurity(bearer=run.caller.key), name="web_search")
    with pytest.raises(errors.NotFoundResponseError):
        client.images.list_model_endpoints(author="fake", slug="text")


def _keys(run: Run) -> None:
    client = run.client(run.management)
    made = client.api_keys.create(name="robot", limit=1.5, limit_reset="daily").data
    assert client.api_keys.get(hash=made.hash).data.limit == 1.5
    assert client.api_keys.update(hash=made.hash, name="robot 2").data.name == "robot 2"
    assert "robot 2" in {each.name for each in client.api_keys.list().data}
    client.api_keys.delete(hash=made.hash)
    assert client.credits.get_credits().data.total_credits == 1


def _workspaces(run: Run) -> None:
    client = run.client(run.management)
    made = client.workspaces.create(name="Lab", slug="lab").data
    assert client.workspaces.get(id=made.id).data.slug == "lab"
    assert client.workspaces.update(id=made.id, name="Lab 2").data.name == "Lab 2"
    assert client.workspaces.list() is not None
    people = client.organization.list_members()
    assert people is not None
    ids = [each.id for each in people.result.data]
    client.workspaces.bulk_add_members(id=made.id, user_ids=ids)
    assert client.workspaces.list_members(id=made.id) is not None
    client.workspaces.bulk_remove_members(id=made.id, user_ids=ids)
    assert client.organization.update_settings(is_filtered_model_catalog_enabled=True).data.id == run.caller.account_id
    assert client.organization.get_settings().data.is_filtered_model_catalog_enabled
    client.workspaces.set_budget(workspace_ref="lab", interval="monthly", limit_usd=5)
    assert client.workspaces.get_budget(workspace_ref="lab", interval="monthly").data.limit_usd == 5
    assert client.workspaces.list_budgets(workspace_ref="lab").data
    client.workspaces.delete_budget(workspace_ref="lab", interval="monthly")
    client.workspaces.delete(id=made.id)


def _external_users(run: Run) -> None:
    users = run.client(run.management).external_users
    name = "customer 7 ü"
    made = users.create(user=name).data
    assert (made.user, made.is_active, users.get(user=name).data) == (name, True, made)
    with pytest.raises(errors.ConflictResponseError):
        users.create(user=name)
    users.delete(user=name)
    users.delete(user=name)
    listed: Any = users.list()
    assert (listed.result.data, listed.result.total_count) == ([], 0)
    listed = users.list(include_inactive=True, user=name)
    assert [(each.user, each.is_active) for each in listed.result.data] == [(name, False)]
    assert users.update(user=name, is_active=True).data.is_active
    with pytest.raises(errors.NotFoundResponseError):
        users.get(user="nobody")
    with pytest.raises(errors.BadRequestResponseError):
        users.create(user="x" * 513)


def _presets(run: Run) -> None:
    client = run.client(run.caller.key)
    messages: list[Any] = [{"role": "user", "content": "x"}]
    assert client.presets.create_presets_chat_completions(slug="one", messages=messages, model="fake/text") is not None
    assert client.presets.create_presets_messages(slug="two", messages=messages, model="fake/text") is not None
    assert client.presets.create_presets_responses(slug="three", input="x", model="fake/text") is not None
    assert client.presets.list() is not None
    assert client.presets.get(slug="one") is not None
    assert client.presets.list_versions(slug="one") is not None
    assert client.presets.get_version(slug="one", version="1") is not None


def _guardrails(run: Run) -> None:
    client = run.client(run.management)
    made = client.guardrails.create(name="Prod", allowed_models=["fake/*"], limit_usd=5, reset_interval="daily").data
    assert (client.guardrails.get(id=made.id).data.name, made.limit_usd) == ("Prod", 5)
    builtins: list[Any] = [{"slug": "email", "action": "redact"}]
    changed = client.guardrails.update(id=made.id, content_filter_builtins=builtins).data
    assert changed.content_filter_builtins is not None
    assert client.guardrails.list() is not None
    hashes = [run.caller.key_hash]
    assert client.guardrails.bulk_assign_keys(id=made.id, key_hashes=hashes).assigned_count == 1
    assert client.guardrails.list_guardrail_key_assignments(id=made.id) is not None
    assert client.guardrails.list_key_assignments() is not None
    assert client.guardrails.bulk_unassign_keys(id=made.id, key_hashes=hashes).unassigned_count == 1
    people = client.organization.list_members()
    assert people is not None
    ids = [each.id for each in people.result.data]
    assert client.guardrails.bulk_assign_members(id=made.id, member_user_ids=ids).assigned_count == 1
    assert client.guardrails.list_guardrail_member_assignments(id=made.id) is not None
    assert client.guardrails.list_member_assignments() is not None
    assert client.guardrails.bulk_unassign_members(id=made.id, member_user_ids=ids).unassigned_count == 1
    client.guardrails.delete(id=made.id)


def _own_keys(run: Run) -> None:
    client = run.client(run.management)
    made = client.byok.create(provider="openai", key="sk-own-key-of-ours-1", name="Ours", is_required=True).data
    assert (made.label, made.is_required, made.provider) == ("sk-o...rs-1", True, "openai")
    assert client.byok.get(id=made.id).data == made
    changed = client.byok.update(id=made.id, disabled=True, allowed_models=["openai/gpt-5"]).data
    assert (changed.disabled, changed.allowed_models) == (True, ["openai/gpt-5"])
    found = client.byok.list(provider="openai")
    assert found is not None
    assert [each.id for each in found.result.data] == [made.id]
    client.byok.delete(id=made.id)


def _destinations(run: Run) -> None:
    client = run.client(run.management)
    configs: dict[Any, dict[str, Any]] = {
        "webhook": {"url": "https://hook.example"},
        "otel-collector": {"endpoint": "https://otel.example"},
        "langfuse": {"publicKey": "pk", "secretKey": "sk", "baseUrl": "https://langfuse.example"},
        "s3": {"bucketName": "ours", "accessKeyId": "a", "secretAccessKey": "b", "region": "eu-west-1"},
    }
    for kind, config in configs.items():
        made: Any = client.observability.create(name="Ours", type_=kind, config=config, enabled=False).data
        changed: Any = client.observability.update(id=made.id, sampling_rate=0.5).data
        same: Any = client.observability.get(id=made.id).data
        assert made.type == kind
        assert (same.id, changed.sampling_rate) == (made.id, 0.5)
    found = client.observability.list()
    assert found is not None
    listed: list[Any] = found.result.data
    assert [each.type for each in listed] == list(configs)
    for each in listed:
        client.observability.delete(id=each.id)


def _apps(run: Run) -> None:
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    code = run.client(run.caller.key).o_auth.create_auth_code(
        callback_url="https://app.example/back", code_challenge=challenge, code_challenge_method="S256", limit=2
    )
    given = run.client("nobody").o_auth.exchange_auth_code_for_api_key(code=code.data.id, code_verifier=verifier)
    assert run.client(given.key).api_keys.get_current_key_metadata().data.limit == 2


def _figures(run: Run) -> None:
    client = run.client(run.management)
    assert client.analytics.get_user_activity() is not None
    assert client.analytics.get_analytics_meta() is not None
    assert client.analytics.query_analytics(metrics=["request_count"]) is not None
    client = run.client(run.caller.key)
    assert client.datasets.get_app_rankings() is not None
    assert client.datasets.get_rankings_daily() is not None
    assert client.datasets.get_session_cost() is not None


def _vectors(run: Run) -> None:
    client = run.client(run.caller.key)
    with Upstream().serving() as upstream:
        kinds = {"embed": "embeddings", "rank": "rerank"}
        rows = [
            (name, {"base_url": upstream.url}, {"architecture": {"output_modalities": [kind]}})
            for name, kind in kinds.items()
        ]
        serve_models(run.caller.harness, "ops", rows)
        vector = {"object": "embedding", "index": 0, "embedding": [0.5]}
        upstream.expect(
            played(
                {"object": "list", "data": [vector], "model": "up", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
            )
        )
        found: Any = client.embeddings.generate(model="ops/embed", input="x")
        assert [each.embedding for each in found.data] == [[0.5]]
        upstream.expect(played({"results": [{"index": 0, "relevance_score": 0.9}], "usage": {"total_tokens": 1}}))
        ranked: Any = client.rerank.rerank(model="ops/rank", query="q", documents=["a"])
        assert [each.index for each in ranked.results] == [0]


def _messages(run: Run) -> None:
    """The official client has no method for Messages; Anthropic's is watched in its place."""

    def send(key: str) -> object:
        address = f"{run.caller.harness.url}/api"
        client = anthropic.Anthropic(base_url=address, api_key=key, max_retries=0, http_client=run.watch.http2)
        said: list[Any] = [{"role": "user", "content": "x"}]
        name = "anthropic: messages.create"
        return run.watch.call(
            name, lambda: client.messages.create(model="fake/text", messages=said, max_tokens=9), send
        )

    assert send(run.caller.key)


def _absent(run: Run) -> None:
    """Whatever was not driven yet: what its method needs is made up, as nobody reads it."""
    plain = OpenRouter(api_key="x")
    for operation in [each for each in EVERY.values() if not run.watch.of(each)]:
        if operation.client == "none":
            address = run.caller.harness.url + "/api/v1" + operation.path

            def send(_: str, method: str = operation.method, address: str = address) -> object:
                return run.watch.call("none", lambda: run.watch.http.request(method, address), send)

            send("")
            continue
        method: Any = plain
        watched: Any = run.client(run.management)
        for name in operation.client.split("."):
            method, watched = getattr(method, name), getattr(watched, name)
        needed = [
            name
            for name, each in inspect.signature(method).parameters.items()
            if each.default is inspect.Parameter.empty
        ]
        fields = dict.fromkeys(needed, "x") | FIELDS.get(operation.client, {})
        if operation.client.startswith("alpha."):
            fields["server_url"] = run.caller.harness.url
        with pytest.raises(errors.OpenRouterError):
            watched(**fields)


def _strangers(run: Run) -> None:
    """Each that was answered, once more: with a key of nobody, with one of the other kind, and when all is deleted."""
    answered = {call.operation: call for call in run.watch.calls if call.status < 300}
    for name, call in answered.items():
        keys = ["sk-mp-v1-x"]
        if EVERY[name].group in MANAGED:
            keys += [run.caller.key, run.management] if "{" in name else [run.caller.key]
        for key in keys:
            with contextlib.suppress(errors.OpenRouterError, anthropic.APIStatusError):
                call.again(key)


def test_the_page_says_what_the_client_was_seen_to_do(run: Run) -> None:
    drives: list[Callable[[Run], None]] = [_inference, _catalogue, _keys, _workspaces, _presets, _guardrails, _own_keys]
    drives += [_destinations, _apps, _figures, _external_users, _vectors, _messages, _refusals, _strangers, _absent]
    for drive in drives:
        drive(run)
    for each in EVERY.values():
        assert each.client in {"none", *(call.client for call in run.watch.of(each))}, each
    told = page(run.watch)
    if os.environ.get("MODELPORT_WRITE_OPERATIONS"):
        PAGE.write_text(told, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == told, "run `make operations`"


def _refusals(run: Run) -> None:
    with pytest.raises(errors.UnauthorizedResponseError):
        run.client("sk-mp-v1-x").api_keys.list()
    with pytest.raises(errors.ForbiddenResponseError):
        run.client(run.caller.key).workspaces.list()
    with pytest.raises(errors.NotFoundResponseError):
        run.client(run.management).api_keys.get(hash="no")
    with pytest.raises(errors.NotFoundResponseError):
        run.client(run.management).workspaces.get(id="no")
    with pytest.raises(errors.BadRequestResponseError):
        run.client(run.management).workspaces.create(name="x", slug="Not A Slug")
    with pytest.raises(errors.BadRequestResponseError):
        run.client(run.management).byok.create(provider="openai", key="two words")
    with pytest.raises(errors.NotFoundResponseError):
        run.client(run.management).byok.get(id="no")
    with pytest.raises(errors.ForbiddenResponseError):
        run.client(run.caller.key).byok.list()
    with pytest.raises(errors.BadRequestResponseError):
        run.client(run.management).observability.create(name="x", type_="datadog", config={})
    with pytest.raises(errors.NotFoundResponseError):
        run.client(run.management).observability.delete(id="no")
    for _ in range(5):
        run.client(run.management).observability.create(name="x", type_="webhook", config={"url": "https://x.example"})
    with pytest.raises(errors.ConflictResponseError):
        run.client(run.management).observability.create(name="x", type_="webhook", config={"url": "https://x.example"})
    with pytest.raises(errors.ForbiddenResponseError):
        run.client("nobody").o_auth.exchange_auth_code_for_api_key(code="auth_code_no", code_verifier="v" * 50)
