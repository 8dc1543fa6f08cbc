"""The front end of a till without a screen: a voice, a few buttons, and somebody's patience.

Apart from the lights, which show how things are, because this one also has a clock: it asks
whether anybody is still there, and sees the customer off. It decides nothing about money.
"""

import threading
import time
from collections.abc import Callable, Sequence

from hardware.devices import Button, Voice
from pos.language import CODES, Language, customer_language
from pos.sale.input import Charge, Drop, Input, Next, Presenting, Stay
from pos.sale.keys import cancel_key, pay_key
from pos.sale.mode import Mode
from pos.sale.view import Stage, Verdict, View
from pos.speech import ended, greeting, outcome, sentences

WARN_S = 20.0  # so long before an order is given up, whoever made it is asked
AGAIN_S = 10.0  # so long after the first press the second one gives the order up
OUTCOME_S = 12.0  # so long the outcome stands; the next customer must not take it for theirs

Put = Callable[[Input], bool]


class Aloud:
    """Says what happens, and turns buttons into Inputs. Every method may be called by any thread.

    `language` is the shop's; the button for it goes on to the next of six, until the customer has
    left. How a sale ended is said in the language of the wallet first. Without a `voice` buttons
    and clock work all the same.
    """

    def __init__(
        self,
        put: Put,
        voice: Voice | None,
        mode: Mode,
        language: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._put = put
        self._voice = voice
        self._mode = mode
        self._shop = Language(language)
        self._words = self._shop
        self._clock = clock
        self._lock = threading.Lock()
        self._view: View | None = None
        self._warned = False
        self._cancelled_s = float("-inf")

    def show(self, view: View) -> None:
        """Say what is new in `view`."""
        with self._lock:
            before, self._view = self._view, view
            if before is None:
                self._say([greeting(self._words)] if view.stopped is None else [])
                return
            gone = before.order is not None and view.order is None
            if self._warned and gone and view.stage is Stage.READY:
                said = [self._words.say("checkout.dropped")]  # nobody answered
            else:
                said = sentences(before, view, self._words)
            if view.stage_since_s != before.stage_since_s:
                self._warned = False
            moved = view.stage is not before.stage or view.order != before.order
            if said and moved:
                self._hush()
            self._say(said)
            if ended(before, view):
                self._hush()
                self._tell_outcome(view)
            if view.stage is Stage.READY and view.order is None and before.order is not None:
                self._words = self._shop  # whoever comes next speaks it until they say otherwise

    def press(self, button: Button) -> None:
        """What this button means now."""
        with self._lock:
            view = self._view
            if view is None:
                return
            if button is Button.LANGUAGE:
                self._next_language()
                return
            if button is Button.PAY and self._warned:
                self._warned = False
                self._hush()
                self._say([self._words.say("checkout.more_time")])
                given: Input | None = Stay()
            elif button is Button.PAY:
                # Whoever was refused tries again, with another code or another wallet.
                again = view.stage is Stage.OUTCOME and _would_lose(view)
                given = Charge("", Presenting.CUSTOMER) if again else pay_key(view)
            else:
                given = self._cancelled(view) if button is Button.CANCEL else None
            if given is not None:
                self._put(given)

    def tick(self) -> None:
        """Look at the clock: called about once a second."""
        with self._lock:
            view = self._view
            if view is None:
                return
            waited_s = self._clock() - view.stage_since_s
            waits = view.order is not None and view.order.age_unproven > 0
            patience_s = self._mode.patience_s(waits_for_staff=waits)
            if _would_lose(view) and patience_s is not None:
                if not self._warned and waited_s >= patience_s - WARN_S:
                    self._warned = True
                    self._say([self._words.say("checkout.still_there")])
            elif view.stage is Stage.OUTCOME and waited_s >= OUTCOME_S:
                self._put(Next())

    def _cancelled(self, view: View) -> Input | None:
        """A whole order is given up by the second press only: one may be an elbow's."""
        if view.stage is not Stage.READY or view.order is None:
            return cancel_key(view)
        now_s = self._clock()
        if now_s - self._cancelled_s <= AGAIN_S:
            return Drop()
        self._cancelled_s = now_s
        self._hush()
        self._say([self._words.say("checkout.cancel_again")])
        return Stay()

    def _next_language(self) -> None:
        place = CODES.index(self._words.code)
        self._words = Language(CODES[(place + 1) % len(CODES)])
        self._hush()
        self._say([self._words.say("checkout.language"), greeting(self._words)])

    def _tell_outcome(self, view: View) -> None:
        """In the customer's own language, and in that which was spoken until now."""
        code = customer_language(view.wallet, view.issuer)
        if code is not None and code != self._words.code:
            wallet = Language(code)
            self._say(outcome(view, wallet), wallet)
        self._say(outcome(view, self._words))

    def _say(self, said: Sequence[str], words: Language | None = None) -> None:
        if said and self._voice is not None:
            self._voice.say(" ".join(said), (words or self._words).code)

    def _hush(self) -> None:
        if self._voice is not None:
            self._voice.hush()


def _would_lose(view: View) -> bool:
    """Whether the customer would lose what they did, if the till forgot them now."""
    if view.stage is Stage.OUTCOME:
        return view.order is not None and view.verdict in (Verdict.DECLINED, Verdict.CANCELLED)
    return view.stage is Stage.SCANNING or (view.stage is Stage.READY and view.order is not None)
