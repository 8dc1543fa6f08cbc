"""What the kernel's files say of board, disk and clock, and what is made of it.

The files are written as the kernel writes them: `sysfs` of a Raspberry Pi 4, an eMMC, an SD card.
"""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos.health.clock import clock
from pos.health.diagnosis import Standing
from pos.health.disk import room, wear
from pos.health.machine import power, temperature, versions

SOC = "sys/devices/platform/soc/soc:firmware/get_throttled"


def wrote(root: Path, name: str, text: str) -> Path:
    """A file of the kernel under `root`."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("milli_c", "standing"),
    [
        (45_000, Standing.GOOD),
        (74_999, Standing.GOOD),
        (75_000, Standing.POOR),
        (82_000, Standing.FAULT),
        (-5_000, Standing.GOOD),
    ],
)
def test_the_warmest_zone_counts(tmp_path: Path, milli_c: int, standing: Standing) -> None:
    """Of several zones the warmest is told; too hot is a fault with a remedy."""
    wrote(tmp_path, "sys/class/thermal/thermal_zone0/temp", "-20000\n")
    wrote(tmp_path, "sys/class/thermal/thermal_zone1/temp", f"{milli_c}\n")
    told = temperature(tmp_path)
    assert told.standing is standing
    assert f"{milli_c / 1000:.0f} °C" in told.found
    assert bool(told.remedy) == (standing is not Standing.GOOD)


@pytest.mark.parametrize(
    ("bits", "standing", "word"),
    [
        ("0x0", Standing.GOOD, "good"),
        ("0x50005", Standing.FAULT, "too low"),
        ("0x50000", Standing.POOR, "was too low"),
        ("80008", Standing.POOR, "slowed"),
        ("", Standing.UNKNOWN, "nothing"),
        ("Input/output error", Standing.UNKNOWN, "nothing"),
    ],
)
def test_under_voltage_is_told_now_and_since_the_start(
    tmp_path: Path, bits: str, standing: Standing, word: str
) -> None:
    """The firmware's bits as a Raspberry Pi gives them; another machine tells nothing."""
    wrote(tmp_path, SOC, bits + "\n")
    told = power(tmp_path)
    assert told.standing is standing
    assert word in told.found


