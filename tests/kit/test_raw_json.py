"""JSON that is passed on rather than understood."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec import Raw

from modelport.kit.raw_json import one_line, overlaid


class TestOneLine:
    """Line ends between values go; nothing inside a value changes."""

    @pytest.mark.parametrize("data", [b'{"a": 1.50}', b'"a\\nb"', b"<html>"])
    def test_nothing_to_do(self, data: bytes) -> None:
        assert one_line(data) is data

    def test_spread(self) -> None:
        assert one_line(b'{\r\n "a": [1.50,\n "x\\ny"]\r}') == b'{"a":[1.50,"x\\ny"]}'

    def test_no_json(self) -> None:
        with pytest.raises(msgspec.DecodeError):
            one_line(b'{"a":\n')


class TestOverlaid:
    """Ours over theirs, one level deep."""

    def test_objects(self) -> None:
        laid = overlaid(Raw(b'{"a":{"x":1,"y":2},"b":1.50,"c":null}'), {"a": {"y": 3}, "c": {"z": 4}, "d": 5})
        out = msgspec.json.encode(laid)
        assert b'"b":1.50' in out
        assert json.loads(out) == {"a": {"x": 1, "y": 3}, "b": 1.5, "c": {"z": 4}, "d": 5}

    @pytest.mark.parametrize("theirs", [None, Raw(b"null"), Raw(b"[1]"), Raw(b'{"a'), Raw(b'"a"')])
    def test_no_object(self, theirs: Raw | None) -> None:
        assert overlaid(theirs, {"a": {"b": 1}}) == {"a": {"b": 1}}
