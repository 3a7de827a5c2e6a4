"""The built-in detectors: what each looks for, and what stands in its place when it is redacted.

Each is a pattern (run by RE2) and, where a form alone says too little, a check of what it found: a check digit, a date,
the neighbours. A cheap look for a letter that must be there comes first, so that most texts cost next to nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from modelport.guardrails.found import Found
from modelport.guardrails.injection import find_injections
from modelport.guardrails.patterns import compiled
from modelport.guardrails.secret_forms import find_secrets

if TYPE_CHECKING:
    from modelport.guardrails.patterns import Pattern

__all__ = ["DETECTORS", "Builtin", "Detector", "Found", "is_chinese_id", "is_luhn", "is_ssn"]

Detector = Callable[[str], list[Found]]


class Builtin(NamedTuple):
    """A built-in detector."""

    label: str
    finds: Detector


_EMAIL: Final = compiled(r"[\pL\pN._%+\-]+@(?:[\pL\pN\-]+\.)+\pL{2,}")
_PHONE: Final = compiled(
    r"\+\d{1,3}[\s.\-]?(?:\(\d{1,4}\)[\s.\-]?)?\d{1,4}(?:[\s.\-]?\d{2,4}){1,4}"  # with a country code
    r"|(?:\+?86[\s\-]?)?1[3-9]\d(?:[\s\-]?\d{4}){2}"  # a mobile number in China
    r"|0\d{2,3}[\s\-]\d{7,8}"  # a land line in China
    r"|(?:\+?1[\s.\-])?(?:\([2-9]\d{2}\)\s?|[2-9]\d{2}[\s.\-])[2-9]\d{2}[\s.\-]\d{4}"  # in North America
    r"|400[\s\-]\d{3,4}[\s\-]\d{3,4}"
)
_SSN: Final = compiled(r"\d{3}[\- ]\d{2}[\- ]\d{4}")
_CHINESE_ID: Final = compiled(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_CARD: Final = compiled(r"[2-6]\d{3}(?:[ \-]?\d{2,6}){2,4}")
_IPV4: Final = compiled(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6: Final = compiled(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}")
_SURNAMES: Final = (
    "欧阳|上官|司马|诸葛|司徒|皇甫|尉迟|公孙|慕容|令狐|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤]"
)
_NAME: Final = compiled(
    rf"(?:我叫|名叫|叫做|姓名(?:是|为)?[:：]?\s*|联系人(?:是|为)?[:：]?\s*|收件人(?:是|为)?[:：]?\s*)((?:{_SURNAMES})\p{{Han}}{{1,2}})"
    rf"|((?:{_SURNAMES})\p{{Han}}{{0,2}})(?:先生|女士|小姐|老师|医生|教授|同学)"
    r"|(?i:\bmy name is|\bi am called|\bname\s*:|\bsigned,|\bsincerely,)\s+"
    r"(\p{Lu}[\pL'\-]+(?:\s+\p{Lu}[\pL'.\-]*){0,3})"
    r"|\b(?:Mr|Mrs|Ms|Dr|Prof)\.?\s+(\p{Lu}[\pL'\-]+(?:\s+\p{Lu}[\pL'\-]+)?)"
)
_ADDRESS: Final = compiled(
    r"\b\d{1,6}\s+(?:\p{Lu}[\p{Latin}'.]*\s+){1,4}"
    r"(?i:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|"
    r"square|sq|terrace|place|pl|highway|hwy|parkway|pkwy)\b\.?(?:,?\s*(?i:apt|suite|unit|#)\.?\s*[\w\-]+)?"
    r"(?:,\s*[\p{Latin} ]+){0,2}(?:,?\s*[A-Z]{2}\s+\d{5}(?:-\d{4})?)?"
    r"|(?:\p{Han}{2,8}(?:省|自治区))?(?:\p{Han}{2,8}(?:市|州|盟))?(?:\p{Han}{1,8}(?:区|县|旗))?(?:\p{Han}{1,8}(?:镇|乡|街道))?"
    r"\p{Han}{1,10}(?:路|街|巷|道|弄|胡同)\s*(?:\p{Han}{0,2}\d{1,5}|[一二三四五六七八九十百]{1,5})\s*号(?:[\p{Han}\d\-]{0,12}(?:室|楼|栋|单元|号))?"
)


def _those(pattern: Pattern, text: str, valid: Callable[[str], bool]) -> list[Found]:
    """Where the pattern fits, what it found is valid, and neither neighbour goes on with the same."""
    return [
        Found(one.start(), one.end())
        for one in pattern.finditer(text)
        if valid(text[one.start() : one.end()]) and _stands_alone(text, one.start(), one.end())
    ]


def _emails(text: str) -> list[Found]:
    return [Found(one.start(), one.end()) for one in _EMAIL.finditer(text)] if "@" in text else []


def _phones(text: str) -> list[Found]:
    return _those(_PHONE, text, lambda shown: 7 <= sum(letter.isdigit() for letter in shown) <= 15)


def _national_ids(text: str) -> list[Found]:
    return [*_those(_SSN, text, is_ssn), *_those(_CHINESE_ID, text, is_chinese_id)]


def _cards(text: str) -> list[Found]:
    return _those(_CARD, text, lambda shown: is_luhn("".join(letter for letter in shown if letter.isdigit())))


def _addresses_of_machines(text: str) -> list[Found]:
    found = _those(_IPV4, text, _is_ip) if "." in text else []
    return [*found, *_those(_IPV6, text, _is_ip)] if text.count(":") > 1 else found


def _names(text: str) -> list[Found]:
    found: list[Found] = []
    for one in _NAME.finditer(text):
        for group in range(1, 5):
            start, end = one.span(group)
            if start >= 0:
                found.append(Found(start, end))
    return found


def _postal(text: str) -> list[Found]:
    return [Found(one.start(), one.end()) for one in _ADDRESS.finditer(text)]


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether neither neighbour goes on with the same: a number within a longer one is another number."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isdigit() or _is_latin(before)) and not (after.isdigit() or _is_latin(after))


def _is_latin(letter: str) -> bool:
    return letter.isascii() and (letter.isalpha() or letter == "_")


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_ssn(text: str) -> bool:
    """Whether a number of this form was ever given to anybody in the United States."""
    area, group, serial = text.replace(" ", "-").split("-")
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def is_luhn(digits: str) -> bool:
    """Whether digits are a card's number: as many as one has, with the right check digit."""
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_chinese_id(text: str) -> bool:
    """Whether 18 digits are a resident identity number of China: a day that was, and the right check digit."""
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True)) % 11
    return born.year >= 1850 and text[17].upper() == "10X98765432"[rest]


DETECTORS: Final[dict[str, Builtin]] = {
    "email": Builtin("[EMAIL]", _emails),
    "phone": Builtin("[PHONE]", _phones),
    "ssn": Builtin("[SSN]", _national_ids),
    "credit-card": Builtin("[CREDIT_CARD]", _cards),
    "ip-address": Builtin("[IP_ADDRESS]", _addresses_of_machines),
    "secrets": Builtin("[SECRET]", find_secrets),
    "person-name": Builtin("[PERSON_NAME]", _names),
    "address": Builtin("[ADDRESS]", _postal),
    "regex-prompt-injection": Builtin("[PROMPT_INJECTION]", find_injections),
}
"""By the reference's names. `ssn` finds the national numbers of persons of the United States and of China."""
