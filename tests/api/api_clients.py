"""The official clients as their users set them up, each behind the same few questions.

Only base URL and key are changed. What an answer holds is read with the client's own types, so that a field it does
not accept fails here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import anthropic
import boto3
import cohere
import openai
from botocore import UNSIGNED
from botocore.config import Config
from google import genai
from google.genai import types as genai_types
from openrouter import OpenRouter

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = {
    "type": "object",
    "properties": {"town": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["town", "degrees"],
    "additionalProperties": False,
}
"""What the answers' form and the tool's arguments are described with."""
TOOL, TELLS = "look", "Looks at the sky."


@dataclass
class Heard:
    """What a client made of an answer."""

    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list[tuple[str, str, dict[str, Any]]])
    """Id, name and arguments of each."""
    finish: str = ""
    """In the client's own words."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    turn: Any = None
    """What its user would put into the conversation as the answer."""


class Client(Protocol):
    """One official client."""

    name: ClassVar[str]
    finishes: ClassVar[dict[str, str]]
    """Its words for `stop` and `tool_calls`."""

    def ask(
        self,
        model: str,
        turns: list[Any],
        *,
        stream: bool = False,
        tools: bool = False,
        schema: bool = False,
    ) -> Heard:
        """Asks, with a tool to call or a form to answer in."""
        ...

    def says(self, text: str) -> Any:
        """A user's turn."""
        ...

    def close(self) -> None:
        """Closes its connections."""
        ...

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        """The turns that follow calls: the answer itself, each call's result, and what the user says next."""
        ...


