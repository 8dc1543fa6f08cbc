"""The copy of a journal from before another release, and when it may take the journal's place."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pos.errors import JournalBusy, JournalDamaged, JournalError, JournalUnwritable
from pos.folders import JOURNAL_NAME
from pos.journal import Journal, chained, keep, put_back, read
from pos.journal.keeping import KEPT_COUNT_MAX
from pos.sale.incident import Started, Stopped
from pos.sale.money import Amount
from pos.sale.payment import Opened, Scenario

OPENED = Opened("a1", "s1", Amount(1000, "NOK"), Scenario.PAYMENT_CODE, 1.0)


def journal_of(folder: Path) -> Journal:
    """The open journal."""
    return Journal(folder / JOURNAL_NAME)


def written_by_a_later_release(folder: Path, kind: str, fields: dict[str, object]) -> None:
    """One more entry in the chain, as this release would never write it."""
    body = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    with closing(sqlite3.connect(folder / JOURNAL_NAME)) as connection, connection:
        seq, head = connection.execute("SELECT max(seq), hash FROM journal").fetchone()
        row = (seq + 1, kind, body, head, chained(head, seq + 1, kind, body))
        connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", row)


def test_a_copy_is_the_journal_as_it_was_beside_a_till_that_goes_on(tmp_path: Path) -> None:
    """Its head is the one from then; the till that has it open is not disturbed."""
    with journal_of(tmp_path) as journal:
        journal.append(Started("1", 1.0))
        path, head = keep(tmp_path, "next")
        assert head == journal.head
        journal.append(OPENED)
    assert path == tmp_path / "kept/next.db"
    assert read(path).payments == {}
    assert "a1" in read(tmp_path / JOURNAL_NAME).payments


def test_what_an_earlier_release_cannot_read_goes_if_it_is_of_no_worth(tmp_path: Path) -> None:
    """A later one wrote that it started, in words of its own: the journal from before is back."""
    with journal_of(tmp_path) as journal:
        journal.append(OPENED)
        path, head = keep(tmp_path, "next")
    written_by_a_later_release(tmp_path, "Started", {"version": "9", "at": 1.0, "colour": "red"})
    with pytest.raises(JournalDamaged, match="cannot read"):
        journal_of(tmp_path)
    assert put_back(tmp_path, path.name) == 1
    with journal_of(tmp_path) as journal:
        assert journal.head == head
        assert "a1" in journal.history.payments
    assert (tmp_path / "kept/next.left").exists(), "what was there is kept, too"


@pytest.mark.parametrize("kind", ["Opened", "Unheard"])
def test_nothing_that_may_be_money_ever_goes(tmp_path: Path, kind: str) -> None:
    """A payment, or an entry that nobody here knows, keeps the journal where it is."""
    with journal_of(tmp_path) as journal:
        journal.append(Started("1", 1.0))
        path, _ = keep(tmp_path, "next")
        journal.append(Stopped(2.0))
    written_by_a_later_release(tmp_path, kind, {"request_id": "b2"})
    before = (tmp_path / JOURNAL_NAME).read_bytes()
    with pytest.raises(JournalError, match="Sales were written"):
        put_back(tmp_path, path.name)
    assert (tmp_path / JOURNAL_NAME).read_bytes() == before


def test_neither_a_till_at_work_nor_another_journal_is_overwritten(tmp_path: Path) -> None:
    """The lock is the till's; a copy must be of this very journal."""
    with journal_of(tmp_path) as journal:
        journal.append(Started("1", 1.0))
        path, _ = keep(tmp_path, "next")
        with pytest.raises(JournalBusy):
            put_back(tmp_path, path.name)
    other = tmp_path / "other"
    other.mkdir()
    with journal_of(other) as journal:
        journal.append(Started("2", 5.0))
    (other / "kept").mkdir()
    path.rename(other / "kept/next.db")
    with pytest.raises(JournalError, match="another journal"):
        put_back(other, "next.db")


def kept_of(folder: Path) -> Path:
    """A copy of a journal in which a till started, and nothing else happened."""
    with journal_of(folder) as journal:
        journal.append(Started("1", 1.0))
        return keep(folder, "next")[0]


def same(sentence: str) -> str:
    """What `pytest.raises` matches with this sentence alone."""
    return f"^{re.escape(sentence)}$"


def test_only_the_newest_copies_are_kept(tmp_path: Path) -> None:
    """A card is not filled with them."""
    with journal_of(tmp_path) as journal:
        for number in range(KEPT_COUNT_MAX + 2):
            journal.append(Started(str(number), 1.0))
            # A name sorts the other way round: it is the time that counts.
            path, _ = keep(tmp_path, f"release-{9 - number}")
            os.utime(path, (number, number))
    left = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert left == ["release-5.db", "release-6.db", "release-7.db"]


