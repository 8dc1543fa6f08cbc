"""The decoders that ours is measured against, each used as its own documentation shows.

Apart from the readers, which ask the same libraries for other things: a comparison is fair only
when no setting of ours reaches the other side.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hardware.devices import DeviceError, Luma
from hardware.views import Views, load_opencv

Texts = list[str]


@dataclass(frozen=True, slots=True)
class Peer:
    """A decoder by the name that its makers gave it; `read` takes uint8 (height, width)."""

    name: str
    read: Callable[[Luma], Texts]


def all_peers() -> tuple[Peer, ...]:
    """pyzbar, zxing-cpp with its thorough settings, and OpenCV.

    Raises DeviceError when one of them is not installed: there is nothing to compare with then.
    """
    cv2 = _required_opencv()
    try:
        import zxingcpp
        from pyzbar import pyzbar
    except ImportError as error:
        raise DeviceError(
            "A decoder to compare with is missing: pip install zxing-cpp pyzbar, and"
            " apt install libzbar0."
        ) from error
    return (
        Peer("pyzbar", lambda luma: _zbar(pyzbar, luma)),
        Peer("zxing-cpp", lambda luma: _zxing(zxingcpp, luma)),
        Peer("OpenCV", _opencv(cv2)),
    )


def treated(luma: Luma) -> Iterator[Luma]:
    """The picture as it is, then in every size and through every filter that ours may use.

    Raises DeviceError when OpenCV is missing.
    """
    from hardware import views as v

    cv2 = _required_opencv()
    views = Views(luma, cv2)
    yield luma
    for view in (views.whole, views.half, views.quarter):
        yield view.luma
    for choose, prepare in (
        (views.half, v.doubled),
        (views.half, v.halved),
        (views.half, v.turned),
        (views.half, v.sharpened(2, 2)),
        (views.whole, v.sharpened(3, 3, smooth_px=1)),
        (views.half, v.thresholded(51, 4)),
        (views.whole, v.thresholded(25, 5)),
        (views.whole, v.equalised),
        (views.whole, v.refocused(2, 0.03)),
    ):
        yield prepare(choose, cv2).luma


def _required_opencv() -> Any:
    cv2 = load_opencv()
    if cv2 is None:
        raise DeviceError("OpenCV cannot be loaded: apt install libgl1 libglib2.0-0.")
    return cv2


def _zbar(pyzbar: Any, luma: Luma) -> Texts:
    with _quiet_stderr():  # libzbar writes its doubts there
        try:
            return [code.data.decode("utf-8", "replace") for code in pyzbar.decode(luma)]
        except ValueError:  # of a part of a structured append, which pyzbar cannot name
            return []


def _zxing(zxingcpp: Any, luma: Luma) -> Texts:
    """Every format, turned, inverted and shrunk: what `read_barcodes` does unless told."""
    codes = zxingcpp.read_barcodes(luma, try_rotate=True, try_downscale=True, try_invert=True)
    return [code.text for code in codes if code.text]


def _opencv(cv2: Any) -> Callable[[Luma], Texts]:
    codes, bars = cv2.QRCodeDetector(), cv2.barcode.BarcodeDetector()

    def read(luma: Luma) -> Texts:
        texts: Texts = []
        for detector in (codes, bars):
            try:
                texts += [text for text in detector.detectAndDecodeMulti(luma)[1] if text]
            except (cv2.error, UnicodeDecodeError):  # raised on some pictures without a code
                continue
        return texts

    return read


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    try:
        number = sys.stderr.fileno()
    except (AttributeError, io.UnsupportedOperation):
        yield
        return
    kept, nowhere = os.dup(number), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, number)
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)
        os.close(nowhere)
