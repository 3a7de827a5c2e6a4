"""A model provider that costs next to nothing: OpenAI-chat-shaped answers from a bare asyncio protocol.

All streams hang on one timer: each tick writes to the streams that are due, with bytes made once per tick.
Every event carries the time it was written, so that the reader can tell how long it was under way.
"""

import argparse
import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Final, cast

import httptools
import msgspec
import uvloop

from .wire import ORDER

_TICK_MS: Final = 5
_JSON_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_USAGE: Final = b'{"prompt_tokens":57,"completion_tokens":24,"total_tokens":81}'
_ANSWER: Final = (
    b'{"id":"chatcmpl-bench","object":"chat.completion","created":1760000000,"model":"echo","choices":'
    b'[{"index":0,"message":{"role":"assistant","content":"Black tea, well closed and dry, keeps longest: '
    b'two years and more. Green tea is best within one."},"logprobs":null,"finish_reason":"stop"}],"usage":'
    + _USAGE
    + b"}"
)
_PLAIN: Final = _JSON_HEAD % len(_ANSWER) + _ANSWER
_MODELS: Final = b'{"object":"list","data":[{"id":"echo","object":"model","created":1760000000,"owned_by":"mock"}]}'
_LIST: Final = _JSON_HEAD % len(_MODELS) + _MODELS


def _chunk(choices: bytes, usage: bytes = b"null") -> bytes:
    """One event, in one HTTP chunk."""
    event = (
        b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760000000,"model":"echo",'
        b'"choices":[%b],"usage":%b}\n\n' % (choices, usage)
    )
    return b"%x\r\n%b\r\n" % (len(event), event)


_LAST: Final = _chunk(b'{"index":0,"delta":{},"finish_reason":"stop"}')
_USAGE_EVENT: Final = _chunk(b"", _USAGE)
_DONE: Final = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


class _StreamOptions(msgspec.Struct):
    """What of `stream_options` matters here."""

    include_usage: bool = False


class _Chat(msgspec.Struct):
    """What of a chat request matters here."""

    messages: msgspec.Raw
    stream: bool = False
    stream_options: _StreamOptions | None = None


_decode = msgspec.json.Decoder(_Chat).decode


@dataclass(slots=True, eq=False)
class _Stream:
    """One answer under way: where it goes, how many events are left, how many ticks lie between two."""

    transport: asyncio.Transport
    left: int
    period: int
    usage: bool


class Wheel:
    """The one timer behind all paced streams; it rests while there are none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: dict[int, list[_Stream]] = {}
        self._tick = 0

    def add(self, stream: _Stream) -> None:
        """Let the stream's first event fall on the next tick."""
        if not self._due:
            self._tick = self._now()
            self._loop.call_at((self._tick + 1) * _TICK_MS / 1000, self._turn)
        self._due.setdefault(self._tick + 1, []).append(stream)

    def _now(self) -> int:
        return int(self._loop.time() * 1000) // _TICK_MS

    def _turn(self) -> None:
        now = self._now()
        while self._tick < now:
            self._tick += 1
            if due := self._due.pop(self._tick, None):
                self._write(due)
        if self._due:
            self._loop.call_at((self._tick + 1) * _TICK_MS / 1000, self._turn)

    def _write(self, due: list[_Stream]) -> None:
        content = b'{"index":0,"delta":{"content":" t%d"},"finish_reason":null}' % time.monotonic_ns()
        event = _chunk(content)
        for stream in due:
            if stream.transport.is_closing():
                continue
            if stream.left:
                stream.left -= 1
                stream.transport.write(event)
                self._due.setdefault(self._tick + stream.period, []).append(stream)
            else:
                stream.transport.write(_LAST + (_USAGE_EVENT if stream.usage else b"") + _DONE)


class MockProvider(asyncio.Protocol):
    """One connection; requests come one after another."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._transport: asyncio.Transport | None = None
        self._body = b""
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        # uvloop's transports do not derive from asyncio's, hence no isinstance.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a caller that does not speak HTTP is dropped."""
        assert self._transport is not None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._body = b""

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer at once, or hang the stream on the wheel."""
        assert self._transport is not None
        if self._parser.get_method() != b"POST":
            self._transport.write(_LIST)
            return
        chat = _decode(self._body)
        if not chat.stream:
            self._transport.write(_PLAIN)
            return
        order = ORDER.search(bytes(chat.messages))
        events, pace_ms = (int(order[1]), int(order[2])) if order else (8, 20)
        usage = chat.stream_options is not None and chat.stream_options.include_usage
        self._transport.write(_STREAM_HEAD)
        self._wheel.add(_Stream(self._transport, events, max(1, pace_ms // _TICK_MS), usage))


async def _serve(port: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    wheel = Wheel(loop)
    server = await loop.create_server(lambda: MockProvider(wheel), "127.0.0.1", port, backlog=1024)
    async with server:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.serve_forever(), seconds)


def main() -> None:
    """Serve until stopped, or until the time is up: nothing of a benchmark outlives it for long."""
    parser = argparse.ArgumentParser(prog="python -m bench.mock", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=3600, help="stop by itself after this time")
    args = parser.parse_args()
    uvloop.run(_serve(args.port, args.seconds))


if __name__ == "__main__":
    main()
