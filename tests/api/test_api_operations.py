"""Every operation that `docs/reference/operations.md` says works, driven by the official client on a running server."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openrouter import OpenRouter, errors, operations

from operations_page import is_offered, known_routes
from operations_page import operations as known_operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api_harness import Caller

pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")
EVERY = {f"{each.method} {each.path}": each for each in known_operations()}
DRIVEN = {name for name, each in EVERY.items() if each.driven}
NOTHING = {name for name, each in EVERY.items() if each.nothing}

ELSEWHERE = {"POST /embeddings", "POST /rerank"}
"""Driven by the official client in `test_api_vectors.py`, through every kind of provider."""


class Run:
    """An account with a key of each kind, and the requests that the official client sent with them."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.sent: list[tuple[str, str, int]] = []
        services = caller.harness.services

        async def management() -> str:
            user = await services.accounts.user(caller.email)
            text, _ = await services.keys.create(caller.account_id, user.id, "m", management=True)
            return text

        self.management = caller.harness.call(management())
        self.http = httpx.Client(timeout=30, event_hooks={"response": [self._note]})

    def _note(self, answer: httpx.Response) -> None:
        path = answer.request.url.path.removeprefix("/api/v1")
        self.sent.append((answer.request.method, path, answer.status_code))

    def client(self, key: str) -> OpenRouter:
        """The official client."""
        return OpenRouter(server_url=f"{self.caller.harness.url}/api/v1", api_key=key, client=self.http)

    def driven(self, *, found: bool = True) -> set[str]:
        """Operations that were sent, as the list has them: those answered well, or those that found nothing."""
        names: set[str] = set()
        for method, path, status in self.sent:
            if status < 300 if found else status == 404:
                # Fixed addresses first: `/models/count` is also of the form of others.
                for name, each in sorted(EVERY.items(), key=lambda item: item[0].count("{")):
                    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each.path))
                    if each.method == method and re.fullmatch(pattern, path):
                        names.add(name)
                        break
        return names


@pytest.fixture
def run(caller: Caller) -> Iterator[Run]:
    made = Run(caller)
    yield made
    made.http.close()


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


def test_what_the_page_says_is_what_the_client_does(run: Run) -> None:
    drives: list[Callable[[Run], None]] = [_inference, _catalogue, _keys, _workspaces, _presets, _guardrails, _own_keys]
    drives += [_destinations, _apps, _figures]
    for drive in drives:
        drive(run)
    # Both ways: what it says works does, and what works it says.
    assert run.driven() | ELSEWHERE == DRIVEN
    assert run.driven(found=False) == NOTHING


def test_what_is_driven_is_offered_and_everything_else_says_why() -> None:
    routes = known_routes()
    for each in known_operations():
        name, offered = f"{each.method} {each.path}", is_offered(each, routes)
        assert each.reason or offered, f"{name} is not offered, and nothing says why"
        told = [each.driven, bool(each.nothing), bool(each.other)]
        assert sum(told) == offered, f"{name} is offered, so exactly one of these is true of it: {told}"
        assert bool(each.other) == (offered and each.client == "none"), name


def test_refusals_are_the_client_s_own_classes(run: Run) -> None:
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
