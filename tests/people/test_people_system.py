"""`/api/admin/settings`: settings of the running system, changed without a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.api_harness import until
from modelport.settings import Settings
from modelport.system.service import GROUPS
from people.test_people_admin import admin, operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from people_house import Browser, House

__all__ = ["operator"]


@pytest.fixture
def settings(house: House, operator: Browser) -> Iterator[Any]:
    """Changes some; afterwards everything is as it was at start."""

    def change(**values: Any) -> None:
        admin(operator, "PATCH", "/settings", {"values": values})

    yield change
    admin(
        operator, "PATCH", "/settings", {"values": dict.fromkeys(name for group in GROUPS.values() for name in group)}
    )


def shown(browser: Browser, name: str) -> dict[str, Any]:
    (found,) = [each for each in admin(browser, "GET", "/settings")["data"] if each["name"] == name]
    return found


def test_no_secret_and_no_address_can_be_changed() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert len(set(names)) == len(names)
    for name in names:
        field = Settings.model_fields[name]
        assert "SecretStr" not in str(field.annotation), name
        assert not any(word in name for word in ("url", "secret", "host", "port", "dir", "key")), name


def test_everything_is_shown_with_where_it_is_from(house: House, operator: Browser) -> None:
    data = admin(operator, "GET", "/settings")["data"]
    assert [each["name"] for each in data] == [name for group in GROUPS.values() for name in group]
    bonus = shown(operator, "sign_up_bonus")
    assert (bonus["value"], bonus["start_value"], bonus["is_changed"], bonus["group"]) == (
        "0.5",
        "0.5",
        False,
        "registration",
    )
    assert bonus["shape"]["type"] == "string"
    assert house.person()[0].http.get("/api/admin/settings").status_code == 403


def test_registration_closes_now_and_opens_again(house: House, operator: Browser, settings: Any) -> None:
    settings(registration="closed")
    assert house.browser().get("/features").json()["registration"] == "closed"
    assert house.services.settings.registration_mode == "closed"
    changed = shown(operator, "registration")
    assert (changed["value"], changed["start_value"], changed["is_changed"]) == ("closed", "open", True)
    assert changed["changed_by"] == operator.me["user"]["id"]
    settings(registration=None)
    assert house.browser().get("/features").json()["registration"] == "open"
    (back, closing) = admin(operator, "GET", "/audit?subject=registration")["data"][:2]
    assert (closing["before"], closing["after"]) == ({"registration": "open"}, {"registration": "closed"})
    assert back["after"] == {"registration": "open"}


def test_a_bonus_is_that_of_the_moment(house: House, settings: Any) -> None:
    settings(sign_up_bonus="2.25")
    browser, _ = house.person()
    account = browser.me["account_id"]
    assert house.call(house.services.credits.totals(account)).granted == 2_250_000_000


@pytest.mark.parametrize(
    "values",
    [
        {"registration": "sometimes"},
        {"registration": "domains"},
        {"registration_domains": ["not a domain"]},
        {"sign_up_bonus": "much"},
        {"sign_up_bonus": "-1"},
        {"sign_up_bonus": 3},
        {"session_days": 0},
        {"session_days": "7"},
        {"attempts": True},
        {"hedge_seconds": -1.0},
        {"topup_min": "10", "topup_max": "5"},
        {"topup_fee_percent": "NaN"},
        {"cny_per_usd": "0"},
        {"log_level": "loud"},
        {"seller_details": "x" * 3000},
        {"stripe_secret_key": "sk"},
        {"host": "::"},
        {"sign_up_bonus": "1", "nothing": 1},
    ],
)
def test_what_can_not_be_changes_nothing(house: House, operator: Browser, values: dict[str, Any]) -> None:
    before = admin(operator, "GET", "/settings")["data"]
    told = admin(operator, "PATCH", "/settings", {"values": values}, status=400)
    assert told["error"]["message"].startswith("Invalid request: ")
    assert admin(operator, "GET", "/settings")["data"] == before


def test_another_server_takes_it_over(house: House, operator: Browser, settings: Any) -> None:
    """As another process writes it: a row, and a note of the change."""
    from modelport.db import changes
    from modelport.system import store

    def write(connection: Any) -> None:
        store.put(connection, store.Kept("free_requests_per_minute", 7, "user_else", 1))
        changes.note(connection, "settings", "system")

    house.call(house.services.database.write(write))
    until(lambda: house.services.settings.free_requests_per_minute == 7 or None, 3)
    assert shown(operator, "free_requests_per_minute")["changed_by"] == "user_else"


def test_what_can_not_be_read_any_more_is_as_at_start(house: House, settings: Any) -> None:
    from modelport.system import store

    def write(connection: Any) -> None:
        store.put(connection, store.Kept("attempts", 99, "user_else", 1))
        store.put(connection, store.Kept("gone", 1, "user_else", 1))

    house.call(house.services.database.write(write))
    house.call(house.services.system.load())
    assert house.services.settings.attempts == 3
