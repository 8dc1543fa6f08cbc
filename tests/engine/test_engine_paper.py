"""Receipts at the engine: begun, printed, owed, copied once; on the screen; found by a scan.

The printer says what the test says it does; what is on the desk and in the journal has to follow.
"""

from dataclasses import dataclass

import pytest

from pos.engine.receipts import FINISH_S, LOOK_AGAIN_S
from pos.language import Language
from pos.paper import SignedTexts
from pos.sale.code import RECEIPT_PREFIX
from pos.sale.input import (
    CallHelp,
    GiveBack,
    Input,
    Next,
    OpenDrawer,
    PrinterSays,
    Reprint,
    Scanned,
    SeekReceipt,
    ShowReceipt,
)
from pos.sale.secret import Secret
from pos.sale.view import Stage
from pos.seal import Seal
from tests.engine.conftest import TERMINAL, Shop, said

PAPER_OUT = PrinterSays("", "paper_out", "The paper is used up.")


@dataclass
class Desk:
    """A till whose receipts are signed for phones."""

    shop: Shop

    def do(self, *inputs: Input) -> str:
        """Hand them in; the key of what is said of the last, or nothing."""
        for each in inputs:
            self.shop.engine.handle(each)
        notice = self.shop.view.notice
        return notice.key if notice is not None else ""

    def printed(self, document_id: str) -> None:
        """The printer took it."""
        self.do(PrinterSays(document_id))


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """It is at work."""
    shop.start(carrier=SignedTexts(Seal(shop.folder), TERMINAL, Language("en")))
    return Desk(shop)


def test_a_paid_sale_is_printed_and_shown(desk: Desk) -> None:
    """Begun in the journal, then sent, then taken; on the screen as an original, and to carry."""
    shop = desk.shop
    paid = shop.charge()
    assert shop.slips == [(paid, 1)]
    begun = ("ReceiptBegun", {"document_id": paid, "number": 1, "copy": False})
    assert shop.entries()[-1] == begun
    assert shop.engine.printing
    papers = shop.view.papers
    assert papers.receipt is not None
    assert (papers.receipt.document_id, papers.receipt.copy) == (paid, False)
    assert len(papers.carried) == 2
    assert (papers.terminal, papers.prints, papers.found) == (TERMINAL, True, None)
    desk.printed(paid)
    assert not shop.engine.printing
    printed = ("ReceiptPrinted", {"document_id": paid, "number": 1})
    assert shop.entries()[-1] == printed
    desk.do(Next())
    assert (shop.view.papers.receipt, shop.view.papers.carried) == (None, ())


def test_signed_texts_are_made_once_for_each_receipt(desk: Desk) -> None:
    """A View that shows the same receipt shows the very same texts; another has its own."""
    first = desk.shop.charge()
    texts = desk.shop.view.papers.carried
    desk.do(CallHelp())
    assert desk.shop.view.papers.carried is texts
    desk.do(Next(), ShowReceipt(first))
    assert desk.shop.view.papers.carried != texts  # which says that it is a copy


def test_a_receipt_is_shown_again_as_a_copy(desk: Desk) -> None:
    """Except that of the sale on the desk; an unknown one is said, an empty one closes it."""
    shop = desk.shop
    paid = shop.charge()
    desk.do(ShowReceipt(paid))
    assert shop.view.papers.receipt is not None
    assert not shop.view.papers.receipt.copy
    desk.do(Next())
    assert shop.view.papers.receipt is not None
    assert shop.view.papers.receipt.copy
    assert desk.do(ShowReceipt("")) == ""
    assert shop.view.papers.receipt is None
    assert desk.do(ShowReceipt("no-such-sale")) == "receipt.unknown"


def test_a_copy_is_printed_once(desk: Desk) -> None:
    """Not while the original is under way, and not twice."""
    shop = desk.shop
    paid = shop.charge()
    assert desk.do(Reprint(paid)) == "receipt.printing"
    assert shop.slips == [(paid, 1)]
    desk.printed(paid)
    assert desk.do(Reprint(paid)) == "receipt.printing"
    assert [receipt.copy for receipt in shop.paper.receipts] == [False, True]
    desk.printed(paid)
    assert desk.do(Reprint(paid)) == "receipt.copied"
    assert desk.do(Reprint("no-such-sale")) == "receipt.unknown"
    assert len(shop.slips) == 2


