"""Who is let in: each rule, each light, and what a gate knows of the others.

Apart from the command, whose deaths and lines are tested on a process.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hardware.devices import Signal
from hardware.indicator import PATTERNS
from pos.errors import JournalBusy
from pos.gate.admitting import SAME_READ_S
from pos.gate.book import Book
from pos.gate.turnstile import SIGNALS
from pos.stamp import Stamp
from tests.gate.conftest import DAY_BEGINS, NOON, SITE, Door, Opener, ticket

TURNS_MAX = 400


def hear(door: Door, reached: Callable[[], bool]) -> None:
    """Let the gate turn until it has heard."""
    for _ in range(TURNS_MAX):
        door.turnstile.turn(0.02)
        if reached():
            return
    raise AssertionError(f"Never heard: {door.verdicts()} {door.complaints}")


def test_a_ticket_is_admitted_once(opener: Opener, stamp: Stamp) -> None:
    """The copy is told from the original by being second, also after a restart of the gate."""
    door = opener()
    text = stamp.stamped(ticket(1, persons=4))
    assert door.hold_up(text) == "admitted"
    assert door.told[0].ticket is not None
    assert door.told[0].ticket.persons == 4
    door.now += 60
    assert door.hold_up(text) == "used"
    assert (door.told[1].where, door.told[1].used_at) == ("", NOON)
    again = opener()
    assert again.hold_up(text) == "used"
    assert again.hold_up(stamp.stamped(ticket(2))) == "admitted"


def test_a_phone_held_a_moment_too_long_is_not_called_used(opener: Opener, stamp: Stamp) -> None:
    """Nor admitted again; somebody else in between makes no difference to the rule."""
    door = opener()
    text = stamp.stamped(ticket(1))
    assert door.hold_up(text) == "admitted"
    door.now += SAME_READ_S - 0.5
    assert door.hold_up(text) == ""
    door.now += SAME_READ_S - 0.5  # it never left the view for long
    assert door.hold_up(text) == ""
    assert door.lights.now is Signal.ADMITTED
    door.now += SAME_READ_S
    assert door.hold_up(text) == "used"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (DAY_BEGINS - 901, "too early"),
        (DAY_BEGINS - 900, "admitted"),
        (DAY_BEGINS + 86_400 + 899, "admitted"),
        (DAY_BEGINS + 86_400 + 900, "too late"),
    ],
)
def test_a_ticket_admits_in_its_time_with_some_leeway(
    now: float, said: str, opener: Opener, stamp: Stamp
) -> None:
    """A quarter of an hour is forgiven, not a second more; what is refused is not used by it."""
    door = opener()
    door.now = now
    text = stamp.stamped(ticket(1))
    assert door.hold_up(text) == said
    if said != "admitted":
        door.now = NOON
        assert door.hold_up(text) == "admitted"


def test_every_answer_has_a_light_and_a_tone_of_its_own(
    opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """Admitted, used, wrong time, and none of ours differ in the length and number of tones."""
    door = opener()
    other = Stamp(tmp_path)
    texts = {
        "admitted": stamp.stamped(ticket(1)),
        "too early": stamp.stamped(
            ticket(2, begins_at=DAY_BEGINS + 86_400, ends_at=DAY_BEGINS + 2 * 86_400)
        ),
        "other site": stamp.stamped(ticket(3, site="fjord")),
        "no ticket": other.stamped(ticket(4)),
    }
    for said, text in texts.items():
        assert door.hold_up(text) == said
        assert door.lights.now is SIGNALS[door.told[-1].verdict]
    assert door.hold_up("https://example.org") == "no ticket"
    tones = [
        tuple(step.seconds for step in PATTERNS[signal].intro if step.tone)
        for signal in dict.fromkeys(SIGNALS.values())
    ]
    assert len(set(tones)) == len(tones) == 4
    assert all(PATTERNS[signal].loop == PATTERNS[Signal.SCAN].loop for signal in SIGNALS.values())


def test_a_ticket_given_back_is_refused_once_the_list_is_here(
    opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """By a file that comes late; the list is held through a restart and the loss of the link."""
    path = tmp_path / "revoked.txt"
    door = opener(revoked=(str(path),))
    door.turnstile.start()
    hear(door, lambda: any("cannot be fetched" in each for each in door.complaints))
    assert door.turnstile.list_age_s() is None
    gone = ticket(1)
    path.write_bytes(stamp.revoked(SITE, NOON - 90, frozenset({gone.serial})))
    hear(door, lambda: door.turnstile.list_age_s() == 90.0)
    assert door.complaints[-1].endswith("can be used again.")
    assert door.hold_up(stamp.stamped(gone)) == "given back"
    assert door.hold_up(stamp.stamped(ticket(2))) == "admitted"
    path.unlink()
    again = opener(revoked=(str(path),))
    assert again.turnstile.list_age_s() == 90.0
    assert again.hold_up(stamp.stamped(gone)) == "given back"


@pytest.mark.parametrize("kind", ["forged", "of another site", "older"])
def test_a_list_that_is_not_to_be_believed_changes_nothing(
    kind: str, opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """Whoever puts back an old list, or makes one, neither frees a ticket nor takes one away."""
    good, path = tmp_path / "good.txt", tmp_path / "list.txt"
    gone, free = ticket(1), ticket(2)
    good.write_bytes(stamp.revoked(SITE, NOON - 60, frozenset({gone.serial})))
    serials = frozenset({free.serial})
    (tmp_path / "other").mkdir()
    path.write_bytes({
        "forged": Stamp(tmp_path / "other").revoked(SITE, NOON, serials),
        "of another site": stamp.revoked("fjord", NOON, serials),
        "older": stamp.revoked(SITE, NOON - 120, serials),
    }[kind])  # fmt: skip
    door = opener(revoked=(str(good), str(path)))
    door.turnstile.start()
    hear(door, lambda: door.turnstile.list_age_s() == 60.0)
    if kind != "older":
        hear(door, lambda: any("it is not used" in each for each in door.complaints))
    assert door.hold_up(stamp.stamped(free)) == "admitted"
    assert door.hold_up(stamp.stamped(gone)) == "given back"


def test_a_list_comes_over_http(opener: Opener, stamp: Stamp) -> None:
    """From any web server, as the kiosk's folder may be served by one."""
    gone = ticket(1)
    text = stamp.revoked(SITE, NOON, frozenset({gone.serial}))

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        door = opener(revoked=(f"http://127.0.0.1:{server.server_port}/revoked.txt",))
        door.turnstile.start()
        hear(door, lambda: door.turnstile.list_age_s() is not None)
        server.shutdown()
        thread.join()
    assert door.hold_up(stamp.stamped(gone)) == "given back"


