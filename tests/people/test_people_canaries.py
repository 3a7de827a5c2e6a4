"""Secrets that the server was given, or made, stand nowhere afterwards: a canary in each, looked for everywhere.

Everywhere: the database's files, what is printed and logged, every answer of every GET route, and errors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from api.api_harness import until
from modelport.settings import Settings
from people.test_people_admin import operator
from people.test_people_keys import chatted, made, used

if TYPE_CHECKING:
    import pytest
    from people_house import Browser, House

__all__ = ["every_get", "hunted", "operator", "planted", "provoked"]

PROVIDER_KEY = "sk-upstream-wrong"
"""The key of the scripted provider that refuses it, in the harness's catalogue."""


def planted(house: House) -> tuple[Browser, dict[str, str]]:
    """Somebody who used every kind of secret, and all of these."""
    password = "canary-Marble-7491"
    browser, email = house.person(password=password)
    secrets = {"password": password}
    house.call(
        house.services.credits.grant(browser.me["account_id"], 10**9, reference="t", idempotency_key=f"canary:{email}")
    )
    secrets["key"] = made(browser, name="canary")["key"]
    secrets["management key"] = made(browser, management=True)["key"]
    fresh = made(browser)
    rotated = browser.http.post(f"/api/v1/keys/{fresh['data']['hash']}/rotate").json()
    secrets |= {"former key": fresh["key"], "rotated key": rotated["key"]}
    hook = browser.send("PUT", "/notices/webhook", {"url": "https://hook.test/x", "enabled": False})
    assert hook.status_code == 200, hook.text
    secrets["webhook's secret"] = hook.json()["secret"]
    assert browser.token is not None
    secrets["session"] = browser.token
    factor = browser.post("/me/second-factor")
    assert factor.status_code == 200, factor.text
    secrets["second factor"] = factor.json()["secret"]
    secrets["provider's key"] = PROVIDER_KEY
    return browser, secrets | _given(browser) | _of_settings(house.harness.settings)


def _of_settings(settings: BaseModel) -> dict[str, str]:
    """Every secret that the server was started with."""
    found: dict[str, str] = {}
    for name, value in settings:
        for each in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(each, SecretStr):
                found[f"setting {name}"] = each.get_secret_value()
            elif isinstance(each, BaseModel):
                found |= _of_settings(each)
    return found


OWN = "canary-of-an-own-key-5521"


def _given(browser: Browser) -> dict[str, str]:
    """Secrets that were given to us for others: keys of providers, and of where traces go."""
    amazon = {
        "accessKeyId": "AKIDCANARY123456",
        "secretAccessKey": "canary-of-amazon-88",
        "sessionToken": "canary-of-a-token-7",
    }
    google = {"type": "service_account", "client_email": "a@b.test", "private_key": "canary-of-google-3"}
    for provider, key in (
        ("unkeyed", OWN),
        ("amazon-bedrock", json.dumps(amazon)),
        ("google-vertex", json.dumps(google)),
    ):
        answer = browser.http.post("/api/v1/byok", json={"provider": provider, "key": key, "is_required": True})
        assert answer.status_code == 201, answer.text
    gone = browser.http.post("/api/v1/byok", json={"provider": "openai", "key": "canary-of-a-deleted-key"})
    browser.http.delete(f"/api/v1/byok/{gone.json()['data']['id']}")
    header = {"headers": {"Authorization": "Bearer canary-of-a-header-1"}}
    configs: dict[str, dict[str, object]] = {
        "webhook": {"url": "http://127.0.0.1:9/", "signingSecret": "canary-of-a-signature-2", **header},
        "otel-collector": {"endpoint": "http://127.0.0.1:9/", **header},
        "langfuse": {"publicKey": "pk", "secretKey": "canary-of-langfuse-4", "baseUrl": "http://127.0.0.1:9"},
        "s3": {"bucketName": "abc", "accessKeyId": "a", "secretAccessKey": "canary-of-a-store-6",
               "sessionToken": "canary-of-a-session-8", "endpoint": "http://127.0.0.1:9"},
    }  # fmt: skip
    for kind, config in configs.items():
        body = {"type": kind, "name": "canary", "config": config}
        answer = browser.http.post("/api/v1/observability/destinations", json=body)
        assert answer.status_code == 201, answer.text
        path = f"/api/v1/observability/destinations/{answer.json()['data']['id']}"
        assert browser.http.post(f"{path}/test").json()["ok"] is False
        browser.http.patch(path, json={"config": config, "enabled": kind == "webhook"})
    return {
        "own key": OWN,
        "Amazon's secret": "canary-of-amazon-88",
        "Amazon's session": "canary-of-a-token-7",
        "Google's key": "canary-of-google-3",
        "deleted own key": "canary-of-a-deleted-key",
        "destination's header": "canary-of-a-header-1",
        "destination's signature": "canary-of-a-signature-2",
        "Langfuse's key": "canary-of-langfuse-4",
        "store's key": "canary-of-a-store-6",
        "store's session": "canary-of-a-session-8",
    }


