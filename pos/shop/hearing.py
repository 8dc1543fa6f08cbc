"""The end of the till at a counter: it hears what others want, and tells what was answered here.

Apart from the end that asks, likewise. Nobody is believed before they have echoed this run's
challenge, in a message that is newer than every one before: what was recorded yesterday, or a
minute ago, calls nobody.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from pos.sale.assistance import HelpAnswered, HelpHeard
from pos.sale.input import Input
from pos.sale.view import View
from pos.shop.line import Address, Line
from pos.shop.messages import Answers, Asks, ShopKey

EVERY_S = 1.0
SILENT_S = 10.0
RUNS_MAX = 256


@dataclass(slots=True)
class _Till:
    """One that asks. `told` is what the engine was told of it, None for nothing yet."""

    address: Address
    run: str
    heard_s: float
    said: HelpHeard
    told: HelpHeard | None = None


class Hearing:
    """Listens at `listen` (HOST:PORT); what others want becomes Inputs for `put`."""

    def __init__(
        self,
        key: ShopKey,
        terminal: str,
        listen: str,
        put: Callable[[Input], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises SettingsError when the address cannot be had."""
        self._key, self._terminal, self._put, self._clock = key, terminal, put, clock
        self._challenge = secrets.token_hex(8)
        self._numbers: dict[str, int] = {}
        self._tills: dict[str, _Till] = {}
        self._answers: tuple[HelpAnswered, ...] = ()
        self._line = Line(listen, EVERY_S, self._hear, self._turn)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._line.port

    def start(self) -> None:
        """Begin."""
        self._line.start()

    def show(self, view: View) -> None:
        """Tell of the answers in this; from any thread, and never waits."""
        if view.help.answers != self._answers:
            self._answers = view.help.answers
            self._line.wake()

    def close(self) -> None:
        """Hear nothing any more; may be called twice."""
        self._line.close()

    def _hear(self, datagram: bytes, sender: Address) -> None:
        message = self._key.opened(datagram)
        if not isinstance(message, Asks):
            return
        if self._challenge not in message.echoes:
            self._reply(sender, message.run, ())
        elif message.number > self._numbers.get(message.run, 0):
            self._take(message, sender)
            self._tell(self._tills[message.terminal])

    def _take(self, message: Asks, sender: Address) -> None:
        self._numbers[message.run] = message.number
        if len(self._numbers) > RUNS_MAX:  # a new challenge makes all that was said before old
            self._challenge, self._numbers = secrets.token_hex(8), {}
        before = self._tills.get(message.terminal)
        told = None if before is None else before.told
        now_s = self._clock()
        said = HelpHeard(message.terminal, message.asked, message.heard)
        till = self._tills[message.terminal] = _Till(sender, message.run, now_s, said, told)
        # Again and again, until the engine has taken it in.
        if till.told != said and self._put(said):
            till.told = said

    def _turn(self) -> None:
        now_s = self._clock()
        for terminal, till in list(self._tills.items()):
            if now_s - till.heard_s > SILENT_S:
                if self._put(HelpHeard(terminal, (), whole=False)):
                    del self._tills[terminal]
            else:
                self._tell(till)

    def _tell(self, till: _Till) -> None:
        asked = {each.help_id for each in till.said.asked}
        answers = tuple(each for each in self._answers if each.help_id in asked)
        self._reply(till.address, till.run, answers)

    def _reply(self, to: Address, run: str, answers: tuple[HelpAnswered, ...]) -> None:
        answered = Answers(self._terminal, run, self._challenge, answers)
        self._line.send(self._key.sealed(answered), to)
