"""Whatever is asked or answered in a shape reads back the same; bytes that are no answer are told as such."""

from __future__ import annotations

import base64
import contextlib
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from vectors_samples import CHARGED, ID

from modelport.dialects.canonical import Charged, Image, Target, Text, Usage
from modelport.dialects.vectors import cohere, cohere_rerank, gemini, openai, rerank
from modelport.dialects.vectors.fitting import fit_embeddings, fit_reranking, to_base64, to_floats
from modelport.dialects.vectors.images import address_of, inline_of
from modelport.dialects.vectors.meaning import (
    Document,
    Embeddings,
    EmbeddingsRequest,
    Input,
    Malformed,
    Ranked,
    Reranking,
    RerankRequest,
    Vector,
)
from modelport.errors import BadRequest

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9)
FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=5)
TEXT_INPUTS = st.lists(WORDS.map(lambda text: Input([Text(text)])), min_size=1, max_size=3)


def picture(data: bytes) -> Image:
    return Image(f"data:image/png;base64,{base64.b64encode(data).decode()}")


@st.composite
def mixed_inputs(draw: st.DrawFn) -> list[Input]:
    """Inputs of several parts, none of which is a single text or picture, which each shape writes shorter."""
    parts: st.SearchStrategy[Any] = st.one_of(WORDS.map(Text), st.binary().map(picture))
    return draw(st.lists(st.lists(parts, min_size=2, max_size=3).map(Input), min_size=1, max_size=3))


def requests(
    inputs: st.SearchStrategy[list[Input]], **more: st.SearchStrategy[Any]
) -> st.SearchStrategy[EmbeddingsRequest]:
    return st.builds(
        EmbeddingsRequest, model=st.just("m"), inputs=inputs, dimensions=st.none() | st.integers(1, 9), **more
    )


PURPOSES = st.sampled_from(["search_query", "search_document", "classification", "clustering"])
TARGET = Target("m", stream=False)


@given(
    requests(
        TEXT_INPUTS | mixed_inputs(),
        encoding_formats=st.sampled_from([[], ["float"], ["base64"]]),
        input_type=st.none() | WORDS.filter(lambda word: word != "image"),
        user=st.none() | WORDS,
    )
)
def test_requests_of_the_reference(request: EmbeddingsRequest) -> None:
    """A request written and read is the same request."""
    assert openai.read_request(openai.write_request(request, TARGET)) == request


KINDS = st.lists(st.sampled_from(["float", "int8", "base64"]), max_size=2, unique=True)


@given(requests(TEXT_INPUTS | mixed_inputs(), input_type=PURPOSES, encoding_formats=KINDS))
def test_requests_of_cohere(request: EmbeddingsRequest) -> None:
    """A request written and read is the same request."""
    assert cohere.read_request(cohere.write_request(request, TARGET)) == request


@given(requests(TEXT_INPUTS, input_type=st.none() | PURPOSES, encoding_formats=st.just(["float"])))
def test_requests_of_gemini(request: EmbeddingsRequest) -> None:
    """A request written and read is the same request."""
    assert gemini.read_request(gemini.write_request(request, TARGET), model="m") == request


DOCUMENTS = st.one_of(WORDS.map(lambda text: Document(text, bare=True)), st.builds(Document, WORDS, st.none() | WORDS))


@given(st.builds(RerankRequest, model=st.just("m"), query=WORDS, documents=st.lists(DOCUMENTS, min_size=1, max_size=3)))
def test_requests_of_rerank(request: RerankRequest) -> None:
    """A request written and read is the same request."""
    assert rerank.read_request(rerank.write_request(request, TARGET)) == request


@given(st.lists(FLOATS, min_size=1, max_size=3), st.sampled_from([openai, cohere, gemini]))
def test_answers(vectors: list[list[float]], module: Any) -> None:
    """Vectors written and read are the same text."""
    texts = [json.dumps(vector).encode() for vector in vectors]
    answer = Embeddings([Vector(index, {"float": Raw(text)}) for index, text in enumerate(texts)])
    read = module.read_response(module.write_response(answer, ID, CHARGED))
    assert [bytes(vector.values["float"]) for vector in read.vectors] == texts
    assert read.usage == CHARGED.usage


