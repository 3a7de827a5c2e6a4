"""What is known of a provider stands in `providers/`: no name of one in gateway, dialects or upstream client."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lints.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lints.tree import Tree

__all__ = ["check"]

_FOLDERS = ("src/modelport/gateway/", "src/modelport/dialects/", "src/modelport/upstream/")
_KNOWN = """
ai21 aionlabs alibaba amazon-bedrock anthropic atlas-cloud azure baidu baseten bedrock cerebras
chutes cloudflare cohere crusoe deepinfra deepseek fake featherless fireworks friendli google
google-ai-studio google-vertex groq huggingface hyperbolic inception inflection infermatic lambda
liquid lmstudio local mancer minimax mistral moonshot moonshotai morph ncompass nebius nextbit
novita nvidia ollama openai openrouter parasail perplexity phala replicate sambanova siliconflow
stealth switchpoint targon together ubicloud venice vertex vllm voyage xai z-ai zai
"""
_NAMES = frozenset(_KNOWN.split())
_ASKS = frozenset({"slug", "provider", "provider_slug", "provider_name"})
_REMEDY = "make it a field of `providers.provider.Provider`, with a docstring, and ask that"


def check(tree: Tree) -> Iterator[Fault]:
    """String literals that are a provider's name, and comparisons of a provider with any literal."""
    for name in tree.python(*_FOLDERS):
        for node in ast.walk(tree.module(name)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.casefold() in _NAMES:
                yield Fault(name, node.lineno, f"names the provider {node.value!r}: {_REMEDY}")
            elif isinstance(node, ast.Compare) and _asks_who(node):
                yield Fault(name, node.lineno, f"`{ast.unparse(node)}` asks which provider it is: {_REMEDY}")


def _asks_who(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    literal = any(isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value for side in sides)
    who = any((side.attr if isinstance(side, ast.Attribute) else getattr(side, "id", "")) in _ASKS for side in sides)
    return literal and who and not any(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
