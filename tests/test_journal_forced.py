"""The journal under force: full disks, a second writer, kill -9. Everything told is there.

Apart from the tests of a sound journal because each of these needs a process of its own to break.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos import journal
from pos.errors import JournalBusy, JournalUnwritable
from pos.journal import Journal
from pos.sale.incident import Started

APPENDER = """
import sys
from pathlib import Path
from pos.errors import JournalUnwritable
from pos.journal import Journal
from pos.sale.money import Amount
from pos.sale.payment import Opened, Scenario

with Journal(Path(sys.argv[1])) as journal:
    for number in range(int(sys.argv[2])):
        entry = Opened(f"r{number}", f"s{number}", Amount(1, "NOK"), Scenario.PAYMENT_CODE, 1.0)
        try:
            journal.append(entry)
        except JournalUnwritable as fault:
            try:
                journal.append(Opened("after", "s", Amount(1, "NOK"), Scenario.PAYMENT_CODE, 1.0))
            except JournalUnwritable as again:
                print("refused", again is fault, journal.poisoned is fault, fault, flush=True)
            break
        print(number + 1, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal may be."""
    return tmp_path / "state" / "journal.db"


@contextmanager
def appending(
    path: Path, count: int, *, file_bytes_max: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """Another process that appends, and prints the number of each entry once it is durable."""
    command = [sys.executable, "-c", APPENDER, str(path), str(count)]
    if file_bytes_max:
        command = ["prlimit", f"--fsize={file_bytes_max}", *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_second_writer_is_refused_and_the_first_goes_on(path: Path) -> None:
    """Within one process and from another; after closing, the next may write."""
    with Journal(path) as book:
        with pytest.raises(JournalBusy, match="Another Samkassa process"):
            Journal(path)
        command = [sys.executable, "-c", APPENDER, str(path), "1"]
        other = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "JournalBusy" in other.stderr
        assert book.append(Started("1", 1.0))
    with Journal(path) as book:
        assert book.seq == 1


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not on this machine")
@pytest.mark.parametrize("file_bytes_max", [40_000, 60_000, 150_000])
def test_a_disk_that_refuses_to_grow_loses_nothing(path: Path, file_bytes_max: int) -> None:
    """The append fails aloud, the journal writes no more, and all that was told is there."""
    with appending(path, 500, file_bytes_max=file_bytes_max) as process:
        said, _ = process.communicate(timeout=60)
    *numbers, last = said.splitlines()
    assert last.startswith("refused True True The journal ")
    assert "could not be written" in last
    with Journal(path) as book:
        assert book.seq >= len(numbers)
        assert book.append(Started("1", 1.0))


def test_a_full_disk_loses_nothing_and_a_nearly_full_one_sells_nothing(tmp_path: Path) -> None:
    """On a file system of half a megabyte: refused before, refused aloud, whole afterwards."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(small)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a small file system")
    path = small / "journal.db"
    try:
        with Journal(path) as book, pytest.raises(JournalUnwritable, match="MiB is free"):
            book.check_room()
        with appending(path, 2000) as process:
            said, _ = process.communicate(timeout=60)
        *numbers, last = said.splitlines()
        assert last.startswith("refused True True The journal ")
        assert len(journal.read(path).payments) >= len(numbers) > 10
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("acknowledged", [1, 2, 17, 60, 133])
def test_a_killed_writer_has_lost_nothing_that_it_was_told(path: Path, acknowledged: int) -> None:
    """kill -9 in the midst of appending: the lock is free, the chain whole, the rest there."""
    with appending(path, 1_000_000) as process:
        assert process.stdout is not None
        for _ in range(acknowledged):
            told = int(process.stdout.readline())
        process.kill()
        told = max([told, *map(int, process.stdout.read().split())])
    with Journal(path) as book:
        assert book.seq >= told >= acknowledged
        assert book.append(Started("1", 1.0))
    assert len(list(journal.rows(path))) == book.seq
