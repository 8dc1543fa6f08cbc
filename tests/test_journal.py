"""The journal on a real disk: what is acknowledged stays, what was changed is named.

Apart from the history, whose rules need no disk. Damage is done with a second SQLite connection
and the triggers dropped, as somebody with the file in hand would do it.
"""

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from pos import journal
from pos.errors import IllegalMove, JournalDamaged, JournalError
from pos.journal import Journal, chained
from pos.sale.history import Entry
from pos.sale.money import Amount
from pos.sale.payment import Declined, Opened, Paid, Scenario, StillOpen

PRICE = Amount(12900, "NOK")


def opened(number: int) -> Opened:
    """The intent of one payment."""
    return Opened(f"r{number}", f"s{number}", PRICE, Scenario.PAYMENT_CODE, 1000.0 + number)


def sales(count: int) -> Iterator[Entry]:
    """`count` paid sales, two entries each."""
    for number in range(count):
        yield opened(number)
        yield Paid(f"r{number}", f"p{number}", PRICE, "Vipps")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal may be."""
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def written(path: Path) -> Path:
    """A closed journal of five sales: ten entries."""
    with Journal(path) as book:
        for entry in sales(5):
            assert book.append(entry)
    return path


def tampered(path: Path, *statements: str) -> None:
    """Change the file as its owner could."""
    with closing(apsw.Connection(str(path))) as connection:
        for trigger in ("update", "delete"):
            connection.execute(f"DROP TRIGGER journal_is_final_{trigger}")
        for statement in statements:
            connection.execute(statement)


def test_what_was_appended_is_there_after_opening_again(written: Path) -> None:
    """The fold, the numbers and the head of the chain."""
    with Journal(written) as book:
        assert book.seq == 10
        assert [each.request_id for each in book.history.recent(9)] == [
            "r4",
            "r3",
            "r2",
            "r1",
            "r0",
        ]
        assert not book.history.open_payments()
        head = book.head
    assert [row.hash for row in journal.rows(written)][-1] == head
    assert journal.read(written).payments["r3"].payment_id == "p3"


def test_the_chain_can_be_computed_by_anybody(written: Path) -> None:
    """From the stored columns and the domain alone, as documented."""
    with closing(apsw.Connection(str(written))) as connection:
        stored = list(connection.execute("SELECT seq, kind, body, prev, hash FROM journal"))
    previous = bytes(32)
    for seq, kind, body, prev, found in stored:
        assert prev == previous
        assert found == chained(previous, seq, kind, body)
        previous = found
    assert len({row[4] for row in stored}) == 10


def test_what_changes_nothing_is_not_written(path: Path) -> None:
    """And an illegal move leaves file and fold as they were."""
    with Journal(path) as book:
        assert book.append(opened(1)) is True
        assert book.append(StillOpen("r1", "PAYMENT_IN_PROCESS")) is False
        for illegal in (opened(1), Paid("r9", "p", PRICE), Paid("r1", "p", Amount(1, "NOK"))):
            with pytest.raises(IllegalMove):
                book.append(illegal)
        assert book.poisoned is None
        assert book.append(Declined("r1", "X")) is True
    assert [row.kind for row in journal.rows(path)] == ["Opened", "Declined"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE journal SET body = replace(body, '12900', '12901') WHERE seq = 7", "Entry 7 "),
        ("UPDATE journal SET kind = 'Declined' WHERE seq = 4", "Entry 4 "),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 2", "Entry 2 "),
        ("UPDATE journal SET prev = zeroblob(32) WHERE seq = 9", "Entry 9 "),
        ("UPDATE journal SET body = body || ' ' WHERE seq = 10", "Entry 10 "),
        ("DELETE FROM journal WHERE seq = 6", "Entry 6 of the journal is missing"),
        ("DELETE FROM journal WHERE seq = 1", "Entry 1 of the journal is missing"),
        ("UPDATE journal SET seq = 99 WHERE seq = 3", "Entry 3 of the journal is missing"),
    ],
)
def test_a_changed_or_missing_entry_is_named(written: Path, statement: str, said: str) -> None:
    """The till refuses to sell on it, readers refuse to read on, and both say which entry."""
    tampered(written, statement)
    for act in (lambda: Journal(written), lambda: list(journal.rows(written))):
        with pytest.raises(JournalDamaged, match=said):
            act()


def test_reordered_entries_are_named(written: Path) -> None:
    """Two rows that changed places are both whole, but not where they were written."""
    tampered(
        written,
        "UPDATE journal SET seq = 99 WHERE seq = 4",
        "UPDATE journal SET seq = 4 WHERE seq = 6",
        "UPDATE journal SET seq = 6 WHERE seq = 99",
    )
    with pytest.raises(JournalDamaged, match="Entry 4 "):
        journal.read(written)


def test_rows_before_the_damage_can_still_be_listed(written: Path) -> None:
    """A person can see how far the journal is sound."""
    tampered(written, "DELETE FROM journal WHERE seq = 6")
    reader = journal.rows(written)
    assert [next(reader).seq for _ in range(5)] == [1, 2, 3, 4, 5]
    with pytest.raises(JournalDamaged, match="Entry 6 "):
        next(reader)


def test_every_byte_of_an_entry_counts(written: Path) -> None:
    """Whichever byte of the stored entries is flipped on the disk, opening fails."""
    whole = written.read_bytes()
    with closing(apsw.Connection(str(written))) as connection:
        bodies = [body for (body,) in connection.execute("SELECT body FROM journal")]
    for body in bodies:
        at = whole.index(body.encode()) + len(body) // 2
        written.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(JournalError):
            journal.read(written)
    written.write_bytes(whole)
    assert len(journal.read(written).payments) == 5


@pytest.mark.parametrize("verb", ["UPDATE journal SET kind = 'x'", "DELETE FROM journal"])
def test_the_table_itself_refuses_to_forget(written: Path, verb: str) -> None:
    """Also to another program that opens the file."""
    with (
        closing(apsw.Connection(str(written))) as connection,
        pytest.raises(apsw.ConstraintError, match="append-only"),
    ):
        connection.execute(verb)


def test_readers_are_welcome_while_the_till_sells(path: Path) -> None:
    """A reader sees what was durable when it began, and holds up neither writing nor tidying."""
    with Journal(path) as book:
        for entry in sales(5):
            book.append(entry)
        reader = journal.rows(path)
        assert next(reader).seq == 1
        for number in range(5, 10):
            assert book.append(opened(number))
        book.tidy()
        assert [row.seq for row in reader] == list(range(2, 11))
        assert len(journal.read(path).payments) == 10
        book.tidy()
    assert len(journal.read(path).payments) == 10


def test_tidying_loses_nothing_and_empties_the_log(path: Path) -> None:
    """The write-ahead log is folded into the file."""
    log = path.with_name(path.name + "-wal")
    with Journal(path) as book:
        for entry in sales(20):
            book.append(entry)
        assert log.stat().st_size > 0
        assert not book.large()
        book.tidy()
        assert log.stat().st_size == 0
        assert book.append(opened(99))
    assert len(journal.read(path).payments) == 21


def test_only_its_user_can_read_it(written: Path) -> None:
    """Amounts and ids concern nobody else."""
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700


def test_a_file_that_is_no_journal_is_left_alone(path: Path) -> None:
    """It is named, refused, and not a byte of it is changed."""
    raw = b"not a database, but long enough to look at" * 40
    path.parent.mkdir()
    path.write_bytes(raw)
    with pytest.raises(JournalError) as caught:
        Journal(path)
    assert "journal.db" in str(caught.value)
    with pytest.raises(JournalError):
        journal.read(path)
    assert path.read_bytes() == raw


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_journal_that_was_cut_off_is_refused(path: Path, kept: float) -> None:
    """Pages that are missing at the end are noticed, and nothing is sold on the rest."""
    with Journal(path) as book:
        for entry in sales(60):
            book.append(entry)
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * kept))
    for act in (lambda: Journal(path), lambda: journal.read(path)):
        with pytest.raises(JournalError):
            act()


def test_another_programs_database_is_left_alone(path: Path) -> None:
    """A database with tables of its own is no journal, nor is one of a later version."""
    path.parent.mkdir()
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("CREATE TABLE mine (a)")
    with pytest.raises(JournalDamaged, match="not a journal of this version"):
        Journal(path)
    with pytest.raises(JournalDamaged):
        journal.read(path)


def test_a_journal_of_a_later_version_is_not_written(written: Path) -> None:
    """Its entries may mean what this version does not know."""
    with closing(apsw.Connection(str(written))) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(JournalDamaged, match="not a journal of this version"):
        Journal(written)


def test_a_journal_that_is_not_there_is_said(path: Path) -> None:
    """Reading makes no file."""
    with pytest.raises(JournalError, match="no journal at"):
        journal.read(path)
    assert not path.exists()


def test_a_refused_journal_can_be_opened_by_the_next(written: Path) -> None:
    """A failed opening gives up the lock and holds no file open."""
    copy = written.read_bytes()
    tampered(written, "DELETE FROM journal WHERE seq = 6")
    with pytest.raises(JournalDamaged) as caught:
        Journal(written)
    assert caught.value is not None  # held on purpose, and with it every frame it came through
    links = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert not [link for link in links if link.name.startswith(written.name)]
    written.write_bytes(copy)
    with Journal(written) as book:
        assert book.seq == 10


def test_no_codes_and_only_plain_json_lie_on_the_disk(written: Path) -> None:
    """Each body is one JSON object with sorted keys, as other tools expect it."""
    for row in journal.rows(written):
        assert list(row.body) == sorted(row.body)
        assert json.loads(json.dumps(row.body)) == row.body
