"""A provider's stream, read one event at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelport.dialects.gemini.errors import StreamError
from modelport.dialects.gemini.response_read import Answer
from modelport.kit.raw_json import FAULTS

if TYPE_CHECKING:
    from modelport.dialects.canonical import Event

__all__ = ["Reader"]


class Reader:
    """Reads one stream of a provider. It ends with the connection: nothing in it says that it is through."""

    def __init__(self) -> None:
        self.done = False
        """Whether the provider said that it is through, as some proxies do."""
        self._answer = Answer()

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """What one event says; names of events mean nothing here. Raises `StreamError`."""
        del event
        if not data.strip() or data.startswith(b"[DONE]"):  # some proxies end every stream as OpenAI does
            self.done = self.done or data.startswith(b"[DONE]")
            return []
        try:
            return self._answer.read(data)
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no chunk of the Gemini API.") from error

    def finish(self) -> list[Event]:
        """What is left when the stream was cut."""
        return self._answer.finish()
