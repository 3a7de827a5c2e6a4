"""How a provider of this dialect is asked to reason: an effort, or one of the forms that others made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from modelport.dialects.canonical import nearest_share, share_of
from modelport.dialects.openai_chat.prefill import MARKS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Target

__all__ = ["QUIRKS", "Wanted", "spelled"]

_TYPE: Final = "thinking_type"
_ADAPTIVE: Final = "thinking_adaptive"
_EFFORT_BESIDE: Final = "thinking_effort"
_ENABLE: Final = "enable_thinking"
_TEMPLATE: Final = "template_switch"
_SWITCHES: Final = {"template_enable_thinking": "enable_thinking", "template_thinking": "thinking"}
_ALWAYS: Final = "always_thinking"
_ON_OR_OFF: Final = "effort_on_or_off"

QUIRKS: Final = {
    _TYPE: "reasoning is switched by `thinking: {type: enabled | disabled}`",
    _ADAPTIVE: "with `thinking_type`, on is called `adaptive`",
    _EFFORT_BESIDE: "with `thinking_type`, an effort goes beside it as `reasoning_effort`",
    _ENABLE: "reasoning is switched by `enable_thinking`, and bounded by `thinking_budget` in tokens",
    _TEMPLATE: "models whose template has a switch are switched by it, in `chat_template_kwargs`",
    "template_enable_thinking": "with the one before, the switch is called `enable_thinking`",
    "template_thinking": "with that, it is called `thinking`",
    _ON_OR_OFF: "models with such a switch know two efforts, `none` and `default`",
    _ALWAYS: "reasoning can't be turned off: it is asked for with the least effort",
    **MARKS,
}
"""What `Target.quirks` may name."""

_LEAST, _MOST = 128, 32_768
"""Budgets that hosts of `enable_thinking` take (SiliconFlow's reference, 2026-11)."""


class Wanted(NamedTuple):
    """What a caller wants of reasoning; None for what they did not say."""

    effort: str | None = None
    max_tokens: int | None = None
    enabled: bool | None = None

    @property
    def on(self) -> bool | None:
        """Whether the model is to reason at all; None when that is left to it."""
        if self.enabled is False or self.effort == "none":
            return False
        return True if self.enabled or self.effort is not None or self.max_tokens is not None else None


def spelled(wanted: Wanted, target: Target, longest: int | None) -> dict[str, object]:
    """The fields that ask for it in the provider's words; `longest` is the length of the answer, if anybody set one."""
    on = wanted.on
    if on is False and _ALWAYS in target.quirks:
        on, wanted = True, Wanted(target.effort("none"))
    if on is None:
        return {}
    said: dict[str, object] = {}
    if _TYPE in target.quirks:
        said["thinking"] = {"type": ("adaptive" if _ADAPTIVE in target.quirks else "enabled") if on else "disabled"}
        if on and wanted.effort is not None and _EFFORT_BESIDE in target.quirks:
            said["reasoning_effort"] = target.effort(wanted.effort)
    elif switch := _switch(target, _TEMPLATE):
        said["chat_template_kwargs"] = {switch: on}
    elif _switch(target, _ON_OR_OFF):
        said["reasoning_effort"] = "default" if on else "none"
    elif _ENABLE in target.quirks:
        said["enable_thinking"] = on
        if on and (budget := _budget(wanted, longest)) is not None:
            said["thinking_budget"] = budget
    else:
        said["reasoning_effort"] = target.effort(_effort(wanted, longest) if on else "none")
    return said


def _switch(target: Target, quirk: str) -> str | None:
    """What the switch is called in the model's template, where the provider has this way of using it."""
    if quirk not in target.quirks:
        return None
    return next((name for known, name in _SWITCHES.items() if known in target.quirks), None)


def _effort(wanted: Wanted, longest: int | None) -> str:
    if wanted.effort is not None:
        return wanted.effort
    if wanted.max_tokens is not None and longest:
        return nearest_share(wanted.max_tokens / longest)
    return "medium"


def _budget(wanted: Wanted, longest: int | None) -> int | None:
    if wanted.max_tokens is not None:
        return max(min(wanted.max_tokens, _MOST), _LEAST)
    if wanted.effort is None or longest is None:
        return None
    return max(min(int(longest * share_of(wanted.effort)), _MOST), _LEAST)
