"""`/generation/content` and `/generation/feedback` of the reference's API, and where an account switches storing on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError

from modelport.errors import BadRequest
from modelport.keys.access import Permission, Principal, allow
from modelport.kit import clock
from modelport.usage import content_store
from modelport.usage.errors import FeedbackGiven

if TYPE_CHECKING:
    from modelport.db.database import Database
    from modelport.keys.service import Keys
    from modelport.settings import Settings
    from modelport.usage.content import Contents, Failure
    from modelport.usage.service import Usage

    class Services(Protocol):
        """The part of the process's services that is used here."""

        settings: Settings
        database: Database
        contents: Contents
        keys: Keys
        usage: Usage


__all__ = ["router", "switch_router"]

router = APIRouter(prefix="/api/v1", tags=["Generations"])
switch_router = APIRouter(prefix="/api/app/content-logging", tags=["Privacy"])
GenerationId = Annotated[str, Query(alias="id", min_length=1, max_length=200)]
Reader = Annotated[Principal, Depends(allow(Permission.SETTINGS_READ))]
Writer = Annotated[Principal, Depends(allow(Permission.SETTINGS_WRITE))]


class FailedAttempt(BaseModel):
    """An attempt that failed before the answer."""

    code: int
    message: str
    provider_name: str | None
    raw: str | None


class FailureData(BaseModel):
    """Why there is no whole answer."""

    status: int | None
    message: str | None
    provider_name: str | None
    raw: str | None
    previous_errors: list[FailedAttempt]


class ContentOutput(BaseModel):
    """What the model wrote."""

    completion: str | None
    reasoning: str | None


class ContentData(BaseModel):
    """What went in and out."""

    input: dict[str, Any] = Field(description="`messages` or `prompt`, as they were sent, after guardrails.")
    output: ContentOutput
    error: FailureData | None


class ContentAnswer(BaseModel):
    """Answer of `GET /generation/content`."""

    data: ContentData


class FeedbackGivenNow(BaseModel):
    """Body of `POST /generation/feedback`."""

    generation_id: str = Field(min_length=1, max_length=200)
    category: Literal["latency", "incoherence", "incorrect_response", "formatting", "billing", "api_error", "other"]
    comment: str | None = Field(default=None, max_length=1000)


class FeedbackDone(BaseModel):
    """That it was taken."""

    success: Literal[True] = True


class FeedbackAnswer(BaseModel):
    """Answer of `POST /generation/feedback`."""

    data: FeedbackDone = FeedbackDone()


class LoggingData(BaseModel):
    """Whether prompts and answers are stored."""

    is_offered: bool = Field(description="Whether the operator lets accounts store them.")
    enabled: bool
    keep_days: int
    most_days: int
    keys: dict[str, bool] = Field(description="Keys that are other than the account, by hash.")


class LoggingAnswer(BaseModel):
    """Answer of `/content-logging`."""

    data: LoggingData


class LoggingChange(BaseModel):
    """Body of `PATCH /content-logging`: what is not named stays."""

    enabled: bool | None = None
    keep_days: int | None = Field(default=None, ge=1, le=3650)
    keys: dict[str, bool | None] = Field(
        default={}, max_length=100, description="By hash; null lets a key be as the account is."
    )


class Forgotten(BaseModel):
    """How many generations' contents were deleted."""

    deleted_count: int


@router.get("/generation/content", summary="What went in and out of a generation")
async def read_content(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.GENERATIONS_CONTENT))],
    generation_id: GenerationId,
) -> ContentAnswer:
    """Only where the account has prompts and answers stored, and for as long as it wants them kept."""
    services: Services = request.app.state.services
    content = await services.contents.one(generation_id, caller.account_id)
    return ContentAnswer(
        data=ContentData(
            input=content.input,
            output=ContentOutput(completion=content.completion, reasoning=content.reasoning),
            error=None if content.error is None else _failure(content.error),
        )
    )


def _failure(failure: Failure) -> FailureData:
    return FailureData(
        status=failure.status,
        message=failure.message,
        provider_name=failure.provider,
        raw=None,
        previous_errors=[FailedAttempt(**each, raw=None) for each in failure.previous],
    )


@router.post("/generation/feedback", summary="Say something of a generation")
async def give_feedback(
    request: Request,
    caller: Annotated[Principal, Depends(allow(Permission.FEEDBACK_WRITE))],
    body: FeedbackGivenNow,
) -> FeedbackAnswer:
    """Once for each person and generation."""
    services: Services = request.app.state.services
    await services.usage.generation(body.generation_id, caller.account_id)
    said = content_store.Feedback(
        body.generation_id, caller.account_id, caller.user_id, body.category, body.comment, clock.now_ms()
    )
    try:
        await services.database.write(lambda connection: content_store.add_feedback(connection, said))
    except IntegrityError as error:
        raise FeedbackGiven("You have given feedback on this generation already.") from error
    return FeedbackAnswer()


@switch_router.get("", summary="Whether prompts and answers are stored")
async def read_switches(request: Request, caller: Reader) -> LoggingAnswer:
    """Off until somebody of the account switches it on."""
    return await _shown(request, caller)


@switch_router.patch("", summary="Store prompts and answers, or not")
async def change_switches(request: Request, caller: Writer, body: LoggingChange) -> LoggingAnswer:
    """For the whole account, or for single keys; in force on every server within a second."""
    services: Services = request.app.state.services
    account_id = caller.account_id
    keys = {key.hash: key.id for key in await services.keys.of_account(account_id)}
    if missing := [each for each in body.keys if each not in keys]:
        raise BadRequest(f"Invalid request: keys: {missing[0][:80]!r} is no API key of this account.")
    now = (await _shown(request, caller)).data
    enabled = now.enabled if body.enabled is None else body.enabled
    days = body.keep_days or now.keep_days
    if body.enabled is not None or body.keep_days is not None:
        await services.contents.switch(account_id, "", enabled=enabled, keep_days=days)
        # What single keys say is kept for as long as everything else is.
        for key_hash, own in now.keys.items():
            await services.contents.switch(account_id, keys[key_hash], enabled=own, keep_days=days)
    for key_hash, own in body.keys.items():
        await services.contents.switch(account_id, keys[key_hash], enabled=own, keep_days=days)
    return await _shown(request, caller)


@switch_router.delete("/stored", summary="Delete everything that is stored")
async def forget_stored(request: Request, caller: Writer) -> Forgotten:
    """Prompts and answers of every generation of the account."""
    services: Services = request.app.state.services
    return Forgotten(deleted_count=await services.contents.forget(caller.account_id))


async def _shown(request: Request, caller: Principal) -> LoggingAnswer:
    services: Services = request.app.state.services
    said = await services.contents.switches(caller.account_id)
    keys = {key.id: key.hash for key in await services.keys.of_account(caller.account_id)}
    account = next((each for each in said if not each.key_id), None)
    return LoggingAnswer(
        data=LoggingData(
            is_offered=services.settings.content_logging,
            enabled=account is not None and account.enabled,
            keep_days=account.keep_days if account is not None else 30,
            most_days=services.settings.content_days_max,
            keys={keys[each.key_id]: each.enabled for each in said if each.key_id in keys},
        )
    )
