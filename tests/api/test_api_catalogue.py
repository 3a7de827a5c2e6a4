"""The catalogue through the running server: official clients, what a caller may use, and operators' edits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from api_harness import FREE, Harness, catalogue
from openrouter import OpenRouter
from openrouter.operations import ListModelsUserSecurity, ListToolsSecurity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from api_harness import Caller

    from modelport.catalog.snapshot import Endpoint, Model
    from modelport.keys.access import Principal

ADMIN = "/api/admin/catalog"


@pytest.fixture(scope="module")
def own_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server of this file's own: what is edited here must not be another test's surprise."""
    made = Harness(tmp_path_factory.mktemp("catalogue"))
    yield made
    made.stop(within=1)


@pytest.fixture(scope="module")
def operator(own_harness: Harness) -> Iterator[httpx.Client]:
    """Somebody signed in who runs the server."""
    with own_harness.browser("op@catalogue.test", is_operator=True) as client:
        yield client


class TestOfficialClients:
    """`models`, `endpoints`, `providers` of OpenRouter's client, `models` of OpenAI's."""

    def test_openrouter(self, caller: Caller) -> None:
        with OpenRouter(api_key=caller.key, server_url=caller.harness.url + "/api/v1") as sdk:
            listed = sdk.models.list(sort="pricing-low-to-high", output_modalities="all")
            assert listed is not None
            assert listed.result.total_count == len(listed.result.data)
            assert sdk.models.count().data.count < len(listed.result.data)
            mine = sdk.models.list_for_user(security=ListModelsUserSecurity(bearer=caller.key))
            assert mine is not None
            assert "fake/text" in {each.id for each in mine.result.data}
            assert sdk.models.get(author="fake", slug="text").data.id == "fake/text"
            assert sdk.endpoints.list(author="fake", slug="multi").data.endpoints[0].tag == "alpha"
            assert sdk.endpoints.list_zdr_endpoints().data == []
            vectors = sdk.embeddings.list_models()
            assert vectors is not None
            assert "fake/vectors" in [each.id for each in vectors.result.data]
            assert "alpha" in {each.slug for each in sdk.providers.list().data}
            assert sdk.images.list_models().data == []
            assert sdk.video_generation.list_videos_models().data == []
            tools = sdk.tools.list_tools(security=ListToolsSecurity(bearer=caller.key))
            assert tools.data == []

    def test_openai(self, caller: Caller) -> None:
        with openai.OpenAI(base_url=caller.harness.url + "/v1", api_key=caller.key, max_retries=0) as client:
            assert "fake/text" in [each.id for each in client.models.list()]


class TestShortAddress:
    """`/v1/...` is `/api/v1/...`: for clients that are told no more than a host."""

    def test_it_gives_the_same(self, caller: Caller) -> None:
        headers = {"authorization": f"Bearer {caller.key}"}
        for path in ("/v1/models?limit=2", "/v1/key", "/v1/credits", "/v1/models/fake/text/endpoints"):
            short, long = (caller.harness.http.get(prefix + path, headers=headers) for prefix in ("", "/api"))
            assert short.status_code == long.status_code == 200
            assert short.json() | {"links": None} == long.json() | {"links": None}
        assert caller.harness.http.get("/v1/credits").status_code == 401
        assert caller.harness.http.get("/v1/nothing").json()["error"]["code"] == 404

    def test_its_pages_lead_to_short_ones(self, caller: Caller) -> None:
        links = caller.harness.http.get("/v1/models?limit=2").json()["links"]
        assert links["next"].startswith("/v1/models?")


def _shown_alone_where_the_account_wants_it(caller: Caller, other: Caller) -> None:
    """`is_filtered_model_catalog_enabled`: by whom the list that is everybody's is asked for, decides what is in it."""
    harness = caller.harness

    def listed(key: str | None, query: str = "") -> set[str]:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        answer = harness.http.get(f"/api/v1/models{query}", headers=headers)
        return {each["id"] for each in answer.json()["data"]}

    everything = listed(None)
    assert listed(caller.key) == everything
    harness.call(harness.services.organizations.list_allowed_models(caller.account_id, only=True))
    assert listed(caller.key) == {"fake/multi", "fake/shaky"}
    assert listed(caller.key, "?q=shaky") == {"fake/shaky"}
    assert [listed(key) for key in (None, other.key, "sk-mp-v1-nobodys")] == [everything] * 3
    private = harness.http.get("/api/v1/models", headers=caller.headers)
    assert private.headers["cache-control"] == "private, no-store"


