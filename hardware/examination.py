"""How well a camera works where it is mounted: pictures a second, focus, light, what is read.

Apart from the aim, which judges one frame for the hand that holds the code: this sums them up
for the person who mounts the camera.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from hardware.aim import Hint, measure
from hardware.devices import Controls, Frame, Symbol
from hardware.target import MODULES, TEXT, distance_mm, side_px
from hardware.views import load_opencv

WINDOW_S = 2.0
FRAMES_MAX = 600
STEP_MM = 20
STEP_FRAMES_MIN = 5  # a distance counts when so many frames were seen at it


@dataclass(frozen=True, slots=True)
class Condition:
    """The last two seconds. Rates are of the frames in which a code is seen, 0 to 1, or None
    where none is; `distance_mm` and `best_distance_mm` need the target page.
    """

    frames_per_s: float
    sharpness: float
    brightness: float
    controls: Controls
    read_rate: float | None = None
    hint: Hint | None = None
    distance_mm: int | None = None
    best_distance_mm: int | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    taken_at_s: float
    sharpness: float
    brightness: float
    seen: bool
    read: bool
    hint: Hint | None
    distance_mm: float | None
    controls: Controls


class Examination:
    """`take` is for the scan loop's `looked`, from its thread; `condition` from any."""

    def __init__(self, field_of_view: float) -> None:
        self._field_of_view = field_of_view
        self._cv2 = load_opencv()
        self._lock = threading.Lock()
        self._looks: deque[_Look] = deque(maxlen=FRAMES_MAX)
        self._target_at_s: float | None = None
        self._by_distance: dict[int, tuple[int, int]] = {}

    def take(self, frame: Frame, symbols: Sequence[Symbol]) -> None:
        """A frame was looked at, and these codes were read in it."""
        aim = measure(frame.luma, symbols, self._cv2)
        with self._lock:
            away_mm = self._distance_mm(frame, symbols, aim.module_px)
            look = _Look(
                frame.taken_at_s,
                aim.sharpness,
                aim.brightness,
                bool(aim.outline),
                aim.read,
                aim.hint,
                away_mm,
                frame.controls,
            )
            self._looks.append(look)
            if away_mm is not None:
                step = round(away_mm / STEP_MM)
                seen, read = self._by_distance.get(step, (0, 0))
                self._by_distance[step] = (seen + 1, read + aim.read)

    def condition(self) -> Condition | None:
        """What is known of the last two seconds; None before there were two frames."""
        with self._lock:
            if len(self._looks) < 2:
                return None
            last = self._looks[-1]
            looks = [look for look in self._looks if last.taken_at_s - look.taken_at_s <= WINDOW_S]
            best_mm = self._best_mm()
        seen = [look for look in looks if look.seen]
        sharp = seen or looks
        lasted_s = looks[-1].taken_at_s - looks[0].taken_at_s
        away = [look.distance_mm for look in seen if look.distance_mm is not None]
        unread = [look.hint for look in seen if not look.read]
        return Condition(
            (len(looks) - 1) / lasted_s if lasted_s else 0.0,
            sum(look.sharpness for look in sharp) / len(sharp),
            sum(look.brightness for look in looks) / len(looks),
            last.controls,
            sum(look.read for look in seen) / len(seen) if seen else None,
            max(set(unread), key=unread.count) if unread else None,
            round(away[-1]) if away else None,
            best_mm,
        )

    def _distance_mm(
        self, frame: Frame, symbols: Sequence[Symbol], module_px: float
    ) -> float | None:
        """Of the target: by its corners, or by its finder patterns where it was read just now."""
        width = frame.luma.shape[1]
        target = next((each for each in symbols if each.text == TEXT and each.corners), None)
        if target is not None:
            self._target_at_s = frame.taken_at_s
            return distance_mm(side_px(target.corners), width, self._field_of_view)
        lately = self._target_at_s is not None and frame.taken_at_s - self._target_at_s <= WINDOW_S
        if not module_px or symbols or not lately:
            return None
        return distance_mm(module_px * MODULES, width, self._field_of_view)

    def _best_mm(self) -> int | None:
        """The middle of the distances at which most is read."""
        rates = {
            step: read / seen
            for step, (seen, read) in self._by_distance.items()
            if seen >= STEP_FRAMES_MIN
        }
        best = sorted(step for step, rate in rates.items() if rate == max(rates.values()))
        return best[len(best) // 2] * STEP_MM if best else None
