"""The journal on a disk that fails, is full or does not answer: told, and then nothing more sold.

Apart from the files that are no journal, because here the journal is sound.
"""

import errno
import os
import shutil
import stat
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from pos.errors import JournalUnwritable
from pos.journal import GENESIS, PRAGMAS, Disk, Journal
from pos.journal.writing import FREE_BYTES_MIN, WAL_BYTES_MAX
from pos.proof.disk import Files, Op, TapedDisk
from pos.sale.history import Started
from pos.sale.payment import Declined
from tests.test_journal_refusals import OPENED, sentence


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal may be."""
    return tmp_path / "state" / "journal.db"


class Ears(Disk):
    """The product's disk, whose connection and whose free space a test may know."""

    def __init__(self, free_bytes: int = 2**40) -> None:
        self.connections: list[apsw.Connection] = []
        self._free_bytes = free_bytes

    def connect(self, path: Path) -> apsw.Connection:
        """See Disk."""
        self.connections.append(super().connect(path))
        return self.connections[-1]

    def free_bytes(self, folder: Path) -> int:
        """See Disk."""
        super().free_bytes(folder)
        return self._free_bytes


def failing(files: Files, *kinds: str, says: OSError | None = None) -> None:
    """From now on these calls fail."""

    def fail(op: Op) -> None:
        if op.kind in kinds:
            raise says or OSError(errno.EIO, "Input/output error")

    files.before = fail


def test_every_setting_is_in_force(path: Path) -> None:
    """What is asked of SQLite is what it does, in the connection that sells."""
    disk = Ears()
    with Journal(path, disk):
        (connection,) = disk.connections
        for name, value in {
            "page_size": 4096, "auto_vacuum": 0, "synchronous": 3, "journal_mode": "wal",
            "wal_autocheckpoint": 0, "foreign_keys": 1, "trusted_schema": 0,
            "cell_size_check": 1, "mmap_size": 0, "temp_store": 2,
        }.items():  # fmt: skip
            assert connection.pragma(name) == value, name
    assert len(PRAGMAS) == 10


def test_a_disk_that_cannot_be_read_is_told_at_the_start(path: Path) -> None:
    """Not taken for damage: the entries may be whole. Nothing is left open or locked."""
    files = Files()
    with Journal(path, TapedDisk(files)) as book:
        for number in range(40):
            book.append(Started(str(number) * 90, 1.0))
    reads = 0

    def fail(op: Op) -> None:
        nonlocal reads
        reads += op.kind == "read"
        if op.kind == "read" and reads > 4:
            raise OSError(errno.EIO, "Input/output error")

    files.before = fail
    assert sentence(lambda: Journal(path, TapedDisk(files)), JournalUnwritable) == (
        f"The journal {path} cannot be read (disk I/O error); check the disk."
    )


def test_the_folder_is_made_with_all_that_lead_to_it(tmp_path: Path) -> None:
    """For this user alone; one that is there already is used."""
    deep = tmp_path / "var" / "lib" / "pos" / "journal.db"
    for _ in range(2):
        Journal(deep).close()
    assert stat.S_IMODE(deep.parent.stat().st_mode) == 0o700


def test_after_a_failed_append_nothing_more_is_written(path: Path) -> None:
    """The first fault stands, whatever the disk does later; what was not told is not counted."""
    files = Files()
    book = Journal(path, TapedDisk(files))
    book.append(OPENED)
    seq, head = book.seq, book.head
    failing(files, "write", "sync")
    for _ in range(2):
        said = sentence(lambda: book.append(Declined("r1", "X")), JournalUnwritable)
        assert said == (
            f"The journal {path} could not be written (disk I/O error); free space or replace "
            "the disk, then start the till again."
        )
        assert book.poisoned is not None
        files.before = lambda _op: None
    assert (book.seq, book.head) == (seq, head)
    assert book.history.payments["r1"].state.open
    book.tidy()
    assert "could not be written" in str(book.poisoned)
    book.close()


def test_a_log_that_cannot_be_folded_is_told(path: Path) -> None:
    """And from then on nothing is written."""
    files = Files()
    book = Journal(path, TapedDisk(files))
    book.append(OPENED)
    failing(files, "write", "sync", "cut")
    said = sentence(book.tidy, JournalUnwritable)
    assert said == (
        f"The journal {path} could not be tidied (disk I/O error); replace the disk, then start "
        "the till again."
    )
    files.before = lambda _op: None
    assert sentence(lambda: book.append(Declined("r1", "X")), JournalUnwritable) == said
    book.close()


