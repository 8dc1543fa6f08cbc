"""gpiozero, with simulated pins where the machine has none, and where its pins are on the header.

Apart because lights, buttons and the picture of the wiring must mean the same pin by a number.
"""

import os
from pathlib import Path
from typing import Any

from hardware.devices import DeviceError

# BCM number -> pin of the 40-pin header, the same on every Raspberry Pi since the B+.
HEADER = {
    2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33, 14: 8,
    15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22,
    26: 37, 27: 13,
}  # fmt: skip
GROUNDS = (6, 9, 14, 20, 25, 30, 34, 39)


def gpio() -> Any:
    """The gpiozero module. Raises DeviceError when it is absent."""
    if not Path("/dev/gpiochip0").exists():
        os.environ.setdefault("GPIOZERO_PIN_FACTORY", "mock")  # never automatic in gpiozero
    try:
        import gpiozero
    except ImportError as error:
        raise DeviceError("gpiozero is not installed: pip install gpiozero lgpio") from error
    return gpiozero
