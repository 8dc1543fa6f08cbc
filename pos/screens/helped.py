"""The shop's side of a helper: a banner while somebody looks on, and the question for leave.

Apart from the desk because the banner stands over every screen, for as long as somebody looks.
"""

from typing import Any

from textual.app import App
from textual.css.query import NoMatches

from pos.sale.remote import AnswerHelper, HelperGoes, Remote
from pos.sale.view import Stage, View
from pos.screens.front import Front
from pos.screens.panels import Words
from pos.screens.picking import PickScreen
from pos.screens.rows import Row

BANNER_ID = "helper-banner"


def banner_lines(view: View) -> int:
    """Lines of the screen that the banner takes: a code must not be clipped by it."""
    remote = view.office.remote
    return int(remote.helper is not None or remote.resting)


class Helped:
    """Keeps the banner true on every screen of `app`, and asks once for each wish.

    Without `asks` nobody is there who could give leave, and nobody is asked.
    """

    def __init__(self, app: "App[Any]", front: Front, *, asks: bool = True) -> None:
        self._app, self._front, self._asks = app, front, asks
        self._remote = Remote()
        self._asked = False

    def apply(self, view: View) -> None:
        """Follow the till."""
        self._remote = view.office.remote
        self.draw()
        helper = self._remote.helper
        free = view.stage in (Stage.READY, Stage.OUTCOME) and not view.office.closed
        if helper is None or not helper.asks:
            self._asked = False
        elif free and self._asks and not self._asked:
            self._asked = True
            self._ask(helper.session, helper.who)

    def draw(self) -> None:
        """Put the banner on every screen, or take it off."""
        said = self._said()
        for screen in self._app.screen_stack:
            try:
                banner = screen.query_one(f"#{BANNER_ID}", Words)
            except NoMatches:
                if said and screen.is_mounted:
                    screen.mount(Words(said, id=BANNER_ID))
                continue
            banner.say(said)

    def _said(self) -> str:
        say, helper = self._front.language.say, self._remote.helper
        if helper is not None:
            word = "remote.drives" if helper.drives else "remote.sees"
            return say(word, who=helper.who)
        return say("update.resting") if self._remote.resting else ""

    def _ask(self, session: str, who: str) -> None:
        say = self._front.language.say
        # Enter is pressed without looking: it gives no leave.
        rows = [Row(say("remote.no")), Row(say("remote.yes"))]

        def chosen(place: int | None) -> None:
            self._front.put(AnswerHelper(session, allowed=place == 1))

        title = say("remote.asks", who=who)
        self._app.push_screen(PickScreen(self._front, title, rows, key="f10"), chosen)

    def send_away(self) -> None:
        """The helper sees nothing any more."""
        if self._remote.helper is not None:
            self._front.put(HelperGoes(self._remote.helper.session))
