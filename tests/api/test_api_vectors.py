"""Embeddings and rankings through their doors: every client, every shape of provider, and the bill."""

from __future__ import annotations

import base64
import json
from array import array
from typing import TYPE_CHECKING, Any

import cohere
import openai
import openrouter
import pytest
from api_upstream import Played, Upstream, played, serve_models
from google import genai
from google.genai import types as genai_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_harness import Caller, Harness

# The client's own model of a key has a field that it calls deprecated, and warns of itself.
pytestmark = pytest.mark.filterwarnings(r"ignore:warning. \*\* DEPRECATED \*\*:DeprecationWarning")

VECTORS = [[0.5, -0.25], [0.125, 1.0]]
BILLED = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 7}}
USAGE = {"prompt_tokens": 7, "total_tokens": 7}


def packed(vector: list[float]) -> str:
    return base64.b64encode(array("f", vector).tobytes()).decode()


def listed(vectors: list[Any]) -> dict[str, Any]:
    data = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    return {"object": "list", "data": data, "model": "up", "usage": USAGE}


EMBEDDED: dict[str, Played] = {
    "openai": played(listed(VECTORS)),
    "voyage": played(listed(VECTORS)),
    "cohere": played({
        "id": "up", "embeddings": {"float": VECTORS, "base64": [packed(each) for each in VECTORS]}, "meta": BILLED,
    }),
    "gemini": played({
        "embeddings": [{"values": each} for each in VECTORS], "usageMetadata": {"promptTokenCount": 7},
    }),
}  # fmt: skip
"""What a provider of each shape answers to two texts."""
RANKED: dict[str, Played] = {
    "openai": played({"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
                      "usage": {"total_tokens": 7}}),
    "voyage": played({"object": "list", "usage": {"total_tokens": 7},
                      "data": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}),
    "cohere": played({"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
                      "id": "up", "meta": {"billed_units": {"search_units": 1}}}),
}  # fmt: skip
PROVIDERS: dict[str, dict[str, Any]] = {
    "openai": {},
    "voyage": {
        "renames": {"dimensions": "output_dimension", "input_type.search_query": "query"},
        "drops": ["encoding_format"],
    },
    "cohere": {"dialect": "cohere_chat"},
    "gemini": {"dialect": "gemini"},
}


@pytest.fixture(scope="session")
def upstream(shared_harness: Harness) -> Iterator[Upstream]:
    with Upstream().serving() as made:
        rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        for name, more in PROVIDERS.items():
            provider = {"base_url": made.url, **more}
            rows.append((name, provider, {"architecture": {"output_modalities": ["embeddings"]}}))
            if name in RANKED:
                priced = {"pricing": {"prompt": "0", "completion": "0", "request": "0.002"}} if name == "cohere" else {}
                model = {"architecture": {"output_modalities": ["rerank"]}, "endpoint": priced}
                rows.append((f"rank-{name}", provider, model))
        wordy = {"base_url": made.url, "dialect": "anthropic_messages"}
        rows.append(("wordy", wordy, {"architecture": {"output_modalities": ["embeddings"]}}))
        serve_models(shared_harness, "vec", rows)
        yield made


@pytest.fixture(params=PROVIDERS)
def embedder(request: pytest.FixtureRequest, upstream: Upstream) -> str:
    upstream.expect(EMBEDDED[request.param])
    return f"vec/{request.param}"


@pytest.fixture(params=RANKED)
def ranker(request: pytest.FixtureRequest, upstream: Upstream) -> str:
    upstream.expect(RANKED[request.param])
    return f"vec/rank-{request.param}"


