"""What each field of an embedding or ranking becomes in each shape, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelport.dialects.canonical import Image, Target, Text
from modelport.dialects.vectors import cohere, cohere_rerank, gemini, openai, rerank
from modelport.dialects.vectors.meaning import (
    Document,
    EmbeddingsRequest,
    Input,
    Opaque,
    RerankRequest,
    Tokens,
)
from modelport.errors import BadRequest

PICTURE = "data:image/png;base64,iVBO"
PARTS = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
ONE = {"content": {"parts": [{"text": "a"}]}}
UP = Target("up", stream=False)


def dump(**fields: Any) -> bytes:
    return json.dumps({"model": "maker/model", **fields}).encode()


def asked(**fields: Any) -> EmbeddingsRequest:
    """As a caller of the reference's shape asks."""
    return openai.read_request(dump(**{"input": "a"} | fields))


def to(module: Any, request: EmbeddingsRequest | RerankRequest, target: Target = UP, **more: Any) -> dict[str, Any]:
    return json.loads(module.write_request(request, target, **more))


class TestReference:
    """`POST /embeddings`."""

    def test_the_forms_of_input(self) -> None:
        assert asked().inputs == [Input([Text("a")])]
        assert asked().bare
        assert asked(input=["a", "b"]).inputs == [Input([Text("a")]), Input([Text("b")])]
        assert not asked(input=["a"]).bare
        for numbers, bare in (([1, 2], True), ([[1, 2], [3]], False)):
            request = asked(input=numbers)
            assert request.bare == bare
            assert all(isinstance(one.parts[0], Tokens) for one in request.inputs)
            assert to(openai, request)["input"] == numbers
        mixed = asked(input=[{"content": PARTS}, "b"])
        assert mixed.inputs == [Input([Text("a"), Image(PICTURE)]), Input([Text("b")])]
        assert to(openai, mixed)["input"] == [{"content": PARTS}, "b"]

    def test_parts_without_words_for_them_travel_unread(self) -> None:
        sound = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
        request = asked(input=[{"content": [sound]}])
        assert isinstance(request.inputs[0].parts[0], Opaque)
        assert to(openai, request)["input"] == [{"content": [sound]}]

    def test_options(self) -> None:
        given = {"dimensions": 5, "encoding_format": "base64", "input_type": "search_query", "user": "u", "new": 1}
        hidden = {"provider": {}, "models": ["a"], "session_id": "s", "trace": {}}
        request = asked(**given, **hidden)
        assert (request.dimensions, request.encoding_formats, request.input_type) == (5, ["base64"], "search_query")
        assert set(request.extra) == {"new", *hidden}
        assert to(openai, request) == {"model": "up", "input": "a", **given}

    def test_a_providers_own_names_and_values(self) -> None:
        renames = {"dimensions": "output_dimension", "input_type.search_query": "query", "input_type.x": "y"}
        target = Target("up", stream=False, renames=renames, drops=frozenset({"user"}))
        body = dump(input=["a"], dimensions=5, input_type="search_query", user="u", provider={})
        expected = {"model": "up", "input": ["a"], "output_dimension": 5, "input_type": "query"}
        assert to(openai, openai.read_request(body), target) == expected
        assert openai.path("m") == "/embeddings"
        assert json.loads(openai.patch_request(body, target)) == expected

    def test_a_provider_that_is_a_gateway_itself(self) -> None:
        target = Target("up", stream=False, keeps=frozenset({"provider"}))
        body = dump(input="a", provider={"order": []}, models=["b"])
        expected = {"model": "up", "input": "a", "provider": {"order": []}}
        assert to(openai, openai.read_request(body), target) == expected
        assert json.loads(openai.patch_request(body, target)) == expected

    def test_a_patched_body_keeps_what_nobody_knows(self) -> None:
        body = b'{"model":"m","input":[1.0e0],"trace":{},"new":{"x":null},"dimensions":null}'
        expected = b'{"model":"up","input":[1.0e0],"new":{"x":null},"dimensions":null}'
        assert openai.patch_request(body, UP) == expected

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "the body"),
            (b"[]", "the body"),
            (b'{"model": "\xff"}', "UTF-8"),
            (b'{"input": ' + b"[" * 5000, "nested too deeply"),
            (dump(), "`input` must be"),
            (dump(input=""), "`input` is empty"),
            (dump(input=["a", ""]), "`input[1]` is empty"),
            (dump(input=[]), "`input` is empty"),
            (dump(input=5), "`input`"),
            (dump(input=[1, 2.5]), "`input`"),
            (dump(input=[[1, "a"]]), "`input[0]`"),
            (dump(input=["a", True]), "`input[1]`"),
            (dump(input=[{}]), "`input[0].content` is required"),
            (dump(input=[{"content": []}]), "`input[0].content` is empty"),
            (dump(input=[{"content": [5]}]), "`input[0].content[0]`"),
            (dump(input=[{"content": [{"type": "tune"}]}]), "'tune'"),
            (dump(input="a", dimensions=0), "`dimensions` must be at least 1"),
            (dump(input="a", encoding_format=5), "`encoding_format`"),
            (b'{"input": "a"}', "`model` is required"),
        ],
    )
    def test_refused(self, body: bytes, words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            openai.read_request(body)
        assert words in caught.value.message

    def test_encodings(self) -> None:
        request = asked()
        request.encoding_formats = ["base64", "float"]
        assert to(openai, request)["encoding_format"] == "float"
        request.encoding_formats = ["float", "int8"]
        with pytest.raises(BadRequest, match="'int8'"):
            openai.write_request(request, UP)

    def test_parts_of_another_shape(self) -> None:
        request = asked()
        request.inputs = [Input([Text("a"), Opaque("inlineData", b"{}")])]  # pyright: ignore[reportArgumentType]
        with pytest.raises(BadRequest, match="inlineData"):
            openai.write_request(request, UP)


class TestCohere:
    """`POST /v2/embed`."""

    def test_from_the_reference(self) -> None:
        request = asked(input=["a", "b"], dimensions=5, encoding_format="base64", user="u")
        assert to(cohere, request) == {
            "model": "up",
            "texts": ["a", "b"],
            "input_type": "search_document",
            "output_dimension": 5,
            "embedding_types": ["base64"],
        }

    def test_pictures(self) -> None:
        picture = [{"content": PARTS[1:]}]
        expected = {"model": "up", "images": [PICTURE], "input_type": "image"}
        assert to(cohere, asked(input=picture)) == expected
        both = to(cohere, asked(input=[{"content": PARTS}, "b"]))
        assert both["inputs"] == [{"content": PARTS}, {"content": [{"type": "text", "text": "b"}]}]
        again = cohere.read_request(json.dumps(both).encode())
        assert again.inputs == asked(input=[{"content": PARTS}, "b"]).inputs
        assert to(openai, cohere.read_request(json.dumps(expected).encode())) == {"model": "up", "input": picture}

    @pytest.mark.parametrize(
        ("given", "expected"),
        [("query", "search_query"), ("document", "search_document"), ("clustering", "clustering")],
    )
    def test_purposes(self, given: str, expected: str) -> None:
        assert to(cohere, asked(input_type=given))["input_type"] == expected

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"input_type": "poetry"}, "'poetry'"),
            ({"input_type": "semantic_similarity"}, "'semantic_similarity'"),
            ({"encoding_format": "base64_int8"}, "'base64_int8'"),
            ({"input": [1, 2]}, "'tokens'"),
            ({"input": [{"content": [{"type": "file"}]}]}, "'file'"),
        ],
    )
    def test_what_it_can_not_do(self, fields: dict[str, Any], words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            cohere.write_request(asked(**fields), UP)
        assert words in caught.value.message

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({}, "give one of"),
            ({"texts": []}, "give one of"),
            ({"texts": ["a"], "images": [PICTURE]}, "give one of"),
            ({"texts": "a"}, "`texts`"),
            ({"inputs": [{"content": []}]}, "`inputs[0].content` is empty"),
            ({"inputs": [{"content": [{"type": "tune"}]}]}, "'tune'"),
            ({"inputs": [{"content": [5]}]}, "`inputs[0].content[0]`"),
            ({"texts": ["a"], "output_dimension": 0}, "`output_dimension`"),
        ],
    )
    def test_refused(self, fields: dict[str, Any], words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            cohere.read_request(dump(**fields))
        assert words in caught.value.message

    def test_patched(self) -> None:
        patched = cohere.patch_request(dump(texts=["a"], max_tokens=None, provider={}), UP)
        assert json.loads(patched) == {"model": "up", "texts": ["a"], "max_tokens": None}
        assert cohere.path("m") == "/embed"


class TestGemini:
    """`:embedContent` and `:batchEmbedContents`."""

    def test_from_the_reference(self) -> None:
        request = asked(input=["a", "b"], dimensions=5, encoding_format="base64", input_type="search_query", user="u")
        one = {"model": "models/up", "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 5}
        assert to(gemini, request) == {"requests": [one | {"content": {"parts": [{"text": each}]}} for each in "ab"]}

    def test_a_single_one(self) -> None:
        request = asked(input=[{"content": PARTS}])
        inline = {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}
        expected = {"content": {"parts": [{"text": "a"}, inline]}}
        assert to(gemini, request, single=True) == expected
        again = gemini.read_request(json.dumps(expected).encode(), model="m")
        assert again.bare
        assert again.inputs == [Input([Text("a"), Image(None, "iVBO", "image/png")])]
        assert to(openai, again) == {"model": "up", "input": {"content": PARTS}, "encoding_format": "float"}
        with pytest.raises(BadRequest, match="one input"):
            gemini.write_request(asked(input=["a", "b"]), UP, single=True)
        assert gemini.path("models/m", single=True) == "/models/m:embedContent"
        assert gemini.path("m") == "/models/m:batchEmbedContents"

    def test_files_and_titles_come_back(self) -> None:
        parts = [
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://files.example/1"}},
            {"inlineData": {"mimeType": "audio/wav", "data": "AA=="}},
        ]
        body = {"requests": [{"model": "models/up", "content": {"parts": parts}, "title": "t"}]}
        request = gemini.read_request(json.dumps(body).encode(), model="m")
        assert to(gemini, request) == body
        assert request.texts == ["t"]

    @pytest.mark.parametrize("task", ["SEMANTIC_SIMILARITY", "QUESTION_ANSWERING", "RETRIEVAL_DOCUMENT"])
    def test_tasks(self, task: str) -> None:
        body = {"content": {"parts": [{"text": "a"}]}, "task_type": task}
        request = gemini.read_request(json.dumps(body).encode(), model="m")
        assert to(gemini, request, single=True)["taskType"] == task
        unsaid = json.dumps(body | {"task_type": "TASK_TYPE_UNSPECIFIED"}).encode()
        assert gemini.read_request(unsaid, model="m").input_type is None

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"input_type": "poetry"}, "'poetry'"),
            ({"encoding_format": "int8"}, "'int8'"),
            ({"input": [1, 2]}, "'tokens'"),
            ({"input": [{"content": [{"type": "file"}]}]}, "'file'"),
            ({"input": [{"content": [{"type": "image_url", "image_url": "https://a.example/b"}]}]}, "data URLs"),
        ],
    )
    def test_what_it_can_not_do(self, fields: dict[str, Any], words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            gemini.write_request(asked(**fields), UP)
        assert words in caught.value.message

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "`content` is required"),
            ({"requests": []}, "`requests` is empty"),
            ({"content": {"parts": []}}, "`content.parts` is empty"),
            ({"requests": [{"content": {"parts": [{}]}}]}, "`requests[0].content.parts[0]` must hold"),
            ({"content": {"parts": [{"text": "a"}]}, "taskType": "POETRY"}, "'POETRY'"),
            (
                {
                    "requests": [
                        {"content": {"parts": [{"text": "a"}]}, "taskType": task} for task in ("CLUSTERING", "")
                    ]
                },
                "must be the same",
            ),
        ],
    )
    def test_refused(self, body: dict[str, Any], words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            gemini.read_request(json.dumps(body).encode(), model="m")
        assert words in caught.value.message

    def test_patched(self) -> None:
        batch = b'{"requests":[{"model":"models/m","content":{"parts":[]},"new":1.0e0}],"provider":{}}'
        assert gemini.patch_request(batch, UP) == batch.replace(b"/m", b"/up").replace(b',"provider":{}', b"")
        single = b'{"content":{"parts":[]},"new":1.0e0}'
        assert gemini.patch_request(single, UP) == single
        assert json.loads(gemini.patch_request(b'{"model":"models/m"}', UP)) == {"model": "models/up"}
        with pytest.raises(BadRequest, match="`requests`"):
            gemini.patch_request(b'{"requests":5}', UP)


class TestRerank:
    """`POST /rerank` and `POST /v2/rerank`."""

    def ranking(self, *documents: Any, **more: Any) -> RerankRequest:
        return rerank.read_request(dump(query="q", documents=list(documents), **more))

    def test_fields(self) -> None:
        request = self.ranking("a", {"text": "b", "image": PICTURE}, {"text": "c", "id": 1}, top_n=2, user="u", new=1)
        assert request.documents[:2] == [Document("a", bare=True), Document("b", PICTURE)]
        assert request.texts == ["q", "a", "b", "c"]
        documents = ["a", {"text": "b", "image": PICTURE}, {"text": "c", "id": 1}]
        expected = {"model": "up", "query": "q", "documents": documents, "top_n": 2, "new": 1}
        assert to(rerank, request) == expected
        body = dump(query="q", documents=documents, top_n=2, user="u", provider={}, new=1)
        assert json.loads(rerank.patch_request(body, UP)) == expected
        assert to(rerank, request, Target("up", stream=False, renames={"top_n": "top_k"}))["top_k"] == 2
        assert rerank.path("m") == cohere_rerank.path("m") == "/rerank"

    def test_texts_only(self) -> None:
        request = self.ranking("a", {"text": "b"}, user="u", top_n=1)
        assert to(cohere_rerank, request) == {"model": "up", "query": "q", "documents": ["a", "b"], "top_n": 1}
        for document in ({"image": PICTURE}, {"text": "c", "id": 1}, {"id": 1}):
            with pytest.raises(BadRequest, match=r"documents\[0\]"):
                cohere_rerank.write_request(self.ranking(document), UP)
        patched = cohere_rerank.patch_request(dump(query="q", documents=[{"id": 1}], trace={}), UP)
        assert json.loads(patched) == {"model": "up", "query": "q", "documents": [{"id": 1}]}

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"documents": ["a"]}, "`query` is required"),
            ({"query": "q"}, "`documents` is required"),
            ({"query": "q", "documents": []}, "`documents` is empty"),
            ({"query": "q", "documents": [{}]}, "`documents[0]` must be a text"),
            ({"query": "q", "documents": [5]}, "`documents[0]`"),
            ({"query": "q", "documents": [{"text": 5}]}, "`documents[0].text`"),
            ({"query": "q", "documents": ["a"], "top_n": 0}, "`top_n` must be at least 1"),
        ],
    )
    def test_refused(self, fields: dict[str, Any], words: str) -> None:
        with pytest.raises(BadRequest) as caught:
            rerank.read_request(dump(**fields))
        assert words in caught.value.message


@pytest.mark.parametrize("module", [openai, cohere, gemini, rerank, cohere_rerank])
def test_tables(module: Any) -> None:
    """Each shape says what it does not say, with a reason for each."""
    for table in (module.DROPPED, module.REFUSED, module.CHANGED):
        assert all(reason for reason in table.values())
