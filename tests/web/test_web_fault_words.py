"""The web app tells every fault of the control plane in its own languages, by the server's word for it."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.e2e_words import texts
from modelport import app, errors
from modelport.errors import BadRequest, ModelportError, WrongField
from modelport.payments.errors import BadOrder
from modelport.providers import local_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(errors.__file__).parent
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


def _rules() -> set[str]:
    """The same with the `rule` that a fault names in its metadata."""
    found: set[str] = set()
    kinds = {each.__name__: each for each in _kinds(ModelportError)}
    for node in chain.from_iterable(ast.walk(ast.parse(file.read_text("utf-8"))) for file in SOURCE.rglob("*.py")):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds):
            continue
        metadata = next((each.value for each in node.keywords if each.arg == "metadata"), None)
        if isinstance(metadata, ast.Dict):
            for key, value in zip(metadata.keys, metadata.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "rule" and isinstance(value, ast.Constant):
                    found.add(f"{kinds[node.func.id]('').problem}_{value.value}")
    return found


@LANGUAGES
def test_every_fault_has_words(language: str) -> None:
    rules = _rules()
    assert len(rules) > 10
    assert set(texts(language)["faults"]["problems"]) == _problems() | rules


def test_words_for_programs() -> None:
    assert BadOrder("No.").problem == "bad_order"
    assert BadRequest("No.").problem is None
    assert WrongField("amount", "give more.", kind="greater_than", gt=0).metadata == {
        "fields": [{"name": "amount", "kind": "greater_than", "gt": 0}]
    }
