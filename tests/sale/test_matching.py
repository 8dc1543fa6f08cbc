"""Journal and settlement file side by side: each line that differs is explained."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pos.sale.arrival import Arrived, Watching
from pos.sale.finding import Finding, Period, Verdict
from pos.sale.history import History
from pos.sale.matching import Matching
from pos.sale.money import Amount
from pos.sale.payment import (
    CancelAsked,
    CancelDone,
    Declined,
    Opened,
    Paid,
    ReversalDone,
    Scenario,
    StopReason,
    WindowClosed,
)
from pos.sale.refund import RefundAsked, Refunded, RefundRefused
from pos.sale.settlement import Line

DAY = Period.of(date(2026, 3, 1), date(2026, 3, 1))
NOON = datetime(2026, 3, 1, 11, 0, 3, tzinfo=UTC)  # in Oslo
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)  # UTC+8; 17:00 in Oslo
PRICE = Amount(12_900, "NOK")
PART = Amount(3_000, "NOK")
OF_A_CANCEL = (CancelAsked("r-1", StopReason.OPERATOR), CancelDone("r-1"))


def opened(request_id: str = "r-1", at: datetime = NOON) -> Opened:
    """A payment's birth."""
    return Opened(request_id, f"s-{request_id}", PRICE, Scenario.PAYMENT_CODE, at.timestamp())


def paid(request_id: str = "r-1", at: datetime = NOON) -> tuple[Opened, Paid]:
    """A payment that was made, as the journal has it."""
    return opened(request_id, at), Paid(request_id, f"p-{request_id}", PRICE, "Vipps",
                                        at.isoformat())  # fmt: skip


def given_back(at: datetime = NOON) -> tuple[RefundAsked, Refunded]:
    """A refund of part of r-1."""
    return RefundAsked("b-1", "r-1", PART, at.timestamp()), Refunded("b-1", "q-1")


def line(**fields: object) -> Line:
    """The line of r-1 in the file."""
    usual = {
        "number": 2, "kind": "PAYMENT", "request_id": "r-1", "transaction_id": "p-r-1",
        "original_id": "", "at": NOON, "value": 12_900, "currency": "NOK",
    }  # fmt: skip
    return Line(**(usual | fields))  # type: ignore[arg-type]


def back(**fields: object) -> Line:
    """The line of the refund b-1 in the file."""
    usual = {
        "number": 3, "kind": "REFUND", "request_id": "b-1", "transaction_id": "q-1",
        "original_id": "p-r-1", "value": 3_000,
    }  # fmt: skip
    return line(**(usual | fields))


def matched(entries: tuple[object, ...], *lines: Line) -> tuple[list[Finding], Matching]:
    """What is found of `lines` beside a journal of `entries`."""
    history = History()
    for entry in entries:
        history.apply(entry)  # type: ignore[arg-type]
    matching = Matching(history)
    findings = [matching.take(each) for each in lines]
    return [*findings, *matching.missing(DAY)], matching


def verdicts(entries: tuple[object, ...], *lines: Line) -> list[tuple[str, str]]:
    """Verdict and reason of each finding."""
    return [(str(each.verdict), each.reason) for each in matched(entries, *lines)[0]]


@pytest.mark.parametrize("value", [3_000, -3_000], ids=["without a sign", "below zero"])
def test_what_agrees_is_matched_and_the_sums_are_equal(value: int) -> None:
    """A payment and its refund; refunds are written with and without a minus."""
    findings, matching = matched((*paid(), *given_back()), line(), back(value=value))
    assert [each.verdict for each in findings] == [Verdict.MATCHED] * 2
    totals = matching.totals["NOK"]
    assert (totals.file_paid, totals.file_refunded) == (12_900, 3_000)
    assert (totals.journal_paid, totals.journal_refunded, totals.difference) == (12_900, 3_000, 0)


