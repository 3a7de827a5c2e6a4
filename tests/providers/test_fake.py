"""The scripted provider: each fault looks on the wire as the script says, and the log tells what happened."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from modelport.providers import fake
from modelport.providers.fake import FakeProvider
from modelport.providers.fake_script import FAILS, BadScript, Script, draws_failure, read_script

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

# JSON of many shapes, taken apart in assertions.
Json = Any


class Client:
    """A started provider and an HTTP client for it."""

    def __init__(self, provider: FakeProvider, port: int, session: aiohttp.ClientSession) -> None:
        self.provider = provider
        self.port = port
        self.session = session

    def body(self, script: str = "", *, stream: bool = False, usage: bool = False, **more: Json) -> Json:
        made: Json = {"model": "text", "messages": [{"role": "user", "content": f"fake: {script}"}], **more}
        if stream:
            made["stream"] = True
        if usage:
            made["stream_options"] = {"include_usage": True}
        return made

    async def post(self, body: Json, **headers: str) -> tuple[int, Json]:
        url = f"http://127.0.0.1:{self.port}/v1/chat/completions"
        async with self.session.post(url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def ask(self, script: str = "", **more: Json) -> Json:
        status, answer = await self.post(self.body(script, **more))
        assert status == 200, answer
        return answer

    async def raw(self, body: Json, path: str = "POST /v1/chat/completions") -> bytes:
        """Every byte of the answer up to the connection's end, on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(wire(body, path, "Connection: close\r\n"))
        try:
            return await reader.read()
        finally:
            writer.transport.abort()

    async def events(self, script: str = "", **more: Json) -> list[Json]:
        """The stream's events, `[DONE]` as a string."""
        url = f"http://127.0.0.1:{self.port}/v1/chat/completions"
        async with self.session.post(url, json=self.body(script, stream=True, **more)) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            return parse(await answer.text())

    async def log(self) -> Json:
        async with self.session.get(f"http://127.0.0.1:{self.port}/_fake/log") as answer:
            return await answer.json()


def wire(body: Json, path: str = "POST /v1/chat/completions", more: str = "") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n{more}\r\n".encode() + data


def parse(text: str) -> list[Json]:
    out: list[Json] = []
    for block in text.split("\n\n")[:-1]:
        data = block.removeprefix("data: ")
        out.append(data if data == "[DONE]" else json.loads(data))
    return out


def joined(events: list[Json], field: str = "content") -> str:
    return "".join(e["choices"][0]["delta"].get(field) or "" for e in events if e != "[DONE]" and e["choices"])


@pytest.fixture
async def client() -> AsyncGenerator[Client]:
    provider = FakeProvider()
    port = await provider.start()
    async with aiohttp.ClientSession() as session:
        yield Client(provider, port, session)
    await provider.stop()


