"""The web app tells every fault of the control plane in its own languages, by the server's word for it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from e2e.e2e_words import texts
from modelport import app, errors
from modelport.broadcast.destination import Failing
from modelport.catalog.errors import FileFaults, Refused
from modelport.catalog.reading import _PLAIN, read_text
from modelport.errors import BadRequest, ModelportError, WrongField
from modelport.kit.told import Told
from modelport.mail.failing import Rule
from modelport.payments.errors import BadOrder
from modelport.payments.hooks import REFUSALS
from modelport.providers import local_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(errors.__file__).parent
MANY_REASONS = {
    "BadBounds", "BadDestination", "BadGuardrail", "BadOrder", "BadOwnKey", "BadPreset", "BadQuery", "BadRouting",
    "BadRule", "BadWorkspace", "CannotAsk", "IdentityRefused", "KeyNotTaken", "ProcessorRefused", "ProviderFailed",
    "RefusedByGuardrail", "WorkspaceInUse",
}  # fmt: skip
ELSEWHERE = {
    "cannot_ask_address",  # of a trial that does not come to a fault
    "refused_by_guardrail_filter",  # these two are told apart by what was found
    "refused_by_guardrail_injection",
}
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-CN"])


def _kinds(kind: type[ModelportError]) -> Iterator[type[ModelportError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _problems() -> set[str]:
    """Words for the faults there are; private ones are told where they are raised."""
    assert app.control_app  # with it every domain that raises faults is there
    assert local_facts.LocalModelUnavailable  # imported only where the local model is started
    kinds = [each for each in _kinds(ModelportError) if not each.__name__.startswith("_")]
    found = [each.__new__(each).problem for each in kinds if each.__module__.startswith("modelport.")]
    return {problem for problem in found if problem is not None}


def _calls(*names: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call in the package of something that is called so."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield file, node


def _rule_of(call: ast.Call) -> str | None:
    """The `rule` that a fault is raised with, in its metadata or by itself."""
    for given in call.keywords:
        if given.arg == "rule" and isinstance(given.value, ast.Constant):
            return str(given.value.value)
        if given.arg == "metadata" and isinstance(given.value, ast.Dict):
            for key, value in zip(given.value.keys, given.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "rule" and isinstance(value, ast.Constant):
                    return str(value.value)
    return None


def _rules() -> set[str]:
    """The same with the `rule` that a fault names."""
    kinds = {each.__name__: each for each in _kinds(ModelportError)}
    found: set[str] = set()
    for _, call in _calls(*kinds):
        assert isinstance(call.func, ast.Name)
        kind = kinds[call.func.id]
        if (rule := _rule_of(call)) is not None:
            found.add(f"{kind.__new__(kind).problem}_{rule}")
    return found


IN_FILES = {f"catalog/{name}.py" for name in (
    "applying", "checks", "document", "marked", "price_entry", "reading", "words",
)}  # fmt: skip
"""Where faults of catalogue files are told."""
MADE_UP = {"slug", "variant", *_PLAIN}
"""Words of those that are put together there."""


def _file_faults() -> dict[str, set[str]]:
    """Words of what can be wrong in a catalogue file, and what values each is given."""
    found = {
        name: {"key"} if name == "missing" else {"given"} if name in {"slug", "variant"} else set() for name in MADE_UP
    }
    for file, call in _calls("Told"):
        if file.relative_to(SOURCE).as_posix() in IN_FILES and isinstance(call.args[0], ast.Constant):
            found.setdefault(str(call.args[0].value), set()).update(each.arg or "" for each in call.keywords)
    return found


def _remarks() -> dict[str, set[str | None]]:
    """Words of sentences that are no faults, or become one elsewhere, and what values each is given."""
    return {
        str(call.args[0].value): {each.arg for each in call.keywords}
        for file, call in _calls("Told")
        if file.relative_to(SOURCE).as_posix() not in IN_FILES
        and len(call.args) == 2
        and isinstance(call.args[0], ast.Constant)
    }


@LANGUAGES
def test_every_fault_has_words(language: str) -> None:
    words = texts(language)
    mail = {f"mail_not_sent_{rule}" for rule in get_args(Rule)}
    rules = _rules() | mail | ELSEWHERE | {each for each in _remarks() if each.startswith("bad_")}
    assert len(rules) > 100
    assert set(words["faults"]["problems"]) | set(words["reasons"]) == _problems() | rules
    assert set(words["remarks"]) == {each for each in _remarks() if not each.startswith("bad_")}
    assert set(words["refusals"]) == set(REFUSALS)
    assert set(words["failings"]) == set(get_args(Failing))


@LANGUAGES
def test_words_have_the_values_that_the_server_gives(language: str) -> None:
    """A value that is named and not given would be shown as its name in braces."""
    given = _remarks()
    words = texts(language)
    for code, text in words["remarks"].items():
        assert set(re.findall(r"{{(\w+)}}", text)) <= given[code], code
    assert {code: set(re.findall(r"{{(\w+)}}", text)) for code, text in words["reasons"].items()} == {
        code: set(re.findall(r"{{(\w+)}}", text)) for code, text in texts("en")["reasons"].items()
    }


@LANGUAGES
def test_every_fault_of_a_file_has_words(language: str) -> None:
    words, given = texts(language), _file_faults()
    hints = {"near", "some", "remove"}
    assert set(words["fileFaults"]) | hints == set(given)
    for code, text in words["fileFaults"].items():
        assert set(re.findall(r"{{(\w+)}}", text)) <= given[code], code


def test_faults_of_files_are_told_for_programs() -> None:
    """With a word each: also those that another library finds."""
    with pytest.raises(FileFaults) as raised:
        read_text("models: [{id: no-slash, nam: x, name: 5, context_length: -1}]", "a file")
    faults: Any = raised.value.metadata["faults"]
    facts = {each["path"].removeprefix("models[0]."): each["facts"] for each in faults}
    assert facts == {
        "id": {"code": "model_id", "given": "no-slash"},
        "nam": {"code": "unknown_key", "key": "nam", "near": "name"},
        "name": {"code": "string_type"},
        "context_length": {"code": "greater_than", "gt": 0},
    }
    refused = Refused([Told("alias_taken", "alias 'a/b' leads elsewhere; keep one", alias="a/b")])
    assert msgspec.json.decode(msgspec.json.encode(refused.metadata)) == {
        "faults": ["alias 'a/b' leads elsewhere; keep one"],
        "facts": [{"code": "alias_taken", "alias": "a/b"}],
    }


def test_nothing_is_refused_without_a_reason() -> None:
    """Of faults that have many reasons each says which: its English alone would stand on a Chinese page."""
    silent = [
        f"{file.relative_to(SOURCE)}:{call.lineno} {ast.unparse(call)}"
        for file, call in _calls(*MANY_REASONS)
        if file.parent.name != "cli"
        and _rule_of(call) is None
        and "metadata" not in {each.arg for each in call.keywords}
    ]
    assert silent == []


def test_words_for_programs() -> None:
    assert BadOrder("No.").problem == "bad_order"
    assert BadRequest("No.").problem is None
    assert WrongField("amount", "give more.", kind="greater_than", gt=0).metadata == {
        "fields": [{"name": "amount", "kind": "greater_than", "gt": 0}]
    }