def test_a_copy_is_one_file_for_this_user_alone(tmp_path: Path) -> None:
    """Whole by itself, in a folder that nobody else may look into; made again it replaces itself,
    whatever a power cut left of the last one."""
    path = kept_of(tmp_path)
    folder = path.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    (folder / "next.new").write_bytes(b"half a copy")
    with journal_of(tmp_path) as journal:
        journal.append(OPENED)
        assert keep(tmp_path, "next") == (path, journal.head)
    assert [each.name for each in folder.iterdir()] == ["next.db"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_journal_in_which_nothing_stands_yet_is_kept_with_its_genesis(tmp_path: Path) -> None:
    """A till that has never sold may be given another release, too."""
    with journal_of(tmp_path):
        path, head = keep(tmp_path, "next")
    assert head == bytes(32)
    assert put_back(tmp_path, path.name) == 0


def test_without_a_journal_there_is_nothing_to_keep_or_put_back(tmp_path: Path) -> None:
    """Whoever named the wrong folder is told so, and nothing is made there."""
    journal = tmp_path / JOURNAL_NAME
    with pytest.raises(
        JournalError, match=same(f"There is no journal at {journal}; name the folder with --state.")
    ):
        keep(tmp_path, "next")
    assert list(tmp_path.iterdir()) == []
    kept_of(tmp_path)
    missing = tmp_path / "kept/other.db"
    with pytest.raises(JournalError, match=same(f"There is no journal at {missing}.")):
        put_back(tmp_path, "other.db")


def test_a_disk_that_refuses_the_copy_is_told_with_the_remedy(tmp_path: Path) -> None:
    """Here the place of the copy is taken by a folder."""
    (tmp_path / "kept/next.db").mkdir(parents=True)
    with journal_of(tmp_path), pytest.raises(JournalUnwritable) as told:
        keep(tmp_path, "next")
    begin, _, rest = str(told.value).partition(" (")
    assert begin == f"The journal cannot be kept in {tmp_path / 'kept'}"
    assert "Is a directory" in rest
    assert rest.endswith("); free space there.")


def test_a_disk_that_refuses_the_way_back_leaves_the_journal(tmp_path: Path) -> None:
    """Nothing has taken its place, and the lock is free again."""
    path = kept_of(tmp_path)
    fresh = (tmp_path / JOURNAL_NAME).with_suffix(".new")
    fresh.mkdir()
    before = (tmp_path / JOURNAL_NAME).read_bytes()
    with pytest.raises(JournalUnwritable) as told:
        put_back(tmp_path, path.name)
    begin, _, rest = str(told.value).partition(" (")
    assert begin == "The kept journal cannot be put back"
    assert "Is a directory" in rest
    assert rest.endswith("); check the disk.")
    assert (tmp_path / JOURNAL_NAME).read_bytes() == before
    with journal_of(tmp_path) as journal:
        assert journal.seq == 1


def test_the_log_of_the_journal_that_goes_is_not_left_to_the_one_that_comes(tmp_path: Path) -> None:
    """SQLite would read it as part of the file that it lies beside."""
    path = kept_of(tmp_path)
    beside = [tmp_path / (JOURNAL_NAME + rest) for rest in ("-wal", "-shm")]
    for each in beside:
        each.touch()
    assert put_back(tmp_path, path.name) == 0
    assert not any(each.exists() for each in beside)
    assert sorted(each.name for each in path.parent.iterdir()) == ["next.db", "next.left"]
    assert path.with_suffix(".left").stat().st_size == (tmp_path / JOURNAL_NAME).stat().st_size


def test_why_a_copy_may_not_come_back_is_a_sentence(tmp_path: Path) -> None:
    """With what to do about it."""
    path = kept_of(tmp_path)
    with journal_of(tmp_path) as journal:
        journal.append(OPENED)
    sold = (
        "Sales were written since the journal was kept, so it stays as it is; run the "
        "release that wrote them."
    )
    with pytest.raises(JournalError, match=same(sold)):
        put_back(tmp_path, path.name)
    other = tmp_path / "other"
    with journal_of(other) as journal:
        journal.append(Started("2", 5.0))
    (other / "kept").mkdir()
    path = path.rename(other / "kept/next.db")
    strange = f"{path} is the copy of another journal; nothing was changed."
    with pytest.raises(JournalError, match=same(strange)):
        put_back(other, "next.db")


def test_only_starts_and_stops_are_of_no_worth(tmp_path: Path) -> None:
    """Both of them, in any number, and they are counted."""
    path = kept_of(tmp_path)
    with journal_of(tmp_path) as journal:
        for each in (Stopped(2.0), Started("2", 3.0), Stopped(4.0)):
            journal.append(each)
    assert put_back(tmp_path, path.name) == 3
    with journal_of(tmp_path) as journal:
        assert journal.seq == 1
