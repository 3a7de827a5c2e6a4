"""Attempts to make a model forget what it was told, in English and Chinese.

A text is looked at as it stands, and once more with what hides words taken away: letters without width, full-width and
look-alike forms, letters set apart, words with their inner letters shuffled, and what base64 or hexadecimal digits
spell. Patterns need two things together (an order and what it is about), since each alone is common speech.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, Final

from modelport.guardrails.found import Found
from modelport.guardrails.patterns import compiled

if TYPE_CHECKING:
    from modelport.guardrails.patterns import Pattern

__all__ = ["PATTERNS", "find_injections"]

_WHAT = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directives?|constraints?|restrictions?|polic(?:y|ies)|"
    r"programming|training)"
)
_WHICH = (
    r"(?:(?:all|any|every|the|your|of|my|these|those|previous|prior|earlier|above|preceding|foregoing|existing|original|"
    r"initial|current|system|developer|safety|hidden|secret|internal)\s+){1,6}"
)
_ZH_WHAT = "(?:指令|指示|提示词?|规则|设定|约束|限制|要求|命令|准则|政策|系统消息|内容|对话)"
_ZH_WHICH = "(?:之前|以前|先前|前面|上面|上述|以上|此前|原来|最初|系统|所有|一切|任何|全部|你的|的)+"

PATTERNS: Final[dict[str, tuple[str, ...]]] = {
    "override": (
        rf"\b(?:ignore|disregard|forget|override|bypass|neglect|overlook|discard|drop|skip)\s+{_WHICH}{_WHAT}\b",
        rf"\b(?:do\s+not|don'?t|stop|never)\s+(?:follow(?:ing)?|obey(?:ing)?|comply(?:ing)?\s+with|adher(?:e|ing)\s+to)\s+{_WHICH}{_WHAT}\b",
        r"\b(?:ignore|disregard|forget|override|bypass)(?:all|any|the|your|my)*(?:previous|prior|above|earlier|system)(?:instruction|prompt|rule)s?\b",
        r"\b(?:forget|ignore|disregard)\s+(?:everything|anything|all)\s+(?:(?:that\s+)?(?:you\s+were|you'?ve\s+been|i)\s+(?:told|taught|said)|(?:written\s+)?(?:above|before|so\s+far))",
        r"\b(?:new|updated|real|actual)\s+(?:system\s+)?(?:instructions?|prompt)\s*(?::|are\b|is\b|follow)",
        rf"(?:忽略|无视|忘记|忘掉|抛弃|丢弃|绕过|不要理会|不要遵守|不必遵守|不再遵守|停止遵守|跳过|覆盖)(?:掉|了)?(?:你)?{_ZH_WHICH}{_ZH_WHAT}",
        "(?:忘记|忽略|无视)(?:你)?(?:之前|以上|上面|前面)(?:我)?(?:被告知|说过|学到|收到)?的?(?:一切|所有|全部)",
        "(?:从现在起|从现在开始|接下来)[,，]?(?:你)?(?:只|必须)?(?:听从|遵守|执行)(?:我的|以下|新的)(?:指令|命令|规则)",
    ),
    "reveal": (
        r"\b(?:reveal|show|print|output|repeat|display|leak|expose|disclose|dump|recite|echo|tell\s+me|give\s+me|write\s+out)\s+(?:\w+\s+){0,3}?(?:your|the)\s+(?:\w+\s+){0,2}?(?:system|initial|hidden|secret|original|developer|internal)\s+(?:prompts?|instructions?|messages?|rules?|configuration)\b",
        r"\bwhat\s+(?:is|are|was|were)\s+your\s+(?:system|initial|hidden|secret|original|exact)\s+(?:prompts?|instructions?|rules?)\b",
        r"\brepeat\s+(?:everything|all|the\s+(?:text|words?))\s+(?:above|before\s+this|that\s+(?:came|comes)\s+before)\b",
        "(?:告诉我|输出|打印|显示|重复|复述|泄露|透露|公开|给我看|说出|写出|展示)(?:一下|出)?(?:你的?|全部|完整的?|所有)*(?:系统|初始|隐藏|内部|开发者|原始)的?(?:提示词?|指令|设定|消息|规则|配置)",
        "你的(?:系统|初始|隐藏|内部)(?:提示词?|指令|设定)是什么",
        "(?:重复|复述|输出)(?:一遍)?(?:以上|上面|前面)(?:的)?(?:所有|全部)(?:内容|文字|对话)",
    ),
    "role": (
        r"\b(?:you\s+are\s+(?:now|no\s+longer)|from\s+now\s+on,?\s+you(?:\s+are|'re|\s+will\s+(?:be|act))|act\s+as|pretend\s+(?:to\s+be|you\s+are)|roleplay\s+as|behave\s+as)\s+(?:\w+\s+){0,4}?(?:dan|jailbroken|unrestricted|unfiltered|uncensored|evil|unlimited|amoral|without\s+(?:any\s+)?(?:restrictions?|rules?|limits?|filters?|guidelines?))\b",
        r"\b(?:do\s+anything\s+now|dan\s+mode|jailbreak\s+mode|(?:developer|god)\s+mode\s+(?:enabled|activated)|sudo\s+mode)\b",
        r"\b(?:enable|activate|enter|switch\s+(?:to|into))\s+(?:jailbreak|god|unrestricted|unfiltered|sudo)\s+mode\b",
        r"\byou\s+(?:have|are\s+under)\s+no\s+(?:more\s+)?(?:restrictions?|rules?|limits?|filters?|guidelines?|ethic(?:s|al\s+guidelines))\b",
        "(?:你现在是|从现在起你是|从现在开始你是|假装你是|扮演|请扮演|充当)[^。.!！?？\n]{0,20}(?:没有|不受|无)(?:任何|一切)?(?:限制|约束|规则|道德|审查|过滤)",
        "(?:进入|开启|启用|激活|切换到)(?:越狱|上帝|无限制|不受限制?|无审查)模式",
        "(?:解除|取消|关闭|去除|移除)(?:你的?|所有|一切|全部)*(?:限制|约束|安全(?:机制|限制|过滤)|内容(?:审查|过滤)|道德(?:限制|约束))",
    ),
    "forged": (
        r"<\|(?:im_start|im_end|system|endoftext|start_header_id|eot_id)\|>",
        r"(?:^|\n)\s*(?:\[/?INST\]|<</?SYS>>|###\s*(?:system|instruction)s?\s*:)",
        r"(?:^|\n)\s*(?:\[|<|#+\s*)(?:system|developer|admin(?:istrator)?)(?:\s+(?:message|prompt|override|note))\s*(?:\]|>|:)",
        r"</?(?:system|system_prompt|developer_message)>",
        "(?:^|\n)\\s*[\\[【](?:系统|管理员|开发者)(?:消息|指令|提示|通知|覆盖)[\\]】]",
    ),
    "evasion": (
        rf"\b(?:bypass|circumvent|evade|disable|turn\s+off|remove|deactivate)\s+(?:\w+\s+){{0,3}}?(?:safety|content|security|ethical|moderation)\s+(?:filters?|checks?|guidelines?|measures?|mechanisms?|protocols?|polic(?:y|ies)|{_WHAT})\b",
        r"\b(?:without|free\s+of)\s+(?:any\s+)?(?:safety|ethical|content|moral)\s+(?:filters?|guidelines?|restrictions?|constraints?)\b",
        r"\brespond\s+(?:\w+\s+){0,3}?(?:without\s+(?:any\s+)?(?:disclaimers?|warnings?|refus\w+)|even\s+if\s+(?:it\s+is|it's)\s+(?:illegal|harmful|against))\b",
        "(?:绕过|规避|躲避|避开|关掉|禁用)(?:你的?|所有|任何|一切)*(?:安全|内容|道德|审查)(?:机制|过滤|检查|限制|策略|系统|措施)",
    ),
    "exfiltration": (
        r"\b(?:send|post|upload|transmit|forward|exfiltrate)\s+(?:\w+\s+){0,6}?(?:conversation|chat\s+history|system\s+prompt|credentials?|secrets?|api\s+keys?|passwords?|tokens?)\s+(?:\w+\s+){0,3}?to\s+(?:https?://|www\.|\w+@)",
        r"!\[[^\]]{0,100}\]\(https?://[^)\s]{1,200}[?&][^)\s]{0,100}(?:=\{|=\$|=<|%7B|\{\{)",
        "(?:把|将)[^。\n]{0,30}(?:对话|聊天记录|系统提示|密钥|密码|令牌)[^。\n]{0,10}(?:发送|发|上传|转发|提交)(?:到|给|至)",
    ),
}
"""By what they are after."""

_ALL: Final = compiled("(?i)(?m:" + "|".join(f"(?:{each})" for group in PATTERNS.values() for each in group) + ")")
# What hides words is looked for first, each with one quick look: ordinary texts have none of it.
_HIDDEN: Final = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_DISGUISED: Final = compiled(
    r"[\x{00AD}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{2064}\x{FEFF}\x{E0000}-\x{E007F}"
    r"\x{FF21}-\x{FF5A}\x{1D400}-\x{1D7FF}\x{2460}-\x{24FF}\x{1D00}-\x{1DBF}\x{2C60}-\x{2C7F}]"
)
_APART: Final = re.compile(r"\b(?:[^\W\d_][ .\-_*]){2,200}[^\W\d_]\b")
_IS_APART: Final = compiled(r"\b(?:\pL[ .\-_*]){3,}\pL\b")
_MIXED: Final = compiled(r"[A-Za-z][@013457аеорсухіјѕһԁԛԝАВЕКМНОРСТХ][A-Za-z@]|\b[@013457аеорсухіјѕһ][A-Za-z]{2}")
_LOOKS_LIKE: Final = str.maketrans("аеорсухіјѕһԁԛԝАВЕКМНОРСТХ@013457", "aeopcyxijshdqwABEKMHOPCTXaoieast")
_WORDS: Final = ("ignore", "disregard", "forget", "override", "bypass", "previous", "instructions", "system", "prompt")
_KNOWN: Final = {(word[0], "".join(sorted(word[1:-1])), word[-1]): word for word in _WORDS}
_WORD: Final = re.compile(
    r"\b(?:" + "|".join(f"{w[0]}[a-z]{{{len(w) - 2}}}{w[-1]}" for w in _WORDS) + r")\b", re.IGNORECASE
)
_SHUFFLED: Final = compiled(r"(?i)\b(?:" + "|".join(f"{w[0]}[a-z]{{{len(w) - 2}}}{w[-1]}" for w in _WORDS) + r")\b")
_BASE64: Final = compiled(r"[A-Za-z0-9+/]{24,}={0,2}")
_HEX: Final = compiled(r"\b(?:[0-9a-fA-F]{2}[ :]?){16,}\b")
_MOST_DECODED: Final = 20


def find_injections(text: str) -> list[Found]:
    """Where a text tries to; the whole of it where that shows only when what hides it is taken away."""
    found = [Found(one.start(), one.end()) for one in _ALL.finditer(text)]
    if found:
        return found
    return [Found(0, len(text))] if any(_has(_ALL, each) for each in _unveiled(text)) else []


def _has(pattern: Pattern, text: str) -> bool:
    return next(iter(pattern.finditer(text)), None) is not None


def _unveiled(text: str) -> set[str]:
    """The text in other readings, those that differ from it."""
    plain = _HIDDEN.sub("", unicodedata.normalize("NFKC", text)) if _has(_DISGUISED, text) else text
    readings = {plain, *_decoded(plain)}
    if _has(_IS_APART, plain):
        # Words are told from each other by more than one blank, where they are.
        words = re.split(r"[ \t]{2,}", plain)
        readings.add(" ".join(_APART.sub(lambda run: re.sub(r"[ .\-_*]", "", run[0]), word) for word in words))
    if _has(_MIXED, plain):
        readings.add(plain.translate(_LOOKS_LIKE))
    if _has(_SHUFFLED, plain):
        readings.add(_WORD.sub(_unshuffled, plain))
    return readings - {text}


def _unshuffled(word: re.Match[str]) -> str:
    lowered = word[0].lower()
    return _KNOWN.get((lowered[0], "".join(sorted(lowered[1:-1])), lowered[-1]), word[0])


def _decoded(text: str) -> list[str]:
    found: list[str] = []
    for one in islice(_BASE64.finditer(text), _MOST_DECODED):
        body = text[one.start() : one.end()].rstrip("=")
        try:
            raw = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        found.append(raw.decode("utf-8", "ignore"))
    for one in islice(_HEX.finditer(text), _MOST_DECODED):
        digits = re.sub(r"[ :]", "", text[one.start() : one.end()])
        if len(digits) % 2 == 0:
            found.append(bytes.fromhex(digits).decode("utf-8", "ignore"))
    return found
