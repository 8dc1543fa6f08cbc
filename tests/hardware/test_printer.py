"""Receipts in ESC/POS: the bytes read back, and printers that answer, stay silent or are gone."""

import os
import queue
import re
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from escpos_paper import Paper
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.decoder import Decoder
from hardware.devices import (
    Align,
    DeviceError,
    PrinterFault,
    PrintLine,
    ReceiptPrinter,
    Unprinted,
)
from hardware.document import document, drawer_pulse
from hardware.printer import EscposPrinter
from hardware.spool import WAITING_MAX

RECEIPT = [
    PrintLine("Kjøtt & Brød", bold=True, big=True, align=Align.CENTER),
    PrintLine(rule=True),
    PrintLine("Rømmegrøt", "129,00"),
    PrintLine("Päivää", "12,00 €"),
    PrintLine(qr="R-2026-000123"),
    PrintLine("Takk for handelen", align=Align.CENTER),
]


def printed(printer: ReceiptPrinter, lines: Sequence[PrintLine]) -> Unprinted | None:
    """What the printer answers to one document."""
    answers: queue.Queue[Unprinted | None] = queue.Queue()
    printer.submit(lines, answers.put)
    return answers.get(timeout=30)


def test_a_document_reads_back_as_it_was_meant() -> None:
    """Nordic letters and the euro in one code page, the QR code as dots that can be read, a cut."""
    paper = Paper().read(document(RECEIPT))
    rows = [row.rstrip() for row in paper.text.split("\n") if row.strip()]
    assert [row.split() for row in rows] == [
        ["Kjøtt", "&", "Brød"],
        ["-" * 42],
        ["Rømmegrøt", "129,00"],
        ["Päivää", "12,00", "€"],
        ["Takk", "for", "handelen"],
    ]
    assert len(rows[2]) == 42
    assert paper.code_page == 19
    assert paper.cuts == 1
    (raster,) = paper.rasters
    assert [symbol.text for symbol in Decoder().read_thoroughly(raster)] == ["R-2026-000123"]


def test_nothing_is_written_on_our_own_screen(capfd: pytest.CaptureFixture[str]) -> None:
    """The library's advice about paper widths does not land on the till's screen."""
    document(RECEIPT)
    assert capfd.readouterr() == ("", "")


@given(st.text(max_size=80), st.text(max_size=20))
@settings(max_examples=30)
def test_no_text_can_command_the_printer(text: str, right: str) -> None:
    """Names with control bytes add no command: the same commands as for a harmless line."""
    escape = "\x1bp\x00\x1dV\x00\x10\x14"
    paper = Paper().read(document([PrintLine(text + escape, right + escape)]))
    assert paper.cuts == 1
    assert paper.code_page == 19


def test_chinese_is_drawn_and_the_rest_of_the_line_with_it() -> None:
    """A row with ideographs is one picture as wide as the paper; no byte of them is text."""
    paper = Paper().read(
        document([PrintLine("支付宝 Alipay", "129,00 NOK"), PrintLine("Kjøtt", "129,00")], 32)
    )
    (row,) = paper.rasters
    assert row.shape == (24, 32 * 12)
    assert paper.text.split() == ["Kjøtt", "129,00"]
    columns = (row == 0).any(axis=0)
    assert columns[: 6 * 12].any(), "the ideographs at the left"
    assert columns[-10 * 12 :].any(), "the amount flush right"
    assert not columns[14 * 12 : -11 * 12].any(), "nothing between them"


def test_different_ideographs_look_different() -> None:
    """The shipped font has the letters: none of them is the empty box of a missing one."""
    words = "支付宝微信收据小计增值税退款谢谢惠顾门店时间"
    seen = {Paper().read(document([PrintLine(each)])).rasters[0].tobytes() for each in words}
    assert len(seen) == len(set(words))