@given(FLOATS)
def test_packing(vector: list[float]) -> None:
    """32-bit floats to base64 and back are the same numbers; the bytes are what everybody else makes of them."""
    packed = to_base64(Raw(json.dumps(vector).encode()))
    assert base64.b64decode(json.loads(bytes(packed))) == struct.pack(f"<{len(vector)}f", *vector)
    assert json.loads(bytes(to_floats(packed))) == vector


class TestFitting:
    """An answer made what its caller asked for."""

    def asking(self, *encodings: str, **more: Any) -> EmbeddingsRequest:
        return EmbeddingsRequest(model="m", inputs=[Input([Text("a")])], encoding_formats=list(encodings), **more)

    def answer(self, **values: str) -> Embeddings:
        return Embeddings([Vector(0, {name: Raw(value.encode()) for name, value in values.items()})])

    @pytest.mark.parametrize(
        ("wanted", "given_", "expected"),
        [
            ([], {"float": "[1.50]"}, {"float": "[1.50]"}),
            (["float"], {"float": "[1.50]"}, {"float": "[1.50]"}),
            (["base64"], {"float": "[1.0]"}, {"base64": '"AACAPw=="'}),
            (["float"], {"base64": '"AACAPw=="'}, {"float": "[1.0]"}),
            (["base64"], {"float": "[1.0]", "base64": '"x"'}, {"base64": '"x"'}),
            (["int8", "float"], {"float": "[1.0]"}, {"float": "[1.0]"}),
            (["int8"], {"float": "[1.0]"}, {"float": "[1.0]"}),
        ],
    )
    def test_encodings(self, wanted: list[str], given_: dict[str, str], expected: dict[str, str]) -> None:
        fitted = fit_embeddings(self.answer(**given_), self.asking(*wanted))
        assert {name: bytes(raw).decode() for name, raw in fitted.vectors[0].values.items()} == expected

    def test_one_byte_for_each_dimension(self) -> None:
        fitted = fit_embeddings(self.answer(base64='"AP9/gA=="'), self.asking("float", dimensions=4))
        assert json.loads(bytes(fitted.vectors[0].values["float"])) == [0, -1, 127, -128]

    @pytest.mark.parametrize(
        ("given_", "wanted"),
        [({"base64": '"%"'}, "float"), ({"base64": '"AAA="'}, "float"), ({"float": '["a"]'}, "base64")],
    )
    def test_no_numbers(self, given_: dict[str, str], wanted: str) -> None:
        with pytest.raises(Malformed):
            fit_embeddings(self.answer(**given_), self.asking(wanted))

    def test_a_number_too_large(self) -> None:
        with pytest.raises(Malformed, match="32-bit"):
            to_base64(Raw(b"[1e300]"))

    def test_as_many_as_were_asked_for(self) -> None:
        for answer in (Embeddings([]), Embeddings([Vector(1, {})]), Embeddings([Vector(0, {}), Vector(0, {})])):
            with pytest.raises(Malformed, match="for 1 inputs"):
                fit_embeddings(answer, self.asking())

    def test_in_order_with_texts(self) -> None:
        request = EmbeddingsRequest(model="m", inputs=[Input([Text("a")]), Input([Text("b")])], bare=False)
        fitted = fit_embeddings(Embeddings([Vector(1, {}), Vector(0, {})], bare=True), request)
        assert ([vector.index for vector in fitted.vectors], fitted.texts, fitted.bare) == ([0, 1], ["a", "b"], False)
        request.inputs[0].parts.append(Image("x"))
        assert fit_embeddings(fitted, request).texts is None

    def test_documents(self) -> None:
        request = RerankRequest(model="m", query="q", documents=[Document("a"), Document("b")], top_n=1)
        results = [Ranked(1, Raw(b"0.9")), Ranked(0, Raw(b"0.1"))]
        assert fit_reranking(Reranking(results), request).results == [Ranked(1, Raw(b"0.9"), Document("b"))]
        for index in (-1, 2):
            with pytest.raises(Malformed, match=f"document {index} of 2"):
                fit_reranking(Reranking([Ranked(index, Raw(b"1"))]), request)


