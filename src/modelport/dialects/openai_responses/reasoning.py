"""How reasoning items carry reasoning: OpenAI's as it came, everybody else's so that it survives a caller.

One item holds summaries, texts and one encrypted piece; the canonical vocabulary has a block for each. An item with
what another provider wants back unchanged (signatures, redacted thinking, signatures on tool calls) has it in
`encrypted_content` too, sealed: many clients of this dialect return nothing else of an item (Codex drops ids and
unknown fields, AI SDK the texts). `signature` and `format` stand beside it as the reference writes them.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal

import msgspec
from msgspec import Struct

from modelport.dialects.canonical import Reasoning
from modelport.dialects.openai_responses.wire import ITEM_FORMAT, OPENAI_FORMAT, ReasoningItem

__all__ = [
    "TEMPORARY",
    "Group",
    "Sealed",
    "call_signature",
    "kept_item",
    "known_id",
    "read_blocks",
    "unseal",
    "write_group",
]

TEMPORARY = "_tmp_"
"""Inside ids that were made here, as the reference has it (recorded): they mean nothing to a provider."""

_SEAL = "mp1."
_RANK = {"summary": 0, "text": 1, "encrypted": 2}


class Sealed(Struct, omit_defaults=True, array_like=True):
    """One block inside a seal; `call` is a tool call's signature, its `id` the call's."""

    kind: Literal["text", "summary", "encrypted", "call"]
    text: str = ""
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    format: str | None = None


_OBJECT = msgspec.json.Decoder(dict[str, object])
_SEALED = msgspec.json.Decoder(list[Sealed])


class Group:
    """The blocks of one item."""

    def __init__(self, first: Reasoning) -> None:
        self.blocks = [first]

    @property
    def id(self) -> str | None:
        """The id the provider gave."""
        return self.blocks[0].id

    @property
    def format(self) -> str | None:
        """Whose it is."""
        return self.blocks[0].format

    @property
    def signature(self) -> str | None:
        """The signature over it; there is one at most."""
        return next((block.signature for block in self.blocks if block.signature is not None), None)

    @property
    def data(self) -> str | None:
        """The encrypted piece; there is one at most."""
        return next((block.data for block in self.blocks if block.data is not None), None)

    def texts(self, kind: Literal["text", "summary"]) -> list[str]:
        """The readable pieces of a kind."""
        return [block.text for block in self.blocks if block.kind == kind]

    def takes(self, block: Reasoning) -> bool:
        """Whether a block that follows belongs to the same item."""
        if (block.id, block.format) != (self.id, self.format) or self.signature is not None:
            return False
        if block.kind == "encrypted" and any(known.kind == "encrypted" for known in self.blocks):
            return False
        return self.id is not None or _RANK[block.kind] >= _RANK[self.blocks[-1].kind]


def known_id(item_id: str | None) -> str | None:
    """An item's id as the provider gave it; None for one made here."""
    return None if item_id is None or TEMPORARY in item_id else item_id


def read_blocks(item: ReasoningItem, default_format: str) -> list[Reasoning]:
    """The blocks of an item; one without anything when the item holds nothing but its id."""
    if item.encrypted_content is not None and (sealed := unseal(item.encrypted_content)) is not None:
        return [
            Reasoning(one.kind, one.text, one.signature, one.data, one.id, one.format)
            for one in sealed
            if one.kind != "call"
        ]
    item_id, form = known_id(item.id), item.format
    if form is None and (item_id is not None or item.encrypted_content is not None):
        form = default_format
    if form == "unknown":
        form = None
    blocks = [Reasoning("summary", part.text or "", id=item_id, format=form) for part in item.summary or ()]
    blocks += [Reasoning("text", part.text or "", id=item_id, format=form) for part in item.content or ()]
    if item.signature is not None:
        blocks = blocks or [Reasoning("text", id=item_id, format=form)]
        blocks[-1].signature = item.signature
    if item.encrypted_content is not None or not blocks:
        blocks.append(Reasoning("encrypted", data=item.encrypted_content, id=item_id, format=form))
    return blocks


def write_group(group: Group, item_id: str | None, status: str | None) -> dict[str, object]:
    """The item that holds `group`; with a `status` it is for a caller, without one for a provider."""
    item: dict[str, object] = {} if item_id is None else {"id": item_id}
    item["type"] = "reasoning"
    item["summary"] = [{"type": "summary_text", "text": text} for text in group.texts("summary")]
    if texts := group.texts("text"):
        item["content"] = [{"type": "reasoning_text", "text": text} for text in texts]
    data = group.data
    if status is not None:
        item["status"] = status
        if group.format != OPENAI_FORMAT:
            item["format"] = group.format or "unknown"
        if group.signature is not None:
            item["signature"] = group.signature
        if group.signature is not None or (data is not None and group.format != OPENAI_FORMAT):
            data = _seal(
                [Sealed(one.kind, one.text, one.signature, one.data, one.id, one.format) for one in group.blocks]
            )
    if data is not None:
        item["encrypted_content"] = data
    return item


def kept_item(block: Reasoning) -> dict[str, object] | None:
    """The whole item that a block stands for; None where it stands for none."""
    if block.format != ITEM_FORMAT or block.data is None:
        return None
    try:
        item = _OBJECT.decode(block.data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return dict(item) if isinstance(item.get("type"), str) else None


def call_signature(call_id: str, signature: str, item_id: str) -> dict[str, object]:
    """The item that keeps a tool call's signature: the call's own item has no place for one."""
    data = _seal([Sealed("call", signature=signature, id=call_id)])
    return {
        "id": item_id,
        "type": "reasoning",
        "summary": [],
        "status": "completed",
        "format": "unknown",
        "encrypted_content": data,
    }


def unseal(data: str) -> list[Sealed] | None:
    """What was sealed here; None for anything else."""
    if not data.startswith(_SEAL):
        return None
    try:
        return _SEALED.decode(urlsafe_b64decode(data.removeprefix(_SEAL)))
    except ValueError:  # base64's and msgspec's faults are both
        return None


def _seal(blocks: list[Sealed]) -> str:
    return _SEAL + urlsafe_b64encode(msgspec.json.encode(blocks)).decode()
