"""The lines of tickets on paper: what each admits to, when, and its code.

Apart from the receipts because a ticket is torn off and shown at a gate, and says nothing of money.
"""

from collections.abc import Iterable

from pos.sale.slip import RULE, SlipLine, Words
from pos.sale.ticket import ShownTicket, Ticket

_DAY_S = 20 * 3600  # what lasts longer is for the day, whatever the clocks do that night


def ticket_lines(tickets: Iterable[ShownTicket], words: Words) -> tuple[SlipLine, ...]:
    """One part for each ticket, to be torn off."""
    return tuple(line for each in tickets for line in _of(each, words))


def _of(shown: ShownTicket, words: Words) -> tuple[SlipLine, ...]:
    ticket = shown.ticket
    return (
        RULE,
        SlipLine(shown.name, strong=True, center=True),
        SlipLine(words.say("ticket.admits", persons=ticket.persons), center=True),
        SlipLine(when_of(ticket, words), center=True),
        SlipLine(qr=shown.text, center=True),
        SlipLine(ticket.number, center=True),
    )


def when_of(ticket: Ticket, words: Words) -> str:
    """The day, or the day and the time from which it admits."""
    day = words.day_text(ticket.begins_at)
    if ticket.ends_at - ticket.begins_at >= _DAY_S:
        return day
    begins, ends = words.clock_text(ticket.begins_at), words.clock_text(ticket.ends_at)
    return f"{day} {begins}\N{EN DASH}{ends}"
