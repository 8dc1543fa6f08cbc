"""What other tills of the shop want, at the counter: a line while they want it, and the answers.

Apart from the desk because none of it is about the sale that lies there.
"""

from collections.abc import Callable

from textual.content import Content
from textual.widgets import Static

from pos.language import Language
from pos.sale.assistance import AnswerHelp, Cause, HelpAsked
from pos.sale.view import View
from pos.screens.front import Front
from pos.screens.panels import Key, harmless
from pos.screens.picking import PickScreen
from pos.screens.rows import Row

_YES = {Cause.AGE: "screen.answer_yes"}
_NO = {Cause.AGE: "screen.answer_no"}
_SAID = {cause: f"help.{cause}" for cause in Cause}


class HelpWanted(Static):
    """In sight for as long as another till wants somebody; the oldest first."""

    def __init__(self, language: Language) -> None:
        super().__init__("", id="help-wanted", classes="sun", markup=False)
        self._language = language
        self._shown: tuple[HelpAsked, ...] = ()
        self.display = False

    def apply(self, view: View) -> None:
        """The oldest request, how many more there are, and the key that answers."""
        wanted, say = view.help.wanted, self._language.say
        if wanted == self._shown:
            return
        self._shown = wanted
        self.display = bool(wanted)
        if not wanted:
            return
        parts: list[tuple[str, str] | str] = [("■ ", "bold"), (said(wanted[0], self._language), "")]
        if len(wanted) > 1:
            parts.append("  " + say("help.more", count=len(wanted) - 1))
        self.update(Content.assemble(*parts, ("   H", "bold")))

    def on_click(self) -> None:
        """A touch opens the answers, as the key does."""
        self.post_message(Key.Pressed("answer"))


def said(asked: HelpAsked, language: Language) -> str:
    """Who wants what."""
    text = language.say(_SAID[asked.cause], terminal=asked.terminal, text=asked.text, age=asked.age)
    return harmless(text)


def answer_screen(
    front: Front, view: View
) -> tuple[PickScreen, Callable[[int | None], AnswerHelp | None]]:
    """A list of both answers to each request, and what the chosen place of it means."""
    say = front.language.say
    rows, answers = [], []
    for asked in view.help.wanted:
        for words, usual, approved in (
            (_YES, "screen.answer_coming", True),
            (_NO, "screen.answer_not_now", False),
        ):
            answer = say(words.get(asked.cause, usual))
            rows.append(Row(f"{answer}  ·  {said(asked, front.language)}"))
            answers.append(AnswerHelp(asked.help_id, approved))

    def meant(place: int | None) -> AnswerHelp | None:
        return None if place is None else answers[place]

    return PickScreen(front, say("screen.answer_title"), rows, key="h"), meant
