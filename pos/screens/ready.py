"""The desk when it is free: an amount or an order, what to do with it, and the keypad.

Apart from the counter because here nothing is under way yet and everything can be changed.
"""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from pos.sale.view import Action, View
from pos.screens.basket import Basket
from pos.screens.front import Front
from pos.screens.keyed import Keyed
from pos.screens.panels import Big, Key, Pad, Words


class Ready(Horizontal):
    """Amount or order and actions at the left; digits, and what is done to a line, at the right."""

    def __init__(self, front: Front) -> None:
        super().__init__(id="ready")
        self._front = front

    def compose(self) -> ComposeResult:
        """From left to right."""
        say = self._front.language.say
        with Vertical(id="ready-left"):
            with Vertical(id="ready-keyed"):
                yield Words(say("screen.amount"), id="ready-title", classes="title")
                yield Big(id="ready-amount")
                yield Words(id="ready-currency", classes="quiet")
                with Vertical(id="ready-gap"):
                    yield Words(id="ready-last", classes="quiet")
            yield Basket(self._front.language)
            yield Key(say("screen.scan"), "scan", hint="Enter", id="ready-scan")
            with Horizontal(classes="keys"):
                yield Key(say("screen.show"), "show", hint="F2", id="ready-show")
                yield Key(say("screen.review"), "review", hint="F5", id="ready-review")
                yield Key(say("screen.menu"), "menu", hint="F9", id="ready-menu-low")
        with Vertical(id="ready-right"):
            yield Pad(self._front.language.decimal_mark, id="ready-pad")
            with Horizontal(classes="keys", id="ready-count"):
                yield Key("−1", "minus", hint="-", id="ready-minus")
                yield Key("+1", "plus", hint="+", id="ready-plus")
                yield Key("× n", "times", hint="*", id="ready-times")
            with Horizontal(classes="keys", id="ready-more"):
                yield Key(say("screen.products"), "products", hint="F3", id="ready-products")
                yield Key(say("screen.menu"), "menu", hint="F9", id="ready-menu")

    def apply(self, view: View, keyed: Keyed) -> None:
        """Show the order, or the digits typed so far, and what may be done."""
        language = self._front.language
        order = view.order
        self.set_class(order is not None, "-order")
        self.query_one("#ready-scan").set_class(Action.SCAN not in view.actions, "-off")
        self.query_one("#ready-show").set_class(Action.CHARGE not in view.actions, "-off")
        self.query_one("#ready-products").set_class(not len(view.products), "-off")
        self.query_one(Basket).apply(order, keyed)
        if order is not None:
            return
        marks = (language.decimal_mark, language.group_mark)
        bright, implied = keyed.shown(view.currency, *marks)
        self.query_one("#ready-amount", Big).say(bright + implied, len(bright))
        self.query_one("#ready-currency", Words).say(view.currency)
        last = ""
        row = next((each for each in view.recent if not each.static_number), None)
        if row is not None and not keyed.typed:
            state = language.say(f"state.{row.state}")
            amount = language.amount_text(row.amount)
            last = language.say("screen.last", amount=amount, state=state)
        self.query_one("#ready-last", Words).say(last)
