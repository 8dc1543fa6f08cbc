"""The evening of a simulated shop: Z reports, the switch's settlement files, and one sum for all.

Apart from the judging at rest because it is done in some shops only: it takes as long as a few
sales. The files are read as anybody would read them, with nothing of the product's own reader.
"""

import csv
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pos.proof import dumps
from pos.proof.folding import Story, story
from pos.proof.simulation.fate import Plan
from pos.proof.simulation.till import Till
from pos.proof.simulation.world import World
from pos.sale.input import CloseShift
from pos.sale.report import ReportKind
from pos.scheme.moments import cancel_window_end_ms, day_begins_ms, day_of, milliseconds
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.settlement import Settlement
from pos.scheme.terms import Terms

END = "<END>"


def ended(world: World, folder: Path) -> Iterator[str]:
    """Q6: whatever the Z reports, the journals and the settlement files do not say alike.

    The shop is at rest; `folder` is for the files.
    """
    world.fate.plan = Plan()  # nobody dies after closing time
    told = {till.client_id: _told(till) for till in world.tills}
    for till in world.tills:
        yield from _report_faults(till, told[till.client_id])
    settled = _settled(world, folder)
    for client_id, journal in told.items():
        booked = settled.pop(client_id, {})
        for request_id in sorted(booked.keys() | (due := _due(journal)).keys()):
            if booked.get(request_id) != due.get(request_id):
                yield (
                    f"Q6: {request_id} is {booked.get(request_id)} in the settlement files and "
                    f"{due.get(request_id)} in the journal"
                )
    for client_id in settled:
        yield f"Q6: there are settlement files of {client_id}, which is no till"


def _told(till: Till) -> Story:
    return story(dumps.journal_table(till.disk.connection))


def _report_faults(till: Till, told: Story) -> Iterator[str]:
    till.handle(CloseShift())
    report = till.view.office.report
    if report is None or report.kind is not ReportKind.Z:
        yield f"Q6: the shift of {till.client_id} was not closed: {till.view.notice}"
        return
    sold = sum(each.value for each in told.payments.values() if each.state == "PAID")
    back = sum(each.value for each in told.refunds.values() if each.state == "REFUNDED")
    said = report.total.sold.value, report.total.returned.value
    if said != (sold, back):
        yield f"Q6: the Z report of {till.client_id} says {said}, its journal {(sold, back)}"
    if report.unfinished:
        yield f"Q6: the Z report of {till.client_id} has unfinished lines at rest"


def _due(told: Story) -> dict[str, int]:
    """What moved at the switch by each id, as the journal has it; below zero what went back."""
    due = {}
    for request_id, payment in told.payments.items():
        if payment.state in ("PAID", "REVERSED"):
            due[request_id] = payment.value
        if payment.state == "REVERSED":
            due[payment.reversal_id] = -payment.value
    for refund_id, refund in told.refunds.items():
        if refund.state == "REFUNDED":
            due[refund_id] = -refund.value
    return due


def _settled(world: World, folder: Path) -> dict[str, dict[str, int]]:
    """By client, what the files say of each id, once no payment can be cancelled any more."""
    fate = world.fate
    day, last = day_of(round(1000 * fate.epoch_s)), day_of(milliseconds(fate.utc()))
    closes_s = cancel_window_end_ms(day_begins_ms(last)) / 1000
    fate.pass_time(max(0.0, closes_s + 1.0 - fate.epoch_s - fate.now_s))
    names = shipped_scheme().psp_names()
    settlement = Settlement(world.switch.store, folder, Terms.shipped(), names, fate.utc)
    moved: dict[str, dict[str, int]] = {}
    while day <= last:
        for written in settlement.settle(day):
            if written.path.name.startswith("transactionItems"):
                for client_id, request_id, value in _read(written.path):
                    moved.setdefault(client_id, {})[request_id] = value
        day += timedelta(days=1)
    shutil.rmtree(folder)
    return moved


def _read(path: Path) -> Iterator[tuple[str, str, int]]:
    """Client, id and value in smallest units of each line."""
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["customerId"] == END:
                return
            value = int(row["transactionAmountValue"].replace(".", ""))
            refund = row["transactionType"] == "REFUND"
            yield row["customerId"], row["transactionRequestId"], -value if refund else value
