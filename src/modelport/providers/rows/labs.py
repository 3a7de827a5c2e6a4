"""Makers of models who serve them themselves, in America and Europe."""

from __future__ import annotations

from typing import Final

from modelport.providers.provider import Wire
from modelport.providers.row import Fact, Row
from modelport.providers.rows.wires import CAUTION, DAY, compatible, responses

__all__ = ["ROWS"]

_OPENAI_TOKENS: Final = Fact(
    "`max_tokens` goes as `max_completion_tokens`: reasoning models refuse the older name",
    "https://platform.openai.com/docs/api-reference/chat/create",
    DAY,
)

ROWS: Final = (
    Row(
        slug="openai",
        name="OpenAI",
        wires={
            "openai_chat": Wire(
                base_url="https://api.openai.com/v1",
                renames={"max_tokens": "max_completion_tokens"},
                drops=frozenset({"top_k", "min_p", "top_a", "repetition_penalty"}),
            ),
            "openai_responses": Wire(base_url="https://api.openai.com/v1"),
            "openai_completions": Wire(base_url="https://api.openai.com/v1"),
        },
        vectors=True,
        key_variable="OPENAI_API_KEY",
        models="openai",
        docs="https://platform.openai.com/docs/api-reference",
        facts=(
            _OPENAI_TOKENS,
            Fact("`top_k`, `min_p`, `top_a` and `repetition_penalty` are unknown to it and refused (400)",
                 "https://platform.openai.com/docs/api-reference/chat/create", DAY),
            Fact("A stream tells its usage only with `stream_options.include_usage`, which the gateway always sends",
                 "recorded: chat/completions", DAY),
        ),
        privacy_policy_url="https://openai.com/privacy",
        terms_of_service_url="https://openai.com/terms",
        status_page_url="https://status.openai.com",
        headquarters="US",
    ),
    Row(
        slug="anthropic",
        name="Anthropic",
        wires={
            "anthropic_messages": Wire(
                base_url="https://api.anthropic.com/v1", quirks=frozenset({"eager_input_streaming"})
            ),
        },
        key_variable="ANTHROPIC_API_KEY",
        models="anthropic",
        docs="https://docs.anthropic.com/en/api/messages",
        facts=(
            Fact("Arguments of tools stream as they are written only if each tool asks for it",
                 "behaviour of the reference, section 3", DAY),
            Fact("The key is shown as `x-api-key`, and every request names its `anthropic-version`",
                 "recorded: messages", DAY),
        ),
        privacy_policy_url="https://www.anthropic.com/legal/privacy",
        terms_of_service_url="https://www.anthropic.com/legal/commercial-terms",
        status_page_url="https://status.anthropic.com",
        headquarters="US",
    ),
    Row(
        slug="google-ai-studio",
        name="Google AI Studio",
        wires={
            "gemini": Wire(base_url="https://generativelanguage.googleapis.com/v1beta", auth="x-goog-api-key"),
            "openai_chat": compatible("https://generativelanguage.googleapis.com/v1beta/openai"),
        },
        vectors=True,
        key_variable="GEMINI_API_KEY",
        models="gemini",
        docs="https://ai.google.dev/api",
        facts=(
            Fact("The key may stand in the query as well; it goes in a header, where no log keeps it",
                 "https://ai.google.dev/gemini-api/docs/api-key", DAY),
            Fact("OpenAI's format is spoken below `/v1beta/openai`", "recorded: chat/completions", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://policies.google.com/privacy",
        terms_of_service_url="https://ai.google.dev/gemini-api/terms",
        status_page_url="https://aistudio.google.com/status",
        headquarters="US",
    ),
    Row(
        slug="mistral",
        name="Mistral",
        wires={
            "openai_chat": compatible(
                "https://api.mistral.ai/v1",
                quirks=frozenset({"prefill_prefix"}),
                renames={"seed": "random_seed", "messages.reasoning": "content.thinking"},
                drops=frozenset({
                    "stream_options", "user", "logit_bias", "top_k", "min_p", "top_a", "repetition_penalty", "store",
                    "service_tier", "verbosity", "messages.reasoning_details", "messages.reasoning_content",
                    "messages.refusal", "messages.annotations",
                }),
            ),
        },
        vectors=True,
        key_variable="MISTRAL_API_KEY",
        models="openai",
        docs="https://docs.mistral.ai/api",
        facts=(
            Fact("A field it does not know is refused (422 `extra_forbidden`): `max_completion_tokens`, `store`, ...",
                 "https://github.com/Gitlawb/openclaude/issues/739", DAY),
            Fact("The last event of a stream has the usage, without being asked for it", "recorded: chat/completions",
                 DAY),
            Fact("`seed` is called `random_seed`", "https://docs.mistral.ai/api", DAY),
            Fact("Reasoning stands in the content, as a part `thinking`", "recorded: chat/completions", DAY),
            Fact("`user` must be left out; `n`, both penalties, `parallel_tool_calls` and `prompt_cache_key` are taken",
                 "https://www.librechat.ai/docs/configuration/librechat_yaml/ai_endpoints/mistral", DAY),
            Fact("`logit_bias` is not supported", "https://docs.rs/crate/liter-llm/1.2.2/source/src/provider/mistral.rs",
                 DAY),
            Fact("A last message of the assistant is refused (400) unless it says `prefix: true`, which is set here",
                 "https://github.com/anomalyco/opencode/issues/19115", DAY),
            Fact("`service_tier` and `verbosity` are among the fields it does not know",
                 "https://api.koog.ai/prompt/prompt-executor/prompt-executor-clients/prompt-executor-mistralai-client/"
                 "ai.koog.prompt.executor.clients.mistralai/-mistral-a-i-params/index.html", DAY),
        ),
        privacy_policy_url="https://mistral.ai/terms#privacy-policy",
        terms_of_service_url="https://mistral.ai/terms",
        status_page_url="https://status.mistral.ai",
        headquarters="FR",
    ),
    Row(
        slug="xai",
        name="xAI",
        wires={
            "openai_chat": Wire(
                base_url="https://api.x.ai/v1",
                renames={"messages.role.developer": "system"},
                drops=frozenset({"logit_bias", "top_k", "min_p", "top_a", "repetition_penalty"}),
            ),
            "openai_responses": responses("https://api.x.ai/v1", reasoning_format="xai-responses-v1"),
        },
        key_variable="XAI_API_KEY",
        models="openai",
        docs="https://docs.x.ai/docs/api-reference",
        facts=(
            Fact("Responses is its main format; chat completions is kept for older callers",
                 "https://www.developersdigest.tech/reference/api-compatibility/xai", DAY),
            Fact("Reasoning tokens are counted beside the completion's, and come as `reasoning_content`",
                 "recorded: chat/completions", DAY),
            Fact("`logit_bias` and fields of other samplers are left out",
                 "choice: no page seen says that they have an effect, and a request does not fail for them", DAY),
        ),
        privacy_policy_url="https://x.ai/legal/privacy-policy",
        terms_of_service_url="https://x.ai/legal/terms-of-service-enterprise",
        status_page_url="https://status.x.ai",
        headquarters="US",
    ),
    Row(
        slug="cohere",
        name="Cohere",
        wires={
            "cohere_chat": Wire(base_url="https://api.cohere.com/v2"),
            "openai_chat": compatible("https://api.cohere.ai/compatibility/v1"),
        },
        vectors=True,
        key_variable="COHERE_API_KEY",
        models="cohere",
        models_url="https://api.cohere.com/v1/models",
        docs="https://docs.cohere.com/reference/chat",
        facts=(
            Fact("Its own format is spoken below `/v2`; the list of models is below `/v1`", "recorded: v2/chat", DAY),
            Fact("OpenAI's format is spoken below `https://api.cohere.ai/compatibility/v1`",
                 "https://docs.cohere.com/docs/compatibility-api", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://cohere.com/privacy",
        terms_of_service_url="https://cohere.com/terms-of-use",
        status_page_url="https://status.cohere.com",
        headquarters="CA",
    ),
    Row(
        slug="perplexity",
        name="Perplexity",
        wires={
            "openai_chat": compatible(
                "https://api.perplexity.ai",
                drops=frozenset({"logit_bias", "seed", "tool_choice", "parallel_tool_calls"}),
            ),
        },
        key_variable="PERPLEXITY_API_KEY",
        models="openai",
        models_url="https://api.perplexity.ai/v1/models",
        docs="https://docs.perplexity.ai/api-reference/chat-completions-post",
        facts=(
            Fact("No version stands in the address", "recorded: chat/completions", DAY),
            Fact("It searches by itself: citations come as `citations` and `search_results`",
                 "recorded: chat/completions", DAY),
            Fact("Its models are listed below `/v1`, where other addresses have no version", "recorded: v1/models",
                 DAY),
            Fact("Its own models call no tools", "https://mastra.ai/models/providers/perplexity.md", DAY),
            Fact("`stream_options` and `reasoning_effort` are taken", "recorded: chat/completions", DAY),
            Fact("`seed` and `logit_bias` are not among its fields",
                 "https://perplexity.mintlify.app/api-reference/chat-completions-post", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://www.perplexity.ai/hub/legal/privacy-policy",
        terms_of_service_url="https://www.perplexity.ai/hub/legal/perplexity-api-terms-of-service",
        status_page_url="https://status.perplexity.com",
        headquarters="US",
    ),
)  # fmt: skip
"""In the order of the documentation."""
