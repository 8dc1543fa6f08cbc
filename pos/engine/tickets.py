"""Tickets of what is paid: issued once, shown and printed as often as wanted, void when given back.

Apart from the receipts because a ticket is worth money at a gate: it is written down before anybody
sees it, and what a power cut left unissued is issued at the next start by this same step.
"""

from dataclasses import replace
from datetime import date

from pos.engine.parts import Parts, Writer
from pos.sale.order import Order
from pos.sale.payment import State
from pos.sale.receipt import Receipt
from pos.sale.revocation import KEPT_S
from pos.sale.site import DAY_MIN, Site
from pos.sale.ticket import SERIAL_DIGITS, ShownTicket, TicketsIssued, places_of, tickets_for
from pos.sale.ticket_book import void_of, void_serials

# A gate tells how old the list is that it goes by: a new one is made so often, and at each change.
LIST_EVERY_S = 300.0
TEXTS_MAX = 500


class Tickets:
    """The tickets of this till; none where it has no key for them or sells those of no site."""

    def __init__(self, parts: Parts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer
        self._texts: dict[str, str] = {}
        self._listed_s: float | None = None

    @property
    def _site(self) -> Site | None:
        return self._parts.shelf.site if self._parts.shelf is not None else None

    def catch_up(self) -> None:
        """Issue what was paid, and not issued before the till ended."""
        history = self._writer.history
        for request_id, payment in history.payments.items():
            if payment.state is State.PAID and payment.sale_id in history.order_book.placed:
                self.issue(request_id)

    def issue(self, request_id: str) -> None:
        """Write down the tickets of a payment that is paid, unless they are, or it has none."""
        history, site = self._writer.history, self._site
        payment = history.payments.get(request_id)
        order = None if payment is None else history.order_book.placed.get(payment.sale_id)
        if self._parts.stamp is None or site is None or order is None or not places_of(order):
            return
        if request_id in history.ticket_book.issued or history.gap is not None:
            return
        day, entry = _times(site, order)
        tickets = tickets_for(order, site.reference, day, entry, self._new_serial)
        self._writer.write(TicketsIssued(request_id, tickets, self._parts.clock.wall()))

    def _new_serial(self) -> str:
        return self._parts.new_id()[:SERIAL_DIGITS]

    def on(self, receipt: Receipt | None) -> Receipt | None:
        """The receipt of a sale with the tickets that still admit."""
        if receipt is None or receipt.refund is not None or receipt.order is None:
            return receipt
        history, stamp, request_id = self._writer.history, self._parts.stamp, receipt.document_id
        issued = history.ticket_book.issued.get(request_id)
        if issued is None or stamp is None:
            return receipt
        void = set(void_of(history, request_id, history.refunds_of(request_id)))
        places = places_of(receipt.order)
        if len(self._texts) > TEXTS_MAX:
            self._texts.clear()
        shown = []
        for ticket, place in zip(issued.tickets, places, strict=True):
            if ticket.serial not in self._texts:
                self._texts[ticket.serial] = stamp.stamped(ticket)
            if ticket not in void:
                text = self._texts[ticket.serial]
                shown.append(ShownTicket(text, receipt.order.lines[place].text, ticket))
        return replace(receipt, tickets=tuple(shown))

    def look(self, now_s: float) -> None:
        """Make the list of tickets given back anew, now and then and when it changed."""
        site, stamp = self._site, self._parts.stamp
        if site is None or stamp is None or self._writer.halt is not None:
            return
        if self._listed_s is not None and now_s - self._listed_s < LIST_EVERY_S:
            return
        self._listed_s = now_s
        wall_s = self._parts.clock.wall()
        void = void_serials(self._writer.history, wall_s - KEPT_S)
        stamp.publish(site.reference, int(wall_s), void)

    def given_back(self) -> None:
        """Something was, or may be: the next look makes the list anew."""
        self._listed_s = None


def _times(site: Site, order: Order) -> tuple[tuple[int, int], tuple[int, int]]:
    """Begin and end of the order's day, and of its entry time: where the site has none that begins
    then any more, to the end of the day."""
    day = date.fromisoformat(order.day)
    whole = site.moment(day, 0), site.moment(day, DAY_MIN)
    if not order.entry_at:
        return whole, whole
    ends = dict(site.entry_times(day))
    return whole, (order.entry_at, ends.get(order.entry_at, whole[1]))
