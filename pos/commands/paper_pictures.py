"""A paid sale with its receipt for the pictures: to be shown, given back from, and approved.

Apart from the other pictures because a receipt needs a payment and a seller, as at a till.
"""

from dataclasses import replace
from datetime import UTC

from pos.language import Language
from pos.sale.carried import unsigned_of
from pos.sale.merchant import Merchant, Role, Store, Terminal
from pos.sale.order import Order
from pos.sale.payment import Payment, Scenario, State
from pos.sale.receipt import Receipt
from pos.sale.view import Papers, View

TERMINAL = Terminal(
    "T01",
    Merchant("M-1", "Kaffebaren Oslo", "5814", "987 654 325 MVA"),
    Store("OSL-1", "Kaffebaren Oslo", "Torggata 1, 0181 Oslo"),
    "NOK",
    Role.TILL,
)
_PAYMENT_ID = "20261122194010890101710011000018"
# The name of no key and the signature of nobody, as long as real ones.
_SEAL = "AAAAAA" + "SAMKASSA" * 12 + "SAMKASS"


def paper_views(ready: View, paid: View, order: Order, today: float) -> dict[str, View]:
    """The outcome with a receipt, and the last sales with the goods of the newest one.

    `today` is Unix seconds.
    """
    newest = ready.recent[0].request_id
    return {
        "receipt": replace(paid, papers=_papers(paid.request_id, order, today)),
        "returns": replace(ready, papers=_papers(newest, order, today)),
        "approval": replace(ready, papers=replace(_papers(newest, order, today), pin_above=5_000)),
    }


def _papers(request_id: str, order: Order, today: float) -> Papers:
    payment = Payment(
        request_id, "s1", order.total(), Scenario.PAYMENT_CODE, today, state=State.PAID,
        payment_id=_PAYMENT_ID, wallet="Vipps",
    )  # fmt: skip
    receipt = Receipt(17, payment, order)
    unsigned = unsigned_of(receipt, TERMINAL, Language("nb", UTC))
    carried = tuple(text + _SEAL for text in unsigned)
    return Papers(TERMINAL, receipt, carried, prints=True)
