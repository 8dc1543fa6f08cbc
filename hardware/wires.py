"""The wires to a printer: a device file, a serial line, USB, the network.

Apart from the printer because a wire only carries bytes, each way, and never waits past its
deadline; what the bytes mean is the printer's.
"""

import errno
import importlib
import os
import re
import select
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from hardware.devices import DeviceError

NETWORK_PORT = 9100  # raw printing, by custom
BAUDS = 9600


class NothingTaken(TimeoutError):
    """The deadline passed before the first byte was taken."""


class Wire(Protocol):
    """An open line to a printer."""

    answers: bool
    """Whether anything can come back at all."""

    def write(self, data: bytes) -> None:
        """Send all of it. Raises TimeoutError at the deadline, or OSError."""

    def read(self, wait_s: float) -> bytes:
        """What came back within `wait_s` seconds; empty when nothing did."""


Opening = Callable[[], AbstractContextManager[Wire]]


def opening(address: str, deadline_s: float) -> Opening:
    """What opens the wire of `address`, for as long as one document takes.

    "usb:04b8:0e15", "serial:/dev/ttyUSB0" or "serial:/dev/ttyUSB0:38400", "network:HOST:PORT" or
    "file:/dev/usb/lp0". Raises DeviceError when the address is not one of these; what it returns
    raises OSError or DeviceError when there is nothing at the other end.
    """
    kind, _, rest = address.partition(":")
    if kind == "file" and rest:
        return lambda: _file(Path(rest), deadline_s)
    if kind == "network" and (match := re.fullmatch(r"\[?([^\[\]]+?)\]?(?::(\d{1,5}))?", rest)):
        host, port = match[1], int(match[2] or NETWORK_PORT)
        if port in range(1, 65536):
            return lambda: _network(host, port, deadline_s)
    if kind == "serial" and (match := re.fullmatch(r"(.+?)(?::(\d+))?", rest)):
        device, bauds = match[1], int(match[2] or BAUDS)
        return lambda: _serial(device, bauds, deadline_s)
    if kind == "usb" and (match := re.fullmatch(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})", rest)):
        vendor, product = int(match[1], 16), int(match[2], 16)
        return lambda: _usb(vendor, product, deadline_s)
    raise DeviceError(
        f'"{address}" is not a printer: write "usb:04b8:0e15" (see lsusb), "serial:/dev/ttyUSB0",'
        ' "network:192.168.1.20:9100" or "file:/dev/usb/lp0".'
    )


class _File:
    """A device file, or an ordinary file that the bytes are added to."""

    def __init__(self, handle: int, deadline_s: float, *, answers: bool) -> None:
        self._handle = handle
        self._deadline_s = deadline_s
        self.answers = answers

    def write(self, data: bytes) -> None:
        ends_at_s = time.monotonic() + self._deadline_s
        left = data
        while left:
            left_s = ends_at_s - time.monotonic()
            if left_s <= 0 or not select.select([], [self._handle], [], left_s)[1]:
                raise NothingTaken if left is data else TimeoutError
            left = left[os.write(self._handle, left) :]

    def read(self, wait_s: float) -> bytes:
        if not select.select([self._handle], [], [], wait_s)[0]:
            return b""
        return os.read(self._handle, 64)


@contextmanager
def _file(path: Path, deadline_s: float) -> Iterator[Wire]:
    flags = os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY
    if not path.is_relative_to("/dev"):  # never leave a file where a printer was unplugged
        flags |= os.O_CREAT
    try:
        handle = os.open(path, flags | os.O_RDWR, 0o600)
        answers = stat.S_ISCHR(os.fstat(handle).st_mode)
    except OSError as error:  # some drivers and rights give one direction only
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EINVAL):
            raise
        handle, answers = os.open(path, flags | os.O_WRONLY, 0o600), False
    try:
        yield _File(handle, deadline_s, answers=answers)
    finally:
        os.close(handle)


class _Network:
    """Raw TCP. Its own socket, because python-escpos leaves one open."""

    answers = True

    def __init__(self, line: socket.socket, deadline_s: float) -> None:
        self._line = line
        self._deadline_s = deadline_s

    def write(self, data: bytes) -> None:
        self._line.settimeout(self._deadline_s)
        self._line.sendall(data)

    def read(self, wait_s: float) -> bytes:
        self._line.settimeout(wait_s)
        try:
            return self._line.recv(64)
        except TimeoutError:
            return b""


@contextmanager
def _network(host: str, port: int, deadline_s: float) -> Iterator[Wire]:
    with socket.create_connection((host, port), timeout=deadline_s) as line:
        yield _Network(line, deadline_s)


class _Serial:
    """A serial line through pyserial."""

    answers = True

    def __init__(self, line: Any, late: type[Exception]) -> None:
        self._line = line
        self._late = late

    def write(self, data: bytes) -> None:
        try:
            self._line.write(data)
        except self._late as error:
            raise TimeoutError from error

    def read(self, wait_s: float) -> bytes:
        self._line.timeout = wait_s
        first: bytes = self._line.read(1)
        return first + self._line.read(self._line.in_waiting) if first else first


@contextmanager
def _serial(device: str, bauds: int, deadline_s: float) -> Iterator[Wire]:
    try:
        serial: Any = importlib.import_module("serial")
    except ImportError as error:
        raise DeviceError("Serial printing needs pyserial: pip install pyserial") from error
    with serial.Serial(device, bauds, write_timeout=deadline_s) as line:
        yield _Serial(line, serial.SerialTimeoutException)


class _Usb:
    """A printer of the USB printer class, through python-escpos and pyusb."""

    answers = True

    def __init__(self, printer: Any) -> None:
        self._printer = printer

    def write(self, data: bytes) -> None:
        self._printer._raw(data)

    def read(self, wait_s: float) -> bytes:
        device = self._printer.device
        try:
            return bytes(device.read(self._printer.in_ep, 64, int(wait_s * 1000)))
        except OSError:  # a printer that tells nothing about itself may print all the same
            return b""


@contextmanager
def _usb(vendor: int, product: int, deadline_s: float) -> Iterator[Wire]:
    from escpos.exceptions import DeviceNotFoundError
    from escpos.printer import Usb

    if not Usb.is_usable():
        raise DeviceError("USB printing needs pyusb: pip install pyusb, apt install libusb-1.0-0")
    # Without a timeout of its own it would wait for ever.
    printer = Usb(vendor, product, timeout=int(deadline_s * 1000))
    try:
        printer.open()
        yield _Usb(printer)
    except DeviceNotFoundError as error:
        raise DeviceError(
            f"No printer {vendor:04x}:{product:04x} on USB: check its power and cable (lsusb)."
        ) from error
    except ValueError as error:  # pyusb found no libusb
        raise DeviceError("USB printing needs libusb: apt install libusb-1.0-0") from error
    finally:
        printer.close()
