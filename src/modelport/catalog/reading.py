"""A catalogue file as a `Document`, or every fault in it at once, each with line, column and remedy."""

from __future__ import annotations

from difflib import get_close_matches
from inspect import isclass
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from modelport.catalog import marked
from modelport.catalog.checks import Finding, Path, between, did_you_mean
from modelport.catalog.document import Document, ModelEntry, ProviderEntry
from modelport.catalog.errors import Fault, FileFaults
from modelport.kit.told import Told

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic_core import ErrorDetails

__all__ = ["read_bytes", "read_text"]

E = TypeVar("E", bound=BaseModel)

_REMEDIES = {
    "missing": "add it",
    "string_type": "put the value in quotes",
    "int_type": "write a whole number without quotes",
    "float_type": "write a number without quotes",
    "bool_type": "write `true` or `false`",
    "list_type": "write a list: one item a line, each after `- `",
    "dict_type": "write fields below it, indented: `name: value`",
    "model_type": "write fields below it, indented: `name: value`",
}
_PLAIN = {
    "missing": "is missing",
    "string_type": "is no text",
    "int_type": "is no whole number",
    "float_type": "is no number",
    "bool_type": "is neither true nor false",
    "list_type": "is no list",
    "dict_type": "holds no fields",
    "model_type": "holds no fields",
}


def read_bytes(content: bytes, name: str, *, known_providers: Collection[str] | None = None) -> Document:
    """Like `read_text`, from a file's bytes."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise FileFaults(
            name, [Fault(line, column, "", Told("no_utf8", "this is not UTF-8"), "save the file as UTF-8")]
        ) from None
    return read_text(text, name, known_providers=known_providers)


def read_text(text: str, name: str, *, known_providers: Collection[str] | None = None) -> Document:
    """Reads YAML or JSON. `name` is what the file is called in messages.

    `known_providers` are the slugs that endpoints may name beside the file's own; None leaves that to `apply`.
    Raises `FileFaults` with everything that is wrong.
    """
    try:
        data, marks, findings = marked.parse(text)
    except marked.Unreadable as error:
        raise FileFaults(name, [Fault(*error.position, "", error.message, error.remedy)]) from None
    if not isinstance(data, dict):
        raise FileFaults(
            name,
            [
                Fault(
                    1,
                    1,
                    "",
                    Told("no_catalogue", "this is no catalogue"),
                    "start with `providers:` or `models:` in the first column",
                )
            ],
        )
    faults = [_fault(marks, finding) for finding in findings]
    root = cast("dict[str, object]", data)
    document: Document | None = None
    try:
        document = Document.model_validate(root)
    except ValidationError as error:
        faults.extend(_from_pydantic(marks, each) for each in _without_echoes(error.errors(include_url=False)))
    faults.extend(_fault(marks, finding) for finding in _together(root, known_providers))
    if faults or document is None:
        raise FileFaults(name, faults)
    return document


def _together(root: Mapping[str, object], known_providers: Collection[str] | None) -> list[Finding]:
    """Faults between items, as far as the items by themselves can be read."""
    providers = _readable(root, "providers", "provider", ProviderEntry)
    models = _readable(root, "models", "model", ModelEntry)
    known = None if known_providers is None else {*known_providers, *_slugs(root)}
    return list(between(providers, models, known))


def _readable(root: Mapping[str, object], many: str, one: str, kind: type[E]) -> list[tuple[Path, E]]:
    found: list[tuple[Path, E]] = []
    for path, item in _items(root, many, one):
        try:
            found.append((path, kind.model_validate(item)))
        except ValidationError:
            continue  # told already, with its place
    return found


def _items(root: Mapping[str, object], many: str, one: str) -> list[tuple[Path, object]]:
    listed = root.get(many)
    items: list[tuple[Path, object]] = []
    if isinstance(listed, list):
        items.extend(((many, number), item) for number, item in enumerate(cast("list[object]", listed)))
    if root.get(one) is not None:
        items.append(((one,), root[one]))
    return items


def _slugs(root: Mapping[str, object]) -> set[str]:
    """What the file calls its providers, also those that have a fault elsewhere."""
    found: set[str] = set()
    for _, item in _items(root, "providers", "provider"):
        slug = cast("dict[str, object]", item).get("slug") if isinstance(item, dict) else None
        if isinstance(slug, str):
            found.add(slug)
    return found


def _without_echoes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without "`prompt` is missing" where "unknown key `promt`" asks whether `prompt` was meant."""
    meant: set[Path] = set()
    for each in errors:
        if each["type"] == "extra_forbidden":
            near = get_close_matches(str(each["loc"][-1]), _known(each["loc"]), n=1)
            meant.update((*each["loc"][:-1], word) for word in near)
    return [each for each in errors if each["type"] != "missing" or each["loc"] not in meant]


def _from_pydantic(marks: marked.Marks, error: ErrorDetails) -> Fault:
    path: Path = error["loc"]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        line, column = marks.of(path, key=True)
        word = str(path[-1])
        return Fault(
            line,
            column,
            _dotted(path),
            Told("unknown_key", f"unknown key `{word}`", key=word),
            did_you_mean(word, _known(path)),
        )
    message: Told
    remedy: str
    if kind == "catalog":
        message, remedy = context["message"], context["remedy"]
    else:
        message, remedy = Told(kind, _PLAIN.get(kind) or _lowered(error["msg"])), _REMEDIES.get(kind, "change it")
        if kind not in _PLAIN:
            message.values = {name: each for name, each in context.items() if isinstance(each, (int, str))}
        if kind == "missing":
            message = Told("missing", f"`{path[-1]}` is missing", key=str(path[-1]))
            remedy = f"add `{path[-1]}: ...` here"
        elif kind == "literal_error":
            given = error["input"]
            expected = [each.strip("' ") for each in str(context["expected"]).replace(" or ", ", ").split(", ")]
            message = Told("choice", f"{given!r} can't stand here", given=str(given))
            remedy = did_you_mean(str(given), expected)
    line, column = marks.of(path)
    return Fault(line, column, _dotted(path), message, remedy)


def _known(path: Path) -> list[str]:
    """Field names that may stand where an unknown key was found."""
    kind: Any = Document
    for step in path[:-1]:
        if isinstance(step, int):
            continue
        field = kind.model_fields.get(step)
        kind = _entry_type(field.annotation) if field is not None else None
        if kind is None:
            return []
    return list(kind.model_fields)


def _entry_type(annotation: object) -> type[BaseModel] | None:
    """The entry inside `Entry`, `list[Entry]` or `Entry | None`."""
    if isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _entry_type(part)
        if found is not None:
            return found
    return None


def _fault(marks: marked.Marks, finding: Finding) -> Fault:
    line, column = marks.of(finding.path)
    return Fault(line, column, _dotted(finding.path), finding.message, finding.remedy)


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step != "[key]":
            text += f".{step}" if text else step
    return text.removesuffix(" (again)")


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