class TestEmbeddings:
    """Two texts."""

    @pytest.mark.parametrize("encoding", [None, "float", "base64"])
    def test_openai(self, caller: Caller, embedder: str, encoding: Any) -> None:
        with openai.OpenAI(api_key=caller.key, base_url=f"{caller.harness.url}/api/v1", max_retries=0) as client:
            options: Any = {} if encoding is None else {"encoding_format": encoding}
            raw = client.embeddings.with_raw_response.create(model=embedder, input=["a", "b"], dimensions=2, **options)
        answer = raw.parse()
        vectors: list[Any] = [each.embedding for each in answer.data]
        assert vectors == ([packed(vector) for vector in VECTORS] if encoding == "base64" else VECTORS)
        assert (answer.usage.prompt_tokens, answer.usage.total_tokens, answer.model) == (7, 7, embedder)
        row = caller.generation(raw.headers["x-generation-id"])
        assert (row.status, row.prompt_tokens, row.completion_tokens, row.cost) == ("ok", 7, 0, 7_000)
        assert (row.estimated, row.streamed, row.provider) == (False, False, embedder.replace("/", "-"))
        assert caller.used == 7_000

    def test_openrouter(self, caller: Caller, embedder: str, upstream: Upstream) -> None:
        with openrouter.OpenRouter(server_url=f"{caller.harness.url}/api/v1", api_key=caller.key) as client:
            answer = client.embeddings.generate(
                model=embedder, input=["a", "b"], input_type="search_query", provider={"allow_fallbacks": True}
            )
        assert not isinstance(answer, str)
        assert [each.embedding for each in answer.data] == VECTORS
        assert answer.usage is not None
        assert answer.usage.cost == 7e-06
        sent = upstream.asked[0].json
        assert "provider" not in sent
        purpose = {"openai": "search_query", "voyage": "query", "cohere": "search_query"}
        if (name := embedder.removeprefix("vec/")) in purpose:
            assert sent["input_type"] == purpose[name]
        else:
            assert {each["taskType"] for each in sent["requests"]} == {"RETRIEVAL_QUERY"}

    @pytest.mark.parametrize("kinds", [["float"], ["float", "base64"]])
    def test_cohere(self, caller: Caller, embedder: str, kinds: list[str]) -> None:
        client = cohere.ClientV2(api_key=caller.key, base_url=caller.harness.url)
        answer = client.embed(model=embedder, texts=["a", "b"], input_type="search_query", embedding_types=kinds)
        client._client_wrapper.httpx_client.httpx_client.close()
        assert answer.embeddings.float_ == VECTORS
        if "base64" in kinds:
            assert answer.embeddings.base64 == [packed(vector) for vector in VECTORS]
        assert answer.meta is not None
        assert answer.meta.billed_units is not None
        assert answer.meta.billed_units.input_tokens == 7
        assert caller.used == 7_000

    def test_cohere_as_it_was(self, caller: Caller, embedder: str, upstream: Upstream) -> None:
        """The older client, whose answers are bare floats."""
        if embedder == "vec/cohere":
            upstream.expect(played({"id": "up", "embeddings": {"float": VECTORS}, "meta": BILLED}))
        client = cohere.Client(api_key=caller.key, base_url=caller.harness.url)
        answer = client.embed(model=embedder, texts=["a", "b"], input_type="search_query")
        client._client_wrapper.httpx_client.httpx_client.close()
        assert answer.response_type == "embeddings_floats"
        assert answer.embeddings == VECTORS

    @pytest.mark.parametrize("one", [False, True], ids=["two", "one"])
    def test_google(self, caller: Caller, embedder: str, upstream: Upstream, *, one: bool) -> None:
        if one:
            cut = json.loads(EMBEDDED[embedder.removeprefix("vec/")].pieces[0])
            for name in ("data", "embeddings"):
                if isinstance(cut.get(name), list):
                    cut[name] = cut[name][:1]
                elif name in cut:
                    cut[name] = {kind: column[:1] for kind, column in cut[name].items()}
            upstream.expect(played(cut))
        texts = "a" if one else "ab"
        with genai.Client(
            api_key=caller.key, http_options=genai_types.HttpOptions(base_url=caller.harness.url)
        ) as client:
            config = genai_types.EmbedContentConfig(task_type="RETRIEVAL_QUERY", output_dimensionality=2)
            contents: Any = [genai_types.Content(parts=[genai_types.Part(text=text)]) for text in texts]
            answer = client.models.embed_content(model=embedder, contents=contents, config=config)
        assert answer.embeddings is not None
        assert [each.values for each in answer.embeddings] == VECTORS[: len(texts)]
        assert caller.used == 7_000

    def test_google_single(self, caller: Caller, upstream: Upstream, embedder: str) -> None:
        """`:embedContent` gets its one vector bare, though a batch is what providers are asked for."""
        name = embedder.removeprefix("vec/")
        if name == "gemini":
            upstream.expect(played({"embeddings": [{"values": [1.0]}], "usageMetadata": {"promptTokenCount": 7}}))
        elif name == "cohere":
            upstream.expect(played({"embeddings": {"float": [[1.0]]}, "meta": BILLED}))
        else:
            upstream.expect(played(listed([[1.0]])))
        answer = caller.post(
            b'{"content":{"parts":[{"text":"a"}]},"outputDimensionality":1}',
            path=f"/v1beta/models/{embedder}:embedContent",
        )
        assert answer.status == 200, answer.content
        assert answer.json["embedding"] == {"values": [1.0]}
        if name == "gemini":
            assert upstream.asked[0].path == "/models/up:batchEmbedContents"
            assert len(upstream.asked[0].json["requests"]) == 1


