"""The event stream reader: right for any cut, like the reference, bounded and linear."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelport.upstream.errors import FaultKind, UpstreamFault
from modelport.upstream.sse import Event, Reader

LIMIT = 1 << 20

# Pieces that meet the reader's every branch, strung together in any order.
_PIECES = st.sampled_from(
    [
        *[b"data: ", b"data:", b"data", b"event: ", b"event:x", b"id: 7", b"retry: 5", b": note", b"x", b" ", b":"],
        *[b"\n", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"data: x\n\n", b"\xef\xbb\xbf", b"\xc3\xa9"],
    ]
)
_STREAMS = st.lists(_PIECES, max_size=40).map(b"".join)


def read(*chunks: bytes, limit: int = LIMIT) -> list[Event]:
    reader = Reader(limit)
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + reader.finish()


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(at, len(stream)) for at in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


def named_after_data(stream: bytes) -> bool:
    """Whether a block has an `event` line after a `data` line: where another event begins without a blank line."""
    blocks = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n\n")
    fields = [[line.partition(b":")[0] for line in block.split(b"\n")] for block in blocks]
    return any(b"data" in each and b"event" in each[each.index(b"data") :] for each in fields)


class TestFeed:
    """What `feed` gives."""

    @pytest.mark.parametrize(
        ("stream", "events"),
        [
            (b"data: a\n\n", [(b"", b"a")]),
            (b"data:a\n\ndata:  b\n\n", [(b"", b"a"), (b"", b" b")]),
            (b"event: ping\ndata: {}\n\n", [(b"ping", b"{}")]),
            (b"event:ping\ndata:{}\n\n", [(b"ping", b"{}")]),
            (b"data: a\ndata: b\nevent: e\n\n", [(b"e", b"a\nb")]),
            (b"event: e\ndata: a\ndata: b\n\n", [(b"e", b"a\nb")]),
            (b": OPENROUTER PROCESSING\n\ndata: a\n\n", [(b"", b"a")]),
            (b":\ndata: a\n\n", [(b"", b"a")]),
            (b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"", b"a"), (b"", b"b")]),
            (b"data: a\r\rdata: b\r\r", [(b"", b"a"), (b"", b"b")]),
            (b"id: 1\nretry: 3\ndata: a\nnope: x\n\n", [(b"", b"a")]),
            (b"\xef\xbb\xbfdata: a\n\n", [(b"", b"a")]),
            (b"data\n\ndata:\n\n", [(b"", b""), (b"", b"")]),
            (b"event: only\n\n", []),
            # Blank lines that were left out.
            (b'data: {"a":1}\ndata: {}\n\n', [(b"", b'{"a":1}'), (b"", b"{}")]),
            (b'data: {"a":\ndata: 1}\n\n', [(b"", b'{"a":\n1}')]),
            (b"event: a\ndata: 1\nevent: b\ndata: 2\n\n", [(b"a", b"1"), (b"b", b"2")]),
            (b"\n\n\n\ndata: a\n\n\n\n", [(b"", b"a")]),
            (b"", []),
        ],
    )
    def test_reads_by_the_standard(self, stream: bytes, events: list[tuple[bytes, bytes]]) -> None:
        expected = [Event(*event) for event in events]
        assert read(stream) == expected
        assert read(*[bytes([byte]) for byte in stream]) == expected

    def test_gives_an_event_as_soon_as_it_is_complete(self) -> None:
        reader = Reader(LIMIT)
        assert reader.feed(b"data: a\n") == []
        assert reader.feed(b"\ndata: b") == [Event(b"", b"a")]
        assert reader.feed(b"\r\n\r") == [Event(b"", b"b")]
        assert reader.feed(b"\ndata: c\n\n") == [Event(b"", b"c")]

    @given(_STREAMS, st.lists(st.integers(0, 200), max_size=12))
    def test_the_cuts_do_not_matter(self, stream: bytes, cuts: list[int]) -> None:
        assert read(*cut(stream, cuts)) == read(stream)

    @given(_STREAMS, st.lists(st.integers(0, 200), max_size=6), st.integers(1, 30))
    def test_the_cuts_do_not_matter_to_the_bound(self, stream: bytes, cuts: list[int], limit: int) -> None:
        def outcome(chunks: list[bytes]) -> list[Event] | FaultKind:
            try:
                return read(*chunks, limit=limit)
            except UpstreamFault as fault:
                return fault.kind

        assert outcome(cut(stream, cuts)) == outcome([stream])

    @given(_STREAMS)
    @settings(max_examples=300)
    def test_agrees_with_httpx_sse(self, stream: bytes) -> None:
        """But for what differs by intent: byte order marks, events without data, a second name before a blank line."""
        stream = stream.replace(b"\xef\xbb\xbf", b"") + b"\n\n"
        assume(not named_after_data(stream))
        lines, decoder = SSELineDecoder(), SSEDecoder()
        decoded = [decoder.decode(line) for line in lines.decode(stream.decode()) + lines.flush()]
        theirs = [(e.event.encode(), e.data.encode()) for e in decoded if e is not None and e.data]
        assert [(e.event or b"message", e.data) for e in read(stream) if e.data] == theirs


class TestFinish:
    """What is left at the end of a stream."""

    @pytest.mark.parametrize("stream", [b"data: a", b"data: a\n", b"data: a\r", b"data: a\r\n", b"data: a\n\n"])
    def test_gives_what_stands_unterminated(self, stream: bytes) -> None:
        assert read(stream) == [Event(b"", b"a")]

    @pytest.mark.parametrize("stream", [b"", b"\n", b": c", b"event: x", b"\xef\xbb", b"\r"])
    def test_gives_nothing_without_data(self, stream: bytes) -> None:
        assert read(stream) == []


class TestBounds:
    """Memory and work."""

    @pytest.mark.parametrize("size", [1, 1000, 20_000])
    def test_refuses_an_unfinished_event_beyond_the_bound(self, size: int) -> None:
        reader = Reader(10_000)
        for _ in range(10_000 // size):
            assert reader.feed(b"x" * size) == []
        with pytest.raises(UpstreamFault) as caught:
            [reader.feed(b"x" * size) for _ in range(2)]
        assert caught.value.kind is FaultKind.TOO_LARGE
        assert len(reader._pending) == 0

    def test_refuses_a_finished_event_beyond_the_bound(self) -> None:
        assert read(b"data: 1234\n\n", limit=10) == [Event(b"", b"1234")]
        with pytest.raises(UpstreamFault):
            read(b"data: 12345\n\n", limit=10)

    def test_the_bound_is_for_one_event_not_for_the_chunk(self) -> None:
        assert len(read(b"data: 1234\n\n" * 1000, limit=10)) == 1000

    def test_an_unfinished_line_costs_linear_work(self) -> None:
        """Counts lines executed, by size of the line: quadratic work shows, the machine's speed does not."""

        def steps(chunks: int) -> int:
            count = 0

            def trace(*_: object) -> object:
                nonlocal count
                count += 1
                return trace

            reader = Reader(64 << 20)
            before = sys.gettrace()
            sys.settrace(trace)  # pyright: ignore[reportArgumentType]  a tracer that counts only
            try:
                for _ in range(chunks):
                    reader.feed(b"x" * 1000)
            finally:
                sys.settrace(before)
            return count

        assert steps(2000) < 2.2 * steps(1000)

    def test_each_byte_is_searched_once(self) -> None:
        """The scan for the end is over the chunk alone; the pending bytes are only ever appended to."""

        class Counting(bytes):
            searched = 0

            def find(self, *args: object) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
                Counting.searched += len(self)
                return super().find(*args)  # pyright: ignore[reportArgumentType]

        reader = Reader(64 << 20)
        reader.feed(b"data: ")
        for _ in range(20_000):
            reader.feed(Counting(b"x" * 1000))
        assert Counting.searched == 20_000_000
        assert [len(event.data) for event in reader.finish()] == [20_000_000]
