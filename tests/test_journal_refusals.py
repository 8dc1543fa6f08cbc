"""What the journal says when it cannot be trusted or written: one sentence, with the remedy.

Apart from the sound journal because here each disk, file or entry is bad in its own way.
"""

import errno
import hashlib
import json
import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from pos import journal
from pos.errors import IllegalMove, JournalBusy, JournalDamaged, JournalError, JournalUnwritable
from pos.journal import GENESIS, PRAGMAS, Disk, Journal, chained
from pos.journal.writing import FREE_BYTES_MIN, WAL_BYTES_MAX
from pos.proof.disk import Files, Op, TapedDisk
from pos.sale.history import Started
from pos.sale.money import Amount
from pos.sale.payment import Declined, Opened, Scenario

PRICE = Amount(12900, "NOK")
OPENED = Opened("r1", "s1", PRICE, Scenario.PAYMENT_CODE, 1000.5)
BODY = (
    '{"amount":{"currency":"NOK","value":12900},"fingerprint":"","opened_at":1000.5,'
    '"request_id":"r1","sale_id":"s1","scenario":"PaymentCode"}'
)
CALL = (
    ", so nothing may be sold on it; keep the file, call your service partner, and start with a "
    "new --state folder."
)


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


def forged(path: Path, *entries: tuple[str, str]) -> None:
    """A journal whose chain is whole, by somebody who can compute it."""
    Journal(path).close()
    with closing(apsw.Connection(str(path))) as connection:
        previous = GENESIS
        for seq, (kind, body) in enumerate(entries, 1):
            head = chained(previous, seq, kind, body)
            connection.execute(
                "INSERT INTO journal VALUES (?, ?, ?, ?, ?)", (seq, kind, body, previous, head)
            )
            previous = head


def sentence(act: Callable[[], Any], kind: type[JournalError]) -> str:
    """What is said, and that it is said by just this error; in brackets what SQLite said."""
    with pytest.raises(JournalError) as caught:
        act()
    assert type(caught.value) is kind
    # A disk of Python tells SQLite no words, and one of the system does.
    return str(caught.value).replace("(IOError)", "(disk I/O error)")


def test_an_entry_is_canonical_text_hung_on_the_one_before(path: Path) -> None:
    """The stored row byte for byte, and its hash from the written rule, without our code."""
    with Journal(path) as book:
        assert book.append(OPENED)
        head = book.head
    with closing(apsw.Connection(str(path))) as connection:
        rows = connection.execute("SELECT seq, kind, body, prev, hash FROM journal").fetchall()
    canonical = json.dumps([1, "Opened", BODY], separators=(",", ":")).encode()
    whole = b"pos-journal-1" + bytes(32) + len(canonical).to_bytes(8, "big") + canonical
    assert rows == [(1, "Opened", BODY, bytes(32), hashlib.sha256(whole).digest())]
    assert rows[0][4] == head


def test_the_hash_of_an_entry_never_changes() -> None:
    """Journals that lie in shops have to be read for ten years; letters beyond ASCII too."""
    found = chained(bytes(range(32)), 7, "Opened", '{"sale_id":"kjøp 支付"}')
    assert found.hex() == "a2fbc7617b1fea8f903d3921aefb010c60012abdc7584f356f5dcbf1a37bdee8"


def test_the_file_says_what_it_is(path: Path) -> None:
    """Application and version are in its header; the folder's entry for it is made durable."""
    Journal(path).close()
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.pragma("application_id") == 0x534B4A31
        assert connection.pragma("user_version") == 1
    assert stat.S_IMODE(path.with_suffix(".lock").stat().st_mode) == 0o600
    files = Files()
    Journal(path, TapedDisk(files)).close()
    made = [op.kind for op in files.tape if op.kind == "sync_folder"]
    Journal(path, TapedDisk(files)).close()
    assert [op.kind for op in files.tape if op.kind == "sync_folder"][len(made) :] == []
    assert made


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


def test_a_second_writer_hears_what_to_do(path: Path) -> None:
    """And nothing of how it was found out."""
    with Journal(path) as book:
        with pytest.raises(JournalBusy) as caught:
            Journal(path)
        assert book.append(OPENED)
    assert str(caught.value) == (
        "Another Samkassa process is using this journal; close it, or name another folder with "
        "--state."
    )
    assert caught.value.__suppress_context__


def test_a_lock_that_cannot_be_made_is_told(path: Path) -> None:
    """With its name and what the system says."""
    lock = path.with_suffix(".lock")
    lock.mkdir(parents=True)
    assert sentence(lambda: Journal(path), JournalUnwritable) == (
        f"The journal's lock {lock} cannot be made (Is a directory); check the disk and the "
        "rights of its folder."
    )


def test_a_place_where_no_file_can_be_is_told(path: Path) -> None:
    """And the lock is given up."""
    path.mkdir(parents=True)
    assert sentence(lambda: Journal(path), JournalUnwritable) == (
        f"The journal {path} cannot be opened ([Errno {errno.EISDIR}] Is a directory: "
        f"{str(path)!r}); check the disk."
    )
    path.rmdir()
    Journal(path).close()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(), "OSError"),
        (apsw.Error("disk is gone\nand more\nthat nobody needs"), "disk is gone"),
        (apsw.CantOpenError("unable to open"), "unable to open"),
    ],
    ids=["no words", "two lines", "one"],
)
def test_only_the_first_line_of_a_fault_is_told(fault: Exception, words: str, path: Path) -> None:
    """Or its name, when it has no words."""

    class Gone(Disk):
        def connect(self, path: Path) -> apsw.Connection:
            raise fault

    assert sentence(lambda: Journal(path, Gone()), JournalUnwritable) == (
        f"The journal {path} cannot be opened ({words}); check the disk."
    )


