"""The disk that holds the journal: room, speed, whether it keeps what it is given, and its wear.

Apart from the journal, which trusts what the disk says, because here the disk itself is asked.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from pos.health.diagnosis import Diagnosis, Standing
from pos.health.machine import read
from pos.journal import FREE_BYTES_MIN

FREE_BYTES_LITTLE = 8 * FREE_BYTES_MIN
SYNC_S_SLOW = 0.5  # a card that takes longer is full of errors, or no card for a till
SYNC_COUNT = 5
MIB = 2**20

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
# What an eMMC says of itself, in tenths of its life used (JEDEC JESD84-B51, EXT_CSD 267 to 269).
LIFE_TENTHS_POOR = 8
LIFE_TENTHS_MAX = 10
PRE_EOL = {"0x02": Standing.POOR, "0x03": Standing.FAULT}

_COPY = "Copy the till's folder, replace the card by an industrial one, and restore it there."


def room(state: Path, root: Path) -> Diagnosis:
    """Whether what is written here is kept, how fast, and how much room there is."""
    if _in_memory(state, root):
        remedy = "Name a folder on the card with --state, or let it be mounted before the till."
        found = f"{state} lies in memory and is lost when the till is switched off"
        return Diagnosis("disk", Standing.FAULT, found, remedy)
    try:
        slowest_s = max(_synced_s(state) for _ in range(SYNC_COUNT))
        held = os.statvfs(state)
    except OSError as fault:
        found = f"{state} cannot be written ({fault.strerror})"
        return Diagnosis("disk", Standing.FAULT, found, "Check the disk and the folder's rights.")
    free_bytes = held.f_bavail * held.f_frsize
    found = f"{free_bytes / MIB:,.0f} MiB free, a write is safe after {slowest_s * 1000:.1f} ms"
    if free_bytes < FREE_BYTES_MIN:
        return Diagnosis("disk", Standing.FAULT, found, "Free space; until then nothing is sold.")
    if free_bytes < FREE_BYTES_LITTLE:
        return Diagnosis("disk", Standing.POOR, found, "Free space before it runs out.")
    if slowest_s > SYNC_S_SLOW:
        return Diagnosis("disk", Standing.POOR, f"{found}, which is slow", _COPY)
    return Diagnosis("disk", Standing.GOOD, found)


def wear(state: Path, root: Path) -> Diagnosis:
    """What the device under the journal and its file system tell of their age."""
    number = state.stat().st_dev
    block = (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    if not block.is_dir():
        return Diagnosis("wear", Standing.UNKNOWN, "what lies under this folder tells nothing")
    system = root / "sys/fs/ext4" / block.name
    errors = read(system / "errors_count")
    if errors.isdigit() and int(errors):
        return Diagnosis("wear", Standing.FAULT, f"the file system met {errors} errors", _COPY)
    written = read(system / "lifetime_write_kbytes")
    told = f"{int(written) / MIB:,.1f} GiB written" if written.isdigit() else ""
    device = (block.parent if (block / "partition").exists() else block) / "device"
    tenths = max((int(word, 16) for word in read(device / "life_time").split()), default=0)
    warned = PRE_EOL.get(read(device / "pre_eol_info"), Standing.GOOD)
    if tenths:
        told = f"{min(tenths, LIFE_TENTHS_MAX) * 10} % of its life used" + (told and f", {told}")
    if warned is Standing.FAULT or tenths > LIFE_TENTHS_MAX:
        return Diagnosis("wear", Standing.FAULT, told or "the disk says that it is worn out", _COPY)
    if warned is Standing.POOR or tenths > LIFE_TENTHS_POOR:
        return Diagnosis("wear", Standing.POOR, told or "the disk says that it wears out", _COPY)
    if tenths:
        return Diagnosis("wear", Standing.GOOD, told)
    kind = {"SD": "an SD card tells", "MMC": "this card tells"}.get(read(device / "type"), "")
    silent = f"{kind or 'this disk tells'} nothing of its wear"
    return Diagnosis("wear", Standing.UNKNOWN, silent + (told and f"; {told}"))


def _synced_s(state: Path) -> float:
    """Seconds until one page is surely on the disk."""
    path = state / f".check-{os.getpid()}"
    began_s = time.perf_counter()
    try:
        with path.open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        return time.perf_counter() - began_s
    finally:
        path.unlink(missing_ok=True)


def _in_memory(state: Path, root: Path) -> bool:
    """Whether the folder is lost with the power, also as the upper half of an overlay."""
    kind, options = _mounted(state.resolve(), root)
    if kind == "overlay":
        upper = next((o[9:] for o in options.split(",") if o.startswith("upperdir=")), "")
        kind = _mounted(Path(upper), root)[0] if upper else ""
    return kind in IN_MEMORY


def _mounted(folder: Path, root: Path) -> tuple[str, str]:
    """Kind and options of the file system that `folder` lies on."""
    best, found = -1, ("", "")
    for place, kind, options in _mounts(root):
        if folder.is_relative_to(place) and len(place) >= best:
            best, found = len(place), (kind, options)
    return found


def _mounts(root: Path) -> Iterator[tuple[str, str, str]]:
    for line in read(root / "proc/mounts").splitlines():
        _device, place, kind, options, *_ = line.split()
        yield place.replace("\\040", " "), kind, options
