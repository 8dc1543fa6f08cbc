"""Help wanted: asked for where nobody stands, answered where somebody does, journaled on both.

Apart from the sale because no answer begins or ends a payment, and from the line between the
tills, which may be down: then a badge before the camera answers in its place.
"""

from dataclasses import replace

from pos.engine.attending import Attending
from pos.engine.paperwork import Paperwork
from pos.engine.parts import Parts, Writer
from pos.sale.assistance import (
    TEXT_LENGTH_MAX,
    WANTED_MAX,
    AnswerHelp,
    Cause,
    HelpAnswered,
    HelpAsked,
    HelpDesk,
    HelpEnded,
    HelpHeard,
    HelpTold,
)
from pos.sale.code import BadgeCode, recognise
from pos.sale.input import Input, Scanned
from pos.sale.order import OrderDropped
from pos.sale.ordering import age_denied, age_proven
from pos.sale.staff import Duty
from pos.sale.till import FREE, Desk
from pos.sale.view import Notice, View, notice


class Helping:
    """What is wanted here, and at the other tills of the shop."""

    def __init__(
        self, parts: Parts, writer: Writer, attending: Attending, paperwork: Paperwork
    ) -> None:
        self._parts = parts
        self._writer = writer
        self._attending = attending
        self._paperwork = paperwork
        self._live: dict[str, tuple[HelpAsked, ...]] = {}
        self._settled: set[Cause] = set()
        self._heard: HelpAnswered | None = None
        self._stopped: HelpAsked | None = None
        self._unmatched: dict[str, HelpAnswered] = {}

    @property
    def wants(self) -> bool:
        """Whether this till asks: one where customers serve themselves does."""
        return self._parts.mode.self_service

    def start(self) -> None:
        """What was open is not: the order is gone, and others say again what they want."""
        for help_id in list(self._open):
            self._end(help_id)

    def obey(self, given: Input, desk: Desk) -> Desk | None:
        """The desk after what another till, or whoever stands here, says; None for other inputs."""
        match given:
            case HelpHeard():
                self._hear(given)
                other = self._elsewhere(given)
                return desk if other is None else replace(desk, notice=other)
            case AnswerHelp():
                return replace(desk, notice=self._answer(given))
            case HelpTold():
                return self._take(given.answer, desk)
            case Scanned():
                return self._badge(given, desk)
        return None

    def _badge(self, given: Scanned, desk: Desk) -> Desk | None:
        """The desk after a badge that answers what this till asks; None for anything else."""
        asked = [each for each in self._open.values() if self._is_mine(each)]
        code = recognise(given.text.reveal(), given.symbology)
        staff = self._parts.staff
        if not self.wants or not asked or not isinstance(code, BadgeCode) or staff is None:
            return None
        member = staff.with_badge(given.text)
        if member is None:
            return replace(desk, notice=notice("staff.unknown_badge"))
        for each in asked:
            terminal, at = self._parts.terminal.reference, self._parts.clock.wall()
            approved = True  # who does not approve takes the article off the order
            answer = HelpAnswered(each.help_id, terminal, approved, member.staff_id, at)
            desk = self._take(answer, desk)
        return desk

    def follow(self, view: View) -> bool:
        """Ask for what this View shows to be needed, and end what is not; whether that is news."""
        if not self.wants or self._writer.halt is not None:
            return False
        before, wanted = list(self._open), self._needs(view)
        for asked in list(self._open.values()):
            if self._is_mine(asked) and wanted.get(asked.cause, ("", -1))[1] != asked.age:
                self._end(asked.help_id)
        self._settled &= wanted.keys()
        open_now = {each.cause for each in self._open.values() if self._is_mine(each)}
        for cause, (text, age) in wanted.items():
            if cause not in open_now and cause not in self._settled:
                self._writer.write(self._made(cause, text, age))
        return before != list(self._open)

    def _needs(self, view: View) -> dict[Cause, tuple[str, int]]:
        """Text and age of each cause that there is now."""
        causes = {
            Cause.CALL: view.papers.help_wanted,
            Cause.CAMERA: view.camera is not None,
            Cause.PRINTER: view.printer is not None,
            Cause.PAYMENT: any(row.needs_person for row in view.unfinished),
        }
        needs = {cause: ("", 0) for cause, needed in causes.items() if needed}
        if view.order is not None and (age := view.order.age_unproven):
            line = next(line for line in view.order.lines if line.age_limit == age)
            needs[Cause.AGE] = line.text, age
        return needs

    def shown(self) -> HelpDesk:
        """As front ends may show it."""
        fold = self._writer.history.books.assistance
        live = {each.help_id: each for asked in self._live.values() for each in asked}
        return HelpDesk(
            tuple(each for each in live.values() if each.help_id in fold.open),
            self._own(),
            tuple(fold.answers[each] for each in live if each in fold.answers),
            self._heard,
        )

    def _own(self) -> tuple[HelpAsked, ...]:
        """What this till asks; one that cannot write any more asks all the same."""
        if self.wants and self._writer.halt is not None:
            if self._stopped is None:
                self._stopped = self._made(Cause.STOPPED, "", 0)
            return (self._stopped,)
        return tuple(each for each in self._open.values() if self._is_mine(each))[:WANTED_MAX]

    @property
    def _open(self) -> dict[str, HelpAsked]:
        return self._writer.history.books.assistance.open

    def _is_mine(self, asked: HelpAsked) -> bool:
        return asked.terminal == self._parts.terminal.reference

    def _made(self, cause: Cause, text: str, age: int) -> HelpAsked:
        terminal, at = self._parts.terminal.reference, self._parts.clock.wall()
        return HelpAsked(self._parts.new_id(), terminal, cause, text[:TEXT_LENGTH_MAX], age, at)

    def _end(self, help_id: str) -> None:
        self._writer.write(HelpEnded(help_id, self._parts.clock.wall()))

    def _hear(self, given: HelpHeard) -> None:
        """Keep what another till wants now; what it says no more of is over."""
        fold = self._writer.history.books.assistance
        asked = {each.help_id: each for each in given.asked[:WANTED_MAX]}
        for each in list(fold.open.values()):
            if given.whole and each.terminal == given.terminal and each.help_id not in asked:
                self._end(each.help_id)
        for help_id, each in asked.items():
            if help_id not in fold.open and help_id not in fold.answers:
                self._writer.write(each)
        if asked:
            self._live[given.terminal] = tuple(asked.values())
        else:
            self._live.pop(given.terminal, None)

    def _elsewhere(self, given: HelpHeard) -> Notice | None:
        """What to say where another till was faster, and what was answered here does not count."""
        taken = given.heard
        mine = None if taken is None else self._unmatched.pop(taken.help_id, None)
        if taken is None or mine is None or mine.terminal == taken.terminal:
            return None
        key = "help.approved_elsewhere" if taken.approved else "help.refused_elsewhere"
        return notice(key, grave=taken.approved != mine.approved, terminal=taken.terminal)

    def _answer(self, given: AnswerHelp) -> Notice | None:
        """Whoever stands here answers another till."""
        asked = self._open.get(given.help_id)
        if (why := self._attending.forbidden(Duty.SELL)) is not None:
            return why
        if asked is None or self._is_mine(asked):
            return notice("help.over")
        terminal, at = self._parts.terminal.reference, self._parts.clock.wall()
        staff_id = self._attending.staff_id
        answer = HelpAnswered(given.help_id, terminal, given.approved, staff_id, at)
        if not self._writer.write(answer):
            return None
        self._unmatched[given.help_id] = answer
        if len(self._unmatched) > WANTED_MAX:
            del self._unmatched[next(iter(self._unmatched))]
        key = "help.approved" if given.approved else "help.refused"
        return notice(key, terminal=asked.terminal)

    def _take(self, answer: HelpAnswered, desk: Desk) -> Desk:
        """This till is answered; an answer to what is asked no more changes nothing."""
        asked = self._open.get(answer.help_id)
        if asked is None or not self._is_mine(asked) or not self._writer.write(answer):
            return desk
        self._heard = answer
        self._settled.add(asked.cause)
        if asked.cause is Cause.CALL:
            self._paperwork.help_came()
        if asked.cause is not Cause.AGE or desk.stage not in FREE:
            return desk
        desk = replace(desk, since_s=self._parts.clock.monotonic())
        if answer.approved:
            return age_proven(desk, asked.age)
        after, command = age_denied(desk)
        if command is not None and desk.order is not None:
            self._writer.write(OrderDropped(desk.order, self._parts.clock.wall()))
        return after
