"""The board and what runs on it, as the kernel tells of them: versions, heat, power.

Apart from the disk and the clock because here nothing is tried: it is only read.
"""

import platform
from pathlib import Path

from pos import __version__
from pos.health.diagnosis import Diagnosis, Standing

WARM_C, HOT_C = 75.0, 82.0  # a Pi begins to slow down at 80

# What the firmware of a Raspberry Pi tells in `get_throttled`: now in the low bits, since it was
# switched on sixteen above them.
UNDER_VOLTAGE, CAPPED, THROTTLED, SOFT_LIMIT = 1 << 0, 1 << 1, 1 << 2, 1 << 3
SINCE_START = 16
FIRMWARE = "sys/devices/platform/soc*/soc*:firmware/get_throttled"


def versions(root: Path) -> Diagnosis:
    """What is installed, and on what."""
    board = read(root / "proc/device-tree/model").rstrip("\0") or platform.machine()
    system = "Linux"
    for line in read(root / "etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            system = line.partition("=")[2].strip('"')
    found = (
        f"Samkassa {__version__}, Python {platform.python_version()}, {system}, "
        f"kernel {platform.release()}, {board}"
    )
    return Diagnosis("versions", Standing.GOOD, found)


def temperature(root: Path) -> Diagnosis:
    """The warmest zone that the kernel knows, in degrees Celsius."""
    zones = [read(path) for path in root.glob("sys/class/thermal/thermal_zone*/temp")]
    warmest_c = max(
        (int(zone) / 1000 for zone in zones if zone.lstrip("-").isdigit()), default=None
    )
    if warmest_c is None:
        return Diagnosis("temperature", Standing.UNKNOWN, "this machine tells no temperature")
    found = f"{warmest_c:.0f} °C"
    if warmest_c >= HOT_C:
        remedy = "Take the till out of the sun and free its air slots; fit a heat sink or a fan."
        return Diagnosis("temperature", Standing.FAULT, f"{found}, too hot", remedy)
    if warmest_c >= WARM_C:
        remedy = "Give the till more air, or a heat sink."
        return Diagnosis("temperature", Standing.POOR, f"{found}, warm", remedy)
    return Diagnosis("temperature", Standing.GOOD, found)


def power(root: Path) -> Diagnosis:
    """Whether a Raspberry Pi gets the voltage that it needs, now and since it was switched on."""
    told = next((read(path) for path in sorted(root.glob(FIRMWARE))), "")
    try:
        bits = int(told, 16)
    except ValueError:
        return Diagnosis(
            "power", Standing.UNKNOWN, "this machine tells nothing of its power supply"
        )
    supply = "Use the power supply made for this board, and a short cable; unplug what it feeds."
    if bits & UNDER_VOLTAGE:
        return Diagnosis("power", Standing.FAULT, "the voltage is too low", supply)
    if bits & (UNDER_VOLTAGE << SINCE_START):
        found = "the voltage was too low since it was switched on"
        return Diagnosis("power", Standing.POOR, found, supply)
    if bits & (CAPPED | THROTTLED | SOFT_LIMIT):
        remedy = "Give the till more air, or a heat sink."
        return Diagnosis("power", Standing.POOR, "the processor is slowed down by heat", remedy)
    return Diagnosis("power", Standing.GOOD, "the voltage has been good since it was switched on")


def read(path: Path) -> str:
    """What stands in one of the kernel's files, or "" where it does not say."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
