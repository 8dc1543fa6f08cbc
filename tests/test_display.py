"""The customer's display: told of each change over a socket, and of nothing that is not theirs."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import pytest

from pos.commands.pictures import ORDER, VIEWS
from pos.display import DISPLAY_COUNT_MAX, SOCKET_NAME, Display, follow, read_sign
from pos.sale.sign import Sign, sign_of
from pos.sale.view import Stage, View, notice

PATIENCE_S = 20.0


@contextmanager
def following(state: Path) -> Iterator[list[Sign | None]]:
    """Everything that a display of this folder is shown, as it comes."""
    shown: list[Sign | None] = []
    ending = threading.Event()
    thread = threading.Thread(target=follow, args=(state, shown.append, ending))
    thread.start()
    try:
        yield shown
    finally:
        ending.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail when it does not within the patience."""
    ends_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends_s
        threading.Event().wait(0.01)


def test_a_display_sees_what_is_shown_now_and_what_follows(tmp_path: Path) -> None:
    """Whenever it comes, with lines, sums and codes as the till has them."""
    till = Display(tmp_path, "nb")
    till.show(VIEWS["order"])
    with following(tmp_path) as shown:
        until(lambda: bool(shown))
        assert shown == [sign_of(VIEWS["order"], "nb")]
        till.show(VIEWS["showing"])
        till.show(VIEWS["paid"])
        until(lambda: shown[-1] is not None and shown[-1].stage is Stage.OUTCOME)
        assert shown[-1] == sign_of(VIEWS["paid"], "nb")
        till.close()
        until(lambda: shown[-1] is None)
    till.close()
    assert not (tmp_path / SOCKET_NAME).exists()


def test_a_display_waits_for_the_till_and_for_the_next_one(tmp_path: Path) -> None:
    """Started first, or left behind by a till that died with its socket still there."""
    with following(tmp_path) as shown:
        until(lambda: shown == [None])
        for name in ("order", "paid"):
            till = Display(tmp_path, "nb")
            till.show(VIEWS[name])
            until(lambda: sign_of(VIEWS[name], "nb") in shown)  # noqa: B023 - awaited at once
            os.rename(tmp_path / SOCKET_NAME, tmp_path / "left")  # noqa: PTH104 - as a kill would
            till.close()
            os.rename(tmp_path / "left", tmp_path / SOCKET_NAME)  # noqa: PTH104


def test_what_changes_nothing_for_the_customer_is_not_sent(tmp_path: Path) -> None:
    """Other sales and faults are the cashier's; they reach the wire in no form."""
    view = replace(
        VIEWS["trouble"],
        notice=notice("reason.other", code="SECRET1"),
        reason=notice("reason.other", code="SECRET2"),
        camera=notice("camera.trouble", sentence="SECRET3"),
    )
    till = Display(tmp_path, "nb")
    with following(tmp_path) as shown:
        till.show(replace(view, recent=(), unfinished=(), notice=None))
        till.show(view)
        till.show(VIEWS["paid"])
        until(lambda: bool(shown) and shown[-1] == sign_of(VIEWS["paid"], "nb"))
    till.close()
    assert shown.count(sign_of(view, "nb")) <= 1
    assert "SECRET" not in repr(shown)
    hidden = {"recent", "unfinished", "notice", "reason", "camera", "printer", "parked", "link"}
    assert not hidden & {each.name for each in fields(Sign)}


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_view_comes_over_as_it_is(tmp_path: Path, name: str) -> None:
    """Amounts, lines, stages and verdicts with their types."""
    sign = sign_of(VIEWS[name], "fi")
    till = Display(tmp_path, "fi")
    till.show(VIEWS[name])
    with socket.socket(socket.AF_UNIX) as display:
        display.connect(str(tmp_path / SOCKET_NAME))
        line = display.makefile("rb").readline()
    till.close()
    assert read_sign(line) == sign
    assert (sign.order is None) == (VIEWS[name].order is None)


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"stage": "dancing"}', b"\xff", b'"x"'])
def test_what_no_till_says_is_refused(line: bytes) -> None:
    """A display of another version says so instead of showing half of it."""
    with pytest.raises(ValueError, match=r".") as caught:
        read_sign(line)
    assert isinstance(caught.value, ValueError)


def test_a_display_that_never_reads_holds_nothing_up(tmp_path: Path) -> None:
    """It is dropped; the others, and the till, go on."""
    till = Display(tmp_path, "nb")
    with socket.socket(socket.AF_UNIX) as asleep, following(tmp_path) as shown:
        asleep.connect(str(tmp_path / SOCKET_NAME))
        until(lambda: True)
        views: list[View] = [
            replace(VIEWS["order"], order=replace(ORDER, tip=number)) for number in range(400)
        ]
        began_s = time.monotonic()
        for view in views:
            till.show(view)
        assert time.monotonic() - began_s < PATIENCE_S
        until(lambda: bool(shown) and shown[-1] == sign_of(views[-1], "nb"))
    till.close()


def test_only_so_many_displays_are_served_and_only_the_owner_may_look(tmp_path: Path) -> None:
    """More are turned away; the socket is this user's alone."""
    till = Display(tmp_path, "nb")
    till.show(VIEWS["order"])
    assert (tmp_path / SOCKET_NAME).stat().st_mode & 0o777 == 0o600
    lines = []
    displays = [socket.socket(socket.AF_UNIX) for _ in range(DISPLAY_COUNT_MAX + 1)]
    for each in displays:
        each.settimeout(PATIENCE_S)
        each.connect(str(tmp_path / SOCKET_NAME))
        lines.append(each.makefile("rb").readline())
    assert [bool(line) for line in lines] == [True] * DISPLAY_COUNT_MAX + [False]
    for each in displays:
        each.close()
    till.close()
