"""Secrets that the server was given, or made, stand nowhere afterwards: a canary in each, looked for everywhere.

Everywhere: the database's files, what is printed and logged, every answer of every GET route, and errors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from api.api_harness import until
from people.test_people_admin import operator
from people.test_people_keys import chatted, made, used

if TYPE_CHECKING:
    import pytest
    from people_house import Browser, House

__all__ = ["operator"]

PROVIDER_KEY = "sk-upstream-wrong"
"""The key of the scripted provider that refuses it, in the harness's catalogue."""


def _planted(house: House) -> tuple[Browser, dict[str, str]]:
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
    return browser, secrets


def _provoked(house: House, browser: Browser, secrets: dict[str, str]) -> str:
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
    assert chatted(house, secrets["key"]) == 200
    return "\n".join(answers)


def _every_get(house: House, browsers: list[Browser]) -> str:
    paths = browsers[0].http.get("/openapi.json").json()["paths"]
    answers: list[str] = []
    for browser in browsers:
        own = [each["hash"] for each in browser.http.get("/api/v1/keys").json()["data"]]
        for path, methods in paths.items():
            if "get" in methods and "{" not in path:
                answers.append(browser.http.get(path).text)
        answers += [browser.http.get(f"/api/v1/keys/{each}").text for each in own]
    return "\n".join(answers)


def test_no_secret_stands_anywhere(house: House, operator: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    browser, secrets = _planted(house)
    errors = _provoked(house, browser, secrets)
    secrets["session"] = browser.token or ""
    answers = _every_get(house, [browser, operator])
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
    found = [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, text in places.items()
        if secret in text or json.dumps(secret)[1:-1] in text
    ]
    assert found == []
