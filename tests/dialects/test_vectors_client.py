"""Official clients ask for numbers and read them, whatever shape the provider speaks behind us."""

from __future__ import annotations

import base64
import json
from array import array
from typing import TYPE_CHECKING, Any

import cohere as cohere_client
import openai as openai_client
import openrouter
import pytest
from google import genai
from google.genai import types as genai_types
from vectors_samples import CHARGED, ID, served

from modelport.dialects.canonical import Target
from modelport.dialects.vectors import cohere, cohere_rerank, gemini, openai, rerank
from modelport.dialects.vectors.fitting import fit_embeddings, fit_reranking

if TYPE_CHECKING:
    from collections.abc import Iterator

VECTORS = [[0.5, -0.25], [0.125, 1.0]]
PICTURE = "data:image/png;base64,iVBO"


def provided(name: str, request: dict[str, Any]) -> bytes:
    """What a provider of the shape `name` answers; it can only do what a real one can."""
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 7}}
    answers: dict[str, Any] = {
        "openai": {
            "data": [{"index": at, "embedding": vector} for at, vector in enumerate(VECTORS)],
            "usage": {"prompt_tokens": 7, "total_tokens": 7},
        },
        "cohere": {"id": "up", "embeddings": dict.fromkeys(request.get("embedding_types", ["float"]), VECTORS)},
        "gemini": {"embeddings": [{"values": vector} for vector in VECTORS]},
        "rerank": {"data": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 1e-05}]},
        "cohere_rerank": {
            "results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 1e-05}],
            "meta": {"billed_units": {"search_units": 1}},
        },
    }
    if name == "cohere" and "base64" in answers["cohere"]["embeddings"]:
        answers["cohere"]["embeddings"]["base64"] = [packed(vector) for vector in VECTORS]
    return json.dumps(answers[name] | ({"meta": meta} if name == "cohere" else {})).encode()


def packed(vector: list[float]) -> str:
    return base64.b64encode(array("f", vector).tobytes()).decode()


SHAPES: dict[str, Any] = {"openai": openai, "cohere": cohere, "gemini": gemini}
RERANKERS: dict[str, Any] = {"rerank": rerank, "cohere_rerank": cohere_rerank}


