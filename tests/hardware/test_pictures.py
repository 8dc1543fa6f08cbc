"""Opening picture files: upright luma, or one sentence with the remedy."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hardware.devices import DeviceError
from hardware.pictures import open_picture


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "gif", "tiff"])
def test_usual_kinds_become_luma_rows(ending: str, tmp_path: Path) -> None:
    """Colour pictures of the usual kinds become uint8 rows of brightness."""
    picture = Image.new("RGB", (40, 30), "white")
    picture.paste((0, 0, 0), (0, 0, 20, 30))
    picture.save(tmp_path / f"half.{ending}")
    luma = open_picture(tmp_path / f"half.{ending}")
    assert luma.shape == (30, 40)
    assert luma.dtype == np.uint8
    assert luma[15, 5] < 40
    assert luma[15, 35] > 215


def test_orientation_of_a_phone_picture_is_applied(tmp_path: Path) -> None:
    """A picture taken with the camera on its side comes out upright."""
    picture = Image.new("L", (40, 20), 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    picture.save(tmp_path / "side.jpg", exif=exif)
    assert open_picture(tmp_path / "side.jpg").shape == (40, 20)


def test_transparency_is_paper(tmp_path: Path) -> None:
    """What is transparent is white, so that a code drawn on nothing can be read."""
    picture = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    picture.putpixel((1, 1), (0, 0, 0, 255))
    picture.save(tmp_path / "clear.png")
    luma = open_picture(tmp_path / "clear.png")
    assert luma[1, 1] == 0
    assert luma[0, 0] == 255


def test_sixteen_bit_grey_keeps_its_shades(tmp_path: Path) -> None:
    """A 16-bit scan is brought down to 8 bits, not clipped to white."""
    levels = np.array([[0, 20_000, 40_000, 65_535]], np.uint16)
    Image.fromarray(levels).save(tmp_path / "scan.png")
    assert open_picture(tmp_path / "scan.png")[0].tolist() == [0, 78, 156, 255]


def test_a_large_picture_is_reduced(tmp_path: Path) -> None:
    """A photograph of many megapixels is brought to 4096 pixels along its longer side."""
    Image.new("1", (8000, 500)).save(tmp_path / "wide.png")
    assert open_picture(tmp_path / "wide.png").shape == (256, 4096)


@pytest.mark.parametrize("side_px", [9_000, 10_500])
def test_a_huge_picture_is_refused(side_px: int, tmp_path: Path) -> None:
    """A picture that would fill the memory is refused before it is decoded."""
    Image.new("1", (side_px, side_px)).save(tmp_path / "huge.png")
    with pytest.raises(DeviceError, match="too large"):
        open_picture(tmp_path / "huge.png")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No such file, or a folder, gives the name that was looked for."""
    with pytest.raises(DeviceError, match=r"no picture file .*nothing\.png"):
        open_picture(tmp_path / "nothing.png")
    with pytest.raises(DeviceError, match="no picture file"):
        open_picture(tmp_path)
    with pytest.raises(DeviceError, match=r"cannot be opened|no picture file"):
        open_picture("a\0b")


@pytest.mark.parametrize("content", [b"", b"amount;129.00\n", b"\x89PNG\r\n\x1a\n rest is missing"])
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    """An empty file, a text or a stump gives one sentence that names the kinds to use."""
    file = tmp_path / "list.png"
    file.write_bytes(content)
    with pytest.raises(DeviceError, match="PNG, JPEG or WebP"):
        open_picture(file)


def test_a_picture_cut_short_is_refused(tmp_path: Path) -> None:
    """A file whose end is missing is not half read."""
    whole = tmp_path / "whole.jpg"
    Image.effect_noise((300, 300), 60).save(whole)
    (tmp_path / "half.jpg").write_bytes(whole.read_bytes()[:4000])
    with pytest.raises(DeviceError, match="not a picture"):
        open_picture(tmp_path / "half.jpg")
