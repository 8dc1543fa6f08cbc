"""The front end made of lights and a buzzer: each View becomes one Signal.

Apart because a customer and a cashier see the lamp before they read the screen, and because it
is all the front end that a till without a screen has.
"""

from hardware.devices import Indicator, Signal
from pos.sale.change import Kind, change_between
from pos.sale.view import Stage, Verdict, View

_STAGES = {
    Stage.READY: Signal.READY,
    Stage.TIPPING: Signal.SCAN,
    Stage.SCANNING: Signal.SCAN,
    Stage.SHOWING: Signal.SCAN,
    Stage.SWITCHING: Signal.BUSY,
    Stage.PAYING: Signal.BUSY,
    Stage.STOPPING: Signal.BUSY,
}

_VERDICTS = {
    Verdict.PAID: Signal.PAID,
    Verdict.DECLINED: Signal.DECLINED,
    # Not paid either: the customer does not take the goods along.
    Verdict.CANCELLED: Signal.DECLINED,
    Verdict.ASIDE: Signal.ATTENTION,
    Verdict.TRAINED: Signal.ATTENTION,  # nobody paid: never the light of a paid sale
}

_CHANGES = {
    Kind.ADDED: Signal.ADDED,
    Kind.REMOVED: Signal.REMOVED,
    Kind.REFUSED: Signal.REFUSED,
}

_FREE = (Stage.READY, Stage.OUTCOME)


def signal_for(view: View) -> Signal:
    """What the lights say of `view`.

    A till that does not sell calls for a person, and so do the button for help and an idle till
    with a payment that stayed open too long, or with another till that calls; a sale in progress
    is not disturbed by the last two.
    """
    if view.stopped is not None or view.barred is not None or view.papers.help_wanted:
        return Signal.ATTENTION
    if view.stage is Stage.OUTCOME:
        return Signal.ATTENTION if view.verdict is None else _VERDICTS[view.verdict]
    late = any(row.needs_person for row in view.unfinished)
    if view.stage is Stage.READY and (late or view.help.wanted):
        return Signal.ATTENTION
    return _STAGES[view.stage]


class Lights:
    """Keeps an indicator at the signal of the latest View. `show` is called by one thread.

    `alone` is whether there is no screen beside it: then each thing that is put on the order,
    taken off it or refused has its own signal, and goods that ask for an age call for a person.
    """

    def __init__(self, indicator: Indicator, *, alone: bool = False) -> None:
        self._indicator = indicator
        self._alone = alone
        self._view: View | None = None
        self._shown: tuple[Signal, str] | None = None
        self._arrived = ""

    def show(self, view: View) -> None:
        """Change the lights where the signal changed, or where another sale ended the same.

        What the static code brought is signalled once, when no sale is on the desk.
        """
        signal = signal_for(view)
        if self._alone and view.order is not None and view.order.age_unproven:
            signal = Signal.ATTENTION
        self._tell_change(view)
        sale = view.request_id if view.stage is Stage.OUTCOME else ""
        if (signal, sale) != self._shown:
            self._shown = (signal, sale)
            self._indicator.show(signal)
        newest = view.arrived[-1].request_id if view.arrived else ""
        if newest and newest != self._arrived and view.stage in _FREE and view.stopped is None:
            self._arrived = newest
            self._indicator.show(Signal.ARRIVED)
            if signal is Signal.ATTENTION:
                self._shown = None  # a call for a person goes on with the next View

    def _tell_change(self, view: View) -> None:
        before, self._view = self._view, view
        change = change_between(before, view) if self._alone and before is not None else None
        if change is not None:
            self._indicator.show(_CHANGES[change.kind])
            self._shown = None  # what stood before goes on after it