def provoked(house: House, browser: Browser, secrets: dict[str, str]) -> str:
    """What is answered when secrets are used wrongly, or with a provider that refuses."""
    answers = [
        used(house, secrets["key"] + "x").text,
        used(house, secrets["key"], "/api/v1/keys").text,
        used(house, secrets["management key"], "/api/admin/users").text,
        browser.post("/auth/sign-in", {"email": "x@people.test", "password": secrets["password"]}).text,
        browser.http.post("/api/v1/leaked-keys", json={"keys": [{"key": secrets["former key"]}]}).text,
        browser.http.post("/api/v1/keys", json={"name": [secrets["key"]]}).text,
    ]
    assert chatted(house, secrets["key"], "fake/unkeyed") >= 400
    answers.append(_traced(house, secrets["key"]))
    assert chatted(house, secrets["key"]) == 200
    return "\n".join(answers)


def _traced(house: House, key: str) -> str:
    """A request by an own key that its provider refuses, and what is told of it afterwards."""
    http, bearer = house.browser().http, {"authorization": f"Bearer {key}"}
    body = {"model": "fake/unkeyed", "messages": [{"role": "user", "content": "prompt-of-the-canary"}]}
    refused = http.post("/api/v1/chat/completions", json=body, headers={**bearer, "x-openrouter-metadata": "enabled"})
    assert refused.status_code >= 400
    path = f"/api/v1/generation?id={refused.headers['x-generation-id']}"

    def told() -> str | None:
        found = http.get(path, headers=bearer)
        return found.text if found.status_code == 200 else None

    trace = until(told)
    assert "own:cana...5521" in trace
    return refused.text + trace


def every_get(house: House, browsers: list[Browser]) -> str:
    paths = browsers[0].http.get("/openapi.json").json()["paths"]
    answers: list[str] = []
    for browser in browsers:
        own = [each["hash"] for each in browser.http.get("/api/v1/keys").json()["data"]]
        for path, methods in paths.items():
            if "get" in methods and "{" not in path:
                answers.append(browser.http.get(path).text)
        answers += [browser.http.get(f"/api/v1/keys/{each}").text for each in own]
    return "\n".join(answers)


def hunted(secrets: dict[str, str], places: dict[str, str]) -> list[str]:
    """Which secrets stand where."""
    return [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, text in places.items()
        if secret in text or json.dumps(secret)[1:-1] in text
    ]


def test_every_secret_of_the_settings_hides_itself() -> None:
    """However settings are shown: whole, by name, as JSON, in a fault."""
    names = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert len(names) > 5
    canaries = {name: f"canary-of-{name}-{'x' * 32}" for name in names}
    provider = {"slug": "a", "name": "A", "issuer": "https://a.test", "client_id": "c", "client_secret": "canary-oidc"}
    given: dict[str, Any] = {**canaries, "oidc_providers": [provider], "smtp_url": "smtp://u:canary-mail@mail.test"}
    settings = Settings(**given)
    assert {each for each in canaries if f"setting {each}" in _of_settings(settings)} == set(names)
    shown = "".join((repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())))
    assert "canary" not in shown


def test_no_secret_stands_anywhere(house: House, operator: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    browser, secrets = planted(house)
    errors = provoked(house, browser, secrets)
    secrets["session"] = browser.token or ""
    assert "setting client_secret" in secrets
    answers = every_get(house, [browser, operator])
    files = list(house.harness.settings.data_dir.glob("modelport.db*"))
    assert files
    dump = until(lambda: b"".join(file.read_bytes() for file in files))
    printed = capfd.readouterr()
    places = {
        "the database": dump.decode("latin-1"),
        "an error": errors,
        "an answer": answers,
        "what is printed": printed.out + printed.err,
    }
    assert '"canary"' in answers
    assert "canary" in places["the database"]  # the key's name: the dump is the right one
    assert hunted(secrets, places) == []