class TestRerank:
    """Two documents."""

    def test_openrouter(self, caller: Caller, ranker: str) -> None:
        with openrouter.OpenRouter(server_url=f"{caller.harness.url}/api/v1", api_key=caller.key) as client:
            answer = client.rerank.rerank(model=ranker, query="q", documents=["a", {"text": "b"}], top_n=2)
        assert not isinstance(answer, str)
        assert [(each.index, each.relevance_score, each.document.text) for each in answer.results] == [
            (1, 0.9, "b"),
            (0, 0.1, "a"),
        ]
        assert answer.usage is not None
        by_request = ranker == "vec/rank-cohere"
        assert answer.usage.search_units == (1 if by_request else None)
        assert caller.used == (2_000_000 if by_request else 7_000)

    @pytest.mark.parametrize("made", [cohere.ClientV2, cohere.Client], ids=["v2", "v1"])
    def test_cohere(self, caller: Caller, ranker: str, made: Any) -> None:
        client = made(api_key=caller.key, base_url=caller.harness.url)
        answer = client.rerank(model=ranker, query="q", documents=["a", "b"], top_n=1)
        client._client_wrapper.httpx_client.httpx_client.close()
        assert [(each.index, each.relevance_score) for each in answer.results] == [(1, 0.9)]

    def test_each_hundred_documents_are_a_unit(self, caller: Caller, upstream: Upstream) -> None:
        results = [{"index": at, "relevance_score": 0.5} for at in range(250)]
        upstream.expect(played({"results": results, "meta": {"billed_units": {"search_units": 3}}}))
        body = {"model": "vec/rank-cohere", "query": "q", "documents": ["d"] * 250}
        answer = caller.post(json.dumps(body).encode(), path="/v2/rerank")
        assert answer.status == 200, answer.content
        assert answer.json["meta"]["billed_units"]["search_units"] == 3
        assert caller.used == 6_000_000
        poor = caller.harness.caller("0.005")
        assert poor.post(json.dumps(body).encode(), path="/v2/rerank").status == 402


DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/api/v1/embeddings", {"model": "MODEL", "input": ["a", "b"]}),
    "cohere": ("/v2/embed", {"model": "MODEL", "texts": ["a", "b"], "input_type": "search_query"}),
    "gemini": (
        "/v1beta/models/MODEL:batchEmbedContents",
        {"requests": [{"model": "models/MODEL", "content": {"parts": [{"text": text}]}} for text in "ab"]},
    ),
}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    return request.param


def ask(caller: Caller, door: str, model: str) -> Any:
    path, body = DOORS[door]
    return caller.post(json.dumps(body).replace("MODEL", model).encode(), path=path.replace("MODEL", model))


def words(door: str, answer: Any) -> str:
    """What an error says in the dialect of `door`."""
    return answer.json["message"] if door == "cohere" else answer.json["error"]["message"]


