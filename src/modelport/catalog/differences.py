"""What applying a document changes, one difference at a time: for people to read before they consent, and to log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelport.kit.money import format_price

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Difference", "of_values"]

_SECRET = {"api_key", "api_keys", "proxy", "headers"}
_PRICES = {"pricing", "cost"}
_LONGEST = 200


class Difference(NamedTuple):
    """One thing that is added, changed or removed."""

    kind: Literal["added", "changed", "removed"]
    subject: str
    """`provider acme`, `model author/slug` or `author acme`."""
    endpoint: str | None = None
    """Tag of the model's endpoint that differs; None where it is the subject itself."""
    field: str | None = None
    """Such as `context_length` or `pricing.prompt`; None where the whole thing is added or removed."""
    old: str | None = None
    """In words; None where there was nothing, or where it is a secret or too long to show."""
    new: str | None = None

    @property
    def is_price(self) -> bool:
        """Whether it changes what callers pay or the operator is charged."""
        return self.field is not None and self.field.partition(".")[0] in _PRICES

    @property
    def words(self) -> str:
        """In one line."""
        what = f"{self.subject}: endpoint {self.endpoint}" if self.endpoint else self.subject
        if self.field is None:
            return f"{what} {self.kind}" + (f": {self.new}" if self.new else "")
        if self.old is None and self.new is None:
            return f"{what}: {self.field} changed"
        return f"{what}: {self.field} {_or_none(self.old)} -> {_or_none(self.new)}"

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {**self._asdict(), "is_price": self.is_price}


def of_values(
    subject: str, endpoint: str | None, values: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[Difference]:
    """Differences of `values` to what stood there `before`, field by field and price by price."""
    for key, new in values.items():
        old = before[key]
        if key in _PRICES and old and new:
            for name in sorted(name for name in {*old, *new} if old.get(name) != new.get(name)):
                yield Difference("changed", subject, endpoint, f"{key}.{name}", *_prices(old.get(name), new.get(name)))
        elif key in _SECRET or key in _PRICES or max(len(str(old)), len(str(new))) > _LONGEST:
            yield Difference("changed", subject, endpoint, key)
        else:
            yield Difference("changed", subject, endpoint, key, _shown(old), _shown(new))


def _prices(old: Any, new: Any) -> tuple[str | None, str | None]:
    if isinstance(old or new, list):
        return None, None
    before, after = (format_price(each) if isinstance(each, int) else _shown(each) for each in (old, new))
    return before, after


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _or_none(text: str | None) -> str:
    return "none" if text is None else text
