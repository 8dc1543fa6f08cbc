"""Leads a visitor through the kiosk by ear: three buttons in, sentences and numbered lines out.

Apart from the words, which have no clock. It decides nothing about money: what may be chosen stands
in `pos.sale.choice`, where that leads in `pos.sale.visit`. Every method is for one thread.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from itertools import groupby

from hardware.devices import Voice
from pos.language import Tongues
from pos.sale.glimpse import Glimpse
from pos.sale.input import Input
from pos.sale.view import View
from pos.sale.visit import chosen, passed, seen
from pos.sale.visitor import Step, Visit, left_s, nobody
from pos.spoken.words import Line, Sentence, SpokenLanguage, lines, standing

# Who listens needs longer than who reads; and while the kiosk itself speaks, no time passes.
PACE = 3.0
AFTER_SPEECH_S = 20.0
# Nobody pressed anything at the start for so long: whoever comes next is welcomed anew.
FORGETS_S = 60.0
HINT_EVERY_S = 4.0
_WARN_AGAIN_S = 15.0
# A choice that the till is told of is answered with a View; what is said waits for it so long.
_ANSWER_S = 0.4


class Press(StrEnum):
    """The three buttons."""

    NEXT = "next"
    CHOOSE = "choose"
    BACK = "back"


# What the third button does, whichever of these is offered first; else it calls for help.
_BACK = ("back", "over", "stop", "leave")


class Guide:
    """`put` takes an Input, `tell` prints a line, `wipe` takes away what was printed."""

    def __init__(
        self,
        put: Callable[[Input], bool],
        home: str,
        first: View,
        voice: Voice | None,
        *,
        tell: Callable[[str], object] = lambda _line: None,
        wipe: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        tongues: Tongues | None = None,
    ) -> None:
        self._put, self._voice, self._tell, self._wipe = put, voice, tell, wipe
        self._clock = clock
        self._tongues = tongues or Tongues(SpokenLanguage)
        self._view = first
        self._visit = nobody(home, pace=PACE)
        self._standing: tuple[Sentence, ...] = ()
        self._lines: tuple[Line, ...] = ()
        self._place = 0
        self._awake_s: float | None = None
        self._warned_s: float | None = None
        self._owed_s: float | None = None
        self._hinted: tuple[float, str] = (float("-inf"), "")

    @property
    def visit(self) -> Visit:
        """Where the visitor stands."""
        return self._visit

    @property
    def place(self) -> Line | None:
        """The line that would be chosen now."""
        return self._lines[self._place] if self._place < len(self._lines) else None

    def apply(self, view: View) -> None:
        """The till has gone on."""
        self._view = view
        if view.box_office is not None:
            self._tongues.use_clock_of(view.box_office.site.zone)
        self._go(seen(self._visit, view, self._clock()))
        self._tell_owed()

    def press(self, button: Press) -> None:
        """A button was pressed: what was being said is cut short."""
        if self._visit.step is Step.START and self._awake_s is None:
            self._awake_s = self._clock()
            self._greet()
            return
        self._tell_owed()
        self._awake_s = self._clock() if self._visit.step is Step.START else None
        self._hush()
        self._warned_s = None
        match button:
            case Press.NEXT:
                self._place = (self._place + 1) % max(1, len(self._lines))
                self._choose("")
                if not self._place:  # once around: what was missed is said again
                    self._speak(self._standing)
                self._say_place()
            case Press.CHOOSE:
                line = self.place
                if line is not None and not line.choice.open:
                    self._say_place()
                self._choose(line.choice.action if line is not None else "")
            case Press.BACK:
                offered = {line.choice.action for line in self._lines if line.choice.open}
                self._choose(next((each for each in _BACK if each in offered), "help"))

    def tick(self) -> None:
        """Let time pass; to be called about twice a second."""
        now_s = self._clock()
        if self._owed_s is not None and now_s >= self._owed_s:
            self._tell_owed()
        if self._awake_s is not None and now_s - self._awake_s > FORGETS_S:
            self._forget()
        if self._visit.ends_s and self._voice is not None and self._voice.speaking:
            later = max(self._visit.ends_s, now_s + AFTER_SPEECH_S)
            self._visit = replace(self._visit, ends_s=later)
        visit, told = passed(self._visit, self._view, now_s)
        self._hand_in(told)
        if visit != self._visit:
            self._go(visit)
        self._warn(now_s)

    def aim(self, glimpse: Glimpse) -> None:
        """The camera sees something that it cannot read: say what would help."""
        now_s = self._clock()
        at_s, hint = self._hinted
        if not glimpse.hint or not self._view.looking or self._visit.step is not Step.PAYING:
            return
        if now_s - at_s < HINT_EVERY_S or (glimpse.hint == hint and self._speaking):
            return
        self._hinted = now_s, glimpse.hint
        words = self._tongues(self._visit.language)
        self._speak(((words.say(f"screen.aim_{glimpse.hint}"), words.code),))

    @property
    def _speaking(self) -> bool:
        return self._voice is not None and self._voice.speaking

    def _choose(self, action: str) -> None:
        visit, told = chosen(self._visit, action, self._view, self._clock())
        self._hand_in(told)
        self._go(visit, answered=not told)

    def _hand_in(self, told: tuple[Input, ...]) -> None:
        for each in told:
            self._put(each)

    def _go(self, visit: Visit, *, answered: bool = True) -> None:
        """Say what is new: all of another step, and of the same one what changed."""
        before, self._visit = self._visit, visit
        moved = (visit.step, visit.language) != (before.step, before.language)
        now = standing(visit, self._view, self._tongues)
        was, self._standing = self._standing, now
        at = self.place
        self._lines = lines(visit, self._view, self._tongues)
        if moved and visit.step is Step.START:
            self._forget()
        elif moved:
            self._place, self._warned_s = 0, None
            self._hush()
            self._owed_s = self._clock() + _ANSWER_S
            if answered:
                self._tell_owed()
        elif self._owed_s is None:
            self._keep(at)
            if visit.step is not Step.START:
                self._speak(tuple(each for each in now if each not in was))
                here = self.place
                if at is not None and here is not None and here.text != at.text:
                    self._say_place()  # what was just chosen means something else now
            elif self._awake_s is not None and now != was:
                self._greet()

    def _tell_owed(self) -> None:
        """Say where the visit has come to, where that was not said yet."""
        if self._owed_s is not None:
            self._owed_s = None
            self._speak(self._standing)
            self._list()
            self._say_place()

    def _keep(self, at: Line | None) -> None:
        """Stay on the line of the same choice, where it is still there."""
        if at is None:
            self._place = 0
            return
        same = (i for i, each in enumerate(self._lines) if each.choice.action == at.choice.action)
        self._place = next(same, min(self._place, max(0, len(self._lines) - 1)))

    def _greet(self) -> None:
        self._place = 0
        self._hush()
        self._speak(standing(self._visit, self._view, self._tongues))
        self._list()
        self._say_place()

    def _forget(self) -> None:
        """Nobody is there any more, and nothing is left of who was."""
        self._awake_s = self._warned_s = self._owed_s = None
        self._place = 0
        self._hush()
        self._wipe()

    def _warn(self, now_s: float) -> None:
        """Say in time that the visit would end, and how to stay; once more before it does."""
        left = left_s(self._visit, self._view, now_s)
        due = self._warned_s is None or now_s - self._warned_s >= _WARN_AGAIN_S
        if left is None or not due or self._visit.step is Step.OUTCOME:
            return
        self._warned_s = now_s
        words = self._tongues(self._visit.language)
        said = words.say("kiosk.still_there", left=int(left)), words.say("spoken.any_button")
        self._speak(tuple((each, words.code) for each in said))

    def _list(self) -> None:
        for line in self._lines:
            self._tell(f"{line.number}. {line.text}")

    def _say_place(self) -> None:
        line = self.place
        if line is None:
            return
        words = self._tongues(line.code)
        said = words.say(
            "spoken.place", number=line.number, count=len(self._lines), choice=line.text
        )
        self._speak(((said, line.code),))

    def _speak(self, said: tuple[Sentence, ...]) -> None:
        for text, _ in said:
            self._tell(text)
        if self._voice is None:
            return
        # All of one language in one breath: a voice that has too much before it drops the oldest.
        for code, group in groupby(said, key=lambda each: each[1]):
            self._voice.say(" ".join(_closed(text, code) for text, _ in group), code)

    def _hush(self) -> None:
        if self._voice is not None:
            self._voice.hush()


def _closed(text: str, code: str) -> str:
    """With a mark at its end, so that the voice pauses there."""
    mark = "。" if code == "zh" else "."
    return text if text[-1:] in ".!?。！？" else text + mark
