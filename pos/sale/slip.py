"""The lines of a slip, and what stands on every one of them: who sold, how it was paid, how to
find it again.

Apart from the receipts because a slip beside a cash register and the receipt of one say the same of
the payment.
"""

from dataclasses import dataclass
from typing import Protocol

from pos.sale.arrival import number_of
from pos.sale.code import RECEIPT_PREFIX
from pos.sale.merchant import Terminal
from pos.sale.money import Amount
from pos.sale.payment import Payment
from pos.sale.refund import Refund


class Words(Protocol):
    """What a slip needs of a language."""

    def say(self, key: str, /, **values: object) -> str:
        """The sentence of `key`."""

    def amount_text(self, amount: Amount) -> str:
        """An amount as people of the language write it."""

    def minor_text(self, value: int, currency: str) -> str:
        """Minor units, also none or less, as people write them, without the currency."""

    def percent_text(self, basis_points: int) -> str:
        """A rate: 2550 as 25.5 %."""

    def time_text(self, at: float) -> str:
        """A date and time (Unix seconds) as people of the language write it."""

    def clock_text(self, at: float) -> str:
        """The time of the day of a moment."""

    def day_text(self, at: float) -> str:
        """Weekday, day and month of a moment."""


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line: text on the left, `right` flush right; `qr` is drawn instead of text.

    `fine` lines may be left out where there is little room.
    """

    text: str = ""
    right: str = ""
    strong: bool = False
    big: bool = False
    center: bool = False
    qr: str = ""
    rule: bool = False
    fine: bool = False


RULE = SlipLine(rule=True)


def head(terminal: Terminal, words: Words) -> tuple[SlipLine, ...]:
    """Who sold, and where; on a training day that it is none of it true."""
    merchant, store = terminal.merchant, terminal.store
    number = merchant.org_number and words.say("receipt.business_id") + " " + merchant.org_number
    place = store.name if store.name != merchant.name else ""
    lines = [SlipLine(merchant.name, strong=True, center=True)]
    lines += [SlipLine(text, center=True) for text in (place, store.address, number) if text]
    if terminal.pretend:
        lines.append(heading(words.say("receipt.training")))
    return tuple(lines)


def heading(text: str) -> SlipLine:
    """What kind of paper this is, larger than all the rest."""
    return SlipLine(text, strong=True, big=True, center=True)


def wallet_lines(payment: Payment, words: Words) -> tuple[SlipLine, ...]:
    """By which wallet a sale was paid, and what it took of the customer where that differs."""
    lines = [SlipLine(words.say("receipt.wallet"), payment.wallet)]
    if static_number := number_of(payment):
        lines.append(SlipLine(words.say("receipt.static_code"), str(static_number)))
    if payment.savings is not None:
        lines.append(SlipLine(words.say("receipt.saved"), words.amount_text(payment.savings)))
    if payment.customer_amount is not None:
        charged = words.amount_text(payment.customer_amount)
        lines.append(SlipLine(words.say("receipt.customer_paid"), charged))
        lines.append(SlipLine(words.say("receipt.rate"), payment.rate))
    return tuple(lines)


def ids_of(payment: Payment, refund: Refund | None, words: Words) -> tuple[SlipLine, ...]:
    """How the switch, and the next refund, find it again."""
    last = (
        (words.say("receipt.request_id"), payment.request_id)
        if refund is None
        else (words.say("receipt.refund_id"), refund.refund_id)
    )
    said = (words.say("receipt.payment_id"), payment.payment_id, *last)
    return tuple(SlipLine(text, fine=True) for text in said)


def code_of(payment: Payment) -> tuple[SlipLine, ...]:
    """The code that leads back to the payment, for a refund."""
    return (
        SlipLine(qr=RECEIPT_PREFIX + payment.request_id, center=True),
        SlipLine("Alipay+", center=True, fine=True),
    )
