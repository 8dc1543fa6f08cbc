"""A turnstile in a hurry: tickets from the camera's frames to a durable entry each, one second.

Apart from the other measurements because a gate is another program: the product's scan loop, its
rules and its book on a disk, with as many phones held up as it can take.
"""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from hardware.bench import NoIndicator
from hardware.decoder import Decoder
from hardware.devices import Luma, Symbology
from hardware.phone import draw_phone, expose, held
from hardware.scanner import Scanner
from pos.bench.eye import Film
from pos.bench.measure import Figure
from pos.gate.admitting import Admission, Gate, Verdict
from pos.gate.book import Book
from pos.gate.links import Links
from pos.gate.turnstile import Turnstile
from pos.sale.ticket import Ticket
from pos.stamp import Stamp, TicketKeys

SITE, DAY_S = "bench", 86_400
TICKET_COUNT = 60
FRAMES_EACH = 3
ADMITTED_PER_S_MIN = 10.0
READ_PERCENT_MIN = 90.0
TURN_S = 0.2
SECONDS_MAX = 60.0
HOW = f"""\
{TICKET_COUNT} tickets on phones held up one after the other, {FRAMES_EACH} frames of 1280 x 720
of each with perspective, blur, glare and noise, as fast as they come; decoded, verified (Ed25519)
and entered in the gate's book, each with a commit of its own. Then once more, as copies."""


def measure(folder: Path) -> Iterator[Figure]:
    """Tickets a second, how many were read, and how many copies were let in."""
    stamp = Stamp(folder)
    now = int(time.time()) // 60 * 60
    tickets = [
        Ticket(f"{number:016x}", SITE, "adult", 1, now - DAY_S, now + DAY_S)
        for number in range(TICKET_COUNT)
    ]
    frames = [luma for each in tickets for luma in _frames(stamp.stamped(each), each.serial)]
    with Book(folder) as book:
        gate = Gate("bench", SITE, TicketKeys(stamp.public), book, 0.0)
        first, took_s = _held_up(gate, frames)
        second, _ = _held_up(gate, frames)
    admitted = [each for each in first if each.verdict is Verdict.ADMITTED]
    copies = [each for each in second if each.verdict is Verdict.ADMITTED]
    known = {each.ticket for each in admitted}
    late = [each for each in copies if each.ticket in known]
    yield Figure(
        "tickets admitted from camera frames", len(admitted) / took_s, "/s", ADMITTED_PER_S_MIN,
        at_least=True, detail=f"({len(admitted)} in {took_s:.2f} s, {len(frames)} frames)",
    )  # fmt: skip
    yield Figure(
        "tickets read", 100 * len(admitted) / TICKET_COUNT, "%", READ_PERCENT_MIN, at_least=True
    )
    yield Figure("copies admitted", len(late), "", 0, at_least=False)


def _frames(text: str, seed: str) -> list[Luma]:
    rng = random.Random(seed)  # noqa: S311
    phone, pose = draw_phone(text).convert("L"), held(Symbology.QR, rng)
    return [expose(phone, pose.shaken(rng), rng) for _ in range(FRAMES_EACH)]


class _Reel(Film):
    """Pictures that are shown once; then the camera's last picture stands still."""

    def __init__(self, pictures: list[Luma]) -> None:
        super().__init__([*pictures, *[pictures[-1]] * len(pictures)], None)
        self.count = len(pictures)

    @property
    def over(self) -> bool:
        """Whether each was shown."""
        return len(self.shown_at_s) > self.count


def _held_up(gate: Gate, frames: list[Luma]) -> tuple[list[Admission], float]:
    """What the gate said of the codes in these frames, and in how many seconds."""
    told: list[Admission] = []
    links = Links((), None, gate.name, ())
    turnstile = Turnstile(gate, links, NoIndicator(), tell=told.append, complain=lambda _: None)
    film = _Reel(frames)
    scanner = Scanner(film, Decoder(), lambda symbol: turnstile.read(symbol.text), lambda _: None)
    thread = threading.Thread(target=scanner.run, name="scanner", daemon=True)
    began_s = time.perf_counter()
    scanner.arm()
    thread.start()
    while not film.over and time.perf_counter() - began_s < SECONDS_MAX:
        turnstile.turn(TURN_S)
    took_s = time.perf_counter() - began_s
    scanner.stop()
    thread.join()
    turnstile.turn(TURN_S)
    return told, took_s