class TestWhole:
    """Answers that are not streamed."""

    async def test_text(self, client: Client) -> None:
        answer = await client.ask("tokens=5 prompt_tokens=7 cached_tokens=3 marker=m1")
        assert answer["object"] == "chat.completion"
        assert answer["model"] == "text"
        (choice,) = answer["choices"]
        assert choice["finish_reason"] == "stop"
        assert len(choice["message"]["content"].split()) == 5
        assert answer["usage"] == {
            "prompt_tokens": 7,
            "completion_tokens": 5,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }
        log = await client.log()
        assert log["counts"] == {"complete": 1}
        (record,) = log["requests"]
        assert record["received_at_ms"] > 0
        del record["received_at_ms"]
        assert record == {
            "n": 1,
            "model": "text",
            "marker": "m1",
            "outcome": "complete",
            "completion_tokens_sent": 5,
            "client_gone": False,
            "t_disconnect_ms": None,
            "stream": False,
        }

    async def test_same_seed_same_words(self, client: Client) -> None:
        texts = [(await client.ask(f"seed={seed}"))["choices"][0]["message"]["content"] for seed in (1, 1, 2)]
        assert texts[0] == texts[1] != texts[2]

    async def test_script_in_the_model_name(self, client: Client) -> None:
        body = client.body(model="text?tokens=3&text=one+two")
        body["messages"][0]["content"] = [{"type": "text", "text": "hello there"}, {"type": "image_url"}]
        status, answer = await client.post(body)
        assert status == 200
        assert answer["choices"][0]["message"]["content"] == "one two"
        assert answer["usage"]["prompt_tokens"] == 2

    async def test_message_overrides_the_model_name(self, client: Client) -> None:
        status, answer = await client.post(client.body('text="three four five"', model="text?text=one"))
        assert status == 200
        assert answer["choices"][0]["message"]["content"] == "three four five"

    async def test_limit_cuts(self, client: Client) -> None:
        answer = await client.ask("tokens=50", max_tokens=4)
        assert answer["choices"][0]["finish_reason"] == "length"
        assert answer["usage"]["completion_tokens"] == 4

    async def test_finish(self, client: Client) -> None:
        assert (await client.ask("finish=content_filter"))["choices"][0]["finish_reason"] == "content_filter"

    async def test_reasoning(self, client: Client) -> None:
        answer = await client.ask("kind=reasoning tokens=10 reasoning_tokens=4")
        message = answer["choices"][0]["message"]
        assert len(message["reasoning_content"].split()) == 4
        assert len(message["content"].split()) == 6
        assert answer["usage"]["completion_tokens"] == 10
        assert answer["usage"]["completion_tokens_details"]["reasoning_tokens"] == 4

    async def test_hidden_reasoning(self, client: Client) -> None:
        answer = await client.ask("tokens=10 reasoning_tokens=4")
        assert len(answer["choices"][0]["message"]["content"].split()) == 6
        assert "reasoning_content" not in answer["choices"][0]["message"]
        assert answer["usage"]["completion_tokens"] == 10

    async def test_refusal_and_empty(self, client: Client) -> None:
        message = (await client.ask('kind=refusal text="I will not"'))["choices"][0]["message"]
        assert (message["content"], message["refusal"]) == (None, "I will not")
        answer = await client.ask("kind=empty")
        assert answer["choices"][0]["message"]["content"] is None
        assert answer["usage"]["completion_tokens"] == 0

    async def test_tools(self, client: Client) -> None:
        tools = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
        answer = await client.ask("kind=tools", tools=tools)
        assert answer["choices"][0]["finish_reason"] == "tool_calls"
        calls = answer["choices"][0]["message"]["tool_calls"]
        assert [call["function"]["name"] for call in calls] == ["look_up", "look_up"]
        assert json.loads(calls[0]["function"]["arguments"])["days"] == 1
        assert len((await client.ask("kind=tool"))["choices"][0]["message"]["tool_calls"]) == 1

    async def test_echo(self, client: Client) -> None:
        assert (await client.ask("text=@last"))["choices"][0]["message"]["content"] == "fake: text=@last"
        body = client.body("text=@body", temperature=0.5, unheard_of=[1])
        _, answer = await client.post(body)
        assert json.loads(answer["choices"][0]["message"]["content"]) == body

    async def test_gzip(self, client: Client) -> None:
        raw = await client.raw(client.body("gzip=1 text=hi"))
        head, _, body = raw.partition(b"\r\n\r\n")
        assert b"Content-Encoding: gzip" in head
        assert json.loads(gzip.decompress(body))["choices"][0]["message"]["content"] == "hi"


class TestRefused:
    """Requests that a strict server does not take."""

    @pytest.mark.parametrize(
        "name",
        ["provider", "models", "route", "plugins", "transforms", "usage", "session_id", "trace", "preset"],
    )
    async def test_foreign_fields_are_named(self, client: Client, name: str) -> None:
        status, answer = await client.post({**client.body(), name: {}})
        assert status == 400
        assert answer["error"]["param"] == name
        assert name in answer["error"]["message"]
        assert (await client.log())["counts"] == {"refused": 1}

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"messages": []}, "messages"),
            ({"messages": [{"role": "boss", "content": "x"}]}, "boss"),
            ({"temperature": 3}, "temperature"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"n": 2}, "`$.n`"),
            ({"model": "text?token=3"}, "token"),
            ({"model": "text?tokens=many"}, "tokens"),
            ({"model": "text?kind=opera"}, "opera"),
            ({"messages": [{"role": "user", "content": 'fake: text="'}]}, "quotation"),
        ],
    )
    async def test_bad_values(self, client: Client, change: Json, word: str) -> None:
        status, answer = await client.post({**client.body(), **change})
        assert status == 400
        assert word in answer["error"]["message"]

    async def test_broken_json(self, client: Client) -> None:
        assert (await client.raw(b"{")).startswith(b"HTTP/1.1 400 ")
        assert (await client.raw(b'{"model":"\xff"}')).startswith(b"HTTP/1.1 400 ")

    async def test_locked_model_wants_the_key(self, client: Client) -> None:
        status, answer = await client.post(client.body(model="locked"), Authorization="Bearer other")
        assert status == 401
        assert answer["error"]["code"] == "invalid_api_key"
        status, _ = await client.post(client.body(model="locked"), Authorization=f"Bearer {fake.KEY}")
        assert status == 200


