"""Inputs: all that a front end, the camera or the printer may tell the till.

Apart so that front ends can make them without knowing the till. They are frozen values and
hold a scanned code only inside a Secret.
"""

from dataclasses import dataclass
from enum import StrEnum

from pos.sale.assistance import HelpInput
from pos.sale.code import Secret
from pos.sale.configuration import Configure
from pos.sale.remote import RemoteInput
from pos.sale.return_line import ReturnLine
from pos.sale.view import Notice


class Presenting(StrEnum):
    """Who presents the code that the other side reads."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    EITHER = "either"  # ours is shown while the camera looks for theirs; whichever comes first


@dataclass(frozen=True, slots=True)
class Charge:
    """Take `typed` (as a person typed it) from the customer, or, when it is empty, the order."""

    typed: str
    presenting: Presenting


@dataclass(frozen=True, slots=True)
class AddProduct:
    """Put `quantity` of the product with this reference on the order."""

    reference: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class AddAmount:
    """Put a line of `typed` (as a person typed it) on the order."""

    typed: str


@dataclass(frozen=True, slots=True)
class SetQuantity:
    """Make it `quantity` on line `place` (from 0); 0 takes the line off."""

    place: int
    quantity: int


@dataclass(frozen=True, slots=True)
class MoreOf:
    """Make it `by` more on line `place`, or fewer: keys that follow fast must not be lost."""

    place: int
    by: int


@dataclass(frozen=True, slots=True)
class SetDiscount:
    """Take `typed` (`10%` or `5.00`, empty for none) off line `place`, or off the whole order."""

    typed: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class MoreTickets:
    """Put `by` more of the ticket with this reference on the order, or take them off it."""

    reference: str
    by: int


@dataclass(frozen=True, slots=True)
class ChooseEntry:
    """The order's timed tickets are for the entry time that begins at this Unix second."""

    starts_at: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Give the order up."""


@dataclass(frozen=True, slots=True)
class Park:
    """Put the order aside under a label, which may be empty."""

    label: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """Take up the parked order of this id."""

    park_id: str


@dataclass(frozen=True, slots=True)
class Tip:
    """The tip that the customer chose: `10%` or `5.00`, empty for none. The payment goes on."""

    typed: str = ""


@dataclass(frozen=True, slots=True)
class Scanned:
    """The camera or a hand scanner read a code.

    `removing` is whether the button for taking things off the order was held.
    """

    text: Secret
    symbology: str
    removing: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Cancel what is on the desk. `request_id` as the View showed it: a late key is ignored."""

    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """The outcome was seen, or the sale is set aside: the desk is free for the next customer."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody is still there: the mode's idle time begins anew."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Ask the switch about this payment now."""

    request_id: str


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Refund the goods in `lines`, or `typed`, or all that is left when both are empty.

    `pin` is of somebody who may, where the amount needs one.
    """

    request_id: str
    typed: str = ""
    lines: tuple[ReturnLine, ...] = ()
    pin: Secret | None = None


@dataclass(frozen=True, slots=True)
class ShowReceipt:
    """Put the receipt of this payment or refund on the desk, to be seen and carried home."""

    document_id: str


@dataclass(frozen=True, slots=True)
class Reprint:
    """Print this payment's or refund's receipt once more, as a copy, or at last."""

    document_id: str


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """Open the cash drawer without a sale."""


@dataclass(frozen=True, slots=True)
class SeekReceipt:
    """Let the camera look for a receipt while no sale is on the desk, or no more."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class CallHelp:
    """The button for help was pressed: once to call somebody, once more when they came."""


@dataclass(frozen=True, slots=True)
class CameraSays:
    """The scanner has trouble (a Notice) or is well again (None)."""

    trouble: Notice | None


@dataclass(frozen=True, slots=True)
class PrinterSays:
    """The printer took document `document_id`, or has the fault; without an id, only how it is.

    `fault` is a `hardware` word, `sentence` its English, and `sent` whether any of the document
    may be on paper all the same.
    """

    document_id: str = ""
    fault: str = ""
    sentence: str = ""
    sent: bool = False


@dataclass(frozen=True, slots=True)
class LogIn:
    """Somebody typed their PIN."""

    staff_id: str
    pin: Secret


@dataclass(frozen=True, slots=True)
class LogOut:
    """Whoever is there leaves."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """Let this member of staff try their PIN again."""

    staff_id: str


@dataclass(frozen=True, slots=True)
class OpenShift:
    """Begin the shift."""


@dataclass(frozen=True, slots=True)
class CloseShift:
    """End the shift with its Z report."""


@dataclass(frozen=True, slots=True)
class MakeReport:
    """Make an X report of the running shift."""


@dataclass(frozen=True, slots=True)
class ShowShift:
    """Show the Z report of an earlier shift."""

    number: int


@dataclass(frozen=True, slots=True)
class PrintReport:
    """Put the report that is shown on paper."""


@dataclass(frozen=True, slots=True)
class Train:
    """Begin or end training."""

    on: bool


@dataclass(frozen=True, slots=True)
class PutOutOfOrder:
    """Sell nothing from now on, also after a restart, until somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class PutInOrder:
    """Sell again."""


@dataclass(frozen=True, slots=True)
class Find:
    """Look for lines of the electronic journal."""

    typed: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The report, or what was found, is not looked at any more."""


OfficeInput = (
    LogIn
    | LogOut
    | Unlock
    | OpenShift
    | CloseShift
    | MakeReport
    | ShowShift
    | PrintReport
    | Train
    | PutOutOfOrder
    | PutInOrder
    | Find
    | Leave
)

OFFICE_INPUTS: tuple[type[OfficeInput], ...] = OfficeInput.__args__

PaperInput = ShowReceipt | Reprint | OpenDrawer | SeekReceipt | CallHelp

Ordering = (
    AddProduct | AddAmount | SetQuantity | MoreOf | SetDiscount | MoreTickets | ChooseEntry
    | Drop | Park | Recall
)  # fmt: skip

Input = (
    Charge | Tip | Scanned | Stop | Next | Stay | AskAgain | GiveBack | CameraSays | PrinterSays
    | Ordering | PaperInput | OfficeInput | HelpInput | RemoteInput
    | Configure
)  # fmt: skip
