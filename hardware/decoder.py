"""Frame in, codes out: which reader looks at which view, in what order, at what cost.

zxing-cpp and ZBar miss different codes, so both look; OpenCV only prepares views for them,
because its own bar code reader turns payment codes into valid product numbers. Apart so that
the rules against misreads are in one place, whatever the camera and whatever the readers.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardware.devices import Luma, Symbol, Symbology

if TYPE_CHECKING:
    from hardware.readers import Reader, Zbar
    from hardware.views import Preparation, View, Views

MOVED_LEVELS = 6  # grey levels by which some block changes when anything moves
REST_FRAMES = 15  # a still scene is looked at thoroughly again after so many frames
SURE_VOTES = 2


@dataclass(frozen=True, slots=True)
class _Look:
    """One reader on one view. `plain` means the frame at full size and unfiltered."""

    reader: "Reader"
    choose: "Callable[[Views], View]"
    prepare: "Preparation | None" = None
    plain: bool = False


class Decoder:
    """Reads QR, Code 128, EAN-13, EAN-8 and UPC-A; for one thread at a time.

    `budget_s` bounds the further looks at a live frame. Raises DeviceError when zxing-cpp, the
    one library that it cannot do without, is absent; `missing` names the others that are.
    """

    def __init__(self, budget_s: float = 0.025) -> None:
        # Imported here: they bring numpy, which no headless module may load by being imported.
        from hardware import readers, views

        self._budget_s = budget_s
        self._cv2 = views.load_opencv()
        self._quick = readers.Zxing(quick=True)
        self._zxing = readers.Zxing()
        self._histogram = readers.Zxing(histogram=True)
        self._zbar = _zbar()
        self._further = self._kept(self._further_looks())
        self._still = self._kept(self._still_looks())
        self._turn = 0
        self._looks_left = len(self._further)
        self._quiet_frames = 0
        self._scene: Any = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What would let it read more, one sentence each; empty when everything is there."""
        lacking = []
        if self._zbar is None:
            lacking.append("ZBar is missing, so fewer bar codes are read: apt install libzbar0")
        if self._cv2 is None:
            lacking.append(
                "OpenCV cannot be loaded, so fewer blurred codes are read:"
                " apt install libgl1 libglib2.0-0"
            )
        return tuple(lacking)

    def read(self, luma: Luma) -> list[Symbol]:
        """The codes in a live frame, uint8 (height, width): one quick look, then a few others.

        The others go round from frame to frame within the budget, and rest when each has had
        its turn and nothing has moved since.
        """
        views = self._views(luma)
        deadline_s = time.perf_counter() + self._budget_s
        found = self._confirmed(views, self._quick.read(views.half))
        self._watch(views)
        while not found and self._looks_left and self._further:
            look = self._further[self._turn]
            self._turn = (self._turn + 1) % len(self._further)
            self._looks_left -= 1
            read = self._look(look, views)
            found = _distinct(read if look.plain else self._confirmed(views, read))
            if time.perf_counter() > deadline_s:
                break
        return found

    def read_thoroughly(self, luma: Luma) -> list[Symbol]:
        """The codes in a still picture, uint8 (height, width): look after look until one tells.

        A bar code counts when the plain picture shows it or when two looks agree, because a
        filtered view can turn one into another with a valid check digit. A picture without any
        code costs a few hundred ms a megapixel.
        """
        views = self._views(luma)
        votes: dict[tuple[Symbology, str], int] = {}
        for look in self._still:
            sure = []
            for symbol in _distinct(self._look(look, views)):
                key = (symbol.symbology, symbol.text)
                votes[key] = votes.get(key, 0) + (SURE_VOTES if look.plain else 1)
                if symbol.symbology is Symbology.QR or votes[key] >= SURE_VOTES:
                    sure.append(symbol)
            if sure:
                return sure
        return []

    def _views(self, luma: Luma) -> "Views":
        from hardware.views import Views

        return Views(luma, self._cv2)

    def _look(self, look: _Look, views: "Views") -> list[Symbol]:
        view = look.choose(views)
        return look.reader.read(look.prepare(view, self._cv2) if look.prepare else view)

    def _confirmed(self, views: "Views", symbols: list[Symbol]) -> list[Symbol]:
        """Without the bar codes of a reduced view that the frame itself does not show too.

        Halving can merge thin bars into another valid code; a QR code corrects its own errors.
        """
        kept = []
        for symbol in symbols:
            if symbol.symbology is Symbology.QR or self._shown_at_full_size(views, symbol):
                kept.append(symbol)
        return _distinct(kept)

    def _shown_at_full_size(self, views: "Views", symbol: Symbol) -> bool:
        if not symbol.corners:
            return False
        crop = views.crop(symbol.corners)
        for reader in (self._zxing, self._zbar, self._histogram):
            again = reader.read(crop) if reader is not None else []
            if any((s.symbology, s.text) == (symbol.symbology, symbol.text) for s in again):
                return True
        return False

    def _watch(self, views: "Views") -> None:
        """Give every further look another turn when the scene changed, or now and then."""
        scene = views.thumbnail()
        before = self._scene
        moved = (
            before is None
            or before.shape != scene.shape
            or int(abs(scene - before).max(initial=0)) > MOVED_LEVELS
        )
        self._quiet_frames = 0 if moved else self._quiet_frames + 1
        if moved or self._quiet_frames >= REST_FRAMES:
            self._scene = scene
            self._looks_left = len(self._further)
            self._quiet_frames = 0

    def _further_looks(self) -> "list[_Look | None]":
        from hardware import views as v

        half, full = _half, _full
        return [
            _Look(self._histogram, half),
            _Look(self._zbar, half) if self._zbar else None,
            _Look(self._zxing, full, plain=True),
            _Look(self._zxing, half, v.thresholded(51, 4)),
            _Look(self._zxing, half, v.sharpened),
            _Look(self._zxing, half, v.doubled),
            _Look(self._zbar, half, v.turned) if self._zbar else None,
        ]

    def _still_looks(self) -> "list[_Look | None]":
        from hardware import views as v

        half, whole, full = _half, _whole, _full
        zxing, zbar = self._zxing, self._zbar
        return [
            _Look(zxing, full, plain=True),
            _Look(self._histogram, full),
            _Look(zxing, whole),
            _Look(zxing, half),
            _Look(zbar, half) if zbar else None,
            _Look(zbar, whole) if zbar else None,
            _Look(self._histogram, half),
            _Look(zxing, half, v.doubled),
            _Look(zxing, half, v.thresholded(51, 4)),
            _Look(zxing, half, v.sharpened),
            _Look(zxing, whole, v.thresholded(25, 5)),
            _Look(zbar, half, v.doubled) if zbar else None,
            _Look(zbar, half, v.sharpened) if zbar else None,
            _Look(zxing, whole, v.equalised),
            _Look(zbar, half, v.turned) if zbar else None,
            _Look(zxing, half, v.turned),
            _Look(zbar, half, v.doubled_and_sharpened) if zbar else None,
        ]

    def _kept(self, looks: "list[_Look | None]") -> list[_Look]:
        """The looks whose reader and preparation are installed."""
        return [look for look in looks if look and (self._cv2 is not None or not look.prepare)]


def _zbar() -> "Zbar | None":
    from hardware.readers import Zbar

    try:
        return Zbar()
    except ImportError:
        return None


def _half(views: "Views") -> "View":
    return views.half


def _whole(views: "Views") -> "View":
    return views.whole


def _full(views: "Views") -> "View":
    return views.full


def _distinct(symbols: list[Symbol]) -> list[Symbol]:
    """Each code once: a wallet that shows its digits as bars and as QR is two codes."""
    first: dict[tuple[Symbology, str], Symbol] = {}
    for symbol in symbols:
        first.setdefault((symbol.symbology, symbol.text), symbol)
    return list(first.values())
