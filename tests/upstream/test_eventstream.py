"""Amazon's event streams: right for any cut, like botocore, bounded, and never silently wrong."""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st
from test_reply import collect, sends
from upstream_peers import chunk, serve

from modelport.kit.eventstream import BadMessage, decode, encode, length
from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.eventstream import Reader
from modelport.upstream.sse import Event

if TYPE_CHECKING:
    from modelport.upstream.client import UpstreamClient

LIMIT = 1 << 20
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\ntransfer-encoding: chunked\r\n\r\n"

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda s: len(s.encode()) < 99
)
HEADERS = st.dictionaries(NAMES | st.sampled_from([":event-type", ":exception-type"]), NAMES, max_size=4)
MESSAGES = st.lists(st.tuples(HEADERS, st.binary(max_size=60)), max_size=5)


def event(name: str, payload: bytes = b"{}") -> bytes:
    return encode({":event-type": name, ":message-type": "event"}, payload)


def read(*chunks: bytes, limit: int = LIMIT) -> list[Event]:
    reader = Reader(limit, "Acme")
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + reader.finish()


def framed(headers: bytes, payload: bytes = b"") -> bytes:
    """A message with headers of any making, and right checksums."""
    start = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = start + struct.pack(">I", crc32(start)) + headers + payload
    return message + struct.pack(">I", crc32(message))


@given(MESSAGES)
def test_botocore_reads_what_is_written(messages: list[tuple[dict[str, str], bytes]]) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(encode(*message) for message in messages))
    assert [(dict(each.headers), each.payload) for each in buffer] == messages


@given(MESSAGES, st.lists(st.integers(0, 400), max_size=6))
def test_any_cut_gives_the_same_events(messages: list[tuple[dict[str, str], bytes]], cuts: list[int]) -> None:
    stream = b"".join(encode(*message) for message in messages)
    edges = [0, *sorted(min(at, len(stream)) for at in cuts), len(stream)]
    expected = [
        Event((headers.get(":event-type") or headers.get(":exception-type") or "").encode(), payload)
        for headers, payload in messages
    ]
    assert read(*(stream[a:b] for a, b in pairwise(edges))) == expected
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == expected


def test_names() -> None:
    """An exception has its own type for a name; an error without one has its code and message for data."""
    exception = encode({":exception-type": "throttlingException", ":message-type": "exception"}, b'{"message":"slow"}')
    error = encode({":message-type": "error", ":error-code": "Broken", ":error-message": "it broke"}, b"")
    first, second = read(exception + error)
    assert first == Event(b"throttlingException", b'{"message":"slow"}')
    assert (second.event, json.loads(second.data)) == (b"error", {"code": "Broken", "message": "it broke"})


def test_headers_of_every_type() -> None:
    """Those that are no text are passed over, whatever their length."""
    others = [(0, b""), (1, b""), (2, b"1"), (3, b"22"), (4, b"4" * 4), (5, b"8" * 8), (8, b"8" * 8), (9, b"x" * 16)]
    headers = b"".join(b"\x01n" + bytes([kind]) + value for kind, value in others)
    headers += b"\x01b\x06\x00\x03abc" + b"\x01t\x07\x00\x02hi"
    assert decode(framed(headers, b"payload")) == ({"t": "hi"}, b"payload")


@pytest.mark.parametrize(
    "headers", [b"\x01n\x0a", b"\x09n", b"\x01n\x07\x00\x09hi", b"\x01n\x07\x00\x01\xff", b"\x01n", b"\x01n\x07\x00"]
)
def test_headers_that_cannot_be_read(headers: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(framed(headers))


def test_a_changed_byte_is_noticed() -> None:
    """Whichever it is: a wrong length among them never makes the reader wait for more."""
    message = event("messageStart", b'{"role":"assistant"}')
    for at in range(len(message)):
        broken = bytearray(message)
        broken[at] ^= 1
        with pytest.raises(UpstreamFault) as caught:
            Reader(LIMIT, "Acme").feed(bytes(broken))
        assert caught.value.kind is FaultKind.MALFORMED
        assert caught.value.sent


def test_lengths_that_contradict_each_other() -> None:
    prelude = struct.pack(">II", 20, 30)
    with pytest.raises(BadMessage):
        length(prelude + struct.pack(">I", crc32(prelude)))
    with pytest.raises(BadMessage):
        decode(event("x")[:-1])


def test_the_bound_is_on_one_message() -> None:
    """Many small ones pass; a large one is refused by its announced length, before it has arrived."""
    message = event("x", b"y" * 100)
    assert len(read(message * 50, limit=len(message))) == 50
    with pytest.raises(UpstreamFault, match="Acme sent an event larger than") as caught:
        Reader(len(message) - 1, "Acme").feed(message[:12])
    assert caught.value.kind is FaultKind.TOO_LARGE


@pytest.mark.parametrize("kept", [1, 11, 12, 30])
def test_an_end_within_a_message(kept: int) -> None:
    with pytest.raises(UpstreamFault) as caught:
        read(event("x"), event("y")[:kept])
    assert caught.value.kind is FaultKind.TRUNCATED


class TestReply:
    """The framing follows the content type."""

    async def test_events(self, client: UpstreamClient) -> None:
        first, second = event("messageStart"), event("messageStop", b"[]")
        parts = [HEAD + chunk(first + second[:20]), chunk(second[20:]), chunk(b"")]
        async with serve(sends(*parts, then="wait")) as peer:
            reply = await client.send(peer.target(), b"{}")
            assert reply.streams
            assert await collect(reply) == [Event(b"messageStart", b"{}"), Event(b"messageStop", b"[]")]

    @pytest.mark.parametrize(
        ("part", "kind"),
        [
            (event("x", b"y" * 99), FaultKind.TOO_LARGE),
            (event("x")[:20], FaultKind.TRUNCATED),
            (b"\0" * 12, FaultKind.MALFORMED),
        ],
    )
    async def test_faults(self, client: UpstreamClient, part: bytes, kind: FaultKind) -> None:
        async with serve(sends(HEAD + chunk(part), chunk(b""), then="wait")) as peer:
            reply = await client.send(peer.target(limit=1), b"{}")
            with pytest.raises(UpstreamFault) as caught:
                await collect(reply, max_event_bytes=64)
            assert caught.value.kind is kind
            assert client.in_flight("acme") == 0
