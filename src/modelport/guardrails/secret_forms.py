"""Keys and secrets by their forms: what those who give them out say theirs look like, and private keys.

A form has letters by which a text is looked through first; the pattern runs only where they are found.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from modelport.guardrails.found import Found
from modelport.guardrails.patterns import compiled

if TYPE_CHECKING:
    from modelport.guardrails.patterns import Pattern

__all__ = ["SECRETS", "find_secrets"]


class Secret(NamedTuple):
    """One form."""

    id: str
    sign: tuple[str, ...]
    """One of these is in every text that holds it."""
    pattern: Pattern


def _form(name: str, sign: str | tuple[str, ...], pattern: str) -> Secret:
    return Secret(name, (sign,) if isinstance(sign, str) else sign, compiled(pattern))


SECRETS: Final = (
    _form(
        "private-key",
        "PRIVATE KEY",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?"
        r"(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    _form("modelport", "sk-mp-", r"sk-mp-(?:mgmt-)?v1-[A-Za-z0-9]{20,}"),
    _form("anthropic", "sk-ant-", r"sk-ant-[A-Za-z0-9_\-]{20,}"),
    _form("openrouter", "sk-or-", r"sk-or-(?:mgmt-)?(?:v1-)?[A-Za-z0-9]{32,}"),
    _form("openai", "sk-", r"\bsk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_\-]{20,}"),
    _form("github", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    _form("github", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{22,}"),
    _form("gitlab", "glpat-", r"\bglpat-[A-Za-z0-9_\-]{20,}"),
    _form("slack", ("xox", "xapp-"), r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9\-]{10,}"),
    _form("slack-hook", "hooks.slack.com", r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
    _form("aws", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _form("google", "AIza", r"\bAIza[A-Za-z0-9_\-]{35}"),
    _form("google-oauth", "GOCSPX-", r"\bGOCSPX-[A-Za-z0-9_\-]{28}"),
    _form(
        "stripe", ("sk_live_", "sk_test_", "rk_live_", "whsec_"), r"\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}"
    ),
    _form("huggingface", "hf_", r"\bhf_[A-Za-z0-9]{30,}"),
    _form("npm", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    _form("pypi", "pypi-", r"\bpypi-[A-Za-z0-9_\-]{50,}"),
    _form("sendgrid", "SG.", r"\bSG\.[A-Za-z0-9_\-]{20,}\.[A-Za-z0-9_\-]{20,}"),
    _form("digitalocean", "dop_v1_", r"\bdop_v1_[a-f0-9]{64}"),
    _form("groq", "gsk_", r"\bgsk_[A-Za-z0-9]{40,}"),
    _form("xai", "xai-", r"\bxai-[A-Za-z0-9]{60,}"),
    _form("replicate", "r8_", r"\br8_[A-Za-z0-9]{37}"),
    _form("perplexity", "pplx-", r"\bpplx-[A-Za-z0-9]{40,}"),
    _form("aliyun", "LTAI", r"\bLTAI[A-Za-z0-9]{12,26}\b"),
    _form("tencent-cloud", "AKID", r"\bAKID[A-Za-z0-9]{32}\b"),
    _form("telegram", ":", r"\b\d{8,10}:AA[A-Za-z0-9_\-]{33}\b"),
    _form("jwt", "eyJ", r"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}"),
    _form("url-password", "://", r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s/:@]{1,100}:[^\s/@]{3,200}@[^\s/]+"),
)
_NAMED: Final = compiled(
    r"(?i)(?:api[_\-]?key|access[_\-]?key|secret(?:[_\-]?key)?|password|passwd|auth[_\-]?token|access[_\-]?token|密码|口令|密钥)"
    r"[\"']?\s*(?:=>|[:=：])\s*[\"']?([^\s\"',;，。；]{8,200})"
)
_RANDOM: Final = 2.5
"""Bits a letter from which on a text is taken for random, where only a name says that it is a secret."""


def find_secrets(text: str) -> list[Found]:
    """Every secret in a text, each labelled with whose it is."""
    found: list[Found] = []
    for form in SECRETS:
        if any(sign in text for sign in form.sign):
            found += [Found(one.start(), one.end(), f"[SECRET:{form.id}]") for one in form.pattern.finditer(text)]
    if "=" in text or ":" in text or "：" in text:
        for one in _NAMED.finditer(text):
            start, end = one.span(1)
            inside = any(start < other.end and other.start < end for other in found)
            if not inside and _is_random(text[start:end]):
                found.append(Found(start, end, "[SECRET:credential]"))
    return _apart(found)


def _apart(found: list[Found]) -> list[Found]:
    """Without those that lie in an earlier one: a form of its own goes before a general one."""
    kept: list[Found] = []
    for one in found:
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return kept


def _is_random(text: str) -> bool:
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    mixed = sum(any(test(letter) for letter in text) for test in (str.isdigit, str.islower, str.isupper))
    return mixed >= 2 and not text.isalpha() and bits >= _RANDOM
