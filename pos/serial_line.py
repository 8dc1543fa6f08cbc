"""A terminal without a size, as a serial line is, is given that of a VT100.

Apart from the screens because it is the kernel that is told, once for every command: whatever draws
then reads the same size, where each would else guess its own, and draw again and again.
"""

import termios
from contextlib import suppress

ROWS, COLUMNS = 24, 80


def give_size(descriptor: int) -> None:
    """Of the terminal at `descriptor`, if it is one. A size that it has stays; see tty_ioctl(4)."""
    with suppress(termios.error, ValueError):  # no terminal, or nothing at all
        rows, columns = termios.tcgetwinsize(descriptor)
        if rows == 0 or columns == 0:
            termios.tcsetwinsize(descriptor, (rows or ROWS, columns or COLUMNS))
