"""What a visitor's touches do to an order of tickets, and whether it may be paid.

Apart from `ordering`, which makes every order, because limits and entry times are those of a
place with an entrance: goods have neither.
"""

from dataclasses import replace

from pos.errors import AmountError
from pos.sale.box_office import BoxOffice, persons_in
from pos.sale.catalogue import Catalogue
from pos.sale.order import Line, Order
from pos.sale.view import Notice, notice


def quantity_of(order: Order | None, reference: str) -> int:
    """How many of this product stand on the order."""
    lines = () if order is None else order.lines
    return sum(line.quantity for line in lines if line.product == reference)


def more_tickets(order: Order, line: Line, by: int) -> Order:
    """The order with `by` more of the ticket of `line` (a line of one), or with fewer of it."""
    for place, each in enumerate(order.lines):
        if each.product == line.product:
            quantity = max(0, each.quantity + by)
            changed = None if quantity == 0 else replace(each, quantity=quantity, share=0)
            return order.corrected_to(place, changed)
    return order.added(replace(line, quantity=by)) if by > 0 else order


def check_limits(order: Order, catalogue: Catalogue, office: BoxOffice | None) -> None:
    """Raises AmountError where more of a product is on the order than one purchase may hold, or
    more persons than its entry time has room for."""
    for reference in {line.product for line in order.lines}:
        product = catalogue.by_reference.get(reference)
        if product is not None and 0 < product.limit < quantity_of(order, reference):
            raise AmountError(
                f"At most {product.limit} of this ticket are sold in one purchase.",
                "kiosk.limit",
                most=product.limit,
            )
    entry = None if office is None else office.entry_at(order.entry_at)
    if entry is not None and persons_in(order, timed=True) > entry.left:
        raise AmountError(
            f"Only {entry.left} places are left then.", "kiosk.entry_full", left=entry.left
        )


def unsellable(order: Order | None, office: BoxOffice | None) -> Notice | None:
    """Why this order cannot be paid at the box office now, or None. Goods always can."""
    if office is None or order is None or not persons_in(order):
        return None
    if not office.sells:
        return notice("kiosk.closed_now")
    persons = persons_in(order, timed=True)
    if not persons:
        return None
    entry = office.entry_at(order.entry_at)
    if entry is None:
        return notice("kiosk.entry_gone" if order.entry_at else "kiosk.entry_first")
    if persons > entry.left:
        return notice("kiosk.entry_full", left=entry.left)
    return None
