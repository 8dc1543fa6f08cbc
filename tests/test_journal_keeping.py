"""The copy of a journal from before another release, and when it may take the journal's place."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pos.errors import JournalBusy, JournalDamaged, JournalError
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


def test_only_the_newest_copies_are_kept(tmp_path: Path) -> None:
    """A card is not filled with them."""
    with journal_of(tmp_path) as journal:
        for number in range(KEPT_COUNT_MAX + 2):
            journal.append(Started(str(number), 1.0))
            keep(tmp_path, f"release-{number}")
    assert len(list((tmp_path / "kept").glob("*.db"))) == KEPT_COUNT_MAX
