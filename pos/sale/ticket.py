"""Tickets: what a paid order admits to, as a short text that a site's key signs and a gate reads.

Apart, and pure, because kiosk and gate share nothing but this form. A ticket says who admits whom
and when; that it is true, its signature says (see `pos.stamp`); that it was not used before, only
the gate knows.

The text is `SAMKASSA:T1:` and base 32 in capitals, which a QR code packs tightly: 8 bytes of
serial, 4 of begin (Unix minutes), 2 of length (minutes), 1 of persons, site and kind with 1 byte
of length before each, then the 64 bytes of the signature (Ed25519, RFC 8032).
"""

import base64
import binascii
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from pos.errors import WrongUse
from pos.sale.order import Order

TICKET_PREFIX = "SAMKASSA:T1:"
# What is signed begins so: no signature of anything else can be taken for that of a ticket.
SIGNED_AS = b"samkassa ticket 1\n"
SIGNATURE_BYTES = 64
SERIAL_DIGITS = 16
NAME_BYTES_MAX = 24
PERSONS_MAX = 255
_HEAD = struct.Struct(">8sIHB")
_MINUTE_S = 60
_TEXT = re.compile(r"[A-Z2-7]{130,240}")
_SERIAL = re.compile(r"[0-9a-f]{16}")
_NAME = re.compile(r"[!-~]{1,24}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """Admits `persons` to `site` once, between `begins_at` and `ends_at` (Unix seconds).

    `serial` is 16 random hexadecimal digits, `kind` the reference of its type.
    """

    serial: str
    site: str
    kind: str
    persons: int
    begins_at: int
    ends_at: int

    @property
    def number(self) -> str:
        """What people call it: eight letters and digits of its serial."""
        short = base64.b32encode(bytes.fromhex(self.serial))[:8].decode()
        return f"{short[:4]}-{short[4:]}"


@dataclass(frozen=True, slots=True)
class SignedTicket:
    """A ticket's text taken apart; nothing is known yet of whether it is true."""

    ticket: Ticket
    signed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class ShownTicket:
    """A ticket for people: `text` to be drawn as a code, `name` what it was sold as."""

    text: str
    name: str
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class TicketsIssued:
    """The tickets of a payment that is paid, in the order of its lines. `at` is Unix seconds."""

    request_id: str
    tickets: tuple[Ticket, ...]
    at: float


def packed(ticket: Ticket) -> bytes:
    """What is signed of it. Raises WrongUse for a ticket that the form has no place for."""
    minutes, rest = divmod(ticket.begins_at, _MINUTE_S)
    length, rest_of_length = divmod(ticket.ends_at - ticket.begins_at, _MINUTE_S)
    names = (ticket.site, ticket.kind)
    fits = (
        not rest
        and not rest_of_length
        and 0 <= minutes < 2**32
        and 0 < length < 2**16
        and 0 < ticket.persons <= PERSONS_MAX
        and _SERIAL.fullmatch(ticket.serial)
    )
    if not fits or not all(_NAME.fullmatch(name) for name in names):
        raise WrongUse(
            f"A ticket {ticket.kind!r} of the site {ticket.site!r} cannot be made: both references "
            f"are at most {NAME_BYTES_MAX} letters and digits without spaces, its times whole "
            f"minutes at most 45 days apart, and it admits at most {PERSONS_MAX} persons."
        )
    head = _HEAD.pack(bytes.fromhex(ticket.serial), minutes, length, ticket.persons)
    return SIGNED_AS + head + b"".join(bytes([len(name)]) + name.encode() for name in names)


def text_of(ticket: Ticket, signature: bytes) -> str:
    """The text to be drawn as a code."""
    body = packed(ticket).removeprefix(SIGNED_AS) + signature
    return TICKET_PREFIX + base64.b32encode(body).decode().rstrip("=")


def taken_apart(text: str) -> SignedTicket | None:
    """The parts of a ticket's text, or None for any other. One ticket has one text."""
    coded = text.strip().removeprefix(TICKET_PREFIX)
    if not text.strip().startswith(TICKET_PREFIX) or _TEXT.fullmatch(coded) is None:
        return None
    try:
        body = base64.b32decode(coded + "=" * (-len(coded) % 8))
    except binascii.Error:
        return None
    unsigned, signature = body[:-SIGNATURE_BYTES], body[-SIGNATURE_BYTES:]
    ticket = _ticket(unsigned)
    if ticket is None or text_of(ticket, signature) != text.strip():
        return None
    return SignedTicket(ticket, packed(ticket), signature)


def _ticket(unsigned: bytes) -> Ticket | None:
    try:
        serial, minutes, length, persons = _HEAD.unpack_from(unsigned)
        site, rest = _name(unsigned[_HEAD.size :])
        kind, rest = _name(rest)
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    begins_at = minutes * _MINUTE_S
    ticket = Ticket(serial.hex(), site, kind, persons, begins_at, begins_at + length * _MINUTE_S)
    try:
        return ticket if not rest and packed(ticket) else None
    except WrongUse:
        return None


def _name(data: bytes) -> tuple[str, bytes]:
    end = 1 + data[0]
    return data[1:end].decode("ascii"), data[end:]


def tickets_for(
    order: Order,
    site: str,
    day: tuple[int, int],
    entry: tuple[int, int],
    new_serial: Callable[[], str],
) -> tuple[Ticket, ...]:
    """A ticket for each that was bought, in the order of the lines; none for goods.

    `day` and `entry` are begin and end, Unix seconds, of the order's day and of its entry time.
    """
    made = []
    for line in order.lines:
        begins_at, ends_at = entry if line.timed else day
        for _ in range(line.quantity if line.persons else 0):
            made.append(Ticket(new_serial(), site, line.product, line.persons, begins_at, ends_at))
    return tuple(made)


def places_of(order: Order) -> tuple[int, ...]:
    """The place of the line that each ticket of the order was bought on."""
    return tuple(
        place
        for place, line in enumerate(order.lines)
        for _ in range(line.quantity if line.persons else 0)
    )
