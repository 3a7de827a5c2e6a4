"""Makers of models that are known: how they are called, the mark that the web app shows, and where they are found."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["AUTHORS", "KnownAuthor"]


class KnownAuthor(NamedTuple):
    """One maker of models."""

    name: str
    url: str
    icon: str | None = None
    """Name of its mark; None for its slug."""


AUTHORS: Final[dict[str, KnownAuthor]] = {
    "ai21": KnownAuthor("AI21", "https://www.ai21.com"),
    "aion-labs": KnownAuthor("AionLabs", "https://www.aionlabs.ai"),
    "allenai": KnownAuthor("Ai2", "https://allenai.org"),
    "amazon": KnownAuthor("Amazon", "https://aws.amazon.com/ai/generative-ai/nova"),
    "anthropic": KnownAuthor("Anthropic", "https://www.anthropic.com"),
    "arcee-ai": KnownAuthor("Arcee AI", "https://www.arcee.ai"),
    "baai": KnownAuthor("BAAI", "https://www.baai.ac.cn"),
    "baidu": KnownAuthor("Baidu", "https://yiyan.baidu.com"),
    "bytedance": KnownAuthor("ByteDance", "https://www.bytedance.com"),
    "bytedance-seed": KnownAuthor("ByteDance Seed", "https://seed.bytedance.com", "bytedance"),
    "cohere": KnownAuthor("Cohere", "https://cohere.com"),
    "deepcogito": KnownAuthor("Deep Cogito", "https://www.deepcogito.com"),
    "deepseek": KnownAuthor("DeepSeek", "https://www.deepseek.com"),
    "essentialai": KnownAuthor("Essential AI", "https://www.essential.ai"),
    "google": KnownAuthor("Google", "https://ai.google.dev"),
    "ibm-granite": KnownAuthor("IBM", "https://www.ibm.com/granite", "ibm"),
    "inception": KnownAuthor("Inception", "https://www.inceptionlabs.ai"),
    "inclusionai": KnownAuthor("inclusionAI", "https://huggingface.co/inclusionAI"),
    "inflection": KnownAuthor("Inflection", "https://inflection.ai"),
    "kwaipilot": KnownAuthor("Kwaipilot", "https://kwaipilot.ai"),
    "liquid": KnownAuthor("Liquid AI", "https://www.liquid.ai"),
    "meituan": KnownAuthor("Meituan", "https://longcat.chat"),
    "meta": KnownAuthor("Meta", "https://ai.meta.com"),
    "meta-llama": KnownAuthor("Meta", "https://www.llama.com", "meta"),
    "microsoft": KnownAuthor("Microsoft", "https://azure.microsoft.com/products/phi"),
    "minimax": KnownAuthor("MiniMax", "https://www.minimax.io"),
    "mistralai": KnownAuthor("Mistral", "https://mistral.ai", "mistral"),
    "moonshotai": KnownAuthor("MoonshotAI", "https://www.moonshot.ai", "moonshot"),
    "morph": KnownAuthor("Morph", "https://www.morphllm.com"),
    "nousresearch": KnownAuthor("Nous", "https://nousresearch.com", "nous"),
    "nvidia": KnownAuthor("NVIDIA", "https://build.nvidia.com"),
    "openai": KnownAuthor("OpenAI", "https://openai.com"),
    "perplexity": KnownAuthor("Perplexity", "https://www.perplexity.ai"),
    "poolside": KnownAuthor("Poolside", "https://poolside.ai"),
    "prime-intellect": KnownAuthor("Prime Intellect", "https://www.primeintellect.ai"),
    "qwen": KnownAuthor("Qwen", "https://qwen.ai"),
    "rekaai": KnownAuthor("Reka", "https://reka.ai", "reka"),
    "relace": KnownAuthor("Relace", "https://www.relace.ai"),
    "stepfun": KnownAuthor("StepFun", "https://www.stepfun.com"),
    "tencent": KnownAuthor("Tencent", "https://hunyuan.tencent.com"),
    "thedrummer": KnownAuthor("TheDrummer", "https://huggingface.co/TheDrummer"),
    "thinkingmachines": KnownAuthor("Thinking Machines", "https://thinkingmachines.ai"),
    "upstage": KnownAuthor("Upstage", "https://www.upstage.ai"),
    "writer": KnownAuthor("Writer", "https://writer.com"),
    "x-ai": KnownAuthor("xAI", "https://x.ai", "xai"),
    "xiaomi": KnownAuthor("Xiaomi", "https://mimo.xiaomi.com"),
    "z-ai": KnownAuthor("Z.AI", "https://z.ai", "zai"),
}
"""By the part of a model's id before the slash."""
