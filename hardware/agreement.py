"""When a bar code is believed: several lines, drawn from its whole height, must tell the same.

A check digit lets one misread in ten through, and a misread repeats from view to view of the same
pixels. Apart from the readers, each of which is sure of itself, and from the decoder, which only
decides where to look next.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hardware import readers
from hardware.bars import deblurred, drawn, glimpse, straighten
from hardware.devices import Symbol, Symbology
from hardware.texture import Bars, bars_between

if TYPE_CHECKING:
    from hardware.views import View, Views

VOTES_MIN = 2
VOTES_ENOUGH = 3  # no further line is drawn
VOTES_SHORT_MIN = 4  # short Code 128 appear as ghosts; both readers must see them, often
SHORT_LENGTH = 6
RIVAL_SHARE = 0.5
PRODUCTS = frozenset({Symbology.EAN_13, Symbology.EAN_8, Symbology.UPC_A})
ZXING, ZBAR = "zxing-cpp", "ZBar"
UNGUARDED = frozenset({Symbology.EAN_8, Symbology.UPC_A})
LOOK = "look"  # the name of the voter that saw the code in a view of the frame

_Votes = dict[tuple[Symbology, str], list[tuple[str, Symbol]]]


class Agreement:
    """Believes bar codes, or not. Without OpenCV there are no lines, and readers must agree."""

    def __init__(self, cv2: Any | None) -> None:
        self._cv2 = cv2
        voters = {
            ZXING: readers.Zxing(readers.BARS, quick=True),
            ZBAR: readers.zbar(bars_only=True),
        }
        self._voters = {name: reader for name, reader in voters.items() if reader is not None}
        self._thorough = readers.Zxing(readers.BARS)

    def read(
        self, views: "Views", searched: "View", bars: Bars, *, sharp: bool = False
    ) -> list[Symbol]:
        """The code that the lines through `bars`, pixels of the view `searched`, agree on.

        Where they are `sharp` no line is deblurred, which saves most of the time.
        """
        votes: _Votes = {}
        for name, symbol in self._ballot(views, searched, bars, sharp=sharp):
            _cast(votes, name, symbol)
            if self._enough(votes):
                break
        elected = self._elected(votes)
        return [elected] if elected else []

    def confirmed(self, views: "Views", symbol: Symbol) -> Symbol | None:
        """What really stands where a reader saw `symbol`: that, another code, or nothing sure."""
        if not symbol.corners:
            return None
        votes: _Votes = {}
        full = views.full
        bars = bars_between(full.luma, symbol.corners, self._cv2) if self._cv2 else None
        if bars is not None:
            _cast(votes, LOOK, symbol)
            strip = glimpse(bars, full, full.luma, self._cv2)
            for name, read in self._read(drawn(strip.lines()[0], strip, self._cv2)):
                _cast(votes, name, read)
            if len(votes) == 1 and self._plainly(votes):
                return symbol
            for name, read in self._ballot(views, full, bars):
                _cast(votes, name, read)
                if self._enough(votes):
                    break
            if votes != {_key(symbol): [(LOOK, symbol)]}:
                return self._elected(votes)
        if _short(symbol):
            return None
        return symbol if self._seen_again(views, symbol) else None

    def _plainly(self, votes: _Votes) -> bool:
        """Whether nothing but the code that was seen is read, a product by every reader."""
        ((_, text), cast) = next(iter(votes.items()))
        names = {name for name, _ in cast} - {LOOK}
        if len(text) < SHORT_LENGTH or not names:
            return False
        return cast[0][1].symbology not in PRODUCTS or len(names) == len(self._voters)

    def _enough(self, votes: _Votes) -> bool:
        return any(
            len(cast) >= (VOTES_SHORT_MIN + 1 if len(text) < SHORT_LENGTH else VOTES_ENOUGH)
            for (_, text), cast in votes.items()
        )

    def _seen_again(self, views: "Views", symbol: Symbol) -> bool:
        """Whether the frame itself shows the code at full size too, a product to both readers."""
        crop = views.crop(symbol.corners)
        saw = [
            any(_key(each) == _key(symbol) for each in reader.read(crop))
            for reader in (self._thorough, self._voters.get(ZBAR))
            if reader is not None
        ]
        return all(saw) if symbol.symbology in PRODUCTS else any(saw)

    def _ballot(
        self, views: "Views", searched: "View", bars: Bars, *, sharp: bool = False
    ) -> Iterator[tuple[str, Symbol]]:
        """Who read what in the lines, plain ones first."""
        strip = straighten(bars, searched, views.full.luma, self._cv2)
        lines = strip.lines()
        for line in lines:
            yield from self._read(drawn(line, strip, self._cv2))
        for drawing in () if sharp else zip(*map(deblurred, lines), strict=True):
            for line in drawing:
                for name, symbol in self._read(drawn(line, strip, self._cv2)):
                    # ZBar finds products in the ripples that deblurring leaves, but none whose
                    # first digit is told by the parities of the others.
                    if name is not ZBAR or symbol.symbology not in UNGUARDED:
                        yield name, symbol

    def _read(self, view: "View") -> Iterator[tuple[str, Symbol]]:
        for name, reader in self._voters.items():
            for symbol in reader.read(view):
                yield name, symbol

    def _elected(self, votes: _Votes) -> Symbol | None:
        """The code with enough votes and no rival near it."""
        if not votes:
            return None
        ranked = sorted(votes.values(), key=len, reverse=True)
        first, second = ranked[0], len(ranked[1]) if len(ranked) > 1 else 0
        symbol = first[0][1]
        if len(first) < VOTES_MIN or second > RIVAL_SHARE * len(first):
            return None
        names = [name for name, _ in first if name != LOOK]
        if symbol.symbology in UNGUARDED:
            believed = ZXING in names or len(names) >= VOTES_ENOUGH
        elif _short(symbol):
            believed = len(names) >= VOTES_SHORT_MIN and len(set(names)) == len(self._voters)
        else:
            believed = True
        return symbol if believed else None


def _key(symbol: Symbol) -> tuple[Symbology, str]:
    return symbol.symbology, symbol.text


def _cast(votes: _Votes, name: str, symbol: Symbol) -> None:
    votes.setdefault(_key(symbol), []).append((name, symbol))


def _short(symbol: Symbol) -> bool:
    return symbol.symbology is Symbology.CODE_128 and len(symbol.text) < SHORT_LENGTH
