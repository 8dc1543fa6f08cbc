"""Bars read along their whole height: what single rows do not tell, and what they tell wrongly.

Apart from the other tests of reading because each picture here is made to defeat the libraries.
"""

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.decoder import Decoder, read
from hardware.devices import Luma, Symbology
from hardware.phone import modules
from hardware.phone_set import shot
from hardware.views import load_opencv

CODE = "288483094882517044"
PRODUCT = "7038010009457"


def bars(
    text: str, symbology: Symbology, *, noise: float = 0, blur: float = 0, degrees: float = 0,
    lean: float = 0, seed: int = 1,
) -> Luma:  # fmt: skip
    """A frame, uint8 (720, 1280), with a bar code of three pixels a module in its middle."""
    cv2 = load_opencv()
    assert cv2 is not None
    row = np.pad(np.array(modules(text, symbology)[0], np.float32), 12)
    code = np.kron(200 - 140 * np.tile(row, (40, 1)), np.ones((3, 3), np.float32))
    height, width = code.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turn[:, 1] += lean * turn[:, 0]
    turn[:, 2] += ((1280 - width) / 2 - lean * height / 2, (720 - height) / 2)
    frame = cv2.warpAffine(code, turn, (1280, 720), borderValue=120.0)
    if blur:
        frame = cv2.GaussianBlur(frame, (0, 0), blur)
    frame = frame + np.random.default_rng(seed).normal(0, noise, frame.shape)
    return np.clip(frame, 0, 255).astype(np.uint8)


def texts(luma: Luma) -> set[str]:
    """What ours reads."""
    return {symbol.text for symbol in read(luma)}


def test_noise_that_hides_every_row_leaves_their_average() -> None:
    """Where zxing-cpp and pyzbar see only noise, forty rows together are clear."""
    pyzbar = pytest.importorskip("pyzbar.pyzbar", reason="libzbar is not installed")
    luma = bars(CODE, Symbology.CODE_128, noise=60)
    assert zxingcpp.read_barcodes(luma) == []
    assert pyzbar.decode(luma) == []
    assert texts(luma) == {CODE}


def test_defocus_over_a_whole_module_is_undone() -> None:
    """A blur that leaves thin bars no contrast of their own is taken back on the average."""
    for text, symbology in ((PRODUCT, Symbology.EAN_13), (CODE, Symbology.CODE_128)):
        luma = bars(text, symbology, blur=2.2, noise=2)
        assert zxingcpp.read_barcodes(luma) == []
        assert texts(luma) == {text}


@pytest.mark.parametrize("seed", range(1, 9))
def test_what_deblurring_leaves_is_not_taken_for_a_product(seed: int) -> None:
    """Beyond what can be undone the ripples look like zeros to ZBar; nothing is told then."""
    assert texts(bars(PRODUCT, Symbology.EAN_13, blur=2.4, noise=2, seed=seed)) <= {PRODUCT}


@given(st.floats(-180, 180), st.floats(-0.4, 0.4))
@settings(max_examples=20)
def test_bars_are_read_however_they_lie_and_lean(degrees: float, lean: float) -> None:
    """Turned by any angle, and leaning as perspective makes them lean."""
    assert texts(bars(CODE, Symbology.CODE_128, noise=20, degrees=degrees, lean=lean)) == {CODE}


def test_a_number_that_zxing_cpp_takes_for_another_is_told_right() -> None:
    """Blur makes two digits of an EAN-13 look like two others, check digit and all."""
    picture = shot(1, 51)
    ((truth, _),) = picture.codes
    assert {code.text for code in zxingcpp.read_barcodes(picture.luma)} - {truth}, "it learned"
    assert texts(picture.luma) == {truth}


def test_bars_of_two_numbers_over_each_other_are_not_believed() -> None:
    """Where the lines of a patch do not agree there is no code, rather than one of the two."""
    upper = bars(PRODUCT, Symbology.EAN_13)
    lower = bars("5901234123457", Symbology.EAN_13)
    both = np.concatenate([upper[:360], lower[360:]])
    assert texts(both) <= {PRODUCT, "5901234123457"}
    single = np.full_like(both, 120)
    single[359:361] = both[359:361]
    assert Decoder().read(single) == []
