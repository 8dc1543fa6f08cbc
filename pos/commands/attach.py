"""`pos attach`: the till's own screen in another terminal, as over SSH.

Apart from the screens because it draws nothing of its own: the till sends finished rows, and
whatever is typed here is the till's to take or to leave.
"""

import getpass
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from pos.commands.options import NothingThere, config_option, opened, state_option
from pos.door import SOCKET_NAME
from pos.errors import PosError
from pos.folders import socket_name
from pos.language import Language

LEAVE, ASK = b"\x1d", b"\x14"  # Ctrl+], as telnet(1) has it, and Ctrl+T
ANSWER_S_MAX = 20.0
LINE_BYTES_MAX = 1_000_000


class NotAttached(PosError):
    """The till lets nobody look on now."""


@click.command()
@click.option("--who", metavar="NAME", help="What the shop is to read of you; else your login.")
@state_option
@config_option
def attach(who: str | None, state: str | None, config: str | None) -> None:
    """See the screen of the till that runs on this machine, without its codes and PINs.

    The shop sees that you look on, and may end it. Ctrl+T asks for leave to work the till, too;
    Ctrl+] leaves. Who came, who gave leave and when is written into the journal."""
    folder, settings = opened(state, config)
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise NotAttached("pos attach draws a screen: run it in a terminal, as with ssh -t.")
    words = Language(settings.terminal.language)
    with socket.socket(socket.AF_UNIX) as line:
        try:
            with socket_name(folder / SOCKET_NAME) as name:
                line.connect(name)
        except OSError:
            raise NothingThere(
                f"No till runs with the folder {folder}; start it, or name another with --state."
            ) from None
        name = who or os.environ.get("SUDO_USER") or getpass.getuser()
        _send(line, {"ask": "attach", "who": name})
        with _raw_terminal():
            ended = _Watch(line, words).work()
    click.echo(words.say(f"remote.{ended}"))


class _Watch:
    """One session: pictures in, keys out."""

    def __init__(self, line: socket.socket, words: Language) -> None:
        self._line, self._words = line, words
        self._picture: list[str] = []
        self._columns = 0
        self._drives = self._asks = self._seen = False
        self._kept = b""

    def work(self) -> str:
        """Until somebody ends it; the word of how."""
        resized, waker = socket.socketpair()
        resized.settimeout(0)
        waker.settimeout(0)
        before = signal.signal(signal.SIGWINCH, lambda *_: waker.send(b"!"))
        try:
            with selectors.DefaultSelector() as selector, resized, waker:
                for each in (self._line, sys.stdin, resized):
                    selector.register(each, selectors.EVENT_READ)
                while True:
                    ready = selector.select(None if self._seen else ANSWER_S_MAX)
                    if not ready:
                        raise NotAttached("The till does not answer; look after it on the spot.")
                    for key, _ in ready:
                        if key.fileobj is resized:
                            resized.recv(64)
                            self._draw()
                        elif ended := (self._typed() if key.fileobj is sys.stdin else self._told()):
                            return ended
        finally:
            signal.signal(signal.SIGWINCH, before)

    def _typed(self) -> str:
        keys = os.read(sys.stdin.fileno(), 512)
        if not keys or LEAVE in keys:
            return "left"
        if ASK in keys:
            _send(self._line, {"ask": "drive"})
            self._asks = True
        elif self._drives:
            _send(self._line, {"keys": keys.hex()})
        self._draw()
        return ""

    def _told(self) -> str:
        try:
            part = self._line.recv(65_536)
        except OSError:
            part = b""
        if not part or len(self._kept) > LINE_BYTES_MAX:
            return "till_closed"
        self._kept += part
        while b"\n" in self._kept:
            line, _, self._kept = self._kept.partition(b"\n")
            if ended := self._took(json.loads(line)):
                return ended
        self._draw()
        return ""

    def _took(self, said: dict[str, Any]) -> str:
        match said:
            case {"refused": str(why)}:
                raise NotAttached(
                    "Somebody else looks on already, or this till has no screen."
                    if why == "taken"
                    else "The till is starting; try again in a moment."
                )
            case {"ended": True}:
                return "sent_away"
            case {"picture": list(rows), "columns": int(columns)}:
                self._picture, self._columns, self._seen = rows, columns, True
            case {"asks": bool(asks), "drives": bool(drives)}:
                self._asks, self._drives, self._seen = asks, drives, True
        return ""

    def _draw(self) -> None:
        """The till's rows, cut by the terminal where it is smaller, and how it stands below."""
        columns, rows = shutil.get_terminal_size()
        word = "drive" if self._drives else "asked" if self._asks else "look"
        foot = self._words.say(f"remote.you_{word}")
        if columns < self._columns or rows < len(self._picture):
            foot = self._words.say("remote.small", columns=self._columns, rows=len(self._picture))
        # Without wrapping (DECAWM), so that a row too long is cut and not folded.
        parts = ["\x1b[?7l\x1b[H"]
        # Where there is no room below, it lies over the till's last row.
        parts += [f"{row}\x1b[0m\x1b[K\r\n" for row in self._picture[: rows - 1]]
        parts.append(f"\x1b[J\x1b[{rows};1H\x1b[7m{foot[:columns]:<{columns}}\x1b[0m")
        sys.stdout.write("".join(parts))
        sys.stdout.flush()


def _send(line: socket.socket, fields: dict[str, str]) -> None:
    try:
        line.sendall(json.dumps(fields).encode() + b"\n")
    except OSError:
        return  # the till closed: that is told by the next reading


@contextmanager
def _raw_terminal() -> Iterator[None]:
    """Every key as it is typed, on the terminal's other screen (xterm's 1049)."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    sys.stdout.write("\x1b[?1049h\x1b[?25l\x1b[2J")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?7h\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
