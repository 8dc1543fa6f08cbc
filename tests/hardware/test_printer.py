"""Receipts in ESC/POS: the bytes read back, and printers that answer, stay silent or are gone."""

import os
import queue
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.decoder import Decoder
from hardware.devices import Align, DeviceError, PrintLine, ReceiptPrinter
from hardware.printer import EscposPrinter, document
from hardware.spool import WAITING_MAX

RECEIPT = [
    PrintLine("Kjøtt & Brød", bold=True, big=True, align=Align.CENTER),
    PrintLine(rule=True),
    PrintLine("Rømmegrøt", "129,00"),
    PrintLine("Päivää", "12,00 €"),
    PrintLine(qr="R-2026-000123"),
    PrintLine("Takk for handelen", align=Align.CENTER),
]


@dataclass
class Paper:
    """ESC/POS read strictly, from Epson's command reference: an unknown command is an error."""

    text: str = ""
    code_page: int | None = None
    rasters: list[np.ndarray] = field(default_factory=list)
    cuts: int = 0

    FIXED = re.compile(
        rb"\x1b@|\x1b[aEMGV\-!{d].|\x1d[!Bb].|\x1c\.|\x1bt(?P<page>.)|(?P<cut>\x1dV[\x00\x01])",
        re.DOTALL,
    )

    def read(self, data: bytes) -> "Paper":
        """Take the whole of `data`."""
        at = 0
        while at < len(data):
            if data[at] >= 0x20 or data[at] == 0x0A:
                self.text += bytes([data[at]]).decode("cp858")
                at += 1
            elif data[at : at + 3] == b"\x1dv0":
                at = self._raster(data, at)
            else:
                command = self.FIXED.match(data, at)
                assert command, f"unknown command {data[at : at + 4].hex(' ')}"
                self.cuts += command["cut"] is not None
                if command["page"]:
                    self.code_page = command["page"][0]
                at = command.end()
        return self

    def _raster(self, data: bytes, at: int) -> int:
        wide, high = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (4, 6))
        end = at + 8 + wide * high
        dots = np.frombuffer(data[at + 8 : end], np.uint8).reshape(high, wide)
        self.rasters.append(np.where(np.unpackbits(dots, axis=1), 0, 255).astype(np.uint8))
        return end


def printed(printer: ReceiptPrinter, lines: Sequence[PrintLine]) -> str | None:
    """What the printer answers to one document."""
    answers: queue.Queue[str | None] = queue.Queue()
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


def test_a_qr_code_too_long_for_paper_is_refused(tmp_path: Path) -> None:
    """What no phone could read off the paper is answered with a sentence."""
    printer = EscposPrinter(f"file:{tmp_path / 'paper'}")
    assert "too long to print" in str(printed(printer, [PrintLine(qr="x" * 1001)]))
    printer.close()


def test_documents_are_appended_to_a_file(tmp_path: Path) -> None:
    """A printer that is a file takes one document after the other."""
    printer = EscposPrinter(f"file:{tmp_path / 'paper'}")
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
    printer = EscposPrinter(f"file:{full_pipe}", deadline_s=0.1)
    assert "does not take the receipt" in str(printed(printer, RECEIPT))
    printer.close()


def test_an_unplugged_device_file_is_told_and_not_made() -> None:
    """Where the printer was pulled there is no file afterwards either."""
    printer = EscposPrinter("file:/dev/usb/lp97")
    assert "cannot be reached" in str(printed(printer, RECEIPT))
    printer.close()
    assert not Path("/dev/usb/lp97").exists()


@pytest.mark.usefixtures("pseudo_terminals")
def test_a_serial_printer_takes_the_receipt() -> None:
    """The bytes arrive on a serial line; silence about the paper is no hindrance."""
    pytest.importorskip("serial", reason="pyserial is not installed")
    ours, theirs = os.openpty()
    taken = bytearray()
    reader = threading.Thread(target=_drain, args=(ours, taken), daemon=True)
    reader.start()
    printer = EscposPrinter(f"serial:{os.ttyname(theirs)}:38400")
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
    printer = EscposPrinter("serial:/dev/ttyUSB97")
    assert "check its power and cable" in str(printed(printer, RECEIPT))
    printer.close()


def test_a_usb_printer_that_is_not_there_is_told() -> None:
    """Without the printer, or without libusb, the sentence says what is missing."""
    pytest.importorskip("usb", reason="pyusb is not installed")
    printer = EscposPrinter("usb:fff0:fff1")
    assert re.search(r"No printer fff0:fff1|needs libusb", str(printed(printer, RECEIPT)))
    printer.close()


@pytest.mark.parametrize(
    "address",
    ["", "usb", "usb:4b8:e15", "usb:zzzz:0e15", "network:", "network:h:0", "lpt1", "file:"],
)
def test_a_wrong_address_is_refused(address: str) -> None:
    """A misspelled address is refused with examples, before anything is printed."""
    with pytest.raises(DeviceError, match="is not a printer: write"):
        EscposPrinter(address)


def test_too_many_waiting_documents_are_answered_unprinted(full_pipe: Path) -> None:
    """Behind a hung printer eight documents wait; the next are answered, and none is lost."""
    printer = EscposPrinter(f"file:{full_pipe}", deadline_s=0.1)
    answers: queue.Queue[str | None] = queue.Queue()
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
    printer = EscposPrinter(f"file:{tmp_path / 'paper'}")
    printer.close()
    printer.close()
    with pytest.raises(DeviceError, match="closed"):
        printer.submit(RECEIPT, lambda sentence: None)
