"""`modelport doctor`: looks at everything a server needs, and says what to do about what is missing."""

from __future__ import annotations

import importlib.util
import shutil
from typing import TYPE_CHECKING, Literal, NamedTuple

from yarl import URL

from modelport.app import open_services
from modelport.errors import ModelportError
from modelport.providers import local_weights
from modelport.settings import WeakSecret
from modelport.upstream.client import Target, Timeouts
from modelport.upstream.errors import UpstreamFault

if TYPE_CHECKING:
    from modelport.gateway.services import Services
    from modelport.providers.provider import Provider
    from modelport.settings import Settings

__all__ = ["Finding", "examine"]

_LEAST_DISK = 500 * 1024 * 1024


class Finding(NamedTuple):
    """What one check found."""

    check: str
    state: Literal["ok", "warning", "failed"]
    finding: str
    remedy: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order a person would mend things."""
    findings = [*_configuration(settings), *_local_model(settings)]
    try:
        async with open_services(settings) as services:
            findings.append(Finding("database", "ok", f"{services.database.dialect}, schema up to date"))
            findings += await _money(services)
            findings += await _providers(services)
    except (ModelportError, OSError, RuntimeError, ValueError) as error:
        remedy = "Check MODELPORT_DATABASE_URL, or that the data directory can be written."
        findings.append(Finding("database", "failed", str(error), remedy))
    return findings


def _configuration(settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    try:
        settings.master_secret()
        findings.append(Finding("secret", "ok", "strong enough"))
    except (WeakSecret, OSError) as error:
        findings.append(Finding("secret", "failed", str(error), "Set MODELPORT_SECRET or mend the file."))
    if settings.secret is None:
        path = settings.data_dir / "secret.key"
        if path.exists() and path.stat().st_mode & 0o077:
            findings.append(Finding("secret", "warning", f"{path} can be read by others", f"chmod 600 {path}"))
    try:
        free = shutil.disk_usage(settings.data_dir).free
        state = "ok" if free > _LEAST_DISK else "warning"
        remedy = "" if state == "ok" else "Free some space: the database stops when the disk is full."
        findings.append(Finding("disk", state, f"{free // 2**20} MiB free at {settings.data_dir}", remedy))
    except OSError as error:
        findings.append(Finding("disk", "failed", str(error), f"Make {settings.data_dir} a directory you can write."))
    if settings.host not in {"127.0.0.1", "::1", "localhost"}:
        remedy = "Put a reverse proxy with TLS in front, or listen on 127.0.0.1."
        findings.append(Finding("network", "warning", f"listens on {settings.host} without TLS", remedy))
    return findings


def _local_model(settings: Settings) -> list[Finding]:
    if not settings.local_model:
        return [Finding("local model", "ok", "switched off")]
    if importlib.util.find_spec("xllamacpp") is None:
        remedy = "Install it with `pip install 'modelport[local]'`, or serve with --no-local-model."
        return [Finding("local model", "warning", "its engine is not installed", remedy)]
    if not local_weights.have_weights(settings.data_dir / "models"):
        return [Finding("local model", "ok", "weights are not here yet; the server fetches them when it starts")]
    return [Finding("local model", "ok", "engine and weights are here")]


async def _money(services: Services) -> list[Finding]:
    report = await services.credits.check()
    if report.fault is None:
        return [Finding("ledger", "ok", f"{report.transfers} transfers, all balances agree")]
    return [Finding("ledger", "failed", report.fault, "Stop the server and compare with a backup before going on.")]


async def _providers(services: Services) -> list[Finding]:
    snapshot = services.catalog.snapshot
    findings = [
        Finding(f"provider {slug}", "warning", reason, "Give it a key and apply its file again, or remove it.")
        for slug, reason in snapshot.inactive.items()
        if slug != "local"
    ]
    await services.upstream.start()
    try:
        for provider in snapshot.providers.values():
            if provider.slug != "local":
                findings.append(await _reach(services, provider))  # noqa: PERF401 (one after another, on purpose)
    finally:
        await services.upstream.close()
    if not any(provider.slug != "local" for provider in snapshot.providers.values()):
        known = f" ({len(snapshot.dormant)} more are known, and only need a key)" if snapshot.dormant else ""
        remedy = (
            f"Enter a key with `modelport providers add NAME`{known}, or add another with `modelport catalog apply`."
        )
        findings.append(Finding("providers", "warning", "none but the local model", remedy))
    return findings


async def _reach(services: Services, provider: Provider) -> Finding:
    """Asks for the provider's list of models: most have one, and it tells whether address and key are right."""
    from multidict import CIMultiDict

    from modelport.gateway.dialect_table import DIALECTS
    from modelport.providers.auth import BadKey, authorized, fetches_token, is_signed

    name = f"provider {provider.slug}"
    spoken = DIALECTS[provider.dialect].headers(provider.api_key)
    try:
        # A key that is made into something anew for each request is not tried here, only the address.
        tried = not (is_signed(provider.auth, provider.api_key) or fetches_token(provider.auth, provider.api_key))
        headers = CIMultiDict(authorized(spoken, provider.auth, provider.api_key))
    except BadKey as error:
        return Finding(name, "failed", f"its key can't be used: {error}", "Apply its file again with another key.")
    headers.update(provider.headers)
    limits = Timeouts(connect=5, first_byte=10, idle=10, total=15)
    target = Target(provider.slug, URL(provider.base_url + "/models"), headers, limits, provider.proxy)
    try:
        reply = await services.upstream.get(target)
    except UpstreamFault as fault:
        return Finding(name, "failed", fault.message, "Check `base_url` and `proxy`, and that the network lets us out.")
    try:
        if reply.status in {401, 403} and tried:
            return Finding(name, "failed", f"refuses our key ({reply.status})", "Check `api_key`.")
        return Finding(name, "ok", f"answers ({reply.status})")
    finally:
        reply.close()
