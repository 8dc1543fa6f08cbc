"""A console for a machine that has none: a pseudo-terminal in the place of /dev/tty1.

Runs as a service in the container of `.ci/appliance`. What is drawn goes to /run/console, and what
is written to the pipe /run/keys is typed.
"""

import fcntl
import os
import pty
import selectors
import struct
import termios
from pathlib import Path

KEYS, DRAWN = Path("/run/keys"), Path("/run/console")


def main() -> None:
    """Until the machine is switched off."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
    for name in ("/dev/tty1", "/dev/tty0"):
        Path(name).unlink(missing_ok=True)
        Path(name).symlink_to(os.ttyname(slave))
    os.mkfifo(KEYS)
    keys = os.open(KEYS, os.O_RDWR)
    ready = selectors.DefaultSelector()
    ready.register(master, selectors.EVENT_READ)
    ready.register(keys, selectors.EVENT_READ)
    with DRAWN.open("wb", buffering=0) as drawn:
        while True:
            for key, _ in ready.select():
                if key.fd == keys:
                    os.write(master, os.read(keys, 4096))
                else:
                    drawn.write(os.read(master, 65_536))


main()
