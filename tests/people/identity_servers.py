"""Identity providers on loopback: a real OpenID Connect server, and GitHub's four addresses."""

from __future__ import annotations

import contextlib
import json
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["GitHub", "OpenId", "an_openid_server"]


class OpenId:
    """What a test does at the OpenID Connect server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def person(self, subject: str, **claims: Any) -> None:
        """Makes somebody known there."""
        httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def approve(self, url: str, subject: str) -> str:
        """Signs in there as somebody; returns the address the browser is sent back to."""
        answer = httpx.post(url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@contextlib.contextmanager
def an_openid_server() -> Generator[OpenId]:
    """A server of its own for each worker."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock

        with oidc_provider_mock.run_server_in_thread() as server:
            yield OpenId(f"http://localhost:{server.server_port}")


class GitHub:
    """GitHub, as far as signing in needs it."""

    def __init__(self) -> None:
        self.people: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
        """By code: the user and their addresses."""
        self.challenges: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self, value: Any) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                form = {
                    k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()).items()
                }
                outer.asked.append(form)
                known = form.get("code") in outer.people and form.get("client_secret") == "github-secret"
                self._answer({"access_token": f"t-{form['code']}"} if known else {"error": "bad_verification_code"})

            def do_GET(self) -> None:
                code = self.headers["authorization"].removeprefix("Bearer t-")
                user, emails = outer.people[code]
                self._answer(emails if urlsplit(self.path).path.endswith("/emails") else user)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as above)
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self.server.shutdown()
        self._thread.join(5)
        self.server.server_close()
