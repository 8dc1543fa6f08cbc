"""Settings pushed from afar: written down between two sales, held from the next start on.

Apart from the office because nobody stands at the till for them, and because the engine ends by
them: every setting is read once, at the start, so there is one way in which each comes to hold.
"""

from pos.engine.parts import Parts, Writer
from pos.sale import till
from pos.sale.configuration import ConfigurationRefused, Configure, Configured


class Configuring:
    """`leaving` is whether settings were taken, and the till should start again."""

    def __init__(self, parts: Parts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer
        self.leaving = False

    def obey(self, given: Configure, desk: till.Desk, *, printing: bool) -> None:
        """Take or refuse them, once. While anything is under way nothing happens: they are offered
        again by whoever has them."""
        history = self._writer.history
        if self._writer.halt is not None or given.number <= history.configuration.number:
            return
        free = desk.stage in till.FREE and desk.order is None and not printing
        if not free or history.open_payments() or history.open_refunds():
            return
        at = self._parts.clock.wall()
        if why := self._parts.try_settings(given.settings):
            self._writer.write(ConfigurationRefused(given.number, why, at))
        elif self._writer.write(Configured(given.number, given.settings, at)):
            self.leaving = True
