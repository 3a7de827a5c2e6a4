"""Hosts of other people's models, and gateways like this one."""

from __future__ import annotations

from typing import Final

from modelport.providers.provider import Wire
from modelport.providers.row import Fact, Row
from modelport.providers.rows.wires import CAUTION, DAY, compatible, messages, responses

__all__ = ["ROWS"]

_COMPATIBILITY: Final = "https://www.developersdigest.tech/reference/api-compatibility"

ROWS: Final = (
    Row(
        slug="groq",
        name="Groq",
        wires={
            "openai_chat": Wire(
                base_url="https://api.groq.com/openai/v1",
                quirks=frozenset({"effort_on_or_off"}),
                renames={"messages.role.developer": "system"},
                drops=frozenset({
                    "logprobs", "top_logprobs", "logit_bias", "messages.name", "top_k", "min_p", "top_a",
                    "repetition_penalty",
                }),
            ),
            "openai_responses": responses("https://api.groq.com/openai/v1"),
        },
        key_variable="GROQ_API_KEY",
        models="openai",
        docs="https://console.groq.com/docs/api-reference",
        facts=(
            Fact("`logprobs`, `top_logprobs`, `logit_bias` and `messages[].name` are refused (400), and any `n` but 1",
                 "https://console.groq.com/docs/openai", DAY),
            Fact("Usage stands in `x_groq` of a stream's last event as well", "recorded: chat/completions", DAY),
            Fact("Reasoning comes as `reasoning` where `reasoning_format` is `parsed`", "recorded: chat/completions",
                 DAY),
            Fact("Qwen3 knows the efforts `none` and `default` only", "recorded: chat/completions", DAY),
        ),
        privacy_policy_url="https://groq.com/privacy-policy",
        terms_of_service_url="https://groq.com/terms-of-use",
        status_page_url="https://groqstatus.com",
        headquarters="US",
    ),
    Row(
        slug="together",
        name="Together",
        wires={"openai_chat": compatible("https://api.together.xyz/v1")},
        vectors=True,
        key_variable="TOGETHER_API_KEY",
        models="catalog",
        docs="https://docs.together.ai/reference/chat-completions-1",
        facts=(
            Fact("It takes `top_k`, `min_p` and `repetition_penalty`", "recorded: chat/completions", DAY),
            Fact("Its list of models is a bare list",
                 "https://github.com/togethercomputer/together-python/blob/main/src/together/resources/models.py", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://www.together.ai/privacy",
        terms_of_service_url="https://www.together.ai/terms-of-service",
        status_page_url="https://status.together.ai",
        headquarters="US",
    ),
    Row(
        slug="fireworks",
        name="Fireworks",
        wires={
            "openai_chat": compatible(
                "https://api.fireworks.ai/inference/v1", renames={"messages.reasoning": "reasoning_content"}
            ),
            "openai_responses": responses("https://api.fireworks.ai/inference/v1"),
            "openai_completions": Wire(base_url="https://api.fireworks.ai/inference/v1"),
            "anthropic_messages": messages("https://api.fireworks.ai/inference/v1", auth="bearer"),
        },
        vectors=True,
        key_variable="FIREWORKS_API_KEY",
        models="openai",
        docs="https://docs.fireworks.ai/api-reference/post-chatcompletions",
        facts=(
            Fact("The usage comes in a stream's last event without being asked for it; Anthropic's format is spoken at "
                 "the same address, with the key as a bearer", f"{_COMPATIBILITY}/fireworks", DAY),
            Fact("Reasoning of earlier turns is taken as `reasoning_content`",
                 "https://docs.getbifrost.ai/providers/supported-providers/fireworks", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://fireworks.ai/privacy-policy",
        terms_of_service_url="https://fireworks.ai/terms-of-service",
        status_page_url="https://status.fireworks.ai",
        headquarters="US",
    ),
    Row(
        slug="cerebras",
        name="Cerebras",
        wires={
            "openai_chat": Wire(
                base_url="https://api.cerebras.ai/v1",
                renames={"messages.role.developer": "system", "max_tokens": "max_completion_tokens"},
                drops=frozenset({
                    "frequency_penalty", "presence_penalty", "logit_bias", "service_tier", "prompt_cache_key",
                    "verbosity", "top_k", "min_p", "top_a", "repetition_penalty",
                }),
            ),
        },
        key_variable="CEREBRAS_API_KEY",
        models="openai",
        docs="https://inference-docs.cerebras.ai/api-reference/chat-completions",
        facts=(
            Fact("`frequency_penalty`, `presence_penalty`, `logit_bias` and `service_tier` are refused (400)",
                 "https://hexdocs.pm/req_llm/cerebras.html", DAY),
            Fact("There is no role `developer`; a system message has its weight",
                 "https://inference-docs.cerebras.ai/resources/openai", DAY),
            Fact("Reasoning comes as `reasoning`", "recorded: chat/completions", DAY),
        ),
        privacy_policy_url="https://www.cerebras.ai/privacy-policy",
        terms_of_service_url="https://www.cerebras.ai/terms-of-service",
        status_page_url="https://status.cerebras.ai",
        headquarters="US",
    ),
    Row(
        slug="deepinfra",
        name="DeepInfra",
        wires={
            "openai_chat": compatible("https://api.deepinfra.com/v1/openai"),
            "openai_completions": Wire(base_url="https://api.deepinfra.com/v1/openai"),
        },
        vectors=True,
        key_variable="DEEPINFRA_API_KEY",
        models="openai",
        docs="https://deepinfra.com/docs/advanced/openai_api",
        facts=(
            Fact("OpenAI's format is below `/v1/openai`", "https://deepinfra.com/docs/advanced/openai_api", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://deepinfra.com/privacy",
        terms_of_service_url="https://deepinfra.com/terms",
        status_page_url="https://status.deepinfra.com",
        headquarters="US",
    ),
    Row(
        slug="novita",
        name="Novita",
        wires={
            "openai_chat": compatible("https://api.novita.ai/openai/v1"),
            "anthropic_messages": messages("https://api.novita.ai/anthropic/v1", auth="bearer"),
        },
        vectors=True,
        key_variable="NOVITA_API_KEY",
        models="openai",
        docs="https://novita.ai/docs/guides/llm-api",
        facts=(
            Fact("Some models speak Anthropic's format at `/anthropic`, with the key as a bearer",
                 "https://novita.ai/docs/guides/llm-anthropic-compatibility", DAY),
            Fact("`/v3/openai` is an older address of the same", "recorded: huggingface, novita/v3/openai", DAY),
            Fact("`/openai/v1` is the present address", "https://www.promptfoo.dev/docs/providers/novita/", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://novita.ai/legal/privacy-policy",
        terms_of_service_url="https://novita.ai/legal/terms-of-service",
        headquarters="US",
    ),
    Row(
        slug="nebius",
        name="Nebius Token Factory",
        wires={"openai_chat": compatible("https://api.tokenfactory.nebius.com/v1")},
        vectors=True,
        key_variable="NEBIUS_API_KEY",
        models="openai",
        docs="https://docs.tokenfactory.nebius.com/api-reference/introduction",
        facts=(
            Fact("The service was called AI Studio, at `api.studio.nebius.com`",
                 "https://docs.tokenfactory.nebius.com/api-reference/introduction", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://nebius.com/privacy-policy",
        terms_of_service_url="https://docs.tokenfactory.nebius.com/legal/terms-of-service",
        status_page_url="https://status.nebius.com",
        headquarters="NL",
    ),
    Row(
        slug="sambanova",
        name="SambaNova",
        wires={
            "openai_chat": compatible(
                "https://api.sambanova.ai/v1",
                drops=frozenset({"logit_bias", "n", "logprobs", "top_logprobs", "presence_penalty",
                                 "frequency_penalty"}),
            ),
            "anthropic_messages": messages("https://api.sambanova.ai/v1", auth="bearer"),
        },
        key_variable="SAMBANOVA_API_KEY",
        models="openai",
        docs="https://docs.sambanova.ai/docs/en/features/openai-compatibility",
        facts=(
            Fact("`logit_bias`, `n`, `logprobs` and both penalties are not among its fields",
                 "https://huggingface.co/spaces/Shyamnath/inferencing-llm/blob/main/litellm/llms/sambanova/chat.py",
                 DAY),
            Fact("Anthropic's format is spoken at `/v1/messages`, for some models",
                 "https://docs.sambanova.ai/docs/en/features/messages", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://sambanova.ai/privacy-policy",
        terms_of_service_url="https://sambanova.ai/terms-and-conditions",
        status_page_url="https://status.sambanova.ai",
        headquarters="US",
    ),
    Row(
        slug="huggingface",
        name="Hugging Face",
        wires={
            "openai_chat": compatible("https://router.huggingface.co/v1"),
            "openai_responses": responses("https://router.huggingface.co/v1"),
        },
        key_variable="HF_TOKEN",
        models="openai",
        docs="https://huggingface.co/docs/inference-providers",
        facts=(
            Fact("The router chooses a provider, or is told how behind the model's name: `:fastest`, `:cheapest`, "
                 "`:together`", "https://huggingface.co/docs/inference-providers/main/en/index", DAY),
            Fact("Below `/together/v1` and the like a provider is reached in its own words",
                 "recorded: together/v1/chat/completions", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://huggingface.co/privacy",
        terms_of_service_url="https://huggingface.co/terms-of-service",
        status_page_url="https://status.huggingface.co",
        headquarters="US",
    ),
    Row(
        slug="nvidia",
        name="NVIDIA",
        wires={
            "openai_chat": compatible("https://integrate.api.nvidia.com/v1"),
            "openai_completions": Wire(base_url="https://integrate.api.nvidia.com/v1"),
        },
        vectors=True,
        key_variable="NVIDIA_API_KEY",
        models="openai",
        docs="https://docs.api.nvidia.com/nim/reference",
        facts=(
            Fact("The hosted NIMs share one address; a NIM of one's own is `openai-compatible`",
                 "https://docsearch.algolia.com/mcp/docs/website/build.nvidia.com", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://www.nvidia.com/en-us/about-nvidia/privacy-policy",
        terms_of_service_url="https://assets.ngc.nvidia.com/products/api-catalog/legal/NVIDIA_API_Trial_Terms_of_Service.pdf",
        headquarters="US",
    ),
    Row(
        slug="venice",
        name="Venice",
        wires={
            "openai_chat": compatible(
                "https://api.venice.ai/api/v1", renames={"messages.reasoning": "reasoning_content"}
            ),
        },
        vectors=True,
        key_variable="VENICE_API_KEY",
        models="openai",
        docs="https://docs.venice.ai/api-reference",
        facts=(
            Fact("Reasoning comes as `reasoning_content`; `venice_parameters` go through",
                 "recorded: chat/completions", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://venice.ai/legal/privacy-policy",
        terms_of_service_url="https://venice.ai/legal/tos",
        headquarters="US",
    ),
    Row(
        slug="crusoe",
        name="Crusoe",
        wires={"openai_chat": compatible("https://api.inference.crusoecloud.com/v1")},
        key_variable="CRUSOE_API_KEY",
        models="openai",
        docs="https://docs.crusoecloud.com",
        facts=(
            Fact("Reasoning comes as `reasoning`", "recorded: chat/completions", DAY),
            CAUTION,
        ),
        headquarters="US",
    ),
    Row(
        slug="doubleword",
        name="Doubleword",
        wires={"openai_chat": compatible("https://api.doubleword.ai/v1")},
        vectors=True,
        key_variable="DOUBLEWORD_API_KEY",
        models="openai",
        docs="https://docs.doubleword.ai",
        facts=(
            Fact("Reasoning comes as `reasoning` with `reasoning_details`, or as `reasoning_content`",
                 "recorded: chat/completions", DAY),
            CAUTION,
        ),
        headquarters="GB",
    ),
    Row(
        slug="openrouter",
        name="OpenRouter",
        wires={
            "openai_chat": Wire(
                base_url="https://openrouter.ai/api/v1",
                keeps=frozenset({
                    "cache_control", "deferred_tools", "include_reasoning", "max_tool_calls", "models", "plugins",
                    "provider", "reasoning", "route", "session_id", "stop_server_tools_when", "transforms", "usage",
                    "web_search_options", "x_search_filter",
                }),
            ),
            "openai_responses": responses("https://openrouter.ai/api/v1"),
            "anthropic_messages": messages("https://openrouter.ai/api/v1", auth="bearer"),
        },
        vectors=True,
        key_variable="OPENROUTER_API_KEY",
        models="openai",
        docs="https://openrouter.ai/docs/api-reference/overview",
        facts=(
            Fact("A gateway itself: the fields that are meant for one are sent on", "recorded: chat/completions", DAY),
        ),
        privacy_policy_url="https://openrouter.ai/privacy",
        terms_of_service_url="https://openrouter.ai/terms",
        status_page_url="https://status.openrouter.ai",
        headquarters="US",
    ),
)  # fmt: skip
"""In the order of the documentation."""
