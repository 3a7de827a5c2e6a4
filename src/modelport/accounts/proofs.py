"""Things that are proved once: a code or a link that was mailed, a second factor, a challenge.

Who asks gets a *ticket*, which only their browser knows; a mailed code of eight digits is good with its ticket only,
and for five tries, so it can't be guessed. A mailed *link* is long enough to stand alone. Each is spent by one
statement, so of two who come at once one wins.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple

from modelport.accounts import store_proofs as store
from modelport.accounts.errors import ProofRefused
from modelport.accounts.store_proofs import Proof
from modelport.kit import clock, ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from modelport.kit.vault import Vault

__all__ = ["CODE_MS", "Issued", "Proof", "Proofs"]

CODE_MS: Final = 15 * 60_000
"""How long a mailed code is good."""
_TRIES: Final = 5
_REFUSED: Final = "The code or link is wrong, was used already, or is too old. Ask for a new one."


class Issued(NamedTuple):
    """What was asked for; none of it is kept."""

    ticket: str
    code: str
    """Eight digits."""
    link: str
    """A token to put into a mailed address."""


class Proofs:
    """Issues and takes proofs within the caller's transaction."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(
        self,
        connection: Connection,
        kind: str,
        email: str,
        *,
        user_id: str | None = None,
        secret: str | None = None,
        lifetime_ms: int = CODE_MS,
    ) -> Issued:
        """Asks for a proof; `secret` is kept sealed and given back when it is spent."""
        made = Issued(ids.random_text(32), f"{secrets.randbelow(10**8):08}", ids.random_text(43))
        now = clock.now_ms()
        ticket_hash = self._hash("ticket", made.ticket)
        sealed = None if secret is None else self._vault.seal(secret, context=f"proof:{ticket_hash}")
        store.add(
            connection,
            Proof(ticket_hash, kind, email, user_id, sealed, 0),
            code_hash=self._hash(made.ticket, made.code),
            link_hash=self._hash("link", made.link),
            now=now,
            expires_at=now + lifetime_ms,
        )
        return made

    def check_code(self, connection: Connection, kind: str, ticket: str, code: str) -> bool:
        """Uses up one try. To be committed whatever comes of it, so not in the transaction that spends."""
        now = clock.now_ms()
        wanted = store.try_code(connection, kind, self._hash("ticket", ticket), _TRIES, now)
        digits = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
        return wanted is not None and hmac.compare_digest(wanted, self._hash(ticket, digits))

    def check_try(self, connection: Connection, kind: str, ticket: str) -> Proof:
        """Uses up one try of a proof that is checked elsewhere, such as a second factor.

        Raises `ProofRefused` when none is left. To be committed, like `check_code`.
        """
        now = clock.now_ms()
        ticket_hash = self._hash("ticket", ticket)
        if store.try_code(connection, kind, ticket_hash, _TRIES, now) is None:
            raise ProofRefused(_REFUSED)
        proof = store.by_ticket(connection, kind, ticket_hash, now)
        assert proof is not None, "it was open in this transaction"
        return proof

    def spend(self, connection: Connection, kind: str, ticket: str) -> Proof:
        """Takes the proof, once.

        Raises `ProofRefused`.
        """
        proof = store.spend(connection, kind, self._hash("ticket", ticket), clock.now_ms())
        if proof is None:
            raise ProofRefused(_REFUSED)
        return proof

    def spend_link(self, connection: Connection, kind: str, link: str) -> Proof:
        """Takes the proof by its mailed link, once.

        Raises `ProofRefused`.
        """
        proof = store.spend_link(connection, kind, self._hash("link", link), clock.now_ms())
        if proof is None:
            raise ProofRefused(_REFUSED)
        return proof

    def cancel(self, connection: Connection, kind: str, email: str) -> None:
        """Earlier proofs of this kind for this address are not taken any more."""
        store.cancel(connection, kind, email, clock.now_ms())

    def secret(self, proof: Proof) -> str:
        """What was kept sealed with it."""
        assert proof.sealed is not None, f"a proof of kind {proof.kind!r} carries no secret"
        return self._vault.open(proof.sealed, context=f"proof:{proof.ticket_hash}")

    def _hash(self, ticket: str, text: str) -> str:
        return self._vault.keyed_hash(f"{ticket}/{text}")
