"""A frame prepared for a reader: smaller, larger, sharpened, thresholded or turned.

Apart from the decoder because this is the only place of the eye that needs numpy and OpenCV;
without OpenCV the views that need it are simply not offered.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hardware.devices import Luma

HALF_WIDTH_PX = 640  # what a 720p frame is halved to; readers are quickest and steadiest there
WHOLE_WIDTH_PX = 1280
QUARTER_WIDTH_PX = 320
CROP_MARGIN = 0.2  # of the code's size: room for the quiet zone on either side
CROP_SIDE_MAX_PX = 1280
BLOCK_PX = 16
REFOCUS_BORDER_PX = 8


def load_opencv() -> Any | None:
    """OpenCV on one thread, or None when it or a library that it needs is absent."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # both write into the till's screen
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    try:
        import cv2
    except ImportError:
        return None
    cv2.setNumThreads(1)  # its workers would fight the screen for cores
    return cv2


@dataclass(frozen=True, slots=True)
class View:
    """Luma rows, uint8 (height, width), and the affine map (2, 3) back to pixels of the frame."""

    luma: Luma
    to_frame: Any

    def corner(self, x: float, y: float) -> tuple[int, int]:
        """The point (x, y) of this view, in pixels of the frame."""
        across, down = self.to_frame @ (x, y, 1.0)
        return round(float(across)), round(float(down))


class Views:
    """The views of one frame, uint8 (height, width). Each is made when first asked for."""

    def __init__(self, frame: Luma, cv2: Any | None) -> None:
        frame = np.asarray(frame, dtype=np.uint8)
        # A camera's rows may be longer than the picture; the readers take them as they come.
        self._frame = frame if frame.strides[1] == 1 else np.ascontiguousarray(frame)
        self._cv2 = cv2

    @cached_property
    def full(self) -> View:
        """The frame itself."""
        return View(self._frame, _scaling(1.0))

    @cached_property
    def half(self) -> View:
        """At most 640 pixels along the longer side."""
        return self._reduced(HALF_WIDTH_PX)

    @cached_property
    def whole(self) -> View:
        """At most 1280 pixels along the longer side: what noise and cost bear of a big picture."""
        return self._reduced(WHOLE_WIDTH_PX)

    @cached_property
    def quarter(self) -> View:
        """At most 320 pixels along the longer side: enough to see where a code may be."""
        return self._reduced(QUARTER_WIDTH_PX)

    def box(self, searched: View, sides: tuple[int, int, int, int], scale: float) -> View:
        """A part of the frame, `scale` times its size but no larger than 1280 pixels.

        `sides` are left, top, right and bottom in pixels of the view that was searched.
        """
        ratio = float(searched.to_frame[0, 0])
        left, top, right, bottom = (int(side * ratio) for side in sides)
        luma = np.ascontiguousarray(self._frame[top:bottom, left:right])
        scale = min(scale, CROP_SIDE_MAX_PX / max(luma.shape))
        move = np.array([[1 / scale, 0.0, left], [0.0, 1 / scale, top]])
        if scale == 1 or self._cv2 is None:
            return View(luma, np.array([[1.0, 0.0, left], [0.0, 1.0, top]]))
        how = self._cv2.INTER_AREA if scale < 1 else self._cv2.INTER_CUBIC
        return View(self._cv2.resize(luma, None, fx=scale, fy=scale, interpolation=how), move)

    def crop(self, corners: tuple[tuple[int, int], ...]) -> View:
        """The part of the frame around a code, at full size, with room for its quiet zone."""
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        margin = int(CROP_MARGIN * max(max(xs) - min(xs), max(ys) - min(ys))) + BLOCK_PX
        left, top = max(0, min(xs) - margin), max(0, min(ys) - margin)
        luma = self._frame[top : max(ys) + margin, left : max(xs) + margin]
        move = np.array([[1.0, 0.0, left], [0.0, 1.0, top]])
        return View(np.ascontiguousarray(luma), move)

    def thumbnail(self) -> Any:
        """Block means of the half-size view, int16: sensor noise is averaged away."""
        luma = self.half.luma
        rows, columns = luma.shape[0] // BLOCK_PX, luma.shape[1] // BLOCK_PX
        if self._cv2 is not None and rows and columns:
            small = self._cv2.resize(luma, (columns, rows), interpolation=self._cv2.INTER_AREA)
            return small.astype(np.int16)
        cut = luma[: rows * BLOCK_PX, : columns * BLOCK_PX]
        blocks = cut.reshape(rows, BLOCK_PX, columns, BLOCK_PX)
        return blocks.mean(axis=(1, 3)).astype(np.int16)

    def _reduced(self, longest_px: int) -> View:
        """The frame no longer than `longest_px`; frames a little larger stay as they are."""
        ratio = max(self._frame.shape) / longest_px
        if ratio < 1.5:
            return self.full
        if self._cv2 is None:
            step = int(ratio)
            return View(np.ascontiguousarray(self._frame[::step, ::step]), _scaling(float(step)))
        height, width = (max(1, round(side / ratio)) for side in self._frame.shape)
        luma = self._cv2.resize(self._frame, (width, height), interpolation=self._cv2.INTER_AREA)
        return View(luma, _scaling(ratio))


