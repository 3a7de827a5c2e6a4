"""A plan in words, in English and Chinese, for people who ask why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.gateway.plan import Plan, Step

__all__ = ["explained", "told"]

_REMOVED = {
    "not_ready": ("it is still being started", "它还在启动"),
    "rule": ("a rule of the operator excludes it", "服务器管理员的规则将它排除"),
    "service_tier": ("it is sold in another service tier than the one asked for", "它的服务等级与请求的不符"),
    "max_tokens": ("its longest answer is shorter than `max_tokens`", "它的最长回答短于 `max_tokens`"),
    "context_length": ("the prompt with its answer is longer than its context", "提示词与回答超出它的上下文长度"),
    "parameters": ("it does not support tools", "它不支持工具调用"),
    "require_parameters": ("it lacks a parameter, and `require_parameters` is set", "它缺少参数，而请求要求全部支持"),
    "only": ("it is not among `provider.only`", "它不在 `provider.only` 之中"),
    "ignore": ("`provider.ignore` names it", "`provider.ignore` 排除了它"),
    "order": ("it is not in `provider.order`, and fallbacks are off", "它不在 `provider.order` 中，且不允许备用提供商"),
    "quantizations": ("it is of another quantization", "它的量化方式不符"),
    "zdr": ("it is not known to keep nothing", "不能确认它不保留数据"),
    "data_collection": ("it may keep or train on what it is sent", "它可能保留数据或用于训练"),
    "distillable": ("the model's author does not allow distillation", "模型作者不允许蒸馏"),
    "max_price": ("it costs more than `max_price`", "它的价格高于 `max_price`"),
    "allowed_models": ("the key may not use this model", "此密钥不可使用该模型"),
    "ignored_models": ("a guardrail excludes this model", "护栏排除了该模型"),
    "ignored_providers": ("a guardrail excludes this provider", "护栏排除了该提供商"),
    "guardrail_zdr": ("a guardrail asks for zero data retention", "护栏要求零数据保留"),
    "guardrail_training": ("a guardrail keeps away from providers that train", "护栏排除会用数据训练的提供商"),
    "guardrail_publication": ("a guardrail keeps away from providers that publish", "护栏排除会公开提示词的提供商"),
    "allowed_providers": ("the key may not use this provider", "此密钥不可使用该提供商"),
}
_NOTES = {
    "slow": ("slow of late", "近来较慢"),
    "lacks_parameters": ("lacks a wish", "缺少期望的参数"),
    "quality": ("worse than its equals", "质量不及同类"),
    "other_tier": ("of another tier", "服务等级不同"),
    "misses_latency": ("slower than preferred", "首字延迟超出期望"),
    "misses_throughput": ("less throughput than preferred", "吞吐量低于期望"),
    "pinned": ("pinned by the operator", "由服务器管理员指定优先"),
    "weighted": ("weighted by the operator", "由服务器管理员调整权重"),
    "order": ("named in `provider.order`", "在 `provider.order` 中指定"),
    "cache": ("the conversation is in its cache", "对话仍在它的缓存中"),
    "cache_discount": ("its cache discount is counted", "已计入缓存折扣"),
    "degraded": ("degraded", "不稳定"),
    "down": ("down", "故障"),
    "resting": ("resting after faults or a rate limit", "因故障或限流而暂停"),
}

_NO_MATTER = frozenset({"weighted", "cache_discount"})
"""Notes on what is in the draw already."""
_NAMED = frozenset({"pinned", "order", "cache"})
"""Notes on those who need no draw."""
_BY_ACCOUNT = {"distillable": "enforce_distillable_text"}


def told(plan: Plan) -> dict[str, object]:
    """The whole plan, with each endpoint that was looked at in words."""
    return {
        "requested": plan.requested,
        "strategy": plan.strategy,
        "variants": plan.variants,
        "sort": plan.sort,
        "defaults": plan.defaults,
        "rules": plan.rules,
        "attempts": [
            {"provider": each.provider.slug, "endpoint": each.tag, "model": each.model_id} for each in plan.attempts
        ],
        "endpoints": explained(plan),
    }


def explained(plan: Plan) -> list[dict[str, object]]:
    """Each endpoint that was looked at: where it stands or why not, in words."""
    equals: dict[tuple[object, ...], float] = {}
    for step in plan.steps:
        if step.removed is None:
            equals[_equals(step)] = equals.get(_equals(step), 0.0) + (step.weight or 0.0)
    return [_one(plan, step, equals.get(_equals(step), 0.0)) for step in plan.steps]


def _equals(step: Step) -> tuple[object, ...]:
    """The same for endpoints among which the draw decides."""
    return step.model, step.standing, len(frozenset(step.notes) - _NO_MATTER)


def _one(plan: Plan, step: Step, weights: float) -> dict[str, object]:
    told: dict[str, object] = {"model": step.model, "endpoint": step.endpoint, "price": step.price}
    if step.removed is not None:
        english, chinese = _REMOVED.get(step.removed, (step.removed, step.removed))
        if _BY_ACCOUNT.get(step.removed, step.removed) in plan.defaults:
            english, chinese = f"{english} (a default of the account)", f"{chinese}（账户默认设置）"
        if step.removed == "rule":
            rules = "; ".join(plan.rules.get(step.model, ()))
            english, chinese = f"{english} ({rules})", f"{chinese}({rules})"
        return told | {
            "removed": step.removed,
            "reason": {"en": f"Left out: {english}.", "zh": f"不予考虑：{chinese}。"},
        }
    words = [_NOTES[each] for each in (*step.notes, *((step.standing,) if step.standing else ()))]
    drawn = plan.sort is None and _NAMED.isdisjoint(step.notes)
    chance = step.weight / weights if step.weight and weights and drawn else None
    if chance is not None:
        words.append((f"a chance of {chance:.1%} to go first among its equals", f"在同类中居首的概率为 {chance:.1%}"))
    elif plan.sort is not None:
        words.append((f"sorted by {plan.sort}", f"按 {plan.sort} 排序"))
    place = (step.position or 0) + 1
    return told | {
        "position": step.position,
        "standing": step.standing or "fine",
        "notes": list(step.notes),
        "chance": None if chance is None else round(chance, 4),
        "reason": {
            "en": f"Place {place}: {', '.join(each for each, _ in words) or 'nothing speaks against it'}.",
            "zh": f"第 {place} 位：{'、'.join(each for _, each in words) or '没有不利因素'}。",
        },
    }
