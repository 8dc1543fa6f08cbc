"""The lines of a slip: the same for paper and screen, from a payment and the parties to it.

Apart, and pure, so that what the customer takes home can be tested without a printer. Words come
through `say`, so a slip speaks the shop's language. This terminal stands beside a cash register,
so its slip says that it is no purchase receipt, in letters twice as large as the amount's
(Norwegian cash register regulation § 2-8-8: at least half as large again).
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

    def time_text(self, at: float) -> str:
        """A date and time (Unix seconds) as people of the language write it."""


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line: text on the left, `right` flush right; `qr` is drawn instead of text."""

    text: str = ""
    right: str = ""
    strong: bool = False
    big: bool = False
    center: bool = False
    qr: str = ""
    rule: bool = False


def payment_slip(
    payment: Payment, terminal: Terminal, number: int, words: Words
) -> tuple[SlipLine, ...]:
    """The slip of a paid payment. Its code leads back to the payment, for a refund."""
    lines = [
        *_head(terminal),
        SlipLine(words.say("receipt.not_a_receipt"), strong=True, big=True, center=True),
        SlipLine(rule=True),
        SlipLine(words.say("receipt.paid"), words.amount_text(payment.amount), strong=True),
        SlipLine(words.say("receipt.wallet"), payment.wallet),
    ]
    if static_number := number_of(payment):
        lines.append(SlipLine(words.say("receipt.static_code"), str(static_number)))
    if payment.savings is not None:
        lines.append(SlipLine(words.say("receipt.saved"), words.amount_text(payment.savings)))
    if payment.customer_amount is not None:
        charged = words.amount_text(payment.customer_amount)
        lines.append(SlipLine(words.say("receipt.customer_paid"), charged))
        lines.append(SlipLine(words.say("receipt.rate"), payment.rate))
    lines += [
        SlipLine(rule=True),
        SlipLine(words.say("receipt.number"), f"{terminal.reference}-{number}"),
        SlipLine(words.say("receipt.time"), words.time_text(payment.opened_at)),
        SlipLine(words.say("receipt.payment_id")),
        SlipLine(payment.payment_id),
        SlipLine(words.say("receipt.request_id")),
        SlipLine(payment.request_id),
        SlipLine(qr=RECEIPT_PREFIX + payment.request_id, center=True),
        SlipLine("Alipay+", center=True),
    ]
    return tuple(lines)


def refund_slip(
    refund: Refund, payment: Payment, terminal: Terminal, number: int, words: Words
) -> tuple[SlipLine, ...]:
    """The slip of a final refund."""
    return (
        *_head(terminal),
        SlipLine(words.say("receipt.not_a_receipt"), strong=True, big=True, center=True),
        SlipLine(rule=True),
        SlipLine(words.say("receipt.refunded"), words.amount_text(refund.amount), strong=True),
        SlipLine(words.say("receipt.wallet"), payment.wallet),
        SlipLine(rule=True),
        SlipLine(words.say("receipt.number"), f"{terminal.reference}-{number}"),
        SlipLine(words.say("receipt.time"), words.time_text(refund.asked_at)),
        SlipLine(words.say("receipt.payment_id")),
        SlipLine(payment.payment_id),
        SlipLine(words.say("receipt.refund_id")),
        SlipLine(refund.refund_id),
    )


def _head(terminal: Terminal) -> tuple[SlipLine, ...]:
    merchant, store = terminal.merchant, terminal.store
    lines = (merchant.name, store.address, merchant.org_number)
    head = [SlipLine(text, strong=i == 0, center=True) for i, text in enumerate(lines) if text]
    return tuple(head)