Preparation = Callable[[View, Any], View]


def thresholded(block_px: int, offset: float) -> Preparation:
    """Black and white against the mean of the neighbourhood: shadows and glare."""

    def prepare(view: View, cv2: Any) -> View:
        luma = cv2.adaptiveThreshold(
            view.luma, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block_px, offset
        )
        return View(luma, view.to_frame)

    return prepare


def sharpened(sigma_px: float, amount: float, *, smooth_px: float = 0.0) -> Preparation:
    """An unsharp mask against slight defocus, after a smoothing against noise if one is given."""

    def prepare(view: View, cv2: Any) -> View:
        luma = cv2.GaussianBlur(view.luma, (0, 0), smooth_px) if smooth_px else view.luma
        blurred = cv2.GaussianBlur(luma, (0, 0), sigma_px)
        return View(cv2.addWeighted(luma, 1 + amount, blurred, -amount, 0), view.to_frame)

    return prepare


def refocused(sigma_px: float, noise: float) -> Preparation:
    """Wiener's filter: a Gaussian blur undone where it left more than noise. Dear: crops only."""

    def prepare(view: View, cv2: Any) -> View:
        border = REFOCUS_BORDER_PX
        height, width = view.luma.shape
        rows, columns = (cv2.getOptimalDFTSize(side + 2 * border) for side in (height, width))
        padded = cv2.copyMakeBorder(
            view.luma, border, rows - height - border, border, columns - width - border,
            cv2.BORDER_REPLICATE,
        ).astype(np.float32)  # fmt: skip
        squares = np.fft.fftfreq(rows)[:, None] ** 2 + np.fft.fftfreq(columns)[None, :] ** 2
        blur = np.exp(-2 * (np.pi * sigma_px) ** 2 * squares)
        gain = (blur / (blur**2 + noise)).astype(np.float32)[:, :, None]
        spectrum = cv2.dft(padded, flags=cv2.DFT_COMPLEX_OUTPUT) * gain
        luma = cv2.idft(spectrum, flags=cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
        luma = luma[border : border + height, border : border + width]
        return View(np.clip(luma, 0, 255).astype(np.uint8), view.to_frame)

    return prepare


def equalised(view: View, cv2: Any) -> View:
    """Contrast stretched tile by tile: low light."""
    return View(cv2.createCLAHE(3, (8, 8)).apply(view.luma), view.to_frame)


def doubled(view: View, cv2: Any) -> View:
    """Twice the size: codes far away, whose modules are a pixel or two."""
    luma = cv2.resize(view.luma, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return View(luma, view.to_frame @ np.diag([0.5, 0.5, 1.0]))


def halved(view: View, cv2: Any) -> View:
    """Half the size: modules that are not of one grey, such as a picture drawn into the code."""
    height, width = (max(1, side // 2) for side in view.luma.shape)
    luma = cv2.resize(view.luma, (width, height), interpolation=cv2.INTER_AREA)
    return View(luma, view.to_frame @ np.diag([2.0, 2.0, 1.0]))


def halved_and_thresholded(view: View, cv2: Any) -> View:
    """Half the size, then black and white."""
    return thresholded(51, 3)(halved(view, cv2), cv2)


def turned(view: View, cv2: Any) -> View:
    """Turned by 45 degrees: bars that run across the diagonal."""
    height, width = view.luma.shape
    side = int(np.hypot(height, width))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 45, 1)
    turn[:, 2] += ((side - width) / 2, (side - height) / 2)
    luma = cv2.warpAffine(view.luma, turn, (side, side), borderValue=128)
    back = np.linalg.inv(np.vstack([turn, (0, 0, 1)]))
    return View(luma, view.to_frame @ back)


def _scaling(factor: float) -> Any:
    return np.array([[factor, 0.0, 0.0], [0.0, factor, 0.0]])
