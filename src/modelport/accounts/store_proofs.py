"""Every query on what people have been asked to prove."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from modelport.accounts.tables import proofs

__all__ = ["Proof", "add", "by_ticket", "cancel", "expire", "spend", "spend_link", "try_code"]


class Proof(NamedTuple):
    """Something to be proved, once."""

    ticket_hash: str
    kind: str
    email: str
    user_id: str | None
    sealed: str | None
    tries: int


_PROOF = (
    proofs.c.ticket_hash,
    proofs.c.kind,
    proofs.c.email,
    proofs.c.user_id,
    proofs.c.sealed,
    proofs.c.tries,
)


def add(
    connection: Connection, proof: Proof, *, code_hash: str | None, link_hash: str | None, now: int, expires_at: int
) -> None:
    """Asks for a proof."""
    values = {**proof._asdict(), "code_hash": code_hash, "link_hash": link_hash}
    connection.execute(insert(proofs).values(**values, created_at=now, expires_at=expires_at))


def _open(kind: str, now: int) -> tuple[ColumnElement[bool], ...]:
    return proofs.c.kind == kind, proofs.c.used_at.is_(None), proofs.c.expires_at > now


def try_code(connection: Connection, kind: str, ticket_hash: str, most: int, now: int) -> str | None:
    """The hash of the code asked for, against one of the tries left; None when there is nothing to try."""
    return connection.execute(
        update(proofs)
        .where(proofs.c.ticket_hash == ticket_hash, *_open(kind, now), proofs.c.tries < most)
        .values(tries=proofs.c.tries + 1)
        .returning(proofs.c.code_hash)
    ).scalar_one_or_none()


def spend(connection: Connection, kind: str, ticket_hash: str, now: int) -> Proof | None:
    """Marks the proof given. One of two racers gets it; None for the other, and when it ran out."""
    row = connection.execute(
        update(proofs)
        .where(proofs.c.ticket_hash == ticket_hash, *_open(kind, now))
        .values(used_at=now)
        .returning(*_PROOF)
    ).first()
    return Proof(*row) if row else None


def spend_link(connection: Connection, kind: str, link_hash: str, now: int) -> Proof | None:
    """The same by the link that was mailed."""
    row = connection.execute(
        update(proofs).where(proofs.c.link_hash == link_hash, *_open(kind, now)).values(used_at=now).returning(*_PROOF)
    ).first()
    return Proof(*row) if row else None


def by_ticket(connection: Connection, kind: str, ticket_hash: str, now: int) -> Proof | None:
    """The open proof with this ticket."""
    row = connection.execute(select(*_PROOF).where(proofs.c.ticket_hash == ticket_hash, *_open(kind, now))).first()
    return Proof(*row) if row else None


def cancel(connection: Connection, kind: str, email: str, now: int) -> None:
    """What was asked for earlier, of this kind and for this address, is not taken any more."""
    connection.execute(update(proofs).where(proofs.c.email == email, *_open(kind, now)).values(used_at=now))


def expire(connection: Connection, before: int) -> None:
    """Forgets what ran out before `before`."""
    connection.execute(delete(proofs).where(proofs.c.expires_at < before))