def test_a_tall_picture_goes_in_bands_and_reads_as_one() -> None:
    """Small printers buffer few rows of dots, so none is sent more than 240 at once."""
    data = document([PrintLine(qr="R-2026-000123")])
    heights = [
        int.from_bytes(data[at + 6 : at + 8], "little")
        for at in (each.start() for each in re.finditer(rb"\x1dv0", data))
    ]
    assert max(heights) <= 240
    (whole,) = Paper().read(data).rasters
    assert [symbol.text for symbol in Decoder().read_thoroughly(whole)] == ["R-2026-000123"]


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_nothing_is_wider_than_the_roll(columns: int) -> None:
    """Rows and pictures fit 58 mm paper as well as 80 mm."""
    long = "Økologisk sjokoladekake med bringebær og vaniljesaus 支付宝支付宝支付宝支付宝支付宝"
    receipt = [PrintLine(long, "1 129,00"), PrintLine(long, big=True), PrintLine(qr="x" * 300)]
    paper = Paper().read(document(receipt, columns))
    assert all(len(row) <= columns for row in paper.text.split("\n"))
    assert all(raster.shape[1] <= columns * 12 for raster in paper.rasters)


def test_the_drawer_is_opened_by_a_pulse_and_nothing_else() -> None:
    """ESC p to the first drawer; no paper is moved."""
    paper = Paper().read(drawer_pulse())
    assert (paper.pulses, paper.cuts, paper.text) == (1, 0, "")


def test_a_qr_code_too_long_for_paper_is_refused(tmp_path: Path) -> None:
    """What no phone could read off the paper is answered with a sentence."""
    printer = EscposPrinter.at(f"file:{tmp_path / 'paper'}")
    assert "too long to print" in str(printed(printer, [PrintLine(qr="x" * 1001)]))
    printer.close()


def test_documents_are_appended_to_a_file(tmp_path: Path) -> None:
    """A printer that is a file takes one document after the other."""
    printer = EscposPrinter.at(f"file:{tmp_path / 'paper'}")
    assert printed(printer, RECEIPT) is None
    assert printed(printer, RECEIPT) is None
    printer.close()
    assert Paper().read((tmp_path / "paper").read_bytes()).cuts == 2


@pytest.fixture
def full_pipe(tmp_path: Path) -> Iterator[Path]:
    """A device file that takes nothing more, as a printer out of paper."""
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b" " * 512)
    yield pipe
    os.close(writer)
    os.close(reader)


def test_a_device_file_that_takes_nothing_ends_by_the_deadline(full_pipe: Path) -> None:
    """A write to a printer that is stuck is given up, with a sentence."""
    printer = EscposPrinter.at(f"file:{full_pipe}", deadline_s=0.1)
    told = printed(printer, RECEIPT)
    assert told is not None
    assert "does not take the receipt" in told.sentence
    assert (told.fault, told.sent) == (PrinterFault.STUCK, False)
    printer.close()


def test_an_unplugged_device_file_is_told_and_not_made() -> None:
    """Where the printer was pulled there is no file afterwards either."""
    printer = EscposPrinter.at("file:/dev/usb/lp97")
    assert "cannot be reached" in str(printed(printer, RECEIPT))
    printer.close()
    assert not Path("/dev/usb/lp97").exists()


@pytest.mark.usefixtures("pseudo_terminals")
@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (b"\x12", b"\x12", None),
        (b"\x16", b"\x12", PrinterFault.COVER_OPEN),
        (b"\x32", b"\x72", PrinterFault.PAPER_OUT),
        (b"\x12", b"\x72", PrinterFault.PAPER_OUT),
        (b"\x12", b"\x1e", None),
        (b"\xff", b"\xff", None),
    ],
    ids=["well", "cover open", "paper out", "roll at its end", "paper low", "noise"],
)
@pytest.mark.parametrize("kind", ["file", "serial"])
def test_a_printer_tells_of_its_paper_and_cover(
    kind: str, first: bytes, second: bytes, fault: PrinterFault | None
) -> None:
    """DLE EOT 2 and 4 are asked before each document, on a device file as on a serial line."""
    if kind == "serial":
        pytest.importorskip("serial", reason="pyserial is not installed")
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    taken = bytearray()

    def answer() -> None:
        for question, said in ((b"\x10\x04\x02", first), (b"\x10\x04\x04", second)):
            while not bytes(taken).endswith(question):
                taken.extend(os.read(ours, 1))
            os.write(ours, said)
            if (
                question == b"\x10\x04\x02"
                and fault
                in (
                    PrinterFault.COVER_OPEN,
                    PrinterFault.PAPER_OUT,
                )
                and first != b"\x12"
            ):
                return
        _drain(ours, taken)

    box = threading.Thread(target=answer, daemon=True)
    box.start()
    printer = EscposPrinter.at(f"{kind}:{os.ttyname(theirs)}")
    told = printed(printer, [PrintLine("Hei")])
    printer.close()
    os.close(theirs)
    box.join(30)
    os.close(ours)
    assert (told.fault if told else None) is fault
    assert told is None or not told.sent
    assert (b"Hei" in taken) is (fault is None)


