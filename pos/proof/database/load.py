"""Tills that pay without a pause while the database dies, and what they were told.

Apart from the gate, which decides when it dies. Each till is a thread with the product's own
client; the switches are processes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.money import Amount
from pos.sale.payment import (
    CancelAsked,
    CancelDone,
    Opened,
    Paid,
    Payment,
    Scenario,
    StopReason,
    step,
)
from pos.sale.secret import Secret
from pos.switch.client import WireSwitch
from pos.switch.exchange import Caller, Exchange
from pos.switch.signature import Signer, Verifier

CLIENT = "till-1"
PRICE = Amount(500, "NOK")
DOUBT_PAUSE_S = 2.0
ATTEMPTS_MAX = 12  # a switch finds its way back to its database meanwhile
ATTEMPT_EVERY_S = 0.3


@dataclass(slots=True)
class Heard:
    """What the tills were told, by request id: `paid` holds the payment ids of those said to be
    paid, `doubtful` the others. For any thread; `changed` tells of each.
    """

    paid: dict[str, str] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, request_id: str, event: object) -> None:
        """An answer, or that there was none."""
        with self.changed:
            if isinstance(event, Paid):
                self.paid[request_id] = event.payment_id
            else:
                self.doubtful.append(request_id)
            self.changed.notify_all()


class PayingTill:
    """One till at one switch."""

    def __init__(self, url: str, key: RSAPrivateKey, verifier: Verifier) -> None:
        exchange = Exchange(Caller(url, CLIENT, Signer(key), verifier))
        store = Store("S-1", "Fjord Kafe Oslo S")
        terminal = Terminal("T01", Merchant("M-1", "Fjord Kafe", "5814"), store, PRICE.currency)
        self._switch = WireSwitch(exchange, terminal)

    def work(self, orders: Iterator[tuple[str, str]], heard: Heard, end: threading.Event) -> None:
        """Pay one order (request id, code) after the other, until told to end."""
        for request_id, code in orders:
            event = self._switch.pay(_opened(request_id), Secret(code))
            heard.note(request_id, event)
            # After a doubt nobody goes on as if nothing were: very likely the database is gone.
            if end.wait(0 if isinstance(event, Paid) else DOUBT_PAUSE_S):
                return

    def found(self, request_id: str) -> str:
        """The payment id under which the switch says it is paid; "" when it says anything else."""
        event = self._asked(lambda: self._switch.inquire(_opened(request_id)), Paid)
        return event.payment_id if isinstance(event, Paid) else ""

    def cancelled(self, request_id: str) -> bool:
        """Whether a cancellation was acknowledged."""
        unwanted = step(_opened(request_id), CancelAsked(request_id, StopReason.OPERATOR))
        event = self._asked(lambda: self._switch.cancel(unwanted), CancelDone)
        return isinstance(event, CancelDone)

    def close(self) -> None:
        """Hang up."""
        self._switch.close()

    def _asked(self, ask: Callable[[], object], wanted: type) -> object:
        event = ask()
        for _ in range(ATTEMPTS_MAX):
            if isinstance(event, wanted):
                break
            time.sleep(ATTEMPT_EVERY_S)
            event = ask()
        return event


def _opened(request_id: str) -> Payment:
    at = time.time()
    return step(None, Opened(request_id, request_id, PRICE, Scenario.PAYMENT_CODE, at))


class Orders:
    """An iterator that several threads share."""

    def __init__(self, orders: list[tuple[str, str]]) -> None:
        self._left = iter(orders)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return self

    def __next__(self) -> tuple[str, str]:
        with self._lock:
            return next(self._left)
