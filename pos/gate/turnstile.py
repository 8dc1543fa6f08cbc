"""The gate at work: a code is read, decided on, entered, answered with lights, and told on a line.

Apart from the rules because this is where the devices are, and from the links because nothing
here waits for anybody but the disk.
"""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from hardware.devices import Indicator, Signal
from pos.gate.admitting import Admission, Admitting, Gate, Verdict
from pos.gate.book import Entry
from pos.gate.links import Elsewhere, Fetched, Links, Looked, News, Unreachable

READ_MAX = 64
TURN_S = 0.5

SIGNALS = {
    Verdict.ADMITTED: Signal.ADMITTED,
    Verdict.USED: Signal.USED,
    Verdict.TOO_EARLY: Signal.UNTIMELY,
    Verdict.TOO_LATE: Signal.UNTIMELY,
    Verdict.REVOKED: Signal.REJECTED,
    Verdict.OTHER_SITE: Signal.REJECTED,
    Verdict.UNKNOWN: Signal.REJECTED,
}


class Turnstile:
    """One gate. `read` may be called from any thread, `run` is one; `tell` hears of each code.

    `complain` is told in a sentence, once, what the gate has come to lack, or has again.
    """

    def __init__(
        self,
        gate: Gate,
        links: Links,
        indicator: Indicator,
        *,
        tell: Callable[[Admission], None],
        complain: Callable[[str], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._gate = gate
        self._admitting = Admitting(gate, wall)
        self._links = links
        self._indicator = indicator
        self._tell = tell
        self._complain = complain
        self._wall = wall
        self._codes: queue.Queue[str] = queue.Queue(READ_MAX)
        self._ending = threading.Event()
        self._faults: dict[str, str] = {}
        self._others_heard_at: float | None = None

    def list_age_s(self) -> float | None:
        """Seconds since the oldest list of tickets given back was made; None for no list."""
        made_at = self._gate.book.made_at()
        return None if made_at is None else max(0.0, self._wall() - made_at)

    def others_age_s(self) -> float | None:
        """Seconds since the other gates were last heard of; None for never."""
        heard_at = self._others_heard_at
        return None if heard_at is None else max(0.0, self._wall() - heard_at)

    def read(self, text: str) -> None:
        """A code was read. One that comes faster than the disk writes is to be held up again."""
        with suppress(queue.Full):
            self._codes.put_nowait(text)

    def end(self) -> None:
        """Let `run` return."""
        self._ending.set()

    def start(self) -> None:
        """Begin to listen to what is elsewhere, and light the lamp."""
        self._indicator.show(Signal.SCAN)
        self._links.start()

    def close(self) -> None:
        """Tell the others what they have not heard, and listen no more."""
        self._links.close()

    def run(self, alive: Callable[[], object] = lambda: None) -> None:
        """Work until `end`. Raises JournalError where the disk fails: then nobody is let in."""
        self.start()
        while not self._ending.is_set():
            alive()
            self.turn(TURN_S)

    def turn(self, wait_s: float) -> None:
        """Take one code, if one comes within so many seconds, and what is new from elsewhere."""
        for news in self._links.news():
            self._hear(news)
        try:
            text = self._codes.get(timeout=wait_s)
        except queue.Empty:
            return
        admission = self._admitting.present(text)
        if admission is None:
            return
        self._indicator.show(SIGNALS[admission.verdict])
        self._tell(admission)
        if admission.verdict is Verdict.ADMITTED and admission.ticket is not None:
            ticket = admission.ticket
            self._links.tell(Entry(ticket.serial, admission.at, ticket.persons))

    def _hear(self, news: News) -> None:
        match news:
            case Fetched():
                self._take_list(news)
            case Elsewhere():
                twice = self._gate.book.learn(news.gate, news.entries)
                for entry in news.entries if news.gate != self._gate.name else ():
                    if entry.serial in twice:
                        self._tell(Admission(Verdict.TWICE, entry.at, None, news.gate, entry.at))
            case Looked():
                self._others_heard_at = self._wall()
                self._well_again(news.source)
            case Unreachable():
                self._fails(news.source, news.sentence)

    def _take_list(self, fetched: Fetched) -> None:
        told = self._gate.keys.revocations(fetched.text)
        if told is None or told[0].site != self._gate.site:
            why = "is not signed by a key of this site" if told is None else "is of another site"
            self._fails(fetched.source, f"The list {fetched.source} {why}; it is not used.")
            return
        revoked, signer = told
        self._gate.book.hold(signer, revoked.made_at, revoked.serials)
        self._well_again(fetched.source)

    def _fails(self, source: str, sentence: str) -> None:
        if self._faults.get(source) != sentence:
            self._faults[source] = sentence
            self._complain(sentence)

    def _well_again(self, source: str) -> None:
        if self._faults.pop(source, None) is not None:
            self._complain(f"{source} can be used again.")
