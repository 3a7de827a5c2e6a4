"""`modelport catalog` and `modelport providers add`, as an operator runs them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from db.database_places import template_file
from modelport.catalog import sync
from modelport.cli.main import app
from modelport.cli.output import console

if TYPE_CHECKING:
    from pathlib import Path

    from modelport.catalog.offers.offer import Offer


def told(folder: Path, *words: str, given: str | None = None, status: int = 0) -> str:
    result = CliRunner().invoke(app, [*words, "--data-dir", str(folder)], input=given)
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with the database of a server that has run before."""
    shutil.copyfile(template_file(), tmp_path / "modelport.db")
    return tmp_path


@pytest.fixture
def seeded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that knows what the packages know. A process of their own reads them, here once and not for each command."""
    read, known = sync.read_packages, list[list["Offer"]]()

    async def once() -> list[Offer]:
        if not known:
            known.append(await read())
        return known[0]

    monkeypatch.setattr(sync, "read_packages", once)
    told(folder, "catalog", "seed")
    return folder


def test_from_nothing_to_a_catalogue_that_is_shown_and_synced(seeded: Path) -> None:
    listed: list[dict[str, Any]] = json.loads(told(seeded, "catalog", "list", "--all", "--json"))
    assert len(listed) > 400
    assert json.loads(told(seeded, "catalog", "list", "--json")) == []
    synced = json.loads(told(seeded, "catalog", "sync", "--json"))
    assert (synced["differences"], synced["applied"]) == ([], False)
    assert told(seeded, "catalog", "export") == told(seeded, "catalog", "export")
    whole = told(seeded, "catalog", "export", "--all", "--json")
    file = seeded / "whole.json"
    file.write_text(whole)
    applied = json.loads(told(seeded, "catalog", "apply", str(file), "--json"))
    assert (applied["created"], applied["updated"], applied["changes"]) == ([], [], [])
    (first, *_) = json.loads(whole)["models"]
    first["endpoints"][0]["pricing"]["prompt"] = "0.5"
    file.write_text(json.dumps({"models": [first]}))
    assert "pricing.prompt" in told(seeded, "catalog", "apply", str(file), "--dry-run")
    back = told(seeded, "catalog", "sync")
    assert "0 differences" in back, "a dry run wrote something"
    told(seeded, "catalog", "apply", str(file))
    proposal = json.loads(told(seeded, "catalog", "sync", "--json"))
    assert [each["field"] for each in proposal["differences"]] == ["pricing.prompt"]
    assert proposal["differences"][0]["is_price"] is True
    wrong = told(seeded, "catalog", "sync", "--apply", "--token", "other", status=1)
    assert "not what was shown" in wrong
    told(seeded, "catalog", "sync", "--apply", "--token", proposal["token"])
    assert "0 differences" in told(seeded, "catalog", "sync")


_TWO_PLACES = """
providers:
  - {slug: acme, name: Acme, dialect: openai_chat, base_url: "https://acme.test/v1", api_key: sk-x}
models:
  - id: acme/one
    name: One
    context_length: 1000
    endpoints:
      - {provider: acme, upstream_model: one, pricing: {prompt: "PRICE", completion: "0.000004", web_search: "0.01"}}
      - provider: acme
        variant: fast
        upstream_model: one-fast
        pricing: {prompt: "0.000003", completion: "0.000009", input_cache_read: "0.0000005", discount: "0.25"}
        cost: {prompt: "0.000002", completion: "0.000006"}
"""


def test_every_price_of_an_endpoint_is_shown_the_oldest_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 200)
    file = folder / "acme.yaml"
    for price in ("0.000001", "0.0000015", "0.0000015"):
        file.write_text(_TWO_PLACES.replace("PRICE", price))
        told(folder, "catalog", "apply", str(file))
    words = ("catalog", "prices", "acme/one")
    found: dict[str, list[dict[str, Any]]] = json.loads(told(folder, *words, "--json"))
    assert {tag: [each["pricing"]["prompt"] for each in prices] for tag, prices in found.items()} == {
        "acme": ["0.000001", "0.0000015"],
        "acme/fast": ["0.000003"],
    }
    first, second = (each["since"] for each in found["acme"])
    assert first < second
    assert json.loads(told(folder, *words, "--provider", "acme/fast", "--json")).keys() == {"acme/fast"}
    assert json.loads(told(folder, *words, "--provider", "acme", "--json")).keys() == {"acme", "acme/fast"}
    text = " ".join(told(folder, *words).split())
    assert first[:19].replace("T", " ") + " 1 4 web_search 0.01" in text
    assert second[:19].replace("T", " ") + " 1.5 4 web_search 0.01" in text
    assert "3 9 input_cache_read 0.5, discount 0.25 prompt 2, completion 6" in text
    assert "No model is called 'acme/two'" in told(folder, "catalog", "prices", "acme/two", status=1)


@pytest.mark.parametrize(
    ("words", "given"),
    [(["--key", "sk-x"], None), (["--key", "-"], "sk-x\n"), (["--key", "env:SOME_KEY"], None), ([], "sk-x\n")],
)
def test_a_key_from_anywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], given: str | None
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-x")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    file = folder / "openai.yaml"
    file.write_text(
        "provider: {slug: openai, name: OpenAI, base_url: 'http://127.0.0.1:9/v1', source: synced}\n"
        "model: {id: openai/m, name: M, context_length: 9, endpoints: [{provider: openai, upstream_model: m, "
        "pricing: {prompt: '0', completion: '0'}}]}\n"
    )
    told(folder, "catalog", "apply", str(file))
    told(folder, "providers", "add", "openai", *words, given=given, status=1)
    done = told(folder, "providers", "add", "openai", "--unverified", *words, given=given)
    assert "1 models can be called: openai/m" in done
    assert "sk-x" not in done
