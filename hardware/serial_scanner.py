"""A hand scanner on a serial line: RS-232, or USB that plays a serial port.

Apart from the keyboard kind because a port belongs to one program anyhow and sends bytes.
"""

from typing import Any

from hardware.devices import DeviceError
from hardware.keystrokes import SILENCE_ENDS_S, TEXT_LENGTH_MAX

BAUD = 9600  # what scanners ship with; a USB port does not mind
_ENDS = (b"\r", b"\n", b"\t")


class SerialScanner:
    """A TextSource on a port such as "/dev/ttyACM0". A text ends with CR, LF, Tab or silence."""

    def __init__(self, port: str) -> None:
        self._name = port
        self._port: Any = None

    def open(self) -> None:
        """As `TextSource.open`."""
        import serial

        self.close()
        try:
            self._port = serial.Serial(self._name, BAUD, exclusive=True)
        except serial.SerialException as error:
            raise DeviceError(
                f"The hand scanner {self._name} cannot be opened: plug it in, end other programs"
                " that use it, and add this user to the group dialout."
            ) from error

    def read(self, deadline_s: float) -> str | None:
        """As `TextSource.read`."""
        if self._port is None:
            raise DeviceError("The hand scanner is not open.")
        text, spoilt = bytearray(), False
        self._port.timeout = deadline_s
        while True:
            letter = self._next()
            if not letter or letter in _ENDS:
                if not text and letter:  # the second half of CR LF
                    continue
                break
            self._port.timeout = SILENCE_ENDS_S
            spoilt = spoilt or len(text) >= TEXT_LENGTH_MAX
            if not spoilt:
                text += letter
        # A text that is not UTF-8 comes from a damaged line: no code.
        whole = text.decode("utf-8", errors="ignore") if not spoilt else ""
        return whole if whole and len(whole.encode()) == len(text) else None

    def close(self) -> None:
        """As `TextSource.close`."""
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _next(self) -> bytes:
        import serial

        try:
            return bytes(self._port.read(1))
        except (serial.SerialException, OSError) as error:
            raise DeviceError("The hand scanner was unplugged: plug it in again.") from error