class TestStream:
    """Streams that are whole."""

    async def test_order_of_events(self, client: Client) -> None:
        events = await client.events("tokens=3 prompt_tokens=2", usage=True)
        assert len(events) == 1 + 3 + 1 + 1 + 1
        assert events[0]["choices"][0]["delta"]["role"] == "assistant"
        assert events[0]["usage"] is None
        assert len(joined(events).split()) == 3
        assert events[4]["choices"][0]["finish_reason"] == "stop"
        assert events[5]["choices"] == []
        assert events[5]["usage"]["total_tokens"] == 5
        assert events[6] == "[DONE]"
        assert len({event["id"] for event in events[:6]}) == 1

    async def test_same_text_as_whole(self, client: Client) -> None:
        whole = await client.ask("tokens=300 seed=4")
        events = await client.events("tokens=300 seed=4")
        assert joined(events) == whole["choices"][0]["message"]["content"]

    async def test_usage_places(self, client: Client) -> None:
        assert "usage" not in (await client.events("tokens=1"))[-2]
        last = await client.events("tokens=1 usage=last_chunk")
        assert last[-2]["usage"]["completion_tokens"] == 1
        finish = await client.events("tokens=1 usage=with_finish", usage=True)
        assert finish[-2]["choices"][0]["finish_reason"] == "stop"
        assert finish[-2]["usage"]["completion_tokens"] == 1
        assert (await client.events("tokens=1 usage=none", usage=True))[-2]["choices"]

    async def test_reasoning(self, client: Client) -> None:
        events = await client.events("kind=reasoning tokens=6 reasoning_field=reasoning")
        assert len(joined(events, "reasoning").split()) == 3
        assert len(joined(events).split()) == 3

    async def test_tools(self, client: Client) -> None:
        events = await client.events("kind=tools usage=last_chunk")
        arguments = {0: "", 1: ""}
        pieces = 0
        for event in events[1:-3]:
            (call,) = event["choices"][0]["delta"]["tool_calls"]
            arguments[call["index"]] += call["function"]["arguments"]
            pieces += "id" not in call
        assert [json.loads(text)["days"] for text in arguments.values()] == [1, 2]
        assert events[-2]["usage"]["completion_tokens"] == pieces
        assert events[-3]["choices"][0]["finish_reason"] == "tool_calls"

    async def test_paced(self, client: Client) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await client.events("tokens=5 interval_ms=20 first_ms=50")
        assert 0.15 <= loop.time() - began < 0.6

    async def test_crlf(self, client: Client) -> None:
        raw = await client.raw(client.body("tokens=1 crlf=1", stream=True))
        assert raw.count(b"\r\n\r\n\r\n") == 4

    async def test_gzip(self, client: Client) -> None:
        events = await client.events("tokens=3 gzip=1")
        assert len(joined(events).split()) == 3
        assert events[-1] == "[DONE]"

    async def test_a_slow_reader_holds_it_up(self, client: Client) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port, limit=1024)
        writer.write(wire(client.body("tokens=100000", stream=True)))
        await reader.readline()
        await asyncio.sleep(0.2)
        writer.transport.abort()
        await until_logged(client, 1)
        (record,) = client.provider.records
        assert record.outcome == "client_gone"
        assert 0 < record.completion_tokens_sent < 100_000


async def until_logged(client: Client, count: int) -> None:
    for _ in range(1000):
        if len(client.provider.records) >= count:
            return
        await asyncio.sleep(0.005)
    pytest.fail("it was not logged in 5 s")


