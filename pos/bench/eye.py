"""The scanner at work: what it costs when nothing is there, how soon it tells, whom it disturbs.

Apart from the comparison of decoders because here everything is live: the product's own scan loop
runs in a thread of its own, beside an event loop like that of the screen.
"""

import asyncio
import itertools
import queue
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hardware import decoder, phone_set
from hardware.devices import Frame, Luma, Symbol, Symbology
from hardware.phone import draw_phone, expose, held
from hardware.scanner import Scanner
from pos.bench.measure import Figure
from pos.sale.input import Scanned
from pos.sale.secret import Secret

FRAMES_PER_S = 15.0
IDLE_FRAMES = 45
IDLE_PERCENT_MAX = 15.0
PHONE_COUNT = 30
EMPTY_FRAMES = 4
PHONE_FRAMES = 25
FIRST_MS_MAX = 70.0
TICKS_PER_S = 60
LATE_MS_MAX = 20.0
HOW = """\
The scan loop on pictures made beforehand, 1280 x 720.
  idle: processor time of the process, 15 frames a second, armed, no code in view; the scene is a
    still desk with sensor noise, or a clutter that moves in every frame.
  first: from the first frame that can be read by itself to `Scanned`; phones are held up one after
    the other, QR and Code 128.
  late: an event loop that wants to run 60 times a second, while the scanner reads frames without
    a pause, most of them unreadable; of one tick in a hundred, how late."""


class Film:
    """A Camera that shows pictures made beforehand, over and over, at a pace or without one."""

    def __init__(self, pictures: Sequence[Luma], frames_per_s: float | None) -> None:
        self._pictures = itertools.cycle(enumerate(pictures))
        self._period_s = 1 / frames_per_s if frames_per_s else 0.0
        self._due_s = 0.0
        self._number = 0
        self.shown_at_s: dict[int, float] = {}

    def open(self) -> None:
        """As `Camera.open`."""
        self._due_s = time.monotonic()

    def frame(self, deadline_s: float) -> Frame:
        """As `Camera.frame`."""
        pause_s = min(self._due_s - time.monotonic(), deadline_s)
        if pause_s > 0:
            time.sleep(pause_s)
        self._due_s = max(self._due_s + self._period_s, time.monotonic())
        index, luma = next(self._pictures)
        taken_at_s = time.monotonic()
        self.shown_at_s.setdefault(index, taken_at_s)
        self._number += 1
        return Frame(luma, taken_at_s, self._number)

    def close(self) -> None:
        """As `Camera.close`."""


def measure(seconds: float) -> Iterator[Figure]:
    """Idle cost of two scenes, time to `Scanned`, lateness of a 60 Hz tick; so long for each."""
    yield _idle("idle, a still desk", _desk(), seconds)
    yield _idle("idle, a moving clutter", _clutter(), seconds)
    yield _first()
    yield _late(seconds)


@contextmanager
def _scanning(film: Film, put: Callable[[Scanned], None]) -> Iterator[None]:
    """The product's loop on a film, as the terminal runs it."""

    def found(symbol: Symbol) -> None:
        put(Scanned(Secret(symbol.text), symbol.symbology.value))

    scanner = Scanner(film, decoder.Decoder(), found, lambda _: None)
    scanner.arm()
    thread = threading.Thread(target=scanner.run, name="scanner", daemon=True)
    thread.start()
    try:
        yield
    finally:
        scanner.stop()
        thread.join(10)


def _desk() -> list[Luma]:
    rng = random.Random(1)  # noqa: S311
    return [expose(None, None, rng) for _ in range(IDLE_FRAMES)]


def _clutter() -> list[Luma]:
    return [phone_set.background(seed) for seed in range(IDLE_FRAMES)]


def _idle(name: str, pictures: Sequence[Luma], seconds: float) -> Figure:
    with _scanning(Film(pictures, FRAMES_PER_S), lambda _: None):
        time.sleep(1)  # the libraries are loaded now
        began_s, spent_s = time.perf_counter(), time.process_time()
        time.sleep(seconds)
        share = (time.process_time() - spent_s) / (time.perf_counter() - began_s)
    return Figure(name, 100 * share, "%", IDLE_PERCENT_MAX, at_least=False, detail="of a core")


def _first() -> Figure:
    """From the frame that the decoder can read alone to `Scanned`, over many phones."""
    took_ms = [took for seed in range(PHONE_COUNT) if (took := _one_phone(seed)) is not None]
    missed = PHONE_COUNT - len(took_ms)
    return Figure(
        "first readable frame to Scanned, median",
        statistics.median(took_ms) if took_ms else float("inf"),
        "ms",
        FIRST_MS_MAX,
        at_least=False,
        detail=f"(of {PHONE_COUNT} phones, {missed} never readable)",
    )


def _one_phone(seed: int) -> float | None:
    """Milliseconds for one phone that comes nearer, or None when no frame of it can be read."""
    rng = random.Random(seed)  # noqa: S311
    symbology = Symbology.QR if seed % 3 else Symbology.CODE_128
    text = "28" + "".join(str(rng.randrange(10)) for _ in range(16))
    phone, pose = draw_phone(text, symbology).convert("L"), held(symbology, rng)
    pictures = [expose(None, None, rng) for _ in range(EMPTY_FRAMES)]
    pictures += [expose(phone, pose.shaken(rng), rng) for _ in range(PHONE_FRAMES)]
    readable = (
        index
        for index, luma in enumerate(pictures)
        if any(symbol.text == text for symbol in decoder.read(luma))
    )
    first = next(readable, None)
    if first is None:
        return None
    inbox: queue.Queue[float] = queue.Queue()
    film = Film(pictures, FRAMES_PER_S)
    with _scanning(film, lambda _: inbox.put(time.monotonic())):
        try:
            scanned_at_s = inbox.get(timeout=2 * len(pictures) / FRAMES_PER_S)
        except queue.Empty:
            return None
    return (scanned_at_s - film.shown_at_s[first]) * 1000


def _late(seconds: float) -> Figure:
    pictures = [shot.luma for level in (4, 5) for shot in phone_set.shots(level, 20, 700)]
    alone = asyncio.run(_ticks(seconds))
    with _scanning(Film(pictures, None), lambda _: None):
        late_ms = asyncio.run(_ticks(seconds))
    return Figure(
        "60 Hz tick beside the scanner, p99 late",
        _p99(late_ms),
        "ms",
        LATE_MS_MAX,
        at_least=False,
        detail=f"({_p99(alone):.2f} ms without it)",
    )


async def _ticks(seconds: float) -> list[float]:
    """How many milliseconds too late each tick of an event loop came."""
    loop = asyncio.get_running_loop()
    start_s, late_ms = loop.time(), []
    for number in range(1, int(seconds * TICKS_PER_S)):
        due_s = start_s + number / TICKS_PER_S
        await asyncio.sleep(due_s - loop.time())
        late_ms.append(max(0.0, loop.time() - due_s) * 1000)
    return late_ms


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
