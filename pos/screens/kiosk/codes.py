"""The codes that a visitor takes along from the outcome: one for each ticket, and the receipt.

Apart from the panels because they are shown one by one, and none of them may stay for the next
visitor.
"""

from pos.language import Language
from pos.sale.ticket import ShownTicket
from pos.sale.view import Verdict, View


class Codes:
    """`text` is the one to draw now, empty for none."""

    def __init__(self) -> None:
        self._tickets: tuple[ShownTicket, ...] = ()
        self._receipt = ""
        self.place = 0

    def take(self, view: View) -> None:
        """The codes of this outcome; the one that is shown stays."""
        paid = view.verdict is Verdict.PAID
        self._tickets = view.papers.tickets if paid else ()
        # The shortest form: it is to be read from a screen that has room for little.
        self._receipt = view.papers.carried[-1] if paid and view.papers.carried else ""

    def forget(self) -> None:
        """There are none any more."""
        self._tickets, self._receipt, self.place = (), "", 0

    def turn(self) -> None:
        """On to the next one, and from the last to the first."""
        if len(self):
            self.place = (self.place + 1) % len(self)

    def __len__(self) -> int:
        return len(self._tickets) + bool(self._receipt)

    @property
    def text(self) -> str:
        """See Codes."""
        shown = [
            *(each.text for each in self._tickets),
            *([self._receipt] if self._receipt else []),
        ]
        return shown[self.place % len(shown)] if shown else ""

    def title(self, language: Language, *, fits: bool) -> str:
        """What the code is; where it has no room, the numbers by which the staff finds tickets."""
        if not len(self):
            return ""
        if not fits:
            said = language.say("kiosk.no_room")
            return " ".join((said, *(each.ticket.number for each in self._tickets)))
        if self.place < len(self._tickets):
            shown, count = self._tickets[self.place], len(self._tickets)
            said = language.say("kiosk.code_of", number=self.place + 1, count=count)
            return f"{said}\n{shown.ticket.number}"
        return language.say("kiosk.receipt_code")
