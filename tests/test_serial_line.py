"""A terminal that tells no size, as on a serial line."""

import os
import subprocess
import sys
import termios

import pytest

pytestmark = pytest.mark.usefixtures("pseudo_terminals")


@pytest.mark.parametrize(
    ("before", "after"),
    [((0, 0), (24, 80)), ((50, 0), (50, 80)), ((0, 132), (24, 132)), ((30, 100), (30, 100))],
)
def test_only_a_terminal_without_a_size_is_given_one(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    """Of rows and columns, whatever it lacks."""
    ours, its = os.openpty()
    try:
        termios.tcsetwinsize(its, before)
        subprocess.run(
            [sys.executable, "-m", "pos", "--version"],
            stdin=its,
            stdout=its,
            stderr=its,
            check=True,
        )
        assert termios.tcgetwinsize(its) == after
    finally:
        os.close(ours)
        os.close(its)
