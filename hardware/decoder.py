"""Frame in, codes out: which reader looks at which view, in what order, at what cost.

The cheapest look reads most frames; the others cost more the more they read, and most of them look
only where the texture of the frame says that a code may be. Apart so that the order, which was
chosen by measuring, is in one place, whatever the camera and whatever the readers.
"""

import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from hardware.devices import REFUSED, Luma, Symbol, Symbology

if TYPE_CHECKING:
    from hardware.readers import Reader
    from hardware.texture import Texture
    from hardware.views import Preparation, View, Views

MOVED_LEVELS = 6  # grey levels by which some block changes when anything moves
REST_FRAMES = 15  # a still scene is looked at thoroughly again after so many frames
FORGETTING = 0.9  # of the longest time that a look took remains after its next turn
_MATRIX = frozenset({Symbology.QR, *REFUSED})  # these correct their own errors


def read(luma: Luma) -> list[Symbol]:
    """The codes in a picture, luma rows, uint8 (height, width), with every effort.

    For pictures of one's own; may be called from any thread. Raises DeviceError when zxing-cpp is
    not installed.
    """
    decoder, lock = _shared()
    with lock:
        symbols = decoder.read_thoroughly(luma)
    return [symbol for symbol in symbols if symbol.symbology not in REFUSED]


@lru_cache(maxsize=1)
def _shared() -> "tuple[Decoder, threading.Lock]":
    return Decoder(), threading.Lock()


class _Sight:
    """One frame with all that was found out about it so far."""

    def __init__(self, luma: Luma, cv2: Any) -> None:
        from hardware.views import Views

        self.views: Views = Views(luma, cv2)
        self._cv2 = cv2
        self._textures: dict[int, Texture] = {}

    def texture(self, searched: "View") -> "Texture":
        """Where codes may be in one of this frame's views."""
        from hardware.texture import Texture, analyse

        if self._cv2 is None:
            return Texture((), ())
        key = id(searched)
        if key not in self._textures:
            self._textures[key] = analyse(searched.luma, self._cv2)
        return self._textures[key]


_Look = Callable[[_Sight], list[Symbol]]
_Choice = Callable[["Views"], "View"]


