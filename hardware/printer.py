"""Receipts on an ESC/POS printer over USB, serial line, network or a device file.

python-escpos writes the commands; this module decides what may be sent, how long a send may
take, and what to tell a person when it fails. Apart from the till because paper is never allowed
to hold up a sale.
"""

import importlib
import os
import re
import select
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hardware.devices import Align, DeviceError, PrintLine
from hardware.paper import CODE_PAGE, COLUMNS_MIN, set_line
from hardware.spool import Done, Spool

COLUMNS = 42  # font A on 80 mm paper of the common printers
WRITE_DEADLINE_S = 10.0
STATUS_WAIT_S = 1.0
QR_DOTS_MAX = 320  # fits 58 mm paper, 384 dots wide, with a margin
QR_TEXT_LENGTH_MAX = 1000

_KANJI_OFF = b"\x1c."  # some printers start in Kanji mode and eat Nordic letters
_PAPER_STATUS = b"\x10\x04\x04"  # DLE EOT 4
_PAPER_OUT = 0x60

Send = Callable[[bytes], None]


class EscposPrinter:
    """A ReceiptPrinter on ESC/POS.

    `address` is "usb:04b8:0e15", "serial:/dev/ttyUSB0" or "serial:/dev/ttyUSB0:38400" (else 9600
    baud), "network:HOST:PORT" or "file:/dev/usb/lp0". The printer is opened for each document,
    so that it may be switched off in between.

    Raises DeviceError when the address is not one of these.
    """

    def __init__(
        self, address: str, columns: int = COLUMNS, deadline_s: float = WRITE_DEADLINE_S
    ) -> None:
        self._send = _sender(address, deadline_s)
        self._columns = max(COLUMNS_MIN, columns)
        self._spool = Spool("printer", self._print)

    def submit(self, lines: Sequence[PrintLine], done: Done) -> None:
        """As `ReceiptPrinter.submit`; raises DeviceError once closed."""
        self._spool.submit(lines, done)

    def look(self, done: Done) -> None:
        """As `ReceiptPrinter.look`; raises DeviceError once closed."""
        self._spool.submit((), done)

    def close(self) -> None:
        """As `ReceiptPrinter.close`."""
        self._spool.close()

    def _print(self, lines: Sequence[PrintLine]) -> None:
        try:
            self._send(document(lines, self._columns) if lines else b"")
        except TimeoutError as error:
            raise DeviceError(
                "The printer does not take the receipt: look for paper jam, an open lid or a"
                " missing roll, then print again."
            ) from error
        except OSError as error:
            raise DeviceError(
                f"The printer cannot be reached ({error.strerror or 'no answer'}): check its"
                " power and cable, then print again."
            ) from error


def document(lines: Sequence[PrintLine], columns: int = COLUMNS) -> bytes:
    """The ESC/POS bytes of one document, cut at its end. Letters are those of code page 858.

    Raises DeviceError when python-escpos is absent.
    """
    try:
        from escpos.printer import Dummy
    except ImportError as error:
        raise DeviceError("python-escpos is not installed: pip install python-escpos") from error
    # Any profile with a paper width will do: without one python-escpos prints on our screen.
    printer = Dummy(profile="TM-T20II")
    printer.hw("INIT")
    printer._raw(_KANJI_OFF)
    printer.magic.force_encoding(CODE_PAGE)
    for line in lines:
        align = "center" if line.align is Align.CENTER or line.qr else "left"
        # Rows are padded to the width already; only a QR code is placed by the printer.
        printer.set_with_default(bold=line.bold, double_width=line.big, double_height=line.big)
        for row in set_line(line, columns):
            printer.text(row.rstrip() + "\n")
        if line.qr:
            printer.set(align=align)
            printer.image(qr_raster(line.qr), impl="bitImageRaster")
    printer.cut()
    return bytes(printer.output)