@pytest.mark.usefixtures("pseudo_terminals")
def test_a_serial_printer_takes_the_receipt() -> None:
    """The bytes arrive on a serial line; silence about the paper is no hindrance."""
    pytest.importorskip("serial", reason="pyserial is not installed")
    ours, theirs = os.openpty()
    taken = bytearray()
    reader = threading.Thread(target=_drain, args=(ours, taken), daemon=True)
    reader.start()
    printer = EscposPrinter.at(f"serial:{os.ttyname(theirs)}:38400")
    assert printed(printer, [PrintLine("Hei"), PrintLine("Takk")]) is None
    printer.close()
    os.close(theirs)
    reader.join(30)
    os.close(ours)
    assert b"Takk" in bytes(taken)


def _drain(handle: int, taken: bytearray) -> None:
    """Read a pseudo terminal until its other side is closed."""
    while True:
        try:
            taken += os.read(handle, 4096)
        except OSError:
            return


def test_a_serial_line_that_is_not_there_is_told() -> None:
    """A missing device gives the sentence for cables."""
    pytest.importorskip("serial", reason="pyserial is not installed")
    printer = EscposPrinter.at("serial:/dev/ttyUSB97")
    assert "check its power and cable" in str(printed(printer, RECEIPT))
    printer.close()


def test_a_usb_printer_that_is_not_there_is_told() -> None:
    """Without the printer, or without libusb, the sentence says what is missing."""
    pytest.importorskip("usb", reason="pyusb is not installed")
    printer = EscposPrinter.at("usb:fff0:fff1")
    assert re.search(r"No printer fff0:fff1|needs libusb", str(printed(printer, RECEIPT)))
    printer.close()


@pytest.mark.parametrize(
    "address",
    ["", "usb", "usb:4b8:e15", "usb:zzzz:0e15", "network:", "network:h:0", "lpt1", "file:"],
)
def test_a_wrong_address_is_refused(address: str) -> None:
    """A misspelled address is refused with examples, before anything is printed."""
    with pytest.raises(DeviceError, match="is not a printer: write"):
        EscposPrinter.at(address)


def test_too_many_waiting_documents_are_answered_unprinted(full_pipe: Path) -> None:
    """Behind a hung printer eight documents wait; the next are answered, and none is lost."""
    printer = EscposPrinter.at(f"file:{full_pipe}", deadline_s=0.1)
    answers: queue.Queue[Unprinted | None] = queue.Queue()
    count = WAITING_MAX + 4
    for _ in range(count):
        printer.submit(RECEIPT, answers.put)
    told = [str(answers.get(timeout=30)) for _ in range(count)]
    assert sum("too many receipts are waiting" in answer for answer in told) in (3, 4)
    assert sum("does not take the receipt" in answer for answer in told) in (8, 9)
    printer.close()
    assert answers.empty()


def test_after_closing_nothing_is_taken(tmp_path: Path) -> None:
    """A closed printer says so; closing twice does no harm."""
    printer = EscposPrinter.at(f"file:{tmp_path / 'paper'}")
    printer.close()
    printer.close()
    with pytest.raises(DeviceError, match="closed"):
        printer.submit(RECEIPT, lambda sentence: None)
