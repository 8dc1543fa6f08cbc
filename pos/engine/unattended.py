"""What a till does for itself where nobody of the staff is: it ends its day, and says that it is
out of order.

Apart from the office, where a person asks for these, and from readiness, which only says whether
anything may be sold now.
"""

from pos.engine.office import BackOffice
from pos.engine.parts import Parts, Writer
from pos.sale.shift import OutOfOrder
from pos.sale.view import Notice

LOOK_EVERY_S = 5.0
# A camera or a printer that starts again takes less.
DEAD_AFTER_S = 60.0
# What is paid so late still belongs to the day.
DAY_ENDS_AFTER_S = 900.0


class Unattended:
    """Looks now and then, at an entrance: elsewhere it does nothing."""

    def __init__(self, parts: Parts, writer: Writer, office: BackOffice) -> None:
        self._parts = parts
        self._writer = writer
        self._office = office
        self._looked_s = self._well_s = parts.clock.monotonic()

    def look(self, now_s: float, camera: Notice | None, printer: Notice | None) -> bool:
        """See to it; True when there may be something new to show."""
        entrance = self._parts.mode.entrance
        if not entrance or self._writer.halt is not None or now_s - self._looked_s < LOOK_EVERY_S:
            return False
        self._looked_s = now_s
        if camera is None or printer is None:
            self._well_s = now_s
        dead = self._bar(now_s)
        return self._end_day() or dead

    def _bar(self, now_s: float) -> bool:
        """Without eye and paper a visitor can be sold nothing that is sure to be had."""
        if self._writer.history.books.barred is not None or now_s - self._well_s < DEAD_AFTER_S:
            return False
        wall_s = self._parts.clock.wall()
        return self._writer.write(OutOfOrder("barred.devices", "", wall_s))

    def _end_day(self) -> bool:
        """The Z report of a day comes when its site has closed, or at the first look after."""
        site = self._parts.shelf.site if self._parts.shelf is not None else None
        history = self._writer.history
        documents = history.books.current.documents
        if site is None or not documents or history.gap is not None or history.books.training:
            return False
        wall_s = self._parts.clock.wall()
        closed_at = site.last_closing(wall_s - DAY_ENDS_AFTER_S)
        first = history.payments[documents[0].request_id]
        if closed_at is None or first.opened_at >= closed_at + DAY_ENDS_AFTER_S:
            return False
        self._office.end_day()
        return True
