"""The switch as witness of a till's journal: a header that tells it, and a call of our own.

Apart from `wire.py`, which spells an API that others own: a switch of others ignores the header
and has no such path, and the till goes on without a witness. With each payment, cancel and refund
the till says in `samkassa-journal` how far its journal has come. The switch keeps the last of it
and the list of what it was asked for; the call hands it out, and lets one process at a time be
the till.
"""

import re
import urllib.parse
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import StringConstraints

from pos.switch.codec import Message, WireError
from pos.switch.parts import RequestId, Result, Scenario, Text64, WireAmount

WITNESS_PATH = "/samkassa/v1/witness"
MARK_HEADER = "samkassa-journal"
MARK_SIGNATURE_HEADER = "samkassa-journal-signature"
# The calls that carry the mark: those that may move money.
MARKED = frozenset({"pay", "cancel", "refund"})
# Another process is the till now: this call was not carried out, and never will be.
SUPERSEDED = "SESSION_SUPERSEDED"
ACTS_PER_PAGE_MAX = 100

Session = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Head = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,17})$")]

_MARK = re.compile(
    r"terminal=([^,]{1,192}),session=([0-9a-f]{32}),seq=(0|[1-9][0-9]{0,17}),head=([0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the journal of a terminal has come, in the process `session`. `head` is hex."""

    terminal: str
    session: str
    seq: int
    head: str

    def text(self) -> str:
        """The value of the header."""
        terminal = urllib.parse.quote(self.terminal, safe="")
        return f"terminal={terminal},session={self.session},seq={self.seq},head={self.head}"

    @classmethod
    def read(cls, text: str) -> "Mark":
        """The mark in a header. Raises WireError."""
        match = _MARK.fullmatch(text)
        if match is None:
            raise WireError(f"The header {MARK_HEADER} cannot be read.")
        terminal = urllib.parse.unquote(match[1], errors="replace")
        return cls(terminal, match[2], int(match[3]), match[4])


def mark_content(client_id: str, mark: str, signature: str) -> bytes:
    """What the mark's own signature signs: the mark, bound to the request by its signature."""
    return f"samkassa journal\n{client_id}\n{mark}\n{signature}".encode()


class WitnessRequest(Message):
    """What do you remember of this terminal? With `session`: and I am it from now on.

    `replaces` is the head that a new session found; the same session leaves it out. `before` asks
    for the acts with lower numbers; without it none are told.
    """

    store_terminal_id: Text64
    session: Session | None = None
    seq: Count | None = None
    head: Head | None = None
    replaces: Head | None = None
    before: Count | None = None


class WitnessAct(Message):
    """A payment or refund that was asked for while the journal stood at `seq` and `head`.

    Without `amount` nothing came of it.
    """

    number: Count
    seq: Count
    head: Head
    kind: Literal["pay", "refund"]
    payment_request_id: RequestId | None = None
    refund_request_id: RequestId | None = None
    reference_order_id: Text64 | None = None
    amount: WireAmount | None = None
    in_store_payment_scenario: Scenario | None = None
    asked_at_ms: Count | None = None


class WitnessResponse(Message):
    """The last session, entry and head, and the acts asked for, newest first; `more`: true or
    absent.

    Whether a claim was granted shows in `session`. `before` is the request's, so that an answer to
    another one, signed though it is, is not taken for this page.
    """

    result: Result
    session: Session | None = None
    seq: Count = "0"
    head: Head | None = None
    acts: tuple[WitnessAct, ...] = ()
    before: Count | None = None
    more: str | None = None
