"""What other gateways keep, brought here: files and databases made from their public schemas, and keys that go on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from api_harness import Harness, read_answer
from other_gateways import LITELLM, TOKEN, a_database
from typer.testing import CliRunner

from db.mysql_server import PASSWORD, MySql, installed
from db.postgres_cluster import Cluster, binaries
from modelport.catalog.imports.litellm import read_litellm
from modelport.catalog.imports.oneapi import read_oneapi
from modelport.catalog.imports.openrouter import read_openrouter
from modelport.catalog.imports.plan import Plan, Unreadable
from modelport.catalog.imports.taking import Importing, Taken
from modelport.catalog.offers.naming import Names
from modelport.cli.main import app
from modelport.kit.money import parse_usd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = Names(["openai/gpt-4o", "anthropic/claude-sonnet-4.5", "openai/gpt-oss-120b"])


@pytest.fixture(scope="module")
def own_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("import"))
    yield made
    made.stop(within=1)


@pytest.fixture(scope="module")
def other_server() -> Iterator[Cluster]:
    """The PostgreSQL of the other system."""
    made = Cluster()
    made.start()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def mysql() -> Iterator[MySql]:
    """The MariaDB or MySQL of the other system."""
    made = MySql()
    made.start()
    yield made
    made.remove()


def importing(harness: Harness) -> Importing:
    services = harness.services
    return Importing(services.catalog, services.accounts, services.keys, services.credits)


def taken(harness: Harness, reader: Callable[[str, Names], Plan], given: str) -> tuple[Taken, Taken]:
    """The preview and the deed."""

    async def work() -> tuple[Taken, Taken]:
        one = importing(harness)
        plan = await one.read(reader, given)
        seen = await one.preview(plan)
        return seen, await one.take(plan, token=seen.applied.token)

    return harness.call(work())


def test_a_litellm_file_is_read_and_says_what_it_leaves_out() -> None:
    plan = read_litellm(LITELLM, NAMES)
    assert plan.providers["openai"]["api_keys"] == [
        {"name": "imported-1", "key": "env:OPENAI_API_KEY", "weight": 1},
        {"name": "imported-2", "key": "sk-second", "weight": 3},
    ]
    assert plan.providers["127-0-0-1-9"]["base_url"] == "http://127.0.0.1:9/v1"
    by = {each.model_id: each for each in plan.offers}
    assert set(by) == {"openai/gpt-4o", "anthropic/claude", "imported/house", "openai/vectors", "groq/unpriced"}
    gpt = by["openai/gpt-4o"]
    assert gpt.pricing == {"prompt": "0.0000025", "completion": "0.00001"}
    assert (gpt.upstream_model, gpt.context_length) == ("gpt-4o-2024-08-06", 128000)
    assert "tools" in gpt.supported_parameters
    assert by["openai/vectors"].output_modalities == ("embeddings",)
    assert plan.aliases == {"openai/gpt-4o": ["team/best"]}
    told = "\n".join(plan.notes)
    for words in ("rpm", "'vertex_ai' needs more", "'anthropic/*' stands for many", "without `model_name`",
                  "alias 'bare'", "fallbacks between models", "`general_settings`"):  # fmt: skip
        assert words in told


@pytest.mark.parametrize("text", ["", "a: [", "model_list: 5"])
def test_what_is_no_litellm_file(text: str) -> None:
    with pytest.raises(Unreadable):
        read_litellm(text, NAMES)


def test_a_litellm_file_is_taken_in_twice_as_once(own_harness: Harness) -> None:
    seen, done = taken(own_harness, read_litellm, LITELLM)
    assert seen.applied.differences == done.applied.differences
    assert "model openai/gpt-4o added" in [each.words for each in done.applied.differences]
    assert any("No price is known" in each and "groq: some-model" in each for each in done.notes)
    snapshot = own_harness.services.catalog.snapshot
    gpt = snapshot.find("team/best")
    assert gpt is not None
    assert gpt.id == "openai/gpt-4o"
    assert [each.key for each in snapshot.providers["openai"].keys] == ["sk-second"]
    _, again = taken(own_harness, read_litellm, LITELLM)
    assert again.applied.differences == []


@pytest.mark.parametrize("new_api", [True, False])
def test_a_database_is_read(tmp_path: Path, *, new_api: bool) -> None:
    path = a_database(tmp_path / "one.db", new_api=new_api, base_url="http://127.0.0.1:9")
    plan = read_oneapi(path, NAMES)
    assert plan.source == ("new-api" if new_api else "one-api")
    own = f"{plan.source}-own"
    assert set(plan.providers) == {"openai", own, "mistral", "deepseek"}
    assert [each["key"] for each in plan.providers["openai"]["api_keys"]] == ["sk-a", "sk-b"]
    assert plan.providers[own]["base_url"] == "http://127.0.0.1:9/v1"
    assert "api_keys" not in plan.providers["mistral"]
    by = {(each.provider, each.model_id): each for each in plan.offers}
    assert by["openai", "openai/gpt-4o"].pricing == {"prompt": "0.0000025", "completion": "0.00001"}
    assert by[own, "imported/by-piece"].pricing == {"prompt": "0", "completion": "0", "request": "0.04"}
    assert by[own, "imported/by-piece"].upstream_model == "text"
    root, nobody = plan.users
    assert (root.email, root.credits) == ("root@other.test", parse_usd("10"))
    assert nobody.email == f"nobody-2@{plan.source}.invalid"
    assert [(key.name, key.limit, key.disabled) for key in root.keys] == [
        ("laptop", parse_usd("2"), False),
        ("off", None, True),
    ]
    assert TOKEN not in repr(plan)
    told = "\n".join(plan.notes)
    for words in ("'Spark'", "switched off there", "passwords stay behind", "groups", "no JSON", "'gone'"):
        assert words in told


@pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")
@pytest.mark.parametrize("new_api", [True, False])
def test_a_postgresql_database_is_read_as_the_file_is(other_server: Cluster, tmp_path: Path, *, new_api: bool) -> None:
    path = a_database(tmp_path / "one.db", new_api=new_api, base_url="http://127.0.0.1:9")
    name = "newapi" if new_api else "oneapi"
    other_server.sql(f"CREATE DATABASE {name}")
    with closing(sqlite3.connect(path)) as database:
        for (made,) in database.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall():
            other_server.sql(made, name)
        for table in ("channels", "users", "tokens", "options"):
            rows = database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 (ours)
            values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
            other_server.sql(f"INSERT INTO {table} VALUES {values}", name)  # noqa: S608 (ours)
    for address in (other_server.url(name), other_server.url(name).replace("postgresql", "postgres")):
        assert read_oneapi(address, NAMES) == read_oneapi(path, NAMES)
    with pytest.raises(Unreadable, match="can't be read"):
        read_oneapi(other_server.url("nowhere"), NAMES)
    with pytest.raises(Unreadable, match="no table"):
        read_oneapi(other_server.url("postgres"), NAMES)


@pytest.mark.proof
@pytest.mark.skipif(installed() is None, reason="neither MariaDB nor MySQL is installed")
def test_a_mysql_database_is_read_as_the_file_is(mysql: MySql, tmp_path: Path) -> None:
    for new_api, name in ((True, "newapi"), (False, "oneapi")):
        path = a_database(tmp_path / f"{name}.db", new_api=new_api, base_url="http://127.0.0.1:9")
        mysql.run("", f"CREATE DATABASE {name}")
        with closing(sqlite3.connect(path)) as database:
            for table, made in database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
                mysql.run(name, made.replace('"', "`").replace("key TEXT", "`key` VARCHAR(300)"))
                rows = database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 (ours)
                places = ", ".join(["%s"] * len(rows[0]))
                mysql.run(name, (f"INSERT INTO {table} VALUES ({places})", rows))  # noqa: S608 (ours)
        at = f"app:{quote(PASSWORD, safe='')}@127.0.0.1:{mysql.port}"
        dsn = f"app:{PASSWORD}@tcp(127.0.0.1:{mysql.port})/{name}?charset=utf8mb4&parseTime=True"
        for address in (f"mysql://{at}/{name}", f"mariadb+pymysql://{at}/{name}", dsn):
            assert read_oneapi(address, NAMES) == read_oneapi(path, NAMES), address
        with pytest.raises(Unreadable, match="Unknown database 'nowhere'"):
            read_oneapi(f"mysql://{at}/nowhere", NAMES)
        with pytest.raises(Unreadable, match="Access denied for user 'app'"):
            read_oneapi(f"mysql://app:wrong@127.0.0.1:{mysql.port}/{name}", NAMES)


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def test_callers_go_on_with_the_keys_they_have(own_harness: Harness, tmp_path: Path) -> None:
    harness = own_harness
    key = f"sk-{TOKEN}"
    headers = {"authorization": f"Bearer {key}"}
    assert harness.http.get("/api/v1/key", headers=headers).status_code == 401
    path = a_database(tmp_path / "one.db", new_api=True, base_url=f"http://127.0.0.1:{harness.fake_port}")
    seen, done = taken(harness, read_oneapi, path)
    assert (seen.users, seen.keys, seen.credits) == (2, 3, parse_usd("10.5"))
    assert done.applied.differences
    body = {"model": "imported/plainly", "messages": [{"role": "user", "content": "hello"}]}
    answer = harness.http.post("/api/v1/chat/completions", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert read_answer(answer, answer.content).usage["cost"] > 0
    shown = harness.http.get("/api/v1/key", headers=headers).json()["data"]
    assert (shown["limit"], shown["label"]) == (2, f"{key[:6]}...{key[-3:]}")
    other = {"authorization": f"Bearer sk-{'z' * 48}"}
    assert harness.http.get("/api/v1/key", headers=other).status_code == 401
    off = {"authorization": f"Bearer sk-off{'b' * 45}"}
    assert harness.http.get("/api/v1/key", headers=off).status_code == 401
    credits = harness.http.get("/api/v1/credits", headers=headers)
    _, again = taken(harness, read_oneapi, path)
    assert again.applied.differences == []
    assert harness.http.get("/api/v1/credits", headers=headers).text == credits.text


@pytest.mark.parametrize("given", ["nowhere.db", "mysql+nodriver://x/y"])
def test_a_database_that_is_not_there(given: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        read_oneapi(given, NAMES)
    (tmp_path / "other.db").write_bytes(b"")
    with pytest.raises(Unreadable, match="no table"):
        read_oneapi(str(tmp_path / "other.db"), NAMES)


def test_openrouter_s_list() -> None:
    card = (
        '{"id": "openai/gpt-4o", "context_length": 9, "architecture": {"output_modalities": ["text"]}, "pricing": %s}'
    )
    plan = read_openrouter('{"data": [%s]}' % (card % '{"prompt": "0.1", "completion": "0"}'), NAMES)
    assert [(each.provider, each.model_id) for each in plan.offers] == [("openrouter", "openai/gpt-4o")]
    with pytest.raises(Unreadable):
        read_openrouter("<html>", NAMES)


def test_from_the_command_line_it_is_shown_first(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(LITELLM)

    def told(*words: str, status: int = 0) -> str:
        result = CliRunner().invoke(app, ["import", *words, "--data-dir", str(tmp_path / "data")])
        assert result.exit_code == status, result.output
        return result.output

    seen = told("litellm", str(file))
    assert "Would bring 0 users" in seen
    assert "sk-second" not in seen
    assert "model openai/gpt-4o added" in seen
    assert "Brought 0 users" in told("litellm", str(file), "--apply")
    assert "0 differences" in told("litellm", str(file))
    path = a_database(tmp_path / "one.db", new_api=False, base_url="http://127.0.0.1:9")
    assert "Would bring 2 users with 3 keys and 10.5 USD" in told("one-api", path)
    for given, shown in (
        ("mysql://app:secret%40@127.0.0.1:9/newapi", "mysql://app:***@127.0.0.1:9/newapi"),
        ("app:se:/@cret@tcp(127.0.0.1:9)/newapi", "app:***@tcp(127.0.0.1:9)/newapi"),
    ):
        wrong = " ".join(told("new-api", given, status=1).split())
        assert f"{shown} can't be imported: the database can't be read: Can't connect to MySQL server on" in wrong
        assert "cret" not in wrong
