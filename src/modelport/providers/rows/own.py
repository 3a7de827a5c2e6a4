"""Engines on machines of one's own, and any address that speaks OpenAI's format."""

from __future__ import annotations

from typing import Final

from modelport.providers.provider import Wire
from modelport.providers.row import Fact, Option, Row
from modelport.providers.rows.wires import CAUTION, DAY, compatible, messages, responses

__all__ = ["ROWS"]


_TEMPLATE: Final = frozenset({"template_switch"})


def _host(default: str) -> dict[str, Option]:
    return {"host": Option("scheme, name and port", default)}


ROWS: Final = (
    Row(
        slug="ollama",
        name="Ollama",
        wires={
            "openai_chat": compatible(
                "{host}/v1", drops=frozenset({"logit_bias", "n", "user", "parallel_tool_calls"})
            ),
            "openai_completions": Wire(base_url="{host}/v1"),
            "openai_responses": responses("{host}/v1"),
            "anthropic_messages": messages("{host}/v1", auth="bearer"),
        },
        vectors=True,
        options=_host("http://127.0.0.1:11434"),
        models="openai",
        docs="https://docs.ollama.com/api/openai-compatibility",
        facts=(
            Fact("Reasoning comes as `reasoning`", "recorded: chat/completions", DAY),
            Fact("`logit_bias`, `n` and `user` are not among its fields; `logprobs` and `reasoning_effort` are",
                 "https://docs.ollama.com/api/openai-compatibility", DAY),
            Fact("Responses (since 0.13.3, without state) and Anthropic's format are spoken too; no key is looked at",
                 "https://www.developersdigest.tech/reference/api-compatibility/ollama", DAY),
            CAUTION,
        ),
    ),
    Row(
        slug="vllm",
        name="vLLM",
        wires={
            "openai_chat": Wire(base_url="{host}/v1", renames={"messages.role.developer": "system"}, quirks=_TEMPLATE),
            "openai_completions": Wire(base_url="{host}/v1"),
            "openai_responses": responses("{host}/v1"),
            "anthropic_messages": messages("{host}/v1", auth="bearer"),
        },
        vectors=True,
        options=_host("http://127.0.0.1:8000"),
        models="openai",
        docs="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
        facts=(
            Fact("`top_k`, `min_p` and `repetition_penalty` are taken at the top level",
                 "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html", DAY),
            Fact("Newer versions speak Anthropic's format",
                 "https://github.com/vllm-project/vllm/tree/main/vllm/entrypoints/anthropic", DAY),
            Fact("Reasoning comes as `reasoning`, before as `reasoning_content`, and is switched in templates: "
                 "`enable_thinking` of Qwen3, `thinking` of DeepSeek and Granite",
                 "https://docs.vllm.ai/en/stable/features/reasoning_outputs/", DAY),
            Fact("`parallel_tool_calls` and `user` are not looked at",
                 "https://docs.vllm.ai/en/v0.6.4.post1/serving/openai_compatible_server.html", DAY),
            Fact("The role `developer` goes as `system`, for many models' templates know no other",
                 "choice: where a template knows both, nothing is lost", DAY),
            Fact("Newer versions speak Responses",
                 "https://github.com/vllm-project/vllm/tree/main/vllm/entrypoints/openai/responses", DAY),
        ),
    ),
    Row(
        slug="sglang",
        name="SGLang",
        wires={
            "openai_chat": Wire(base_url="{host}/v1", renames={"messages.role.developer": "system"}, quirks=_TEMPLATE),
            "openai_completions": Wire(base_url="{host}/v1"),
            "anthropic_messages": messages("{host}/v1", auth="bearer"),
        },
        vectors=True,
        options=_host("http://127.0.0.1:30000"),
        models="openai",
        docs="https://docs.sglang.ai/basic_usage/openai_api_completions.html",
        facts=(
            Fact("It listens at port 30000; a key that was set is a bearer",
                 "https://mintlify.com/sgl-project/sglang/backend/openai-compatible-api", DAY),
            Fact("Every server speaks Anthropic's format as well",
                 "https://docs.sglang.io/docs/basic_usage/anthropic_api", DAY),
            Fact("Reasoning is switched in templates: `enable_thinking` of Qwen3, `thinking` of DeepSeek",
                 "https://mintlify.com/sgl-project/sglang/advanced/separate-reasoning", DAY),
        ),
    ),
    Row(
        slug="llamacpp",
        name="llama.cpp",
        wires={
            "openai_chat": Wire(
                base_url="{host}/v1",
                renames={"messages.role.developer": "system", "messages.reasoning": "reasoning_content"},
                quirks=_TEMPLATE,
            ),
            "openai_completions": Wire(base_url="{host}/v1"),
        },
        vectors=True,
        options=_host("http://127.0.0.1:8080"),
        models="openai",
        docs="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
        facts=(
            Fact("Reasoning comes as `reasoning_content`; a `grammar` goes through", "recorded: chat/completions", DAY),
        ),
    ),
    Row(
        slug="lmstudio",
        name="LM Studio",
        wires={
            "openai_chat": compatible("{host}/v1"),
            "openai_responses": responses("{host}/v1"),
            "openai_completions": Wire(base_url="{host}/v1"),
        },
        vectors=True,
        options=_host("http://127.0.0.1:1234"),
        models="openai",
        docs="https://lmstudio.ai/docs/developer/openai-compat",
        facts=(Fact("Responses are spoken too", "recorded: responses", DAY), CAUTION),
    ),
    Row(
        slug="openai-compatible",
        name="OpenAI-compatible",
        wires={
            "openai_chat": compatible("{host}"),
            "openai_completions": Wire(base_url="{host}"),
            "openai_responses": responses("{host}"),
        },
        vectors=True,
        options={"host": Option("the address up to the version, such as `https://host/v1`")},
        models="openai",
        docs="https://platform.openai.com/docs/api-reference/chat",
        facts=(
            Fact("Only what OpenAI's own reference has is taken for granted",
                 "https://platform.openai.com/docs/api-reference/chat", DAY),
            CAUTION,
        ),
    ),
)  # fmt: skip
"""In the order of the documentation."""
