"""Items of an answer that are on their way to a caller; `writer.py` sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from modelport.dialects.openai_responses.reasoning import Group, write_group
from modelport.dialects.openai_responses.response_write import call_item, message_item, text_part

if TYPE_CHECKING:
    from msgspec import Raw

    from modelport.dialects.canonical import ToolCall

__all__ = ["OpenCall", "OpenMessage", "OpenThought", "WholeItem", "Words"]

Words = Literal["output_text", "refusal"]


class OpenMessage:
    """A message under way; the last of its parts is open."""

    def __init__(self, item_id: str) -> None:
        self.id = item_id
        self.index = 0
        self.content: list[dict[str, object]] = []
        self.kind: Words = "output_text"
        self.texts: list[str] = []
        self.annotations: list[object] = []
        self.logprobs: list[Raw] = []

    def item(self, status: str) -> dict[str, object]:
        """The item as it stands."""
        if self.content:
            self.content[-1] = self.part()
        return message_item(self.id, status, self.content)

    def part(self) -> dict[str, object]:
        """The open part as it stands."""
        text = "".join(self.texts)
        if self.kind == "refusal":
            return {"type": "refusal", "refusal": text}
        return text_part(text, self.annotations, self.logprobs)


class OpenThought:
    """A reasoning item under way."""

    def __init__(self, item_id: str, group: Group) -> None:
        self.id = item_id
        self.index = 0
        self.group = group

    def item(self, status: str) -> dict[str, object]:
        """The item as it stands."""
        return write_group(self.group, self.id, status)


class OpenCall:
    """A tool call under way."""

    def __init__(self, item_id: str, call: ToolCall, *, custom: bool) -> None:
        self.id = item_id
        self.index = 0
        self.call = call
        self.custom = custom

    def item(self, status: str) -> dict[str, object]:
        """The item as it stands."""
        return call_item(self.id, status, self.call, custom=self.custom)


class WholeItem:
    """An item that was whole from the start."""

    def __init__(self, item: dict[str, object]) -> None:
        self._item = item
        self.id = str(item["id"])
        self.index = 0

    def item(self, status: str) -> dict[str, object]:
        """The item as it stands."""
        del status  # its own says more
        return self._item
