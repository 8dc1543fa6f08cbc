"""Pictures with what is in them: a folder of one's own, or the synthetic phone set.

Apart from the measuring because what counts as a hit is decided here: a picture's truth is a set of
texts, of which any one is a hit, and every other text is a misread.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware import phone_set
from hardware.devices import Luma, Symbology
from hardware.pictures import open_picture
from pos.errors import WrongUse

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
QR, BARS, NOTHING = "QR", "1-D", "no code"
TRUTH = "truth.json"
_BAR_WORDS = ("128", "ean", "upc", "bar", "1d", "1-d")


@dataclass(frozen=True, slots=True)
class Picture:
    """`kind` is QR, 1-D or "no code"; `group` is a line of the table; `luma` opens it."""

    group: str
    kind: str
    luma: Callable[[], Luma] = field(repr=False)
    texts: frozenset[str] = field(repr=False)


def synthetic(count: int, first_seed: int) -> Iterator[Picture]:
    """`count` pictures of each level of the synthetic phone set, from that seed on."""
    for level in phone_set.LEVELS:
        for shot in phone_set.shots(level, count, first_seed):
            kinds = {symbology for _, symbology in shot.codes}
            yield Picture(
                f"level {level}",
                QR if Symbology.QR in kinds else BARS,
                lambda luma=shot.luma: luma,  # type: ignore[misc]
                frozenset(plain(text) for text, _ in shot.codes),
            )


def in_folder(folder: Path) -> list[Picture]:
    """The pictures of a folder, with their truth.

    Either `truth.json`: a list of {"file", "texts", "kind"}, where the texts of a picture without
    a code are none and the kind names a symbology; or, for each picture, a text file of the same
    name beside it, and the symbology in the name of the picture or of its folder. Raises WrongUse.
    """
    listed = folder / TRUTH
    if not folder.is_dir():
        raise WrongUse(f"There is no folder {folder}: check the name.")
    pictures = _listed(folder, listed) if listed.exists() else list(_beside(folder))
    if not pictures:
        raise WrongUse(
            f"No picture in {folder} has a truth: write {TRUTH}, or a .txt file beside each."
        )
    return pictures


def plain(text: str) -> str:
    """The text as it is compared: a UPC-A and the EAN-13 with a 0 before it are one number."""
    if text.isdigit() and len(text) == 13 and text.startswith("0"):
        return text[1:]
    return text


def _listed(folder: Path, listed: Path) -> list[Picture]:
    try:
        entries: list[dict[str, Any]] = json.loads(listed.read_text("utf-8"))
        return [
            _picture(folder / entry["file"], entry.get("kind", ""), entry["texts"])
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongUse(
            f'{listed} is not a list of {{"file", "texts", "kind"}}: correct it.'
        ) from error


def _beside(folder: Path) -> Iterator[Picture]:
    for file in sorted(folder.rglob("*")):
        truth = file.with_suffix(".txt")
        if file.suffix.lower() in SUFFIXES and truth.exists():
            text = truth.read_text("utf-8").rstrip("\r\n")
            yield _picture(file, f"{file.parent.name}/{file.stem}", [text] if text else [])


def _picture(file: Path, kind: str, texts: list[str]) -> Picture:
    bars = any(word in kind.lower() for word in _BAR_WORDS)
    name = NOTHING if not texts else BARS if bars else QR
    return Picture(name, name, lambda: open_picture(file), frozenset(plain(t) for t in texts))
