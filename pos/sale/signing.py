"""The signature chain of a cash register: what is signed of each sale and return, in order.

Apart from the journal's own chain because the Norwegian tax authority prescribes this one, and
with it RSA of 1024 bits and SHA-1 ("Requirements and guidelines for implementing digital
signatures in cash register systems", 2.2): it chains the receipts, the journal chains everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pos.errors import IllegalMove
from pos.sale.money import major_units

FIRST = "0"  # the signature before the first one


@dataclass(frozen=True, slots=True)
class Signed:
    """Document `number` is signed.

    `date` (2026-11-29) and `time` (14:03:22) are the shop's own, exactly as they were signed;
    `gross` and `net` are minor units, below zero for a return. `signature` is base64.
    """

    document_id: str
    number: int
    date: str
    time: str
    gross: int
    net: int
    currency: str
    signature: str
    key_version: str


def text_to_sign(
    previous: str, date: str, time: str, number: int, gross: int, net: int, currency: str
) -> str:
    """`previous;2014-01-24;23:59:59;123456789;1250.00;1000.00`, as the authority spells it.

    `previous` is the signature of the document before in base64, or FIRST.
    """
    amounts = (major_units(gross, currency), major_units(net, currency))
    return ";".join((previous, date, time, str(number), *amounts))


@dataclass(slots=True)
class Signatures:
    """The fold: what is signed, oldest first."""

    signed: list[Signed] = field(default_factory=list)

    @property
    def last(self) -> str:
        """What the next document hangs on."""
        return self.signed[-1].signature if self.signed else FIRST

    def check(self, entry: Signed, document_ids: Sequence[str]) -> None:
        """Raise IllegalMove unless `entry` is of the next of all numbered documents."""
        due = len(self.signed)
        if entry.number != due + 1 or list(document_ids[due : due + 1]) != [entry.document_id]:
            raise IllegalMove(f"Document {entry.number} is not the next one to be signed.")

    def take(self, entry: Signed) -> None:
        """Take one entry in, once it is checked."""
        self.signed.append(entry)
