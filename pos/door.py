"""The till's door for programs of its own machine: a helper who looks on, an update that waits.

Apart from the display, which only listens: who comes in here wants something. It is a Unix socket
in the state folder, for the till's own user, a JSON object a line each way; what is asked becomes
an Input, and what may be is read from the View. Nobody here is waited for: a guest who does not
read loses pictures, never the till's time.
"""

import json
import secrets
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pos.folders import socket_name
from pos.sale.input import Input
from pos.sale.remote import Helper, HelperAsks, HelperComes, HelperGoes, Remote, Rest
from pos.sale.view import View

SOCKET_NAME = "till.sock"
GUEST_COUNT_MAX = 4
LINE_BYTES_MAX = 4096
UNSENT_BYTES_MAX = 1_000_000
REST_EVERY_S = 2.0


class Mirror(Protocol):
    """The screen, as the door sees it. Both may be called from any thread."""

    def watch(self, tell: Callable[[bytes], object] | None) -> None:
        """From now on call `tell` with each new picture, a JSON object; None for no more."""

    def drive(self, keys: bytes) -> None:
        """Type what a terminal sent."""


@dataclass(slots=True)
class _Guest:
    """One who came in. `session` is a helper's, `told` what was said last."""

    line: socket.socket
    wants: str = ""
    session: str = ""
    admitted: bool = False
    heard: bytes = b""
    unsent: bytes = b""
    told: bytes = b""
    drawn: bytes = b""


