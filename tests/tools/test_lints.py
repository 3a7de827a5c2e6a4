"""Each lint of the house finds what it is there for, says what to do, and leaves alone what is right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lints import contracts, glossary, languages, money, providers, settings, sizes, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lints.tree import Fault, Tree

    Plant = Callable[[dict[str, str]], Tree]
    Check = Callable[[Tree], Iterator[Fault]]


def found(check: Check, tree: Tree) -> list[tuple[str, int]]:
    return [(fault.path, fault.line) for fault in check(tree)]


class TestTree:
    """What the lints are given to read."""

    def test_what_git_ignores_is_no_part_of_it(self, plant: Plant) -> None:
        tree = plant({".gitignore": "/data/\n", "data/x.py": "", "src/a.py": "", "src/b.txt": ""})
        assert tree.files == [".gitignore", "src/a.py", "src/b.txt"]
        assert tree.python("src/") == ["src/a.py"]

    def test_what_is_not_text_is_empty(self, plant: Plant) -> None:
        tree = plant({"a": ""})
        (tree.root / "a").write_bytes(b"\xff\xfe\x00")
        assert tree.text("a") == ""


class TestSizes:
    """Length of files and functions."""

    def test_a_long_file(self, plant: Plant) -> None:
        tree = plant({"src/fits.py": "\n" * 500, "src/long.py": "\n" * 501, "tests/long.py": "\n" * 800})
        assert found(sizes.check, tree) == [("src/long.py", 501)]
        assert "split it" in next(sizes.check(tree)).message

    def test_a_file_over_the_soft_limit_is_remarked_on(self, plant: Plant) -> None:
        tree = plant({"src/a.py": "\n" * 300, "src/b.py": "\n" * 301, "tests/c.py": "\n" * 301})
        assert list(sizes.remarks(tree)) == ["src/b.py: 301 lines; aim at 300"]

    def test_a_long_function(self, plant: Plant) -> None:
        def function(lines: int) -> str:
            return "async def f():\n" + "    pass\n" * (lines - 1)

        tree = plant({"src/fits.py": function(60), "src/long.py": "\n" + function(61), "tests/t.py": function(99)})
        assert found(sizes.check, tree) == [("src/long.py", 2)]

    def test_a_migration_is_history(self, plant: Plant) -> None:
        text = "def upgrade():\n" + "    pass\n" * 100
        assert not found(sizes.check, plant({"src/modelport/db/migrations/versions/0001_x.py": text}))

    def test_an_exception_holds_at_its_length(self, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sizes, "EXCEPTIONS", {"src/a.py": 600, "src/b.py": 600, "src/c.py": 600, "src/d.py": 600})
        tree = plant({"src/a.py": "\n" * 600, "src/b.py": "\n" * 601, "src/c.py": "\n" * 500})
        assert found(sizes.check, tree) == [("src/b.py", 601), ("src/c.py", 1), ("src/d.py", 1)]

    def test_the_list_of_exceptions_may_only_shrink(self) -> None:
        assert sizes.EXCEPTIONS == {}


class TestMoney:
    """No binary fractions near money."""

    @pytest.mark.parametrize(
        "line",
        [
            "half = amount / 2",
            "amount /= 2",
            "rate = 0.5",
            "shown = float(amount)",
            "def f(amount: float) -> None: ...",
            "shown = amount / 10**9",
        ],
    )
    def test_a_float_where_money_is_handled(self, plant: Plant, line: str) -> None:
        tree = plant({"src/modelport/credits/service.py": f'"""Doc."""\n{line}\n'})
        assert found(money.check, tree) == [("src/modelport/credits/service.py", 2)]

    @pytest.mark.parametrize("line", ["a // b", "Decimal(a) / b", "Fraction(a) / 10**9", "1_000 * a"])
    def test_exact_arithmetic_is_right(self, plant: Plant, line: str) -> None:
        assert not found(money.check, plant({"src/modelport/catalog/pricing.py": line}))

    def test_an_answer_may_promise_a_number(self, plant: Plant) -> None:
        assert not found(money.check, plant({"src/modelport/credits/routes.py": "class A:\n    used: float = 0\n"}))

    def test_there_is_one_door(self, plant: Plant) -> None:
        door = "def to_number(amount: int) -> float:\n    return amount / 10**9\n"
        assert not found(money.check, plant({"src/modelport/kit/money.py": door}))
        assert found(money.check, plant({"src/modelport/kit/money.py": door.replace("to_number", "other")}))

    @pytest.mark.parametrize("by", ["10**9", "1_000_000_000", "1e9"])
    def test_dollars_are_made_at_the_door_only(self, plant: Plant, by: str) -> None:
        tree = plant({"src/modelport/gateway/a.py": f"cost / {by}\nseconds / 1000\n0.5\n"})
        assert found(money.check, tree) == [("src/modelport/gateway/a.py", 1)]
        assert "to_number" in next(money.check(tree)).message


class TestProviders:
    """Names of providers stand in one place."""

    @pytest.mark.parametrize("line", ['if name == "OpenAI": ...', 'X = {"groq": 1}', 'provider.slug == "acme"'])
    def test_a_provider_named_where_none_may_be(self, plant: Plant, line: str) -> None:
        tree = plant({"src/modelport/gateway/a.py": line, "src/modelport/providers/a.py": line})
        assert found(providers.check, tree) == [("src/modelport/gateway/a.py", 1)]
        assert "make it a field" in next(providers.check(tree)).message

    @pytest.mark.parametrize("line", ['"""Speaks openai\'s format."""', 'name = "openai_chat"', 'provider != ""'])
    def test_a_dialect_is_no_provider(self, plant: Plant, line: str) -> None:
        assert not found(providers.check, plant({"src/modelport/dialects/a.py": line}))


