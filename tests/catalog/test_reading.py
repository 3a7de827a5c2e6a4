"""A catalogue file's faults: each with its line, what is wrong and what to do."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from modelport.catalog.document import Document, json_schema
from modelport.catalog.errors import FileFaults
from modelport.catalog.reading import read_bytes, read_text
from modelport.catalog.writing import to_json, to_yaml

GOOD = """\
providers:
  - slug: acme
    name: Acme
    base_url: http://127.0.0.1:9/v1/
models:
  - id: acme/one
    name: One
    context_length: 8192
    default_parameters: {temperature: 0.7, top_k: 20}
    expiration_date: 2027-01-01
    endpoints:
      - provider: acme
        upstream_model: one-1
        pricing:
          prompt: "0.00000015"
          completion: 0.0000006
          overrides:
            - {min_prompt_tokens: 100, prompt: 3e-7}
"""


def faults(text: str, known: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(FileFaults) as caught:
        read_text(text, "c.yaml", known_providers=known)
    assert caught.value.status == 400
    return str(caught.value).splitlines()


def test_reads() -> None:
    document = read_text(GOOD, "c.yaml", known_providers=())
    (model,) = document.models
    pricing = model.endpoints[0].pricing
    assert (pricing.prompt, pricing.completion) == (150_000_000, 600_000_000)
    assert pricing.overrides[0].prompt == 300_000_000
    assert document.providers[0].base_url == "http://127.0.0.1:9/v1"
    assert model.expiration_date == "2027-01-01"


def test_reads_a_single_provider_and_model() -> None:
    text = (
        "provider: {slug: acme, name: Acme, base_url: http://h/v1}\n"
        "model: {id: a/b, name: B, context_length: 1, "
        "endpoints: [{provider: acme, upstream_model: x, pricing: {prompt: 0, completion: 0}}]}"
    )
    document = read_text(text, "c.yaml", known_providers=())
    assert [each.slug for each in document.all_providers] == ["acme"]
    assert [each.id for each in document.all_models] == ["a/b"]


def test_reads_json_with_tabs_and_escapes() -> None:
    text = '{\n\t"provider": {\n\t\t"slug": "acme", "name": "Acme \\ud83d\\ude00", "base_url": "http:\\/\\/h\\/v1"}}'
    document = read_bytes(b"\xef\xbb\xbf" + text.encode(), "c.json")
    assert document.all_providers[0].name == "Acme \N{GRINNING FACE}"


def test_anchors_are_read() -> None:
    text = GOOD.replace("name: Acme", "name: &name Acme").replace("name: One", "name: *name")
    assert read_text(text, "c.yaml").models[0].name == "Acme"


def swap(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


MORE_MODELS = "  - {id: acme/two, name: Two, context_length: 1, aliases: [acme/one]}\n"
TWICE = '      - {provider: acme, upstream_model: x, pricing: {prompt: "0", completion: "0"}}\n'

FAULTS: list[tuple[str, str, int, str, str]] = [
    ("unknown key", swap("upstream_model", "upstream_modle"), 13, "unknown key `upstream_modle`", "`upstream_model`?"),
    ("missing key", swap("    name: One\n", ""), 6, "`name` is missing", "add `name"),
    ("text for a number", swap("8192", '"8k"'), 8, "is no whole number", "without quotes"),
    ("number for a text", swap("name: One", "name: 1"), 7, "is no text", "in quotes"),
    ("zero", swap("8192", "0"), 8, "greater than 0", "change it"),
    ("octal", swap("8192", "08192"), 8, "starts with a zero", "leave the zero off"),
    ("model id", swap("id: acme/one", "id: one"), 6, "'one' is no model id", "author/slug"),
    (
        "routing variant",
        swap("acme/one", "acme/one:nitro"),
        6,
        "`:nitro` works with every model",
        "leave the variant off",
    ),
    ("slug", swap("slug: acme", "slug: Acme"), 2, "'Acme' is no slug", "small letters"),
    ("unknown provider", swap("provider: acme", "provider: acmee"), 12, "no provider is called 'acmee'", "`acme`?"),
    ("fine price", swap("0.00000015", "0.0000000000000001"), 15, "finer than can be kept", "decimal string"),
    ("negative price", swap("0.00000015", "-1"), 15, "negative", "decimal string"),
    ("no price", swap('"0.00000015"', "cheap"), 15, "'cheap' is not a price", "decimal string"),
    ("true price", swap('"0.00000015"', "true"), 15, "a price is a decimal string", "in quotes"),
    ("huge exponent", swap('"0.00000015"', "'1e999999999'"), 15, "", "decimal string"),
    ("free with a price", swap("acme/one", "acme/one:free"), 15, "a `:free` model has a price", 'to "0"'),
    ("override without condition", swap("min_prompt_tokens: 100, ", ""), 18, "no condition", "min_prompt_tokens"),
    ("half a window", swap("min_prompt_tokens: 100", "utc_start: 100"), 18, "only one end", "utc_end"),
    ("no time", swap("min_prompt_tokens: 100", "utc_start: 170, utc_end: 0"), 18, "170 is no time of day", "1030"),
    (
        "discount",
        swap("          completion", "          discount: 1.5\n          completion"),
        16,
        "more than 1",
        "0 to 1",
    ),
    ("scheme", swap("http://127", "ftp://127"), 4, "starts with", "https://host/v1"),
    ("query in the address", swap("/v1/", "/v1?key=1"), 4, "query or fragment", "leave off"),
    ("password in the address", swap("127", "me:pw@127"), 4, "user name or password", "`api_key`"),
    ("operation in the address", swap("/v1/", "/v1/chat/completions"), 4, "one operation", "leave off"),
    ("dialect", swap("name: Acme", "name: Acme\n    dialect: openai_cht"), 4, "unknown dialect", "openai_chat"),
    ("bare header", swap("name: Acme", "name: A\n    headers: {X-Api-Key: abc}"), 4, "in clear", "env:NAME"),
    ("env", swap("name: Acme", "name: A\n    api_key: 'env:no spaces'"), 4, "no environment variable", "env:NAME"),
    (
        "modality",
        swap("8192", "1\n    architecture: {input_modalities: [txt]}"),
        9,
        "'txt' can't stand here",
        "`text`?",
    ),
    ("model twice", GOOD + GOOD[GOOD.index("  - id") :], 19, "'acme/one' is given twice", "into the list of one"),
    (
        "provider twice",
        GOOD.replace("models:", "  - {slug: acme, name: B, base_url: http://h}\nmodels:"),
        5,
        "twice",
        "keep one",
    ),
    ("alias of a model", GOOD + MORE_MODELS, 19, "also the id of a model", "remove the alias"),
    ("endpoint twice", GOOD + TWICE, 19, "a second endpoint is called 'acme'", "variant"),
    (
        "key twice",
        swap("name: One", "name: One\n    name: Two"),
        8,
        "key `name` is given twice, first in line 7",
        "keep one",
    ),
    ("merge key", swap("name: One", "name: One\n    <<: {description: x}"), 8, "merge keys", "write the fields out"),
    ("tag", swap("name: One", "name: !!python/name:os.system x"), 7, "tag", "remove the tag"),
    ("list for a map", swap("8192", "1\n    architecture: [text]"), 9, "holds no fields", "indented"),
    ("syntax", swap("name: One", "name: One: Two"), 7, "this is no YAML", "mend the syntax"),
    ("no catalogue", "- a\n- b\n", 1, "this is no catalogue", "`providers:`"),
    ("empty", "", 1, "this is no catalogue", "`providers:`"),
    ("two documents", GOOD + "---\na: b\n", 19, "a second document", "one document"),
    ("deep", "a: " + "[" * 100_000, 1, "levels deep", "flatten"),
    ("undefined alias", "a: *b", 1, "stands for nothing yet", "before it is used"),
    ("alias of itself", "a: &a [*a]", 1, "stands for nothing yet", "before it is used"),
    ("zero character", swap("name: One", 'name: "One\\0"'), 7, "a zero character", "remove it"),
    ("control character", "a: \x00", 1, "this is no YAML", "UTF-8"),
]


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_names_line_and_remedy(text: str, line: int, message: str, remedy: str) -> None:
    found = [each for each in faults(text) if each.startswith(f"c.yaml:{line}:")]
    assert any(message in each and remedy in each for each in found), faults(text)


def test_every_fault_at_once() -> None:
    text = swap("slug: acme", "slug: Acme").replace("8192", '"8k"').replace("completion:", "completoin:")
    text = text + TWICE.replace("x,", "x, vairant: y,") + "bogus: 1\n"
    lines = [line.split(":")[1] for line in faults(text)]
    assert lines == ["2", "8", "16", "19", "20"]


def test_a_misspelt_key_is_told_once() -> None:
    (found,) = faults(swap("completion:", "completoin:"))
    assert "c.yaml:16:11: models[0].endpoints[0].pricing.completoin: unknown key `completoin`" in found


def test_a_provider_in_the_database_is_known() -> None:
    text = swap("provider: acme", "provider: other")
    assert read_text(text, "c.yaml", known_providers=("other",))
    assert read_text(text, "c.yaml"), "without the list, that check is left to `apply`"


def test_secrets_are_not_repeated() -> None:
    text = swap("name: Acme", "name: A\n    api_key: [sk-hidden]\n    proxy: socks9://me:sk-hidden@h:1")
    found = faults(text)
    assert len(found) == 2
    assert "sk-hidden" not in "".join(found)


def test_a_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    started = time.monotonic()
    (found,) = faults("\n".join(lines))
    assert "too many values" in found
    assert time.monotonic() - started < 2


def test_size_is_bounded() -> None:
    (found,) = faults("# " + "x" * 5 * 1024 * 1024)
    assert "5 MB" in found


def test_encoding() -> None:
    with pytest.raises(FileFaults, match=r"c\.yaml:2:4: this is not UTF-8; save"):
        read_bytes(b"a:\n - \xff", "c.yaml")


@pytest.mark.parametrize("write", [to_yaml, to_json])
def test_what_is_written_reads_back(write: Any) -> None:
    document = read_text(GOOD, "c.yaml")
    assert read_text(write(document), "c.yaml") == document


def test_the_published_schema_is_current() -> None:
    path = Path(__file__).parents[2] / "docs/reference/catalog.schema.json"
    remedy = (
        "run: python -c 'import json; from modelport.catalog.document import json_schema; "
        "print(json.dumps(json_schema(), indent=2))' > docs/reference/catalog.schema.json"
    )
    assert json.loads(path.read_text()) == json_schema(), remedy


def test_the_worked_example_of_the_docs_reads() -> None:
    text = (Path(__file__).parents[2] / "docs/reference/catalog.md").read_text()
    blocks = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    assert blocks
    for block in blocks:
        assert isinstance(read_text(block, "catalog.md"), Document)
