"""The orders at the desk: made from the catalogue, parked, recalled, given up, and placed.

Apart from the payments because until an order is placed no money is asked for, and from the
loop, which only says when.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from pos.engine.parts import Parts, Writer
from pos.sale import ordering, till
from pos.sale.box_office import BoxOffice, box_office_at
from pos.sale.catalogue import NOTHING, Catalogue
from pos.sale.input import Ordering, Scanned
from pos.sale.occupancy import persons_at
from pos.sale.order import Order, OrderDropped, OrderParked, OrderRecalled, order_of
from pos.sale.ordering import GiveUpOrder, PutAside, Shop, TakeUp
from pos.sale.ticketing import unsellable
from pos.sale.till import Desk, Pay
from pos.sale.view import Notice

# A new catalogue file is looked for so often, and only while no sale is under way.
LOOK_EVERY_S = 2.0


class Orders:
    """What the desk's order is made from, and what has to be written down of it."""

    def __init__(self, parts: Parts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer
        self._looked_s = parts.clock.monotonic()
        self._offered: BoxOffice | None = None

    @property
    def products(self) -> Catalogue:
        """What the shop sells."""
        return self._parts.shelf.catalogue if self._parts.shelf is not None else NOTHING

    @property
    def fault(self) -> Notice | None:
        """Why a newer catalogue file is not taken, or None."""
        return self._parts.shelf.fault if self._parts.shelf is not None else None

    @property
    def box_office(self) -> BoxOffice | None:
        """What a visitor may buy now, and for when; None where no tickets are sold."""
        site = self._parts.shelf.site if self._parts.shelf is not None else None
        if site is None:
            return None
        history = self._writer.history
        taken = partial(persons_at, history)
        return box_office_at(site, self._parts.clock.wall(), taken)

    def unfit(self, order: Order | None) -> Notice | None:
        """Why this order cannot be paid now, whatever else could, or None."""
        return unsellable(order, self.box_office)

    def shop(self) -> Shop:
        """The shop as it sells today."""
        at = datetime.fromtimestamp(self._parts.clock.wall(), UTC).astimezone()
        terms, terminal = self._parts.terms, self._parts.terminal
        return Shop(
            terminal.currency, terminal.store.country, terms.language, at.date(),
            terms.vat_class, self.products, self.box_office,
        )  # fmt: skip

    def obey(self, desk: Desk, given: Ordering | Scanned, now_s: float) -> Desk:
        """The desk after this input, with what must last written down."""
        desk_after, command = ordering.order_on(desk, given, now_s, self.shop())
        wall_s = self._parts.clock.wall()
        match command:
            case PutAside():
                parked = OrderParked(self._parts.new_id(), command.label, command.order, wall_s)
                if not self._writer.write(parked):
                    return desk
            case GiveUpOrder():
                self._writer.write(OrderDropped(command.order, wall_s))
            case TakeUp():
                waiting = self._writer.history.order_book.parked.get(command.park_id)
                if waiting is None or not self._writer.write(OrderRecalled(command.park_id)):
                    return desk
                return replace(desk_after, order=waiting.order)
        return desk_after

    def idle(self, desk: Desk, now_s: float) -> Desk:
        """The desk after the mode's idle time; an order that nobody came back to is given up."""
        after = till.idle(desk, self._parts.mode, now_s)
        if desk.order is not None and after.order is None and desk.verdict is None:
            self._writer.write(OrderDropped(desk.order, self._parts.clock.wall()))
        return after

    def placed(self, command: Pay) -> Order:
        """The order that this payment is for: under a fresh sale id, unless it was placed for the
        payment that it is made instead of."""
        history = self._writer.history
        if command.instead_of:
            return history.order_book.placed[history.payments[command.instead_of].sale_id]
        sale_id = self._parts.new_id()
        if command.order is not None:
            office = self.box_office
            day = office.day.isoformat() if office is not None else ""
            return replace(command.order, sale_id=sale_id, tip=command.tip, day=day)
        keyed = replace(command.amount, value=command.amount.value - command.tip)
        return replace(order_of(sale_id, keyed, vat=self.shop().amount_rate), tip=command.tip)

    def look(self, now_s: float) -> bool:
        """See now and then whether there is a new file, or another time of the day; True when
        anything changed."""
        if self._parts.shelf is None or now_s - self._looked_s < LOOK_EVERY_S:
            return False
        self._looked_s = now_s
        before, self._offered = self._offered, self.box_office
        return self._parts.shelf.look() or before != self._offered
