"""A till that does anything at any moment, from a seed, and the customers in front of it.

Apart from the claims, which judge: this only acts. Each till is one thread and one client; some of
its steps go to two switches at once.
"""

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pos.scheme.book import OrderRefused
from pos.scheme.partners import Answer as Says
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import SimulatedScheme
from pos.switch.wire import dump, time_text
from tests.scheme.claims import Answer, RefundClaim, Sale
from tests.scheme.conftest import pay_request
from tests.scheme.switches import Line, Switches

WALLETS = ("vipps", "epassi", "alipay")
# How the customer of a scanned code behaves, of a hundred.
BEHAVIOURS = {
    Behaviour.PAYS: 62,
    Behaviour.PIN: 10,
    Behaviour.DAWDLES: 6,
    Behaviour.DECLINES: 6,
    Behaviour.SILENT: 5,
    Behaviour.NO_MONEY: 3,
    Behaviour.ANSWER_DOUBLED: 5,
    Behaviour.BAD_SIGNATURE: 2,
    Behaviour.ANSWER_LOST: 1,
}
NEVER_PAY = {Behaviour.DECLINES, Behaviour.SILENT, Behaviour.NO_MONEY}
PATIENCE_S = 8  # after which nobody may pay what nobody has paid
LOST_S_MAX = 0.5  # so long a till waits for an answer that the customer's behaviour swallows
LOOKS_MAX = 200
LOOK_S = 0.1


@dataclass
class Street:
    """What all tills have in common: the switches, the customers, and each other's payments."""

    switches: Switches
    scheme: SimulatedScheme
    payment_ids: dict[str, list[str]] = field(default_factory=dict)
    counted: threading.Condition = field(default_factory=threading.Condition)
    done_count: int = 0
    stopped: bool = False

    def count(self) -> None:
        """One more operation is done."""
        with self.counted:
            self.done_count += 1
            self.counted.notify_all()

    def stop(self) -> None:
        """One has failed, and the others need not go on."""
        with self.counted:
            self.stopped = True
            self.counted.notify_all()

    def reached(self, count: int, wait_s: float) -> bool:
        """Wait until `count` operations are done; False when they never will be."""
        with self.counted:
            self.counted.wait_for(lambda: self.stopped or self.done_count >= count, wait_s)
            return self.done_count >= count