def qr_raster(text: str) -> Any:
    """A QR code as a 1-bit Pillow image with its quiet zone, for printers that draw none.

    Raises DeviceError when the text is too long for paper.
    """
    import segno
    from PIL import Image

    if len(text) > QR_TEXT_LENGTH_MAX:
        raise DeviceError("The QR code of the receipt is too long to print.")
    code = segno.make_qr(text, error="m")
    rows = [bytes(row) for row in code.matrix_iter(border=4)]
    side = len(rows)
    image = Image.frombytes("L", (side, side), b"".join(rows)).point(lambda dark: 255 - 255 * dark)
    dots = side * max(1, min(8, QR_DOTS_MAX // side))
    return image.resize((dots, dots), Image.Resampling.NEAREST).convert("1")


def _sender(address: str, deadline_s: float) -> Send:
    kind, _, rest = address.partition(":")
    if kind == "file" and rest:
        return lambda data: _to_file(Path(rest), data, deadline_s)
    if kind == "network" and (match := re.fullmatch(r"\[?([^\[\]]+?)\]?(?::(\d{1,5}))?", rest)):
        host, port = match[1], int(match[2] or 9100)
        if port in range(1, 65536):
            return _Network(host, port, deadline_s).send
    if kind == "serial" and (match := re.fullmatch(r"(.+?)(?::(\d+))?", rest)):
        device, bauds = match[1], int(match[2] or 9600)
        return lambda data: _to_serial(device, bauds, data, deadline_s)
    if kind == "usb" and (match := re.fullmatch(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})", rest)):
        vendor, product = int(match[1], 16), int(match[2], 16)
        return lambda data: _to_usb(vendor, product, data, deadline_s)
    raise DeviceError(
        f'"{address}" is not a printer: write "usb:04b8:0e15" (see lsusb), "serial:/dev/ttyUSB0",'
        ' "network:192.168.1.20:9100" or "file:/dev/usb/lp0".'
    )


class _Network:
    """Raw TCP, port 9100 by custom. Its own socket, because python-escpos leaves one open."""

    def __init__(self, host: str, port: int, deadline_s: float) -> None:
        self._at = (host, port)
        self._deadline_s = deadline_s
        self._tells_paper = True

    def send(self, data: bytes) -> None:
        with socket.create_connection(self._at, timeout=self._deadline_s) as line:
            if self._tells_paper:
                self._look_for_paper(line)
            line.settimeout(self._deadline_s)
            line.sendall(data)

    def _look_for_paper(self, line: socket.socket) -> None:
        """Many printers never answer: then paper is unknown, and they are not asked again."""
        line.sendall(_PAPER_STATUS)
        line.settimeout(min(STATUS_WAIT_S, self._deadline_s))
        try:
            status = line.recv(1)
        except TimeoutError:
            self._tells_paper = False
            return
        _require_paper(status)


def _to_file(path: Path, data: bytes, deadline_s: float) -> None:
    """Append to a device file or an ordinary file without ever waiting past the deadline."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK
    if not path.is_relative_to("/dev"):  # never leave a file where a printer was unplugged
        flags |= os.O_CREAT
    ends_at_s = time.monotonic() + deadline_s
    handle = os.open(path, flags, 0o600)
    try:
        while data:
            left_s = ends_at_s - time.monotonic()
            if left_s <= 0 or not select.select([], [handle], [], left_s)[1]:
                raise TimeoutError
            data = data[os.write(handle, data) :]
    finally:
        os.close(handle)


def _to_serial(device: str, bauds: int, data: bytes, deadline_s: float) -> None:
    try:
        serial: Any = importlib.import_module("serial")
    except ImportError as error:
        raise DeviceError("Serial printing needs pyserial: pip install pyserial") from error
    with serial.Serial(device, bauds, timeout=STATUS_WAIT_S, write_timeout=deadline_s) as line:
        try:
            line.write(_PAPER_STATUS)
            _require_paper(line.read(1))
            line.write(data)
        except serial.SerialTimeoutException as error:
            raise TimeoutError from error


def _to_usb(vendor: int, product: int, data: bytes, deadline_s: float) -> None:
    from escpos.exceptions import DeviceNotFoundError
    from escpos.printer import Usb

    if not Usb.is_usable():
        raise DeviceError("USB printing needs pyusb: pip install pyusb, apt install libusb-1.0-0")
    printer = Usb(vendor, product, timeout=int(deadline_s * 1000))
    try:
        printer.open()
        try:
            status = bytes(printer.query_status(_PAPER_STATUS))
        except OSError:  # a printer that tells nothing about its paper may still have some
            status = b""
        _require_paper(status)
        printer._raw(data)
    except DeviceNotFoundError as error:
        raise DeviceError(
            f"No printer {vendor:04x}:{product:04x} on USB: check its power and cable (lsusb)."
        ) from error
    except ValueError as error:  # pyusb found no libusb
        raise DeviceError("USB printing needs libusb: apt install libusb-1.0-0") from error
    finally:
        printer.close()


def _require_paper(status: bytes) -> None:
    """Raises DeviceError when the answer to DLE EOT 4 says that the roll is at its end."""
    if status and status[0] & _PAPER_OUT == _PAPER_OUT:
        raise DeviceError("The printer is out of paper: put in a new roll, then print again.")
