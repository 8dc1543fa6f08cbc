"""Tills before a running switch, over real HTTP, with the client and the machine that tills use.

Apart from the tests so that the pairs of partners and the chains of switches sell in one way.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pos.sale.capability import Capability, NoOffering
from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.money import Amount
from pos.sale.payment import CancelAsked, Opened, Payment, Scenario, StillOpen, StopReason, step
from pos.sale.refund import Refund, RefundAsked, step_refund
from pos.sale.secret import Secret
from pos.switch.client import WireSwitch
from pos.switch.exchange import Caller, Exchange
from pos.switch.signature import Signer, Verifier, load_private_key, new_private_key

TILL_KEY = load_private_key(new_private_key())
SWITCH_KEY = load_private_key(new_private_key())


def opened_at() -> float:
    """When payments here are opened; the switch does not go by it."""
    return datetime(2026, 3, 1, 11, 0, 1, tzinfo=UTC).timestamp()


@dataclass
class Shop:
    """One till of one merchant, selling in `currency`; it keeps its payments by request id."""

    url: str
    client_id: str
    currency: str = "NOK"
    payments: dict[str, Payment] = field(default_factory=dict)
    order_code: str = ""

    def __post_init__(self) -> None:
        verifier = Verifier(SWITCH_KEY.public_key())
        exchange = Exchange(Caller(self.url, self.client_id, Signer(TILL_KEY), verifier))
        merchant = Merchant(f"M-{self.client_id}", "Fjord Kafe", "5814")
        shop = Store(f"S-{self.client_id}", "Fjord Kafe Oslo S")
        self._switch = WireSwitch(exchange, Terminal("T07", merchant, shop, self.currency))

    def scan(self, request_id: str, code: str, value: int = 12_900) -> str:
        """Sell by a customer's code; the payment's state."""
        payment = self._opened(request_id, Scenario.PAYMENT_CODE, value)
        return self._take(payment, self._switch.pay(payment, Secret(code)))

    def show(self, request_id: str, value: int = 12_900) -> str:
        """Sell by a code of our own, kept in `order_code`; the payment's state."""
        payment = self._opened(request_id, Scenario.ORDER_CODE, value)
        answer = self._switch.pay(payment, None)
        self.order_code = answer.order_code if isinstance(answer, StillOpen) else ""
        return self._take(payment, answer)

    def inquire(self, request_id: str) -> str:
        """Ask what became of it; the payment's state, where it is open or final."""
        payment = self.payments[request_id]
        return self._take(payment, self._switch.inquire(payment))

    def cancel(self, request_id: str) -> str:
        """Undo a payment, also one that is paid: what a second attempt at it would find."""
        paid = self.payments[request_id]
        payment = Payment(paid.request_id, paid.sale_id, paid.amount, paid.scenario, paid.opened_at)
        payment = step(payment, CancelAsked(request_id, StopReason.OPERATOR))
        return self._take(payment, self._switch.cancel(payment))

    def refund(self, request_id: str, value: int, refund_id: str) -> Refund:
        """Give back part of a paid payment, again if it is still open."""
        payment = self.payments[request_id]
        amount = Amount(value, self.currency)
        refund = step_refund(None, RefundAsked(refund_id, request_id, amount, opened_at()))
        return step_refund(refund, self._switch.refund(refund, payment, first=True))

    def wallets(self) -> tuple[Capability, ...] | NoOffering:
        """What the wallets can do now."""
        return self._switch.wallets(self.currency, opened_at())

    def close(self) -> None:
        """Drop the connection."""
        self._switch.close()

    def _opened(self, request_id: str, scenario: Scenario, value: int) -> Payment:
        amount = Amount(value, self.currency)
        sale = f"sale-{request_id}"
        return step(None, Opened(request_id, sale, amount, scenario, opened_at()))

    def _take(self, payment: Payment, event: object) -> str:
        moved = step(payment, event)
        self.payments[payment.request_id] = moved
        return str(moved.state)