def test_a_caller_sees_what_they_may_use(own_harness: Harness) -> None:
    caller, other = own_harness.caller(), own_harness.caller()
    services = own_harness.services

    async def view(principal: Principal) -> Callable[[Model, Endpoint], bool]:
        mine = principal.account_id == caller.account_id
        return lambda _, endpoint: not mine or endpoint.provider.slug == "gamma"

    services.catalog.limit_views(view)
    try:
        found = {each["id"]: each for each in caller.get("/models/user").json()["data"]}
        assert set(found) == {"fake/multi", "fake/shaky"}
        assert found["fake/multi"]["pricing"]["prompt"] == "0.000003"
        everything = other.get("/models/user").json()
        assert everything["total_count"] > 15
        assert everything == json.loads(services.catalog.snapshot.models_json)
        page = other.get("/models/user?limit=2&q=never").json()
        assert (len(page["data"]), page["links"]["next"]) == (2, "/api/v1/models/user?limit=2&offset=2")
        assert own_harness.http.get("/api/v1/models/user").status_code == 401
        _shown_alone_where_the_account_wants_it(caller, other)
    finally:
        services.catalog._views.remove(view)


class TestOperators:
    """`/api/admin/catalog`."""

    def test_it_is_for_operators(self, own_harness: Harness) -> None:
        caller = own_harness.caller()
        assert own_harness.http.get(f"{ADMIN}/providers").status_code == 401
        assert own_harness.http.get(f"{ADMIN}/providers", headers=caller.headers).status_code == 403

    def test_a_model_is_changed_from_what_was_seen(self, operator: httpx.Client) -> None:
        path = f"{ADMIN}/models/fake/text"
        seen = operator.get(path)
        value, mark = seen.json(), seen.headers["etag"]
        value["endpoints"][0]["pricing"]["prompt"] = "0.0000015"
        done = operator.put(path, json=value, headers={"if-match": mark})
        assert done.status_code == 200, done.text
        (difference,) = done.json()["differences"]
        assert difference == {
            "kind": "changed",
            "subject": "model fake/text",
            "endpoint": "fake",
            "field": "pricing.prompt",
            "old": "0.000001",
            "new": "0.0000015",
            "is_price": True,
        }
        again = operator.put(path, json=value, headers={"if-match": mark})
        assert (again.status_code, again.json()["error"]["code"]) == (409, 409)
        prices = operator.get(f"{path}/prices").json()["data"]["fake"]
        assert [each["pricing"]["prompt"] for each in prices] == ["0.000001", "0.0000015"]
        assert operator.get(f"{ADMIN}/models/fake/none/prices").status_code == 404
        assert operator.get("/api/v1/model/fake/text").json()["data"]["pricing"]["prompt"] == "0.0000015"

    def test_every_fault_is_told_at_once(self, operator: httpx.Client) -> None:
        wrong: dict[str, Any] = {
            "name": 5,
            "context_length": 0,
            "endpoints": [{"provider": "nobody", "upstream_model": "x", "pricing": {"prompt": "-1"}}],
        }
        answer = operator.put(f"{ADMIN}/models/fake/bad", json=wrong)
        assert answer.status_code == 400
        faults = answer.json()["error"]["metadata"]["faults"]
        assert all(each["facts"]["code"] for each in faults)  # for who words them anew
        assert {each["path"] for each in faults} == {
            "model.name",
            "model.context_length",
            "model.endpoints[0].pricing.prompt",
            "model.endpoints[0].pricing.completion",
        }
        assert operator.put(f"{ADMIN}/models/fake/bad", content=b"\xff{").status_code == 400

    def test_a_new_model_is_added_once(self, operator: httpx.Client) -> None:
        path = f"{ADMIN}/models/fake/new"
        value = {
            "name": "New",
            "context_length": 9,
            "endpoints": [{"provider": "fake", "upstream_model": "text", "pricing": FREE}],
        }
        assert operator.put(path, json=value, headers={"if-match": '"other"'}).status_code == 409
        done = operator.put(path, json=value, headers={"if-match": "*"})
        assert done.json()["created"] == ["model fake/new"]
        assert operator.put(path, json=value, headers={"if-match": "*"}).status_code == 409
        assert operator.get(path).json()["name"] == "New"
        assert operator.get(f"{ADMIN}/models/fake/none").status_code == 404

    def test_the_whole_catalogue_goes_out_and_comes_back(self, operator: httpx.Client) -> None:
        text = operator.get(f"{ADMIN}?all=true").text
        seen = operator.post(f"{ADMIN}/preview", content=text).json()
        assert (seen["differences"], seen["applied"]) == ([], False)
        changed = text.replace("name: Alpha", "name: Alpha Two")
        seen = operator.post(f"{ADMIN}/preview", content=changed).json()
        assert [each["new"] for each in seen["differences"]] == ["Alpha Two"]
        assert operator.post(f"{ADMIN}/apply?token=other", content=changed).status_code == 409
        done = operator.post(f"{ADMIN}/apply?token={seen['token']}", content=changed)
        assert done.json()["updated"] == ["provider alpha"]
        as_json = operator.get(ADMIN, headers={"accept": "application/json"}).json()
        assert "alpha" in {each["slug"] for each in as_json["providers"]}

    def test_a_provider_and_its_key(self, operator: httpx.Client, own_harness: Harness) -> None:
        states = {each["slug"]: each for each in operator.get(f"{ADMIN}/providers").json()["data"]}
        assert states["alpha"]["is_active"]
        assert states["alpha"]["models"] > 3
        assert (states["groq"]["is_active"], states["groq"]["environment"]) == (False, "GROQ_API_KEY")
        assert (states["alpha"]["lacks"], states["groq"]["lacks"]) == (None, "key")
        assert {each["name"]: each["default"] for each in states["azure"]["options"]}["resource"] is None
        path = f"{ADMIN}/providers/own"
        address = catalogue(own_harness.fake_port)["providers"][0]["base_url"]
        made = operator.put(path, json={"name": "Own", "base_url": address, "api_key": "sk-first"})
        assert made.json()["created"] == ["provider own"]
        shown = operator.get(path)
        assert shown.json()["api_key"] == "env:MODELPORT_OWN_API_KEY"
        again = operator.put(path, json={**shown.json(), "name": "Own 2"}, headers={"if-match": shown.headers["etag"]})
        assert [each["field"] for each in again.json()["differences"]] == ["name"]
        assert own_harness.services.catalog.snapshot.providers["own"].api_key == "sk-first"
        wrong = operator.post(f"{path}/key", json={"key": "k", "surplus": 1})
        assert wrong.status_code == 400
        taken = operator.post(f"{path}/key", json={"key": "sk-second", "unverified": True})
        assert taken.status_code == 200, taken.text
        assert "sk-second" not in taken.text
        assert own_harness.services.catalog.snapshot.providers["own"].api_key == "sk-second"
        assert operator.delete(f"{path}/key").json() == {"removed": ["main"]}
        assert "own" not in own_harness.services.catalog.snapshot.providers
        assert operator.post(f"{ADMIN}/providers/nobody-there/key", json={"key": "k"}).status_code == 404
        assert operator.delete(f"{ADMIN}/providers/nobody-there/key").status_code == 404

    def test_a_sync_is_shown_and_taken(self, operator: httpx.Client) -> None:
        seen = operator.post(f"{ADMIN}/sync/packages/preview").json()
        assert (seen["applied"], len(seen["differences"]) > 400) == (False, True)
        refused = operator.post(f"{ADMIN}/sync/packages/apply", json={"token": "other"})
        assert refused.status_code == 409
        done = operator.post(f"{ADMIN}/sync/packages/apply", json={"token": seen["token"]}).json()
        assert (done["applied"], done["differences"]) == (True, seen["differences"])
        waiting = operator.get("/api/v1/models?status=inactive&limit=1").json()
        assert waiting["total_count"] > 400
        assert operator.post(f"{ADMIN}/sync/nobody/preview").status_code == 404
