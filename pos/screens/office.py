"""The back office: what may be done between the sales, as a list to pick from.

Apart from the counter's own menu because none of it is about the sale on the desk.
"""

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import App

from pos.sale.input import (
    CloseShift,
    Input,
    LogOut,
    MakeReport,
    OpenShift,
    ShowShift,
    Train,
    Unlock,
)
from pos.sale.staff import Duty
from pos.sale.view import View
from pos.screens.asking import AskScreen, Question
from pos.screens.check import CheckScreen
from pos.screens.ejournal import JournalScreen
from pos.screens.front import Front
from pos.screens.picking import PickScreen
from pos.screens.rows import Row

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to do: the language key of its name, and what is done."""

    word: str
    do: Callable[[], None]


class OfficeMenu:
    """Lists what this View allows, and does what is picked. `tell` says why it could not."""

    def __init__(self, app: "App[None]", front: Front, view: View, tell: Tell) -> None:
        self._app = app
        self._front = front
        self._view = view
        self._tell = tell

    def open(self) -> None:
        """Lay the list over the desk."""
        choices = self._choices()
        say = self._front.language.say
        rows = [Row(say(each.word, number=self._view.office.shift)) for each in choices]

        def chosen(place: int | None) -> None:
            if place is not None:
                choices[place].do()

        self._app.push_screen(
            PickScreen(self._front, say("screen.office"), rows, key="f10"), chosen
        )

    def _choices(self) -> list[Choice]:
        office = self._view.office
        listed: list[Choice] = []
        if Duty.SHIFT in office.duties:
            if office.shift_opened_at is None:
                listed.append(Choice("screen.open_shift", lambda: self._put(OpenShift())))
            listed += [
                Choice("screen.x_report", lambda: self._put(MakeReport())),
                Choice("screen.close_shift", self._close),
                Choice("screen.earlier_shift", self._earlier),
                Choice("screen.journal", self._journal),
            ]
        if Duty.TRAIN in office.duties:
            word = "screen.training_off" if office.training else "screen.training_on"
            listed.append(Choice(word, lambda: self._put(Train(not office.training))))
        if Duty.UNLOCK in office.duties and any(not row.tries_left for row in office.staff):
            listed.append(Choice("screen.unlock", self._unlock))
        if self._front.examine is not None:
            listed.append(Choice("check.title", self._check))
        if office.present is not None:
            listed.append(Choice("screen.log_out", lambda: self._put(LogOut())))
        return listed

    def _put(self, given: Input) -> None:
        if not self._front.put(given):
            self._tell(self._front.language.say("screen.busy"))

    def _close(self) -> None:
        """Once more, for a Z report cannot be undone."""
        say = self._front.language.say
        shift, count = self._view.office.shift, len(self._view.unfinished)
        title = say("screen.close_sure", number=shift, count=count)
        rows = [Row(say("screen.close_yes")), Row(say("screen.close_no"))]

        def chosen(place: int | None) -> None:
            if place == 0:
                self._put(CloseShift())

        self._app.push_screen(PickScreen(self._front, title, rows, key="f10"), chosen)

    def _earlier(self) -> None:
        question = Question(
            "screen.earlier_title", "screen.earlier_say", (("screen.earlier_do", "show"),)
        )

        def answered(answer: tuple[str, str] | None) -> None:
            if answer is not None:
                typed = answer[1]
                self._put(ShowShift(int(typed) if typed.isdecimal() else 0))

        self._app.push_screen(AskScreen(self._front, question), answered)

    def _journal(self) -> None:
        self._app.push_screen(JournalScreen(self._front, self._view))

    def _check(self) -> None:
        if self._front.examine is not None:
            self._app.push_screen(CheckScreen(self._front, self._front.examine))

    def _unlock(self) -> None:
        locked = [row for row in self._view.office.staff if not row.tries_left]
        rows = [Row(row.name, row.staff_id) for row in locked]

        def chosen(place: int | None) -> None:
            if place is not None:
                self._put(Unlock(locked[place].staff_id))

        title = self._front.language.say("screen.unlock")
        self._app.push_screen(PickScreen(self._front, title, rows, key="f10"), chosen)
