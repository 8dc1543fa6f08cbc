"""Who sells, where, and on which terminal: the parties that stand on every payment and receipt.

Apart because the settings make them, the wire sends them and the receipt prints them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What the law takes this device for: a terminal beside a cash register, or the register."""

    TERMINAL = "terminal"
    TILL = "till"


@dataclass(frozen=True, slots=True)
class Merchant:
    """The seller. `mcc` is the four-digit category of ISO 18245; `org_number` may be empty."""

    reference: str
    name: str
    mcc: str
    org_number: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """The place of the sale. `address` is one line for the receipt and may be empty; `country`
    (ISO 3166) is whose VAT rates hold."""

    reference: str
    name: str
    address: str = ""
    country: str = "NO"


@dataclass(frozen=True, slots=True)
class Terminal:
    """This device at its merchant and store, selling in `currency` (ISO 4217).

    `pretend` where nobody is charged and every document says so.
    """

    reference: str
    merchant: Merchant
    store: Store
    currency: str
    role: Role = Role.TERMINAL
    pretend: bool = False