class TestFailures:
    """Each scripted failure, on the wire."""

    @pytest.mark.parametrize("stream", [False, True])
    async def test_status(self, client: Client, *, stream: bool) -> None:
        raw = await client.raw(client.body("fail=status status=429 retry_after=2", stream=stream))
        head, _, body = raw.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 2" in head
        assert json.loads(body)["error"]["type"] == "rate_limit_error"
        assert (await client.log())["counts"] == {"status": 1}

    async def test_html(self, client: Client) -> None:
        raw = await client.raw(client.body("fail=html", stream=True))
        assert raw.startswith(b"HTTP/1.1 200 ")
        assert b"text/html" in raw
        assert (await client.raw(client.body("fail=html status=502"))).startswith(b"HTTP/1.1 502 ")

    @pytest.mark.parametrize("stream", [False, True])
    async def test_reset_before_any_byte(self, client: Client, *, stream: bool) -> None:
        with pytest.raises(ConnectionResetError):
            await client.raw(client.body("fail=reset", stream=stream))
        assert client.provider.counts == {"reset": 1}

    async def test_reset_after_events(self, client: Client) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(wire(client.body("fail=reset at=3", stream=True)))
        text = await reader.readuntil(b"\r\n\r\n")
        for _ in range(3):
            text += await reader.readuntil(b"\n\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.transport.abort()
        assert text.count(b"data: ") == 3
        assert client.provider.records[0].completion_tokens_sent == 2

    @pytest.mark.parametrize("stream", [False, True])
    async def test_truncate(self, client: Client, *, stream: bool) -> None:
        raw = await client.raw(client.body("fail=truncate at=2", stream=stream))
        assert raw.startswith(b"HTTP/1.1 200 ")
        if stream:
            assert raw.count(b"data: ") == 3
            assert not raw.endswith(b"\n")
        with pytest.raises(aiohttp.ClientPayloadError):
            await client.post(client.body("fail=truncate at=2", stream=stream))

    @pytest.mark.parametrize("stream", [False, True])
    async def test_stall_until_the_client_goes(self, client: Client, *, stream: bool) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(wire(client.body("fail=stall at=2", stream=stream)))
        assert b"200" in await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        assert not client.provider.records
        writer.close()
        await until_logged(client, 1)
        (record,) = client.provider.records
        assert record.outcome == "client_gone"
        assert record.client_gone
        assert record.t_disconnect_ms is not None
        assert 90 < record.t_disconnect_ms < 1000
        assert record.completion_tokens_sent == (1 if stream else 0)

    async def test_stall_before_any_byte_ends_with_the_server(self, client: Client) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(wire(client.body("fail=stall")))
        await asyncio.sleep(0.05)
        await client.provider.stop()
        assert await reader.read() == b""
        writer.close()
        assert client.provider.counts == {"stall": 1}

    async def test_garbage(self, client: Client) -> None:
        raw = await client.raw(client.body("fail=garbage at=1", stream=True))
        assert raw.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
        lines = [line for line in raw.split(b"\n") if line.startswith(b"data: {")]
        json.loads(lines[0][6:])
        with pytest.raises(json.JSONDecodeError):
            json.loads(lines[1][6:])
        body = (await client.raw(client.body("fail=garbage"))).partition(b"\r\n\r\n")[2]
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)

    async def test_error_event(self, client: Client) -> None:
        events = await client.events("fail=error_event at=2")
        assert len(events) == 3
        assert events[2]["error"]["code"] == "scripted"
        assert (await client.ask("fail=error_event"))["error"]["code"] == "scripted"

    async def test_empty200(self, client: Client) -> None:
        assert await client.events("fail=empty200") == []
        assert (await client.raw(client.body("fail=empty200"))).endswith(b"Content-Length: 0\r\n\r\n")

    @pytest.mark.parametrize("stream", [False, True])
    async def test_badchunk(self, client: Client, *, stream: bool) -> None:
        raw = await client.raw(client.body("fail=badchunk at=1", stream=stream))
        assert b"\r\nzz\r\n" in raw
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientResponseError)):
            await client.post(client.body("fail=badchunk at=1", stream=stream))

    async def test_no_done_and_no_usage(self, client: Client) -> None:
        assert (await client.events("fail=no_done", usage=True))[-1]["usage"]
        events = await client.events("fail=no_usage", usage=True)
        assert events[-1] == "[DONE]"
        assert events[-2]["usage"] is None
        assert "usage" not in await client.ask("fail=no_usage")

    async def test_bigline(self, client: Client) -> None:
        raw = await client.raw(client.body("fail=bigline at=2 size=300000", stream=True))
        assert max(len(line) for line in raw.split(b"\n")) == 300_000

    async def test_every_failure_is_tested(self) -> None:
        """A new kind of failure must come here, too."""
        names = " ".join(dir(self))
        assert [fail for fail in FAILS if fail not in names and fail != "none"] == []

    async def test_client_leaves_a_paced_stream(self, client: Client) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(wire(client.body("tokens=500 interval_ms=10 marker=left", stream=True)))
        for _ in range(5):
            await reader.readuntil(b"\n\n\r\n")
        writer.close()
        await until_logged(client, 1)
        (record,) = client.provider.records
        assert (record.marker, record.client_gone) == ("left", True)
        assert 4 <= record.completion_tokens_sent < 10


