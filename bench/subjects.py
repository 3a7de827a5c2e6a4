"""The programs that are measured, each made ready to start against the mock provider."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from .litellm_venv import litellm_program, litellm_version
from .process import Unavailable, free_port, output
from .wire import PATH

MODEL: Final = "mock/echo"


@dataclass(frozen=True)
class Subject:
    """One program: how to start it, when it is ready, how to talk to it and how hard to press."""

    name: str
    version: str
    command: list[str]
    port: int
    ready: str = "/"
    path: str = PATH
    model: str = MODEL
    key: str | None = None
    env: dict[str, str] = field(default_factory=dict[str, str])
    # A slow subject gets a rate it can bear: beyond that, latency and lag would only tell of its queue.
    rate: float = 100
    pace_ms: int = 50
    ramp: float = 1.0


def direct() -> Subject:
    """The mock provider itself: what the rest is compared against."""
    port = free_port()
    return Subject(
        name="direct",
        version="mock",
        command=[sys.executable, "-m", "bench.mock", "--port", str(port)],
        port=port,
    )


def raw(_home: Path, upstream: int) -> Subject:
    """The minimal proxy of our own stack."""
    port = free_port()
    url = f"http://127.0.0.1:{upstream}{PATH}"
    return Subject(
        name="raw",
        version=f"uvicorn {version('uvicorn')}, aiohttp {version('aiohttp')}",
        command=[sys.executable, "-m", "bench.raw_proxy", "--port", str(port), "--upstream", url],
        port=port,
    )


_NGINX_CONF: Final = """\
worker_processes 1;
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
{user}
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  keepalive_requests 100000000;
  upstream provider {{
    server 127.0.0.1:{upstream};
    keepalive 512;
    keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""


def nginx(home: Path, upstream: int) -> Subject:
    """Nginx as a plain reverse proxy: one worker, kept connections on both sides, no buffering."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise Unavailable("nginx is not installed (`apt-get install nginx-light`)")
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    conf = home / "nginx.conf"
    conf.write_text(_NGINX_CONF.format(home=home, upstream=upstream, port=port, user=user))
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stderr
    return Subject(
        name="nginx",
        version=said.strip().removeprefix("nginx version: "),
        command=[program, "-p", str(home), "-c", str(conf), "-e", str(home / "error.log")],
        port=port,
    )


def litellm(home: Path, upstream: int) -> Subject:
    """LiteLLM's proxy: one worker, a key, no database, nothing sent home."""
    program = litellm_program()
    port = free_port()
    key = "sk-bench-0123456789"
    config = {
        "model_list": [
            {
                "model_name": MODEL,
                "litellm_params": {
                    "model": "openai/echo",
                    "api_base": f"http://127.0.0.1:{upstream}/v1",
                    "api_key": "mock-key",
                },
            }
        ],
        "litellm_settings": {"telemetry": False},
        "general_settings": {"master_key": key},
    }
    path = home / "config.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    options = ["--config", str(path), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    return Subject(
        name="litellm",
        version=f"litellm {litellm_version()}",
        command=[str(program), *options, "--telemetry", "False"],
        port=port,
        ready="/health/readiness",
        key=key,
        env={"LITELLM_TELEMETRY": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"},
        rate=20,
        pace_ms=1000,
        ramp=18.0,
    )


_CATALOG: Final = """\
providers:
  - slug: mock
    name: Mock
    dialect: openai_chat
    base_url: http://127.0.0.1:{upstream}/v1
    api_key: mock-key
models:
  - id: {model}
    name: Mock echo
    context_length: 128000
    endpoints:
      - provider: mock
        upstream_model: echo
        pricing: {{prompt: "0.0000001", completion: "0.0000002"}}
"""


def modelport(home: Path, upstream: int) -> Subject:
    """Modelport with everything on: key, limits, hold, settlement, ledger, generation record."""
    return _modelport(home, upstream, "modelport", "modelport")


def unbilled(home: Path, upstream: int) -> Subject:
    """Modelport without all that money needs: what is left between is its cost."""
    return _modelport(home, upstream, "unbilled", "bench.unbilled")


def _modelport(home: Path, upstream: int, name: str, serves: str) -> Subject:
    program = [sys.executable, "-m", "modelport"]
    data = ["--data-dir", str(home / "data")]
    email = "bench@example.com"

    def run(*words: str) -> str:
        return output([*program, *words, *data], limit=60)

    run("users", "create", "--email", email, "--admin", "--json")
    run("credits", "grant", "--user", email, "--amount", "1000", "--json")
    made = run("keys", "create", "--user", email, "--name", "bench", "--json")
    try:
        key: str = json.loads(made)["key"]
    except (ValueError, KeyError) as error:
        raise Unavailable(f"`modelport keys create --json` printed no key: {made[:200]!r}") from error
    catalog = home / "catalog.yaml"
    catalog.write_text(_CATALOG.format(upstream=upstream, model=MODEL))
    run("catalog", "apply", str(catalog))
    port = free_port()
    return Subject(
        name=name,
        version=f"{serves} {version('modelport')}",
        command=[
            sys.executable,
            "-m",
            serves,
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            *data,
            "--no-local-model",
        ],
        port=port,
        ready="/readyz",
        path="/api/v1/chat/completions",
        key=key,
    )


# In the order of the table.
SUBJECTS: Final[dict[str, Callable[[Path, int], Subject]]] = {
    "nginx": nginx,
    "raw": raw,
    "unbilled": unbilled,
    "modelport": modelport,
    "litellm": litellm,
}