class TestWords:
    """What a file may say."""

    @pytest.mark.parametrize(
        "line",
        [
            "# TO" + "DO later",
            "see /ho" + "me/someone/file",
            "pip install --find" + "-links x",
            "http" + "://registry.some-where.net/simple",
            "ws" + "s://user:pass@chat.some-where.net:80/x",
        ],
    )
    def test_what_no_file_may_say(self, plant: Plant, line: str) -> None:
        assert found(words.check, plant({"docs/a.md": f"\n{line}\n"})) == [("docs/a.md", 2)]

    @pytest.mark.parametrize(
        "line",
        [
            "http://127.0.0.1:8080/api/v1 http://[::1]:80/ https://api.acme.example/v1 http://host:port",
            "https://openrouter.ai/docs, http://10.0.0.7:8000 and http://localhost.",
            "a mastodon, the /homework/ folder, `postgresql://user:password@host/name`",
        ],
    )
    def test_what_any_file_may(self, plant: Plant, line: str) -> None:
        assert not found(words.check, plant({"docs/a.md": line}))

    def test_a_module_says_what_it_is(self, plant: Plant) -> None:
        tree = plant({"src/a.py": "x = 1\n", "src/b.py": '"""B."""\n', "src/empty.py": "\n"})
        assert found(words.check, tree) == [("src/a.py", 1)]


class TestContracts:
    """Tables have an owner."""

    def test_tables_that_anybody_may_touch(self, plant: Plant) -> None:
        project = '[[tool.importlinter.contracts]]\nprotected_modules = ["modelport.a.store"]\n'
        files = {"pyproject.toml": project, "src/modelport/a/store.py": "", "src/modelport/a/tables.py": ""}
        tree = plant(files)
        assert found(contracts.check, tree) == [("src/modelport/a/tables.py", 1)]
        assert "Only a touches its own tables" in next(contracts.check(tree)).message


class TestSettings:
    """Settings are documented."""

    def test_a_setting_is_described_and_on_the_page(self) -> None:
        described = {"port": "Port.", "host": None, "speed": "How fast."}
        page = "| `MODELPORT_PORT` | | |\n| `MODELPORT_HOST` | | |\n"
        assert [name for name, _ in settings.undocumented(described, page)] == ["host", "speed"]