class TestPatched:
    """The provider's own answer, signed."""

    def test_what_nobody_knows_survives(self) -> None:
        body = (
            b'{"id":"x","data":[{"embedding":[1.0e0],"new":1}],"more":{"y":2.50},"error":null,'
            b'"usage":{"cost":{"usd":1},"seconds":3}}'
        )
        patched = openai.patch_response(body, ID, CHARGED)
        assert b'[{"embedding":[1.0e0],"new":1}]' in patched
        assert b'"more":{"y":2.50}' in patched
        fields = json.loads(patched)
        assert (fields["id"], fields["model"], fields["provider"]) == (ID.id, ID.model, ID.provider)
        assert (fields["usage"]["cost"], fields["usage"]["seconds"]) == (5e-06, 3)
        assert "error" not in fields

    def test_gemini(self) -> None:
        body = b'{"embeddings":[{"values":[1.0e0]}],"usageMetadata":{"promptTokenCount":3,"new":1},"more":2}'
        patched = gemini.patch_response(body, ID, CHARGED)
        assert b'"embeddings":[{"values":[1.0e0]}]' in patched
        fields = json.loads(patched)
        assert fields["more"] == 2
        assert (fields["usageMetadata"]["new"], fields["usageMetadata"]["promptTokenCount"]) == (1, 100)

    def test_cohere(self) -> None:
        body = b'{"id":"x","embeddings":{"int8":[[1]]},"meta":{"warnings":["w"],"billed_units":{}},"texts":["a"]}'
        fields = json.loads(cohere.patch_response(body, ID, CHARGED))
        assert (fields["id"], fields["embeddings"], fields["texts"]) == (ID.id, {"int8": [[1]]}, ["a"])
        assert (fields["meta"]["warnings"], fields["meta"]["billed_units"]) == (["w"], {"input_tokens": 100})
        assert fields["meta"]["cost"] == 5e-06

    def test_rankings(self) -> None:
        body = b'{"object":"list","data":[{"score":0.50,"index":0,"document":"a","new":1},{"score":0.1,"index":1}]}'
        fields = json.loads(rerank.patch_response(body, ID, CHARGED))
        first, second = fields["results"]
        assert (first["relevance_score"], first["document"], first["new"]) == (0.5, {"text": "a"}, 1)
        assert second["document"] == {}
        assert (fields["object"], "data" in fields, fields["usage"]["total_tokens"]) == ("list", False, 100)
        whole = b'{"results":[{"index":0,"relevance_score":1,"document":{"text":"a","id":7}}],"meta":{"warnings":[]}}'
        assert json.loads(rerank.patch_response(whole, ID, CHARGED))["results"][0]["document"]["id"] == 7
        own = json.loads(cohere_rerank.patch_response(whole, ID, CHARGED))
        assert own["results"][0]["document"]["id"] == 7
        assert own["meta"]["warnings"] == []
        assert json.loads(cohere_rerank.patch_response(b'{"results":[]}', ID, CHARGED))["meta"]["cost"] == 5e-06


class TestUsage:
    """What an answer took."""

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ('{"total_tokens":5}', Usage(5)),
            ('{"prompt_tokens":5,"total_tokens":6}', Usage(5)),
            (
                '{"prompt_tokens":9,"prompt_tokens_details":{"image_tokens":4,"cached_tokens":2}}',
                Usage(9, cached_tokens=2, prompt_image_tokens=4),
            ),
            ("{}", None),
            ("null", None),
            ('"none"', None),
        ],
    )
    def test_reference(self, told: str, expected: Usage | None) -> None:
        assert openai.read_response(f'{{"data":[],"usage":{told}}}'.encode()).usage == expected

    def test_cohere(self) -> None:
        for meta in ("", ',"meta":{}', ',"meta":{"billed_units":{}}'):
            assert cohere.read_response(f'{{"embeddings":[[1]]{meta}}}'.encode()).usage is None

    def test_kinds(self) -> None:
        charged = Charged(Usage(9, prompt_image_tokens=4, prompt_audio_tokens=2, images=1), 0, 0, 0)
        answer = Embeddings([Vector(0, {"float": Raw(b"[]")})])
        fields = json.loads(openai.write_response(answer, ID, charged))["usage"]
        assert fields["prompt_tokens_details"] == {"text_tokens": 3, "image_tokens": 4, "audio_tokens": 2}
        assert "prompt_tokens_details" not in json.loads(openai.write_response(answer, ID, CHARGED))["usage"]
        billed = json.loads(cohere.write_response(answer, ID, charged))["meta"]["billed_units"]
        assert billed == {"input_tokens": 5, "image_tokens": 4, "images": 1}
        told = gemini.read_response(gemini.write_response(answer, ID, charged)).usage
        assert told == Usage(9, prompt_image_tokens=4, prompt_audio_tokens=2)

    def test_rankings(self) -> None:
        units = Charged(Usage(), 0, 0, 0)
        fields = json.loads(rerank.write_response(Reranking([], search_units=2), ID, units))
        assert fields["usage"] == {"search_units": 2, "cost": 0}
        assert rerank.read_response(json.dumps(fields).encode()).search_units == 2
        fields = json.loads(cohere_rerank.write_response(Reranking([]), ID, CHARGED))
        assert fields["meta"]["billed_units"] == {"input_tokens": 100}
        assert cohere_rerank.read_response(json.dumps(fields).encode()).usage == Usage(100)


