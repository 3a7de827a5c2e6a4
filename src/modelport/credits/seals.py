"""Seals: transfers in blocks, each hashed together with the block before, so that a changed or missing row is found.

The hash is keyed with a key from the master secret: who can write to the database, triggers or not, can't make a seal
that fits. Accounts go into it by their meaning, not by their number, so that renaming one is found as well. Sealing
runs off the chat path, some seconds behind it, and never over a transaction that is still open.
"""

from __future__ import annotations

import json
import struct
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, text

from modelport.credits.tables import ledger_accounts, seals, transfers
from modelport.kit import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["COLUMNS", "Block", "Checker", "Seal", "add", "end_of_journal", "names", "next_block"]

_BLOCK = 500
_MARK = struct.Struct(">q8s")
_LOCK = 0x6D70_7365  # "mpse": any number, as long as nobody else's
_FIRST = "0" * 64
_spell = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode

COLUMNS = (
    transfers.c.seq,
    transfers.c.debit_account,
    transfers.c.credit_account,
    transfers.c.amount,
    transfers.c.phase,
    transfers.c.code,
    transfers.c.reference,
    transfers.c.idempotency_key,
    transfers.c.pending_key,
    transfers.c.created_at,
)
"""What of a transfer is sealed: all of it."""


class Seal(NamedTuple):
    """One block of the chain as it is stored."""

    number: int
    first_seq: int
    last_seq: int
    marks: bytes
    """Number and short hash of each transfer in it, so that the one that differs can be named."""
    previous: str
    digest: str


class Block(NamedTuple):
    """What is to be sealed next."""

    after: int
    """Number of the seal before."""
    seal: Seal


def names(connection: Connection) -> dict[int, str]:
    """Ledger accounts by what they mean."""
    rows = connection.execute(select(ledger_accounts.c.id, ledger_accounts.c.kind, ledger_accounts.c.owner))
    return {row.id: f"{row.kind}:{row.owner}" if row.owner else row.kind for row in rows}


def end_of_journal(connection: Connection) -> int:
    """The number up to which every transfer is committed, or never will be.

    On PostgreSQL a smaller number may be committed after a larger one. A moment's lock tells that no writer is under
    way; writers queue for as long as the slowest of them takes, which is milliseconds.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '1s'"))
        connection.execute(text("LOCK TABLE transfers IN SHARE MODE"))
    return int(connection.execute(select(func.coalesce(func.max(transfers.c.seq), 0))).scalar_one())


def next_block(connection: Connection, end: int, key: bytes) -> Block | None:
    """The next transfers up to the number `end`, hashed; None when all are sealed."""
    last = _last(connection)
    after, begin, previous = (last.number, last.last_seq, last.digest) if last else (0, 0, _FIRST)
    rows = connection.execute(
        select(*COLUMNS).where(transfers.c.seq > begin, transfers.c.seq <= end).order_by(transfers.c.seq).limit(_BLOCK)
    ).all()
    if not rows:
        return None
    called = names(connection)
    canonical = [_bytes(row, called) for row in rows]
    marks = b"".join(_MARK.pack(row.seq, _mark(one, key)) for row, one in zip(rows, canonical, strict=True))
    digest = _digest(previous, canonical, key)
    return Block(after, Seal(after + 1, rows[0].seq, rows[-1].seq, marks, previous, digest))


def add(connection: Connection, block: Block) -> bool:
    """Stores a seal, unless another process has sealed meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    last = _last(connection)
    if (last.number if last else 0) != block.after:
        return False
    connection.execute(insert(seals).values(**block.seal._asdict(), created_at=clock.now_ms()))
    return True


_SEAL = tuple(seals.c[name] for name in Seal._fields)


def _last(connection: Connection) -> Seal | None:
    row = connection.execute(select(*_SEAL).order_by(seals.c.number.desc()).limit(1)).first()
    return Seal(*row) if row else None


class Checker:
    """Holds transfers, given in order, against the seals; `fault` is the first difference."""

    def __init__(self, connection: Connection, called: Mapping[int, str], key: bytes) -> None:
        self._seals: Iterator[Seal] = (
            Seal(*row) for row in connection.execute(select(*_SEAL).order_by(seals.c.number)).yield_per(100)
        )
        self._called = called
        self._key = key
        self._seal: Seal | None = None
        self._marks: dict[int, bytes] = {}
        self._left: list[int] = []
        self._canonical: list[bytes] = []
        self.count = 0
        """Seals that were read."""
        self.head = _FIRST
        """The last seal's hash: kept elsewhere, it proves that the chain was not cut off at its end."""
        self.sealed = 0
        self.fault: str | None = None
        self._open()

    def take(self, row: Sequence[Any]) -> None:
        """The next transfer, as a row of `COLUMNS`."""
        seq: int = row[0]
        while self._seal is not None and self.fault is None and seq > self._seal.last_seq:
            self._close()
        seal = self._seal
        if seal is None or self.fault is not None:
            return
        if self._left and seq > self._left[-1]:
            self.fault = f"transfer {self._left[-1]} is missing: block {seal.number} was sealed with it"
        elif seq not in self._marks:
            self.fault = f"transfer {seq} was added after block {seal.number} had been sealed"
        else:
            one = _bytes(row, self._called)
            if _mark(one, self._key) != self._marks[seq]:
                self.fault = f"transfer {seq} was changed after block {seal.number} had been sealed"
            self._left.pop()
            self._canonical.append(one)

    def end(self) -> str | None:
        """No more transfers; the first difference."""
        while self._seal is not None and self.fault is None:
            self._close()
        return self.fault

    def _open(self) -> None:
        seal = self._seal = next(self._seals, None)
        if seal is None:
            return
        self._marks = dict(_MARK.iter_unpack(seal.marks))
        self._left = sorted(self._marks, reverse=True)
        self._canonical = []
        self.count += 1
        if seal.number != self.count:
            self.fault = f"seal {self.count} is missing"
        elif seal.previous != self.head:
            self.fault = f"the chain is broken: seal {seal.number} does not follow the one before it"

    def _close(self) -> None:
        seal = self._seal
        assert seal is not None
        if self._left:
            self.fault = f"transfer {self._left[-1]} is missing: block {seal.number} was sealed with it"
            return
        if _digest(seal.previous, self._canonical, self._key) != seal.digest:
            self.fault = f"seal {seal.number} does not fit its transfers {seal.first_seq} to {seal.last_seq}"
            return
        self.sealed += len(self._canonical)
        self.head = seal.digest
        self._open()


def _bytes(row: Sequence[Any], called: Mapping[int, str]) -> bytes:
    """A transfer as bytes that mean nothing else."""
    debit, credit = called.get(row[1], ""), called.get(row[2], "")
    return _spell([row[0], debit, credit, *row[3:]]).encode()


def _mark(canonical: bytes, key: bytes) -> bytes:
    return blake2b(canonical, digest_size=8, key=key).digest()


def _digest(previous: str, canonical: Sequence[bytes], key: bytes) -> str:
    return blake2b(b"\n".join([previous.encode(), *canonical]), digest_size=32, key=key).hexdigest()
