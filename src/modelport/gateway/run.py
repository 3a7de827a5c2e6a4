"""One paid request on its way to an answer: attempt, relay, settle, end. `serve` makes it, once its money is held.

Whatever happens, it leaves by exactly one of three doors, and each settles its bill: completed, cancelled (the caller
left), failed.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import structlog

from modelport.dialects.canonical import FinishReason, Identity
from modelport.errors import ModelportError
from modelport.gateway import explained, tokens
from modelport.gateway import recovery as recovering
from modelport.gateway.attempt import Attempt, Begun, Caller, attempt, upstream_failure, verdict_of, with_attempts
from modelport.gateway.calls import well_formed
from modelport.gateway.counting import believed, counted, counted_somehow, rough
from modelport.gateway.dialect_table import FAULTS
from modelport.gateway.explained import Timings, metadata
from modelport.gateway.refusing import hedge_after, refuse, with_told
from modelport.gateway.relay import BrokenOff, company, relay, stream_headers
from modelport.kit import clock
from modelport.upstream.errors import UpstreamFault
from modelport.upstream.health import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from random import Random

    from modelport.catalog.snapshot import Endpoint
    from modelport.dialects.canonical import Usage
    from modelport.gateway.asked import Asked
    from modelport.gateway.bill import Bill
    from modelport.gateway.cache import Recording, Wanted
    from modelport.gateway.dialect import StreamWriter
    from modelport.gateway.doors import Door
    from modelport.gateway.exchange import Exchange
    from modelport.gateway.extras import Extras
    from modelport.gateway.guarding import Guard
    from modelport.gateway.open_streams import OpenStreams
    from modelport.gateway.plan import Plan
    from modelport.gateway.recovery import Recovery
    from modelport.gateway.remembering import Memory
    from modelport.gateway.services import Services

__all__ = ["Run"]

_log = structlog.get_logger(__name__)
_JSON = (b"content-type", b"application/json")
_MEASURABLE = 8
"""Tokens below which an answer says nothing of its endpoint's speed."""


