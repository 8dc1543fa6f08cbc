"""Disks that fail at one call: the till sells nothing more, ends what is open, and says why."""

from pathlib import Path

import pytest

from pos.errors import JournalUnwritable, WrongUse
from pos.journal import Journal
from pos.proof.disk import Files, TapedDisk
from pos.proof.disk_errors import KINDS, DiskErrors, Failing, Kind, attempt
from pos.proof.disk_plants import BUGS
from pos.proof.planting import Plant, planted
from pos.proof.power import JOURNAL
from pos.proof.stall import Stall
from pos.sale.incident import Started

LASTING = KINDS[1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_error_anywhere_in_a_day_leaves_nothing_lost_and_nothing_doubled(kind: Kind) -> None:
    """At every ninth call; the error truly struck, and mostly the till halted over it."""
    tried = [attempt(3, kind, at) for at in range(1, 70, 9)]
    assert [each for done in tried for each in done.found] == []
    assert all(done.fired for done in tried)
    assert sum(done.halted for done in tried) > len(tried) / 2


def test_a_till_whose_disk_fails_ends_the_open_sale_and_sells_no_more(folder: Path) -> None:
    """A customer who has not approved yet is let go at once; the screen says why."""
    stall, files = Stall(1, folder), Files()
    with Journal(folder / JOURNAL, TapedDisk(files)) as book:
        stall.start(book)
        stall.sell()
        failing = Failing(files, LASTING, 0)
        stall.on_sent = lambda sent: failing.begin() if sent.api == "pay" else None
        stall.sell("silent")
        assert failing.fired > 0
        view = stall.view
        assert view.stopped is not None
        assert "could not be written" in dict(view.stopped.values)["sentence"]
        assert not book.history.open_payments()
        assert [each.api for each in stall.sent].count("cancel") == 1
        pays = [each.api for each in stall.sent].count("pay")
        stall.sell()
        assert [each.api for each in stall.sent].count("pay") == pays
        files.before = lambda _op: None
    stall.close()


def test_a_log_that_cannot_be_folded_halts_the_till(folder: Path) -> None:
    """In the quiet between two sales, and not at the next customer."""
    stall, files = Stall(1, folder), Files()
    with Journal(folder / JOURNAL, TapedDisk(files)) as book:
        stall.start(book)
        stall.sell()
        Failing(files, LASTING, 1)
        stall.now_s += 60.0
        stall.engine.work()
        stopped = stall.engine.view().stopped
        assert stopped is not None
        assert "could not be tidied" in dict(stopped.values)["sentence"]
        files.before = lambda _op: None
    stall.close()


def test_a_failed_entry_may_be_there_all_the_same(folder: Path) -> None:
    """A failed commit means unknown: written, but its sync failed, it is found by the next."""
    files = Files()
    with Journal(folder / JOURNAL, TapedDisk(files)) as book:
        book.append(Started("1", 0.0))
        Failing(files, Kind("sync", frozenset({"sync"})), 1)
        with pytest.raises(JournalUnwritable):
            book.append(Started("2", 0.0))
        assert book.seq == 1
        files.dead = True
    files.dead = False
    files.before = lambda _op: None
    with Journal(folder / JOURNAL, TapedDisk(files)) as again:
        assert again.seq == 2


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_till_that_takes_a_failing_disk_lightly_is_found_out(bug: Plant) -> None:
    """And shown again by its token, as long as the bug is there."""
    with planted(bug):
        found = next(
            done
            for kind in KINDS[:2]
            for at in range(20, 120)
            if (done := attempt(0, kind, at)).found
        )
        assert DiskErrors().replay(found.token)
    assert list(DiskErrors().replay(found.token)) == []


def test_a_token_of_another_gate_is_refused() -> None:
    """With the remedy."""
    for wrong in ("", "1", "1:eio", "1:none:3", "x:eio:3", "1:eio:x"):
        with pytest.raises(WrongUse, match="copy it from the table"):
            DiskErrors().replay(wrong)