def test_without_a_printer_nothing_is_owed(shop: Shop) -> None:
    """And what asks for paper says why."""
    shop.start(paper=None)
    paid = shop.charge()
    desk = Desk(shop)
    assert not shop.view.papers.prints
    assert desk.do(Reprint(paid)) == "printer.none"
    assert desk.do(OpenDrawer()) == "printer.none"
    assert "ReceiptBegun" not in shop.kinds()
    assert shop.view.papers.carried == ()


def test_the_drawer_is_opened_and_counted(desk: Desk) -> None:
    """Written down first, with the time."""
    at_s = desk.shop.wall_s()
    assert desk.do(OpenDrawer()) == ""
    assert desk.shop.entries()[-1] == ("DrawerOpened", {"at": at_s})
    assert desk.shop.paper.drawer_count == 1
    desk.shop.break_disk("write", "sync")
    desk.do(OpenDrawer())
    assert desk.shop.paper.drawer_count == 1


def test_help_is_called_and_sent_away(desk: Desk) -> None:
    """By the same button."""
    desk.do(CallHelp())
    assert desk.shop.view.papers.help_wanted
    desk.do(CallHelp())
    assert not desk.shop.view.papers.help_wanted


@pytest.mark.parametrize("word", ["paper_out", "cover_open", "stuck", "busy"])
def test_trouble_with_the_paper_is_shown_in_our_words(desk: Desk, word: str) -> None:
    """And is gone when the printer is well."""
    desk.do(PrinterSays("", word, "It is."))
    assert said(desk.shop.view.printer) == (f"printer.{word}", {}, False)
    desk.do(PrinterSays())
    assert desk.shop.view.printer is None


def test_other_trouble_is_shown_in_the_printers_words(desk: Desk) -> None:
    """They know better."""
    desk.do(PrinterSays("", "on_fire", "It burns."))
    assert said(desk.shop.view.printer) == ("printer.trouble", {"sentence": "It burns."}, False)


def test_a_printer_in_trouble_is_looked_at_ever_more_rarely(desk: Desk) -> None:
    """Until it is well; then the next trouble begins anew."""
    shop = desk.shop
    for count, wait_s in enumerate((*LOOK_AGAIN_S, LOOK_AGAIN_S[-1]), 1):
        desk.do(PAPER_OUT)
        shop.fate.pass_time(wait_s - 0.01)
        shop.engine.work()
        assert shop.paper.look_count == count - 1
        shop.fate.pass_time(0.02)
        shop.go_on()
        assert shop.paper.look_count == count
        shop.go_on(1.0)
        assert shop.paper.look_count == count
    desk.do(PrinterSays())
    shop.go_on(LOOK_AGAIN_S[-1] + 1.0)
    desk.do(PAPER_OUT)
    shop.fate.pass_time(LOOK_AGAIN_S[0] + 0.01)
    shop.go_on()
    assert shop.paper.look_count == len(LOOK_AGAIN_S) + 2


def test_what_did_not_come_out_is_owed_and_no_copy(desk: Desk) -> None:
    """Nothing of it left: the next try is an original; what may have left makes a copy."""
    shop = desk.shop
    first = shop.charge()
    desk.do(PrinterSays(first, "paper_out", "Empty.", sent=False), Next())
    unprinted = ("ReceiptUnprinted", {"document_id": first, "number": 1})
    assert unprinted in shop.entries()
    second = shop.charge()
    # Behind the first, which waits already.
    assert ("ReceiptUnprinted", {"document_id": second, "number": 2}) in shop.entries()
    assert [each for each, _ in shop.slips] == [first]
    shop.go_on()
    assert shop.paper.look_count >= 1
    desk.do(PrinterSays())
    assert [each for each, _ in shop.slips] == [first, first]
    desk.printed(first)
    assert [each for each, _ in shop.slips] == [first, first, second]
    assert [receipt.copy for receipt in shop.paper.receipts] == [False, False, False]
    desk.do(PrinterSays(second, "stuck", "It hangs.", sent=True))
    assert shop.kinds().count("ReceiptUnprinted") == 2
    desk.do(PrinterSays())
    assert shop.paper.receipts[-1].copy
    assert shop.slips[-1] == (second, 2)


def test_a_restart_prints_what_was_owed(desk: Desk) -> None:
    """And what a death kept from being begun, oldest first."""
    shop = desk.shop
    paid = shop.charge()
    shop.slips.clear()
    shop.start()
    assert shop.slips == [(paid, 1)]
    assert shop.paper.receipts[-1].copy  # nobody knows whether the first came out
    desk.printed(paid)
    shop.slips.clear()
    shop.start()
    assert shop.slips == []