class Run:
    """A request that is paid for, on its way to an answer."""

    def __init__(
        self,
        services: Services,
        streams: OpenStreams,
        request: Asked,
        plan: Plan,
        bill: Bill,
        *,
        door: Door,
        lots: Random,
        extras: Extras | None,
    ) -> None:
        self._services = services
        self._lots = lots
        self._streams = streams
        self._door = door
        self._extras = extras
        self._request = request
        self._plan = plan
        self.bill = bill
        self._begun: Begun | None = None
        self._attempts: list[Attempt] = []
        self.timings = Timings()
        self.told_metadata = False
        self.recovery: Recovery | None = None
        """Where a stream that breaks is to be continued elsewhere."""
        self._caller: Caller | None = None
        self.facts: Mapping[str, str | None] = {}
        """What else is worth knowing of the request, for its trace."""
        self.guard: Guard | None = None
        """The guardrails of its key, and what they did to it."""
        self.memory: Memory | None = None
        """Where the request and its answer are written down, if its account has them stored."""
        self.cache: tuple[Wanted, Recording] | None = None
        """Where the answer is written down for the cache, if it is to be kept."""
        self.remember: Callable[[Endpoint, Usage], None] | None = None
        """Told who answered, so that the conversation can go on there."""
        self.errand: Callable[[], Awaitable[None]] | None = None
        """What is to be done before a provider is asked, now that there is money for it."""
        self._started = clock.monotonic()
        self._first_at: float | None = None
        self._delivering = False
        self._settled = False

    async def answer(self, exchange: Exchange, headers: list[tuple[bytes, bytes]]) -> None:
        """Attempt, relay, settle, end."""
        streams = self._streams
        try:
            if self.errand is not None:
                await self.errand()
                self.timings.held = clock.monotonic()
            begun = self._begun = await self._attempt(exchange, headers)
            self._first_at = self.timings.first = clock.monotonic()
            if self._request.stream:
                if self._extras is not None:
                    begun.first = self._extras.opening(self._identity(begun.endpoint)) + begun.first
                await self.bill.deliver(begun.endpoint)
                streams.add(self.bill)
                self._delivering = True
                shown = headers if exchange.started else [*headers, *self._explained(begun.endpoint, None)]
                begun = await self._stream(exchange, begun, self._stream_headers(shown))
        except (*FAULTS, BrokenOff, UpstreamFault) as fault:
            if self._begun is None:  # in what is done before a provider is asked: a fault of ours
                await self.fail(exchange, headers, fault)
                return
            self._judge(Outcome(verdict_of(fault)))
            failure = with_attempts(upstream_failure(fault, self._begun.endpoint), self._attempts)
            await self.fail(exchange, headers, failure)
            return
        except Exception as error:  # noqa: BLE001 (the edge, as above)
            await self.fail(exchange, headers, error)
            return
        finally:
            streams.remove(self.bill)
            if self._begun is not None:
                self._begun.close()
        await self._complete(exchange, headers, begun)

    def goes_on(self, request: Asked, plan: Plan) -> None:
        """The request is another by now, and so is its plan."""
        self._request, self._plan = request, plan
        self.bill.generation.model = plan.attempts[0].model_id
        if self.memory is not None:
            self.memory.body = request.body
        if self.recovery is not None:
            self.recovery.asked = request

    async def _stream(self, exchange: Exchange, begun: Begun, headers: list[tuple[bytes, bytes]]) -> Begun:
        """Relays a stream, where it breaks and its caller wants that with another endpoint; returns the last."""
        while True:
            try:
                await relay(exchange, begun, self.bill, headers)
                await begun.drain()
                return begun
            except (*FAULTS, BrokenOff, UpstreamFault) as fault:
                further = await self._go_on(begun, fault)
                if further is None:
                    raise
                begun = further

    async def _go_on(self, begun: Begun, fault: Exception) -> Begun | None:
        """Another endpoint's answer that continues what was delivered of a broken one; None where there is none."""
        recovery, caller = self.recovery, self._caller
        left = recovering.others(self._plan, begun.endpoint, self._attempts)
        if recovery is None or caller is None or not left or (asked := await recovery.request()) is None:
            return None
        begun.close()
        begun.note.fault = upstream_failure(fault, begun.endpoint).kind
        used, broken = self._used_in_vain(), begun.endpoint
        plan = replace(self._plan, attempts=left)
        try:
            found = await attempt(self._services, plan, asked, caller, self._attempts, lots=self._lots)
        except ModelportError:
            recovery.forget()
            return None
        self._judge(Outcome(verdict_of(fault)))
        if used is not None:
            self.bill.in_vain(broken, used)
        self.cache = None
        found.first = recovering.marker(self._identity(found.endpoint), broken, begun.note.fault) + found.first
        self._begun = found
        await self.bill.deliver(found.endpoint)
        return found

    async def _attempt(self, exchange: Exchange, headers: list[tuple[bytes, bytes]]) -> Begun:
        peek, generation = self._request.peek, self.bill.generation
        exclude = peek.reasoning is not None and bool(peek.reasoning.exclude)
        caller = self._caller = Caller(
            generation_id=generation.id,
            created=generation.created_at // 1000,
            stream=self._request.stream,
            without_reasoning=exclude or peek.include_reasoning is False,
            completion_cap=self.bill.completion_cap,
            door=self._door,
            hedge_seconds=hedge_after(exchange.header(b"x-modelport-hedge"), self._services.settings),
            echo=None if self._extras is None else self._extras.echo,
        )
        work = attempt(self._services, self._plan, self._request, caller, self._attempts, lots=self._lots)
        settings = self._services.settings
        wanted = settings.keep_alive_comments and exchange.header(b"x-modelport-comments") != "off"
        if not caller.stream or not wanted or not self._door.comment:
            return await work
        async with company(exchange, self._stream_headers(headers), settings.keep_alive_interval, self._door.comment):
            return await work

    def _stream_headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return stream_headers(headers, self._door.media_type)

    async def _complete(self, exchange: Exchange, headers: list[tuple[bytes, bytes]], begun: Begun) -> None:
        """The answer is whole: settle, wait for the disk, then send its end."""
        told = self._reported(begun)
        if told is None:
            await tokens.load()
        usage, has_output = self._usage(begun, told), begun.passage.has_output
        self._did_well(begun, usage)
        self._describe(begun)
        self._settled = True
        charged, done = self.bill.completed(begun.endpoint, usage, has_output=has_output)
        try:
            await done
        except ModelportError as error:
            # An answer that ends in an error is free, however much of it was seen.
            if exchange.started:
                await exchange.end(begun.passage.fail(error), self._explained(begun.endpoint))
            else:
                await refuse(exchange, self._door, error, [*headers, *self._explained(None)])
            return
        metadata_ = self._metadata()
        if self._request.stream:
            last = with_told(begun.passage.end(charged), metadata_)
            await exchange.end(last, self._explained(begun.endpoint, charged.cost))
        else:
            body = begun.passage.whole(charged)
            body = self._extras.whole(body) if self._extras else body
            shown = [*headers, *self._explained(begun.endpoint, charged.cost), _JSON]
            await exchange.answer(200, shown, with_told(body, metadata_))
        if begun.passage.finish_reason is FinishReason.TOOL_CALLS:
            well = well_formed(begun.passage.calls, self._request)
            if well is not None:
                self._services.health.called(begun.endpoint.health_id, well=well)

    def warnings(self) -> list[tuple[bytes, bytes]]:
        """What the caller should see to soon, of the model that was asked for."""
        return explained.warnings(self._plan.requested, next(iter(self._plan.models.values())))

    def _explained(self, endpoint: Endpoint | None, cost: int | None = 0) -> list[tuple[bytes, bytes]]:
        by = None if endpoint is None else (endpoint.provider.slug, endpoint.model_id)
        return explained.headers(self._attempts, self.timings, by, cost)

    def _metadata(self) -> bytes | None:
        if not self.told_metadata:
            return None
        endpoint = self._begun.endpoint if self._begun is not None else None
        stages = self.guard.pipeline() if self.guard is not None else None
        return metadata(self._plan.requested, self._plan, self._attempts, endpoint, stages)

    def _did_well(self, begun: Begun, usage: Usage) -> None:
        seconds = clock.monotonic() - begun.started
        if begun.passage.finish_reason is FinishReason.ERROR:
            self._judge(Outcome(Verdict.FAULT))
            return
        # What came whole says nothing of the time to its first token.
        latency = begun.note.milliseconds / 1000 if begun.rest is not None else None
        own = usage.completion_tokens - (0 if self.recovery is None else self.recovery.before)
        speed = own / seconds if own >= _MEASURABLE else None
        self._judge(Outcome(Verdict.OK, latency, speed))
        if self.remember is not None:
            self.remember(begun.endpoint, usage)

    def _judge(self, outcome: Outcome) -> None:
        """Tells the endpoint's health how its answer ended."""
        if self._begun is not None:
            self._services.health.observe(self._begun.endpoint.health_id, outcome)

    def _reported(self, begun: Begun) -> Usage | None:
        return believed(begun.passage.usage, self._request, begun.endpoint)

    def _usage(self, begun: Begun, told: Usage | None) -> Usage:
        usage = counted(self._request, begun.passage.text) if told is None else told
        return self._whole(usage, told is not None)

    def _whole(self, usage: Usage, told: bool) -> Usage:  # noqa: FBT001 (private)
        if self._extras is not None and self._extras.searches:
            usage = msgspec.structs.replace(usage, web_searches=usage.web_searches + self._extras.searches)
        return usage if self.recovery is None else self.recovery.whole(usage, told=told)

    def _describe(self, begun: Begun | None) -> None:
        """Notes who answered and how, for the generation."""
        generation = self.bill.generation
        if begun is not None:
            endpoint, way = begun.endpoint, begun.passage
            generation.model = endpoint.model_id
            generation.provider = endpoint.provider.slug
            generation.provider_name = endpoint.provider.name
            generation.endpoint_id = endpoint.id
            generation.upstream_id = way.upstream_id
            generation.finish_reason = way.finish_reason
            generation.native_finish_reason = way.native_finish_reason
        now = clock.monotonic()
        first = self._first_at or now
        generation.latency_ms = int((first - self._started) * 1000)
        generation.generation_ms = int((now - first) * 1000)
        for each in self._attempts:
            if each.upstream_cost:
                self.bill.wasted(each.endpoint.partition("/")[0], each.upstream_cost)
        generation.attempts = self._attempts
        guarded = self.guard.trace() if self.guard is not None else None
        generation.trace = explained.trace(self._plan, self.timings, self.facts, guarded)
        key = self.bill.key
        if destinations := self._services.destinations.of(key):
            self.bill.also = self._services.destinations.note(destinations, key, generation, partial(self._told, begun))

    def _told(self, begun: Begun | None) -> tuple[str, str]:
        """What was asked and answered, as text."""
        return self._request.prompt_text()[0], "" if begun is None else "".join(begun.passage.text)

    async def fail(self, exchange: Exchange, headers: list[tuple[bytes, bytes]], error: Exception) -> None:
        """No answer, or one that broke: free to the caller, told in the form that is still possible."""
        if not isinstance(error, ModelportError):
            _log.error("chat.fault", exc_info=error)
        if self._settled:
            return
        if self.memory is not None:
            self.memory.error = error
        if self._extras is not None:
            self._extras.tell(error)
        self._describe(self._begun)
        self._settled = True
        done = self.bill.failed(error, self._used_in_vain())
        if self.bill.opened:
            # A crash now would charge for what was delivered: first the disk must know that it is free.
            with contextlib.suppress(ModelportError):
                await done
        if exchange.started:
            last = (self._begun.passage if self._begun else self._nobody()).fail(error)
            await exchange.end(with_told(last, self._metadata()), self._explained(None))
        else:
            await refuse(exchange, self._door, error, [*headers, *self._explained(None)], self._metadata())

    def _used_in_vain(self) -> Usage | None:
        """What the provider of a stream that broke may charge for: what it told, or a rough count of what it sent."""
        begun = self._begun
        if begun is None:
            return None
        told = self._reported(begun)
        return told if told is not None or not self._delivering else rough(self.bill)

    def _nobody(self) -> StreamWriter:
        """Signs the error of a stream that was answered with comments, but by no provider."""
        return self._door.writer(self._identity(self._plan.attempts[-1]), self._request)

    def _identity(self, endpoint: Endpoint) -> Identity:
        generation = self.bill.generation
        return Identity(generation.id, endpoint.model_id, endpoint.provider.name, generation.created_at // 1000)

    @property
    def comment(self) -> bytes:
        """What keeps the caller company, and is no part of the answer."""
        return self._door.comment

    @property
    def must_count(self) -> bool:
        """Whether what was delivered has to be counted here."""
        begun = self._begun
        return self._delivering and not self._settled and begun is not None and self._reported(begun) is None

    def cancelled(self) -> None:
        """The caller left, or the server is told to stop: what was delivered until now is charged."""
        if self._settled:
            return
        self._settled = True
        begun = self._begun
        self._judge(Outcome(Verdict.CALLER))
        self._describe(begun)
        if begun is None or not self._delivering:
            self.bill.cancelled(None, None)
        else:
            told = self._reported(begun)
            used = told or counted_somehow(self._request, begun.passage.text, self.bill)
            self.bill.cancelled(begun.endpoint, self._whole(used, told is not None))
