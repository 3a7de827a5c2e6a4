"""Own provider keys in a plan: before the operator's capacity, after it, or instead of it (`behaviour.md` section 22).

An endpoint by an own key is the operator's endpoint with another key, another health and another price: what is charged
is the fee, and the provider's bill is the key's owner's. So every later step treats it like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from modelport.byok.errors import BadOwnKey
from modelport.byok.written_key import read
from modelport.catalog.snapshot import Owned
from modelport.gateway.plan_facts import Facts, facts_of, facts_with
from modelport.gateway.plan_health import RESTING
from modelport.providers.provider import UpstreamKey, Wire
from modelport.providers.row import MissingOption, resolve
from modelport.providers.table import ROWS

if TYPE_CHECKING:
    from modelport.byok.own_key import OwnKey
    from modelport.byok.written_key import Written
    from modelport.catalog.snapshot import Endpoint, Model, Snapshot
    from modelport.gateway.plan_facts import Lane
    from modelport.gateway.plan_health import HealthView
    from modelport.gateway.plan_order import Fits, Place
    from modelport.gateway.services import Services
    from modelport.keys.service import LiveKey
    from modelport.providers.provider import DataPolicy, Provider

__all__ = ["Arranger", "arranger_for", "provider_by"]

_POLICIES = frozenset({
    "zdr", "data_collection", "guardrail_zdr", "guardrail_training", "guardrail_publication",
})  # fmt: skip
"""Reasons that another contract than the operator's may do away with."""
_KEPT = 5_000
_FIRST, _LAST, _RESTING = -(10**15), 10**15, 10**16
"""What is added to a place's rank, which no other step makes as large."""
_made: dict[tuple[int, str, Fraction, str], tuple[Endpoint, OwnKey, Endpoint | None]] = {}
_facts: dict[tuple[int, tuple[str, ...]], tuple[Model, Facts]] = {}


async def arranger_for(services: Services, key: LiveKey) -> Arranger | None:
    """What arranges the plans of an API key's requests; None where it has no own keys, as most have none."""
    account_id = key.record.account_id
    known = services.own_keys.known(account_id)
    if known is None:
        known = await services.own_keys.of(account_id)
    if not known:
        return None
    record = key.record
    # A key that was in use before its account's default workspace was made learns of it a moment later.
    workspace_id = key.workspace_id or (await services.workspaces.default(account_id)).id
    usable = tuple(each for each in known if each.is_for(record.hash, record.user_id, workspace_id))
    if not usable:
        return None
    fee = await services.own_keys.fee(account_id)
    return Arranger(usable, fee, services.health, services.catalog.snapshot)


@dataclass(frozen=True, slots=True)
class Arranger:
    """Puts own keys into the places of a model's endpoints."""

    keys: tuple[OwnKey, ...]
    """In the order they are tried in."""
    fee: Fraction
    health: HealthView
    snapshot: Snapshot

    def facts(self, model: Model) -> Facts:
        """A model's lanes, with those that only an own key opens: of providers that the operator has no key of."""
        shown = self.snapshot.shown.get(model.id)
        waiting = () if shown is None else tuple(each for each in shown.waiting if self._of(each.provider))
        if not waiting:
            return facts_of(model)
        # By the record itself, and never by its id alone: it is another one after a change of the catalogue.
        place = (id(model), tuple(each.id for each in waiting))
        known = _facts.get(place)
        if known is None or known[0] is not model:
            if len(_facts) >= _KEPT:
                _facts.clear()
            known = _facts[place] = (model, facts_with(model, waiting))
        return known[1]

    def readmitted(self, gone: list[tuple[Lane, str]], fits: Fits) -> tuple[Lane, ...]:
        """Takes out of `gone` where a data policy keeps the operator's key away, and the owner of one of these has
        another contract, with which nothing speaks against it.
        """
        found = tuple(lane for lane, reason in gone if reason in _POLICIES and self._declared(lane, fits))
        if found:
            gone[:] = [each for each in gone if each[0] not in found]
        return found

    def arranged(
        self, model: Model, places: list[Place], gone: list[tuple[Lane, str]], *, fits: Fits, own_only: frozenset[str]
    ) -> list[Place]:
        """The places with own keys in them, where they fit; of the endpoints `own_only` none but by an own key.

        First own keys, then the operator's capacity, then own keys that are a fallback; one that rests is left out
        unless nothing else may be used.
        """
        open_ids = {each.id for each in model.endpoints} - own_only
        found: list[Place] = []
        for place in places:
            endpoint = place.lane.endpoint
            keys = self._of(endpoint.provider)
            serving = [key for key in keys if key.serves(model.id) or key.serves(model.canonical_slug)]
            closed = any(key.is_byok_only for key in keys) or any(key.is_required for key in serving)
            shared = endpoint.id in open_ids and not closed
            if shared:
                found.append(place)
            elif endpoint.id in open_ids:
                gone.append((place.lane, "own_keys_only"))
            for key in serving:
                made = self._endpoint(endpoint, key, model)
                if made is None or not fits(place.lane._replace(endpoint=made)):
                    continue
                rests = self.health.troubled.get(made.health_id) == RESTING
                if rests and shared:
                    continue
                rank = place.rank + (_RESTING if rests else _LAST if key.is_fallback else _FIRST)
                notes = (*place.notes, f"own_key:{key.label}")
                lane = place.lane._replace(endpoint=made)
                found.append(place._replace(rank=rank, standing=0, lane=lane, notes=notes))
        found.sort(key=lambda place: place[:4])  # stable: several keys of one place stay in their order
        return found

    def _declared(self, lane: Lane, fits: Fits) -> bool:
        endpoint = lane.endpoint
        policies = {_policy(endpoint, key) for key in self._of(endpoint.provider) if key.declared_zdr}
        return any(fits(lane._replace(endpoint=replace(endpoint, data_policy=policy))) for policy in policies)

    def _of(self, provider: Provider) -> list[OwnKey]:
        return [key for key in self.keys if key.provider in {provider.slug, provider.kind}]

    def _endpoint(self, endpoint: Endpoint, key: OwnKey, model: Model) -> Endpoint | None:
        """The endpoint by this key, made once; None where the key's text has nothing for the model."""
        place = (id(endpoint), key.id, self.fee, model.id)
        known = _made.get(place)
        if known is not None and known[0] is endpoint and known[1] is key:
            return known[2]
        if len(_made) >= _KEPT:
            _made.clear()
        made = _by_key(endpoint, key, self.fee, model)
        _made[place] = (endpoint, key, made)
        return made


