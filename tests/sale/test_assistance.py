"""Help as both journals keep it: asked once, answered once, over for good."""

from dataclasses import replace

import pytest

from pos.errors import IllegalMove
from pos.sale.assistance import (
    ANSWERS_KEPT_MAX,
    Assistance,
    Cause,
    HelpAnswered,
    HelpAsked,
    HelpEnded,
)
from pos.sale.history import History

ASKED = HelpAsked("h1", "S01", Cause.AGE, "Pils", 18, 1000.0)
ANSWERED = HelpAnswered("h1", "T01", approved=True, staff_id="2", at=1001.0)
ENDED = HelpEnded("h1", 1002.0)


@pytest.mark.parametrize(
    ("before", "illegal"),
    [
        ((), ANSWERED),
        ((), ENDED),
        ((ASKED,), ASKED),
        ((ASKED, ANSWERED), ASKED),
        ((ASKED, ANSWERED), replace(ANSWERED, approved=False)),
        ((ASKED, ANSWERED), ENDED),
        ((ASKED, ENDED), ANSWERED),
    ],
)
def test_what_does_not_follow_is_refused_and_changes_nothing(
    before: tuple[HelpAsked | HelpAnswered | HelpEnded, ...],
    illegal: HelpAsked | HelpAnswered | HelpEnded,
) -> None:
    """The first answer counts; a second one, or one to what nobody asks, is no answer."""
    history = History()
    for each in before:
        assert history.would_change(each)
        history.apply(each)
    fold = history.books.assistance
    kept = dict(fold.open), dict(fold.answers)
    with pytest.raises(IllegalMove, match="asked for"):
        history.would_change(illegal)
    with pytest.raises(IllegalMove, match="asked for"):
        history.apply(illegal)
    assert (fold.open, fold.answers) == kept


def test_what_ended_may_be_asked_again() -> None:
    """A till that was silent for a while asks for the same as before."""
    fold = Assistance()
    for each in (ASKED, ENDED, ASKED):
        fold.take(each)
    assert fold.open == {"h1": ASKED}


def test_only_the_newest_answers_are_kept() -> None:
    """A day's worth of them is in the journal, not in memory."""
    fold = Assistance()
    for number in range(ANSWERS_KEPT_MAX + 5):
        help_id = f"h{number}"
        fold.take(replace(ASKED, help_id=help_id))
        fold.take(replace(ANSWERED, help_id=help_id))
    assert list(fold.answers) == [f"h{n}" for n in range(5, ANSWERS_KEPT_MAX + 5)]
    assert fold.open == {}
