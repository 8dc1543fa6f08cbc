"""A picture file as luma rows, for reading codes from photographs.

Apart from the decoder because a file comes from anybody: its kind, its size and its
orientation are settled here, before any decoder sees a pixel.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.devices import DeviceError, Luma

if TYPE_CHECKING:
    from PIL import Image

FILE_BYTES_MAX = 64 * 1024 * 1024
PIXELS_MAX = 80_000_000
LONGEST_PX = 4096  # a larger picture is reduced to this: codes fill a part of a photograph


def open_picture(path: Path | str) -> Luma:
    """The picture in `path` upright as luma rows, uint8 (height, width), transparency on white.

    Raises DeviceError with a remedy when there is no such file, or it is no picture that Pillow
    reads, or it is too large.
    """
    path = Path(path)
    _accept(path)
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with _opened(path) as file:
            if file.width * file.height > PIXELS_MAX:
                raise DeviceError(
                    f"{path.name} is too large ({file.width} x {file.height} pixels):"
                    " save it smaller than 80 megapixels."
                )
            file.draft("L", (LONGEST_PX, LONGEST_PX))
            image = ImageOps.exif_transpose(file)
            image.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BOX)
            if image.has_transparency_data:
                image = image.convert("RGBA")
                paper = Image.new("RGBA", image.size, "white")
                image = Image.alpha_composite(paper, image)
            return np.array(_eight_bit(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DeviceError(
            f"{path.name} is not a picture that can be read: give a PNG, JPEG or WebP file."
        ) from error


def _accept(path: Path) -> None:
    """Raises DeviceError unless `path` is a file of a reasonable size."""
    try:
        if not path.is_file():
            raise DeviceError(f"There is no picture file {path}: check the name.")
        if path.stat().st_size > FILE_BYTES_MAX:
            raise DeviceError(f"{path.name} is larger than 64 MB: save it smaller.")
    except (OSError, ValueError) as error:
        raise DeviceError(f"The picture {path.name} cannot be opened: {error}.") from error


def _opened(path: Path) -> "Image.Image":
    from PIL import Image

    with warnings.catch_warnings():
        # Pillow warns on the terminal from 89 megapixels on; ours is refused with a sentence.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path)


def _eight_bit(image: "Image.Image") -> "Image.Image":
    """Luma of any mode. Pillow clips 16-bit grey to white, so that is brought down first."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.point(lambda level: level / 256).convert("L")
    return image.convert("L")
