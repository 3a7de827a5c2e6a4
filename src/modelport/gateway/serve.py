"""The story of a chat request. Read this first.

    bytes -> admit -> read -> plan -> hold -> attempt -> relay -> settle -> end

Each step is one file beside this one, and none calls another. Until the money is held nothing can be lost, and a
fault is a refusal; from then on the request is a `Run`, which ends by settling its bill, however it ends. A search of
the web and the reading of files, which cost the operator something, come between hold and attempt; what the request is
then is planned and held anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from modelport.dialects.canonical import FinishReason
from modelport.errors import ModelportError
from modelport.gateway import explained, plan_words, tokens
from modelport.gateway.admit import admit
from modelport.gateway.asked import TranslatedAsked
from modelport.gateway.beyond import refuse_disabled
from modelport.gateway.cache import Cached, Hit, Recording, replayed, wanted
from modelport.gateway.door import CHAT, Address
from modelport.gateway.exchange import CallerGone, Exchange
from modelport.gateway.explained import Timings, metadata, wants_metadata
from modelport.gateway.extras import Plugins
from modelport.gateway.extras_search import ENGINE, asked_of_providers
from modelport.gateway.guarding import guard_of
from modelport.gateway.opening import hold, keep_free, open_bill
from modelport.gateway.own_keys import arranger_for
from modelport.gateway.planning import Planner
from modelport.gateway.recovery import recovery_of
from modelport.gateway.refusing import refuse, uncancel
from modelport.gateway.remembering import Memory, answered
from modelport.gateway.rewriting import rewritten
from modelport.gateway.run import Run
from modelport.kit import clock, ids
from modelport.usage.attribution import app_of, categories_of
from modelport.usage.generation import Generation
from modelport.usage.journal import Settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from modelport.gateway.asked import Asked
    from modelport.gateway.cache import Wanted
    from modelport.gateway.doors import Counting, Door
    from modelport.gateway.exchange import Send
    from modelport.gateway.explained import Headers
    from modelport.gateway.extras import Errand
    from modelport.gateway.open_streams import OpenStreams
    from modelport.gateway.plan import Plan
    from modelport.gateway.services import Services
    from modelport.gateway.sticky import Conversation
    from modelport.keys.service import LiveKey

__all__ = ["Chat"]

_JSON = (b"content-type", b"application/json")
_PICKED = frozenset({"auto", "free"})
"""Strategies by which a router picks the model."""


class Chat:
    """Serves chat completions."""

    def __init__(self, services: Services, streams: OpenStreams, random: Random) -> None:
        self._services = services
        self._streams = streams
        self._random = random
        self._plugins = Plugins(services)
        self._planner = Planner(services, random)
        self._cache = services.cache

    async def serve(self, exchange: Exchange, door: Door, address: Address, headers: Headers) -> None:
        """One request at `door`, from its first byte to its last; `headers` go with every answer."""
        generation_id = ids.generation_id()
        headers = [*headers, (b"x-generation-id", generation_id.encode())]
        timings = Timings()
        try:
            run = await self._prepare(exchange, door, address, generation_id, timings)
        except CallerGone:
            return
        except Hit as hit:
            await self._replay(exchange, door, hit, generation_id, headers, timings=timings)
            return
        except Exception as error:  # noqa: BLE001 (the edge: rendered for the caller, logged if it is ours)
            told = metadata("", None, [], None) if wants_metadata(exchange) else None
            await refuse(exchange, door, error, [*headers, *explained.headers((), timings)], told)
            return
        headers += [*run.bill.limit_headers(), *run.warnings()]
        if run.cache is not None:
            headers.append((b"x-openrouter-cache-status", b"MISS"))
        with exchange.watch():
            try:
                await run.answer(exchange, headers)
                self._keep(run)
            except asyncio.CancelledError:
                if run.must_count:
                    # A second cancellation, by a server that stops, must not lose the settlement.
                    with contextlib.suppress(asyncio.CancelledError):
                        await tokens.load()
                run.cancelled()
                if not exchange.gone:
                    raise
                uncancel()
            except Exception as error:  # noqa: BLE001 (a fault of ours after the answer: no hold may outlive it)
                await run.fail(exchange, headers, error)
            finally:
                if run.memory is not None:
                    run.memory.store(self._services.contents, run.bill.generation)

    def _keep(self, run: Run) -> None:
        """Keeps the answer, if its request wants that and it is whole."""
        generation = run.bill.generation
        if run.cache is None or generation.status != "ok" or generation.finish_reason == FinishReason.ERROR:
            return
        asked, recording = run.cache
        if (body := recording.body) is not None:
            self._cache.keep(
                asked,
                Cached(
                    source_id=generation.id,
                    content_type=recording.content_type,
                    body=body,
                    model=generation.model,
                    provider=generation.provider or "",
                    provider_name=generation.provider_name or "",
                ),
            )

    async def _replay(
        self, exchange: Exchange, door: Door, hit: Hit, generation_id: str, headers: Headers, *, timings: Timings
    ) -> None:
        """Gives a kept answer again: a generation of its own, free of charge, and told of like any other."""
        cached, services = hit.cached, self._services
        generation = _begun(generation_id, exchange, hit.key, hit.request, cached.model)
        generation.provider_name = cached.provider_name or None
        generation.finish_reason = FinishReason.STOP.value
        generation.trace = msgspec.json.encode({"cache": {"source_id": cached.source_id}}).decode()
        body = replayed(cached, generation_id)

        def told() -> tuple[str, str]:
            return hit.request.prompt_text()[0], answered(door, cached.content_type, body)[0] or ""

        to = services.destinations.of(hit.key)
        also = services.destinations.note(to, hit.key, generation, told, cached.source_id) if to else None
        memory = Memory(door, hit.request.body, days) if (days := await services.contents.days(hit.key)) else None
        if memory is not None:
            exchange.through(memory.through)
        try:
            await services.journal.written(Settled(generation, None, also=also))
        except ModelportError as error:
            await refuse(exchange, door, error, [*headers, *explained.headers((), timings)])
            return
        by = (cached.provider, cached.model)
        shown = [*explained.headers((), timings, by), (b"content-type", cached.content_type)]
        if (model := services.catalog.snapshot.models.get(cached.model)) is not None:
            shown += explained.warnings(hit.request.peek.model or "", model)
        await exchange.answer(200, [*headers, *shown, *self._cache.headers(cached)], body)
        if memory is not None:
            memory.store(services.contents, generation)

    async def count_tokens(self, exchange: Exchange, counting: Counting, address: Address, headers: Headers) -> None:
        """How many tokens a request would send, counted here and free of charge."""
        settings, timings = self._services.settings, Timings()
        try:
            await admit(self._services, exchange)
            body = await exchange.body(settings.request_body_limit, settings.request_read_timeout)
            text, other = TranslatedAsked(counting.reads(body, address), body).prompt_text()
            await tokens.load()
            counted = counting.writes(tokens.count(text) + other)
        except CallerGone:
            return
        except Exception as error:  # noqa: BLE001 (the edge: rendered for the caller, logged if it is ours)
            await refuse(exchange, counting.door, error, [*headers, *explained.headers((), timings)])
            return
        await exchange.answer(200, [*headers, *explained.headers((), timings), _JSON], counted)

    async def plan(self, exchange: Exchange, door: Door, headers: Headers) -> None:
        """How a request would be routed now, in words; nothing is sent, held or charged."""
        settings, timings = self._services.settings, Timings()
        try:
            key = await admit(self._services, exchange)
            body = await exchange.body(settings.request_body_limit, settings.request_read_timeout)
            account_id = key.record.account_id
            ready = await rewritten(body, door, Address(), self._services.presets, account_id)
            request, defaults = door.read(ready.body, Address()), await self._planner.defaults(key)
            own, guard = await arranger_for(self._services, key), await guard_of(self._services, key, "")
            timings.read = clock.monotonic()
            made, _ = self._planner.plan(request, door, key, exchange, defaults, own=own, guard=guard)
            timings.planned = clock.monotonic()
        except CallerGone:
            return
        except Exception as error:  # noqa: BLE001 (the edge: rendered for the caller, logged if it is ours)
            await refuse(exchange, door, error, [*headers, *explained.headers((), timings)])
            return
        headers = [*headers, *explained.headers((), timings), _JSON]
        await exchange.answer(200, headers, msgspec.json.encode({"data": plan_words.told(made)}))

    async def _prepare(
        self, exchange: Exchange, door: Door, address: Address, generation_id: str, timings: Timings
    ) -> Run:
        services = self._services
        settings = services.settings
        key = await admit(services, exchange, may_be_guest=door.dialect == CHAT and door.operation == "chat")
        body = await exchange.body(settings.request_body_limit, settings.request_read_timeout)
        ready = await rewritten(body, door, address, services.presets, key.record.account_id)
        if (guard := await guard_of(services, key, generation_id)) is not None:
            ready = ready._replace(body=await guard.screened(ready.body, address))
        request = door.read(ready.body, address)
        defaults = await self._planner.defaults(key)
        if defaults.disabled_tools:
            refuse_disabled(ready.body, defaults.disabled_tools)
        # Who wants nothing kept wants nothing kept here either.
        asked = None if defaults.keeps_nothing else wanted(exchange, door, ready, key, stream=request.stream)
        if asked is not None and (cached := await self._cache.find(asked)) is not None:
            raise Hit(cached, key, request)
        request, extras, errand = await self._plugins.of(request, door, address)
        if guard is not None and request.body is not ready.body:
            request = door.read(await guard.screened(request.body, address), address)
        days = 0 if defaults.keeps_nothing else await services.contents.days(key)
        timings.read = clock.monotonic()
        own = await arranger_for(services, key)
        planned = partial(
            self._planner.plan, door=door, key=key, exchange=exchange, defaults=defaults, own=own, guard=guard
        )
        plan, conversation = planned(request, unread=errand is not None and errand.reads)
        keep_free(plan, exchange.guest, costs=errand is not None or asked_of_providers(request) > 0)
        timings.planned = clock.monotonic()
        generation = _begun(generation_id, exchange, key, request, plan.attempts[0].model_id)
        search = None if errand is None else errand.search
        bill = await open_bill(
            services,
            key,
            plan,
            request,
            generation,
            guardrails=guard.policy.budgets if guard else (),
            searches=asked_of_providers(request),
            search=search,
            guest=exchange.guest,
        )
        timings.held = clock.monotonic()
        # From here on nothing waits, or is refused, before `Run.answer`: nobody would give back what is held.
        run = Run(services, self._streams, request, plan, bill, door=door, lots=self._random, extras=extras)
        run.timings, run.guard = timings, guard
        run.told_metadata = wants_metadata(exchange)
        run.facts = _facts(door, plan, ready.preset_id, ENGINE if search else None, key.workspace_id)
        if asked is not None:
            exchange.through(partial(_recorded, run, asked))
        if days:
            run.memory = Memory(door, request.body, days)
            exchange.through(run.memory.through)
        run.recovery = recovery_of(exchange, door, request)
        if conversation is not None and plan.total > 1:
            run.remember = partial(self._planner.remember, conversation, routed=plan.strategy in _PICKED)
        if errand is not None:
            run.errand = partial(self._run_errand, run, request, errand, (door, address), planned)
        return run

    async def _run_errand(
        self,
        run: Run,
        request: Asked,
        errand: Errand,
        by: tuple[Door, Address],
        planned: Callable[[Asked], tuple[Plan, Conversation | None]],
    ) -> None:
        """Does what comes between hold and attempt. The request is longer then, and may be refused once more."""
        door, address = by
        before = request.body
        request = await self._plugins.run(request, errand, run.bill, by)
        if run.guard is not None and request.body is not before:  # a file's text may be in it by now
            request = door.read(await run.guard.screened(request.body, address, has_bill=True), address)
        plan, _ = planned(request)
        done = errand.extras.searches
        run.bill.expect(asked_of_providers(request) + done, done)
        await hold(run.bill, plan, request)
        run.goes_on(request, plan)


def _begun(generation_id: str, exchange: Exchange, key: LiveKey, request: Asked, model_id: str) -> Generation:
    """The generation's record, with what is known before it is answered."""
    referer = exchange.header(b"http-referer") or exchange.header(b"referer")
    title = exchange.header(b"x-openrouter-title") or exchange.header(b"x-title")
    return Generation(
        id=generation_id,
        created_at=clock.now_ms(),
        account_id=key.record.account_id,
        key_id=key.record.id,
        model=model_id,
        streamed=request.stream,
        http_referer=referer,
        app_title=title,
        app=app_of(referer, title),
        app_categories=categories_of(exchange.header(b"x-openrouter-categories")),
        user_agent=exchange.header(b"user-agent"),
        session_id=request.peek.session_id or exchange.header(b"x-session-id"),
        external_user=request.peek.user,
    )


def _facts(
    door: Door, plan: Plan, preset_id: str | None, engine: str | None, workspace_id: str
) -> dict[str, str | None]:
    return {
        "operation": door.operation,
        "router": plan.requested if plan.strategy in _PICKED else None,
        "preset_id": preset_id,
        "web_search": engine,
        "workspace_id": workspace_id,
    }


def _recorded(run: Run, asked: Wanted, send: Send) -> Recording:
    recording = Recording(send, run.comment)
    run.cache = (asked, recording)
    return recording
