"""View: all that any front end may show, as plain frozen values.

Apart so that screens, lights and voice are fed the same truth and can be tested without an
engine. Words are keys with values: the front end says them in the person's language.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from pos.sale.assistance import HelpDesk
from pos.sale.box_office import BoxOffice
from pos.sale.catalogue import NOTHING, Catalogue
from pos.sale.facts import Facts
from pos.sale.merchant import Terminal
from pos.sale.money import Amount
from pos.sale.office import Office
from pos.sale.order import Order, OrderParked
from pos.sale.payment import State
from pos.sale.receipt import Receipt
from pos.sale.ticket import ShownTicket

if TYPE_CHECKING:
    from pos.sale.capability import Capability


class Stage(StrEnum):
    """Where the desk stands."""

    READY = "ready"  # an amount may be keyed, an order made
    TIPPING = "tipping"  # the customer may add a tip
    SCANNING = "scanning"  # the camera waits for the customer's code
    PAYING = "paying"  # the switch was asked; the customer may be confirming
    SHOWING = "showing"  # our code is on the screen
    SWITCHING = "switching"  # it is being closed, because the customer's was scanned instead
    STOPPING = "stopping"  # cancelling; the outcome is not known yet
    OUTCOME = "outcome"  # it is known: see `verdict`


class Verdict(StrEnum):
    """How the sale on the desk ended. ASIDE: still being cancelled, but the desk is free.

    TRAINED: it was practice, and nobody paid.
    """

    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    ASIDE = "aside"
    TRAINED = "trained"


class LinkState(StrEnum):
    """What is known of the line to the switch."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"
    DISTRUSTED = "distrusted"  # it answers, but the answers are not properly signed


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say: a key of the language catalogue and the values in its sentence."""

    key: str
    values: tuple[tuple[str, str], ...] = ()
    grave: bool = False


def notice(key: str, *, grave: bool = False, **values: object) -> Notice:
    """A Notice with its values as text."""
    if not values:
        return _sentence(key, grave)
    return Notice(key, tuple((name, str(value)) for name, value in values.items()), grave)


@cache
def _sentence(key: str, grave: bool) -> Notice:  # noqa: FBT001 - `cache` is quicker so
    """One without values, of which there are as many as the catalogue has."""
    return Notice(key, (), grave)


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One line of the last sales or of the unfinished list. Times are Unix seconds.

    `left` is what may still be given back, in minor units; `needs_person` marks a payment that
    stayed open for longer than a quarter of an hour. `static_number` is that of a payment by the
    till's static code, 0 for a sale that the till itself began.
    """

    request_id: str
    amount: Amount
    state: State
    opened_at: float
    wallet: str = ""
    result_code: str = ""
    refunded: int = 0
    refund_open: bool = False
    left: int = 0
    needs_person: bool = False
    contested: str = ""
    static_number: int = 0


@dataclass(frozen=True, slots=True)
class Papers:
    """What there is on paper, or may be. `terminal` is who gives a receipt.

    `receipt` lies on the desk, and `carried` are its texts for a code, longest first. `found` is
    the sale whose receipt was scanned. A refund of more than `pin_above` minor units needs a PIN,
    where it is set. `help_wanted` is whether somebody called and nobody came yet, and `prints`
    whether there is a printer.
    """

    terminal: Terminal | None = None
    receipt: Receipt | None = None
    carried: tuple[str, ...] = ()
    found: SaleRow | None = None
    pin_above: int | None = None
    help_wanted: bool = False
    prints: bool = False

    @property
    def tickets(self) -> tuple[ShownTicket, ...]:
        """Those of the receipt that lies on the desk."""
        return self.receipt.tickets if self.receipt is not None else ()


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the till. `order_code` is the text to draw as a QR code.

    `expires_at_s` is monotonic seconds when a shown code ends; `stage_since_s` likewise when
    the stage began. `stopped` says why the till does not sell at all. `arrived` are the
    newest payments by the static code, oldest first, for as long as they are news; `arrived_more`
    counts those before them. `watch` says why none would be shown. `order` are the lines on the
    desk, `tip` (minor units) is what `amount` holds beyond them, `products` what the shop sells,
    `shelf` says why a newer catalogue file is not taken. `issuer` is that of the code which
    the customer holds up, before the wallet is known, and `papers` what there is on paper.
    `box_office` is there where tickets are sold; `barred` says why nothing is until somebody of
    the staff has come. `help` is what is asked of the staff, here or at other tills, and `looking`
    whether the camera waits for the customer's code, alone or beside ours. `wallets` is what each
    can do right now, where that is told.
    """

    stage: Stage
    currency: str
    merchant_name: str
    amount: Amount | None = None
    request_id: str = ""
    wallet: str = ""
    issuer: str = ""
    order_code: str = ""
    expires_at_s: float = 0.0
    stage_since_s: float = 0.0
    verdict: Verdict | None = None
    reason: Notice | None = None
    notice: Notice | None = None
    customer_amount: Amount | None = None
    rate: str = ""
    savings: Amount | None = None
    recent: tuple[SaleRow, ...] = ()
    unfinished: tuple[SaleRow, ...] = ()
    arrived: tuple[SaleRow, ...] = ()
    arrived_more: int = 0
    link: LinkState = LinkState.UNKNOWN
    camera: Notice | None = None
    printer: Notice | None = None
    watch: Notice | None = None
    order: Order | None = None
    tip: int = 0
    parked: tuple[OrderParked, ...] = ()
    products: Catalogue = NOTHING
    shelf: Notice | None = None
    stopped: Notice | None = None
    office: Office = field(default_factory=Office)
    actions: frozenset[str] = field(default_factory=frozenset)
    papers: Papers = Papers()
    box_office: BoxOffice | None = None
    barred: Notice | None = None
    help: HelpDesk = field(default_factory=HelpDesk)
    looking: bool = False
    facts: Facts = field(default_factory=Facts)  # may leave the shop
    wallets: tuple["Capability", ...] = ()


class Action:
    """The names in `View.actions`: what the front end may offer right now."""

    CHARGE = "charge"
    SCAN = "scan"  # not offered where there is no camera
    STOP = "stop"
    NEXT = "next"
    REFUND = "refund"
    OFFICE = "office"  # log in and out, open and close, train
    ORDER = "order"  # lines may be put on the order
    PARK = "park"
    RECALL = "recall"
    TIP = "tip"
