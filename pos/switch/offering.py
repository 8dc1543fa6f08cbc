"""What the switch's partners can do right now: a call of our own, beside the wire that others own.

Apart from `wire.py` as the witness is: a switch of others has no such path, and the till then goes
by what it has seen its own payments and refunds come to.
"""

from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from pos.switch.codec import Message
from pos.switch.parts import Result, Text64

OFFERING_PATH = "/samkassa/v1/wallets"
YES: Final = "yes"
# Why not: its own system does not answer; it takes no such currency; it never could.
Ability = Literal["yes", "unreachable", "currency", "not_offered"]


class OfferingRequest(Message):
    """Which wallets can pay a price in this currency now, and how?"""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class WalletOffered(Message):
    """One wallet, named as on the wire: whether its customers' codes can be scanned, whether they
    can scan ours, whether money can be given back to them."""

    psp_name: Text64
    scan: Ability
    show: Ability
    refund: Ability


class OfferingResponse(Message):
    """Every wallet that takes part, also one that can do nothing now."""

    result: Result
    wallets: tuple[WalletOffered, ...] = ()
