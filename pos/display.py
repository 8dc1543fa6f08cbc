"""The customer's display: Signs from the till to another process, over a socket of this machine.

Apart because the till and `pos display` are two processes: the till offers a Unix socket in its
state folder, and whoever may read that folder is told, a JSON line for each change. Nothing ever
comes back: a display can neither hold up a sale nor begin one.
"""

import json
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pos.folders import socket_name
from pos.sale.record import plain, record
from pos.sale.sign import Sign, sign_of
from pos.sale.view import View

SOCKET_NAME = "customer.sock"
DISPLAY_COUNT_MAX = 4
LINE_SIZE_MAX_BYTES = 1_000_000
RETRY_S = 1.0


_SIGN = record(Sign)

# By display the sign that it has.
_Told = dict[socket.socket, Sign | None]


def read_sign(line: bytes) -> Sign:
    """The sign of one line. Raises ValueError for a line that no till of this version sends."""
    try:
        sign: Sign = _SIGN(json.loads(line))
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError) as fault:
        raise ValueError("The till speaks another version; start both from the same.") from fault
    return sign


class Display:
    """The till's end. `show` may be called from any thread and never waits for a display.

    One thread of its own serves the socket until `close`.
    """

    def __init__(self, state: Path, language: str) -> None:
        """Raises OSError when the folder takes no socket."""
        self._language = language
        self._path = state / SOCKET_NAME
        self._sign: Sign | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(0)
        self._woken, self._waker = socket.socketpair()
        self._waker.settimeout(0)
        self._path.unlink(missing_ok=True)  # of a till that died: there is never a second one
        with socket_name(self._path) as name:
            self._listener.bind(name)
        self._path.chmod(0o600)
        self._listener.listen(DISPLAY_COUNT_MAX)
        self._ending = False
        self._thread = threading.Thread(target=self._serve, name="display", daemon=True)
        self._thread.start()

    def show(self, view: View) -> None:
        """Tell every display, now and when it comes, what the customer should see."""
        sign = sign_of(view, self._language)
        if sign != self._sign:
            self._sign = sign
            self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # a full pipe wakes just as well
            self._waker.send(b"!")

    def _serve(self) -> None:
        told: _Told = {}
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._ending:
                for key, _ in selector.select():
                    found = key.fileobj
                    if found is self._woken:
                        self._woken.recv(4096)
                    elif found is self._listener:
                        self._welcome(selector, told)
                    elif isinstance(found, socket.socket):  # it says nothing, so it is leaving
                        _dismiss(selector, told, found)
                self._tell(selector, told)
            for display in list(told):
                display.close()

    def _tell(self, selector: selectors.BaseSelector, told: _Told) -> None:
        """Send the newest sign to whoever has another one; written out only when somebody has."""
        sign = self._sign
        behind = [each for each, last in told.items() if last is not sign]
        if sign is None or not behind:
            return
        line = json.dumps(plain(sign), separators=(",", ":")).encode() + b"\n"
        for display in behind:
            told[display] = sign
            try:
                sent = display.send(line)
            except OSError:
                sent = -1
            if sent != len(line):  # it does not read: it may come again
                _dismiss(selector, told, display)

    def _welcome(self, selector: selectors.BaseSelector, told: _Told) -> None:
        with suppress(OSError):
            display, _ = self._listener.accept()
            if len(told) >= DISPLAY_COUNT_MAX:
                display.close()
                return
            display.settimeout(0)
            selector.register(display, selectors.EVENT_READ)
            told[display] = None

    def close(self) -> None:
        """Leave; displays say that they wait for the till. May be called twice."""
        if self._ending:
            return
        self._ending = True
        self._wake()
        self._thread.join()
        for each in (self._listener, self._woken, self._waker):
            each.close()
        self._path.unlink(missing_ok=True)


def _dismiss(selector: selectors.BaseSelector, told: _Told, display: socket.socket) -> None:
    told.pop(display, None)
    selector.unregister(display)
    display.close()


def follow(state: Path, show: Callable[[Sign | None], object], ending: threading.Event) -> None:
    """Call `show` with every sign of the till in `state`, and with None while there is no till.

    Returns when `ending` is set, at the latest a second later.
    """
    while not ending.is_set():
        with suppress(OSError), _connected(state / SOCKET_NAME) as till:
            for line in _lines(till, ending):
                show(read_sign(line))
        show(None)
        ending.wait(RETRY_S)


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as till:
        till.settimeout(RETRY_S)
        with socket_name(path) as name:
            till.connect(name)
        yield till


def _lines(till: socket.socket, ending: threading.Event) -> Iterator[bytes]:
    """Whole lines, until the till leaves. Raises OSError for one that is too long."""
    kept = b""
    while not ending.is_set():
        try:
            part = till.recv(65_536)
        except TimeoutError:
            continue
        if not part:
            return
        kept += part
        while b"\n" in kept:
            line, _, kept = kept.partition(b"\n")
            yield line
        if len(kept) > LINE_SIZE_MAX_BYTES:
            raise OSError("The till sends more than a display takes.")
