"""What is thought of a terminal, whatever order its messages come in and however old they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.fleet.pushing import FleetKey, Order
from pos.fleet.report import REPORT_BYTES_MAX, Grade, Part, Presence, Report, State
from pos.fleet.roll import LATE_TIMES, Roll, Seen, Standing, version_key
from pos.fleet.topics import PRESENCE, REPORT, SETTINGS, Letter, topic

EVERY_S = 30.0
NOW_S = 100_000.0


def report(session: str = "a", **more: Any) -> Report:
    """A till that is well."""
    told: dict[str, Any] = {
        "session": session, "every_s": EVERY_S, "at": 1e9, "started_at": 1e9, "version": "1.0.0",
        "store": "Oslo S", "terminal": "T01",
    }  # fmt: skip
    return Report(**{**told, **more})


def letter(told: Report | Presence, age_s: float = 0.0, name: str = "T1") -> Letter:
    """As it lies in the broker for so long."""
    kind = REPORT if isinstance(told, Report) else PRESENCE
    return Letter(topic(name, kind), told.encoded(), age_s)


def presence(state: State, session: str = "a") -> Presence:
    """What the line says."""
    return Presence(session=session, state=state)


def seen_after(*letters: Letter, now_s: float = NOW_S, later_s: float = 0.0) -> Seen:
    """The one terminal after these came at `now_s`, looked at a while later."""
    roll = Roll()
    for each in letters:
        roll.take(each, now_s)
    (one,) = roll.seen(now_s + later_s)
    return one


def test_a_terminal_that_tells_is_well() -> None:
    """As long as it tells again in time."""
    told = letter(presence(State.UP)), letter(report())
    assert seen_after(*told).standing is Standing.WELL
    assert seen_after(*told, later_s=EVERY_S * 2).standing is Standing.WELL
    assert seen_after(*told, later_s=EVERY_S * LATE_TIMES + 1).standing is Standing.SILENT


def test_dead_without_a_goodbye_is_lost_and_with_one_is_closed() -> None:
    """The last report stays: what was unfinished is still to be seen."""
    open_one = report(open_payments=1)
    lost = seen_after(letter(open_one), letter(presence(State.LOST)))
    assert (lost.standing, lost.unfinished) == (Standing.LOST, 1)
    closed = seen_after(letter(report()), letter(presence(State.CLOSED)))
    assert closed.standing is Standing.CLOSED
    # However long ago: it said so itself.
    assert seen_after(letter(report(), 9e4), letter(presence(State.CLOSED), 9e4)).standing is (
        Standing.CLOSED
    )


def test_what_lay_in_the_broker_is_known_by_its_age() -> None:
    """The terminal died together with the broker: nobody sent a will, and its report is old."""
    retained = letter(presence(State.UP), 3600.0), letter(report(), 3600.0)
    assert seen_after(*retained).standing is Standing.SILENT
    assert seen_after(*retained).age_s == pytest.approx(3600.0)
    fresh = letter(presence(State.UP), 3600.0), letter(report(), 12.0)
    assert seen_after(*fresh).standing is Standing.WELL


def test_a_will_that_comes_after_the_terminal_is_back_says_nothing() -> None:
    """Whether somebody watched all the time, or came later and finds the will retained."""
    watched = Roll()
    for each in (
        letter(presence(State.UP, "a")),
        letter(report("a")),
        letter(presence(State.UP, "b")),
        letter(report("b")),
        letter(presence(State.LOST, "a")),
    ):
        watched.take(each, NOW_S)
    assert watched.seen(NOW_S)[0].standing is Standing.WELL
    later = seen_after(letter(presence(State.LOST, "a"), 40.0), letter(report("b"), 10.0))
    assert later.standing is Standing.WELL


def test_a_terminal_that_died_before_it_told_anything_new_is_lost() -> None:
    """It came back, and went again: the will is of the newest session, and younger."""
    told = letter(report("a"), 50.0), letter(presence(State.LOST, "b"), 5.0)
    assert seen_after(*told).standing is Standing.LOST


def test_a_connection_that_tells_nothing_goes_silent() -> None:
    """A line alone is no till."""
    line = letter(presence(State.UP))
    assert seen_after(line, later_s=5.0).standing is Standing.WELL
    assert seen_after(line, later_s=500.0).standing is Standing.SILENT


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({"stopped": "The disk is full."}, Standing.STOPPED),
        ({"parts": (Part(part="disk", grade=Grade.FAULT),)}, Standing.FAULT),
        ({"open_payments": 1, "oldest_open_at": 1e9 - 1000}, Standing.PERSON),
        ({"open_refunds": 1, "oldest_open_at": 1e9 - 10}, Standing.UNFINISHED),
        ({"parts": (Part(part="wear", grade=Grade.POOR),)}, Standing.POOR),
        ({"parts": (Part(part="wear", grade=Grade.UNKNOWN),)}, Standing.WELL),
    ],
)
def test_the_worst_of_what_it_tells_is_how_it_stands(
    more: dict[str, Any], standing: Standing
) -> None:
    """One word for each terminal."""
    assert seen_after(letter(report(**more))).standing is standing


def test_who_runs_an_older_version_than_others_is_behind() -> None:
    """Numbers are compared as numbers."""
    roll = Roll()
    for name, version in (("T1", "0.9.2"), ("T2", "0.10.0"), ("T3", "0.10.0")):
        roll.take(letter(report(version=version), name=name), NOW_S)
    assert [each.behind for each in roll.seen(NOW_S)] == [True, False, False]
    assert roll.seen(NOW_S)[0].standing is Standing.BEHIND
    assert version_key("1.2.10") > version_key("1.2.9")


def test_a_forgotten_terminal_is_gone() -> None:
    """An empty message takes it out, in any order of the topics."""
    roll = Roll()
    roll.take(letter(report()), NOW_S)
    roll.take(letter(presence(State.LOST)), NOW_S)
    for kind in (SETTINGS, PRESENCE, REPORT):
        roll.take(Letter(topic("T1", kind), b""), NOW_S)
    assert roll.seen(NOW_S) == []


def test_settings_that_lie_ready_are_known_by_their_number(tmp_path: Any) -> None:
    """So that the next ones get the number after."""
    order = Order(to="T1", number=12, until=2e9, values={"terminal.language": "nb"})
    sealed = FleetKey(tmp_path / "fleet.pem", make=True).sealed(order)
    assert seen_after(letter(report()), Letter(topic("T1", SETTINGS), sealed)).pushed == 12


def test_a_newer_terminal_may_tell_more() -> None:
    """A mixed fleet is seen as a whole."""
    payload = report().encoded().replace(b'{"session"', b'{"mood":"good","session"')
    assert seen_after(Letter(topic("T1", REPORT), payload)).standing is Standing.WELL


TOPICS = st.one_of(
    st.sampled_from([topic("T1", kind) for kind in (REPORT, PRESENCE, SETTINGS)]),
    st.text(max_size=40),
    st.builds("samkassa/terminal/{}/report".format, st.text(max_size=20)),
)
PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.just(b"[" * 50_000),
    st.just(b"x" * (REPORT_BYTES_MAX + 1)),
    st.sampled_from([report().encoded(), presence(State.LOST).encoded()]),
    st.builds(
        lambda value: report().encoded().replace(b'"shift":1', f'"shift":{value}'.encode()),
        st.sampled_from(["-1", "1e400", "NaN", '"x"', "null", "true", "9" * 400]),
    ),
)


@given(st.lists(st.tuples(TOPICS, PAYLOADS, st.floats(0, 1e7)), max_size=12))
def test_no_message_of_a_stranger_ends_the_watch(messages: list[tuple[str, bytes, float]]) -> None:
    """What cannot be read is counted, and the rest goes on."""
    roll = Roll()
    for place, payload, age_s in messages:
        roll.take(Letter(place, payload, age_s), NOW_S)
    roll.take(letter(report(), name="T9"), NOW_S)
    assert "T9" in {each.name for each in roll.seen(NOW_S)}


@given(st.permutations([0, 1, 2, 3]))
def test_the_order_in_which_topics_come_does_not_matter(order: list[int]) -> None:
    """A broker sends what it retains in any order it likes."""
    letters = [
        letter(report("b", open_payments=2), 20.0),
        letter(presence(State.LOST, "b"), 5.0),
        letter(report("c"), 3.0, name="T2"),
        letter(presence(State.UP, "c"), 300.0, name="T2"),
    ]
    roll = Roll()
    for place in order:
        roll.take(letters[place], NOW_S)
    assert [(each.name, each.standing, each.unfinished) for each in roll.seen(NOW_S)] == [
        ("T1", Standing.LOST, 2),
        ("T2", Standing.WELL, 0),
    ]
