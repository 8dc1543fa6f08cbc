"""Wrong designs of the switch, planted one at a time; and the list of all that the simulation must
find, each with the weather in which it shows soonest.

Apart from those of the till because the two sides are proven together but built apart.
"""

from dataclasses import dataclass, replace
from typing import Any

from pos.proof.planting import Plant, Planting
from pos.proof.simulation import plants
from pos.proof.simulation.fate import ECHOES, LYING_CARD, SILENCES, STORM, Rates
from pos.proof.simulation.mortal import FarWallet
from pos.sale import tallying
from pos.sale.report import Tally, Turnover
from pos.scheme import ledger, progress, results, turnover
from pos.scheme.book import Book
from pos.scheme.intake import Intake
from pos.scheme.moments import milliseconds
from pos.scheme.partners import Charge, Outcome, PartnerUnreachable
from pos.scheme.progress import Progress
from pos.scheme.records import move_payment, payment_by_id, payment_of
from pos.scheme.tables import PaymentState
from pos.switch.wire import CancelResponse


def no_tombstone(planting: Planting) -> None:
    """The switch agrees to cancel what it does not know, and forgets that it did."""
    right = Book.cancel

    def cancel(self: Book, client_id: str, request: Any) -> CancelResponse:
        with self._store.read() as connection:
            known = payment_of(
                connection, client_id, request_id=request.payment_request_id, payment_id=None
            )
        if known is not None:
            return right(self, client_id, request)
        return CancelResponse(result=results.SUCCESS, payment_request_id=request.payment_request_id)

    planting.attribute(Book, "cancel", cancel)


def wallet_not_awaited(planting: Planting) -> None:
    """The switch acknowledges a cancel before the wallet has: it may still charge."""

    def finish(self: Progress, record: Any) -> Any:
        with self._store.write() as connection:
            move_payment(
                connection,
                record,
                PaymentState.CANCELLED,
                leaving=(PaymentState.CANCELLING,),
                cancelled_at_ms=milliseconds(self._clock()),
            )
            return payment_by_id(connection, record.payment_id)

    planting.attribute(Progress, "finish_cancel", finish)


def wallet_asked_under_a_new_id(planting: Planting) -> None:
    """A wallet that did not answer is asked at once again, under another id."""
    right = FarWallet.charge

    def charge(self: FarWallet, asked: Charge) -> Outcome:
        try:
            return right(self, asked)
        except PartnerUnreachable:
            return right(self, replace(asked, payment_id=f"{asked.payment_id}-2"))

    planting.attribute(FarWallet, "charge", charge)


def reversal_not_posted(planting: Planting) -> None:
    """A cancel gives the money back, and the books still owe it to the merchant."""
    right = ledger.post

    def post(connection: Any, payment: Any, kind: str, *rest: Any) -> None:
        if kind != "reversal":
            right(connection, payment, kind, *rest)

    planting.attribute(progress, "post", post)


def coupon_lost_with_its_payment(planting: Planting) -> None:
    """A payment that comes to nothing keeps its coupon."""
    planting.attribute(progress, "release", lambda *_: None)


def refunds_missing_from_the_files(planting: Planting) -> None:
    """The settlement files know of payments only."""
    planting.attribute(turnover, "_refunds", lambda *_: [])


def refund_counted_as_a_sale(planting: Planting) -> None:
    """A Z report adds up what was sold and what was given back alike."""
    right = tallying._turnover

    def turnover_of(counted: Any) -> Turnover:
        made = right(counted)
        total = Tally(made.sold.count + made.returned.count, made.sold.value + made.returned.value)
        return Turnover(total)

    planting.attribute(tallying, "_turnover", turnover_of)


def short_ids(planting: Planting) -> None:
    """The switch makes payment ids from too few digits, so two payments meet in one."""
    right = Intake._characters

    def characters(self: Intake, count: int, alphabet: str) -> str:
        return right(self, 1, alphabet).rjust(count, "0")

    planting.attribute(Intake, "_characters", characters)


@dataclass(frozen=True, slots=True)
class Bug:
    """One wrong design and the weather in which it is looked for."""

    plant: Plant
    rates: Rates

    @property
    def name(self) -> str:
        """In words."""
        return self.plant.__name__.replace("_", " ")


BUGS = (
    Bug(plants.not_found_is_no, STORM),
    Bug(plants.silence_is_no, STORM),
    Bug(plants.late_success_wins, SILENCES),
    Bug(plants.unacknowledged_cancel, STORM),
    Bug(plants.sent_before_written, STORM),
    Bug(plants.result_read_for_outcome, STORM),
    Bug(plants.foreign_answer_taken, ECHOES),
    Bug(plants.amount_not_compared, ECHOES),
    Bug(plants.given_up_without_cancel, STORM),
    Bug(plants.tried_again_while_open, SILENCES),
    Bug(plants.counted_ids, LYING_CARD),
    Bug(plants.witness_not_heeded, LYING_CARD),
    Bug(plants.journal_not_synced, STORM),
    Bug(plants.receipt_before_journal, STORM),
    Bug(plants.refunded_under_a_new_id, SILENCES),
    Bug(plants.refund_silence_is_no, SILENCES),
    Bug(no_tombstone, STORM),
    Bug(wallet_not_awaited, STORM),
    Bug(wallet_asked_under_a_new_id, STORM),
    Bug(reversal_not_posted, STORM),
    Bug(short_ids, STORM),
    Bug(coupon_lost_with_its_payment, STORM),
    Bug(refunds_missing_from_the_files, Rates()),
    Bug(refund_counted_as_a_sale, Rates()),
    Bug(plants.goods_come_back_twice, Rates()),
    Bug(plants.scanned_before_shown_is_closed, Rates()),
)
