"""A provider's stream, read one event at a time, without knowing sockets: `upstream/eventstream.py` cuts it."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from modelport.dialects.bedrock_converse.errors import CODES, StreamError, read_error
from modelport.dialects.bedrock_converse.response_read import Blocks, Delta, Stop, to_finish
from modelport.dialects.bedrock_converse.usage_read import UpstreamUsage, to_usage
from modelport.dialects.canonical import Event, Start, UsageEvent
from modelport.kit.forgiving import Forgiving
from modelport.kit.raw_json import FAULTS

__all__ = ["Reader"]


class _Block(Struct):
    contentBlockIndex: int = 0  # noqa: N815  as on the wire
    start: Raw | UnsetType = UNSET
    delta: Delta | None = None


class _Metadata(Struct):
    usage: UpstreamUsage | None = None


class _Fault(Struct):
    code: str | None = None
    originalStatusCode: int | None = None  # noqa: N815


_BLOCK = Forgiving(_Block)
_STOP = Forgiving(Stop)
_METADATA = Forgiving(_Metadata)
_FAULT = Forgiving(_Fault)
_ANY = msgspec.json.Decoder(dict[str, Raw])


class Reader:
    """Reads one stream of a provider."""

    def __init__(self) -> None:
        self.done = False
        """Whether the provider said that it is through: `metadata`, with the usage, is its last event."""
        self._blocks = Blocks()

    def feed(self, event: bytes, data: bytes) -> list[Event]:
        """What one event says. Raises `StreamError`."""
        try:
            return self._read(event, data)
        except FAULTS as error:
            raise StreamError("The provider's stream holds what is no event of ConverseStream.") from error

    def finish(self) -> list[Event]:
        """What is left when the stream has ended; nothing is held back here."""
        return []

    def _read(self, event: bytes, data: bytes) -> list[Event]:  # noqa: PLR0911  one kind of event a line
        match event:
            case b"contentBlockDelta":
                block = _BLOCK.decode(data)
                return self._blocks.delta(block.contentBlockIndex, block.delta or Delta())
            case b"contentBlockStart":
                block = _BLOCK.decode(data)
                return self._blocks.start(block.contentBlockIndex, block.start)
            case b"contentBlockStop":
                return self._blocks.stop(_BLOCK.decode(data).contentBlockIndex)
            case b"messageStart":
                _ANY.decode(data)
                return [Start()]
            case b"messageStop":
                finish = to_finish(_STOP.decode(data))
                return [finish] if finish is not None else []
            case b"metadata":
                self.done = True
                usage = to_usage(_METADATA.decode(data).usage)
                return [UsageEvent(usage)] if usage is not None else []
            case _ if event == b"error" or event.endswith((b"Exception", b"Error")):
                raise _fault(event.decode(errors="replace"), data)
            case _:
                return []  # kinds that are yet to come


def _fault(name: str, data: bytes) -> StreamError:
    try:
        fault = _FAULT.decode(data)
    except FAULTS:
        fault = _Fault()
    words = read_error(0, data) if data.strip() else name
    known = fault.originalStatusCode or CODES.get(name[:1].lower() + name[1:])
    return StreamError(words, known or fault.code or name)
