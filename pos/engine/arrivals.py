"""Watching the till's static code: ask for the next number, write down, then show and print.

Apart from the payments because nothing here was asked for by the till, nothing is ever cancelled,
and no sale waits for it: one look is one short inquiry, made only while the desk lies still.
"""

import math
from collections.abc import Callable
from itertools import islice

from pos.engine.parts import Parts, Writer
from pos.sale.arrival import (
    Answer,
    Arrived,
    Found,
    Lapsed,
    Search,
    Watch,
    Watching,
    may_look,
    request_id,
)
from pos.sale.payment import Payment
from pos.sale.till import Desk
from pos.sale.view import LinkState, Notice, notice

LOOK_EVERY_S = 3.0
LOOK_AFTER_SILENCE_S = 15.0
# The next of many is taken when the slip of the last is printed, or after this.
PRINTING_S_MAX = 5.0
NEWS_S = 120.0
NEWS_MAX = 100


class Arrivals:
    """What the static code brought. `arrived` is called with each payment once it is written.

    `trouble` says why nothing would be shown, or is None.
    """

    def __init__(self, parts: Parts, writer: Writer, arrived: Callable[[Payment], None]) -> None:
        self._parts = parts
        self._writer = writer
        self._arrived = arrived
        self._due_s = parts.clock.monotonic() if parts.watches else math.inf
        self._opened: frozenset[int] = frozenset()
        self._search = Search()
        self._checked = False
        self._news: dict[str, float] = {}
        self.trouble: Notice | None = None

    @property
    def news(self) -> tuple[str, ...]:
        """Request ids of what arrived lately in this process, oldest first."""
        return tuple(self._news)

    def due_s(self, desk: Desk, now_s: float) -> float:
        """The monotonic second of the next look, as far as is known; infinite while none may be."""
        news_end_s = min(self._news.values(), default=math.inf) + NEWS_S
        # On a disk that has failed nothing can be written, so nothing new can be shown.
        if self._writer.halt is not None or self._parts.switch.link is not LinkState.UP:
            return news_end_s
        if not may_look(desk.stage, now_s - desk.since_s):
            return news_end_s
        return min(self._due_s, news_end_s)

    def look(self, now_s: float) -> bool:
        """Forget what is no news any more, else ask once; whether there is something to show."""
        old = [each for each, at_s in self._news.items() if at_s + NEWS_S <= now_s]
        for each in old:
            del self._news[each]
        if old or now_s < self._due_s:
            return bool(old)
        watch = self._writer.history.watches.get(self._parts.terminal.reference)
        if watch is None:
            return self._look_for_the_newest()
        if not self._checked:
            return self._look_for_the_last(watch)
        return self._look_for_the_next(watch)

    def printed(self, document_id: str) -> None:
        """The slip is printed, or cannot be: what came after that payment may follow."""
        if document_id in self._news:
            self._due_s = min(self._due_s, self._parts.clock.monotonic())

    def _look_for_the_newest(self) -> bool:
        """The first start: payments up to the newest number are not shown."""
        answer = self._ask(self._search.number)
        if answer is not Found.SILENCE:
            self._search = self._search.learned(there=answer is not Found.NOTHING)
        newest = self._search.newest
        if newest is not None:
            terminal, wall_s = self._parts.terminal.reference, self._parts.clock.wall()
            self._checked = self._writer.write(Watching(terminal, newest, wall_s))
        return False

    def _look_for_the_last(self, watch: Watch) -> bool:
        """A later start: the switch must know what is written here, or its numbers are others."""
        answer = Found.OPEN if watch.newest == 0 else self._ask(watch.newest)
        if answer is Found.NOTHING or self._is_another(answer):
            return self._give_up()
        self._checked = answer is not Found.SILENCE
        return False

    def _is_another(self, answer: Answer) -> bool:
        """Whether a payment that is written here is not the one that the switch knows."""
        if not isinstance(answer, Arrived):
            return False
        ours = self._writer.history.payments.get(answer.request_id)
        return ours is not None and ours.payment_id != answer.payment_id

    def _look_for_the_next(self, watch: Watch) -> bool:
        number = watch.next_number(self._opened)
        if number is None:
            return self._rest()
        answer = self._ask(number)
        match answer:
            case Arrived():
                return self._take(answer)
            case Lapsed():
                self._writer.write(answer)
            case Found.OPEN:
                self._opened |= {number}
            case Found.NOTHING:
                return self._rest()
        return False

    def _take(self, arrived: Arrived) -> bool:
        """Write it down; only then is it shown and printed, so that neither is done twice."""
        if arrived.request_id in self._writer.history.payments:
            return self._give_up()
        if not self._writer.write(arrived):
            return True  # the till has halted, and says so
        now_s = self._parts.clock.monotonic()
        if self._parts.paper is not None:
            self._due_s = now_s + PRINTING_S_MAX
        self._news[arrived.request_id] = now_s
        for each in list(islice(self._news, max(0, len(self._news) - NEWS_MAX))):
            del self._news[each]
        self._arrived(self._writer.history.payments[arrived.request_id])
        return True

    def _rest(self) -> bool:
        """The round is over."""
        self._opened = frozenset()
        self._due_s = self._parts.clock.monotonic() + LOOK_EVERY_S
        return False

    def _give_up(self) -> bool:
        self.trouble = notice("static_code.other_books", grave=True)
        self._due_s = math.inf
        return True

    def _ask(self, number: int) -> Answer:
        terminal, clock = self._parts.terminal.reference, self._parts.clock
        answer = self._parts.switch.look(request_id(terminal, number), clock.wall())
        if answer is Found.SILENCE:
            self._due_s = clock.monotonic() + LOOK_AFTER_SILENCE_S
        return answer
