"""What was put on paper: begun, printed or not, once more as a copy; and what is still owed.

Apart, and pure, because a power cut in the middle of a receipt leaves a question that only what was
written down can answer: may the next one be an original, or has it to say that it is a copy?
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReceiptBegun:
    """Bytes of a receipt are about to go to the printer, as an original or as a copy."""

    document_id: str
    number: int
    copy: bool


@dataclass(frozen=True, slots=True)
class ReceiptPrinted:
    """The printer took the whole receipt."""

    document_id: str
    number: int


@dataclass(frozen=True, slots=True)
class ReceiptUnprinted:
    """The printer surely took nothing of what was begun, so that the next try is no copy of it."""

    document_id: str
    number: int


@dataclass(frozen=True, slots=True)
class DrawerOpened:
    """The cash drawer was opened without a sale; a cash register counts these. Unix seconds."""

    at: float


PrintingEvent = ReceiptBegun | ReceiptPrinted | ReceiptUnprinted | DrawerOpened

PRINTING_EVENTS: tuple[type[PrintingEvent], ...] = PrintingEvent.__args__


@dataclass(slots=True)
class Printing:
    """The fold. A document is a payment's receipt, by its request id, or a refund's by its own.

    `latest` is the document that became final last: a death may have come before it was begun.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)
    drawer_openings: int = 0
    latest: str = ""
    _owed: dict[str, None] = field(default_factory=dict)
    # Of each try that may have come out, whether it was a copy.
    _tries: dict[str, list[bool]] = field(default_factory=dict)

    def apply(self, event: PrintingEvent) -> None:
        """Take one event in."""
        match event:
            case ReceiptBegun():
                self.numbers.setdefault(event.document_id, event.number)
                self._tries.setdefault(event.document_id, []).append(event.copy)
                if event.document_id not in self.printed:
                    self._owed[event.document_id] = None
            case ReceiptPrinted():
                self.printed.add(event.document_id)
                self._owed.pop(event.document_id, None)
            case ReceiptUnprinted():
                # Only the last: what an earlier process began may still have come out.
                if tries := self._tries.get(event.document_id):
                    tries.pop()
            case DrawerOpened():
                self.drawer_openings += 1

    def final(self, document_id: str) -> None:
        """The payment or refund is final, and has a receipt coming."""
        self.latest = document_id

    def owed(self) -> Iterator[str]:
        """Documents that were begun and did not come out, oldest first."""
        return iter(tuple(self._owed))

    def may_be_on_paper(self, document_id: str) -> bool:
        """Whether some of it was printed, or nobody knows: then only a copy may follow."""
        return bool(self._tries.get(document_id))

    def tries(self, document_id: str) -> int:
        """How often it may have come out."""
        return len(self._tries.get(document_id, ()))

    def copy_left(self, document_id: str) -> bool:
        """Whether the one copy of it was not printed yet."""
        return True not in self._tries.get(document_id, ())