def test_a_sale_that_was_never_begun_is_printed_at_the_next_start(shop: Shop) -> None:
    """It was paid without a printer, or before the till died."""
    shop.start(paper=None)
    paid = shop.charge()
    shop.start()
    assert shop.slips == [(paid, 1)]
    assert not shop.paper.receipts[-1].copy


def test_a_disk_that_fails_prints_nothing_new(desk: Desk) -> None:
    """Bytes that could not be written down as begun do not leave."""
    shop = desk.shop
    paid = shop.charge()
    desk.printed(paid)
    desk.do(Next())
    shop.break_disk("write", "sync")
    desk.do(Reprint(paid))
    assert shop.slips == [(paid, 1)]


def test_a_refund_has_a_receipt_of_its_own(desk: Desk) -> None:
    """With the next number, and the sale's."""
    shop = desk.shop
    paid = shop.paid()
    desk.printed(paid)
    assert desk.do(GiveBack(paid, "29")) == "refund.done"
    refund_id, number = shop.slips[-1]
    assert number == 2
    receipt = shop.paper.receipts[-1]
    assert receipt.refund is not None
    assert (receipt.document_id, receipt.payment.request_id) == (refund_id, paid)


def test_a_receipt_that_is_held_up_finds_its_sale(desk: Desk) -> None:
    """By the number on paper, or by the signed text on a phone; a refund's finds its sale."""
    shop = desk.shop
    paid = shop.paid()
    desk.do(ShowReceipt(paid))
    carried = shop.view.papers.carried
    desk.do(ShowReceipt(""))
    for text in carried:
        assert desk.do(Scanned(Secret(text), "QR")) == ""
        found = shop.view.papers.found
        assert found is not None
        assert found.request_id == paid
        desk.do(ShowReceipt(""))
        assert shop.view.papers.found is None
    desk.do(GiveBack(paid, "29"))
    refund_id = shop.slips[-1][0]
    desk.do(ShowReceipt(refund_id))
    (text, *_) = shop.view.papers.carried
    desk.do(ShowReceipt(""), Scanned(Secret(text), "QR"))
    assert shop.view.papers.found is not None
    assert shop.view.papers.found.request_id == paid


def test_the_code_on_paper_finds_its_sale(desk: Desk) -> None:
    """It names the sale; one that this till does not know is not ours."""
    shop = desk.shop
    paid = shop.paid()
    assert desk.do(Scanned(Secret(RECEIPT_PREFIX + paid), "QR")) == ""
    assert shop.view.papers.found is not None
    assert shop.view.papers.found.request_id == paid
    assert shop.view.papers.receipt is not None
    desk.do(ShowReceipt(""))
    assert desk.do(Scanned(Secret(RECEIPT_PREFIX + "a" * 32), "QR")) == "receipt.not_ours"
    # The same text in a bar code is no receipt of ours.
    assert desk.do(Scanned(Secret(RECEIPT_PREFIX + paid), "EAN13")) != ""
    assert shop.view.papers.found is None


def test_a_receipt_of_another_till_is_not_ours(desk: Desk, shop: Shop) -> None:
    """Nor one that was altered; said, and nothing is on the desk."""
    paid = shop.paid()
    desk.do(ShowReceipt(paid))
    (text, *_) = shop.view.papers.carried
    desk.do(ShowReceipt(""))
    for forged in (text.replace("129", "999"), text.replace("T01-1*", "T02-1*")):
        assert forged != text
        assert desk.do(Scanned(Secret(forged), "QR")) == "receipt.not_ours"
        assert shop.view.papers.found is None
    shop.start()  # without a key of its own to know them by
    assert Desk(shop).do(Scanned(Secret(text), "QR")) == "receipt.not_ours"


def test_the_camera_looks_for_a_receipt_while_somebody_wants_one(desk: Desk) -> None:
    """And no longer."""
    eye = desk.shop.eye
    desk.do(SeekReceipt(wanted=True))
    assert eye[-1] == "arm"
    desk.do(SeekReceipt(wanted=False))
    assert eye[-1] == "disarm"


def test_a_till_that_ends_hears_its_printer_out(shop: Shop) -> None:
    """What it says in the last moment is written down; a silent one is not waited for for ever."""
    shop.open()
    shop.engine.start()
    paid = shop.charge()
    shop.engine.put(PrinterSays(paid))
    shop.engine.end()
    shop.engine.run()
    assert shop.kinds()[-2:] == ["ReceiptPrinted", "Stopped"]
    assert FINISH_S < 10.0
    assert shop.view.stage is Stage.OUTCOME