class Gate:
    """A gateway without routing: the model's name is the shape that the provider speaks."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        """What providers were sent."""

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        assert json.loads(body)
        match path.split("?", maxsplit=1)[0].rsplit("/", 1)[-1]:
            case "embeddings":
                return 200, self.embed(openai, openai.read_request(body))
            case "embed":
                return 200, self.embed(cohere, cohere.read_request(body))
            case "rerank" if "/v2/" in path:
                return 200, self.rank(cohere_rerank, cohere_rerank.read_request(body))
            case "rerank":
                return 200, self.rank(rerank, rerank.read_request(body))
            case last:
                return 200, self.embed(gemini, gemini.read_request(body, model=last.partition(":")[0]))

    def embed(self, door: Any, request: Any) -> bytes:
        shape = SHAPES[request.model]
        request.extra = {}
        sent = json.loads(shape.write_request(request, Target("up", stream=False)))
        self.asked.append(sent)
        answer = shape.read_response(provided(request.model, sent))
        return door.write_response(fit_embeddings(answer, request), ID, CHARGED)

    def rank(self, door: Any, request: Any) -> bytes:
        shape = RERANKERS[request.model]
        request.extra = {}
        sent = json.loads(shape.write_request(request, Target("up", stream=False)))
        self.asked.append(sent)
        answer = shape.read_response(provided(request.model, sent))
        return door.write_response(fit_reranking(answer, request), ID, CHARGED)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def url(gate: Gate) -> Iterator[str]:
    with served(gate.answer) as address:
        yield address


@pytest.mark.parametrize("provider", list(SHAPES))
class TestEmbeddings:
    """The same two texts, asked for by every client, answered in every shape."""

    @pytest.mark.parametrize("encoding", [None, "float", "base64"])
    def test_openai(self, url: str, provider: str, encoding: Any) -> None:
        """Left alone, this client asks for base64 and unpacks it."""
        with openai_client.OpenAI(api_key="k", base_url=f"{url}/v1", max_retries=0) as client:
            options: Any = {} if encoding is None else {"encoding_format": encoding}
            answer = client.embeddings.create(model=provider, input=["a", "b"], **options)
        vectors: list[Any] = [each.embedding for each in answer.data]
        assert vectors == ([packed(vector) for vector in VECTORS] if encoding == "base64" else VECTORS)
        assert (answer.usage.prompt_tokens, answer.usage.total_tokens, answer.model) == (100, 100, "maker/model")

    def test_openrouter(self, url: str, provider: str) -> None:
        with openrouter.OpenRouter(server_url=url, api_key="k") as client:
            answer = client.embeddings.generate(
                model=provider, input=["a", "b"], input_type="search_query", provider={"order": ["x"]}
            )
        assert not isinstance(answer, str)
        assert [each.embedding for each in answer.data] == VECTORS
        assert answer.id == "gen-emb-1"
        assert answer.usage is not None
        assert (answer.usage.cost, answer.usage.is_byok) == (5e-06, False)

    def test_openrouter_with_a_picture(self, url: str, provider: str, gate: Gate) -> None:
        parts: Any = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
        with openrouter.OpenRouter(server_url=url, api_key="k") as client:
            inputs: Any = [{"content": parts}, {"content": parts[1:]}]
            answer = client.embeddings.generate(model=provider, input=inputs, encoding_format="float")
        assert not isinstance(answer, str)
        assert [each.embedding for each in answer.data] == VECTORS
        assert "iVBO" in json.dumps(gate.asked)

    def test_cohere(self, url: str, provider: str) -> None:
        client = cohere_client.ClientV2(api_key="k", base_url=url)
        kinds = ["float", "base64"]
        answer = client.embed(model=provider, texts=["a", "b"], input_type="search_query", embedding_types=kinds)
        assert answer.embeddings.float_ == VECTORS
        assert answer.embeddings.base64 == [packed(vector) for vector in VECTORS]
        assert (answer.texts, answer.response_type, answer.id) == (["a", "b"], "embeddings_by_type", "gen-emb-1")
        assert answer.meta is not None
        assert answer.meta.billed_units is not None
        assert answer.meta.billed_units.input_tokens == 100

    def test_google(self, url: str, provider: str) -> None:
        with genai.Client(api_key="k", http_options=genai_types.HttpOptions(base_url=url)) as client:
            config = genai_types.EmbedContentConfig(task_type="RETRIEVAL_QUERY", output_dimensionality=2)
            # Bare texts would become the parts of one content, for models of some names.
            contents: Any = [genai_types.Content(parts=[genai_types.Part(text=text)]) for text in "ab"]
            answer = client.models.embed_content(model=provider, contents=contents, config=config)
        assert answer.embeddings is not None
        assert [each.values for each in answer.embeddings] == VECTORS
        assert answer.usage_metadata is not None
        assert answer.usage_metadata.prompt_token_count == 100


@pytest.mark.parametrize("provider", list(RERANKERS))
class TestRerank:
    """Two documents, ranked."""

    def test_openrouter(self, url: str, provider: str) -> None:
        with openrouter.OpenRouter(server_url=url, api_key="k") as client:
            answer = client.rerank.rerank(model=provider, query="q", documents=["a", {"text": "b"}], user="u")
        assert not isinstance(answer, str)
        assert [(each.index, each.relevance_score, each.document.text) for each in answer.results] == [
            (1, 0.9, "b"),
            (0, 1e-05, "a"),
        ]
        assert (answer.id, answer.model, answer.provider) == ("gen-emb-1", "maker/model", "Maker")
        assert answer.usage is not None
        assert (answer.usage.cost, answer.usage.total_tokens) == (5e-06, 100)
        assert answer.usage.search_units == (1 if provider == "cohere_rerank" else None)

    def test_cohere(self, url: str, provider: str) -> None:
        client = cohere_client.ClientV2(api_key="k", base_url=url)
        answer = client.rerank(model=provider, query="q", documents=["a", "b"], top_n=1)
        assert [(each.index, each.relevance_score) for each in answer.results] == [(1, 0.9)]
        assert answer.id == "gen-emb-1"
        assert answer.meta is not None
        assert answer.meta.billed_units is not None
        assert answer.meta.billed_units.search_units == (1 if provider == "cohere_rerank" else None)
