"""The making of an order: what each input of the cashier, or a scanned product, does to the desk.

Apart from `till`, which takes the money, because here nothing is charged yet and everything may
still be changed. Pure likewise: what has to be written down goes to the engine as a command.
"""

from dataclasses import dataclass, replace
from datetime import date

from pos.errors import AmountError
from pos.sale.box_office import BoxOffice
from pos.sale.catalogue import NOTHING, Catalogue, Product, line_of
from pos.sale.code import NotOurs, PaymentCode, ProductCode, ReceiptCode, recognise
from pos.sale.input import (
    AddAmount,
    AddProduct,
    ChooseEntry,
    Drop,
    MoreOf,
    MoreTickets,
    Ordering,
    Park,
    Recall,
    Scanned,
    SetDiscount,
    SetQuantity,
)
from pos.sale.money import Amount
from pos.sale.order import Discount, Line, Order
from pos.sale.ticketing import check_limits, more_tickets
from pos.sale.till import FREE, Desk, freed, said_by
from pos.sale.vat import VatClass, rate_on
from pos.sale.view import Stage, notice

# A label is shown in a list and printed nowhere.
LABEL_LENGTH_MAX = 24


@dataclass(frozen=True, slots=True)
class Shop:
    """What an order is made from. `language` is that of the lines, `day` that of the rates.

    `vat_class` is that of a sale by amount; `box_office` is there where tickets are sold.
    """

    currency: str
    country: str
    language: str
    day: date
    vat_class: VatClass = VatClass.STANDARD
    catalogue: Catalogue = NOTHING
    box_office: BoxOffice | None = None

    def line(self, product: Product, quantity: int = 1) -> Line:
        """A line of this product at today's rate."""
        rate = rate_on(self.country, product.vat, self.day)
        return line_of(product, self.language, rate, quantity)

    @property
    def amount_rate(self) -> int:
        """Basis points of VAT in a sale by amount, today."""
        return rate_on(self.country, self.vat_class, self.day)


@dataclass(frozen=True, slots=True)
class PutAside:
    """Command: write down that this order is parked."""

    order: Order
    label: str


@dataclass(frozen=True, slots=True)
class TakeUp:
    """Command: bring the parked order back on the desk."""

    park_id: str


@dataclass(frozen=True, slots=True)
class GiveUpOrder:
    """Command: write down that this order was given up."""

    order: Order


OrderCommand = PutAside | TakeUp | GiveUpOrder


def order_on(
    desk: Desk, given: Ordering | Scanned, now_s: float, shop: Shop
) -> tuple[Desk, OrderCommand | None]:
    """The desk after `given`; the same desk when it is not free. A fault becomes its notice."""
    if desk.stage not in FREE or _stays_in_view(desk, given):
        return desk, None
    desk = freed(desk, now_s)
    order = desk.order or Order("", shop.currency)
    if isinstance(given, Drop | Park | Recall):
        return _moved(desk, order, given)
    try:
        after = _changed(desk, order, given, shop)
        if after.order is not None and after.order.value > order.value:
            check_limits(after.order, shop.catalogue, shop.box_office)
    except AmountError as fault:
        return replace(desk, notice=said_by(fault)), None
    # Who takes the last line off gives the order up, and a cash register has to count it.
    return after, GiveUpOrder(order) if order.lines and after.order is None else None


def _stays_in_view(desk: Desk, given: Ordering | Scanned) -> bool:
    """Whether this is the phone that has just paid: the outcome is not swept away by it."""
    return (
        desk.stage is Stage.OUTCOME
        and isinstance(given, Scanned)
        and isinstance(recognise(given.text.reveal(), given.symbology), PaymentCode)
    )


def _moved(
    desk: Desk, order: Order, given: Drop | Park | Recall
) -> tuple[Desk, OrderCommand | None]:
    """The whole order goes, or another one comes."""
    match given:
        case Drop() if order.lines:
            return replace(desk, order=None), GiveUpOrder(order)
        case Park() if order.lines:
            label = given.label.strip()[:LABEL_LENGTH_MAX]
            return replace(desk, order=None), PutAside(order, label)
        case Recall() if not order.lines:
            return desk, TakeUp(given.park_id)
        case Recall():
            return replace(desk, notice=notice("order.park_first")), None
    return desk, None


