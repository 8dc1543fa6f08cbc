"""The till's own time: from a decoded code in the engine's hands to its first byte on the wire.

Apart because it puts a relay between the till and its switch, which notes when bytes pass.
"""

import select
import socket
import statistics
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from hardware.bench import Devices, NoIndicator
from pos.bench.measure import Figure
from pos.config import Settings
from pos.embedded import EmbeddedSwitch
from pos.sale.input import Charge, Next, Presenting, Scanned
from pos.sale.mode import COUNTER
from pos.sale.secret import Secret
from pos.sale.view import View
from pos.terminal import Station

SALE_COUNT = 60
LIMIT_MS = 25.0
BUFFER_BYTES = 65_536
RELAY_WAIT_S = 0.2


class Relay:
    """A loopback port that passes bytes on to another, and notes when the till's arrive."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ending = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.first_byte_s = 0.0
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def expect(self) -> None:
        """Forget the last time; the next bytes of the till are noted."""
        self.first_byte_s = 0.0

    def _run(self) -> None:
        peers: dict[socket.socket, socket.socket] = {}
        from_till: set[socket.socket] = set()
        while not self._ending.is_set():
            ready, _, _ = select.select([self._listener, *peers], [], [], RELAY_WAIT_S)
            for each in ready:
                if each is self._listener:
                    till, _ = self._listener.accept()
                    switch = socket.create_connection(self._target)
                    peers |= {till: switch, switch: till}
                    from_till.add(till)
                    continue
                part = each.recv(BUFFER_BYTES)
                if part and each in from_till and not self.first_byte_s:
                    self.first_byte_s = time.perf_counter()
                if part:
                    peers[each].sendall(part)
                else:
                    other = peers.pop(each)
                    peers.pop(other)
                    each.close()
                    other.close()
        for each in peers:
            each.close()

    def close(self) -> None:
        """Stop passing."""
        self._ending.set()
        self._thread.join()
        self._listener.close()


def measure(state: Path) -> Figure:
    """The median over sales of the time from `Scanned` to the first byte, milliseconds."""
    from pos.scheme.simulation import open_scheme
    from pos.scheme.store import Store

    def watch(_view: View) -> None:
        """Nobody watches."""

    settings = Settings()
    devices = Devices(None, NoIndicator(), None)
    took_ms: list[float] = []
    with EmbeddedSwitch(state) as embedded, Station(settings, state, COUNTER, devices) as station:
        caller = embedded.connect()
        relay = Relay(caller.url)
        engine = station.engine(replace(caller, url=relay.url), watch)
        engine.start()
        with Store.open(f"sqlite:///{(state / 'switch' / 'switch.db').resolve()}") as store:
            customers = open_scheme(store).customers
            for _ in range(SALE_COUNT):
                code = Secret(customers.new_code("vipps"))
                engine.handle(Charge("1.00", Presenting.CUSTOMER))
                relay.expect()
                began_s = time.perf_counter()
                engine.handle(Scanned(code, "QR"))
                took_ms.append((relay.first_byte_s - began_s) * 1000)
                engine.handle(Next())
        relay.close()
    detail = f"({SALE_COUNT} sales, slowest {max(took_ms):.1f} ms)"
    median_ms = statistics.median(took_ms)
    return Figure(
        "decoded code to bytes on the wire, median",
        median_ms,
        "ms",
        LIMIT_MS,
        at_least=False,
        detail=detail,
    )