class Decoder:
    """Reads QR, Code 128, EAN-13, EAN-8 and UPC-A; for one thread at a time.

    Micro QR and parts of a structured append are told as such, to be refused with a reason.
    `budget_s`, of processor time, bounds the further looks at a live frame. Raises DeviceError
    when zxing-cpp, the one library that it cannot do without, is absent; `missing` names the
    others that are.
    """

    def __init__(self, budget_s: float = 0.008) -> None:
        # Imported here: they bring numpy, which no headless module may load by being imported.
        from hardware import agreement, readers, views

        self._budget_s = budget_s
        self._cv2 = views.load_opencv()
        self._quick = readers.Zxing(quick=True)
        self._zxing = readers.Zxing()
        self._matrix = readers.Zxing(readers.MATRIX)
        # Only in plain views: sharpened ones show it where there is none.
        self._matrix_and_micro = readers.Zxing(readers.MATRIX_AND_MICRO)
        self._zbar = readers.zbar()
        self._agreement = agreement.Agreement(self._cv2)
        self._quick_bars = readers.Zxing(readers.BARS, quick=True)
        self._turn = 0
        self._looks_left = len(self._further)
        self._took_s = [0.0] * len(self._further)
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

        The others go round from frame to frame, one at least and as many as fit into the budget,
        and rest when each has had its turn and nothing has moved since.
        """
        sight = _Sight(luma, self._cv2)
        deadline_s = time.thread_time() + self._budget_s
        found = self._first(sight)
        self._watch(sight.views)
        first = True
        while not found and self._looks_left and (first or self._fits(deadline_s)):
            turn, first = self._turn, False
            self._turn = (turn + 1) % len(self._further)
            self._looks_left -= 1
            began_s = time.thread_time()
            found = _distinct(self._further[turn](sight))
            took_s = time.thread_time() - began_s
            self._took_s[turn] = max(took_s, FORGETTING * self._took_s[turn])
        return found

    def _fits(self, deadline_s: float) -> bool:
        """Whether the next look, if it takes as long as it has lately, is over in time."""
        return time.thread_time() + self._took_s[self._turn] <= deadline_s

    def read_thoroughly(self, luma: Luma) -> list[Symbol]:
        """The codes in a still picture, uint8 (height, width): look after look until one tells.

        Bars beside a QR code are told too. A picture without any code costs a few hundred ms a
        megapixel.
        """
        sight = _Sight(luma, self._cv2)
        refused: list[Symbol] = []
        for look in (self._first, *self._further, *self._last):
            found = look(sight)
            good = [symbol for symbol in found if symbol.symbology not in REFUSED]
            if good and all(symbol.symbology is Symbology.QR for symbol in good):
                found += self._beside(sight)
            if good:
                return _distinct(found)
            refused += found
        return _distinct(refused)

    def _first(self, sight: _Sight) -> list[Symbol]:
        return self._believed(sight, self._quick.read(sight.views.half))

    def _beside(self, sight: _Sight) -> list[Symbol]:
        """Bars that only the unreduced picture shows, beside a QR code that was read."""
        if sight.views.whole is sight.views.half:
            return []
        return self._believed(sight, self._quick_bars.read(sight.views.whole))

    @cached_property
    def _further(self) -> Sequence[_Look]:
        """What most is read by for its cost, on frames like those of `hardware.phone_set`."""
        from hardware import views as v

        looks = [
            self._bars(_half, sharp=True),
            self._squares(_quarter, 1.0, reader=self._matrix_and_micro),
            self._squares(_quarter, 2.0, v.sharpened(5, 3, smooth_px=2)),
            self._bars(_half),
            self._frame(self._zxing, _whole),
            self._squares(_quarter, 0.75, v.refocused(1.5, 0.03)),
            self._frame(self._zbar, _half),
            self._frame(self._zxing, _half, v.sharpened(2, 2)),
            self._squares(_quarter, 1.0, v.refocused(2, 0.03), self._zbar),
        ]
        return [look for look in looks if look is not None]

    @cached_property
    def _last(self) -> Sequence[_Look]:
        """What adds a little more, at a cost that a single picture bears and a live one not."""
        from hardware import views as v

        looks = [
            self._bars(_quarter),
            self._bars(_whole),
            self._squares(_quarter, 2.0, v.refocused(3, 0.02)),
            self._frame(self._zxing, _full),
            self._squares(_quarter, 1.0, v.sharpened(3, 3, smooth_px=1)),
            self._squares(_whole, 1.0),
            self._frame(self._zxing, _half, v.doubled),
            self._frame(self._zbar, _half, v.halved),
            self._frame(self._zxing, _half, v.halved_and_thresholded),
            self._frame(self._zbar, _half, v.sharpened(5, 3, smooth_px=2)),
            self._frame(self._zbar, _half, v.turned),
            self._frame(self._zbar, _whole),
            self._frame(self._zxing, _half, v.thresholded(51, 4)),
            self._frame(self._zxing, _whole, v.thresholded(25, 5)),
            self._frame(self._zxing, _whole, v.equalised),
            self._frame(self._zxing, _half, v.turned),
        ]
        return [look for look in looks if look is not None]

    def _bars(self, choose: _Choice, *, sharp: bool = False) -> _Look | None:
        """Bars found by their texture, each line by line; unless `sharp`, deblurred too."""
        if self._cv2 is None:
            return None

        def look(sight: _Sight) -> list[Symbol]:
            searched = choose(sight.views)
            found = []
            for bars in sight.texture(searched).bars:
                found += self._agreement.read(sight.views, searched, bars, sharp=sharp)
            return found

        return look

    def _squares(
        self,
        choose: _Choice,
        scale: float,
        prepare: "Preparation | None" = None,
        reader: "Reader | None" = None,
    ) -> _Look | None:
        """Only the parts of the frame that look like a QR code."""
        if self._cv2 is None:
            return None
        reader = reader or self._matrix

        def look(sight: _Sight) -> list[Symbol]:
            searched = choose(sight.views)
            found = []
            for square in sight.texture(searched).squares:
                sides = (square.left, square.top, square.right, square.bottom)
                view = sight.views.box(searched, sides, scale)
                found += reader.read(prepare(view, self._cv2) if prepare else view)
            return self._believed(sight, found)

        return look

    def _frame(
        self, reader: "Reader | None", choose: _Choice, prepare: "Preparation | None" = None
    ) -> _Look | None:
        """The whole frame, for what has an unusual texture."""
        if reader is None or (prepare is not None and self._cv2 is None):
            return None

        def look(sight: _Sight) -> list[Symbol]:
            view = choose(sight.views)
            view = prepare(view, self._cv2) if prepare else view
            return self._believed(sight, reader.read(view))

        return look

    def _believed(self, sight: _Sight, symbols: list[Symbol]) -> list[Symbol]:
        """Those that correct their own errors, and of the bars those that lines agree on."""
        believed = []
        for symbol in symbols:
            if symbol.symbology in _MATRIX:
                believed.append(symbol)
            elif (told := self._agreement.confirmed(sight.views, symbol)) is not None:
                believed.append(told)
        return _distinct(believed)

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


def _quarter(views: "Views") -> "View":
    return views.quarter


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
