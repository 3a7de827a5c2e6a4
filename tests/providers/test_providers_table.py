"""Every row of the table: complete, known to the dialects, and resolved as the snapshot beside this file says.

After a change: delete the snapshot, run the test once (it writes the file and fails), and read the difference.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from modelport.catalog.document import DIALECTS as IN_CATALOG
from modelport.catalog.document import Document, ProviderEntry
from modelport.catalog.rows import provider_from_row, provider_to_row
from modelport.dialects.anthropic_messages import request as messages_request
from modelport.dialects.bedrock_converse import request as bedrock_request
from modelport.dialects.gemini import request as gemini_request
from modelport.dialects.openai_chat import canonical_request as chat_request
from modelport.providers.auth import SCHEMES
from modelport.providers.row import MissingOption, Row, resolve
from modelport.providers.table import ROWS

SNAPSHOT = Path(__file__).with_name("provider_rows.json")
QUIRKS = {
    "openai_chat": chat_request.QUIRKS,
    "anthropic_messages": messages_request.QUIRKS,
    "gemini": gemini_request.QUIRKS,
    "bedrock_converse": bedrock_request.QUIRKS,
}
WANTED = (
    "openai", "azure", "azure-deployments", "anthropic", "google-ai-studio", "google-vertex", "amazon-bedrock",
    "deepseek", "mistral", "groq", "together", "fireworks", "xai", "cohere", "perplexity", "cerebras", "deepinfra",
    "novita", "nebius", "sambanova", "huggingface", "nvidia", "github-models", "moonshotai", "zhipu", "z-ai", "alibaba",
    "alibaba-cn", "siliconflow", "siliconflow-cn", "volcengine", "minimax", "baidu", "tencent", "stepfun", "openrouter",
    "ollama", "vllm", "sglang", "llamacpp", "lmstudio", "openai-compatible",
)  # fmt: skip

UNVERIFIED = 0
"""How many facts may be from memory."""

each_row = pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.slug)


def options_of(row: Row) -> dict[str, str]:
    """Words for every option that must be given."""
    given = {"host": "https://host.example/v1"}
    return {
        name: given.get(name, f"my-{name}") for name, option in row.options.items() if option.default is None
    }  # fmt: skip


def resolved(row: Row) -> dict[str, Any]:
    """What a row comes to, as plain JSON without what is empty."""
    wires = {
        dialect: {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in asdict(wire).items()
            if value and value != "dialect"
        }
        for dialect, wire in resolve(row, options_of(row)).items()
    }
    return {"name": row.name, "key": row.key_variable, "models": row.models, "wires": wires}


def test_the_issues_list_is_complete() -> None:
    assert set(WANTED) <= ROWS.keys()
    assert len(ROWS) == len({row.slug for row in ROWS.values()})


def test_every_row_resolves_as_it_did() -> None:
    now = {slug: resolved(row) for slug, row in ROWS.items()}
    text = json.dumps(now, indent=1, sort_keys=True) + "\n"
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(text, encoding="utf-8")
        pytest.fail("the snapshot was written anew: read what changed, and run this again")
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == now, f"delete {SNAPSHOT.name} and run this again"


@each_row
def test_a_row_is_whole(row: Row) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", row.slug)
    assert row.wires.keys() <= set(IN_CATALOG)
    assert URL(row.docs).scheme == "https"
    for dialect, wire in resolve(row, options_of(row)).items():
        url = URL(wire.base_url + wire.path)
        assert url.host
        assert url.scheme in {"http", "https"}
        assert not re.search(
            r"[{}]",
            wire.base_url + wire.path.replace("{model}", "").replace("{path}", "") + "".join(wire.query.values()),
        )
        assert not wire.base_url.endswith("/")
        assert wire.auth in SCHEMES
        assert wire.quirks <= QUIRKS.get(dialect, {}).keys()
        assert not wire.renames.keys() & wire.drops, "a field is renamed or dropped, not both"
    for url in (row.privacy_policy_url, row.terms_of_service_url, row.status_page_url, row.models_url):
        assert not url or URL(url).scheme == "https"


@each_row
def test_every_fact_says_where_it_is_known_from(row: Row) -> None:
    assert row.facts
    for fact in row.facts:
        assert len(fact.says) > 10
        assert fact.source
        if fact.verified:
            assert date.fromisoformat(fact.verified) <= date(2027, 1, 1)
            assert fact.source.startswith(("https://", "recorded: ", "behaviour of ", "choice: "))


@each_row
def test_every_row_has_something_that_was_verified(row: Row) -> None:
    """Beside choices of ours; what nobody could verify has no day, and says where it is from all the same."""
    assert any(fact.verified and not fact.source.startswith("choice: ") for fact in row.facts)


def test_few_facts_are_not_verified() -> None:
    """The number only shrinks: a new fact comes with its source and its day."""
    said = {fact.says for row in ROWS.values() for fact in row.facts if not fact.verified}
    assert len(said) <= UNVERIFIED, sorted(said)


@each_row
def test_a_file_needs_slug_and_key_only(row: Row) -> None:
    given = {"kind": row.slug, "slug": "mine", "api_key": "k", "options": options_of(row)}
    entry = ProviderEntry.model_validate(given)
    again = ProviderEntry.model_validate(entry.model_dump())
    assert again == entry, "what is exported is taken back"
    provider = provider_from_row(provider_to_row(entry), keys=(), proxy=None, headers={})
    wires = resolve(row, options_of(row))
    main = wires.pop(row.dialect)
    assert (provider.slug, provider.name, provider.dialect) == ("mine", row.name, row.dialect)
    for name, value in asdict(main).items():
        assert getattr(provider, name) == value, name
    assert provider.also == wires


class TestOverrides:
    """What a file says goes before the row."""

    def test_the_slug_names_the_row(self) -> None:
        entry = Document.model_validate({"provider": {"slug": "groq"}}).provider
        assert entry is not None
        assert (entry.kind, entry.base_url) == ("groq", "https://api.groq.com/openai/v1")
        assert entry.api_key == "env:GROQ_API_KEY"

    def test_an_address_of_ones_own_is_no_row(self) -> None:
        entry = ProviderEntry.model_validate({"slug": "groq", "name": "G", "base_url": "http://127.0.0.1:1/v1"})
        assert entry.kind is None
        provider = provider_from_row(provider_to_row(entry), keys=(), proxy=None, headers={})
        assert not provider.drops
        assert not provider.also

    def test_what_differs_is_put_together(self) -> None:
        entry = ProviderEntry.model_validate({
            "slug": "us", "kind": "groq", "name": "Ours", "base_url": "https://proxy.example/v1", "api_key": "",
            "drops": ["seed", "-logprobs"], "renames": {"a": "b"}, "adds": {"x": 1},
        })  # fmt: skip
        provider = provider_from_row(provider_to_row(entry), keys=(), proxy=None, headers={})
        assert (provider.name, provider.base_url, provider.api_key) == ("Ours", "https://proxy.example/v1", "")
        assert "seed" in provider.drops
        assert "logit_bias" in provider.drops
        assert not {"logprobs", "-logprobs"} & provider.drops
        assert provider.renames == {"messages.role.developer": "system", "a": "b"}
        assert provider.adds == {"x": 1}

    def test_another_of_its_dialects_can_be_the_main_one(self) -> None:
        entry = ProviderEntry.model_validate({"slug": "deepseek", "dialect": "anthropic_messages"})
        assert entry.base_url == "https://api.deepseek.com/anthropic/v1"
        provider = provider_from_row(provider_to_row(entry), keys=(), proxy=None, headers={})
        assert not provider.renames
        assert "openai_chat" in provider.also

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"slug": "azure"}, "Azure needs `resource`"),
            ({"slug": "x", "kind": "nobody"}, "no provider of kind 'nobody' is known"),
            ({"slug": "x", "name": "X", "base_url": "https://x.example", "auth": "magic"}, "unknown way"),
        ],
    )
    def test_what_is_wrong_is_said(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            ProviderEntry.model_validate(given)

    def test_an_option_that_is_missing(self) -> None:
        with pytest.raises(MissingOption, match="`project`"):
            resolve(ROWS["google-vertex"], {})