def _changed(
    desk: Desk,
    order: Order,
    given: Scanned
    | AddProduct
    | AddAmount
    | SetQuantity
    | MoreOf
    | SetDiscount
    | MoreTickets
    | ChooseEntry,
    shop: Shop,
) -> Desk:
    """A line comes, changes or goes. Raises AmountError."""
    match given:
        case Scanned():
            return _scanned(desk, order, given, shop)
        case AddProduct():
            return _added(desk, order, given, shop)
        case AddAmount():
            amount = Amount.parse(given.typed, shop.currency)
            return _with(desk, order.added(Line("", amount.value, vat=shop.amount_rate)))
        case SetQuantity() if 0 <= given.place < len(order.lines):
            return _with(desk, _counted(order, given.place, given.quantity))
        case MoreOf() if 0 <= given.place < len(order.lines):
            quantity = max(0, order.lines[given.place].quantity + given.by)
            return _with(desk, _counted(order, given.place, quantity))
        case SetDiscount():
            return _with(desk, _discounted(order, given))
        case MoreTickets() if product := shop.catalogue.by_reference.get(given.reference):
            return _with(desk, more_tickets(order, shop.line(product), given.by))
        case ChooseEntry() if order.lines:
            return _entered(desk, order, given, shop)
    return desk


def _entered(desk: Desk, order: Order, given: ChooseEntry, shop: Shop) -> Desk:
    """Raises AmountError where the entry time is over, or has no room for so many."""
    if shop.box_office is None or shop.box_office.entry_at(given.starts_at) is None:
        return replace(desk, notice=notice("kiosk.entry_gone"))
    chosen = replace(order, entry_at=given.starts_at)
    check_limits(chosen, shop.catalogue, shop.box_office)
    return replace(desk, order=chosen)


def _with(desk: Desk, order: Order) -> Desk:
    return replace(desk, order=order if order.lines else None)


def _added(desk: Desk, order: Order, given: AddProduct, shop: Shop) -> Desk:
    product = shop.catalogue.by_reference.get(given.reference)
    if product is None:  # a newer catalogue came between the list and the key
        return replace(desk, notice=notice("order.no_product", product=given.reference))
    after = _with(desk, order.added(shop.line(product, given.quantity)))
    if not product.age_limit:
        return after
    return replace(after, notice=notice("order.age", age=product.age_limit))


def _scanned(desk: Desk, order: Order, given: Scanned, shop: Shop) -> Desk:
    code = recognise(given.text.reveal(), given.symbology)
    match code:
        case ProductCode():
            product = shop.catalogue.by_gtin.get(code.gtin)
            if product is not None and given.removing:
                return _removed(desk, order, product, shop)
            if product is not None:
                return _added(desk, order, AddProduct(product.reference), shop)
            said = notice("order.no_product", product=code.gtin)
        case NotOurs():
            said = notice(code.reason.value)
        case PaymentCode():
            said = notice("order.charge_first")
        case ReceiptCode():
            said = notice("code.receipt_scanned")
        case _:
            said = notice("code.not_expected")
    return replace(desk, notice=said)


def _removed(desk: Desk, order: Order, product: Product, shop: Shop) -> Desk:
    """One of the product less, of those that came last."""
    for place in reversed(range(len(order.lines))):
        if order.lines[place].product == product.reference:
            return _with(desk, _counted(order, place, order.lines[place].quantity - 1))
    return replace(desk, notice=notice("order.not_on_it", product=product.name(shop.language)))


def age_proven(desk: Desk, age: int) -> Desk:
    """The desk once somebody of the staff saw that the customer is `age` years old."""
    if desk.order is None or age <= desk.order.age_checked:
        return desk
    return replace(desk, order=replace(desk.order, age_checked=age), notice=None)


def age_denied(desk: Desk) -> tuple[Desk, OrderCommand | None]:
    """The desk without the lines that the customer is too young for."""
    before = order = desk.order
    if before is None or order is None:
        return desk, None
    for place in reversed(range(len(order.lines))):
        if order.lines[place].age_limit > order.age_checked:
            order = order.corrected_to(place, None)
    after = _with(replace(desk, notice=None), order)
    return after, GiveUpOrder(before) if after.order is None else None


def _counted(order: Order, place: int, quantity: int) -> Order:
    if quantity == 0:
        return order.corrected_to(place, None)
    line = replace(order.lines[place], share=0)
    return order.corrected_to(place, replace(line, quantity=quantity))


def _discounted(order: Order, given: SetDiscount) -> Order:
    discount = Discount.parse(given.typed, order.currency)
    if given.place is None:
        return order.discounted(discount)
    if not 0 <= given.place < len(order.lines):
        return order
    line = replace(order.lines[given.place], share=0, discount=discount)
    return order.with_lines((*order.lines[: given.place], line, *order.lines[given.place + 1 :]))
