"""Official clients read real providers' answers: calls, reasoning and structured output, whole and streamed.

Recorded answers are played by a server of ours in the provider's place, so each travels provider -> gateway -> client.
"""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import anthropic
import openai
import pytest
from api_clients import CLIENTS
from api_upstream import SSE, Played, Upstream, serve_models

from modelport.dialects.canonical import Target, Text, ToolCall, fold
from modelport.gateway.dialect_table import DIALECTS
from modelport.upstream import eventstream, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_clients import Client
    from api_harness import Caller, Harness

# The client's own model of a key has a field that it calls deprecated, and warns of itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")

TRAFFIC = Path(__file__).parents[3] / "shared" / "traffic"
SOURCES = {
    "openai_chat": ("groq", "chat/completions"),
    "openai_responses": ("openai", "responses"),
    "anthropic_messages": ("anthropic", "messages"),
    "gemini": ("gemini", "enerateContent"),
    "bedrock_converse": ("bedrock", "converse"),
    "cohere_chat": ("cohere", "chat"),
}
"""Whose recorded answers stand for a dialect."""
FEATURES = ("tool_call", "reasoning", "structured")
_LONGEST = 30_000


class Recorded(NamedTuple):
    """A recorded answer, and what is in it."""

    id: str
    played: Played
    text: str
    calls: list[str]


@cache
def answers(dialect: str) -> tuple[Recorded, ...]:
    """One for each feature, whole and streamed, as far as there are."""
    provider, endpoint = SOURCES[dialect]
    found: dict[tuple[str, bool], Recorded] = {}
    with gzip.open(TRAFFIC / f"{provider}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if '"status": 200' not in line or len(line) > 3 * _LONGEST or endpoint not in line:
                continue
            one: dict[str, Any] = json.loads(line)
            stream = bool(one["stream"])
            wanted = [each for each in FEATURES if each in one["features"] and (each, stream) not in found]
            if not wanted or endpoint not in one["endpoint"] or not one["endpoint"].endswith(("ntent", *_ENDS)):
                continue
            if (read := _read(dialect, one, stream=stream)) is not None:
                found |= {(each, stream): read for each in wanted}
            if len(found) == 2 * len(FEATURES):
                break
    return tuple({each.id: each for each in found.values()}.values())


_ENDS = ("chat/completions", "responses", "messages", "converse", "converse-stream", "chat")


def _read(dialect: str, one: dict[str, Any], *, stream: bool) -> Recorded | None:
    coded, body = one.get("response_body_b64"), one["response_body"] or ""
    data = base64.b64decode(coded) if coded else (body if isinstance(body, str) else json.dumps(body)).encode()
    spoken, target = DIALECTS[dialect], Target("m", stream)
    try:
        if stream:
            decoder = eventstream.Reader(1 << 20) if dialect == "bedrock_converse" else sse.Reader(1 << 20)
            reader = spoken.reader(target)
            framed = [*decoder.feed(data), *decoder.finish()]
            output = fold([event for each in framed for event in reader.feed(each.event, each.data)])
        else:
            output = fold(spoken.read_response(data, target))
    except Exception:  # noqa: BLE001 (some recordings are no answers; what is done with those is tested elsewhere)
        return None
    if not output.choices or output.choices[0].finish is None:
        return None
    parts = output.choices[0].parts
    kind = ("application/vnd.amazon.eventstream" if dialect == "bedrock_converse" else SSE) if stream else None
    return Recorded(
        one["id"],
        Played([data], kind or "application/json"),
        "".join(part.text for part in parts if isinstance(part, Text)),
        [part.name for part in parts if isinstance(part, ToolCall)],
    )


@pytest.fixture(scope="session")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    if not TRAFFIC.exists():
        pytest.skip("no recorded traffic beside us")
    with Upstream().serving() as made:
        rows = [(name, {"base_url": made.url, "dialect": name}, {}) for name in SOURCES]
        serve_models(shared_harness, "real", rows)
        yield made


@pytest.fixture(params=CLIENTS, ids=lambda made: made.name)
def client(request: pytest.FixtureRequest, caller: Caller) -> Iterator[Client]:
    made: Client = request.param(caller.harness.url, caller.key)
    yield made
    made.close()


@pytest.mark.parametrize("dialect", SOURCES)
def test_every_client_reads_real_answers(client: Client, dialect: str, upstream: Upstream) -> None:
    recorded = answers(dialect)
    assert len(recorded) >= 2
    for at, one in enumerate(recorded):
        streamed = one.played.content_type != "application/json"
        # As it was recorded; the first also the other way round.
        for stream in (False, True) if at == 0 else (streamed,):
            upstream.expect(one.played)
            heard = client.ask(f"real/{dialect}", [client.says("hello")], stream=stream, tools=True)
            assert heard.finish, one.id
            assert one.text.strip() in heard.text, one.id
            assert [call[1] for call in heard.calls] == one.calls, one.id


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages", "gemini", "cohere_chat"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_text_completions(caller: Caller, dialect: str, upstream: Upstream, *, stream: bool) -> None:
    """`openai`, completions."""
    with openai.OpenAI(base_url=f"{caller.harness.url}/api/v1", api_key=caller.key, max_retries=0) as client:
        for one in answers(dialect):
            upstream.expect(one.played)
            model = f"real/{dialect}"
            if stream:
                chunks = list(client.completions.create(model=model, prompt="hello", stream=True))
                assert one.text in "".join(each.choices[0].text for each in chunks if each.choices)
            else:
                answer = client.completions.create(model=model, prompt="hello")
                assert one.text in answer.choices[0].text
                assert answer.usage is not None


def test_tokens_are_counted(caller: Caller) -> None:
    """`anthropic`, count_tokens: free of charge."""
    with anthropic.Anthropic(base_url=f"{caller.harness.url}/api", api_key=caller.key, max_retries=0) as client:
        tool: Any = {"name": "look", "input_schema": {"type": "object"}}
        short = client.messages.count_tokens(model="fake/text", messages=[{"role": "user", "content": "one two"}])
        more = client.messages.count_tokens(
            model="fake/text", messages=[{"role": "user", "content": "one two"}], tools=[tool], system="Be brief."
        )
    assert 2 <= short.input_tokens < more.input_tokens
    assert caller.used == 0
