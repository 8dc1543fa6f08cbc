"""Order codes that another switch makes: the code that a till shows is then one of its own.

Apart from the other shown codes because two sides may pay such a one: the other switch's customers
over there, and ours, who find it here by its text. Ours can only after the other switch has closed
it, so that nobody is asked twice.
"""

from collections.abc import Mapping
from typing import Protocol, cast

from pos.scheme.intake import Intake
from pos.scheme.partners import Answer, Charge, Partner, PartnerUnreachable
from pos.scheme.progress import Progress
from pos.scheme.records import PaymentRecord, move_payment, payment_again, show_order_code
from pos.scheme.store import Store
from pos.scheme.tables import PaymentState
from pos.switch.wire import PayRequest

CODE_CHARACTERS_MAX = 256
# The columns of an order that no wallet has taken up.
_NOBODYS: dict[str, None] = dict.fromkeys(("wallet", "customer_value", "customer_currency"))


class OrderMaker(Protocol):
    """A partner that makes order codes."""

    def order(self, charge: Charge) -> str:
        """The code to show for the merchant's request. May raise PartnerUnreachable."""


class ForeignOrders:
    """The orders of one store that other switches made; used through the book."""

    def __init__(
        self, store: Store, partners: Mapping[str, Partner], intake: Intake, progress: Progress
    ) -> None:
        self._store = store
        self._partners = partners
        self._intake = intake
        self._progress = progress

    def elsewhere(self, record: PaymentRecord) -> bool:
        """Whether the order waits at another switch, and could be taken back from there."""
        return (
            record.state == PaymentState.WALLET_PENDING
            and record.scenario == "OrderCode"
            and not self._partners[record.wallet or ""].currency
        )

    def shown(self, record: PaymentRecord, request: PayRequest) -> PaymentRecord:
        """The order with its code; with one of our own when the other switch makes none.

        That one only our customers can pay. What the other switch may have made meanwhile nobody
        has seen.
        """
        charge = Charge(
            record.payment_id,
            "",
            record.charge.value,
            record.merchant_name or "",
            request,
            record.expires_at_ms or 0,
        )
        try:
            maker = cast(OrderMaker, self._partners[record.wallet or ""])
            code = maker.order(charge)
        except PartnerUnreachable:
            code = ""
        with self._store.write() as connection:
            if not (
                0 < len(code) <= CODE_CHARACTERS_MAX and show_order_code(connection, record, code)
            ):
                own = self._intake.order_code()
                show_order_code(connection, record, own, state=PaymentState.NEW, **_NOBODYS)
            return payment_again(connection, record)

    def taken_back(self, record: PaymentRecord) -> PaymentRecord:
        """The order after the other switch has closed it: free, unless it was paid there.

        As it stands when the other switch does not answer.
        """
        try:
            outcome = self._partners[record.wallet or ""].close(record.payment_id)
        except PartnerUnreachable:
            return record
        if outcome.answer is Answer.PAID:
            return self._progress.settle(record, outcome)
        pending = (PaymentState.WALLET_PENDING,)
        with self._store.write() as connection:
            move_payment(connection, record, PaymentState.NEW, leaving=pending, **_NOBODYS)
            return payment_again(connection, record)
