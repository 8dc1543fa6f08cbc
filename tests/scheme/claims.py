"""What a till was told about its payments, held against all that it is told afterwards.

Apart from the tills because this is the judge: an answer once acknowledged stays true, whichever
process gives the next one. It knows the API's words and nothing of the switch.
"""

from dataclasses import dataclass, field
from typing import Any

# Why a payment may be refused for good; anything else would speak of a broken till or switch.
REFUSALS = {
    "INVALID_PAYMENT_CODE",
    "ORDER_IS_CANCELED",
    "ORDER_IS_CLOSED",
    "USER_BALANCE_NOT_ENOUGH",
    "USER_PAYMENT_VERIFICATION_FAILED",
}
REFUND_REFUSALS = {
    "ORDER_IS_CANCELED",
    "ORDER_IS_CLOSED",
    "ORDER_STATUS_INVALID",
    "REFUND_AMOUNT_EXCEED",
}
NOT_CANCELLED = {"CANCEL_WINDOW_EXCEED", "ORDER_STATUS_INVALID"}

Answer = dict[str, Any]


@dataclass
class RefundClaim:
    """One refund: what was asked for, and what was acknowledged."""

    refund_request_id: str
    value: int
    refund_id: str | None = None
    paid: bool = False
    refused: bool = False


@dataclass
class Sale:
    """One payment of one till, and all that was acknowledged about it.

    `paid`: it was said to be paid. `over`: it was said to be not paid, or to be cancelled, and
    is never paid from then on. `may_pay` is False when its customer or code cannot pay.
    """

    request_id: str
    value: int
    currency: str
    may_pay: bool = True
    body: bytes = field(default=b"", repr=False)
    order_code: str | None = field(default=None, repr=False)
    payment_id: str | None = None
    paid: bool = False
    over: bool = False
    approved: bool = False  # the customer's wallet told her that she paid
    cancel_sent: bool = False
    cancel_begun: bool = False  # the switch said that it is being cancelled
    refunds: dict[str, RefundClaim] = field(default_factory=dict)

    def hear(self, call: str, answer: Answer) -> None:
        """Hold an answer to `call` against what was said before, and remember it."""
        said = (call, answer, self)
        payment_id = answer.get("paymentId")
        if payment_id is not None:
            assert self.payment_id in (None, payment_id), said
            self.payment_id = payment_id
        getattr(self, f"_hear_{call}")(answer["result"], answer, said)

    def hear_refund(self, refund: RefundClaim, answer: Answer) -> None:
        """The same of an answer to `refund`."""
        said = ("refund", answer, refund, self)
        status, code = answer["result"]["resultStatus"], answer["result"]["resultCode"]
        self._same_refund(refund, answer, said)
        if status == "S":
            self._refunded(refund, said)
        elif status == "F":
            assert code in REFUND_REFUSALS, said
            assert not refund.paid, said
            refund.refused = True
        else:
            assert not refund.paid, said

    def hear_inquiry_refund(self, refund: RefundClaim, answer: Answer) -> None:
        """The same of an answer to `inquiryRefund`."""
        said = ("inquiryRefund", answer, refund, self)
        if answer["result"]["resultStatus"] == "F":
            assert answer["result"]["resultCode"] == "ORDER_NOT_EXIST", said
            assert refund.refund_id is None, said
            return
        self._same_refund(refund, answer, said)
        if answer["refundStatus"] == "SUCCESS":
            self._refunded(refund, said)
        else:
            assert not refund.paid, said
            refund.refused = refund.refused or answer["refundStatus"] == "FAIL"

    def _hear_pay(self, result: Answer, answer: Answer, said: object) -> None:
        status = result["resultStatus"]
        if status == "S":
            self._was_paid(said)
            assert answer["paymentAmount"] == {
                "currency": self.currency, "value": str(self.value)
            }, said  # fmt: skip
        elif status == "F":
            assert result["resultCode"] in REFUSALS, said
            self._was_not_paid(said)
        else:
            self._is_open(said)

    def _hear_inquiryPayment(self, result: Answer, answer: Answer, said: object) -> None:  # noqa: N802
        if result["resultStatus"] == "F":
            assert result["resultCode"] == "ORDER_NOT_EXIST", said
            assert self.payment_id is None, said
            return
        status = answer["paymentStatus"]
        if status == "SUCCESS":
            self._was_paid(said)
            known = {row["transactionRequestId"]: row for row in answer.get("transactions") or ()}
            for refund in self.refunds.values():
                if refund.paid:
                    row = known[refund.refund_request_id]
                    assert row["transactionStatus"] == "SUCCESS", said
                    assert row["transactionAmount"]["value"] == str(refund.value), said
        elif status == "PROCESSING":
            self._is_open(said)
        else:
            assert status == "FAIL" or self.cancel_sent, said
            self._was_not_paid(said)

    def _hear_cancel(self, result: Answer, answer: Answer, said: object) -> None:
        del answer
        status = result["resultStatus"]
        if status == "S":
            assert not any(refund.paid for refund in self.refunds.values()), said
            self._was_not_paid(said)
        elif status == "F":
            assert result["resultCode"] in NOT_CANCELLED, said
            assert not self.cancel_begun, said
            self._was_paid(said)
        else:
            self.cancel_begun = True

    def _was_paid(self, said: object) -> None:
        assert self.may_pay, said
        assert not self.over, said
        self.paid = True

    def _was_not_paid(self, said: object) -> None:
        assert self.cancel_sent or not (self.paid or self.approved), said
        self.over = True

    def _is_open(self, said: object) -> None:
        assert not self.over, said
        assert self.cancel_sent or not self.paid, said

    def _same_refund(self, refund: RefundClaim, answer: Answer, said: object) -> None:
        refund_id = answer.get("refundId")
        if refund_id is not None:
            assert refund.refund_id in (None, refund_id), said
            refund.refund_id = refund_id

    def _refunded(self, refund: RefundClaim, said: object) -> None:
        assert not refund.refused, said
        self._was_paid(said)
        refund.paid = True
        assert sum(row.value for row in self.refunds.values() if row.paid) <= self.value, said