class TestScript:
    """Reading, and drawing lots."""

    def test_the_share_is_as_told_and_the_lot_is_fixed(self) -> None:
        for rate in (0.01, 0.3, 0.9):
            scripts = [Script(fail="reset", rate=rate, seed=5, marker=f"m-{n}") for n in range(20_000)]
            drawn = [draws_failure(script, b"") for script in scripts]
            assert abs(sum(drawn) / 20_000 - rate) < 0.012
            assert drawn == [draws_failure(script, b"") for script in scripts]

    def test_no_failure_no_lot(self) -> None:
        assert not draws_failure(Script(), b"")
        assert not draws_failure(Script(fail="reset", rate=0), b"")
        assert draws_failure(Script(fail="reset"), b"")

    def test_marker_missing_the_body_decides(self) -> None:
        script = Script(fail="reset", rate=0.5)
        assert len({draws_failure(script, b"%d" % n) for n in range(20)}) == 2

    def test_names(self) -> None:
        assert read_script("refusal?tokens=2", "hello") == ("refusal", Script(kind="refusal", tokens=2))
        assert read_script("any/name", "") == ("any/name", Script())
        assert read_script("x", "fake: tokens=1\ntokens=2")[1].tokens == 1
        with pytest.raises(BadScript):
            read_script("x", "fake: tokens")


class TestWire:
    """HTTP itself."""

    async def test_other_paths(self, client: Client) -> None:
        assert (await client.raw(b"", "GET /nothing")).startswith(b"HTTP/1.1 404 ")
        models = json.loads((await client.raw(b"", "GET /v1/models")).partition(b"\r\n\r\n")[2])
        assert {"text", "tool", "locked"} <= {model["id"] for model in models["data"]}

    async def test_log_is_cleared(self, client: Client) -> None:
        await client.ask()
        await client.raw(b"", "DELETE /_fake/log")
        assert await client.log() == {"counts": {}, "requests": []}
        assert (await client.ask())["id"] == "chatcmpl-fake-1"

    async def test_byte_by_byte_and_two_at_once(self, client: Client) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        for byte in wire(client.body("text=one")):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        writer.write(wire(client.body("text=two")) + wire(client.body("text=three"), more="Connection: close\r\n"))
        raw = await reader.read()
        writer.close()
        assert [word in raw for word in (b'"one"', b'"two"', b'"three"')] == [True] * 3
        assert raw.index(b'"two"') < raw.index(b'"three"')

    async def test_chunked_body_and_continue(self, client: Client) -> None:
        data = json.dumps(client.body("text=chunky")).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(head + b"Connection: close\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        for start in range(0, len(data), 50):
            piece = data[start : start + 50]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await asyncio.sleep(0.001)
        writer.write(b"0\r\n\r\n")
        assert b'"chunky"' in await reader.read()
        writer.close()

    @pytest.mark.parametrize(
        "junk",
        [b"hello\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"x" * 70_000, b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
    )
    async def test_junk(self, client: Client, junk: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(junk)
        assert (await reader.read(13)).startswith(b"HTTP/1.1 400 ")
        writer.transport.abort()

    async def test_serve(self) -> None:
        loop = asyncio.get_running_loop()
        port: asyncio.Future[int] = loop.create_future()
        task = asyncio.create_task(fake.serve("127.0.0.1", 0, ready=port.set_result))
        _, writer = await asyncio.open_connection("127.0.0.1", await port)
        writer.close()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
