"""`POST /api/app/guardrails/try`: what filters find in a text, and what would be sent of it. No model is called.

The text goes through the same filters as requests do, and is kept nowhere.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from modelport.guardrails.errors import RefusedByGuardrail
from modelport.guardrails.rules import Action, Builtin, Custom, Rules
from modelport.guardrails.schemas import BuiltinEntry, CustomEntry
from modelport.guardrails.screening import Given, Screen
from modelport.keys.access import Permission, Principal, allow

if TYPE_CHECKING:
    from modelport.guardrails.service import Guardrails

__all__ = ["router", "tried"]

router = APIRouter(prefix="/api/app/guardrails", tags=["Guardrails"])
Reader = Annotated[Principal, Depends(allow(Permission.GUARDRAILS_READ))]
_MOST_PLACES = 500


class GuardrailTrial(BaseModel):
    """Body of the trial: a stored guardrail's filters, or others in their place, as a form holds them unsaved."""

    text: str = Field(max_length=200_000, description="What somebody might send.")
    role: Literal["user", "system", "assistant", "tool"] = Field(
        default="user", description="Whose message it is: some filters read users' messages only."
    )
    guardrail_id: str | None = Field(default=None, max_length=100, description="A guardrail of the account.")
    content_filters: list[CustomEntry] | None = Field(
        default=None, max_length=100, description="In place of those of the guardrail."
    )
    content_filter_builtins: list[BuiltinEntry] | None = Field(
        default=None, max_length=30, description="In place of those of the guardrail."
    )


class TrialPlace(BaseModel):
    """Where something was found: in UTF-16 units, which are what JavaScript counts in."""

    start: int
    end: int
    label: str = Field(description="What stands in its place when it is redacted.")


class TrialFinding(BaseModel):
    """What one filter finds in the text, whatever the others do to it."""

    filter: str = Field(description="The detector's slug, or `custom`.")
    pattern: str | None = Field(description="Of a custom filter.")
    label: str
    action: Action
    count: int
    places: list[TrialPlace] = Field(description=f"The first {_MOST_PLACES} of them.")


class TrialVerdict(BaseModel):
    """What would happen."""

    verdict: Literal["pass", "redact", "block"]
    text: str | None = Field(description="What would be sent to the model; null for what is blocked.")
    message: str | None = Field(description="What the caller of a request that is blocked is told.")
    metadata: dict[str, Any] | None = Field(default=None, description="The same for programs, as an error has it.")
    findings: list[TrialFinding] = Field(description="Of filters that find something; what blocks comes first.")


class TrialAnswer(BaseModel):
    """Answer of the trial."""

    data: TrialVerdict


class _Trial(NamedTuple):
    text: str
    role: str
    rules: Rules
    guardrail_id: str


def tried(trial: _Trial) -> TrialVerdict:
    """What filters make of a text. Raises `BadGuardrail` for a pattern that can't be read."""
    rules, text = trial.rules, trial.text
    screen = Screen.of(
        Given("trial", trial.guardrail_id, rule)
        for rule in (*(rules.content_filter_builtins or ()), *(rules.content_filters or ()))
    )
    if screen is None:
        return TrialVerdict(verdict="pass", text=text, message=None, findings=[])
    units = _Units(text)
    findings = [
        TrialFinding(
            filter="custom" if isinstance(each.rule, Custom) else each.rule.slug,
            pattern=each.rule.pattern if isinstance(each.rule, Custom) else None,
            label=each.label,
            action=each.rule.action,
            count=len(each.found),
            places=[
                TrialPlace(start=units.at(one.start), end=units.at(one.end), label=one.label or each.label)
                for one in sorted(each.found)[:_MOST_PLACES]
            ],
        )
        for each in screen.findings(text, trial.role)
    ]
    try:
        sent = screen.applied(text, trial.role)
    except RefusedByGuardrail as error:
        return TrialVerdict(verdict="block", text=None, message=error.message, metadata=error.facts, findings=findings)
    return TrialVerdict(verdict="pass" if sent == text else "redact", text=sent, message=None, findings=findings)


class _Units:
    """Turns places in a text into the places that JavaScript has for them."""

    def __init__(self, text: str) -> None:
        self._wide = [place for place, letter in enumerate(text) if letter > "\uffff"]

    def at(self, place: int) -> int:
        return place + sum(1 for each in self._wide if each < place)


@router.post("/try", summary="Try filters on a text")
async def try_guardrail(request: Request, caller: Reader, body: GuardrailTrial) -> TrialAnswer:
    """What each filter finds, and what would be sent. Nothing is sent, charged, noted or kept."""
    stored = Rules()
    if body.guardrail_id is not None:
        guardrails: Guardrails = request.app.state.services.guardrails
        stored = Rules.read((await guardrails.find(caller.account_id, body.guardrail_id)).rules)
    fields: dict[str, object] = {}
    if body.content_filters is not None:
        fields["content_filters"] = tuple(Custom(**each.model_dump()) for each in body.content_filters)
    if body.content_filter_builtins is not None:
        fields["content_filter_builtins"] = tuple(
            Builtin(**each.model_dump(exclude={"label"})) for each in body.content_filter_builtins
        )
    trial = _Trial(body.text, body.role, msgspec.structs.replace(stored, **fields), body.guardrail_id or "")
    # Patterns of the customer's own over a long text: others need not wait for it.
    return TrialAnswer(data=await asyncio.to_thread(tried, trial))