def test_what_the_journal_holds_can_be_asked(path: Path) -> None:
    """An entry by number and hash; before the first there is nothing, which every journal holds."""
    with Journal(path) as book:
        book.append(OPENED)
        first = book.head
        book.append(Declined("r1", "X"))
        assert book.holds(0, GENESIS)
        assert book.holds(1, first)
        assert book.holds(2, book.head)
        for seq, head in ((0, first), (1, book.head), (2, first), (3, book.head), (1, GENESIS)):
            assert not book.holds(seq, head)


def test_a_disk_that_cannot_say_what_it_holds_is_told(path: Path) -> None:
    """It is no answer, so it is neither yes nor no."""
    disk = Ears()
    with Journal(path, disk) as book:
        book.append(OPENED)
        disk.connections[0].exec_trace = lambda *_: False  # SQLite gives every statement up
        said = sentence(lambda: book.holds(1, book.head), JournalUnwritable)
        assert said.startswith(f"The journal {path} cannot be read (")
        assert said.endswith("); check the disk.")
        assert "None" not in said
        assert book.holds(0, GENESIS)
        disk.connections[0].exec_trace = None


def test_a_sale_is_promised_only_where_there_is_room(path: Path) -> None:
    """Sixty-four mebibytes to the byte."""
    assert FREE_BYTES_MIN == 64 * 1024 * 1024
    with Journal(path, Ears(FREE_BYTES_MIN)) as book:
        book.check_room()
    with Journal(path, Ears(FREE_BYTES_MIN - 1)) as book:
        assert sentence(book.check_room, JournalUnwritable) == (
            f"Less than 64 MiB is free for {path}; free space, then sell again."
        )
        assert book.poisoned is None


def test_the_room_is_what_this_user_may_still_write(tmp_path: Path) -> None:
    """In bytes, of the folder's own disk."""
    free_bytes = Disk().free_bytes(tmp_path)
    assert free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)
    assert isinstance(free_bytes, int)


def test_a_disk_that_does_not_answer_is_told(path: Path) -> None:
    """Before the sale, and the next question is asked anew."""
    files = Files()
    with Journal(path, TapedDisk(files)) as book:
        failing(files, "stat")
        assert sentence(book.check_room, JournalUnwritable) == (
            f"The disk of {path} does not answer (Input/output error); check it, then start the "
            "till again."
        )
        files.before = lambda _op: None
        book.check_room()


def test_a_log_is_large_beyond_four_mebibytes(path: Path) -> None:
    """One that is not there is not large."""
    assert WAL_BYTES_MAX == 4 * 1024 * 1024
    with Journal(path, TapedDisk(Files())) as book:
        assert book.large() is False
        log = path.with_name("journal.db-wal")
        for size_bytes, large in ((WAL_BYTES_MAX, False), (WAL_BYTES_MAX + 1, True)):
            with log.open("wb") as file:
                file.truncate(size_bytes)
            assert book.large() is large


@pytest.mark.parametrize("fault", [apsw.BusyError("busy"), OSError(errno.EIO, "gone")])
def test_closing_may_fail_and_be_repeated(fault: Exception, path: Path) -> None:
    """What is written down needs no closing; the lock is free for the next all the same, and
    nothing that is not its own is closed."""

    class Stuck(apsw.Connection):
        def close(self, force: bool = False) -> None:
            if not force:
                raise fault

    class Sticky(Disk):
        def connect(self, path: Path) -> apsw.Connection:
            self.connection = Stuck(str(path))
            return self.connection

    disk = Sticky()
    book = Journal(path, disk)
    book.append(OPENED)
    book.close()
    book.close()
    assert os.fstat(1)  # standard output
    apsw.Connection.close(disk.connection)
    for _ in range(2):
        with Journal(path) as again:
            assert again.seq == 1


def test_a_log_that_a_reader_still_needs_is_left_for_later(path: Path) -> None:
    """Nothing is poisoned, nothing lost, and the next time it is folded."""
    log = path.with_name("journal.db-wal")
    with Journal(path) as book:
        book.append(OPENED)
        with closing(apsw.Connection(str(path))) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM journal").fetchall()
            book.append(Declined("r1", "X"))
            book.tidy()
            assert book.poisoned is None
            assert log.stat().st_size > 0
        book.tidy()
        assert log.stat().st_size == 0