class Door:
    """The till's end. `show` may be called from any thread and never waits.

    One thread of its own serves the socket until `close`. Without a `mirror` nobody can look on.
    """

    def __init__(self, state: Path, put: Callable[[Input], bool], mirror: Mirror | None) -> None:
        """Raises OSError when the folder takes no socket."""
        self._put, self._mirror = put, mirror
        self._path = state / SOCKET_NAME
        self._remote = Remote()
        self._picture = b""
        self._guests: dict[socket.socket, _Guest] = {}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(0)
        self._woken, self._waker = socket.socketpair()
        self._waker.settimeout(0)
        self._path.unlink(missing_ok=True)  # of a till that died: there is never a second one
        with socket_name(self._path) as name:
            self._listener.bind(name)
        self._path.chmod(0o600)
        self._listener.listen(GUEST_COUNT_MAX)
        self._selector = selectors.DefaultSelector()
        self._ending = False
        self._thread = threading.Thread(target=self._serve, name="door", daemon=True)
        self._thread.start()

    def show(self, view: View) -> None:
        """Tell the guests what became of what they asked for."""
        if view.office.remote != self._remote:
            self._remote = view.office.remote
            self._wake()

    def _drawn(self, picture: bytes) -> None:
        self._picture = picture
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):  # a full pipe wakes just as well, and one that is closed need not
            self._waker.send(b"!")

    def _serve(self) -> None:
        with self._selector as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._ending:
                resting = any(guest.wants == "rest" for guest in self._guests.values())
                for key, events in selector.select(REST_EVERY_S if resting else None):
                    self._attend(key.fileobj, events)
                if any(guest.wants == "rest" for guest in self._guests.values()):
                    self._put(Rest(on=True))
                for guest in list(self._guests.values()):
                    self._tell(guest)
            for guest in list(self._guests.values()):
                self._dismiss(guest)

    def _attend(self, found: object, events: int) -> None:
        if found is self._woken:
            self._woken.recv(4096)
        elif found is self._listener:
            self._welcome()
        elif isinstance(found, socket.socket) and found in self._guests:
            guest = self._guests[found]
            if events & selectors.EVENT_READ:
                self._hear(guest)

    def _welcome(self) -> None:
        with suppress(OSError):
            line, _ = self._listener.accept()
            if len(self._guests) >= GUEST_COUNT_MAX:
                line.close()
                return
            line.settimeout(0)
            self._selector.register(line, selectors.EVENT_READ)
            self._guests[line] = _Guest(line)

    def _hear(self, guest: _Guest) -> None:
        try:
            part = guest.line.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        guest.heard += part
        while b"\n" in guest.heard:
            line, _, guest.heard = guest.heard.partition(b"\n")
            if not self._obeyed(guest, line):
                part = b""
        if not part or len(guest.heard) > LINE_BYTES_MAX:
            self._dismiss(guest)

    def _obeyed(self, guest: _Guest, line: bytes) -> bool:
        """Whether a till of this version knows what was asked."""
        try:
            said: dict[str, Any] = json.loads(line)
            match said:
                case {"ask": "rest"} if not guest.wants:
                    guest.wants = "rest"
                case {"ask": "attach", "who": str(who)} if not guest.wants:
                    return self._begin_watching(guest, who)
                case {"ask": "drive"} if guest.wants == "attach":
                    self._put(HelperAsks(guest.session))
                case {"keys": str(keys)} if guest.wants == "attach":
                    if self._mirror is not None and self._drives(guest):
                        self._mirror.drive(bytes.fromhex(keys))
                case _:
                    return False
        except (RecursionError, ValueError):
            return False
        return True

    def _begin_watching(self, guest: _Guest, who: str) -> bool:
        guest.session = secrets.token_hex(4)
        taken = self._helper is not None or self._mirror is None
        if taken or not self._put(HelperComes(guest.session, who)):
            self._send(guest, {"refused": "taken" if taken else "starting"})
            return False
        guest.wants = "attach"
        return True

    @property
    def _helper(self) -> Helper | None:
        return self._remote.helper

    def _drives(self, guest: _Guest) -> bool:
        helper = self._helper
        return helper is not None and helper.session == guest.session and helper.drives

    def _tell(self, guest: _Guest) -> None:
        remote, helper = self._remote, self._helper
        if guest.wants == "rest" and (remote.resting or remote.waits_for):
            self._say(guest, {"resting": remote.resting, "waits_for": remote.waits_for})
        elif guest.wants == "attach" and helper is not None and helper.session == guest.session:
            if not guest.admitted and self._mirror is not None:
                guest.admitted = True
                self._picture = b""
                self._mirror.watch(self._drawn)
            self._say(guest, {"asks": helper.asks, "drives": helper.drives})
            if self._picture != guest.drawn and not guest.unsent:
                guest.drawn = self._picture
                guest.unsent = self._picture
        elif guest.admitted:  # sent away by the shop
            self._send(guest, {"ended": True})
            self._dismiss(guest)
            return
        elif guest.wants == "attach" and helper is not None:  # another came in the same moment
            self._send(guest, {"refused": "taken"})
            self._dismiss(guest)
            return
        self._flush(guest)

    def _say(self, guest: _Guest, fields: dict[str, object]) -> None:
        """Send it unless it was what was said last."""
        line = json.dumps(fields).encode()
        if line != guest.told:
            guest.told = line
            self._send(guest, fields)

    def _send(self, guest: _Guest, fields: dict[str, object]) -> None:
        guest.unsent += json.dumps(fields).encode() + b"\n"
        self._flush(guest)

    def _flush(self, guest: _Guest) -> None:
        """Send what the line takes; what it does not is sent when it does."""
        if guest.line not in self._guests:
            return
        try:
            while guest.unsent:
                guest.unsent = guest.unsent[guest.line.send(guest.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._dismiss(guest)
            return
        if len(guest.unsent) > UNSENT_BYTES_MAX:
            self._dismiss(guest)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if guest.unsent else 0)
        self._selector.modify(guest.line, wanted)

    def _dismiss(self, guest: _Guest) -> None:
        if self._guests.pop(guest.line, None) is None:
            return
        self._selector.unregister(guest.line)
        guest.line.close()
        if guest.wants == "rest":
            self._put(Rest(on=False))
        elif guest.wants == "attach":
            self._put(HelperGoes(guest.session))
            if guest.admitted and self._mirror is not None:
                self._mirror.watch(None)

    def close(self) -> None:
        """Leave; helpers see that the till was closed. May be called twice."""
        if self._ending:
            return
        self._ending = True
        self._wake()
        self._thread.join()
        for each in (self._listener, self._woken, self._waker):
            each.close()
        self._path.unlink(missing_ok=True)