def _by_key(endpoint: Endpoint, key: OwnKey, fee: Fraction, model: Model) -> Endpoint | None:
    try:
        written = read(key.key, model.id)
    except BadOwnKey:  # it was checked when it was given; another version may have taken what this one does not
        return None
    if written is None:
        return None
    provider, guarded = provider_by(endpoint.provider, key, written)
    factor = Fraction(endpoint.price_factor or 1) * fee
    return replace(
        endpoint,
        provider=provider,
        upstream_model=written.upstream_model or endpoint.upstream_model,
        pricing=replace(endpoint.pricing, factor=endpoint.pricing.factor * fee),
        price_factor=f"{factor.numerator}/{factor.denominator}",
        cost_pricing=None,
        data_policy=_policy(endpoint, key),
        owned=Owned(key.id, key.label, endpoint.pricing, guarded),
    )


def provider_by(provider: Provider, key: OwnKey, written: Written) -> tuple[Provider, bool]:
    """The provider as it is called with this key, and whether its owner had a say in the address."""
    options = {**provider.options, **written.options}
    fields: dict[str, Any] = {
        "api_key": written.key,
        "keys": (UpstreamKey("own", written.key),),
        # The operator's: they may name the operator's own organisation, or hold its secrets.
        "headers": {},
        "max_concurrency": None,
        "options": options,
    }
    address = key.base_url or written.base_url
    if address is not None:
        # Another address than the provider's has no paths of the provider's, and is not behind the operator's proxy.
        moved = {"base_url": address, "path": "", "stream_path": "", "query": written.query}
        also = {name: replace(wire, **moved) for name, wire in provider.also.items()}
        return replace(provider, **fields, **moved, also=also, proxy=None), True
    wires = _wires(provider, options) if written.options else None
    if wires is None:
        return replace(provider, **fields), False
    own = wires[provider.dialect]
    moved = {"base_url": own.base_url, "path": own.path, "stream_path": own.stream_path, "query": own.query}
    also = {name: wires.get(name, wire) for name, wire in provider.also.items()}
    return replace(provider, **fields, **moved, also=also), True


def _wires(provider: Provider, options: dict[str, str]) -> dict[str, Wire] | None:
    """The provider's addresses for other options; None where they are the operator's own and do not depend on them."""
    row = ROWS.get(provider.kind or "")
    if row is None:
        return None
    try:
        new = resolve(row, options)
    except MissingOption:
        return None
    try:
        usual = resolve(row, provider.options).get(provider.dialect)
    except MissingOption:
        usual = None
    if provider.dialect not in new or (usual is not None and usual.base_url != provider.base_url):
        return None
    return None if usual is not None and new[provider.dialect].base_url == usual.base_url else new


def _policy(endpoint: Endpoint, key: OwnKey) -> DataPolicy:
    policy = endpoint.data_policy
    if key.declared_zdr is None:
        return policy
    if key.declared_zdr:
        return replace(policy, zdr=True, safety_retention=None)
    return replace(policy, zdr=False, retains_prompts=True, safety_retention=None)
