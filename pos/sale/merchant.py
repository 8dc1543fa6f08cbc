"""Who sells, where, and on which terminal: the parties that stand on every payment and receipt.

Apart because the settings make them, the wire sends them and the receipt prints them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merchant:
    """The seller. `mcc` is the four-digit category of ISO 18245; `org_number` may be empty."""

    reference: str
    name: str
    mcc: str
    org_number: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """The place of the sale. `address` is one line for the receipt and may be empty."""

    reference: str
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """This device at its merchant and store, selling in `currency` (ISO 4217)."""

    reference: str
    merchant: Merchant
    store: Store
    currency: str
