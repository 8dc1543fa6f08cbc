"""The end of the till that asks: it tells the counters what is wanted, again and again.

Apart from the end that hears because a till without a screen has nobody to answer others. What
is told is always all of it, so that a datagram that is lost costs a second and no more.
"""

import secrets
from collections.abc import Callable, Sequence

from pos.sale.assistance import HelpTold
from pos.sale.input import Input
from pos.sale.view import View
from pos.shop.line import Address, Line, address_of
from pos.shop.messages import ECHOES_MAX, Answers, Asks, ShopKey

EVERY_S = 1.0


class Asking:
    """Tells `counters` (HOST:PORT each) what `terminal` wants; answers become Inputs for `put`.

    An answer counts for this run of the till alone, and for what is still asked: one that
    somebody recorded and sends again changes nothing.
    """

    def __init__(
        self, key: ShopKey, terminal: str, counters: Sequence[str], put: Callable[[Input], bool]
    ) -> None:
        self._key, self._terminal, self._put = key, terminal, put
        self._counters = [address_of(each) for each in counters]
        self._run = secrets.token_hex(8)
        self._number = 0
        self._challenges: dict[str, str] = {}
        self._view: View | None = None
        self._line = Line("0.0.0.0:0", EVERY_S, self._hear, self._tell)

    def start(self) -> None:
        """Begin."""
        self._line.start()

    def show(self, view: View) -> None:
        """Tell of this from now on; from any thread, and never waits."""
        before, self._view = self._view, view
        if before is None or before.help.asked != view.help.asked:
            self._line.wake()

    def close(self) -> None:
        """Tell nothing any more; may be called twice."""
        self._line.close()

    def _tell(self) -> None:
        view = self._view
        if view is None:
            return
        self._number += 1
        echoes = tuple(self._challenges.values())
        wants = view.help
        asks = Asks(self._terminal, self._run, self._number, echoes, wants.asked, wants.heard)
        datagram = self._key.sealed(asks)
        for counter in self._counters:
            self._line.send(datagram, counter)

    def _hear(self, datagram: bytes, _: Address) -> None:
        message = self._key.opened(datagram)
        if not isinstance(message, Answers) or message.run != self._run:
            return
        if self._challenges.get(message.terminal) != message.challenge:
            self._challenges[message.terminal] = message.challenge
            while len(self._challenges) > ECHOES_MAX:
                del self._challenges[next(iter(self._challenges))]
            self._line.wake()
        asked = {each.help_id for each in self._view.help.asked} if self._view else set()
        for answer in message.answers:
            if answer.help_id in asked:
                self._put(HelpTold(answer))
