"""Whether anything may be sold now: staff, disk, link and witness; and the looking after them.

Apart from the loop because none of it is about one sale: it is asked before each, and kept up
while nothing is due.
"""

from collections.abc import Callable

from pos.engine.comparison import link_notice
from pos.engine.office import BackOffice
from pos.engine.parts import Parts, Writer
from pos.engine.witnessed import Witnessed
from pos.errors import JournalError
from pos.sale.view import Notice, notice

PROBE_UP_EVERY_S = 60.0
PROBE_DOWN_WAITS_S = (10.0, 20.0, 30.0)  # a sale that is begun meanwhile looks at once
TIDY_AFTER_S = 30.0


class Readiness:
    """Says why nothing may be sold. `say` is called with what is new of the witness."""

    def __init__(
        self,
        parts: Parts,
        writer: Writer,
        witnessed: Witnessed,
        office: BackOffice,
        say: Callable[[Notice], None],
    ) -> None:
        self._parts = parts
        self._writer = writer
        self._witnessed = witnessed
        self._office = office
        self._say = say
        self._heard: Notice | None = None
        # When the link was last known, when the witness was last told, when a sale was last worked.
        self._probed_s = self._looked_s = self._busy_s = parts.clock.monotonic()
        self._probed_down_count = 0

    def unfit(self) -> Notice | None:
        """Why nothing may be sold or given back now, or None."""
        if self._writer.halt is not None:
            return self._writer.halt
        if (why := self._office.unfit()) is not None:
            return why
        try:
            self._parts.journal.check_room()
        except JournalError as fault:
            return notice("halt.journal", grave=True, sentence=fault)
        if not self._well():
            self.probe()
        return link_notice(self._parts.switch) or self._witnessed.unfit()

    def probe(self) -> None:
        """Learn whether the switch answers, and let the witness go on where it does."""
        self._parts.switch.probe()
        self._probed_s = self._parts.clock.monotonic()
        self._probed_down_count += 1
        if link_notice(self._parts.switch) is None:
            self._probed_down_count = 0
            self._look()

    def _look(self) -> None:
        self._witnessed.look()
        self._looked_s = self._parts.clock.monotonic()
        self.heed_witness()

    def told(self, now_s: float) -> None:
        """The switch answered, or did not, to something else: it told what a probe would."""
        if self._well() or link_notice(self._parts.switch) is not None:
            self._probed_s = now_s

    def heed_witness(self) -> None:
        """Let the witness's standing come on, and say what is new of it."""
        for told in (self._witnessed.told, self._witnessed.work()):
            if told is not None and told != self._heard:
                self._heard = told
                self._say(told)

    def busy(self, now_s: float) -> None:
        """Something was done at this monotonic second: the journal's log is left alone."""
        self._busy_s = now_s

    def keep_house(self, now_s: float, *, quiet: bool) -> bool:
        """Watch the link, fold the journal's log; whether there may be something to show."""
        times = min(self._probed_down_count, len(PROBE_DOWN_WAITS_S) - 1)
        every_s = PROBE_UP_EVERY_S if self._well() else PROBE_DOWN_WAITS_S[times]
        probes = now_s - self._probed_s >= every_s
        if probes:
            self.probe()
        elif self._well() and now_s - self._looked_s >= PROBE_UP_EVERY_S:
            # However much is asked of the switch: another device may have taken this one's place.
            self._look()
            probes = True
        if self._parts.journal.large() or (quiet and now_s - self._busy_s >= TIDY_AFTER_S):
            self._busy_s = now_s
            self._writer.tidy()
        return probes

    def _well(self) -> bool:
        return (link_notice(self._parts.switch) or self._witnessed.unfit()) is None
