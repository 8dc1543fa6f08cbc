"""A journal that lost its end, came back from a copy, or lives twice: the switch remembers.

Apart from the damaged journals, which show by themselves: here every entry that is left is whole,
and only the switch can say that it is not all.
"""

import re
import shutil
from pathlib import Path

import pytest
from driving import shell
from driving.tills import Till

GAP = re.compile(r"The journal ends at entry (\d+), but the switch was told of entry (\d+): ")
CLOSED = re.compile(r"what the switch remembers is back and settled: (\d+)\.")


def saved(till: Till, into: Path) -> Path:
    """A copy of the till's whole folder, as of a card's image."""
    shutil.copytree(till.folder, into)
    return into


def restored(till: Till, copy: Path) -> None:
    """Put the copied journal in the place of the till's."""
    for path in till.folder.glob("journal.db*"):
        path.unlink()
    for path in copy.glob("journal.db*"):
        shutil.copy(path, till.folder / path.name)


def kinds(till: Till) -> list[str]:
    """The kinds of all entries."""
    return [entry["kind"] for entry in till.journal()]


def test_a_till_from_an_older_copy_fetches_what_it_lost_before_it_sells(
    till: Till, tmp_path: Path
) -> None:
    """Two sales and a refund are not in the copy: said, imported, settled, then the sale."""
    first = till.sell(till.switch.new_code(), "10.00")
    assert first.code == 0
    copy = saved(till, tmp_path / "copy")
    assert till.sell(till.switch.new_code(), "20.00").code == 0
    assert till.pos("refund", first.last["request_id"], "--amount", "4.00").code == 0
    assert till.sell(till.switch.new_code("declines"), "30.00").code == 1
    ids = [each["body"]["request_id"] for each in till.journal() if each["kind"] == "Opened"]
    restored(till, copy)
    assert till.states() == ["PAID"]

    done = till.sell(till.switch.new_code(), "40.00")
    assert done.code == 0, done
    assert GAP.search(done.err), done.err
    assert CLOSED.search(done.err)[1] == "3"
    assert till.states() == ["PAID", "PAID", "DECLINED", "PAID"]
    assert till.differences() == []
    after = kinds(till)
    gap, closed = after.index("Gap"), after.index("GapClosed")
    assert after[gap:closed].count("Opened") == 2
    assert after[gap:closed].count("Refunded") == 1
    assert "Opened" in after[closed:]
    now = [each["body"]["request_id"] for each in till.journal() if each["kind"] == "Opened"]
    assert now[:3] == ids
    assert len(set(now)) == 4
    quiet = till.sell(till.switch.new_code(), "5.00")
    assert (quiet.code, quiet.err) == (0, "")


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_a_journal_that_is_gone_or_empty_is_no_new_till(how: str, till: Till) -> None:
    """What was sold before comes back from the switch, and nothing is sold before that."""
    for amount in ("11.00", "12.00", "13.00"):
        assert till.sell(till.switch.new_code(), amount).code == 0
    for path in till.folder.glob("journal.db*"):
        path.unlink()
    if how == "empty":
        (till.folder / "journal.db").touch(mode=0o600)
    recovered = till.pos("recover")
    assert recovered.code == 0, recovered
    assert GAP.search(recovered.err)[1] == "1"  # the start of this process
    assert CLOSED.search(recovered.err)[1] == "3"
    assert till.states() == ["PAID"] * 3
    assert till.differences() == []
    assert till.pos("payments").out.endswith("3 payments, 0 unfinished, 0 refunds unfinished\n")


def test_a_payment_that_was_open_when_the_journal_was_lost_is_cancelled(
    till: Till, tmp_path: Path
) -> None:
    """The till died in the midst of a sale and its card forgot it: nobody stays charged."""
    assert till.sell(till.switch.new_code(), "10.00").code == 0
    copy = saved(till, tmp_path / "copy")
    killed = till.sell(till.switch.new_code("silent"), "20.00", dying_at="pay sent")
    assert killed.code == -9
    restored(till, copy)
    recovered = till.pos("recover")
    assert (recovered.code, till.states()) == (0, ["PAID", "CANCELLED"]), recovered
    assert GAP.search(recovered.err)
    assert till.differences() == []


@pytest.mark.parametrize("moment", ["Gap after", "Paid before"])
def test_a_till_that_dies_while_it_catches_up_goes_on_with_it(
    moment: str, till: Till, tmp_path: Path
) -> None:
    """Wherever it dies between the Gap and its closing, the next start finishes the work."""
    assert till.sell(till.switch.new_code(), "10.00").code == 0
    copy = saved(till, tmp_path / "copy")
    for amount in ("20.00", "30.00"):
        assert till.sell(till.switch.new_code(), amount).code == 0
    restored(till, copy)
    assert till.pos("recover", dying_at=moment).code == -9
    assert "run pos recover" in shell.one_sentence(till.pos("payments").err)
    done = till.pos("recover")
    assert done.code == 0
    assert till.states() == ["PAID"] * 3
    assert till.differences() == []
    assert kinds(till).count("GapClosed") == 1


def test_two_tills_with_one_identity_are_noticed(till: Till, tmp_path: Path) -> None:
    """A cloned card: the later start takes over with all that was sold, the earlier is refused,
    and when it comes back it has first to take up what the other sold."""
    assert till.sell(till.switch.new_code(), "10.00").code == 0
    twin = Till(saved(till, tmp_path / "twin"), till.client_id, till.switch)
    first = till.start("sell", "--amount", "45.50", "--show")
    shell.line_with(first, "/28199904")
    took_over = twin.sell(till.switch.new_code(), "20.00")
    assert took_over.code == 0, took_over
    assert GAP.search(took_over.err)
    assert "CANCELLED" in twin.states()  # the other's open sale is ended: nobody can pay it now
    first.terminate()
    shell.finish(first)
    back = till.sell(till.switch.new_code(), "30.00")
    assert back.code == 0, back
    assert GAP.search(back.err)
    assert till.differences() == []
    again = twin.sell(till.switch.new_code(), "40.00")
    assert GAP.search(again.err)
    assert twin.differences() == []


def test_verifying_asks_the_switch_whether_the_end_is_missing(till: Till, tmp_path: Path) -> None:
    """Whole and complete; whole and too short, by the switch or by a head that was noted."""
    assert till.sell(till.switch.new_code(), "10.00").code == 0
    copy = saved(till, tmp_path / "copy")
    assert till.sell(till.switch.new_code(), "20.00").code == 0
    noted = till.journal()[-1]["hash"]
    good = till.pos("journal", "verify", "--head", noted)
    assert good.code == 0, good
    assert re.search(r"told of entry \d+: nothing is missing\n$", good.out)
    restored(till, copy)
    for args in ((), ("--head", noted)):
        short = till.pos("journal", "verify", *args)
        assert (short.code, "unbroken" in short.out) == (1, True)
        assert "pos recover" in shell.one_sentence(short.err)
    assert till.pos("recover").code == 0
    assert till.pos("journal", "verify").code == 0


def test_verifying_without_the_switch_says_that_nothing_was_compared(till: Till) -> None:
    """The chain is checked all the same."""
    assert till.sell(till.switch.new_code(), "10.00").code == 0
    with shell.nobody() as url:
        till.settle_in(url)
        alone = till.pos("journal", "verify")
    assert (alone.code, "not compared: the switch does not answer" in alone.out) == (0, True)
