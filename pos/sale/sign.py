"""Sign: what of a View the customer may see, as plain frozen values.

Apart from the View, which is the cashier's: other sales, faults and why a wallet said no never
come into a Sign, and so never onto the customer's screen.
"""

from dataclasses import dataclass

from pos.sale.money import Amount
from pos.sale.order import Order
from pos.sale.view import Stage, Verdict, View


@dataclass(frozen=True, slots=True)
class Sign:
    """All that the customer is shown. Times are the machine's monotonic seconds.

    `language` is the shop's; `issuer` and `wallet` tell that of the customer.
    """

    stage: Stage
    merchant_name: str
    currency: str
    language: str
    amount: Amount | None = None
    order: Order | None = None
    tip: int = 0
    order_code: str = ""
    expires_at_s: float = 0.0
    verdict: Verdict | None = None
    issuer: str = ""
    wallet: str = ""
    customer_amount: Amount | None = None
    rate: str = ""
    savings: Amount | None = None
    closed: bool = False


def sign_of(view: View, language: str) -> Sign:
    """What of this View is the customer's; `language` is the shop's."""
    return Sign(
        view.stage, view.merchant_name, view.currency, language, view.amount, view.order,
        view.tip, view.order_code, view.expires_at_s, view.verdict, view.issuer, view.wallet,
        view.customer_amount, view.rate, view.savings, closed=view.stopped is not None,
    )  # fmt: skip
