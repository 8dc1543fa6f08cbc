"""Finds the lens position and the exposure at which a mounted camera reads best.

Apart from the examination, which only looks: this moves the lens and changes the light, with the
target lying still where customers will hold their phones.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hardware.aim import level_of, sharpness_of
from hardware.decoder import Decoder
from hardware.devices import (
    AUTOMATIC,
    Adjustable,
    Camera,
    Controls,
    DeviceError,
    Frame,
    Luma,
    Symbol,
)
from hardware.target import TEXT, distance_mm, side_px
from hardware.views import load_opencv

FRAME_DEADLINE_S = 2.0
LOOK_FOR_FRAMES = 300
NEAREST, FARTHEST = 15.0, 2.0  # dioptres: 7 cm to half a metre
COARSE, FINE = 1.0, 0.25
SETTLE_FRAMES = 4  # what was asked for reaches the picture some frames later
LOOK_FRAMES = 3
# Shorter than 4 ms, a dimmed OLED shows bands; longer than 1/60 s, a hand blurs.
EXPOSURES_US = (4_000, 5_000, 6_667, 8_333, 10_000, 12_500, 16_667)
EXPOSURE_FRAMES = 8
BRIGHT_MIN, BRIGHT_MAX = 90, 250

Corners = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was found. In `controls`, what could not be set or found is None: automatic.

    `sharpness` is that of the target at the end, `read_rate` how often it was read, 0 to 1.
    """

    controls: Controls
    distance_mm: int
    sharpness: float
    read_rate: float


class Calibrator:
    """Sets up one open camera. `tell` gets a sentence for each step."""

    def __init__(
        self,
        camera: Camera,
        field_of_view: float,
        tell: Callable[[str], object],
        look_for_frames: int = LOOK_FOR_FRAMES,
    ) -> None:
        self._camera = camera
        self._field_of_view = field_of_view
        self._tell = tell
        self._look_for_frames = look_for_frames
        self._decoder = Decoder()
        self._cv2 = load_opencv()
        self._controls = AUTOMATIC
        self._frame: Frame | None = None
        if self._cv2 is None:
            raise DeviceError(
                "Calibrating needs OpenCV: apt install libgl1 libglib2.0-0, pip install"
                " opencv-python"
            )

    def run(self) -> Calibration:
        """Find lens position and exposure. Raises DeviceError when the target is not seen."""
        self._set(AUTOMATIC)
        corners, width = self._find_target()
        away_mm = round(distance_mm(side_px(corners), width, self._field_of_view))
        self._tell(f"The target is seen, about {away_mm} mm away. Let it lie still.")
        self._focus(corners)
        self._expose(corners)
        sharpness, rate, _ = self._look(corners, EXPOSURE_FRAMES)
        if not rate:
            raise DeviceError("The target was moved: lay it down and start again.")
        return Calibration(self._controls, away_mm, round(sharpness, 3), rate)

    def _find_target(self) -> tuple[Corners, int]:
        self._tell("Looking for the target page.")
        for _ in range(self._look_for_frames):
            frame = self._camera.frame(FRAME_DEADLINE_S)
            target = self._target(frame)
            if target is not None:
                return target.corners, frame.luma.shape[1]
        raise DeviceError(
            "The target page is not seen: print it with pos camera --target target.pdf,"
            " light it, and lay it where customers hold their phones."
        )

    def _focus(self, corners: Corners) -> None:
        """Move the lens over the near range, then finely around the sharpest place."""
        reach = self._camera.lens_range if isinstance(self._camera, Adjustable) else None
        if reach is None:
            self._tell("The lens of this camera is fixed or cannot be set.")
            return
        low, high = max(reach[0], FARTHEST), min(reach[1], NEAREST)
        coarse = self._sharpest(corners, low, high, COARSE)
        fine = self._sharpest(corners, max(low, coarse - COARSE), min(high, coarse + COARSE), FINE)
        self._set(replace(self._controls, lens_position=fine))
        self._tell(f"Sharpest at a lens position of {fine:g} dioptres.")

    def _sharpest(self, corners: Corners, low: float, high: float, step: float) -> float:
        scores: dict[float, float] = {}
        for number in range(int((high - low) / step) + 1):
            position = low + number * step
            self._set(replace(self._controls, lens_position=position))
            scores[position] = self._look(corners, LOOK_FRAMES, read=False)[0]
        best = max(scores, key=lambda position: scores[position])
        # The middle of the positions that are as good as the best one.
        good = [position for position in scores if scores[position] >= 0.97 * scores[best]]
        run = [position for position in good if abs(position - best) <= 2 * step]
        return sum(run) / len(run)

    def _expose(self, corners: Corners) -> None:
        """The shortest exposure at which the target is bright enough and always read."""
        if not isinstance(self._camera, Adjustable):
            return
        for exposure_us in EXPOSURES_US:
            self._set(replace(self._controls, exposure_us=exposure_us))
            _, rate, bright = self._look(corners, EXPOSURE_FRAMES)
            if self._frame is None or self._frame.controls.exposure_us is None:
                break  # a camera that tells no exposure takes none
            if rate == 1.0 and BRIGHT_MIN <= bright <= BRIGHT_MAX:
                self._tell(f"Read every time at an exposure of {exposure_us} microseconds.")
                return
        self._set(replace(self._controls, exposure_us=None))
        self._tell("No fixed exposure reads as well as the automatic one, which stays.")

    def _look(
        self, corners: Corners, count: int, *, read: bool = True
    ) -> tuple[float, float, float]:
        """Mean sharpness, rate of reads and brightness of the target in the next frames."""
        for _ in range(SETTLE_FRAMES):
            self._camera.frame(FRAME_DEADLINE_S)
        sharpness = bright = 0.0
        reads = 0
        for _ in range(count):
            self._frame = self._camera.frame(FRAME_DEADLINE_S)
            reads += read and self._target(self._frame) is not None
            code = _part(self._frame, corners)
            sharpness += sharpness_of(code, self._cv2)
            bright += level_of(code, 95)
        return sharpness / count, reads / count, bright / count

    def _target(self, frame: Frame) -> Symbol | None:
        symbols = self._decoder.read(frame.luma)
        return next((each for each in symbols if each.text == TEXT and each.corners), None)

    def _set(self, controls: Controls) -> None:
        self._controls = controls
        if isinstance(self._camera, Adjustable):
            self._camera.adjust(controls)


def _part(frame: Frame, corners: Corners) -> Luma:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return frame.luma[max(0, min(ys)) : max(ys) + 1, max(0, min(xs)) : max(xs) + 1]
