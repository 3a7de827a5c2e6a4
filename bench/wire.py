"""The bytes the benchmark sends: one small chat request, plain or streamed, the same for every subject."""

import json
import re

# The mock reads its orders out of the user's message, because that is what every proxy hands on untouched.
ORDER = re.compile(rb"bench events=(\d+) pace_ms=(\d+)")
STAMP = re.compile(rb"t(\d{10,})")
PATH = "/v1/chat/completions"

_SYSTEM = (
    "You are a careful assistant of a small shop. Answer in the language of the question, in at most three "
    "sentences, and say so when you do not know. Prices are in euros and include tax."
)


def chat_body(model: str, *, events: int = 0, pace_ms: int = 0) -> bytes:
    """A chat request; with `events` a streamed one of that many events, `pace_ms` apart."""
    body: dict[str, object] = {
        "model": model,
        "messages": [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": f"bench events={events} pace_ms={pace_ms}. Which tea keeps longest?"},
        ],
        "temperature": 0.2,
        "max_tokens": 512,
    }
    if events:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(body).encode()


def http_request(port: int, path: str, body: bytes, key: str | None) -> bytes:
    """The whole HTTP/1.1 request, ready to be written to a socket again and again."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        "Accept: */*",
        f"Content-Length: {len(body)}",
    ]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join([*lines, "", ""]).encode() + body
