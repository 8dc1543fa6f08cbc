"""The till's end: tells the broker what the till is like, and offers the till what was pushed.

Apart from the till because nothing of it may ever be felt there. It is handed Views and keeps the
newest; two threads of its own do the rest, one that tells and one that looks after health. A
broker that is down, slow or hostile costs a report that nobody reads.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pos import __version__
from pos.fleet.line import Broker, Line, Manners
from pos.fleet.pushing import Distrusted, Order, Trust
from pos.fleet.report import Grade, Part, Presence, Pushed, Report, State, Sums
from pos.fleet.topics import PRESENCE, REPORT, SETTINGS, Letter, topic
from pos.sale.configuration import Configure
from pos.sale.view import Notice, Stage, View

STOP_S = 3.0
READS_A_MINUTE_MAX = 240
_WORDS_MAX = 300
_FREE = (Stage.READY, Stage.OUTCOME)


@dataclass(frozen=True, slots=True)
class Who:
    """Which till this is: its name in the fleet, and what people call it."""

    name: str
    store: str
    terminal: str
    mode: str


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. A report is told again after `every_s` at the latest, and not sooner than `gap_s`
    after the one before; settings are offered when the till was free for `quiet_s`, and again
    after `again_s`; health is looked at after `health_first_s` and every `health_every_s`."""

    every_s: float = 30.0
    gap_s: float = 0.5
    quiet_s: float = 5.0
    again_s: float = 5.0
    health_first_s: float = 15.0
    health_every_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the reporter asks of the till: `say` puts a notice into words, `examine` looks at the
    machine for as long as it takes, `put` hands an input to the till."""

    say: Callable[[Notice], str]
    examine: Callable[[], Iterable[Part]]
    put: Callable[[Configure], bool]


class Reporter:
    """`show` may be called from any thread and never waits. `start` and `close` once each."""

    def __init__(
        self,
        who: Who,
        broker: Broker,
        public_key: str,
        around: Surroundings,
        pace: Pace = Pace(),
    ) -> None:
        """Raises SettingsError for files or a key that cannot be used."""
        self._who = who
        self._around = around
        self._pace = pace
        self._trust = Trust(who.name, public_key)
        self._line = Line(
            broker,
            who.name,
            subscribe=topic(who.name, SETTINGS),
            will=self._will,
            joined=self._joined,
            heard=self._heard,
            manners=Manners(reads_a_minute_max=READS_A_MINUTE_MAX),
        )
        self._started_at = time.time()
        self._session = ""
        self._view: View | None = None
        self._parts: tuple[Part, ...] = ()
        self._free_since_s = time.monotonic()
        self._fresh_line = False
        self._offered: bytes | None = None
        self._order: Order | None = None
        self._distrusted = ""
        self._put_s = float("-inf")
        self._told: Report | None = None
        self._told_s = float("-inf")
        self._woken, self._ending = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("fleet", self._work), ("fleet-health", self._look_after))
        ]

    def start(self) -> None:
        """Connect, and begin to tell; returns at once."""
        self._line.open()
        for thread in self._threads:
            thread.start()

    def show(self, view: View) -> None:
        """Take the newest View."""
        self._view = view
        self._woken.set()

    def close(self) -> None:
        """Say goodbye where anybody listens, and end; takes a few seconds at most."""
        self._ending.set()
        self._woken.set()
        self._threads[0].join(STOP_S)
        if self._line.there:
            self._tell(time.monotonic())
            self._line.send(self._presence(State.CLOSED))
        self._line.close()

    def _will(self) -> Letter:
        """A new connection is about to be made: a session of its own, and what to say if it ends
        without a goodbye."""
        self._session = secrets.token_hex(8)
        return self._presence(State.LOST)

    def _presence(self, state: State) -> Letter:
        told = Presence(session=self._session, state=state)
        return Letter(topic(self._who.name, PRESENCE), told.encoded())

    def _joined(self) -> None:
        self._fresh_line = True
        self._woken.set()

    def _heard(self, letter: Letter) -> None:
        if letter.topic == topic(self._who.name, SETTINGS):
            self._offered = letter.payload
            self._woken.set()

    def _work(self) -> None:
        """Tell what changed, and everything after a while or over a new line."""
        all_told = True
        while not self._ending.is_set():
            # Something waits to be sent, or to be offered again; or nothing but time passes.
            soon = self._order is not None or not all_told
            self._woken.wait(self._pace.gap_s if soon else self._pace.every_s / 2)
            self._woken.clear()
            now_s = time.monotonic()
            self._read_offered()
            self._offer(now_s)
            fresh = self._fresh_line and self._line.there
            if fresh:
                self._fresh_line = False
                self._line.send(self._presence(State.UP))
                self._told = None
            all_told = self._tell(now_s, beside=fresh)
            self._ending.wait(self._pace.gap_s)

    def _tell(self, now_s: float, *, beside: bool = False) -> bool:
        """Tell what is new; False while what was told before is still on its way, unless it may
        go beside it."""
        view = self._view
        if view is None or not self._line.there:
            return True
        if not (self._line.idle or beside):
            return False
        told = self._report(view, self._told.at if self._told is not None else time.time())
        if told == self._told and now_s - self._told_s < self._pace.every_s:
            return True
        self._told = told.model_copy(update={"at": time.time()})
        self._told_s = now_s
        self._line.send(Letter(topic(self._who.name, REPORT), self._told.encoded()))
        return True

    def _report(self, view: View, at: float) -> Report:
        facts = view.facts
        waiting = self._order.number if self._order is not None else 0
        return Report(
            session=self._session,
            every_s=self._pace.every_s,
            at=at,
            started_at=self._started_at,
            version=__version__,
            store=self._who.store,
            terminal=self._who.terminal,
            mode=self._who.mode,
            stopped="" if view.stopped is None else self._around.say(view.stopped)[:_WORDS_MAX],
            training=view.office.training,
            open_payments=facts.open_payments,
            open_refunds=facts.open_refunds,
            oldest_open_at=facts.oldest_open_at,
            last_payment_at=facts.last_payment_at,
            shift=facts.shift,
            sales=facts.sales,
            returns=facts.returns,
            sums=tuple(
                Sums(currency=each.currency, sold=each.sold, given_back=each.given_back)
                for each in facts.takings
            ),
            parts=(*self._seen_parts(view), *self._parts),
            pushed=Pushed(
                answered=facts.settings,
                refused=facts.settings_refused[:_WORDS_MAX],
                waiting=waiting if waiting > facts.settings else 0,
                distrusted=self._distrusted,
            ),
        )

    def _seen_parts(self, view: View) -> tuple[Part, ...]:
        """What the till itself says of its parts while it works."""
        link = Part(part="link", grade=Grade.GOOD, found=view.link.value)
        if view.link in ("down", "distrusted"):
            link = link.model_copy(update={"grade": Grade.FAULT})
        elif view.link == "unknown":
            link = link.model_copy(update={"grade": Grade.UNKNOWN})
        said = {"camera": view.camera, "printer": view.printer, "catalogue": view.shelf}
        return (link, *(
            Part(part=part, grade=Grade.POOR, found=self._around.say(notice)[:_WORDS_MAX])
            for part, notice in said.items() if notice is not None
        ))  # fmt: skip

    def _read_offered(self) -> None:
        """See whether what was pushed is for this till, signed and still meant."""
        payload, self._offered = self._offered, None
        if payload is None:
            return
        self._order, self._distrusted = None, ""
        if payload:  # an empty one takes back what was pushed
            try:
                self._order = self._trust.opened(payload)
            except Distrusted as fault:
                self._distrusted = str(fault)

    def _offer(self, now_s: float) -> None:
        """Hand the settings to the till while nobody sells; it looks itself, and answers once."""
        view, order = self._view, self._order
        if view is None or not _free(view):
            self._free_since_s = now_s
            return
        if order is None:
            return
        if order.number <= view.facts.settings:
            self._order = None
            return
        quiet_s, again_s = self._pace.quiet_s, self._pace.again_s
        if now_s >= max(self._free_since_s + quiet_s, self._put_s + again_s):
            self._put_s = now_s
            self._around.put(Configure(order.number, order.settings()))

    def _look_after(self) -> None:
        """Examine the machine now and then, while nobody sells."""
        wait_s = self._pace.health_first_s
        while not self._ending.wait(wait_s):
            view = self._view
            if view is None or not _free(view):
                wait_s = self._pace.health_first_s
                continue
            self._parts = tuple(self._around.examine())
            self._woken.set()
            wait_s = self._pace.health_every_s


def _free(view: View) -> bool:
    """Whether nothing is under way that anybody sees."""
    facts = view.facts
    return (
        view.stage in _FREE
        and view.order is None
        and not facts.open_payments
        and not facts.open_refunds
    )