def test_gates_of_one_site_tell_each_other_whom_they_let_in(
    opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """Used at the one, used at the other, and it says where."""
    share = tmp_path / "share"
    share.mkdir()
    north, south = opener("north", share=share), opener("south", share=share)
    north.turnstile.start()
    south.turnstile.start()
    text = stamp.stamped(ticket(1))
    assert north.hold_up(text) == "admitted"
    hear(south, lambda: south.book.used(ticket(1).serial) is not None)
    assert south.turnstile.others_age_s() == 0.0
    assert south.hold_up(text) == "used"
    assert south.told[-1].where == "north"


def test_what_two_gates_admitted_while_apart_is_found_when_they_meet(
    opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """Nobody can know it before, and it is not hidden after."""
    share = tmp_path / "share"
    north, south = opener("north", share=share), opener("south", share=share)
    text = stamp.stamped(ticket(1))
    north.turnstile.start()
    hear(north, lambda: any("cannot be used" in each for each in north.complaints))
    assert north.turnstile.others_age_s() is None
    assert (north.hold_up(text), south.hold_up(text)) == ("admitted", "admitted")
    share.mkdir()
    south.turnstile.start()
    hear(north, lambda: "admitted twice" in north.verdicts())
    assert north.told[-1].where == "south"
    hear(south, lambda: "admitted twice" in south.verdicts())
    assert north.complaints[-1].endswith("can be used again.")


def test_a_gate_that_lost_its_book_finds_it_again_in_the_share(
    opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """A new card in an old gate lets nobody in a second time."""
    share = tmp_path / "share"
    share.mkdir()
    text = stamp.stamped(ticket(1))
    first = opener("north", share=share)
    first.turnstile.start()
    assert first.hold_up(text) == "admitted"
    first.turnstile.close()
    for path in (tmp_path / "north").iterdir():
        path.unlink()
    fresh = opener("north", share=share)
    fresh.turnstile.start()
    hear(fresh, lambda: fresh.book.used(ticket(1).serial) is not None)
    assert fresh.hold_up(text) == "used"
    assert fresh.hold_up(stamp.stamped(ticket(2))) == "admitted"
    fresh.turnstile.close()
    assert len((share / "admitted-north.txt").read_text().splitlines()) == 3


def test_two_gates_that_were_given_one_name_still_hear_each_other(
    opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """Nobody gave them names: a copy is refused all the same."""
    share = tmp_path / "share"
    share.mkdir()
    one, other = (
        opener("one", share=share, called="gate"),
        opener("two", share=share, called="gate"),
    )
    one.turnstile.start()
    other.turnstile.start()
    for number, (door, far) in enumerate([(one, other), (other, one)], 1):
        text = stamp.stamped(ticket(number))
        assert door.hold_up(text) == "admitted"
        hear(far, lambda: far.book.used(ticket(number).serial) is not None)  # noqa: B023
        assert far.hold_up(text) == "used"


def test_what_a_neighbour_writes_can_only_keep_somebody_out(
    opener: Opener, stamp: Stamp, tmp_path: Path
) -> None:
    """Nonsense in the share harms nothing."""
    share = tmp_path / "share"
    share.mkdir()
    (share / "admitted-south.txt").write_bytes(b"\xff\x00 nonsense")
    (share / "admitted-east.txt").write_text("samkassa admitted 1\n../../x 1 1\nzz\n")
    (share / "other.txt").write_text("samkassa admitted 1\n")
    door = opener(share=share)
    door.turnstile.start()
    hear(door, lambda: door.turnstile.others_age_s() is not None)
    assert door.hold_up(stamp.stamped(ticket(1))) == "admitted"


def test_a_book_is_kept_by_one_gate(tmp_path: Path) -> None:
    """Two processes that each let in once would let in twice."""
    with Book(tmp_path), pytest.raises(JournalBusy):
        Book(tmp_path)
