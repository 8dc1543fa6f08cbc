"""The step in which the customer may add a tip, where the shop has set that one is asked for.

Apart from the waits, which nobody types in, and from the free desk, where nothing is due yet.
"""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from pos.language import Language
from pos.sale.view import View
from pos.screens.keyed import Entry
from pos.screens.panels import Big, Key, Pad, Words

PERCENTS = (5, 10, 15)


class Tipping(Horizontal):
    """The sum, the tip that is being typed, and the usual parts of the sum as keys."""

    def __init__(self, language: Language) -> None:
        super().__init__(id="tipping")
        self._language = language

    def compose(self) -> ComposeResult:
        """From left to right."""
        say = self._language.say
        with Vertical(id="tip-left"):
            yield Words(say("screen.tipping_title"), classes="title")
            yield Words(id="tip-of", classes="quiet")
            yield Big(lines_max=3, id="tip-typed")
            yield Words(say("screen.tipping_say"), id="tip-say", classes="quiet")
            with Horizontal(classes="keys"):
                for percent in PERCENTS:
                    label = self._language.percent_text(percent * 100)
                    yield Key(label, f"tip:{percent}%", classes="tip-part")
            yield Key(say("screen.tip_none"), "tip:", hint="Enter", id="tip-do")
            yield Key(say("screen.cancel"), "stop", hint="Esc", id="tip-stop")
        with Vertical(id="tip-right"):
            yield Pad(self._language.decimal_mark)
            yield Key("%", "pad:%", hint="*", id="tip-percent")

    def apply(self, view: View, entry: Entry) -> None:
        """Show the sum and what is typed."""
        language = self._language
        amount = "" if view.amount is None else language.amount_text(view.amount)
        self.query_one("#tip-of", Words).say(language.say("screen.tip_of", amount=amount))
        self.query_one("#tip-typed", Big).say(entry.shown(language.decimal_mark))
        word = "screen.tip_do" if entry.typed else "screen.tip_none"
        self.query_one("#tip-do", Key).relabel(language.say(word))