class TestLanguages:
    """What people read is there in both languages, built alike."""

    ENGLISH = """# Start

[简体中文](../zh-CN/guides/start.md)

| do | with |
| --- | --- |
| it | this |

1. ```sh
   run --fast   # soon
   ```

## After

```
you -> it
```
"""
    CHINESE = (
        ENGLISH.replace("Start", "开始")
        .replace("[简体中文](../zh-CN/guides/start.md)", "[English](../../guides/start.md)")
        .replace("# soon", "# 很快")
        .replace("you", "您")
    )

    def pair(self, english: str = ENGLISH, chinese: str = CHINESE) -> dict[str, str]:
        folders = {"docs/": english, "docs/zh-CN/": chinese}
        maps = {f"{folder}README.md": "[map](guides/start.md)" for folder in folders}
        return maps | {f"{folder}guides/start.md": text for folder, text in folders.items()}

    def test_pages_alike(self, plant: Plant) -> None:
        assert not found(languages.check, plant(self.pair()))

    def test_a_page_in_one_language(self, plant: Plant) -> None:
        tree = plant({"docs/concepts/a.md": "# A\n", "docs/zh-CN/guides/b.md": "# B\n", "docs/reference/c.md": "# C\n"})
        assert found(languages.check, tree) == [("docs/concepts/a.md", 1), ("docs/zh-CN/guides/b.md", 1)]
        assert "write docs/zh-CN/concepts/a.md" in next(languages.check(tree)).message

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("## After", "### After", 13),  # another level
            ("## After\n", "", 13),  # a heading less
            ("| it | this |\n", "", 5),  # a row less
            ("--fast", "--slow", 9),  # another command
            ("```sh", "```js", 9),
            ("-> it\n", "-> it\nit -> you\n", 15),  # a drawing of more lines
            ("```\nyou -> it\n```\n", "", 15),
        ],
    )
    def test_an_english_page_that_changed_alone(self, plant: Plant, old: str, new: str, line: int) -> None:
        assert old in self.ENGLISH
        tree = plant(self.pair(english=self.ENGLISH.replace(old, new)))
        assert found(languages.check, tree)[0] == ("docs/zh-CN/guides/start.md", line)

    def test_a_chinese_page_that_ends_too_soon(self, plant: Plant) -> None:
        tree = plant(self.pair(chinese=self.CHINESE.partition("## ")[0]))
        assert "ends before a heading `##` of docs/guides/start.md:13" in next(languages.check(tree)).message

    def test_pages_lead_to_each_other_and_are_on_the_maps(self, plant: Plant) -> None:
        files = {name: re.sub(r"\[.*\]\(.*\)", "", text) for name, text in self.pair().items()}
        assert sorted(found(languages.check, plant(files))) == [(name, 1) for name in sorted(files)]


class TestGlossary:
    """One thing has one name in Chinese."""

    TABLE = """| English | 简体中文 | never | because |
| --- | --- | --- | --- |
| token | token | 令牌、词元 | what developers say |
| credits | 余额 | 额度、优惠额度 | |
"""

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("web/src/shared/i18n/languages/zh-cn/a.ts", 'a: "令牌数",', "令牌: write token (what developers say)"),
            ("docs/zh-CN/guides/a.md", "词元。", "词元: write token"),
            ("src/modelport/mail/a.py", 'A = "额度"', "额度: write 余额, as docs/glossary.md says"),
            ("README.zh-CN.md", "优惠额度", "优惠额度: write 余额"),  # once, by its whole name
        ],
    )
    def test_another_word(self, plant: Plant, name: str, text: str, said: str) -> None:
        tree = plant({"docs/glossary.md": self.TABLE, name: text})
        assert found(glossary.check, tree) == [(name, 1)]
        assert said in next(glossary.check(tree)).message

    def test_what_is_ours_quoted_or_code(self, plant: Plant) -> None:
        files = {
            "docs/zh-CN/a.md": "token 与余额；“令牌”在那里指密钥，`额度` 是字段。",
            "docs/zh-CN/b.py.txt": "令牌",
            "tests/a.py": 'A = "令牌"',
            "src/modelport/guardrails/a.py": 'A = "令牌"',
        }
        assert not found(glossary.check, plant(files | {"docs/glossary.md": self.TABLE}))
