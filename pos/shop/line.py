"""A socket for datagrams with a thread of its own, which nobody at the till ever waits for.

Apart from what is said over it because both ends send, hear and close in the same way.
"""

import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from pos.errors import SettingsError
from pos.shop.messages import DATAGRAM_BYTES_MAX

Address = tuple[str, int]


def address_of(text: str) -> Address:
    """HOST:PORT taken apart."""
    host, _, port = text.rpartition(":")
    return host, int(port)


class Line:
    """`heard` is called with each datagram and where it came from, `turn` once in `every_s` and
    after each `wake`; both by the line's own thread, until `close`."""

    def __init__(
        self,
        bound_to: str,
        every_s: float,
        heard: Callable[[bytes, Address], object],
        turn: Callable[[], object],
    ) -> None:
        """Raises SettingsError when the address cannot be had."""
        self._every_s = every_s
        self._heard, self._turn = heard, turn
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        try:
            self._socket.bind(address_of(bound_to))
        except OSError as fault:
            self._socket.close()
            raise SettingsError(
                f"shop.listen names {bound_to}, which cannot be had ({fault.strerror}); name an"
                " address of this machine, and a port that nothing else uses."
            ) from fault
        self._woken, self._waker = socket.socketpair()
        self._waker.settimeout(0)
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="shop", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def send(self, datagram: bytes, to: Address) -> None:
        """Send it now, or not at all: a network that is down loses it."""
        with suppress(OSError):
            self._socket.sendto(datagram, to)

    def wake(self) -> None:
        """Take a turn soon; from any thread."""
        with suppress(OSError):  # a full pipe wakes just as well
            self._waker.send(b"!")

    def close(self) -> None:
        """Fall silent; may be called twice."""
        if self._ending:
            return
        self._ending = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        for each in (self._socket, self._woken, self._waker):
            each.close()

    def _work(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._ending:
                self._turn()
                for key, _ in selector.select(self._every_s):
                    if key.fileobj is self._woken:
                        self._woken.recv(4096)
                    else:
                        self._hear()

    def _hear(self) -> None:
        with suppress(OSError):  # also an answer of the network that nobody is there
            datagram, sender = self._socket.recvfrom(DATAGRAM_BYTES_MAX)
            self._heard(datagram, (str(sender[0]), int(sender[1])))