class RandomTill:
    """One client of the switches, acting from `seed` alone."""

    def __init__(
        self, street: Street, client_id: str, key: RSAPrivateKey, currency: str, seed: str
    ) -> None:
        self.client_id = client_id
        self.sales: list[Sale] = []
        self._street = street
        self._currency = currency
        self._chance = random.Random(seed)
        self._lines = [Line(street.switches, client_id, key) for _ in range(2)]
        self._pool = ThreadPoolExecutor(1, client_id)
        self._mine = street.payment_ids.setdefault(client_id, [])
        self._steps: dict[Callable[[], None], int] = {
            self.scan: 20, self.show: 13, self.act_on_order: 6, self.repeat: 9,
            self.repeat_otherwise: 4, self.inquire: 11, self.inquire_nothing: 1, self.cancel: 8,
            self.cancel_nothing: 2, self.refund: 10, self.repeat_refund: 4, self.race: 5,
            self.rush: 6, self.meddle: 1,
        }  # fmt: skip

    @property
    def lost_count(self) -> int:
        """How often no good answer came back."""
        return sum(line.lost_count for line in self._lines)

    def act(self, operations: int) -> None:
        """So many operations."""
        steps, weights = list(self._steps), list(self._steps.values())
        for _ in range(operations):
            if self._street.stopped:
                return
            self._chance.choices(steps, weights)[0]()
            self._street.count()

    def close(self) -> None:
        """Hang up."""
        self._pool.shutdown()
        for line in self._lines:
            line.close()

    def scan(self) -> None:
        """A customer shows a code; now and then one that is used up or nobody's."""
        behaviour = self._chance.choices(list(BEHAVIOURS), list(BEHAVIOURS.values()))[0]
        wallet = self._chance.choice(WALLETS)
        code = self._street.scheme.customers.new_code(wallet, self._customer(wallet), behaviour)
        sale = self._opened("PaymentCode", code, may_pay=behaviour not in NEVER_PAY)
        self._ask(sale, "pay", LOST_S_MAX if behaviour is Behaviour.ANSWER_LOST else None)
        if self._chance.random() < 0.05 and sale.paid:
            self._ask(self._opened("PaymentCode", code, may_pay=False), "pay")

    def show(self) -> None:
        """The till shows a code, and most often a customer scans it and answers."""
        sale = self._opened("OrderCode", None)
        answer = self._ask(sale, "pay")
        form = (answer or {}).get("orderCodeForm")
        if form is not None:
            sale.order_code = form["codeDetails"][0]["codeValue"]
            if self._chance.random() < 0.8:
                self._act_on(sale)

    def act_on_order(self) -> None:
        """A customer scans a code that was shown some time ago."""
        sale = self._some(lambda sale: sale.order_code is not None)
        if sale is not None:
            self._act_on(sale)

    def repeat(self) -> None:
        """The same request again, wherever it was answered before."""
        sale = self._some()
        if sale is not None:
            self._ask(sale, "pay", LOST_S_MAX)

    def repeat_otherwise(self) -> None:
        """Another amount under a known id: refused, and nothing else happens."""
        sale = self._some(lambda sale: sale.payment_id is not None)
        if sale is None:
            return
        request = json.loads(sale.body)
        request["paymentAmount"]["value"] = str(sale.value + 1)
        answer = self._call("pay", json.dumps(request).encode())
        if answer is not None:
            # An id that was cancelled before it was used has no content to differ from.
            known = {"REPEAT_REQ_INCONSISTENT"} | ({"ORDER_IS_CANCELED"} if sale.over else set())
            assert answer["result"]["resultStatus"] == "F", (answer, sale)
            assert answer["result"]["resultCode"] in known, (answer, sale)

    def inquire(self) -> None:
        """What became of a payment, or of a refund."""
        sale = self._some()
        if sale is None:
            return
        self._ask(sale, "inquiryPayment")
        for refund in list(sale.refunds.values())[:1]:
            self._ask_refund(sale, refund, "inquiryRefund")

    def inquire_nothing(self) -> None:
        """An id that nobody has used."""
        answer = self._call("inquiryPayment", _asking(self._new_id()))
        assert answer is not None
        assert answer["result"]["resultCode"] == "ORDER_NOT_EXIST", answer

    def cancel(self) -> None:
        """Undo a payment, whatever became of it; again, if it was not acknowledged."""
        sale = self._some()
        if sale is not None:
            self._cancelled(sale)

    def cancel_nothing(self) -> None:
        """An id that is not used before: a late request to pay under it finds it cancelled."""
        wallet = self._chance.choice(WALLETS)
        code = self._street.scheme.customers.new_code(wallet, self._customer(wallet))
        sale = self._opened("PaymentCode", code)
        self._cancelled(sale)
        self._ask(sale, "pay")

    def refund(self) -> None:
        """Give back part or all of a payment, or more than there is."""
        sale = self._some(lambda sale: sale.payment_id is not None)
        if sale is not None:
            self._ask_refund(sale, self._new_refund(sale), "refund")

    def repeat_refund(self) -> None:
        """The same refund again; or with another amount, which is refused."""
        sale = self._some(lambda sale: bool(sale.refunds))
        if sale is None:
            return
        refund = self._chance.choice(list(sale.refunds.values()))
        if self._chance.random() < 0.7 or refund.refund_id is None:
            self._ask_refund(sale, refund, "refund")
            return
        other = RefundClaim(refund.refund_request_id, refund.value + 1)
        answer = self._call("refund", self._refunding(sale, other))
        if answer is not None:
            assert answer["result"]["resultCode"] == "REPEAT_REQ_INCONSISTENT", (answer, refund)

    def race(self) -> None:
        """Two calls about one payment, to two switches at the same moment."""
        sale = self._some(lambda sale: sale.payment_id is not None and not sale.over)
        if sale is None or self._chance.random() < 0.4:
            wallet = self._chance.choice(WALLETS)
            code = self._street.scheme.customers.new_code(wallet, self._customer(wallet))
            sale = self._opened("PaymentCode", code)
        calls = ["pay", "pay", "cancel", "inquiryPayment"]
        if sale.payment_id is not None:
            calls += ["refund", "refund"]
        pair = [self._chance.choice(calls), self._chance.choice(["pay", "cancel", calls[-1]])]
        sale.cancel_sent = sale.cancel_sent or "cancel" in pair
        prepared = [self._prepared(sale, call) for call in pair]
        first = self._chance.randrange(2)
        other = self._pool.submit(self._lines[1].call, pair[1], prepared[1][0], 1 - first)
        answers = [self._lines[0].call(pair[0], prepared[0][0], first), other.result()]
        heard = zip(pair, prepared, answers, strict=True)
        for call, (_, refund), answer in sorted(heard, key=_rank):
            if answer is None:
                continue
            if refund is None:
                sale.hear(call, answer)
            else:
                sale.hear_refund(refund, answer)

    def rush(self) -> None:
        """One customer pays twice at the same moment, at two switches: each reckons alone."""
        wallet = self._chance.choice(WALLETS)
        name, customers = self._customer(wallet), self._street.scheme.customers
        sales = [self._opened("PaymentCode", customers.new_code(wallet, name)) for _ in range(2)]
        other = self._pool.submit(self._lines[1].call, "pay", sales[1].body, 1)
        answers = [self._lines[0].call("pay", sales[0].body, 0), other.result()]
        for sale, answer in zip(sales, answers, strict=True):
            if answer is not None:
                sale.hear("pay", answer)

    def meddle(self) -> None:
        """Ask about, and try to undo, the payment of another client: there is no such payment."""
        others = [ids for client, ids in self._street.payment_ids.items() if ids is not self._mine]
        ids = self._chance.choice(others) if others else []
        if not ids:
            return
        body = json.dumps({"paymentId": self._chance.choice(ids)}).encode()
        answer = self._call(self._chance.choice(["cancel", "inquiryPayment"]), body)
        assert answer is not None
        assert answer["result"]["resultCode"] == "ORDER_NOT_EXIST", answer

    def settle(self) -> None:
        """Ask about everything that is open until nothing is."""
        waiting = threading.Event()
        for _ in range(LOOKS_MAX):
            still = [sale for sale in self.sales if not self._ended(sale)]
            if not still:
                return
            waiting.wait(LOOK_S)
        raise AssertionError(still)

    def _ended(self, sale: Sale) -> bool:
        """Whether the payment and its refunds have come to an end that stays."""
        for refund in sale.refunds.values():
            if not (refund.paid or refund.refused):
                answer = self._ask_refund(sale, refund, "inquiryRefund")
                assert answer is not None
                if answer.get("refundStatus") == "PROCESSING":
                    return False
        answer = self._ask(sale, "inquiryPayment")
        assert answer is not None
        return answer.get("paymentStatus") != "PROCESSING"

    def _opened(self, scenario: str, code: str | None, *, may_pay: bool = True) -> Sale:
        expiry = time_text(datetime.now(UTC) + timedelta(seconds=PATIENCE_S))
        sale = Sale(self._new_id(), self._chance.randint(100, 4_000), self._currency, may_pay)
        request = pay_request(
            sale.request_id, code, sale.value, self._currency, scenario, expiry=expiry
        )
        sale.body = dump(request)
        self.sales.append(sale)
        return sale

    def _act_on(self, sale: Sale) -> None:
        wallet = self._chance.choice(WALLETS)
        declines = self._chance.random() < 0.2
        customers = self._street.scheme.customers
        try:
            offer = customers.scan(sale.order_code or "", wallet, self._customer(wallet))
        except OrderRefused:
            return  # paid, cancelled, expired, or another customer's by now
        answer = (customers.decline if declines else customers.approve)(wallet, offer.payment_id)
        sale.approved = sale.approved or answer.answer is Says.PAID

    def _cancelled(self, sale: Sale) -> None:
        sale.cancel_sent = True
        self._ask(sale, "cancel")

    def _ask(self, sale: Sale, call: str, wait_s: float | None = None) -> Answer | None:
        body = sale.body if call == "pay" else _asking(sale.request_id)
        answer = self._call(call, body, wait_s)
        if answer is not None:
            sale.hear(call, answer)
        if sale.payment_id is not None and sale.payment_id not in self._mine[-1:]:
            self._mine.append(sale.payment_id)
        return answer

    def _ask_refund(self, sale: Sale, refund: RefundClaim, call: str) -> Answer | None:
        if call == "refund":
            answer = self._call(call, self._refunding(sale, refund))
            if answer is not None:
                sale.hear_refund(refund, answer)
            return answer
        body = json.dumps({"refundRequestId": refund.refund_request_id}).encode()
        answer = self._call(call, body)
        if answer is not None:
            sale.hear_inquiry_refund(refund, answer)
        return answer

    def _prepared(self, sale: Sale, call: str) -> tuple[bytes, RefundClaim | None]:
        if call == "refund":
            refund = self._new_refund(sale)
            return self._refunding(sale, refund), refund
        return (sale.body if call == "pay" else _asking(sale.request_id)), None

    def _call(self, call: str, body: bytes, wait_s: float | None = None) -> Answer | None:
        wanted = self._chance.randrange(2)
        if wait_s is None:
            return self._lines[0].call(call, body, wanted)
        return self._lines[0].call(call, body, wanted, wait_s)

    def _new_refund(self, sale: Sale) -> RefundClaim:
        value = self._chance.choice([sale.value, sale.value // 2, self._chance.randint(1, 5_000)])
        refund = RefundClaim(self._new_id(), value)
        sale.refunds[refund.refund_request_id] = refund
        return refund

    def _refunding(self, sale: Sale, refund: RefundClaim) -> bytes:
        return json.dumps(
            {
                "refundRequestId": refund.refund_request_id,
                "paymentId": sale.payment_id,
                "refundAmount": {"currency": sale.currency, "value": str(refund.value)},
            }
        ).encode()

    def _some(self, fits: Callable[[Sale], bool] = lambda _: True) -> Sale | None:
        """One of the till's payments that fit, most often a late one."""
        recent = self.sales[-20:] if self._chance.random() < 0.7 else self.sales
        fitting = [sale for sale in recent if fits(sale)]
        return self._chance.choice(fitting) if fitting else None

    def _customer(self, wallet: str) -> str:
        """Most often one who has money enough for all of them."""
        rich, other = self._street.scheme.customers.names(wallet)
        return rich if self._chance.random() < 0.8 else other

    def _new_id(self) -> str:
        return f"{self.client_id}-{self._chance.getrandbits(96):024x}"


def _asking(request_id: str) -> bytes:
    return json.dumps({"paymentRequestId": request_id}).encode()


def _rank(heard: tuple[str, object, Answer | None]) -> int:
    """Of two answers given at once: what says paid came before what says that it is over, and
    what says neither came first.
    """
    call, _, answer = heard
    if answer is None or answer["result"]["resultCode"] == "ORDER_NOT_EXIST":
        return 0
    status, payment = answer["result"]["resultStatus"], answer.get("paymentStatus")
    if status == "U" or payment == "PROCESSING":
        return 0
    if call == "cancel":
        return 1 if status == "F" else 2
    return 1 if payment == "SUCCESS" or (payment is None and status == "S") else 2
