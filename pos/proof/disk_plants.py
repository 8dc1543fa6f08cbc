"""Wrong lines: what tills do that do not take a failing disk seriously.

Apart from the gate that has to find each of them out.
"""

import json

import apsw

from pos.engine.parts import Writer
from pos.errors import JournalError, JournalUnwritable, PosError
from pos.journal import Journal, chained
from pos.proof.planting import Plant, Planting
from pos.sale.history import Entry
from pos.sale.payment import Opened, Paid
from pos.sale.record import encode


def error_swallowed(planting: Planting) -> None:
    """An entry that could not be written counts as written."""

    def write(self: Writer, entry: Entry) -> bool:
        try:
            return self._journal.append(entry)
        except JournalError:
            if changes := self.history.would_change(entry):
                self.history.apply(entry)
            return changes

    planting.attribute(Writer, "write", write)


def sent_before_written(planting: Planting) -> None:
    """The intent is written together with the outcome: one commit less for every sale."""
    right = Journal.append
    waiting: list[Opened] = []

    def append(self: Journal, entry: Entry) -> bool:
        if isinstance(entry, Opened):
            self.history.apply(entry)
            waiting[:] = [entry]
            return True
        try:
            while waiting:
                _insert(self, waiting.pop())
        except (apsw.Error, OSError) as fault:
            self.poisoned = JournalUnwritable(f"The journal could not be written: {fault}.")
            raise self.poisoned from fault
        return right(self, entry)

    planting.attribute(Journal, "append", append)


def silent_standstill(planting: Planting) -> None:
    """The till that cannot write does nothing, and says nothing."""
    planting.attribute(Writer, "stop", lambda _self, _fault: None)


def left_to_the_next_start(planting: Planting) -> None:
    """The till that cannot write lets the customers wait who are in the midst of paying."""
    right = Writer.stop

    def stop(self: Writer, fault: PosError) -> None:
        right(self, fault)
        self.from_memory = False

    planting.attribute(Writer, "stop", stop)


def unsure_taken_for_unwritten(planting: Planting) -> None:
    """A success that could not be written is cancelled, as if it were surely not on the disk."""
    right = Writer.write

    def write(self: Writer, entry: Entry) -> bool:
        written = right(self, entry)
        if isinstance(entry, Paid):
            self.unsure.clear()
        return written

    planting.attribute(Writer, "write", write)


def _insert(book: Journal, entry: Entry) -> None:
    kind, fields = encode(entry)
    body = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    seq, head = book.seq + 1, chained(book.head, book.seq + 1, kind, body)
    with book._connection:
        row = (seq, kind, body, book.head, head)
        book._connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", row)
    book.seq, book.head = seq, head


BUGS: tuple[Plant, ...] = (
    error_swallowed,
    sent_before_written,
    silent_standstill,
    left_to_the_next_start,
    unsure_taken_for_unwritten,
)
