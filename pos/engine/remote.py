"""Helpers and updates at work: who looks on, who may drive, and whether the till may rest.

Apart from the office because the one who acts is not in the shop; what they may is decided by
whoever is.
"""

from dataclasses import replace

from pos.engine.attending import Attending
from pos.engine.parts import Parts, Writer
from pos.sale.payment import State
from pos.sale.remote import (
    WHO_CHARACTERS_MAX,
    AnswerHelper,
    Helper,
    HelperAllowed,
    HelperAsks,
    HelperCame,
    HelperComes,
    HelperGoes,
    HelperLeft,
    HelperRefused,
    Remote,
    RemoteInput,
    Rest,
)
from pos.sale.till import Desk
from pos.sale.view import Stage

# A till rests for as long as it is asked to, again and again: who asks may die.
REST_S = 60.0
# Where nobody logs in and no shift is opened, a shift is over when nobody sold for so long.
QUIET_S = 15 * 60.0
SEEN_S = 120.0  # an outcome that nobody took away for so long was seen
NOBODY = Remote()
LOOKED_AT = 20  # payments; more of them without a sale are no shop at work


class RemoteHands:
    """Takes the inputs of `pos.sale.remote`, and shows how it stands."""

    def __init__(self, parts: Parts, writer: Writer, attending: Attending) -> None:
        self._parts = parts
        self._writer = writer
        self._attending = attending
        self._helper: Helper | None = None
        self._allowed_by = ""
        self._rests_until_s = float("-inf")
        self._waits_for = ""

    @property
    def resting(self) -> bool:
        """Whether nothing may be begun now, because the program is about to be changed."""
        return self._parts.clock.monotonic() < self._rests_until_s

    def shown(self) -> Remote:
        """As front ends may show it."""
        if self._helper is None and not self._waits_for and self._rests_until_s < 0.0:
            return NOBODY
        self._heed_staff()
        return Remote(self._helper, self.resting, self._waits_for)

    def obey(self, given: RemoteInput, desk: Desk) -> None:
        """Do it. What is not about the helper who is there, or comes too late, does nothing."""
        self._heed_staff()
        match given:
            case Rest():
                self._rest(desk, on=given.on)
            case HelperComes() if self._helper is None:
                who = " ".join(given.who.split())[:WHO_CHARACTERS_MAX]
                self._writer.write(HelperCame(given.session, who, self._parts.clock.wall()))
                self._helper = Helper(given.session, who)
            case HelperAsks() if self._is(given.session) and self._writer.halt is None:
                self._helper = replace(self._helper, asks=True) if self._helper else None
            case AnswerHelper() if self._is(given.session):
                self._answer(given)
            case HelperGoes() if self._is(given.session):
                self._writer.write(HelperLeft(given.session, self._parts.clock.wall()))
                self._helper = None

    def _is(self, session: str) -> bool:
        return self._helper is not None and self._helper.session == session

    def _answer(self, given: AnswerHelper) -> None:
        helper, at = self._helper, self._parts.clock.wall()
        if helper is None or given.allowed is helper.drives:
            self._helper = replace(helper, asks=False) if helper else None
            return
        by = self._attending.staff_id
        if given.allowed:
            # Nobody's leave is worth anything that is not written down.
            drives = helper.asks and self._writer.write(HelperAllowed(given.session, by, at))
        else:
            drives = False
            self._writer.write(HelperRefused(given.session, by, at))
        self._allowed_by = by
        self._helper = replace(helper, asks=False, drives=drives)

    def _heed_staff(self) -> None:
        """The leave that somebody gave ends when they go."""
        helper = self._helper
        if helper is not None and helper.drives and self._attending.staff_id != self._allowed_by:
            self._answer(AnswerHelper(helper.session, allowed=False))

    def _rest(self, desk: Desk, *, on: bool) -> None:
        now_s = self._parts.clock.monotonic()
        self._waits_for = self._in_the_way(desk) if on else ""
        rests = on and not self._waits_for
        self._rests_until_s = now_s + REST_S if rests else float("-inf")

    def _in_the_way(self, desk: Desk) -> str:
        """Why the till may not rest now: a language key, or empty."""
        history, clock = self._writer.history, self._parts.clock
        books = history.books
        if history.open_payments() or history.open_refunds() or history.gap is not None:
            return "update.waits_payment"
        if not _at_rest(desk, clock.monotonic()):
            return "update.waits_sale"
        if books.current.opened is not None:
            return "update.waits_shift"
        if self._attending.gates:
            return "update.waits_shift" if books.attendance.present is not None else ""
        closed = books.shifts[-2].closed if len(books.shifts) > 1 else None
        since = max(clock.wall() - QUIET_S, closed.at if closed is not None else 0.0)
        sold = (each for each in history.recent(LOOKED_AT) if each.state is State.PAID)
        return "update.waits_quiet" if any(each.opened_at > since for each in sold) else ""


def _at_rest(desk: Desk, now_s: float) -> bool:
    """Whether nobody is being served: no order, no payment, no outcome that is still looked at."""
    seen = desk.stage is Stage.OUTCOME and now_s - desk.since_s >= SEEN_S
    return (desk.stage is Stage.READY and desk.order is None) or seen
