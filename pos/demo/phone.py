"""The customer's phone beside the till: what its buttons do, over the simulated wallets.

Apart from the screen, which only knows the protocol that this keeps, and from the till, which
knows neither. The first customer of each wallet pays at once; the second is asked for a PIN, so
that approving and declining can be tried with a held-up code too.
"""

import threading
from collections.abc import Callable, Sequence

from hardware.simulated import SimulatedCamera
from pos.errors import PosError
from pos.sale.money import Amount, exponent
from pos.scheme.customers import Customers, Waiting
from pos.scheme.partners import Answer, Behaviour
from pos.scheme.simulation import SimulatedScheme
from pos.screens.customer import (
    HeldUp,
    PendingPayment,
    PhoneRefusal,
    PhoneResult,
    WalletChoice,
)


class DemoPhone:
    """A phone with every wallet of the scheme. `ready` gives the scheme once the switch is up."""

    def __init__(self, ready: Callable[[], SimulatedScheme], camera: SimulatedCamera) -> None:
        self._ready = ready
        self._camera = camera
        self._lock = threading.Lock()
        self._wallet = self._customer = ""
        self._seen_charges: set[str] = set()

    def wallets(self) -> Sequence[WalletChoice]:
        """See Phone."""
        scheme = self._ready()
        choices = []
        for name, wallet in scheme.wallets.items():
            for customer in scheme.customers.names(name):
                balance = _money(scheme.customers.balance(name, customer), wallet.currency)
                choices.append(WalletChoice(wallet.psp_name, customer, balance, wallet.colour))
        return choices

    def hold_up(self, choice: WalletChoice) -> HeldUp | PhoneRefusal:
        """See Phone."""
        customers = self._take_in_hand(choice)
        first = customers.names(self._wallet)[0] == choice.customer
        manner = Behaviour.PAYS if first else Behaviour.SILENT
        code = customers.new_code(self._wallet, choice.customer, manner)
        self._camera.hold_up(code)
        return HeldUp(code)

    def put_away(self) -> None:
        """See Phone."""
        self._camera.take_away()

    def scan(self, order_code: str, choice: WalletChoice) -> PendingPayment | PhoneRefusal:
        """See Phone."""
        customers = self._take_in_hand(choice)
        try:
            offer = customers.scan(order_code, self._wallet, choice.customer)
        except PosError as fault:
            return PhoneRefusal(str(fault))
        return _pending(offer.merchant_name, offer.price, offer.charge)

    def pending(self) -> PendingPayment | None:
        """See Phone."""
        with self._lock:
            waiting = self._waiting()
            if not waiting:
                return None
            return _pending(waiting[0].merchant_name, waiting[0].charge, waiting[0].charge)

    def approve(self) -> None:
        """See Phone."""
        with self._lock:
            for each in self._waiting():
                self._ready().customers.approve(self._wallet, each.payment_id)

    def decline(self) -> None:
        """See Phone."""
        with self._lock:
            for each in self._waiting():
                self._ready().customers.decline(self._wallet, each.payment_id)

    def last_result(self) -> PhoneResult | None:
        """See Phone."""
        with self._lock:
            if not self._customer:
                return None
            charges = self._ready().customers.charges(self._wallet, self._customer)
            fresh = [c for c in charges if c.payment_id not in self._seen_charges]
            if not fresh or fresh[-1].answer is Answer.PENDING:
                return None
            last = fresh[-1]
            paid = last.answer is Answer.PAID
            return PhoneResult(paid, last.merchant_name, str(last.charge))

    def _take_in_hand(self, choice: WalletChoice) -> Customers:
        """This customer holds the phone now; what she paid before is no result any more."""
        with self._lock:
            scheme = self._ready()
            by_brand = {wallet.psp_name: name for name, wallet in scheme.wallets.items()}
            self._wallet, self._customer = by_brand[choice.name], choice.customer
            charges = scheme.customers.charges(self._wallet, self._customer)
            self._seen_charges = {each.payment_id for each in charges}
            return scheme.customers

    def _waiting(self) -> list[Waiting]:
        if not self._customer:
            return []
        return self._ready().customers.waiting(self._wallet, self._customer)


def _pending(merchant: str, price: Amount, charge: Amount) -> PendingPayment:
    abroad = charge.currency != price.currency
    return PendingPayment(merchant, str(price), str(charge) if abroad else "")


def _money(value: int, currency: str) -> str:
    decimals = exponent(currency)
    return f"{value / 10**decimals:.{decimals}f} {currency}"
