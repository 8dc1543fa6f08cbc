"""The till's eyes: the camera and the hand scanner, to the engine one Eye with one complaint.

Apart from the terminal because either may fail while the other reads on, and because a code is
answered with a tone and a light here, before the till has even looked at it.
"""

import threading
from collections.abc import Callable

from hardware.bench import Devices
from hardware.decoder import Decoder
from hardware.devices import Signal, Symbol
from hardware.glance import Glance, Watcher
from hardware.hand_scanner import HandScanner
from hardware.scanner import Scanner
from pos.sale.glimpse import Glimpse
from pos.sale.input import CameraSays, Input, Scanned
from pos.sale.secret import Secret
from pos.sale.view import Notice, notice


class Eyes:
    """An Eye made of what there is; give it devices of which at least one reads codes.

    `glimpse` is told what the camera sees, with `pictures` or with hints alone; `removing` is
    asked whether what is read now is to be taken off the order.
    """

    def __init__(
        self,
        devices: Devices,
        put: Callable[[Input], bool],
        glimpse: Callable[[Glimpse], object] | None = None,
        *,
        pictures: bool = False,
        removing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._put = put
        self._removing = removing
        self._indicator = devices.indicator
        self._lock = threading.Lock()
        self._troubles: dict[str, str] = {}
        self._untold = False
        self._readers: dict[str, Scanner | HandScanner] = {}
        if devices.camera is not None:
            watcher = None
            if glimpse is not None:
                show = glimpse
                watcher = Watcher(lambda glance: show(seen(glance)), pictures=pictures)
            self._readers["camera"] = Scanner(
                devices.camera, Decoder(), self._found, self._hears("camera"), looked=watcher
            )
        if devices.hand_scanner is not None:
            self._readers["hand"] = HandScanner(
                devices.hand_scanner, self._found, self._hears("hand")
            )

    @property
    def work(self) -> dict[str, Callable[[], None]]:
        """What is to run in a thread each, by name, until `stop`."""
        return {name: reader.run for name, reader in self._readers.items()}

    def tell(self) -> None:
        """Say what there is to complain of, if nobody has taken it yet.

        A camera that is missing from the start complains before there is an engine to hear it.
        """
        with self._lock:
            if self._untold:
                self._untold = not self._put(CameraSays(self._complaint()))

    def arm(self) -> None:
        """See pos.engine.Eye."""
        self.tell()
        for reader in self._readers.values():
            reader.arm()

    def resume(self) -> None:
        """See pos.engine.Eye."""
        self.tell()
        for reader in self._readers.values():
            reader.resume()

    def disarm(self) -> None:
        """See pos.engine.Eye."""
        for reader in self._readers.values():
            reader.disarm()

    def stop(self) -> None:
        """End what runs."""
        for reader in self._readers.values():
            reader.stop()

    def _found(self, symbol: Symbol) -> None:
        self._indicator.show(Signal.READ)
        symbology = symbol.symbology.value
        self._put(Scanned(Secret(symbol.text), symbology, removing=self._removing()))

    def _hears(self, name: str) -> Callable[[str | None], None]:
        def hear(sentence: str | None) -> None:
            with self._lock:
                self._troubles.pop(name, None)
                if sentence is not None:
                    self._troubles[name] = sentence
                # Within the lock, so that the last to change is the last to be told.
                self._untold = not self._put(CameraSays(self._complaint()))

        return hear

    def _complaint(self) -> Notice | None:
        camera, hand = self._troubles.get("camera"), self._troubles.get("hand")
        if camera and hand:
            return notice("camera.both_trouble", camera=camera, hand=hand)
        if hand:
            return notice("hand_scanner.trouble", sentence=hand)
        if camera and "hand" in self._readers:
            return notice("camera.trouble_hand", sentence=camera)
        return notice("camera.trouble", sentence=camera) if camera else None


def seen(glance: Glance) -> Glimpse:
    """The same as front ends are told it."""
    aim = glance.aim
    hint = aim.hint.value if aim.hint is not None else ""
    return Glimpse(
        glance.width, glance.height, glance.levels, glance.outline, read=aim.read, hint=hint
    )
