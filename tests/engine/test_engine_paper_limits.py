"""Paper that does not come out, and what only looks like one of our receipts.

Apart from the receipts that are printed, shown and found.
"""

from itertools import count

from pos.engine import Clock
from pos.sale.code import RECEIPT_PREFIX
from pos.sale.input import GiveBack, PrinterSays, Reprint, Scanned, ShowReceipt
from pos.sale.secret import Secret
from tests.engine.conftest import Shop, said
from tests.engine.line import Faults


def test_a_till_that_ends_leaves_a_silent_printer_alone_in_the_end(shop: Shop) -> None:
    """Its receipt stays owed, and the next start prints it."""
    shop.start()
    paid = shop.paid()
    seconds = count(1000, 2)  # each look at the clock finds it two seconds further on
    shop.open(clock=Clock(lambda: float(next(seconds)), shop.wall_s))
    shop.engine.end()
    shop.engine.run()
    assert shop.engine.printing
    assert shop.kinds()[-1] == "Stopped"
    assert "ReceiptPrinted" not in shop.kinds()
    before = len(shop.slips)
    shop.start()
    assert shop.slips[before:] == [(paid, 1)]


def test_a_copy_is_tried_at_once_though_another_receipt_waits(till: Shop) -> None:
    """Whoever asked for it stands there, and the printer may be well again."""
    first = till.paid()
    till.engine.handle(PrinterSays(first))
    second = till.paid()
    till.engine.handle(PrinterSays(second, "paper_out", "The paper is used up."))
    before = len(till.slips)
    till.engine.handle(Reprint(first))
    assert till.slips[before:] == [(first, 1)]


def test_an_earlier_receipt_is_a_copy_though_a_sale_was_just_paid(till: Shop) -> None:
    """Only that of the sale on the desk is the original."""
    first = till.paid()
    second = till.charge()
    for document_id, copy in ((first, True), (second, False)):
        till.engine.handle(ShowReceipt(document_id))
        assert till.view.papers.receipt is not None
        assert till.view.papers.receipt.copy is copy


def test_what_is_going_back_of_a_receipts_sale_is_shown(till: Shop, faults: Faults) -> None:
    """While it lies on the desk, and nobody knows yet whether it was given."""
    paid = till.paid()
    till.engine.handle(Scanned(Secret(RECEIPT_PREFIX + paid), "QR"))
    till.line.plan("refund", faults.lost)
    till.engine.handle(GiveBack(paid))
    assert till.view.papers.found is not None
    assert till.view.papers.found.refund_open


def test_a_receipts_text_in_a_code_that_we_never_print_is_no_receipt(till: Shop) -> None:
    """Ours are QR codes."""
    paid = till.paid()
    till.engine.handle(Scanned(Secret(RECEIPT_PREFIX + paid), "MicroQR"))
    assert said(till.view.notice)[0] != "receipt.not_ours"
    assert till.view.papers.found is None
    till.engine.handle(Scanned(Secret(RECEIPT_PREFIX + paid), "QR"))
    assert till.view.papers.found is not None
    assert till.view.papers.found.request_id == paid


def test_a_receipt_that_is_asked_for_is_shown_without_a_word(till: Shop) -> None:
    """Only of one that there is not something is said."""
    paid = till.paid()
    till.engine.handle(ShowReceipt(paid))
    assert till.view.notice is None
    till.engine.handle(ShowReceipt("none"))
    assert said(till.view.notice)[0] == "receipt.unknown"