class OpenAIChat:
    """`openai`, chat completions."""

    name = "openai-chat"
    finishes: ClassVar[dict[str, str]] = {"stop": "stop", "tool_calls": "tool_calls"}

    def __init__(self, url: str, key: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/api/v1", api_key=key, max_retries=0)

    def close(self) -> None:
        self._client.close()

    def ask(
        self, model: str, turns: list[Any], *, stream: bool = False, tools: bool = False, schema: bool = False
    ) -> Heard:
        more: dict[str, Any] = {}
        if tools:
            function = {"name": TOOL, "description": TELLS, "parameters": SCHEMA}
            more["tools"] = [{"type": "function", "function": function}]
        if schema:
            form = {"name": "weather", "schema": SCHEMA, "strict": True}
            more["response_format"] = {"type": "json_schema", "json_schema": form}
        if stream:
            with self._client.chat.completions.stream(model=model, messages=turns, **more) as events:
                for _ in events:
                    pass
                answer = events.get_final_completion()
        else:
            answer = self._client.chat.completions.create(model=model, messages=turns, **more)
        message = answer.choices[0].message
        assert answer.usage is not None
        return Heard(
            message.content or "",
            getattr(message, "reasoning", None) or "",
            [
                (call.id, call.function.name, json.loads(call.function.arguments or "{}"))
                for call in message.tool_calls or ()
                if call.type == "function"
            ],
            answer.choices[0].finish_reason or "",
            answer.usage.prompt_tokens,
            answer.usage.completion_tokens,
            message.model_dump(exclude_none=True, exclude={"parsed"}),
        )

    def says(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        told = [{"role": "tool", "tool_call_id": call[0], "content": result} for call in heard.calls]
        return [heard.turn, *told, self.says(then)]


class OpenAIResponses:
    """`openai`, Responses."""

    name = "openai-responses"
    finishes: ClassVar[dict[str, str]] = {"stop": "completed", "tool_calls": "completed"}

    def __init__(self, url: str, key: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/api/v1", api_key=key, max_retries=0)

    def close(self) -> None:
        self._client.close()

    def ask(
        self, model: str, turns: list[Any], *, stream: bool = False, tools: bool = False, schema: bool = False
    ) -> Heard:
        more: dict[str, Any] = {}
        if tools:
            more["tools"] = [{"type": "function", "name": TOOL, "description": TELLS, "parameters": SCHEMA}]
        if schema:
            more["text"] = {"format": {"type": "json_schema", "name": "weather", "schema": SCHEMA, "strict": True}}
        if stream:
            with self._client.responses.stream(model=model, input=turns, **more) as events:
                for _ in events:
                    pass
                answer = events.get_final_response()
        else:
            answer = self._client.responses.create(model=model, input=turns, **more)
        heard = Heard(answer.output_text, finish=answer.status or "", turn=[])
        assert answer.usage is not None
        heard.prompt_tokens, heard.completion_tokens = answer.usage.input_tokens, answer.usage.output_tokens
        for item in answer.output:
            heard.turn.append(item.model_dump(exclude_none=True, exclude={"parsed_arguments"}))
            if item.type == "function_call":
                heard.calls.append((item.call_id, item.name, json.loads(item.arguments or "{}")))
            elif item.type == "reasoning":
                heard.reasoning += "".join(part.text for part in (*item.summary, *(item.content or ())))
        return heard

    def says(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        told = [{"type": "function_call_output", "call_id": call[0], "output": result} for call in heard.calls]
        return [*heard.turn, *told, self.says(then)]


class Anthropic:
    """`anthropic`, Messages."""

    name = "anthropic"
    finishes: ClassVar[dict[str, str]] = {"stop": "end_turn", "tool_calls": "tool_use"}

    def __init__(self, url: str, key: str) -> None:
        self._client = anthropic.Anthropic(base_url=f"{url}/api", api_key=key, max_retries=0)

    def close(self) -> None:
        self._client.close()

    def ask(
        self, model: str, turns: list[Any], *, stream: bool = False, tools: bool = False, schema: bool = False
    ) -> Heard:
        more: dict[str, Any] = {"max_tokens": 2000}
        if tools:
            more["tools"] = [{"name": TOOL, "description": TELLS, "input_schema": SCHEMA}]
        if schema:
            more["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
        if stream:
            with self._client.messages.stream(model=model, messages=turns, **more) as events:
                for _ in events:
                    pass
                answer = events.get_final_message()
        else:
            answer = self._client.messages.create(model=model, messages=turns, **more)
        heard = Heard(finish=answer.stop_reason or "")
        heard.prompt_tokens, heard.completion_tokens = answer.usage.input_tokens, answer.usage.output_tokens
        for block in answer.content:
            if block.type == "text":
                heard.text += block.text
            elif block.type == "thinking":
                heard.reasoning += block.thinking
            elif block.type == "tool_use":
                arguments: Any = block.input
                heard.calls.append((block.id, block.name, arguments))
        heard.turn = {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]}
        return heard

    def says(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        told: list[Any] = [{"type": "tool_result", "tool_use_id": call[0], "content": result} for call in heard.calls]
        return [heard.turn, {"role": "user", "content": [*told, {"type": "text", "text": then}]}]


class OpenRouterChat:
    """`openrouter`, chat completions."""

    name = "openrouter"
    finishes: ClassVar[dict[str, str]] = {"stop": "stop", "tool_calls": "tool_calls"}

    def __init__(self, url: str, key: str) -> None:
        self._client = OpenRouter(server_url=f"{url}/api/v1", api_key=key)
        self._client.__enter__()

    def close(self) -> None:
        self._client.__exit__(None, None, None)

    def ask(
        self, model: str, turns: list[Any], *, stream: bool = False, tools: bool = False, schema: bool = False
    ) -> Heard:
        more: dict[str, Any] = {}
        if tools:
            function = {"name": TOOL, "description": TELLS, "parameters": SCHEMA}
            more["tools"] = [{"type": "function", "function": function}]
        if schema:
            form = {"name": "weather", "schema": SCHEMA, "strict": True}
            more["response_format"] = {"type": "json_schema", "json_schema": form}
        if stream:
            with self._client.chat.send(model=model, messages=turns, stream=True, **more) as events:
                return self._added_up(events)
        answer = self._client.chat.send(model=model, messages=turns, **more)
        message, usage = answer.choices[0].message, answer.usage
        assert usage is not None
        calls = [
            (call.id, call.function.name, json.loads(call.function.arguments or "{}"))
            for call in message.tool_calls or ()
        ]
        heard = Heard(str(message.content or ""), message.reasoning or "", calls)
        heard.finish = str(answer.choices[0].finish_reason)
        heard.prompt_tokens, heard.completion_tokens = int(usage.prompt_tokens), int(usage.completion_tokens)
        heard.turn = message.model_dump(exclude_none=True, by_alias=True, mode="json")
        return heard

    def _added_up(self, events: Iterable[Any]) -> Heard:
        heard = Heard()
        pieces: dict[int, list[str]] = {}
        for chunk in events:
            if chunk.usage is not None:
                heard.prompt_tokens = int(chunk.usage.prompt_tokens)
                heard.completion_tokens = int(chunk.usage.completion_tokens)
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.reasoning += choice.delta.reasoning or ""
                heard.finish = str(choice.finish_reason or heard.finish)
                for call in choice.delta.tool_calls or ():
                    known = pieces.setdefault(int(call.index), ["", "", ""])
                    known[0] += call.id or ""
                    if call.function is not None:
                        known[1] += call.function.name or ""
                        known[2] += call.function.arguments or ""
        heard.calls = [(call[0], call[1], json.loads(call[2] or "{}")) for call in pieces.values()]
        return heard

    def says(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        told = [{"role": "tool", "tool_call_id": call[0], "content": result} for call in heard.calls]
        return [heard.turn, *told, self.says(then)]


class Google:
    """`google-genai`."""

    name = "google-genai"
    finishes: ClassVar[dict[str, str]] = {"stop": "STOP", "tool_calls": "STOP"}

    def __init__(self, url: str, key: str) -> None:
        self._client = genai.Client(api_key=key, http_options=genai_types.HttpOptions(base_url=url))

    def close(self) -> None:
        self._client.close()

    def ask(
        self, model: str, turns: list[Any], *, stream: bool = False, tools: bool = False, schema: bool = False
    ) -> Heard:
        config = genai_types.GenerateContentConfig(
            thinking_config=genai_types.ThinkingConfig(include_thoughts=True),
            automatic_function_calling=genai_types.AutomaticFunctionCallingConfig(disable=True),
        )
        if tools:
            function = genai_types.FunctionDeclaration(name=TOOL, description=TELLS, parameters_json_schema=SCHEMA)
            config.tools = [genai_types.Tool(function_declarations=[function])]
        if schema:
            config.response_mime_type, config.response_json_schema = "application/json", SCHEMA
        if stream:
            return self._heard(self._client.models.generate_content_stream(model=model, contents=turns, config=config))
        return self._heard([self._client.models.generate_content(model=model, contents=turns, config=config)])

    def _heard(self, answers: Iterable[genai_types.GenerateContentResponse]) -> Heard:
        heard = Heard()
        parts: list[Any] = []
        for answer in answers:
            for candidate in answer.candidates or ():
                parts += (candidate.content.parts if candidate.content else None) or ()
                if candidate.finish_reason is not None:
                    heard.finish = candidate.finish_reason.name
            if answer.usage_metadata is not None:
                told = answer.usage_metadata
                heard.prompt_tokens = told.prompt_token_count or 0
                heard.completion_tokens = (told.candidates_token_count or 0) + (told.thoughts_token_count or 0)
        for part in parts:
            if part.function_call is not None:
                call = part.function_call
                heard.calls.append((call.id or "", call.name or "", dict(call.args or {})))
            elif part.thought:
                heard.reasoning += part.text or ""
            else:
                heard.text += part.text or ""
        heard.turn = genai_types.Content(role="model", parts=parts)
        return heard

    def says(self, text: str) -> Any:
        return genai_types.Content(role="user", parts=[genai_types.Part(text=text)])

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        told = [
            genai_types.Part(
                function_response=genai_types.FunctionResponse(id=call[0], name=call[1], response={"result": result})
            )
            for call in heard.calls
        ]
        return [heard.turn, genai_types.Content(role="user", parts=told), self.says(then)]


class Cohere:
    """`cohere`, v2."""

    name = "cohere"
    finishes: ClassVar[dict[str, str]] = {"stop": "COMPLETE", "tool_calls": "TOOL_CALL"}

    def __init__(self, url: str, key: str) -> None:
        self._client = cohere.ClientV2(api_key=key, base_url=url)

    def close(self) -> None:
        self._client._client_wrapper.httpx_client.httpx_client.close()

    def ask(
        self, model: str, turns: list[Any], *, stream: bool = False, tools: bool = False, schema: bool = False
    ) -> Heard:
        more: dict[str, Any] = {}
        if tools:
            function = {"name": TOOL, "description": TELLS, "parameters": SCHEMA}
            more["tools"] = [{"type": "function", "function": function}]
        if schema:
            more["response_format"] = {"type": "json_object", "json_schema": SCHEMA}
        if stream:
            return self._added_up(self._client.chat_stream(model=model, messages=turns, **more))
        answer = self._client.chat(model=model, messages=turns, **more)
        message = answer.message
        heard = Heard(finish=answer.finish_reason)
        for part in message.content or ():
            heard.text += getattr(part, "text", None) or ""
            heard.reasoning += getattr(part, "thinking", None) or ""
        for call in message.tool_calls or ():
            assert call.function is not None
            arguments = json.loads(call.function.arguments or "{}")
            heard.calls.append((call.id, call.function.name or "", arguments))
        assert answer.usage is not None
        assert answer.usage.tokens is not None
        heard.prompt_tokens = int(answer.usage.tokens.input_tokens or 0)
        heard.completion_tokens = int(answer.usage.tokens.output_tokens or 0)
        heard.turn = message.dict()
        return heard

    def _added_up(self, events: Iterable[Any]) -> Heard:
        heard = Heard()
        pieces: list[list[str]] = []
        for event in events:
            if event.type == "content-delta":
                heard.text += event.delta.message.content.text or ""
                heard.reasoning += getattr(event.delta.message.content, "thinking", None) or ""
            elif event.type == "tool-call-start":
                call = event.delta.message.tool_calls
                pieces.append([call.id, call.function.name, call.function.arguments or ""])
            elif event.type == "tool-call-delta":
                pieces[-1][2] += event.delta.message.tool_calls.function.arguments
            elif event.type == "message-end":
                heard.finish = event.delta.finish_reason
                heard.prompt_tokens = int(event.delta.usage.tokens.input_tokens)
                heard.completion_tokens = int(event.delta.usage.tokens.output_tokens)
        heard.calls = [(piece[0], piece[1], json.loads(piece[2] or "{}")) for piece in pieces]
        return heard

    def says(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        told = [{"role": "tool", "tool_call_id": call[0], "content": result} for call in heard.calls]
        return [heard.turn, *told, self.says(then)]


class Bedrock:
    """`boto3`, Converse."""

    name = "boto3"
    finishes: ClassVar[dict[str, str]] = {"stop": "end_turn", "tool_calls": "tool_use"}

    def __init__(self, url: str, key: str) -> None:
        session = boto3.Session(region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
        config = Config(retries={"total_max_attempts": 1}, signature_version=UNSIGNED)
        self._client: Any = session.client("bedrock-runtime", endpoint_url=url, config=config)

        def sign(request: Any, **_: Any) -> None:
            request.headers["Authorization"] = f"Bearer {key}"

        self._client.meta.events.register("before-sign.bedrock-runtime", sign)

    def close(self) -> None:
        self._client.close()

    def ask(
        self, model: str, turns: list[Any], *, stream: bool = False, tools: bool = False, schema: bool = False
    ) -> Heard:
        more: dict[str, Any] = {}
        if tools:
            spec = {"name": TOOL, "description": TELLS, "inputSchema": {"json": SCHEMA}}
            more["toolConfig"] = {"tools": [{"toolSpec": spec}]}
        if schema:
            form = {"name": "weather", "schema": json.dumps(SCHEMA)}
            more["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": form}}}
        if stream:
            return self._added_up(self._client.converse_stream(modelId=model, messages=turns, **more)["stream"])
        answer = self._client.converse(modelId=model, messages=turns, **more)
        heard = Heard(finish=answer["stopReason"], turn=answer["output"]["message"])
        heard.prompt_tokens, heard.completion_tokens = answer["usage"]["inputTokens"], answer["usage"]["outputTokens"]
        for block in heard.turn["content"]:
            heard.text += block.get("text", "")
            heard.text += "".join(each["text"] for each in block.get("citationsContent", {}).get("content", ()))
            heard.reasoning += block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "")
            if (call := block.get("toolUse")) is not None:
                heard.calls.append((call["toolUseId"], call["name"], call["input"]))
        return heard

    def _added_up(self, events: Iterable[Any]) -> Heard:
        heard = Heard()
        pieces: list[list[str]] = []
        for event in events:
            if (begun := event.get("contentBlockStart", {}).get("start", {}).get("toolUse")) is not None:
                pieces.append([begun["toolUseId"], begun["name"], ""])
            delta = event.get("contentBlockDelta", {}).get("delta", {})
            heard.text += delta.get("text", "")
            heard.reasoning += delta.get("reasoningContent", {}).get("text", "")
            if "toolUse" in delta:
                pieces[-1][2] += delta["toolUse"]["input"]
            heard.finish = event.get("messageStop", {}).get("stopReason", heard.finish)
            if (told := event.get("metadata", {}).get("usage")) is not None:
                heard.prompt_tokens, heard.completion_tokens = told["inputTokens"], told["outputTokens"]
        heard.calls = [(piece[0], piece[1], json.loads(piece[2] or "{}")) for piece in pieces]
        return heard

    def says(self, text: str) -> Any:
        return {"role": "user", "content": [{"text": text}]}

    def results(self, heard: Heard, result: str, then: str) -> list[Any]:
        told: list[Any] = [
            {"toolResult": {"toolUseId": call[0], "content": [{"text": result}]}} for call in heard.calls
        ]
        return [heard.turn, {"role": "user", "content": [*told, {"text": then}]}]


CLIENTS = (OpenAIChat, OpenAIResponses, Anthropic, OpenRouterChat, Google, Cohere, Bedrock)
