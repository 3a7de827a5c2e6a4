"""Callers that break HTTP, stop half way, or never end: each is answered or dropped, and the server goes on."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from api_harness import Caller, Harness, marker, until

from modelport.gateway import server

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

CHAT = "/api/v1/chat/completions"
LIMIT = 200_000


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A server with little patience."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "_HEADER_SECONDS", 0.3)
        made = Harness(tmp_path_factory.mktemp("strict"), request_read_timeout=0.4, request_body_limit=LIMIT)
        yield made
        made.stop(within=1)


@pytest.fixture
def caller(strict: Harness) -> Iterator[Caller]:
    yield strict.caller()
    assert strict.http.get("/healthz").status_code == 200
    strict.check()


@contextmanager
def connected(harness: Harness) -> Generator[socket.socket]:
    with socket.create_connection(("127.0.0.1", harness.port), timeout=15) as connection:
        yield connection


def head(caller: Caller, *lines: str) -> bytes:
    first = [
        f"POST {CHAT} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {caller.key}",
        "Content-Type: application/json",
    ]
    return "\r\n".join([*first, *lines, "", ""]).encode()


def rest_of(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass  # it closed with bytes of ours unread; what it said came before
    return b"".join(parts)


def one_answer(connection: socket.socket) -> tuple[int, dict[str, object], bytes]:
    """Status and body of the next answer, and what follows it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        assert part, f"closed after {data!r}"
        data += part
    top, _, body = data.partition(b"\r\n\r\n")
    match = re.search(rb"content-length: (\d+)", top.lower())
    assert match is not None
    length = int(match[1])
    while len(body) < length:
        body += connection.recv(65_536)
    return int(top.split()[1]), json.loads(body[:length]), body[length:]


class TestBodies:
    """Bodies too large, too short, too slow."""

    def test_an_announced_size_beyond_the_limit_is_413_unread(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, f"Content-Length: {20 * 2**20}"))
            status, body, _ = one_answer(connection)
        assert status == 413
        assert isinstance(body["error"], dict)
        assert body["error"]["code"] == 413
        assert body["error"]["metadata"] == {"error_type": "payload_too_large"}

    def test_chunks_beyond_the_limit_are_413(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, "Transfer-Encoding: chunked"))
            chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
            for _ in range(LIMIT // 0x8000 + 2):
                connection.sendall(chunk)
            status, body, _ = one_answer(connection)
        assert (status, body["error"]["code"]) == (413, 413)  # type: ignore[index]

    def test_twenty_megabytes_are_413_by_default(self, shared_harness: Harness) -> None:
        other = shared_harness.caller()
        body = json.dumps(other.body("x" * 20 * 2**20)).encode()
        assert other.post(body).status == 413

    def test_a_large_body_within_the_limit_is_read(self, shared_harness: Harness) -> None:
        other = shared_harness.caller("50")
        assert other.chat("x" * 3 * 2**20, "fake/wide:free").status == 200

    @pytest.mark.parametrize("close", [True, False])
    def test_a_body_cut_short_costs_nothing(self, caller: Caller, *, close: bool) -> None:
        mark = marker()
        content = json.dumps(caller.body(f"fake: marker={mark}")).encode()
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, f"Content-Length: {len(content)}") + content[:-10])
            if close:
                connection.shutdown(socket.SHUT_WR)
            answer = rest_of(connection) if close else b"%d" % one_answer(connection)[0]
        assert answer == b"" if close else answer == b"408"
        assert caller.harness.records(mark) == []
        assert caller.used == 0

    def test_a_trickle_is_408(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, "Content-Length: 1000"))
            connection.sendall(b'{"model":')
            status, body, _ = one_answer(connection)
        assert status == 408
        assert body["error"]["metadata"] == {"error_type": "timeout"}  # type: ignore[index]

    def test_a_wrong_chunk_is_dropped(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, "Transfer-Encoding: chunked") + b"zz\r\nxx\r\n")
            answer = rest_of(connection)
        assert answer == b"" or answer.split()[1] == b"400"

    def test_a_refusal_comes_before_the_body_is_sent(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode())
            status, _, _ = one_answer(connection)
        assert status == 401


class TestHeaders:
    """Headers too large, too many, too slow."""

    def test_too_large_is_431(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, *(f"X-{n}: " + "x" * 8000 for n in range(12)))[:-4])
            answer = rest_of(connection)
        assert answer.split()[1] == b"431"
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == 431

    def test_too_large_and_whole_is_refused_or_read(self, caller: Caller) -> None:
        """One that is whole within a single read of the socket was bounded by that read."""
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, *(f"X-{n}: " + "x" * 8000 for n in range(12))))
            assert one_answer(connection)[0] in {431, 400}

    def test_too_many_is_431(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, *(f"X-{n}: x" for n in range(150))))
            answer = rest_of(connection)
        assert answer.split()[1] == b"431"

    @pytest.mark.parametrize("sent", [b"", b"POST /api/v1/chat", b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
    def test_half_a_header_is_dropped(self, caller: Caller, sent: bytes) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(sent)
            assert rest_of(connection) == b""

    def test_a_second_request_has_as_little_time_for_its_header(self, caller: Caller) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one_answer(connection)[0] == 200
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost")
            assert rest_of(connection) == b""

    @pytest.mark.parametrize(
        "sent",
        [b"\x16\x03\x01\x02\x00\x01\x00", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50 + b"\x00"],
    )
    def test_what_is_no_http_is_400_or_dropped(self, caller: Caller, sent: bytes) -> None:
        with connected(caller.harness) as connection:
            connection.sendall(sent)
            answer = rest_of(connection)
        assert answer == b"" or answer.split()[1] in {b"400", b"404"}, answer

    def test_an_upgrade_is_not_followed(self, caller: Caller) -> None:
        content = json.dumps(caller.body()).encode()
        with connected(caller.harness) as connection:
            lines = (f"Content-Length: {len(content)}", "Connection: Upgrade", "Upgrade: websocket")
            connection.sendall(head(caller, *lines) + content)
            assert one_answer(connection)[0] in {200, 400, 426}


class TestPipelining:
    """Requests sent without waiting are answered in order."""

    def test_two_at_once(self, caller: Caller) -> None:
        sent = b""
        for text in ("one", "two", "three"):
            content = json.dumps(caller.body(f"fake: text={text}")).encode()
            sent += head(caller, f"Content-Length: {len(content)}") + content
        with connected(caller.harness) as connection:
            connection.sendall(sent)
            data = b""
            while data.count(b'"cost_details"') < 3:
                part = connection.recv(65_536)
                assert part, data
                data += part
        assert [data.index(b'"content":"%b"' % text) for text in (b"one", b"two", b"three")] == sorted(
            data.index(b'"content":"%b"' % text) for text in (b"one", b"two", b"three")
        )

    def test_leaving_with_more_in_the_pipe(self, caller: Caller) -> None:
        mark = marker()
        first = json.dumps(caller.body(f"fake: fail=stall marker={mark}")).encode()
        second = json.dumps(caller.body()).encode()
        before = caller.harness.fake._number
        with connected(caller.harness) as connection:
            connection.sendall(head(caller, f"Content-Length: {len(first)}") + first)
            until(lambda: caller.harness.fake._number > before)
            connection.sendall(head(caller, f"Content-Length: {len(second)}") + second)
            threading.Event().wait(0.1)  # read while the first is under way, and not before
        assert caller.harness.record(mark).client_gone
        assert caller.used == 0
