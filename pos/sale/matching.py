"""The journal beside a settlement file: which lines agree, and what the others mean.

Apart, and pure, so that the rules by which money is found missing can be read as rules. Matching
is by id, amount, currency and sign, never by day: the file's day ends at 00:00 UTC+8, in the middle
of an afternoon in Oslo, and only what is missing is judged by its time.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pos.sale.finding import DAY_S, SCHEME_ZONE, Finding, Period, Totals, Verdict
from pos.sale.history import History
from pos.sale.money import Amount, major_units
from pos.sale.payment import Payment, State
from pos.sale.refund import Refund, RefundState
from pos.sale.settlement import Line, shown

# We know when we asked; the scheme dates a refund, or a payment whose answer never came, when it
# was done. Within this time before a day ends it may stand in the next file.
ANSWER_S_MAX = 1_800.0
_PAYMENT, _REFUND = "PAYMENT", "REFUND"


@dataclass(slots=True)
class Matching:
    """Holds lines of one file against `history`: `take` each, then ask for `missing`."""

    history: History
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    totals: dict[str, Totals] = field(default_factory=lambda: defaultdict(Totals))
    first_day: date | None = None
    last_day: date | None = None
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _reversals: dict[str, Payment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for payment in self.history.payments.values():
            if payment.reversal_id:
                self._reversals[payment.reversal_id] = payment

    def take(self, line: Line) -> Finding:
        """What the line means."""
        self._keep_day(line)
        known = line.kind in (_PAYMENT, _REFUND)
        key = (line.kind, line.request_id)
        if not known:
            finding = _unexplained(line, "kind", f"{shown(line.kind)} is nothing that a till does")
        elif key in self._seen:
            finding = _unexplained(line, "twice", "the file has it twice, so it may be paid twice")
        else:
            self._seen.add(key)
            finding = self._payment(line) if line.kind == _PAYMENT else self._refund(line)
        if known:
            self._add(line)
        return self._counted(finding)

    def missing(self, period: Period) -> Iterator[Finding]:
        """Entries of the journal that belong into the file and are not there.

        Those of other days are left to their own files; of the day after, they are named.
        """
        for payment in self.history.payments.values():
            if (_PAYMENT, payment.request_id) not in self._seen:
                finding = _missing_payment(payment, period)
                if finding is not None:
                    if finding.verdict is Verdict.UNEXPLAINED:
                        self.totals[payment.amount.currency].journal_paid += payment.amount.value
                    yield self._counted(finding)
        for refund in self.history.refunds.values():
            if (_REFUND, refund.refund_id) not in self._seen:
                finding = _missing_refund(refund, period)
                if finding is not None:
                    if finding.verdict is Verdict.UNEXPLAINED:
                        self.totals[refund.amount.currency].journal_refunded += refund.amount.value
                    yield self._counted(finding)

    def _payment(self, line: Line) -> Finding:
        payment = self.history.payments.get(line.request_id)
        if payment is None:
            return _unexplained(
                line, "only in the file", "money was taken that this journal knows nothing of; ask "
                "which till made it, and keep both")  # fmt: skip
        if payment.state in (State.PAID, State.REVERSED, State.REVERSING):
            self.totals[payment.amount.currency].journal_paid += payment.amount.value
        wrong = _amount_wrong(line, payment.amount) or _names_wrong(
            line, payment.payment_id, "", ""
        )
        return wrong or _by_state(line, payment)

    def _refund(self, line: Line) -> Finding:
        reversed_ = self._reversals.get(line.request_id)
        if reversed_ is not None:
            self.totals[reversed_.amount.currency].journal_refunded += reversed_.amount.value
            wrong = _amount_wrong(line, reversed_.amount) or _names_wrong(
                line, "", reversed_.payment_id, reversed_.request_id
            )
            return wrong or Finding(
                Verdict.MATCHED, "reversal", _REFUND, line.request_id, line.number,
                f"the whole of the unwanted payment {reversed_.request_id} given back")  # fmt: skip
        refund = self.history.refunds.get(line.request_id)
        if refund is None:
            return _unexplained(
                line, "only in the file", "money was given back that this journal knows nothing "
                "of; ask which till did it, and keep both")  # fmt: skip
        if refund.state is not RefundState.REFUSED:
            self.totals[refund.amount.currency].journal_refunded += refund.amount.value
        payment = self.history.payments[refund.request_id]
        wrong = _amount_wrong(line, refund.amount) or _names_wrong(
            line, refund.switch_refund_id, payment.payment_id, payment.request_id
        )
        return wrong or _by_refund_state(line, refund)

    def _add(self, line: Line) -> None:
        totals = self.totals[line.currency]
        if line.kind == _PAYMENT:
            totals.file_paid += line.value
        else:
            totals.file_refunded += abs(line.value)
        if line.net is not None:
            self.totals[line.net_currency].settled += line.net
        if line.fee is not None:
            self.totals[line.fee_currency].fee += line.fee

    def _keep_day(self, line: Line) -> None:
        day = line.at.astimezone(SCHEME_ZONE).date()
        self.first_day = min(self.first_day or day, day)
        self.last_day = max(self.last_day or day, day)

    def _counted(self, finding: Finding) -> Finding:
        self.counts[finding.verdict] += 1
        return finding


def _amount_wrong(line: Line, ours: Amount) -> Finding | None:
    if line.currency != ours.currency:
        return _unexplained(
            line, "currency differs", f"it is {ours} here and in {line.currency} in the file"
        )
    # Refunds are written with and without a minus; a payment below zero is none.
    value = abs(line.value) if line.kind == _REFUND else line.value
    if value != ours.value:
        reason = "sign differs" if -value == ours.value else "amount differs"
        theirs = f"{major_units(line.value, line.currency)} {line.currency}"
        return _unexplained(line, reason, f"it is {ours} here and {theirs} in the file")
    if line.net is not None and line.fee is not None:
        one_currency = line.currency == line.net_currency == line.fee_currency
        gross = -value if line.kind == _REFUND else value
        if one_currency and gross - line.fee != line.net:
            return _unexplained(
                line, "net differs", "amount and fee do not make the settlement amount; claim it"
            )
    return None


def _names_wrong(
    line: Line, transaction_id: str, original_id: str, original_request_id: str
) -> Finding | None:
    """The other ids; those that one side does not know are not compared."""
    pairs = (
        ("the scheme's id", transaction_id, line.transaction_id),
        ("the payment that it gives back from", original_id, line.original_id),
        ("the sale that it gives back from", original_request_id, line.original_request_id),
    )
    for name, ours, theirs in pairs:
        if ours and theirs and ours != theirs:
            sentence = f"{name} is {ours} here and {shown(theirs)} in the file"
            return _unexplained(line, "id differs", sentence)
    return None


def _by_state(line: Line, payment: Payment) -> Finding:
    matched = Finding(Verdict.MATCHED, "matched", line.kind, line.request_id, line.number, "")
    match payment.state:
        case State.PAID:
            return matched
        case State.REVERSED | State.REVERSING:
            return Finding(
                Verdict.EXPECTED, "reversal", line.kind, line.request_id, line.number,
                "paid but not wanted: its whole refund "
                f"{payment.reversal_id} stands in this file or a later one")  # fmt: skip
        case State.CANCELLED:
            sentence = (
                "cancelled here but in the file: the customer was charged; ask the scheme to give "
                f"{payment.amount} back"
            )
            return _unexplained(line, "cancelled here", sentence)
        case State.DECLINED:
            sentence = (
                "declined here but in the file: the customer was charged; ask the scheme to give "
                f"{payment.amount} back"
            )
            return _unexplained(line, "state differs", sentence)
        case _:
            sentence = "unfinished here but paid in the file; run `pos recover`, then match again"
            return _unexplained(line, "state differs", sentence)


def _by_refund_state(line: Line, refund: Refund) -> Finding:
    match refund.state:
        case RefundState.REFUNDED:
            return Finding(Verdict.MATCHED, "matched", line.kind, line.request_id, line.number, "")
        case RefundState.REFUSED:
            sentence = "refused here but given back in the file; ask the scheme which is true"
            return _unexplained(line, "state differs", sentence)
        case _:
            sentence = "unfinished here but done in the file; run `pos recover`, then match again"
            return _unexplained(line, "state differs", sentence)


def _missing_payment(payment: Payment, period: Period) -> Finding | None:
    """What it means that the file has no line of the payment; None when nothing."""
    if payment.state in (State.DECLINED, State.CANCELLED):
        return None  # not charged on either side
    at, exact = _paid_at(payment)
    if payment.state.open:
        if not period.begins <= at < period.ends:
            return None
        sentence = "unfinished here, and not charged in this file; it carries over: `pos recover`"
        return _absent(Verdict.EXPECTED, "unfinished", _PAYMENT, payment.request_id, sentence)
    slack_s = 0.0 if exact else ANSWER_S_MAX
    return _by_time(_PAYMENT, payment.request_id, payment.amount, at, slack_s, period)


def _missing_refund(refund: Refund, period: Period) -> Finding | None:
    if refund.state is RefundState.REFUSED:
        return None
    if refund.state is RefundState.ASKED:
        if not period.begins <= refund.asked_at < period.ends:
            return None
        sentence = "unfinished here, and not in this file; it carries over: `pos recover`"
        return _absent(Verdict.EXPECTED, "unfinished", _REFUND, refund.refund_id, sentence)
    return _by_time(_REFUND, refund.refund_id, refund.amount, refund.asked_at, ANSWER_S_MAX, period)


def _by_time(
    kind: str, request_id: str, amount: Amount, at: float, slack_s: float, period: Period
) -> Finding | None:
    """Money moved by us at `at` (Unix seconds) or up to `slack_s` later, and not in the file."""
    if at < period.begins or at >= period.ends + DAY_S:
        return None
    told = f"{amount} at {datetime.fromtimestamp(at, UTC).astimezone(SCHEME_ZONE):%H:%M:%S} UTC+8"
    if at >= period.ends:
        done = "paid" if kind == _PAYMENT else "later refund, given back"
        sentence = f"{done} after the file's day ended ({told}): it stands in the next file"
        return _absent(Verdict.EXPECTED, "next file", kind, request_id, sentence)
    if at + slack_s >= period.ends:
        sentence = f"done just before the file's day ended ({told}): look in the next file"
        return _absent(Verdict.EXPECTED, "next file", kind, request_id, sentence)
    sentence = f"only in the journal ({told}): the scheme does not settle it; claim it"
    return _absent(Verdict.UNEXPLAINED, "only in the journal", kind, request_id, sentence)


def _paid_at(payment: Payment) -> tuple[float, bool]:
    """When the payment was made, in Unix seconds, and whether the switch said so."""
    try:
        said = datetime.fromisoformat(payment.paid_at)
    except ValueError:
        return payment.opened_at, False
    return (said.timestamp(), True) if said.tzinfo else (payment.opened_at, False)


def _absent(verdict: Verdict, reason: str, kind: str, request_id: str, sentence: str) -> Finding:
    return Finding(verdict, reason, kind, request_id, 0, sentence)


def _unexplained(line: Line, reason: str, sentence: str) -> Finding:
    return Finding(Verdict.UNEXPLAINED, reason, line.kind, line.request_id, line.number, sentence)
