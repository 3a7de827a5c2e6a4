"""One destination, and which traces it gets: by API key, by rules, and by a draw that is the same for a session."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from modelport.broadcast.errors import BadDestination
from modelport.guardrails.patterns import compiled
from modelport.kit.money import to_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelport.broadcast.trace import Trace

__all__ = ["FIELDS", "OPERATORS", "WHOLE", "DataRegion", "Destination", "check_rules", "meets"]

DataRegion = Literal["global", "europe", "us"]
WHOLE: Final = 10_000
"""A sampling of everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where traces go; its configuration stays sealed until one is delivered."""

    id: str
    account_id: str
    workspace_id: str
    type: str
    name: str
    sealed: str
    enabled: bool
    privacy_mode: bool
    sampling: int
    tells_cost: bool
    tells_allocation: bool
    tells_identity: bool
    tells_context: bool
    api_key_hashes: list[str] | None
    filter_rules: dict[str, Any] | None
    regions: list[DataRegion]
    created_at: int
    updated_at: int
    delivered_at: int | None
    fault: str | None
    fault_at: int | None
    dropped: int

    def is_for(self, workspace_id: str, key_hash: str) -> bool:
        """Whether it gets traces of this API key at all."""
        return (
            self.enabled
            and "global" in self.regions  # where this server answers
            and self.workspace_id == workspace_id
            and (self.api_key_hashes is None or key_hash in self.api_key_hashes)
        )

    def takes(self, trace: Trace) -> bool:
        """Whether this one is drawn, and meets the rules."""
        if self.sampling < WHOLE:
            drawn = hashlib.blake2b(f"{self.id} {trace.group}".encode(), digest_size=8).digest()
            if int.from_bytes(drawn) % WHOLE >= self.sampling:
                return False
        return meets(self.filter_rules, trace)


FIELDS: Final[dict[str, Callable[[Trace], Any]]] = {
    "model": lambda trace: trace.model,
    "provider": lambda trace: trace.provider,
    "session_id": lambda trace: trace.session_id,
    "user_id": lambda trace: trace.external_user,
    "api_key_name": lambda trace: trace.source.key_name,
    "finish_reason": lambda trace: trace.finish_reason,
    "input": lambda trace: None if trace.content is None else trace.content.input,
    "output": lambda trace: None if trace.content is None else trace.content.output,
    "total_cost": lambda trace: to_number(trace.cost),
    "total_tokens": lambda trace: trace.prompt_tokens + trace.completion_tokens,
    "prompt_tokens": lambda trace: trace.prompt_tokens,
    "completion_tokens": lambda trace: trace.completion_tokens,
}
"""What rules may ask about."""


def _number(value: Any) -> float:
    return float(value)


def _same(has: Any, wanted: Any) -> bool:
    if isinstance(has, int | float):
        try:
            return has == _number(wanted)
        except (TypeError, ValueError):
            return False
    return has == (None if wanted is None else str(wanted))


OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "equals": _same,
    "not_equals": lambda has, wanted: not _same(has, wanted),
    "contains": lambda has, wanted: str(wanted) in str(has or ""),
    "not_contains": lambda has, wanted: str(wanted) not in str(has or ""),
    "regex": lambda has, wanted: has is not None and any(True for _ in compiled(str(wanted)).finditer(str(has))),
    "starts_with": lambda has, wanted: str(has or "").startswith(str(wanted)),
    "ends_with": lambda has, wanted: str(has or "").endswith(str(wanted)),
    "gt": lambda has, wanted: has is not None and _number(has) > _number(wanted),
    "lt": lambda has, wanted: has is not None and _number(has) < _number(wanted),
    "gte": lambda has, wanted: has is not None and _number(has) >= _number(wanted),
    "lte": lambda has, wanted: has is not None and _number(has) <= _number(wanted),
    "exists": lambda has, _wanted: has not in {None, ""},
    "not_exists": lambda has, _wanted: has in {None, ""},
}
_NUMERIC: Final = frozenset({"gt", "lt", "gte", "lte"})


def meets(rules: Mapping[str, Any] | None, trace: Trace) -> bool:
    """Whether a trace meets every group of rules; within a group one or all, as the group says."""
    if rules is None or rules.get("enabled") is False:
        return True
    for group in rules["groups"]:
        found = [
            OPERATORS[rule["operator"]](FIELDS[rule["field"]](trace), rule.get("value")) for rule in group["rules"]
        ]
        if found and not (any(found) if group.get("logic") == "or" else all(found)):
            return False
    return True


NO_ANSWER: Final = "could not be delivered"
BROKEN: Final = "its configuration can't be read"

Failing = Literal["no_answer", "answered", "broken"]


def failing_of(fault: str | None) -> Failing | None:
    """A stable word for what a delivery met, of what was noted of it."""
    if fault is None:
        return None
    return "no_answer" if fault.startswith(NO_ANSWER) else "broken" if fault == BROKEN else "answered"


def check_rules(rules: Mapping[str, Any] | None) -> None:
    """Raises `BadDestination` for a value that its operator can't be asked with."""
    for group in () if rules is None else rules["groups"]:
        for rule in group["rules"]:
            operator, value = rule["operator"], rule.get("value")
            if operator in {"exists", "not_exists"}:
                continue
            if value is None:
                raise BadDestination(
                    f"Invalid request: filter_rules: `{operator}` needs a value.", metadata={"rule": "value"}
                )
            if operator in _NUMERIC:
                try:
                    _number(value)
                except (TypeError, ValueError):
                    raise BadDestination(
                        f"Invalid request: filter_rules: `{operator}` needs a number.", metadata={"rule": "number"}
                    ) from None
            if operator == "regex":
                compiled(str(value))
