"""A hand scanner that plays a keyboard, through evdev, and never types into the till.

Apart from the serial one because of what a keyboard is: its keys go to whatever has the focus.
Here the device is grabbed, so that the kernel hands its keys to nobody else.
"""

import errno
import re
import select
import time
from pathlib import Path
from typing import Any

from hardware.devices import DeviceError
from hardware.keystrokes import SILENCE_ENDS_S, Keystrokes

# What makers call the keyboard that a scanner is; a keyboard for people is never taken by itself.
_SCANNER_NAME = re.compile(
    r"bar\s*code|scanner|imager|wedge|symbol tech|zebra|honeywell|metrologic|datalogic|newland"
    r"|opticon|code corp|sycreader|netum|inateck|eyoyo|tera\b",
    re.IGNORECASE,
)


class KeyboardWedge:
    """A TextSource on an input device: its path, a part of its name, or "auto" for any scanner."""

    def __init__(self, name: str = "auto") -> None:
        self._name = name
        self._device: Any = None
        self._evdev: Any = None
        self._keys = Keystrokes()
        self._whole: list[str] = []

    def open(self) -> None:
        """As `TextSource.open`; from here on the device's keys reach nobody else."""
        self.close()
        self._evdev = _evdev()
        path = self._path()
        try:
            device = self._evdev.InputDevice(path)
        except PermissionError as error:
            raise DeviceError(
                f"The hand scanner {path} may not be opened: add this user to the group input."
            ) from error
        except OSError as error:
            raise DeviceError(
                f"The hand scanner {path} cannot be opened: unplug it and plug it in again."
            ) from error
        try:
            device.grab()
        except OSError as error:
            device.close()
            raise DeviceError(
                "The hand scanner is held by another program: end that one first."
            ) from error
        self._device = device
        self._keys = Keystrokes()
        self._whole.clear()

    def read(self, deadline_s: float) -> str | None:
        """As `TextSource.read`. A text ends with Enter or Tab, or with a silence."""
        if self._device is None:
            raise DeviceError("The hand scanner is not open.")
        ends_s = time.monotonic() + deadline_s
        while not self._whole:
            left_s = max(0.0, ends_s - time.monotonic())
            pause_s = min(left_s, SILENCE_ENDS_S) if self._keys.begun else left_s
            readable, _, _ = select.select([self._device.fd], [], [], pause_s)
            if readable:
                self._take()
            elif self._keys.begun and pause_s == SILENCE_ENDS_S:
                return self._keys.silence()
            elif time.monotonic() >= ends_s:
                return None
        return self._whole.pop(0)

    def close(self) -> None:
        """As `TextSource.close`; the kernel lets go of the grab."""
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def _take(self) -> None:
        codes = self._evdev.ecodes
        try:
            for event in self._device.read():
                if event.type == codes.EV_KEY:
                    text = self._keys.press(event.code, event.value)
                    if text is not None:
                        self._whole.append(text)
                elif event.type == codes.EV_SYN and event.code == codes.SYN_DROPPED:
                    self._keys.lost()
        except BlockingIOError:
            return
        except OSError as error:
            gone = error.errno == errno.ENODEV
            raise DeviceError(
                "The hand scanner was unplugged: plug it in again."
                if gone
                else "The hand scanner failed: unplug it and plug it in again."
            ) from error

    def _path(self) -> str:
        if self._name.startswith("/"):
            if not Path(self._name).exists():
                raise DeviceError(f"There is no hand scanner {self._name}: plug it in.")
            return self._name
        wanted = (
            _SCANNER_NAME
            if self._name == "auto"
            else re.compile(re.escape(self._name), re.IGNORECASE)
        )
        for path in self._evdev.list_devices():
            try:
                device = self._evdev.InputDevice(path)
            except OSError:  # gone since it was listed, or not ours
                continue
            named, keys = device.name, device.capabilities().get(self._evdev.ecodes.EV_KEY, [])
            device.close()
            if wanted.search(named) and self._evdev.ecodes.KEY_ENTER in keys:
                return str(path)
        what = "that is a barcode scanner" if self._name == "auto" else f'named "{self._name}"'
        raise DeviceError(
            f"There is no keyboard {what}: plug the hand scanner in, add this user to the group"
            " input, or write the device's path."
        )


def _evdev() -> Any:
    try:
        import evdev
    except ImportError as error:
        raise DeviceError(
            "evdev is not installed: sudo apt install python3-evdev, or pip install evdev"
        ) from error
    return evdev
