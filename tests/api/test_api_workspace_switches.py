"""What a workspace's switches do: tools that its requests may not use, and what is not offered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from api_harness import until

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from api_harness import Caller


@pytest.fixture
def manage(caller: Caller) -> Callable[..., httpx.Response]:
    """Calls the management API of the caller's account."""
    services = caller.harness.services

    async def make() -> str:
        user = await services.accounts.user(caller.email)
        return (await services.keys.create(caller.account_id, user.id, "m", management=True))[0]

    headers = {"authorization": f"Bearer {caller.harness.call(make())}"}

    def send(method: str, path: str, **body: Any) -> httpx.Response:
        return caller.harness.http.request(method, f"/api/v1{path}", headers=headers, json=body)

    return send


SEARCH = "openrouter:web_search"


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}, {"type": SEARCH}]},
        {"plugins": [{"id": "web", "max_results": 2}]},
        {"model": "fake/text:online"},
    ],
)
def test_tools_that_are_switched_off(
    caller: Caller, manage: Callable[..., httpx.Response], fields: dict[str, Any]
) -> None:
    body = json.dumps({**caller.body(), **fields}).encode()
    before = caller.post(body).status
    assert before != 403
    changed = manage("PATCH", "/workspaces/default", disabled_server_tools=[SEARCH])
    assert (changed.status_code, changed.json()["data"]["disabled_server_tools"]) == (200, [SEARCH])
    until(lambda: caller.post(body).status == 403 or None)
    assert SEARCH in caller.post(body).error["message"]
    off: dict[str, Any] = {"plugins": [{"id": "web", "enabled": False}]}
    assert caller.chat(**off).status == 200
    assert manage("PATCH", "/workspaces/default", disabled_server_tools=None).status_code == 200
    until(lambda: caller.post(body).status == before or None)


@pytest.mark.parametrize(
    "values",
    [
        {"io_logging_api_key_ids": [1]},
        {"is_data_discount_logging_enabled": True},
        {"default_image_model": "acme/pictures"},
    ],
)
def test_what_is_not_offered_is_not_stored(manage: Callable[..., httpx.Response], values: dict[str, Any]) -> None:
    for method, path, more in (
        ("PATCH", "/workspaces/default", {}),
        ("POST", "/workspaces", {"name": "x", "slug": "x"}),
    ):
        refused = manage(method, path, **more, **values)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, 400)
        assert "not offered" in refused.json()["error"]["message"]
    nothing = {name: type(value)() if not isinstance(value, str) else None for name, value in values.items()}
    assert manage("PATCH", "/workspaces/default", **nothing).status_code == 200
