"""What the wallets can do, asked of the switch now and then; or seen, where it does not say.

Apart from readiness, which decides whether anything may be sold: nothing here does.
"""

import math

from pos.engine.comparison import link_notice
from pos.engine.parts import Parts, Writer
from pos.sale.capability import Capability, NoOffering, cut_off, seen
from pos.sale.till import FREE
from pos.sale.view import LinkState, Stage

ASK_EVERY_S = 30.0
# Past payments that tell what a wallet can do, where the switch does not.
PAYMENTS_SEEN_MAX = 200


class Offering:
    """Asks only while the desk lies free, for nobody waits for it."""

    def __init__(self, parts: Parts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer
        self._due_s = parts.clock.monotonic() if parts.tells_wallets else math.inf
        self._known: tuple[Capability, ...] = ()

    def look(self, stage: Stage, now_s: float) -> bool:
        """Ask, if it is time; whether there may be something new to show."""
        up = self._parts.switch.link is LinkState.UP
        if now_s < self._due_s or stage not in FREE or not up:
            return False
        self._due_s = now_s + ASK_EVERY_S
        before = self._known
        wall_s = self._parts.clock.wall()
        answer = self._parts.switch.wallets(self._parts.terminal.currency, wall_s)
        if answer is NoOffering.NO_CALL:
            history = self._writer.history
            recent = reversed(history.recent(PAYMENTS_SEEN_MAX))
            self._known = seen(recent, history.given_back())
        elif not isinstance(answer, NoOffering):
            self._known = answer
        return self._known != before

    def shown(self) -> tuple[Capability, ...]:
        """As it stands this moment: without a link nothing can be done."""
        why = link_notice(self._parts.switch)
        return self._known if why is None else cut_off(self._known, why)