@pytest.mark.usefixtures("upstream")
class TestWhatGoesWrong:
    """In the words of the door, free of charge."""

    @pytest.mark.parametrize(
        "answer",
        [
            played(b"<html>no</html>", "text/html"),
            played({"error": {"message": "no"}}),
            played({}),
            played(listed([[1.0]])),
            played({"error": {"message": "down"}}, status=500),
            Played([b"data: {}\n\n"], "text/event-stream"),
            Played([b'{"data": ['], ending="reset"),
        ],
        ids=["page", "error", "empty", "too-few", "status", "stream", "reset"],
    )
    def test_no_answer(self, caller: Caller, door: str, upstream: Upstream, answer: Played) -> None:
        upstream.expect(answer)
        got = ask(caller, door, "vec/openai")
        assert got.status == 502, got.content
        assert words(door, got) == "Provider returned error"
        assert caller.used == 0
        assert caller.generation(got.id).status == "error"

    def test_the_next_provider_answers(self, caller: Caller, door: str, upstream: Upstream) -> None:
        """A list of models is tried in order, also where they speak other dialects."""
        path, body = DOORS[door]
        upstream.expect(played({}, status=500), EMBEDDED["gemini"])
        sent = json.dumps({**body, "models": ["vec/gemini"]}).replace("MODEL", "vec/openai").encode()
        got = caller.post(sent, path=path.replace("MODEL", "vec/openai"))
        assert got.status == 200, got.content
        row = caller.generation(got.id)
        assert (row.model, row.cost) == ("vec/gemini", 7_000)
        assert [each["status"] for each in json.loads(row.trace)["attempts"]] == [500, 200]

    def test_a_wrong_model(self, caller: Caller, door: str) -> None:
        got = ask(caller, door, "fake/text")
        assert got.status == 400
        assert "does not do embeddings" in words(door, got)
        unheard = ask(caller, door, "no/such")
        assert unheard.status == 400

    def test_a_provider_that_has_none(self, caller: Caller, door: str) -> None:
        got = ask(caller, door, "vec/wordy")
        assert got.status == 502
        assert "no embeddings" in words(door, got)

    def test_usage_that_is_never_told(self, caller: Caller, door: str, upstream: Upstream) -> None:
        upstream.expect(played({**listed(VECTORS), "usage": None}))
        got = ask(caller, door, "vec/openai")
        assert got.status == 200
        row = caller.generation(got.id)
        assert row.estimated
        assert row.prompt_tokens >= 2
        assert row.cost == caller.used == row.prompt_tokens * 1000

    def test_no_key_and_no_credits(self, caller: Caller, door: str) -> None:
        path, body = DOORS[door]
        plain = json.dumps(body).replace("MODEL", "vec/openai").encode()
        path = path.replace("MODEL", "vec/openai")
        assert caller.post(plain, {"authorization": "Bearer no"}, path).status == 401
        assert caller.harness.caller("0").post(plain, path=path).status == 402

    def test_what_no_provider_can(self, caller: Caller, upstream: Upstream) -> None:
        upstream.expect(EMBEDDED["openai"])
        body = {"model": "vec/openai", "texts": ["a"], "input_type": "search_query", "embedding_types": ["int8"]}
        got = caller.post(json.dumps(body).encode(), path="/v2/embed")
        assert got.status == 400
        assert "int8" in got.json["message"]
        assert not upstream.asked


def test_unknown_fields_survive(caller: Caller, upstream: Upstream) -> None:
    """Same shape on both sides: the caller's own bytes, and the provider's."""
    upstream.expect(played({**listed(VECTORS), "new": {"a": 1}}))
    body = {"model": "vec/openai", "input": ["a", "b"], "later": {"x": 1.50}, "provider": {"sort": "price"}}
    got = caller.post(json.dumps(body).encode(), path="/v1/embeddings")
    assert got.json["new"] == {"a": 1}
    assert upstream.asked[0].json == {"model": "up", "input": ["a", "b"], "later": {"x": 1.5}}
    assert upstream.asked[0].path == "/embeddings"
    assert upstream.asked[0].headers["authorization"] == "Bearer up-key"
