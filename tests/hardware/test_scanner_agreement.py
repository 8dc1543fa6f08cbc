"""How often a code must be read before it counts: bars of products twice, all others once.

Frames and reads are written out here; the photographs are in the tests of the decoder.
"""

import time

import numpy as np
import pytest

from hardware.devices import Frame, Luma, Symbol, Symbology
from hardware.scanner import AGREE_FRAMES, Scanner

PRODUCT = Symbol("5901234123457", Symbology.EAN_13)
MISREAD = Symbol("5901234723455", Symbology.EAN_13)
SHORT = Symbol("40170725", Symbology.EAN_8)
PAYMENT = Symbol("251001020123456789012345", Symbology.CODE_128)
NOTHING: list[Symbol] = []
GREY = np.full((180, 320), 90, np.uint8)


class Film:
    """A camera and a reader in one: frame after frame gives what is written, then it is over."""

    def __init__(self, *reads: list[Symbol]) -> None:
        self.reads = list(reads)
        self.found: list[str] = []
        self.scanner = Scanner(
            self, self, lambda symbol: self.found.append(symbol.text), lambda sentence: None
        )

    def open(self) -> None:
        """Nothing to open."""

    def frame(self, deadline_s: float) -> Frame:
        """The next frame; its reads are what `read` gives."""
        return Frame(GREY, time.monotonic(), 0)

    def close(self) -> None:
        """Nothing to close."""

    def read(self, luma: Luma) -> list[Symbol]:
        """The reads of this frame; the last one ends the film."""
        if len(self.reads) == 1:
            self.scanner.stop()
        return self.reads.pop(0)

    def play(self) -> list[str]:
        """What the scanner reported in the whole film."""
        self.scanner.arm()
        self.scanner.run()
        return self.found


def test_payment_codes_count_at_once() -> None:
    """A QR code corrects its own errors, and a Code 128 was seen at full size by the decoder."""
    assert Film([PAYMENT]).play() == [PAYMENT.text]
    assert Film([Symbol("SAMPLE", Symbology.QR)]).play() == ["SAMPLE"]


@pytest.mark.parametrize("kind", [Symbology.EAN_13, Symbology.EAN_8, Symbology.UPC_A])
def test_a_product_code_must_be_read_twice(kind: Symbology) -> None:
    """One read of a product code may be a misread with a valid check digit."""
    symbol = Symbol("40170725", kind)
    assert Film([symbol]).play() == []
    assert Film([symbol], [symbol]).play() == ["40170725"]


def test_a_misread_between_two_reads_is_dropped() -> None:
    """The misread is not reported, and does not undo the reads around it."""
    assert Film([PRODUCT], [MISREAD], NOTHING, [PRODUCT]).play() == [PRODUCT.text]


def test_the_same_code_twice_in_one_frame_is_one_read() -> None:
    """Two readers that make the same mistake in the same picture do not agree with each other."""
    assert Film([PRODUCT, PRODUCT]).play() == []


def test_two_products_side_by_side_are_both_reported() -> None:
    """Reads of one product do not undo those of another in the same frames."""
    assert Film([PRODUCT, SHORT], [PRODUCT, SHORT]).play() == [PRODUCT.text, SHORT.text]


def test_reads_long_apart_do_not_agree() -> None:
    """The same product code read again after many frames may be the same misread."""
    near = Film([PRODUCT], *([NOTHING] * (AGREE_FRAMES - 1)), [PRODUCT])
    far = Film([PRODUCT], *([NOTHING] * AGREE_FRAMES), [PRODUCT])
    assert near.play() == [PRODUCT.text]
    assert far.play() == []
