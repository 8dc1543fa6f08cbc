"""One till of the fleet, looked into: all that it told last, and what to do about it.

Apart from the list because it speaks of one till for as long as somebody looks.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from pos.errors import AmountError
from pos.fleet.report import Grade, Report, Sums
from pos.fleet.roll import Seen, Standing
from pos.language import Language
from pos.screens.panels import Key, Words
from pos.screens.rows import Row, Rows

# A shape for each, because colour alone must not tell.
MARKS = {
    Standing.LOST: "×",
    Standing.SILENT: "?",
    Standing.STOPPED: "■",
    Standing.FAULT: "!",
    Standing.PERSON: "‼",
    Standing.UNFINISHED: "…",
    Standing.POOR: "~",
    Standing.BEHIND: "↓",
    Standing.WELL: "●",
    Standing.CLOSED: "○",
}
_GRADES = {
    Grade.GOOD: "●", Grade.ABSENT: "-", Grade.UNKNOWN: "?", Grade.POOR: "~", Grade.FAULT: "!",
}  # fmt: skip
_MOVES = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def age_text(language: Language, age_s: float | None) -> str:
    """So many seconds, minutes, hours or days."""
    if age_s is None:
        return ""
    for unit, seconds in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE)):
        if age_s >= seconds:
            return language.say(f"fleet.{unit}", count=int(age_s // seconds))
    return language.say("fleet.seconds", count=int(age_s))


class TerminalScreen(Screen[None]):
    """The till `name`. Esc leads back."""

    def __init__(self, language: Language, name: str, seen: list[Seen]) -> None:
        super().__init__(id="fleet-one")
        self._language = language
        self._of = name
        self._seen = seen

    def compose(self) -> ComposeResult:
        """Its name, its lines, and the way back."""
        yield Words(self._of, id="fleet-one-title", classes="title")
        yield Words(id="fleet-one-gone", classes="sun")
        yield Rows(marked=False, id="fleet-one-rows")
        with Horizontal(classes="keys"):
            yield Key(self._language.say("screen.back"), "back", hint="Esc", id="fleet-one-back")

    def on_mount(self) -> None:
        """Show what is known."""
        self.apply(self._seen)

    def apply(self, seen: list[Seen]) -> None:
        """Show it as it is now."""
        one = next((each for each in seen if each.name == self._of), None)
        say = self._language.say
        self.query_one("#fleet-one-gone", Words).say(say("fleet.gone") if one is None else "")
        if one is not None:
            rows = self.query_one(Rows)
            lines = self._lines(one)
            rows.fill(len(lines), lambda at: lines[at], max(rows.place, 0))

    def _lines(self, one: Seen) -> list[Row]:
        say = self._language.say
        standing = f"{MARKS[one.standing]} {say(f'fleet.is_{one.standing}')}"
        lines = [Row(say("fleet.standing"), standing)]
        if one.report is None:
            return [*lines, Row(say("fleet.never_told"))]
        age = age_text(self._language, one.age_s)
        return [*lines, Row(say("fleet.age"), age), *self._told(one.report)]

    def _told(self, report: Report) -> list[Row]:
        say, moment = self._language.say, self._language.short_time_text
        lines = [Row(say("fleet.stopped"), report.stopped)] if report.stopped else []
        lines += [
            Row(say("fleet.version"), report.version),
            Row(say("fleet.store"), report.store),
            Row(say("fleet.till"), f"{report.terminal} {report.mode}".rstrip()),
            Row(say("fleet.started"), moment(report.started_at)),
            Row(say("fleet.open_payments"), str(report.open_payments)),
            Row(say("fleet.open_refunds"), str(report.open_refunds)),
        ]
        if report.oldest_open_at is not None:
            lines.append(Row(say("fleet.oldest"), moment(report.oldest_open_at)))
        if report.last_payment_at is not None:
            lines.append(Row(say("fleet.last_payment"), moment(report.last_payment_at)))
        lines += [
            Row(say("fleet.shift"), str(report.shift)),
            Row(say("fleet.sales"), str(report.sales)),
            Row(say("fleet.returns"), str(report.returns)),
        ]
        for each in report.sums:
            lines.append(Row(say("fleet.sold"), self._sum(each, each.sold)))
            lines.append(Row(say("fleet.given_back"), self._sum(each, each.given_back)))
        return [*lines, *self._pushed(report), *self._parts(report)]

    def _sum(self, sums: Sums, value: int) -> str:
        try:
            return f"{self._language.minor_text(value, sums.currency)} {sums.currency}"
        except AmountError:  # of a currency that this version does not know
            return f"{value} {sums.currency}"

    def _pushed(self, report: Report) -> list[Row]:
        say, pushed = self._language.say, report.pushed
        lines = [Row(say("fleet.settings"), str(pushed.answered))] if pushed.answered else []
        if pushed.waiting:
            lines.append(Row(say("fleet.settings_waiting"), str(pushed.waiting)))
        lines += [Row(f"  {said}") for said in (pushed.refused, pushed.distrusted) if said]
        return lines

    def _parts(self, report: Report) -> list[Row]:
        lines = []
        for part in report.parts:
            lines.append(Row(f"{_GRADES[part.grade]} {part.part}: {part.found}"))
            if part.remedy:
                lines.append(Row(f"    {part.remedy}"))
        return lines

    def on_key(self, event: events.Key) -> None:
        """Move, or go back."""
        if event.key in _MOVES:
            self.query_one(Rows).move(_MOVES[event.key])
        elif event.key in ("escape", "enter", "f10"):
            self.dismiss()
        else:
            return
        event.stop()

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """The key on the screen."""
        message.stop()
        self.dismiss()
