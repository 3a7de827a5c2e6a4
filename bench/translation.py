"""`python -m bench.translation`: what translating costs in CPU, per request and per event, with no network in between.

A chat request, and its streamed answer of many small events, go through the code that serves callers: the same dialect
on both sides (bytes patched), and chat completions onto an Anthropic provider and back (translated). Process time on
one core; each figure is the best of several rounds, so that other work on the machine counts least.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from modelport.dialects.canonical import Charged, Identity, Target, Usage
from modelport.gateway.doors import Address, Door, find

if TYPE_CHECKING:
    from collections.abc import Callable

_ME = Identity("gen-1", "maker/model", "Maker", 1_750_000_000)
_TARGET = Target("m", stream=True, default_max_tokens=4096)
_CHARGED = Charged(Usage(1_000, 500), 1_000_000, 400_000, 600_000)


class Figure(NamedTuple):
    """Microseconds of CPU."""

    pair: str
    request: float
    event: float


def _door() -> Door:
    found = find("/api/v1/chat/completions")
    assert found is not None
    assert isinstance(found[0], Door)
    return found[0]


def _request() -> bytes:
    """About 4 kB: a system prompt, eight turns, two tools."""
    words = "a sentence of some length, as people write them to models. " * 5
    turns = [{"role": ("user", "assistant")[at % 2], "content": words} for at in range(8)]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in ("a", "b", "c")}}
    tools = [{"type": "function", "function": {"name": name, "parameters": schema}} for name in ("look", "tell")]
    messages = [{"role": "system", "content": words}, *turns, {"role": "user", "content": "go on"}]
    return json.dumps({"model": "m", "stream": True, "messages": messages, "tools": tools, "temperature": 0.5}).encode()


def _chat_events(count: int) -> list[tuple[bytes, bytes]]:
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    one = json.dumps({**head, "choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}]})
    return [(b"", one.encode())] * count


def _messages_events(count: int) -> list[tuple[bytes, bytes]]:
    begun = {"type": "message_start", "message": {"id": "x", "usage": {"input_tokens": 9, "output_tokens": 1}}}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " word"}}
    head = [(each["type"], each) for each in (begun, block)]
    events = [*head, *[("content_block_delta", delta)] * count]
    return [(str(name).encode(), json.dumps(event).encode()) for name, event in events]


def _best(rounds: int, times: int, work: Callable[[], object]) -> float:
    """Microseconds a call."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - started) / times)
    return best * 1e6


def measure(*, rounds: int = 7, times: int = 300, events: int = 2_000) -> list[Figure]:
    """Both pairs."""
    door, body = _door(), _request()
    asked = door.read(body, Address())
    pairs = {
        "chat -> chat": ("openai_chat", _chat_events(events)),
        "chat -> Anthropic": ("anthropic_messages", _messages_events(events)),
    }
    figures: list[Figure] = []
    for pair, (dialect, stream) in pairs.items():

        def ask(dialect: str = dialect) -> bytes:
            return door.body(door.read(body, Address()), dialect, _TARGET)

        def answer(dialect: str = dialect, stream: list[tuple[bytes, bytes]] = stream) -> bytes:
            way = door.passage(asked, dialect, _TARGET, _ME, without_reasoning=False)
            for name, data in stream:
                way.feed(name, data)
            return way.end(_CHARGED)

        figures.append(Figure(pair, _best(rounds, times, ask), _best(rounds, 3, answer) / events))
    return figures


def main() -> int:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.translation", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    quick = parser.parse_args().quick
    figures = measure(rounds=1, times=20, events=200) if quick else measure()
    lines = [f"| {each.pair} | {each.request:.0f} | {each.event:.2f} |" for each in figures]
    head = "| pair | us CPU a request | us CPU an event |\n| --- | ---: | ---: |\n"
    sys.stdout.write(head + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
