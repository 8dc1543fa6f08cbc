"""A receipt as a text that a customer carries home: drawn as a code, any phone's camera shows it.

Apart from the receipt because a code on a screen holds a few hundred letters, and because a text
without its paper needs a signature instead: its last line names the receipt, the key and the
signature (see `pos.seal`).
"""

import re
from dataclasses import dataclass

from pos.sale.merchant import Role, Terminal
from pos.sale.receipt import Receipt, table_of
from pos.sale.receipt_lines import lines_of
from pos.sale.slip import SlipLine, Words

# The last line: the receipt's number at its till, which key signed, and how. The marks are ones
# that a QR code packs tightly: base 32 in capitals.
KEY_NAME_LENGTH, SIGNATURE_LENGTH = 6, 103
_SEALED = re.compile(
    rf"(?P<body>.*)\n(?P<till>[^\n*]+)-(?P<number>[1-9][0-9]{{0,8}})\*(?P<key>[A-Z2-7]{{{KEY_NAME_LENGTH}}})"
    rf"(?P<signature>[A-Z2-7]{{{SIGNATURE_LENGTH}}})\s*",
    re.DOTALL,
)
TEXT_LENGTH_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Carried:
    """A text with a signature, taken apart; nothing is known yet of whether it is true."""

    signed: str
    till: str
    number: int
    key: str
    signature: str


def taken_apart(text: str) -> Carried | None:
    """The parts of a carried receipt, or None for any other text. Line ends may be those of DOS."""
    if len(text) > TEXT_LENGTH_MAX:
        return None
    found = _SEALED.fullmatch(text.replace("\r\n", "\n").strip())
    if found is None:
        return None
    signed = f"{found['body']}\n{found['till']}-{found['number']}*{found['key']}"
    return Carried(signed, found["till"], int(found["number"]), found["key"], found["signature"])


def unsigned_of(receipt: Receipt, terminal: Terminal, words: Words) -> tuple[str, ...]:
    """The text in full and in short, up to the mark before the key; to be signed and shown.

    The short one is for a screen with too few cells: no goods, but all of the money.
    """
    full = "\n".join(map(_plain, _worth_carrying(lines_of(receipt, terminal, words))))
    mark = f"{terminal.reference}-{receipt.number}*"
    return (f"{full}\n{mark}", f"{_short(receipt, terminal, words)}\n{mark}")


def _worth_carrying(lines: tuple[SlipLine, ...]) -> list[SlipLine]:
    return [line for line in lines if not (line.rule or line.qr or line.fine)]


def _plain(line: SlipLine) -> str:
    text = f"{line.text.strip()}: {line.right}" if line.right else line.text.strip()
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def _short(receipt: Receipt, terminal: Terminal, words: Words) -> str:
    payment, refund, currency = receipt.payment, receipt.refund, receipt.payment.amount.currency
    is_till = terminal.role is Role.TILL
    key = "receipt.title" if refund is None else "receipt.return_title"
    title = words.say(key if is_till else "receipt.not_a_receipt")
    amount = payment.amount if refund is None else refund.amount
    signed = words.amount_text(amount) if refund is None else f"-{words.amount_text(amount)}"
    at = payment.opened_at if refund is None else refund.asked_at
    seller = " ".join(filter(None, (terminal.merchant.name, terminal.merchant.org_number)))
    copy = " " + words.say("receipt.copy") if receipt.copy else ""
    lines = [seller, title + copy, words.time_text(at), f"{signed} {payment.wallet}"]
    if is_till:
        for row in table_of(receipt):
            net, tax = (words.minor_text(each, currency) for each in (row.net, row.vat))
            lines.append(f"{words.percent_text(row.rate)} {net} + {tax}")
    return "\n".join(_plain(SlipLine(line)) for line in lines)
