"""Cards that promise to keep and do not: the gate finds none that stays unnoticed, and each bug."""

import shutil
from pathlib import Path

import pytest

from pos.errors import WrongUse
from pos.journal import Journal
from pos.proof.lying import BUGS, LyingCards, lie
from pos.proof.planting import Plant, planted
from pos.proof.stall import Stall


def test_every_image_that_lacks_something_is_noticed_and_made_good() -> None:
    """Loud or told by the witness; then all is fetched, settled, and the books agree."""
    told = [lie(seed) for seed in range(4)]
    assert [each for lies in told for each in lies.found] == []
    assert sum(lies.bad for lies in told) > 30
    assert sum(lies.witnessed for lies in told) > 20
    assert sum(lies.loud for lies in told) > 0


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_till_that_overlooks_what_it_lost_is_found_out(bug: Plant) -> None:
    """And shown again by its token, as long as the bug is there."""
    with planted(bug):
        found = next(lies.found for seed in range(12) if (lies := lie(seed)).found)
        assert found[0].found.split(":")[0] in [
            each.split(":")[0] for each in LyingCards().replay(found[0].token)
        ]
    assert LyingCards().replay(found[0].token) == []


def test_a_token_of_another_gate_is_refused() -> None:
    """With the remedy."""
    for wrong in ("", "7", "a:1", "1:2:3"):
        with pytest.raises(WrongUse, match="copy it from the table"):
            LyingCards().replay(wrong)


def key(stall: Stall) -> str:
    """What the screen says just now, by its key."""
    said = stall.view.notice
    return "" if said is None else said.key


def test_the_screen_says_what_was_lost_and_when_it_is_back(folder: Path) -> None:
    """An open sale was lost with the journal: nothing is sold until it is settled."""
    stall = Stall(1, folder)
    with Journal(folder / "a.db") as book:
        stall.start(book)
        stall.sell()
        stall.scan("silent")
    with Journal(folder / "b.db") as book:
        stall.start(book)
        assert key(stall) == "witness.gap"
        pays = [each.api for each in stall.sent].count("pay")
        stall.scan()
        assert key(stall) == "witness.gap"
        assert [each.api for each in stall.sent].count("pay") == pays
        assert stall.settle()
        assert key(stall) == "witness.closed"
        assert [str(each.state) for each in book.history.payments.values()] == [
            "PAID", "CANCELLED",
        ]  # fmt: skip
        assert not book.history.printing.numbers  # the customer had one, and is gone
        stall.sell()
        assert [str(each.state) for each in book.history.recent(1)] == ["PAID"]
    stall.close()


def test_a_switch_without_a_witness_is_said_and_sold_with(folder: Path) -> None:
    """As with every acquirer that only has the calls of the API."""
    stall = Stall(1, folder)
    stall.has_witness = False
    with Journal(folder / "a.db") as book:
        stall.start(book)
        assert key(stall) == "witness.none"
        stall.sell()
        assert [str(each.state) for each in book.history.recent(1)] == ["PAID"]
    stall.close()


def test_of_two_tills_with_one_identity_the_earlier_stops(folder: Path) -> None:
    """Its next sale moves nothing, and the screen says that another device sells as it."""
    stall = Stall(1, folder)
    with Journal(folder / "a.db") as first:
        stall.start(first)
        stall.sell()
        shutil.copytree(folder, folder / "twin")
        earlier = stall.engine
        with Journal(folder / "twin" / "a.db") as second:
            stall.start(second)
            stall.sell()
            later, stall.engine = stall.engine, earlier
            stall.scan()
            assert "PAID" not in [str(each.state) for each in first.history.recent(1)]
            stall.now_s += 61.0
            for _ in range(3):  # an inquiry, then the look at the link that is due by now
                stall.engine.work()
            assert key(stall) == "witness.superseded"
            stall.engine = later
            stall.sell()
            assert [str(each.state) for each in second.history.recent(1)] == ["PAID"]
    stall.close()
