"""The synthetic phone set: the same pictures for a seed, and what is said to be in them is."""

import numpy as np
import pytest

from hardware.decoder import read
from hardware.devices import DeviceError
from hardware.phone_set import background, shot, shots


def test_a_seed_gives_the_same_picture() -> None:
    """Also in another order, and of another level another picture."""
    first = [picture.luma for picture in shots(3, 2, 10)]
    assert np.array_equal(shot(3, 11).luma, first[1])
    assert not np.array_equal(shot(4, 11).luma, first[1])


def test_the_easiest_level_is_read_whole() -> None:
    """Every picture of level 1 shows the codes that it names, whole and of the kind it names."""
    kinds = set()
    for picture in shots(1, 12, 300):
        assert picture.luma.shape == (720, 1280)
        assert picture.luma.dtype == np.uint8
        told = {(symbol.text, symbol.symbology) for symbol in read(picture.luma)}
        assert told
        assert told <= set(picture.codes)
        kinds.add(picture.kind)
    assert len(kinds) > 3


def test_a_background_holds_no_code() -> None:
    """The clutter for measuring idle cost is never read as anything."""
    for seed in range(3):
        assert read(background(seed)) == []


def test_without_opencv_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures cannot be made then, and the sentence says what to install."""
    monkeypatch.setattr("hardware.phone_set.load_opencv", lambda: None)
    with pytest.raises(DeviceError, match="apt install"):
        shot(1, 1)
