"""What the switch remembers of this till, as the till reads it.

Apart from the wire, which spells it, and from the engine, which holds it against the journal: a
card that lies about what it keeps, a card that was copied and an insider with scissors all leave
a journal that is whole and too short, and only somebody else can say so.
"""

from dataclasses import dataclass
from enum import StrEnum

from pos.sale.payment import Opened
from pos.sale.refund import RefundAsked

NEWEST = 10**17  # more than any number of an act: the newest are asked for as those below it


class Unheard(StrEnum):
    """Why there is no testimony."""

    NO_WITNESS = "no witness"  # this acquirer keeps none
    SILENCE = "silence"  # it may answer later


@dataclass(frozen=True, slots=True)
class Claim:
    """This process is the till from now on, with its journal at `seq` and `head` (64 hex digits).

    `session` is random and new in each process; `replaces` is the head that the switch was last
    told of, which this journal holds or has written a Gap about.
    """

    session: str
    seq: int
    head: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A payment or refund that the switch was asked for, in the order in which it came.

    `seq` and `head` are where the journal stood then. `asked` is what the till must have written
    down before; None when nothing came of it at the switch.
    """

    number: int
    seq: int
    head: str
    asked: Opened | RefundAsked | None


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the switch was last told, by which session, and the acts asked for.

    `seq` is 0 and `head` empty when it never heard of this till. `more`: there are older acts.
    Acts come newest first, all with numbers below `before`.
    """

    session: str
    seq: int
    head: str
    acts: tuple[Act, ...] = ()
    more: bool = False
    before: int = 0
