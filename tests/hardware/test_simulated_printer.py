"""A printer without hardware: the real driver's bytes, on paper that can be read and drawn."""

import queue

import numpy as np
import pytest
from escpos_paper import Paper

from hardware.decoder import Decoder
from hardware.devices import Align, DeviceError, PrinterFault, PrintLine, Unprinted
from hardware.document import document
from hardware.roll import Roll
from hardware.simulated_printer import SimulatedPrinter


def answer(printer: SimulatedPrinter, lines: list[PrintLine]) -> Unprinted | None:
    """What the printer says to one document."""
    answers: queue.Queue[Unprinted | None] = queue.Queue()
    printer.submit(lines, answers.put)
    return answers.get(timeout=30)


RECEIPT = [
    PrintLine("Kjøttkaffe", big=True, bold=True, align=Align.CENTER),
    PrintLine(rule=True),
    PrintLine("Kaffe", "45,00"),
    PrintLine(qr="R-2026-000123"),
]


def test_a_printed_receipt_can_be_read() -> None:
    """The text is what a real printer would put on paper of that width."""
    printer = SimulatedPrinter(columns=24)
    assert answer(printer, RECEIPT) is None
    assert printer.receipts == (
        " Kjøttkaffe\n------------------------\nKaffe              45,00\n          [QR]",
    )
    printer.close()


def test_a_drawn_receipt_shows_its_qr_code() -> None:
    """The picture of the paper holds ink in every row of text, and a QR code that can be read."""
    printer = SimulatedPrinter()
    answer(printer, RECEIPT)
    paper = np.array(printer.draw())
    printer.close()
    assert [symbol.text for symbol in Decoder().read_thoroughly(paper)] == ["R-2026-000123"]
    assert (paper[30:66, 30:-30] < 100).any()
    assert (paper[72:90, 30:-30] < 100).any()
    with pytest.raises(IndexError):
        printer.draw(5)


def test_a_drawn_receipt_has_nordic_letters() -> None:
    """The letters of the shop's languages and the euro are drawn, each unlike the others."""
    shapes = set()
    for letter in "æøåÆØÅäöÄÖé€":
        roll = Roll(16)
        roll.take(document([PrintLine(letter)], 16))
        shapes.add(roll.drawn().tobytes())
    assert len(shapes) == 12


def test_the_bytes_are_kept_as_a_real_printer_gets_them() -> None:
    """Another reader of ESC/POS finds the same letters and the same code in them."""
    printer = SimulatedPrinter(columns=24)
    answer(printer, RECEIPT)
    (data,) = printer.documents
    printer.close()
    assert data == document(RECEIPT, 24)
    paper = Paper().read(data)
    assert paper.text.split() == ["Kjøttkaffe", "-" * 24, "Kaffe", "45,00"]
    assert [symbol.text for symbol in Decoder().read_thoroughly(paper.rasters[0])] == [
        "R-2026-000123"
    ]


def test_the_paper_is_drawn_from_the_bytes_row_by_row() -> None:
    """A row of dots is the same in the picture as in another reader's raster."""
    line = PrintLine("支付宝 Alipay", "129,00")
    data = document([line], 32)
    roll = Roll(32)
    roll.take(data)
    (row,) = Paper().read(data).rasters
    assert np.array_equal(np.array(roll.rows[0]), row)


def test_the_simulated_roll_knows_no_command_that_is_not_sent() -> None:
    """A byte out of place is told and not overlooked."""
    with pytest.raises(DeviceError, match="1b 7a"):
        Roll(32).take(b"\x1bz\x01")


def test_without_paper_or_with_an_open_cover_nothing_is_printed() -> None:
    """The fault says which, until it is put right; nothing was sent, so the next is no copy."""
    printer = SimulatedPrinter()
    printer.run_out_of_paper()
    told = answer(printer, RECEIPT)
    assert told is not None
    assert (told.fault, told.sent) == (PrinterFault.PAPER_OUT, False)
    printer.put_in_paper()
    printer.open_cover()
    told = answer(printer, RECEIPT)
    assert told is not None
    assert (told.fault, told.sent) == (PrinterFault.COVER_OPEN, False)
    assert printer.receipts == printer.documents == ()
    printer.close_cover()
    assert answer(printer, RECEIPT) is None
    assert len(printer.receipts) == 1
    printer.close()


def test_a_printer_is_looked_at_without_printing() -> None:
    """Whether it could print is told, and no paper is spent on it."""
    printer = SimulatedPrinter()
    answers: queue.Queue[Unprinted | None] = queue.Queue()
    printer.look(answers.put)
    assert answers.get(timeout=30) is None
    printer.run_out_of_paper()
    printer.look(answers.put)
    told = answers.get(timeout=30)
    assert told is not None
    assert told.fault is PrinterFault.PAPER_OUT
    assert printer.documents == ()
    printer.close()


def test_the_drawer_opens_without_paper() -> None:
    """The pulse needs no paper, and prints nothing."""
    printer = SimulatedPrinter()
    printer.run_out_of_paper()
    answers: queue.Queue[Unprinted | None] = queue.Queue()
    printer.open_drawer(answers.put)
    assert answers.get(timeout=30) is None
    assert printer.drawer_pulses == 1
    assert printer.documents == ()
    printer.close()


def test_a_printer_pulled_out_or_jammed_says_what_may_be_on_paper() -> None:
    """Out of reach: nothing was sent. Jammed in the middle: something may have been printed."""
    printer = SimulatedPrinter()
    printer.unplug()
    told = answer(printer, RECEIPT)
    assert told is not None
    assert (told.fault, told.sent) == (PrinterFault.UNREACHABLE, False)
    printer.plug_in()
    printer.jam(after_bytes=100)
    told = answer(printer, RECEIPT)
    assert told is not None
    assert (told.fault, told.sent) == (PrinterFault.STUCK, True)
    printer.clear_jam()
    assert answer(printer, RECEIPT) is None
    printer.close()


def test_a_failing_receiver_does_not_stop_the_printer() -> None:
    """An exception of the one who is answered is logged; the next document prints."""
    printer = SimulatedPrinter()

    def fail(sentence: Unprinted | None) -> None:
        raise RuntimeError("the till is busy")

    printer.submit(RECEIPT, fail)
    assert answer(printer, RECEIPT) is None
    assert len(printer.receipts) == 2
    printer.close()


def test_closing_prints_what_waits() -> None:
    """Documents submitted before closing are printed; later ones are refused."""
    printer = SimulatedPrinter()
    for _ in range(5):
        printer.submit(RECEIPT, lambda sentence: None)
    printer.close()
    assert len(printer.receipts) == 5
    with pytest.raises(DeviceError, match="closed"):
        printer.submit(RECEIPT, lambda sentence: None)
