"""Providers in China; their addresses for the rest of the world are rows of their own: keys hold for one of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from modelport.providers.provider import Wire
from modelport.providers.row import Fact, Option, Row
from modelport.providers.rows.wires import CAUTION, DAY, REASONING_CONTENT, compatible, messages, responses

__all__ = ["ROWS"]

_KIMI: Final = frozenset({"thinking_type", "prefill_partial"})
_STEERED: Final = frozenset({"thinking_type", "thinking_effort"})
_ADAPTIVE: Final = frozenset({"thinking_type", "thinking_adaptive"})
_ENABLE: Final = frozenset({"enable_thinking"})
_QWEN: Final = frozenset({"enable_thinking", "prefill_partial"})
_COMPATIBILITY: Final = "https://www.developersdigest.tech/reference/api-compatibility"

_DEEPSEEK: Final = Row(
    slug="deepseek",
    name="DeepSeek",
    wires={
        "openai_chat": compatible(
            "https://api.deepseek.com",
            renames=REASONING_CONTENT,
            quirks=_STEERED,
            drops=frozenset({"logit_bias", "n", "seed", "messages.reasoning_details"}),
        ),
        "openai_responses": responses("https://api.deepseek.com"),
        "anthropic_messages": messages("https://api.deepseek.com/anthropic/v1"),
    },
    key_variable="DEEPSEEK_API_KEY",
    models="openai",
    docs="https://api-docs.deepseek.com/api/create-chat-completion",
    facts=(
        Fact("The role `developer` is refused (400)", "https://github.com/earendil-works/pi/issues/1048", DAY),
        Fact("Reasoning is switched by `thinking: {type}` and steered by `reasoning_effort` low, high or max; it is on "
             "when nothing is said", "https://api-docs.deepseek.com/guides/thinking_mode.md", DAY),
        Fact("Reasoning of earlier turns goes back as `reasoning_content`", "recorded: chat/completions", DAY),
        Fact("Cached tokens are counted as `prompt_cache_hit_tokens`, and as `cached_tokens` too",
             "recorded: chat/completions", DAY),
        Fact("Anthropic's format is spoken at `/anthropic`, with `x-api-key`", f"{_COMPATIBILITY}/deepseek", DAY),
        Fact("`logit_bias`, `n` and `seed` are not among its fields",
             "https://docs.rs/deepseek-sdk/latest/deepseek_sdk/chat/request/struct.ChatRequest.html", DAY),
        Fact("`parallel_tool_calls`, `logprobs` and `top_logprobs` are taken", "recorded: chat/completions", DAY),
        Fact("An answer that was begun is continued only below `/beta`, which is not asked here",
             "https://docs.rs/deepseek-sdk/latest/src/deepseek_sdk/completion/chat.rs.html", DAY),
    ),
    privacy_policy_url="https://cdn.deepseek.com/policies/en-US/deepseek-privacy-policy.html",
    terms_of_service_url="https://cdn.deepseek.com/policies/en-US/deepseek-open-platform-terms-of-service.html",
    status_page_url="https://status.deepseek.com",
    headquarters="CN",
)  # fmt: skip


def _moonshot(slug: str, name: str, host: str) -> Row:
    return Row(
        slug=slug,
        name=name,
        wires={
            "openai_chat": compatible(
                f"https://{host}/v1",
                renames=REASONING_CONTENT,
                quirks=_KIMI,
                drops=frozenset({"logit_bias", "top_k", "min_p", "top_a", "repetition_penalty"}),
            ),
            "openai_responses": responses(f"https://{host}/v1"),
            "anthropic_messages": messages(f"https://{host}/anthropic/v1", auth="bearer"),
        },
        key_variable="MOONSHOT_API_KEY",
        models="openai",
        docs="https://platform.kimi.ai/docs/api/chat",
        facts=(
            Fact("OpenAI's two formats are at `/v1`, Anthropic's at `/anthropic`; reasoning is switched by `thinking`",
                 f"{_COMPATIBILITY}/moonshot", DAY),
            Fact("A last message of the assistant is continued where it says `partial: true`, which is set here",
                 "https://test-platform.kimi.ai/docs/api/partial", DAY),
            Fact("Cached tokens are counted as `usage.cached_tokens`", "recorded: chat/completions", DAY),
            Fact("`logit_bias` and other samplers' fields are not among its fields",
                 "https://modelparams.dev/models/moonshot/moonshot-v1-8k", DAY),
            CAUTION,
        ),
        headquarters="CN",
    )  # fmt: skip


def _zhipu(slug: str, name: str, base: str, variable: str, docs: str) -> Row:
    return Row(
        slug=slug,
        name=name,
        wires={
            "openai_chat": compatible(
                f"{base}/paas/v4",
                renames=REASONING_CONTENT,
                quirks=_STEERED,
                drops=frozenset({"logit_bias", "n", "frequency_penalty", "presence_penalty"}),
            ),
            "anthropic_messages": messages(f"{base}/anthropic/v1", auth="bearer"),
        },
        vectors=True,
        key_variable=variable,
        models="openai",
        docs=docs,
        facts=(
            Fact("Reasoning is switched by `thinking: {type}`, and newer models take `reasoning_effort` beside it",
                 "recorded: chat/completions", DAY),
            Fact("Anthropic's format is spoken at `/api/anthropic`", f"{_COMPATIBILITY}/zai", DAY),
            Fact("Penalties, `n` and `logit_bias` are not among its fields; `seed` is",
                 "https://github.com/zai-org/z-ai-sdk-python/blob/main/src/zai/api_resource/chat/completions.py", DAY),
            Fact("GLM-5.3 can't be silenced; it knows the efforts low, high and max",
                 "https://dev.to/aihubmix/glm-53-api-guide-always-on-thinking-3-effort-levels-and-the-support-matrix-1d8e",
                 DAY),
            CAUTION,
        ),
        headquarters="CN",
    )  # fmt: skip


_ALIBABA: Final = Row(
    slug="alibaba",
    name="Alibaba Cloud",
    wires={
        "openai_chat": compatible(
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", renames=REASONING_CONTENT, quirks=_QWEN
        ),
        "openai_responses": responses("https://dashscope-intl.aliyuncs.com/api/v2/apps/protocols/compatible-mode/v1"),
        "anthropic_messages": messages("https://dashscope-intl.aliyuncs.com/apps/anthropic/v1", auth="bearer"),
    },
    vectors=True,
    key_variable="DASHSCOPE_API_KEY",
    models="openai",
    docs="https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
    facts=(
        Fact("OpenAI's format is spoken below `/compatible-mode/v1`", "recorded: chat/completions", DAY),
        Fact("Reasoning is switched by `enable_thinking` and bounded by `thinking_budget`",
             "https://www.alibabacloud.com/help/en/model-studio/deep-thinking", DAY),
        Fact("Hosts of a workspace (`{id}.ap-southeast-1.maas.aliyuncs.com`) replace this one in time; "
             "`base_url` says another", f"{_COMPATIBILITY}/qwen", DAY),
        Fact("Anthropic's format is spoken below `/apps/anthropic` of this host",
             "https://www.alibabacloud.com/help/en/model-studio/anthropic-api-messages", DAY),
        Fact("Responses are spoken below `/api/v2/apps/protocols/compatible-mode/v1`",
             "https://www.alibabacloud.com/help/en/model-studio/compatibility-with-openai-responses-api", DAY),
        Fact("A last message of the assistant is continued where it says `partial: true`, which is set here",
             "https://www.alibabacloud.com/help/en/model-studio/partial-mode", DAY),
        Fact("Open models reason in streams only, so every answer is asked for as a stream",
             "https://github.com/langchain4j/langchain4j/issues/3974", DAY),
        CAUTION,
    ),
    always_stream=True,
    privacy_policy_url="https://www.alibabacloud.com/help/en/legal/latest/alibaba-cloud-international-website-privacy-policy",
    headquarters="SG",
)  # fmt: skip


def _siliconflow(slug: str, host: str, docs: str, headquarters: str) -> Row:
    return Row(
        slug=slug,
        name="SiliconFlow",
        wires={"openai_chat": compatible(f"https://{host}/v1", renames=REASONING_CONTENT, quirks=_ENABLE)},
        vectors=True,
        key_variable="SILICONFLOW_API_KEY",
        models="openai",
        docs=docs,
        facts=(
            Fact("Reasoning is switched by `enable_thinking` and bounded by `thinking_budget` (128 to 32768); "
                 "`max_tokens` does not count it", "https://docs.siliconflow.cn/docs/api/chat-completions-post", DAY),
            CAUTION,
        ),
        headquarters=headquarters,
    )  # fmt: skip


def _minimax(slug: str, name: str, host: str, docs: str) -> Row:
    return Row(
        slug=slug,
        name=name,
        wires={
            "openai_chat": Wire(
                base_url=f"https://{host}/v1",
                renames={"max_tokens": "max_completion_tokens", "messages.role.developer": "system"},
                drops=frozenset({"logit_bias", "n", "frequency_penalty", "presence_penalty", "tool_choice"}),
                quirks=_ADAPTIVE,
                adds={"reasoning_split": True},
            ),
            "openai_responses": responses(f"https://{host}/v1"),
            "anthropic_messages": messages(f"https://{host}/anthropic/v1", auth="bearer"),
        },
        key_variable="MINIMAX_API_KEY",
        models="openai",
        docs=docs,
        facts=(
            Fact("With `reasoning_split` reasoning comes apart, in `reasoning_details`; without, in the text as "
                 "`<think>`", "https://platform.minimaxi.com/docs/api-reference/text-openai-api", DAY),
            Fact("`max_tokens` is an older name here, `tool_choice` is no field, and reasoning is switched by "
                 "`thinking`", "https://java.agentscope.io/v2/en/integration/model/minimax", DAY),
            Fact("Anthropic's format is spoken at `/anthropic`; a bearer is taken", f"{_COMPATIBILITY}/minimax", DAY),
            Fact("`n` may only be 1", "https://docs.camel-ai.org/reference/camel.configs.minimax_config", DAY),
            Fact("Penalties and `logit_bias` are not among its fields",
                 "https://platform.minimax.io/docs/api-reference/text-chat", DAY),
        ),
        headquarters="CN",
    )  # fmt: skip


def _stepfun(slug: str, host: str, docs: str) -> Row:
    return Row(
        slug=slug,
        name="StepFun",
        wires={"openai_chat": compatible(f"https://{host}/v1")},
        key_variable="STEPFUN_API_KEY",
        models="openai",
        docs=docs,
        facts=(
            Fact("A key holds for `.com` (China) or `.ai` (elsewhere)", "https://docs.openclaw.ai/it/providers/stepfun.md",
                 DAY),
            CAUTION,
        ),
        headquarters="CN",
    )  # fmt: skip


_VOLCENGINE: Final = Row(
    slug="volcengine",
    name="Volcengine Ark",
    wires={
        "openai_chat": compatible(
            "https://ark.{region}.volces.com/api/v3", renames=REASONING_CONTENT, quirks=_STEERED
        ),
        "openai_responses": responses("https://ark.{region}.volces.com/api/v3"),
    },
    vectors=True,
    options={"region": Option("the region of Volcengine", "cn-beijing")},
    key_variable="ARK_API_KEY",
    models="openai",
    docs="https://www.volcengine.com/docs/82379",
    facts=(
        Fact("The key is a bearer; the model is its id, or the id of an endpoint (`ep-...`)",
             "https://docs.loongclaw.ai/use-loong/provider-guides/volcengine", DAY),
        Fact("Responses are spoken at the same address",
             "https://github.com/volcengine/volcengine-python-sdk/tree/master/volcenginesdkarkruntime/resources/responses",
             DAY),
        Fact("Reasoning is switched by `thinking: {type}`",
             "https://astraflow.ucloud.cn/docs/modelverse/api_doc/text_api/doubao", DAY),
        CAUTION,
    ),
    headquarters="CN",
)  # fmt: skip

_BAIDU: Final = Row(
    slug="baidu",
    name="Baidu Qianfan",
    wires={"openai_chat": compatible("https://qianfan.baidubce.com/v2", renames=REASONING_CONTENT)},
    vectors=True,
    key_variable="QIANFAN_API_KEY",
    models="openai",
    docs="https://cloud.baidu.com/doc/WENXINWORKSHOP/s/2m3fihw8s",
    facts=(
        Fact("Keys (`bce-v3/ALTAK-...`) are bearers, and an `appid` may stand in a header of that name",
             "https://cloud.baidu.com/doc/WENXINWORKSHOP/s/2m3fihw8s", DAY),
        CAUTION,
    ),
    headquarters="CN",
)  # fmt: skip

_TENCENT: Final = Row(
    slug="tencent",
    name="Tencent Hunyuan",
    wires={
        "openai_chat": compatible(
            "https://api.hunyuan.cloud.tencent.com/v1",
            renames=REASONING_CONTENT,
            drops=frozenset({"logit_bias", "n", "frequency_penalty", "presence_penalty"}),
        ),
    },
    vectors=True,
    key_variable="HUNYUAN_API_KEY",
    models="openai",
    docs="https://cloud.tencent.com/document/product/1729/111007",
    facts=(
        Fact("A key of the console is a bearer; no signature is needed at this address",
             "https://cloud.tencent.com/document/product/1729/111007", DAY),
        Fact("Penalties, `n` and `logit_bias` are left out",
             "choice: no page seen says that they have an effect, and a request does not fail for them", DAY),
        CAUTION,
    ),
    headquarters="CN",
)  # fmt: skip

ROWS: Final = (
    _DEEPSEEK,
    _moonshot("moonshotai", "Moonshot AI", "api.moonshot.ai"),
    _moonshot("moonshotai-cn", "Moonshot AI (China)", "api.moonshot.cn"),
    _zhipu(
        "z-ai", "Z.AI", "https://api.z.ai/api", "ZAI_API_KEY", "https://docs.z.ai/api-reference/llm/chat-completion"
    ),
    _zhipu("zhipu", "Zhipu", "https://open.bigmodel.cn/api", "ZHIPU_API_KEY", "https://docs.bigmodel.cn/api-reference"),
    _ALIBABA,
    replace(
        _ALIBABA,
        slug="alibaba-cn",
        name="Alibaba Cloud (China)",
        wires={
            dialect: replace(wire, base_url=wire.base_url.replace("dashscope-intl", "dashscope"))
            for dialect, wire in _ALIBABA.wires.items()
        },
        docs="https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
        privacy_policy_url=None,
        headquarters="CN",
    ),
    _siliconflow("siliconflow", "api.siliconflow.com", "https://docs.siliconflow.com/en/api-reference", "SG"),
    _siliconflow("siliconflow-cn", "api.siliconflow.cn", "https://docs.siliconflow.cn/docs/api", "CN"),
    _VOLCENGINE,
    _minimax("minimax", "MiniMax", "api.minimax.io", "https://platform.minimax.io/docs/api-reference/text-openai-api"),
    _minimax(
        "minimax-cn",
        "MiniMax (China)",
        "api.minimaxi.com",
        "https://platform.minimaxi.com/docs/api-reference/text-openai-api",
    ),
    _BAIDU,
    _TENCENT,
    _stepfun("stepfun", "api.stepfun.ai", "https://platform.stepfun.ai/docs"),
    _stepfun("stepfun-cn", "api.stepfun.com", "https://platform.stepfun.com/docs"),
)
"""In the order of the documentation."""
