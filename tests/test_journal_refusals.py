"""What the journal says when it cannot be trusted or written: one sentence, with the remedy.

Apart from the sound journal because here each disk, file or entry is bad in its own way.
"""

import errno
import hashlib
import json
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from pos import journal
from pos.errors import IllegalMove, JournalBusy, JournalDamaged, JournalError, JournalUnwritable
from pos.journal import GENESIS, Disk, Journal, chained
from pos.proof.disk import Files, TapedDisk
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
