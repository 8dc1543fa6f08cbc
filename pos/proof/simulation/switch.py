"""The switch of the simulation: the product's rules and wallets, dying and starting again.

Apart from the tills because it has its own clock, which is right, and its own truth, which the
tills must come to agree with.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from pos.proof.simulation.fate import Fate, SwitchDied
from pos.proof.simulation.mortal import FarWallet, MortalStore
from pos.scheme.coupons import Coupon
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.routing import Scheme
from pos.scheme.simulation import SimulatedScheme, open_scheme
from pos.scheme.witness import Superseded, Witness
from pos.switch import wire
from pos.switch.offering import OfferingRequest, OfferingResponse
from pos.switch.witness import Mark, WitnessRequest

RESTART_COUNT_MAX = 40

# In some shops a wallet takes something off, until its budget is spent: by the price, and by what
# it charges in its own currency.
COUPONS_EVERY = 4
COUPONS = (
    Coupon("SPRING", "Spring", "alipay", "NOK", budget=1_500, off=500, least=5_000),
    Coupon("SHARE", "A tenth", "vipps", "NOK", budget=30_000, basis_points=1_000, most=2_500),
)

_MESSAGES: dict[str, tuple[type[wire.Message], type[wire.Message]]] = {
    "pay": (wire.PayRequest, wire.PayResponse),
    "inquiryPayment": (wire.InquiryPaymentRequest, wire.InquiryPaymentResponse),
    "cancel": (wire.CancelRequest, wire.CancelResponse),
    "refund": (wire.RefundRequest, wire.RefundResponse),
    "inquiryRefund": (wire.InquiryRefundRequest, wire.InquiryRefundResponse),
    "witness": (WitnessRequest, wire.Message),
    "wallets": (OfferingRequest, OfferingResponse),
}
_MOVED = """
SELECT movement.kind, movement.value, payment.value, payment.currency
FROM payment JOIN wallet_movement AS movement USING (payment_id)
WHERE payment.client_id = ? AND payment.request_id = ?
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the wallets did about one payment until now. `net` is what the customer is out of."""

    charge_count: int
    reversal_count: int
    net: int
    price: tuple[int, str] | None


class MortalSwitch:
    """The switch behind its doors. `trouble` is what it must never do: fail with an exception."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self.trouble: list[str] = []
        self.store = MortalStore()
        self._open()
        if fate.seed % COUPONS_EVERY == 0:
            self.scheme.book.promotions.add(COUPONS)
        self.store.step = fate.switch_step

    def act(self, act: Callable[[SimulatedScheme], None]) -> bool:
        """Do something at the switch; False when it died over it and was started anew."""
        try:
            act(self.scheme)
        except SwitchDied:
            self._restart()
            return False
        return True

    def answer(self, client_id: str, api: str, body: bytes, mark: str) -> bytes | None:
        """One request to the rules; the answer, or None when the switch died over it."""
        answers: list[bytes] = []

        def act(_: SimulatedScheme) -> None:
            answers.append(wire.dump(self._answered(client_id, api, body, mark)))

        try:
            self.act(act)
        except Exception as fault:
            self.trouble.append(f"F11: the switch failed over {api}: {fault!r}")
        return answers[0] if answers else None

    def _answered(self, client_id: str, api: str, body: bytes, mark: str) -> wire.Message:
        """What the switch's doors do with a request once it is known whose it is."""
        request, response = _MESSAGES[api]
        asked = wire.load(request, body)
        try:
            if mark:
                self._witness.note(client_id, Mark.read(mark), asked)
        except Superseded as refusal:
            result = wire.Result(result_code=refusal.code, result_status="F")
            return response.model_validate({"result": result})
        return self._calls[api](client_id, asked)

    def truth(self, client_id: str, request_id: str) -> Truth:
        """Read past every rule, straight from the rows."""
        rows = self.store.raw.execute(_MOVED, (client_id, request_id)).fetchall()
        kinds = [kind for kind, *_ in rows]
        price = (rows[0][2], rows[0][3]) if rows else None
        net = -sum(value for _, value, *_ in rows)
        return Truth(kinds.count("charge"), kinds.count("reversal"), net, price)

    def close(self) -> None:
        """Forget everything."""
        self.store.close()

    def _open(self) -> None:
        fate = self._fate
        self.scheme = open_scheme(
            self.store,
            fate.utc,
            fate.names.randbytes,
            terms=_terms(),
            reach=lambda wallet: FarWallet(wallet, fate),
        )
        self._witness = Witness(self.store, fate.utc)
        book = self.scheme.book
        self._calls: dict[str, Callable[..., wire.Message]] = {
            "pay": book.pay,
            "inquiryPayment": book.inquire_payment,
            "cancel": book.cancel,
            "refund": book.refund,
            "inquiryRefund": book.inquire_refund,
            "witness": self._witness.testify,
            "wallets": book.standing.tell,
        }

    def _restart(self) -> None:
        for _ in range(RESTART_COUNT_MAX):
            self.store.step = None
            self._open()
            self.store.step = self._fate.switch_step
            try:
                self.scheme.book.recover()
            except SwitchDied:
                continue
            return
        raise AssertionError("The switch never came up.")


@cache
def _terms() -> Scheme:
    """What ships, without its customers: they are in the database already."""
    return replace(shipped_scheme(), customers=())
