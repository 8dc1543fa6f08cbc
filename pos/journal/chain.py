"""The chain of entries: what one row is, how it hangs on the one before, how a break is named.

Apart from the files so that what is checked can be read, and computed by anybody, without them.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apsw

from pos.errors import IllegalMove, JournalDamaged
from pos.journal.disk import is_blank
from pos.sale.history import Entry, History
from pos.sale.record import decode

GENESIS = bytes(32)

_DOMAIN = b"pos-journal-1"
# A text as JSON in ASCII: `json.dumps` of a whole row spends its time on everything around it.
_quoted = json.encoder.encode_basestring_ascii


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the journal as it lies on the disk. `hash` is 32 bytes."""

    seq: int
    kind: str
    body: dict[str, Any]
    hash: bytes

    def entry(self) -> Entry:
        """The entry that was written. Raises JournalDamaged when this version cannot read it."""
        return decode(self.kind, self.body)

    def fold_into(self, history: History) -> None:
        """Let `history` take this entry in. Raises JournalDamaged when no till wrote it so."""
        entry = self.entry()
        try:
            history.apply(entry)
        except IllegalMove as fault:
            raise JournalDamaged(_changed(self.seq, "is not what a till writes")) from fault


def chained(previous: bytes, seq: int, kind: str, body: str) -> bytes:
    """SHA-256 over domain, previous hash, length and canonical text of one row; 32 bytes."""
    canonical = f"[{seq},{_quoted(kind)},{_quoted(body)}]".encode("ascii")
    return hashlib.sha256(
        _DOMAIN + previous + len(canonical).to_bytes(8, "big") + canonical
    ).digest()


def verified(connection: apsw.Connection) -> Iterator[Row]:
    """Every row in order. Raises JournalDamaged naming the first that is not what was written."""
    previous, expected = GENESIS, 1
    try:
        if is_blank(connection):
            return
        stored = connection.execute("SELECT seq, kind, body, prev, hash FROM journal ORDER BY seq")
        for seq, kind, body, prev, found in stored:
            if seq != expected:
                raise JournalDamaged(_changed(expected, "is missing"))
            if prev != previous or found != chained(previous, seq, kind, body):
                raise JournalDamaged(_changed(seq, "is not what was written"))
            yield Row(seq, kind, _fields(seq, body), found)
            previous, expected = found, seq + 1
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError) as fault:
        raise JournalDamaged(_changed(expected, "cannot be read")) from fault


def _fields(seq: int, body: str) -> dict[str, Any]:
    """Whoever can compute the chain can also put into it what no till ever wrote."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise JournalDamaged(_changed(seq, "is not what a till writes"))
    return fields


def _changed(seq: int, how: str) -> str:
    return (
        f"Entry {seq} of the journal {how}, so nothing may be sold on it; keep the file, call "
        "your service partner, and start with a new --state folder."
    )