FAULTS = [
    b"<html>",
    b"",
    b"[]",
    b"{}",
    b'{"error":{"message":"no"}}',
    b"\xff",
    b'{"data":[{"embedding":[1',
    b'{"a":"\xff"}',
]


@pytest.mark.parametrize("body", FAULTS)
@pytest.mark.parametrize("module", [openai, cohere, gemini, rerank, cohere_rerank])
def test_no_answer(module: Any, body: bytes) -> None:
    """Bytes of another kind are told as such."""
    with pytest.raises(Malformed):
        module.read_response(body)
    with pytest.raises(Malformed):
        module.patch_response(body, ID, CHARGED)


NAMES = st.sampled_from([
    "model", "input", "texts", "images", "inputs", "content", "requests", "parts", "text", "type", "image_url",
    "url", "input_type", "dimensions", "documents", "query", "top_n", "taskType", "inlineData", "mimeType", "data",
    "embedding", "embeddings", "values", "float", "index", "id", "usage", "meta", "results", "error",
    "relevance_score", "document", "billed_units", "prompt_tokens", "usageMetadata", "promptTokenCount",
])  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-1, 2), st.floats(-1, 1), st.sampled_from(["", "a", "text"]))
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4))


@given(st.dictionaries(NAMES, JSON, max_size=6), st.sampled_from([openai, cohere, gemini, rerank, cohere_rerank]))
def test_anything(body: dict[str, Any], module: Any) -> None:
    """Whatever stands in a body, there is a request or an answer in it, or the one error that says there is not."""
    data = json.dumps(body).encode()
    more = {"model": "m"} if module is gemini else {}
    with contextlib.suppress(BadRequest):
        module.write_request(module.read_request(data, **more), TARGET)
    with contextlib.suppress(BadRequest):
        module.patch_request(data, TARGET)
    with contextlib.suppress(Malformed):
        module.write_response(module.read_response(data), ID, CHARGED)
    with contextlib.suppress(Malformed):
        module.patch_response(data, ID, CHARGED)


@pytest.mark.parametrize(
    ("module", "body"),
    [
        (openai, b'{"data":[{"embedding":5}]}'),
        (cohere, b'{"embeddings":{"float":[[1],[2]],"int8":[[1]]}}'),
        (cohere, b'{"embeddings":[]}'),
        (gemini, b'{"embeddings":[{"values":"x"}]}'),
        (rerank, b'{"results":[{"index":0}]}'),
        (rerank, b'{"results":[{"index":0,"relevance_score":"high"}]}'),
        (rerank, b'{"results":[],"usage":5}'),
        (cohere_rerank, b'{"results":[],"meta":5}'),
    ],
)
def test_half_an_answer(module: Any, body: bytes) -> None:
    """So are answers that lack what they are there for."""
    with pytest.raises(Malformed):
        module.read_response(body)


def test_pictures() -> None:
    """Addresses, data URLs and base64 beside its type are one thing."""
    assert address_of(Image("https://a.example/b")) == "https://a.example/b"
    assert address_of(Image(None, "iVBO", "image/gif")) == "data:image/gif;base64,iVBO"
    assert inline_of(Image("data:image/gif;x=1;base64,iVBO")) == ("image/gif", "iVBO")
    assert inline_of(Image("data:;base64,iVBO")) == ("image/png", "iVBO")
    assert inline_of(Image(None, "iVBO")) == ("image/png", "iVBO")
    for other in ("https://a.example/b,c", "data:image/gif,iVBO"):
        assert inline_of(Image(other)) is None
