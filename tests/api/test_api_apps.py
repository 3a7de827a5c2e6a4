"""Apps that said who they are: their list and their pages, for everybody, and what is kept from everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from api_harness import Caller, Harness

from modelport.usage.log import Filters
from modelport.usage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = {"http-referer": "https://use.example/page", "x-title": "Use", "x-openrouter-categories": "game,cli-agent,xyz"}
OTHERS = (
    {"http-referer": "http://wiki/x", "x-title": "Secret"},
    {"http-referer": "10.1.2.3:8080"},
    {"http-referer": "http://localhost:3000", "x-title": "Mine"},
)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Somebody who used a server through four apps."""
    made = Harness(tmp_path_factory.mktemp("apps"))
    caller = made.caller()
    for app in (*[SHOWN] * 4, *OTHERS):
        assert caller.chat("fake: tokens=1", headers=app).status == 200

    async def fold() -> None:
        for _ in range(3):
            await Upkeep(made.settings, made.services.database).fold()

    made.call(fold())
    yield caller
    made.stop(within=1)


def test_the_page_of_an_app(used: Caller) -> None:
    http = used.harness.http
    listed = http.get("/api/app/apps").json()
    assert [(each["title"], each["rank"], each["requests"]) for each in listed["data"]] == [
        ("Use", 1, 4),
        ("Mine", 2, 1),
    ]
    assert [(each["category"], each["group"], each["apps"]) for each in listed["categories"]] == [
        ("cli-agent", "coding", 1),
        ("game", "entertainment", 1),
    ]
    number = listed["data"][0]["id"]
    page = http.get(f"/api/app/apps/{number}", params={"span": "week"}).json()
    assert (page["title"], page["url"], page["rank"], page["change"]) == ("Use", "https://use.example", 1, None)
    assert page["categories"] == ["game", "cli-agent"]
    assert [(each["model"], each["requests"], each["share"]) for each in page["models"]] == [("fake/text", 4, 1.0)]
    assert [day["tokens"] for day in page["days"]] == [{}] * 6 + [{"fake/text": page["tokens"]}]
    assert page["days"][-1]["date"] == page["end_date"]
    assert http.get("/api/app/apps/999").status_code == 404


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("url=https://www.use.example/elsewhere", ["Use"]),
        ("url=https://nobody.example", []),
        ("group=entertainment", ["Use"]),
        ("category=legal", []),
        ("sort=trending&limit=1&offset=1", ["Mine"]),
    ],
)
def test_apps_are_found(used: Caller, query: str, titles: list[str]) -> None:
    listed = used.harness.http.get(f"/api/app/apps?{query}").json()
    assert [each["title"] for each in listed["data"]] == titles
    assert listed["total"] == (2 if "sort" in query else len(titles))


def test_apps_of_private_networks_are_their_owners_own(used: Caller) -> None:
    harness = used.harness
    hidden = {"https://wiki", "https://10.1.2.3:8080"}
    log = harness.call(harness.services.insight.log(used.account_id, Filters(), None, 50)).generations
    assert hidden <= {row.app for row in log}, "who used them sees them"
    answers = [
        harness.http.get("/api/app/apps").text,
        harness.http.get("/api/app/rankings").text,
        harness.http.get("/api/app/models/fake/text/market").text,
        used.get("/datasets/app-rankings").text,
    ]
    assert not any("wiki" in answer or "Secret" in answer or "10.1.2.3" in answer for answer in answers)
    pages = [harness.http.get(f"/api/app/apps/{number}").status_code for number in range(1, 5)]
    assert sorted(pages) == [200, 200, 404, 404]
    mine = harness.http.get("/api/app/apps").json()["data"][1]
    assert (mine["title"], mine["url"]) == ("Mine", None), "nobody else can go there"
