"""The local model's own process: llama.cpp's HTTP server, and a leash to the gateway that started it.

Run as `python -m modelport.providers.local_server` by `local_child.py`, never imported for its `main` in the
gateway: a native crash must not take the gateway down. Protocol: one JSON line of `Orders` on standard input,
one JSON line of `Report` on standard output. Standard input then stays open as long as the gateway lives.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
import threading
from typing import Any

import msgspec

__all__ = ["Orders", "Report", "main"]

_QUIET = 2
"""llama.cpp's log level for warnings and errors; at its default it writes seven lines a request."""
_PR_SET_PDEATHSIG = 1


class Orders(msgspec.Struct, frozen=True):
    """What the gateway wants served. Passed by pipe: an argument list is public to every user of the machine."""

    model_path: str
    alias: str
    """The model name the server reports."""
    api_key: str
    parent_pid: int
    """Who must be our parent; another one means that the gateway died before we could watch it."""
    context: int = 8192
    """Tokens of context, shared by all slots, any one of which may use all of it."""
    slots: int = 4
    """Requests answered at the same time; more wait."""
    threads: int = 2
    usual: int = 1024
    """Tokens of an answer for which nobody names a number."""
    cache_ram_mib: int = 64
    """Memory for the prompts of idle slots. llama.cpp's own default is 8 GiB."""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the start went: either `url`, or `error` with its `remedy`."""

    url: str = ""
    error: str = ""
    remedy: str = ""
    final: bool = False
    """Whether another start would fail in the same way."""


def main() -> int:
    """Serve until standard input ends; the exit status is 0 then, and 3 if the engine did not start."""
    _die_with_parent()
    with os.fdopen(os.dup(1), "wb", buffering=0) as answer:
        # The engine writes to descriptor 1 as it likes; from here on that is the log.
        os.dup2(2, 1)
        orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
        if os.name == "posix" and os.getppid() != orders.parent_pid:
            return 0
        report, server = _open(orders)
        answer.write(msgspec.json.encode(report) + b"\n")
    if server is None:
        return 3
    while os.read(0, 4096):  # the gateway writes nothing more; the end of the pipe is the end of the gateway
        pass
    # A native thread that hangs must not keep us alive; os._exit asks nobody.
    threading.Timer(3.0, os._exit, (1,)).start()
    del server  # closes its connections and joins its threads: about 0.1 s
    os._exit(0)


def _open(orders: Orders) -> tuple[Report, object | None]:
    """The running server and its address, or why there is none."""
    try:
        # The engine has no type stubs, and it is an optional package.
        engine: Any = importlib.import_module("xllamacpp")
    except ImportError as error:
        remedy = "Install it with `pip install 'modelport[local]'`."
        if "libgomp" in str(error) or "libstdc++" in str(error):
            remedy = "Install the system libraries libgomp1 and libstdc++6."
        return Report(error=f"The engine can't be loaded: {error}.", remedy=remedy, final=True), None
    params = engine.CommonParams()
    params.model.path = orders.model_path
    params.model_alias = {orders.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [orders.api_key]  # without one llama.cpp lets every web page of this machine in
    params.n_ctx = orders.context
    params.n_parallel = orders.slots
    params.n_predict = orders.usual
    params.kv_unified = True
    params.cpuparams.n_threads = orders.threads
    params.cpuparams_batch.n_threads = orders.threads
    params.cache_ram_mib = orders.cache_ram_mib
    params.endpoint_metrics = True
    params.endpoint_slots = False  # it shows prompts
    params.ui = False
    params.fit_params = False  # would shrink the context to its guess of the free memory
    params.verbosity = _QUIET
    try:
        server = engine.Server(params)
        return Report(url=str(server.listening_address)), server
    except Exception as error:  # noqa: BLE001 - whatever the native side raises, the gateway must hear of it
        return Report(error=f"The engine did not start: {error}.", remedy="See the local model's log."), None


def _die_with_parent() -> None:
    """Ask Linux to kill us with our parent. The end of standard input does the same everywhere, a bit later."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
