"""What the official client is seen to do with each operation of the reference's API, and the page that tells of it.

`Watch` hands out clients and notes every call: which method, what was sent, how it was answered. Nothing here says
what works; `operations.yaml` lists the reference's operations and why what is not offered is not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx
import httpx2
import yaml
from anthropic import APIStatusError
from openrouter import OpenRouter
from openrouter.errors import OpenRouterError
from openrouter.utils import BackoffStrategy, RetryConfig

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EVERY", "Call", "Operation", "Watch", "here", "page"]

ABSENT: Final = frozenset({404, 405})
"""How the server answers what it does not offer."""


class Operation(NamedTuple):
    """One operation of the reference's."""

    group: str
    method: str
    path: str
    client: str
    """The method of the official Python client; `none` where it has none."""
    reason: str
    """Why it is not offered, in case it is not."""

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


class Call(NamedTuple):
    """One call of a client's method."""

    operation: str
    client: str
    status: int
    refused: str
    """The class that it raised; empty when it took the answer."""
    again: Callable[[str], object]
    """Makes the call once more, with another key."""


def _operations() -> dict[str, Operation]:
    told: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("operations.yaml").read_text(encoding="utf-8"))
    reasons, found = dict(told["reasons"]), dict[str, Operation]()
    for group, entries in told["operations"].items():
        for name, client in entries.items():
            method, _, path = name.partition(" ")
            found[name] = Operation(group, method, path, client, reasons.get(name) or reasons.get(group) or "")
    assert set(reasons) <= {*found, *told["operations"]}, "a reason for what is not in the list"
    return found


EVERY: Final = _operations()
"""Every operation by its name."""
# Fixed addresses first: `/models/count` is also of the form of others.
_FORMS: Final = [
    (each, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each.path))))
    for each in sorted(EVERY.values(), key=lambda each: each.path.count("{"))
]


class Watch:
    """Clients of a server, and everything that they were seen to do."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[Call] = []
        self.http = httpx.Client(timeout=30, event_hooks={"response": [self._note]})
        self.http2 = httpx2.Client(timeout=30, event_hooks={"response": [self._note]})
        self._sent: list[tuple[str, int]] = []
        # Kept: each made anew reads the certificates of this machine.
        self._clients: dict[str, OpenRouter] = {}

    def _note(self, answer: httpx.Response | httpx2.Response) -> None:
        path = answer.request.url.path.removeprefix("/api/v1")
        names = [each.name for each, form in _FORMS if each.method == answer.request.method and form.fullmatch(path)]
        assert names, f"{answer.request.method} {path} is no operation of the reference's"
        self._sent.append((names[0], answer.status_code))

    def close(self) -> None:
        """Ends the connections."""
        self.http.close()
        self.http2.close()

    def client(self, key: str) -> OpenRouter:
        """The official client, watched."""
        if key not in self._clients:
            once = RetryConfig("none", BackoffStrategy(1, 1, 1, 1), retry_connection_errors=False)
            address = f"{self.url}/api/v1"
            self._clients[key] = OpenRouter(server_url=address, api_key=key, client=self.http, retry_config=once)
        watched: Any = _Watched(self, self._clients[key], ())
        return watched

    def call(self, client: str, work: Callable[[], Any], again: Callable[[str], object]) -> Any:
        """Does the call of a client's method, and notes what came of it."""
        self._sent.clear()
        refused = ""
        try:
            return work()
        except (OpenRouterError, APIStatusError) as error:
            refused = type(error).__name__
            raise
        finally:
            self.calls += [Call(name, client, status, refused, again) for name, status in self._sent]

    def of(self, operation: Operation) -> list[Call]:
        """Every call that was an operation."""
        return [each for each in self.calls if each.operation == operation.name]


class _Watched:
    """A client, or a part of one, whose methods tell when they are called."""

    def __init__(self, watch: Watch, part: Any, names: tuple[str, ...]) -> None:
        self._watch, self._part, self._names = watch, part, names

    def __getattr__(self, name: str) -> Any:
        names = (*self._names, name)
        found = getattr(self._part, name)
        return self._method(found, names) if callable(found) else _Watched(self._watch, found, names)

    def _method(self, method: Any, names: tuple[str, ...]) -> Callable[..., Any]:
        def call(**fields: Any) -> Any:
            def again(key: str) -> object:
                part: Any = self._watch.client(key)
                for name in names:
                    part = getattr(part, name)
                # What names its key itself is given the other one there.
                security = fields.get("security")
                other = {} if security is None else {"security": type(security)(bearer=key)}
                return part(**{**fields, **other})

            return self._watch.call(".".join(names), lambda: method(**fields), again)

        return call


def here(operation: Operation, calls: list[Call]) -> str:
    """What becomes of an operation, by the calls that were made of it.

    Raises `AssertionError` when nothing was seen of it, or not what its reason says.
    """
    assert calls, f"{operation.name} was not driven"
    if any(each.status < 300 and not each.refused for each in calls):
        return "works"
    assert operation.reason, f"{operation.name} does not work, and nothing says why: {calls}"
    assert {each.status for each in calls} <= ABSENT, f"{operation.name} is not offered, and yet answered: {calls}"
    return f"not offered: {operation.reason}"


def _refusals(calls: list[Call]) -> str:
    words = sorted({each.refused.removesuffix("ResponseError") for each in calls if each.refused})
    return ", ".join(f"`{word}`" for word in words) or "none"


def page(watch: Watch) -> str:
    """The page that tells of it all."""
    told = {each.name: here(each, watch.of(each)) for each in EVERY.values()}
    count = sum(words == "works" for words in told.values())
    lines = [
        "# Operations of OpenRouter's API",
        "",
        "Written by `tests/api/test_api_operations.py`, which has the official `openrouter` client, unmodified, drive",
        f"every operation on a running server. Of {len(told)} it takes the answer of {count}.",
        "`make operations` writes it anew.",
        "",
        "- **works**: the client was answered, and took the answer.",
        "- **not offered**, and why: the server answers 404 or 405.",
        "- *Refused as*: the classes of the client's own (`…ResponseError`) it raised in that run: for a wrong key,",
        "  for a key of the wrong kind, for what is not there or not valid.",
    ]
    group = ""
    for each in EVERY.values():
        if each.group != group:
            group = each.group
            lines += ["", f"## {group}", "", "| operation | client | here | refused as |", "| --- | --- | --- | --- |"]
        calls = watch.of(each)
        (client,) = {"none" if call.client == "none" else f"`{call.client}`" for call in calls}
        lines.append(f"| `{each.name}` | {client} | {told[each.name]} | {_refusals(calls)} |")
    return "\n".join(lines) + "\n"
