"""`pos attach` beside a till that sells: what a helper sees, and when their keys are the till's.

Real processes, each in a terminal of its own.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from driving import shell
from driving.counter import SHOW, STOP, WAIT_S_MAX, Counter
from driving.tills import SwitchProcess, Till

from pos.proof.screen import Screen

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("pseudo_terminals")]

ASK, LEAVE, SEND_AWAY = "\x14", "\x1d", "\x05"
WHO = "Ola Helper"
HALF_BLOCKS = "▀".encode()


@contextmanager
def attached(till: Till) -> Iterator[Screen]:
    """`pos attach` in a terminal of its own."""
    screen = Screen(
        shell.command("attach", "--who", WHO, "--state", str(till.folder)),
        shell.environment({"TERM": "xterm-256color"}),
    )
    try:
        yield screen
    finally:
        screen.close()


def plain(drawn: bytes) -> str:
    """What was drawn, without its colours and moves."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode("utf-8", "replace"))


def since(screen: Screen, place: int) -> str:
    """What was drawn since."""
    return plain(bytes(screen.drawn)[place:])


def kinds(till: Till) -> list[str]:
    """What the journal tells of the helper."""
    return [row["kind"] for row in till.journal() if row["kind"].startswith("Helper")]


def until(screen: Screen, happened: Callable[[], bool], keys: str = "") -> None:
    """Press until something happens."""
    assert screen.pressed(keys, happened, WAIT_S_MAX), plain(bytes(screen.drawn))[-3000:]


def test_a_helper_sees_the_till_and_drives_it_only_while_the_shop_allows_it(
    till: Till, switch: SwitchProcess
) -> None:
    """Keys do nothing before leave is given; with it they sell; sent away, they are nothing again,
    and all of it is in the journal."""
    with Counter("--state", str(till.folder)) as counter:
        until(counter, lambda: "Connected" in plain(bytes(counter.drawn)))
        with attached(till) as helper:
            until(helper, lambda: "Fjord" in plain(bytes(helper.drawn)))
            until(counter, lambda: f"{WHO} sees this screen" in plain(bytes(counter.drawn)))
            helper.press("45,50")
            helper.press("\x1bOQ")
            until(helper, lambda: "asks to work" in plain(bytes(helper.drawn)), ASK)
            assert till.states() == []
            until(counter, lambda: "HelperAllowed" in kinds(till), "2")
            until(helper, lambda: "You work this till" in plain(bytes(helper.drawn)))
            helper.press("45,50")
            until(helper, lambda: till.states() == ["INTENT"], SHOW)
            until(helper, lambda: till.states() == ["CANCELLED"], STOP)
            until(counter, lambda: "HelperLeft" in kinds(till), SEND_AWAY)
            assert helper.child.wait(WAIT_S_MAX) == 0
            assert "The shop ended it." in plain(bytes(helper.drawn))
        counter.press("\x11")
        assert counter.ended() == 0
    assert kinds(till) == ["HelperCame", "HelperAllowed", "HelperLeft"]
    came = next(row["body"] for row in till.journal() if row["kind"] == "HelperCame")
    assert came["who"] == WHO
    assert till.pos("journal", "verify").code == 0
    assert till.differences() == []


def test_a_helper_never_gets_a_code(till: Till, switch: SwitchProcess) -> None:
    """The cashier's screen shows a code to be scanned; the helper's has a grey field there, and
    whoever leaves it again hears nothing of the next one."""
    with Counter("--state", str(till.folder), extra={"COLORTERM": "truecolor"}) as counter:
        until(counter, lambda: "Connected" in plain(bytes(counter.drawn)))
        with attached(till) as helper:
            until(helper, lambda: "Fjord" in plain(bytes(helper.drawn)))
            place = len(helper.drawn)
            counter.press("45,50")
            until(counter, lambda: till.states() == ["INTENT"], SHOW)
            until(helper, lambda: "▒▒▒▒▒▒▒▒▒▒" in since(helper, place))
            white = b"48;2;255;255;255m"
            assert white in bytes(counter.drawn), "the cashier's screen does show it"
            assert white not in bytes(helper.drawn)
            assert HALF_BLOCKS not in bytes(helper.drawn)[place:]
            until(helper, lambda: helper.child.poll() is not None, LEAVE)
            assert helper.child.returncode == 0
        until(counter, lambda: kinds(till) == ["HelperCame", "HelperLeft"])


def test_a_second_helper_and_one_without_a_till_are_told(till: Till) -> None:
    """One looks on at a time; where no till runs there is nothing to see."""
    with attached(till) as nobody:
        assert nobody.child.wait(WAIT_S_MAX) == 1
        assert "No till runs" in plain(bytes(nobody.drawn))
    with Counter("--state", str(till.folder)) as counter:
        until(counter, lambda: "Connected" in plain(bytes(counter.drawn)))
        with attached(till) as first, attached(till) as second:
            until(first, lambda: first.child.poll() is not None or "Fjord" in since(first, 0))
            until(second, lambda: second.child.poll() is not None or "Fjord" in since(second, 0))
            until(first, lambda: 1 in (first.child.poll(), second.child.poll()))
            refused = first if first.child.poll() == 1 else second
            assert "looks on already" in plain(bytes(refused.drawn))
    assert shell.run("attach", "--state", str(till.folder)).err.startswith("pos attach draws")