def test_the_board_is_named(tmp_path: Path) -> None:
    """Model and system as their files say, without the closing zero byte."""
    wrote(tmp_path, "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    wrote(tmp_path, "etc/os-release", 'NAME="x"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n')
    told = versions(tmp_path).found
    assert told.endswith("Raspberry Pi 5 Model B Rev 1.0")
    assert "Debian GNU/Linux 13 (trixie)" in told


@pytest.mark.parametrize(
    ("mounts", "standing"),
    [
        ("/dev/mmcblk0p3 {0} ext4 rw 0 0", Standing.GOOD),
        ("tmpfs {0} tmpfs rw 0 0", Standing.FAULT),
        ("overlay / overlay rw,upperdir=/media/rw/up,workdir=/media/rw/w 0 0\n"
         "tmpfs-root /media/rw tmpfs rw 0 0", Standing.FAULT),
        ("overlay / overlay rw,upperdir=/var/lib/docker/x,workdir=/w 0 0\n"
         "/dev/sda1 /var ext4 rw 0 0", Standing.GOOD),
        ("tmpfs / tmpfs rw 0 0\n/dev/mmcblk0p3 {0} ext4 rw 0 0", Standing.GOOD),
    ],
)  # fmt: skip
def test_a_journal_in_memory_is_a_fault(tmp_path: Path, mounts: str, standing: Standing) -> None:
    """A folder on tmpfs, or on an overlay whose upper half is one, is lost with the power."""
    state = tmp_path / "state"
    state.mkdir()
    wrote(tmp_path, "proc/mounts", mounts.format(state) + "\n")
    told = room(state, tmp_path)
    assert told.standing is standing, told
    assert list(state.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    """What the system says, and a remedy; nothing is raised."""
    told = room(tmp_path / "none", tmp_path)
    assert told.standing is Standing.FAULT
    assert "No such file" in told.found
    assert told.remedy


def block_of(root: Path, state: Path) -> Path:
    """The block device under `state`, as a partition of a card, in a tree of its own."""
    number = state.stat().st_dev
    partition = root / "sys/devices/platform/mmc0/mmcblk0/mmcblk0p3"
    wrote(partition, "partition", "3\n")
    link = root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    link.parent.mkdir(parents=True)
    link.symlink_to(partition)
    return partition


@pytest.mark.parametrize(
    ("life", "eol", "standing", "word"),
    [
        ("0x01 0x02", "0x01", Standing.GOOD, "20 %"),
        ("0x09 0x01", "0x01", Standing.POOR, "90 %"),
        ("0x01 0x01", "0x02", Standing.POOR, "10 %"),
        ("0x0b 0x01", "0x01", Standing.FAULT, "100 %"),
        ("0x01 0x01", "0x03", Standing.FAULT, "10 %"),
    ],
)
def test_an_emmc_tells_its_wear(
    tmp_path: Path, life: str, eol: str, standing: Standing, word: str
) -> None:
    """The two life times in tenths, the worse of them, and the warning before the end."""
    card = block_of(tmp_path, tmp_path).parent / "device"
    wrote(card, "life_time", life + "\n")
    wrote(card, "pre_eol_info", eol + "\n")
    wrote(tmp_path, "sys/fs/ext4/mmcblk0p3/lifetime_write_kbytes", f"{3 * 2**20}\n")
    told = wear(tmp_path, tmp_path)
    assert told.standing is standing
    assert word in told.found
    assert "3.0 GiB written" in told.found


def test_an_sd_card_tells_nothing_but_its_file_system_does(tmp_path: Path) -> None:
    """Unknown is not good; errors that the file system met are a fault."""
    card = block_of(tmp_path, tmp_path).parent / "device"
    wrote(card, "type", "SD\n")
    told = wear(tmp_path, tmp_path)
    assert (told.standing, told.found) == (Standing.UNKNOWN, "an SD card tells nothing of its wear")
    wrote(tmp_path, "sys/fs/ext4/mmcblk0p3/errors_count", "2\n")
    assert wear(tmp_path, tmp_path).standing is Standing.FAULT


@pytest.mark.parametrize(
    ("ahead_s", "newest_after_s", "standing"),
    [
        (0.4, -10.0, Standing.GOOD),
        (-61.0, -10.0, Standing.FAULT),
        (90.0, None, Standing.FAULT),
        (None, 3600.0, Standing.FAULT),
    ],
)
def test_switch_and_journal_are_witnesses_of_the_clock(
    tmp_path: Path, ahead_s: float | None, newest_after_s: float | None, standing: Standing
) -> None:
    """A minute off the switch, or before the journal's newest entry, is a fault."""
    newest_s = None if newest_after_s is None else time.time() + newest_after_s
    told = clock(ahead_s, newest_s, tmp_path)
    assert told.standing is standing
    assert bool(told.remedy) == (standing is Standing.FAULT)


def test_a_clock_that_systemd_set_is_good(tmp_path: Path) -> None:
    """The mark that systemd-timesyncd leaves counts, without any switch."""
    wrote(tmp_path, "run/systemd/timesync/synchronized", "")
    told = clock(None, None, tmp_path)
    assert told.standing is Standing.GOOD
    assert f"{datetime.now(UTC).year}" in told.found


def test_a_library_that_does_not_fit_is_a_fault_and_not_an_end(tmp_path: Path) -> None:
    """Where numpy is broken, as an update of the system may leave it, the rest is told too."""
    broken = wrote(tmp_path, "numpy/__init__.py", "raise ImportError('built for another system')\n")
    environment = {**os.environ, "PYTHONPATH": str(broken.parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "pos", "check", "--state", str(tmp_path / "state")],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "FAULT codes" in done.stdout
    assert "lights" in done.stdout
    assert done.stderr == ""