@pytest.mark.parametrize("how", ["text", "tables", "id", "version"])
def test_a_file_that_is_no_journal_is_named(how: str, path: Path) -> None:
    """Another program's, another version's, or a set-up that is not ours: never written to."""
    path.parent.mkdir()
    if how == "text":
        path.write_bytes(b"not a database, but long enough to look at" * 40)
    else:
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute(
                {
                    "tables": "CREATE TABLE mine (a)",
                    "id": "PRAGMA application_id = 7",
                    "version": "PRAGMA user_version = 1",
                }[how]
            )
    raw = path.read_bytes()
    assert sentence(lambda: Journal(path), JournalDamaged) == (
        f"{path} is not a journal of this version; keep it, and name another --state folder."
    )
    if how == "text":
        assert path.read_bytes() == raw


def test_a_file_that_was_only_made_is_an_empty_journal(path: Path) -> None:
    """Its maker died before the first thing was written: to read, and to write on."""
    path.parent.mkdir()
    path.touch(0o600)
    assert list(journal.rows(path)) == []
    with Journal(path) as book:
        assert (book.seq, book.head) == (0, GENESIS)
        assert book.append(OPENED)


def test_a_journal_that_cannot_be_read_is_told_by_the_reader(path: Path) -> None:
    """It names the entry at which it had to give up."""
    path.parent.mkdir()
    path.write_bytes(b"not a database, but long enough to look at" * 40)
    assert sentence(lambda: journal.read(path), JournalDamaged) == (
        f"Entry 1 of the journal cannot be read{CALL}"
    )
    path.unlink()
    path.mkdir()
    assert sentence(lambda: journal.read(path), JournalDamaged) == (
        f"{path} is not a journal of this version; keep it, and name another --state folder."
    )
    path.rmdir()
    assert sentence(lambda: journal.read(path), JournalError) == (
        f"There is no journal at {path}; name the folder with --state."
    )


@pytest.mark.parametrize(
    "body", ["no json", "[1,2]", '"text"', "null", "[" * 100_000], ids=lambda body: body[:6]
)
def test_an_entry_that_is_no_object_is_what_no_till_writes(body: str, path: Path) -> None:
    """Though its chain is whole, by somebody who can compute it."""
    forged(path, ("Opened", BODY), ("Paid", body))
    expected = f"Entry 2 of the journal is not what a till writes{CALL}"
    for act in (lambda: Journal(path), lambda: journal.read(path)):
        assert sentence(act, JournalDamaged) == expected


def test_entries_in_an_order_that_no_till_writes_are_named(path: Path) -> None:
    """A payment that was paid before it was asked for; the move itself is the cause."""
    forged(path, ("Declined", '{"request_id":"r1","result_code":"X"}'))
    with pytest.raises(JournalDamaged) as caught:
        Journal(path)
    assert str(caught.value) == f"Entry 1 of the journal is not what a till writes{CALL}"
    assert isinstance(caught.value.__cause__, IllegalMove)
    (row,) = journal.rows(path)
    assert row.entry() == Declined("r1", "X")


def test_an_entry_of_a_later_version_is_named(path: Path) -> None:
    """By its kind."""
    forged(path, ("Bartered", "{}"))
    assert "'Bartered' entry" in sentence(lambda: journal.read(path), JournalDamaged)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE journal SET body = '{}' WHERE seq = 2", "Entry 2 of the journal is not what was"),
        ("UPDATE journal SET prev = hash WHERE seq = 2", "Entry 2 of the journal is not what was"),
        ("DELETE FROM journal WHERE seq = 1", "Entry 1 of the journal is missing"),
        ("DROP TABLE journal", "Entry 1 of the journal cannot be read"),
    ],
)  # fmt: skip
def test_a_changed_journal_is_told_in_a_sentence(statement: str, said: str, path: Path) -> None:
    """What happened to which entry, and what to do."""
    with Journal(path) as book:
        for number in range(3):
            book.append(Started(str(number), 1.0))
    with closing(apsw.Connection(str(path))) as connection:
        for trigger in ("update", "delete"):
            connection.execute(f"DROP TRIGGER journal_is_final_{trigger}")
        connection.execute(statement)
    whole = said + (" written" if said.endswith("was") else "") + CALL
    assert sentence(lambda: Journal(path), JournalDamaged) == whole
    assert sentence(lambda: journal.read(path), JournalDamaged) == whole


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


def test_closing_may_fail_and_be_repeated(path: Path) -> None:
    """What is written down needs no closing; the lock is free for the next all the same."""
    disk = Ears()
    book = Journal(path, disk)
    book.append(OPENED)
    blob = disk.connections[0].blob_open("main", "journal", "hash", 1, False)
    book.close()
    book.close()
    blob.close(True)
    with Journal(path) as again:
        assert again.seq == 1
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
