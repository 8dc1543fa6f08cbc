"""Printers on the network: ready, out of paper, silent, hung, and switched off."""

import queue
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from hardware.devices import PrinterFault, PrintLine, Unprinted
from hardware.document import document
from hardware.printer import EscposPrinter

RECEIPT = [PrintLine("Rømmegrøt", "129,00"), PrintLine(qr="R-2026-000123")]


def printed(printer: EscposPrinter, lines: Sequence[PrintLine]) -> Unprinted | None:
    """What the printer answers to one document."""
    answers: queue.Queue[Unprinted | None] = queue.Queue()
    printer.submit(lines, answers.put)
    return answers.get(timeout=30)


class Box:
    """A network printer on the loopback: answers about itself, or is silent, or never reads.

    `status` is what it answers to its first and to its second question.
    """

    def __init__(
        self, status: tuple[bytes, bytes] | None = (b"\x12", b"\x12"), *, reads: bool = True
    ) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self._status = status
        self._reads = reads
        self._over = threading.Event()
        self.taken: list[bytes] = []
        self.address = f"network:127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            line, _ = self._server.accept()
            with line:
                if not self._reads:
                    if self._over.wait(60):
                        return
                    continue
                data = self._take(line)
                # What was sent before the end is taken; the end itself comes with nothing.
                if self._over.is_set() and not data:
                    return
                self.taken.append(data)

    def _take(self, line: socket.socket) -> bytes:
        data = b""
        while chunk := line.recv(4096):
            if chunk.startswith(b"\x10\x04") and self._status is not None:
                line.sendall(self._status[len(data) // 3])
            data += chunk
        return data

    def close(self) -> None:
        """Stop serving."""
        self._over.set()
        socket.create_connection(self._server.getsockname()[:2]).close()
        self._thread.join(30)
        self._server.close()


@pytest.fixture
def boxes() -> Iterator[list[Box]]:
    """Boxes put in here are closed after the test."""
    made: list[Box] = []
    yield made
    for box in made:
        box.close()


def test_a_network_printer_takes_the_receipt(boxes: list[Box]) -> None:
    """A printer with paper is asked about it and then gets the document."""
    boxes.append(box := Box())
    printer = EscposPrinter.at(box.address)
    assert printed(printer, RECEIPT) is None
    printer.close()
    box.close()
    boxes.clear()
    (data,) = box.taken
    assert data[:6] == b"\x10\x04\x02\x10\x04\x04"
    assert data[6:] == document(RECEIPT)


def test_an_empty_roll_is_told_and_nothing_is_sent(boxes: list[Box]) -> None:
    """A printer that says it is out of paper gets no document."""
    boxes.append(box := Box(status=(b"\x32", b"\x72")))
    printer = EscposPrinter.at(box.address)
    told = printed(printer, RECEIPT)
    assert told is not None
    assert "out of paper" in told.sentence
    assert (told.fault, told.sent) == (PrinterFault.PAPER_OUT, False)
    printer.close()
    box.close()
    boxes.clear()
    assert box.taken == [b"\x10\x04\x02"]


def test_a_printer_silent_about_its_paper_prints_all_the_same(boxes: list[Box]) -> None:
    """Many printers never answer: unknown is not empty, and the question is not asked twice."""
    boxes.append(box := Box(status=None))
    printer = EscposPrinter.at(box.address, deadline_s=0.2)
    assert printed(printer, RECEIPT) is None
    assert printed(printer, RECEIPT) is None
    printer.close()
    box.close()
    boxes.clear()
    first, second = box.taken
    assert first[3:] == second == document(RECEIPT)


def test_a_printer_that_reads_nothing_ends_by_the_deadline(boxes: list[Box]) -> None:
    """A hung printer is given up with a sentence, and the next document is answered too."""
    boxes.append(box := Box(reads=False))
    printer = EscposPrinter.at(box.address, deadline_s=0.2)
    lines = [PrintLine(qr="SAMPLE")] * 600
    told = printed(printer, lines)
    assert told is not None
    assert (told.fault, told.sent) == (PrinterFault.STUCK, True)
    assert printed(printer, RECEIPT) is None  # the line itself still takes a few kilobytes
    printer.close()


def test_a_closed_port_is_told() -> None:
    """A printer that is switched off is a sentence that says to look at power and cable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    printer = EscposPrinter.at(f"network:127.0.0.1:{port}")
    assert "check its power and cable" in str(printed(printer, RECEIPT))
    printer.close()
