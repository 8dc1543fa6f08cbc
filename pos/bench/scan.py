"""What our decoder reads, beside pyzbar, zxing-cpp and OpenCV on the same pictures.

Apart from the live measurements because here nothing moves: every decoder gets the same picture,
one after the other, on one thread, and its processor time is what counts, not the clock.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from hardware import decoder
from hardware.devices import Luma
from hardware.peers import Peer, all_peers, treated
from pos.bench.gallery import BARS, NOTHING, QR, Picture, plain
from pos.bench.measure import Figure

OURS = "Samkassa"
UNION = "all, all treatments"
UNION_SHARE_MIN = 0.95
THOROUGH = "zxing-cpp"
HOW = f"""\
Every decoder on the same pictures, processor time of one thread.
  {OURS}: `hardware.decoder:read`. pyzbar, zxing-cpp: as they come, every format, turned, inverted
    and shrunk. OpenCV: QRCodeDetector and BarcodeDetector.
  read: any of the picture's texts. false: any other text, also of a kind that a till has no use
    for. no code: pictures without a code of ours."""


@dataclass(slots=True)
class Score:
    """What one decoder made of the pictures so far."""

    name: str
    read: Counter[str] = field(default_factory=Counter)  # by kind, and by group
    false: int = 0
    took_ms: list[float] = field(default_factory=list)

    def count(self, picture: Picture, texts: Iterable[str]) -> None:
        """Enter what was read in a picture."""
        plainly = {plain(text) for text in texts}
        if plainly & picture.texts:
            self.read.update({picture.kind, picture.group})
        self.false += len(plainly - picture.texts)

    @property
    def median_ms(self) -> float:
        """Half of the pictures took no longer."""
        return statistics.median(self.took_ms)

    @property
    def p95_ms(self) -> float:
        """Nineteen of twenty pictures took no longer."""
        return sorted(self.took_ms)[int(len(self.took_ms) * 0.95)]


@dataclass(slots=True)
class Comparison:
    """All decoders on all pictures; `union_wanted` also tries each peer on treated pictures."""

    union_wanted: bool = False
    totals: Counter[str] = field(default_factory=Counter)
    scores: list[Score] = field(default_factory=list)
    union: Score = field(default_factory=lambda: Score(UNION))

    def run(self, pictures: Iterable[Picture], tell: Callable[[str], object]) -> None:
        """Read every picture with every decoder."""
        readers = (Peer(OURS, _ours), *all_peers())
        self.scores = [Score(reader.name) for reader in readers]
        for number, picture in enumerate(pictures, 1):
            luma = picture.luma()
            self.totals.update({picture.kind, picture.group})
            everything: set[str] = set()
            for reader, score in zip(readers, self.scores, strict=True):
                if number == 1:
                    reader.read(luma)  # libraries are loaded and warm now
                began_s = time.thread_time()
                texts = reader.read(luma)
                score.took_ms.append((time.thread_time() - began_s) * 1000)
                score.count(picture, texts)
                everything.update(texts)
            if self.union_wanted:
                everything.update(_treated_texts(readers[1:], luma, picture))
            self.union.count(picture, everything)
            if number % 50 == 0:
                tell(f"{number} pictures")

    def table(self) -> Iterator[str]:
        """A line a decoder, percent read of each kind and group, in the order they came."""
        columns = [QR, BARS, *(name for name in self.totals if name not in (QR, BARS, NOTHING))]
        columns = [name for name in columns if self.totals[name]]
        heads = "".join(f"{f'{name} ({self.totals[name]})':>15}" for name in columns)
        yield f"{'percent read':<20}{heads}{'false':>8}{'median ms':>11}{'p95 ms':>9}"
        for score in self.scores:
            line = f"{score.name:<20}{self._percent(score, columns)}{score.false:>8}"
            yield f"{line}{score.median_ms:>11.2f}{score.p95_ms:>9.1f}"
        if self.union_wanted:
            yield f"{UNION:<20}{self._percent(self.union, columns)}"

    def as_json(self) -> list[dict[str, object]]:
        """Each decoder's counts and times, for programs."""
        return [
            {
                "name": score.name,
                "read": dict(score.read),
                "of": dict(self.totals),
                "false": score.false,
                "median_ms": score.median_ms,
                "p95_ms": score.p95_ms,
            }
            for score in self.scores
        ]

    def figures(self) -> Iterator[Figure]:
        """What is promised of ours against the best of the others."""
        ours, *peers = self.scores
        for kind in (QR, BARS):
            if self.totals[kind]:
                best = max(peers, key=lambda peer: peer.read[kind])
                name = f"{kind} read, more than by the best peer"
                ahead = ours.read[kind] - best.read[kind]
                detail = f"({ours.read[kind]}, {best.name} {best.read[kind]})"
                yield Figure(name, ahead, "", 1, at_least=True, detail=detail)
        least = min(peers, key=lambda peer: peer.false)
        detail = f"({least.name} {least.false})"
        yield Figure("false reads", ours.false, "", least.false, at_least=False, detail=detail)
        thorough = next(peer for peer in peers if peer.name == THOROUGH)
        ratio = ours.median_ms / thorough.median_ms
        detail = f"({ours.median_ms:.2f}, {thorough.median_ms:.2f} ms)"
        yield Figure("median cost / zxing-cpp", ratio, "", 1, at_least=False, detail=detail)
        if self.union_wanted:
            share = self._all(ours) / max(1, self._all(self.union))
            name = "read / union of all with all treatments"
            yield Figure(name, share, "", UNION_SHARE_MIN, at_least=True)

    def _all(self, score: Score) -> int:
        return score.read[QR] + score.read[BARS]

    def _percent(self, score: Score, columns: list[str]) -> str:
        return "".join(f"{100 * score.read[name] / self.totals[name]:>15.1f}" for name in columns)


def _ours(luma: Luma) -> list[str]:
    return [symbol.text for symbol in decoder.read(luma)]


def _treated_texts(peers: tuple[Peer, ...], luma: Luma, picture: Picture) -> set[str]:
    """What the peers read in the treated pictures, until one of the texts is right."""
    texts: set[str] = set()
    for treatment in treated(luma):
        for peer in peers:
            texts.update(peer.read(treatment))
            if {plain(text) for text in texts} & picture.texts:
                return texts
    return texts
