"""What a plan is made of beside the request: account's defaults, operator's rules, health, conversation's cache.

Part of step 2; the plan itself is the pure function `plan.make_plan`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.gateway.guarding import forbids_of
from modelport.gateway.plan import Around, Plan, Slowness, make_plan
from modelport.gateway.sticky import Conversations, conversation_of
from modelport.gateway.wish import wish_of
from modelport.routing.policy import NO_DEFAULTS, merged, said_by_account

if TYPE_CHECKING:
    from random import Random

    from modelport.catalog.snapshot import Endpoint
    from modelport.dialects.canonical import Usage
    from modelport.gateway.asked import Asked
    from modelport.gateway.door import Door
    from modelport.gateway.exchange import Exchange
    from modelport.gateway.guarding import Guard
    from modelport.gateway.own_keys import Arranger
    from modelport.gateway.services import Services
    from modelport.gateway.sticky import Conversation
    from modelport.keys.service import LiveKey
    from modelport.routing.policy import Defaults

__all__ = ["Planner"]


class Planner:
    """Plans requests; remembers where conversations were last answered."""

    def __init__(self, services: Services, random: Random) -> None:
        self._services = services
        self._random = random
        self._slow = Slowness(services.settings.slow_factor, services.settings.slow_margin)
        self._conversations = Conversations()

    async def defaults(self, key: LiveKey) -> Defaults:
        """What goes for the key's requests wherever they say nothing."""
        return await self._services.routing.defaults(key.record.account_id, key.workspace_id)

    def plan(
        self,
        request: Asked,
        door: Door,
        key: LiveKey,
        exchange: Exchange,
        defaults: Defaults = NO_DEFAULTS,
        *,
        own: Arranger | None = None,
        guard: Guard | None = None,
        unread: bool = False,
    ) -> tuple[Plan, Conversation | None]:
        """The endpoints to try for a request, and the conversation that it is part of; `own` has the caller's own
        provider keys, `guard` their guardrails. How long a request is whose files are `unread` nobody knows yet.
        """
        services = self._services
        wish, conversation, said = wish_of(request, door.operation), None, ()
        if unread:
            wish.body_bytes = wish.prompt_tokens = 0
        if defaults is not NO_DEFAULTS:
            said = said_by_account(wish.preferences, defaults)
            wish.preferences = merged(wish.preferences, defaults.provider)
            if not wish.models and defaults.default_model is not None:
                wish.models = [defaults.default_model]
                said = ("model", *said)
            wish.safety = defaults.safety
            if guard is not None:
                wish.safety -= guard.policy.no_safety
        if door.operation == "chat":
            session = request.peek.session_id or exchange.header(b"x-session-id")
            conversation = conversation_of(key.record.account_id, request, session)
            wish.sticky = self._conversations.find(conversation)
        around = Around(
            self._random,
            services.health,
            rules=services.routing.book,
            slow=self._slow,
            most=services.settings.attempts,
            forbids=forbids_of(key, guard, services.catalog.snapshot, wish.safety),
            own=own,
        )
        made = make_plan(wish, services.catalog.snapshot, around)
        made.defaults = said
        return made, conversation

    def remember(self, conversation: Conversation, endpoint: Endpoint, usage: Usage, *, routed: bool) -> None:
        """An endpoint has answered part of a conversation; `routed` when its model was picked for it."""
        self._conversations.remember(conversation, endpoint, usage, routed=routed)