@pytest.mark.parametrize(
    ("entries", "lines", "reason"),
    [
        ((), [line()], "only in the file"),
        (paid(), [line(), back()], "only in the file"),
        (paid(), [line(), line(number=3)], "twice"),
        (paid(), [line(), line(number=3, kind="DISPUTE")], "kind"),
        (paid(), [line(value=12_901)], "amount differs"),
        (paid(), [line(value=-12_900)], "sign differs"),
        (paid(), [line(currency="SEK")], "currency differs"),
        (paid(), [line(transaction_id="p-2")], "id differs"),
        ((*paid(), *given_back()), [line(), back(value=2_999)], "amount differs"),
        ((*paid(), *given_back()), [line(), back(original_id="p-2")], "id differs"),
        ((*paid(), *given_back()), [line(), back(original_request_id="r-2")], "id differs"),
        ((opened(), Declined("r-1", "NO_PAY")), [line()], "state differs"),
        ((opened(), *OF_A_CANCEL), [line()], "cancelled here"),
        ((opened(),), [line()], "state differs"),
        ((*paid(), given_back()[0]), [line(), back()], "state differs"),
        (
            (*paid(), given_back()[0], RefundRefused("b-1", "REFUND_AMOUNT_EXCEED")),
            [line(), back()],
            "state differs",
        ),
        (paid(), [], "only in the journal"),
        ((*paid(), *given_back()), [line()], "only in the journal"),
        (
            paid(),
            [line(net=12_773, net_currency="NOK", fee=128, fee_currency="NOK")],
            "net differs",
        ),
    ],
)
def test_what_does_not_agree_needs_a_person(
    entries: tuple[object, ...], lines: list[Line], reason: str
) -> None:
    """Exactly one line is unexplained, and its reason and sentence say why."""
    findings, _ = matched(entries, *lines)
    (wrong,) = [each for each in findings if each.verdict is Verdict.UNEXPLAINED]
    assert wrong.reason == reason
    assert len(wrong.sentence.split()) > 5


@pytest.mark.parametrize(
    ("entries", "lines", "found"),
    [
        (paid(at=MIDNIGHT), [], [("expected", "next file")]),
        (paid(at=MIDNIGHT - timedelta(seconds=1)), [], [("unexplained", "only in the journal")]),
        (paid(at=MIDNIGHT + timedelta(days=1)), [], []),
        (paid(at=MIDNIGHT - timedelta(days=1, seconds=1)), [], []),
        (
            (*paid(), *given_back(MIDNIGHT)),
            [line()],
            [("matched", "matched"), ("expected", "next file")],
        ),
        (
            (*paid(), *given_back(MIDNIGHT - timedelta(minutes=10))),
            [line()],
            [("matched", "matched"), ("expected", "next file")],
        ),
        ((opened(),), [], [("expected", "unfinished")]),
        ((opened(), *OF_A_CANCEL), [], []),
        ((opened(), Declined("r-1", "NO_PAY")), [], []),
        (
            (*paid(), given_back()[0]),
            [line()],
            [("matched", "matched"), ("expected", "unfinished")],
        ),
    ],
    ids=[
        "paid at the next day's beginning", "paid in the last second", "paid in two days",
        "paid the day before", "given back the day after", "given back just before midnight",
        "unfinished", "cancelled", "declined", "refund unfinished",
    ],
)  # fmt: skip
def test_what_the_file_need_not_have_is_told_apart(
    entries: tuple[object, ...], lines: list[Line], found: list[tuple[str, str]]
) -> None:
    """Other days' money, and what never was any."""
    assert verdicts(entries, *lines) == found


def test_an_unwanted_payment_that_was_reversed_is_followed() -> None:
    """Paid, too late to cancel, refunded under the reversal's id: both lines are understood."""
    entries = (
        opened(), CancelAsked("r-1", StopReason.TIMEOUT), WindowClosed("r-1", "v-1"),
        ReversalDone("r-1"),
    )  # fmt: skip
    reversal = back(request_id="v-1", value=12_900)
    findings, matching = matched(entries, line(), reversal)
    assert [(str(each.verdict), each.reason) for each in findings] == [
        ("expected", "reversal"),
        ("matched", "reversal"),
    ]
    assert matching.totals["NOK"].difference == 0
    assert verdicts(entries, line(), back(request_id="v-1")) == [
        ("expected", "reversal"),
        ("unexplained", "amount differs"),
    ]


def test_sums_show_what_is_missing() -> None:
    """The difference is what the file pays more, or less, than the journal says."""
    _, matching = matched((*paid(), *paid("r-2")), line())
    assert matching.totals["NOK"].difference == -12_900
    _, matching = matched((), line(currency="SEK"))
    assert matching.totals["SEK"].difference == 12_900


def test_the_days_of_a_file_are_those_of_its_lines_in_china() -> None:
    """16:00 UTC begins a day."""
    _, matching = matched(paid(), line(at=MIDNIGHT - timedelta(seconds=1)), back(at=MIDNIGHT))
    assert (matching.first_day, matching.last_day) == (date(2026, 3, 1), date(2026, 3, 2))


def test_a_payment_by_the_static_code_is_matched_like_any_other() -> None:
    """By its id and amount; claimed when only the journal has it, strange when only the file."""
    came = Arrived("E-T01-000001", "p-1", PRICE, NOON.timestamp(), "Vipps", NOON.isoformat())
    entries = (Watching("T01", 0, NOON.timestamp()), came)
    theirs = line(request_id="E-T01-000001", transaction_id="p-1")
    assert verdicts(entries, theirs) == [("matched", "matched")]
    assert verdicts(entries) == [("unexplained", "only in the journal")]
    assert verdicts((), theirs) == [("unexplained", "only in the file")]
