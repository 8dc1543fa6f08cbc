"""The lights say what the View says."""

from dataclasses import dataclass, field, replace

import pytest

from hardware.devices import Signal
from pos.lights import Lights, signal_for
from pos.sale.assistance import Cause, HelpAsked, HelpDesk
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.payment import State
from pos.sale.view import SaleRow, Stage, Verdict, View, notice

READY = View(Stage.READY, "NOK", "Shop")
WANTED = HelpAsked("h1", "S01", Cause.CALL, "", 0, 1.0)
LATE = SaleRow("u1", Amount(100, "NOK"), State.CANCELLING, 0.0, needs_person=True)


@dataclass
class Remembering:
    """An indicator that keeps what it was told."""

    shown: list[Signal] = field(default_factory=list)

    def show(self, signal: Signal) -> None:
        """See Indicator."""
        self.shown.append(signal)

    def close(self) -> None:
        """See Indicator."""


@pytest.mark.parametrize(
    ("view", "signal"),
    [
        (READY, Signal.READY),
        (replace(READY, stage=Stage.SCANNING), Signal.SCAN),
        (replace(READY, stage=Stage.SHOWING), Signal.SCAN),
        (replace(READY, stage=Stage.PAYING), Signal.BUSY),
        (replace(READY, stage=Stage.STOPPING), Signal.BUSY),
        (replace(READY, stage=Stage.OUTCOME, verdict=Verdict.PAID), Signal.PAID),
        (replace(READY, stage=Stage.OUTCOME, verdict=Verdict.DECLINED), Signal.DECLINED),
        (replace(READY, stage=Stage.OUTCOME, verdict=Verdict.CANCELLED), Signal.DECLINED),
        (replace(READY, stage=Stage.OUTCOME, verdict=Verdict.ASIDE), Signal.ATTENTION),
        (replace(READY, unfinished=(LATE,)), Signal.ATTENTION),
        (replace(READY, stage=Stage.PAYING, unfinished=(LATE,)), Signal.BUSY),
        (replace(READY, stopped=notice("halt.journal", sentence="x")), Signal.ATTENTION),
        (replace(READY, help=HelpDesk(wanted=(WANTED,))), Signal.ATTENTION),
        (replace(READY, stage=Stage.PAYING, help=HelpDesk(wanted=(WANTED,))), Signal.BUSY),
    ],
)
def test_each_moment_has_its_signal(view: View, signal: Signal) -> None:
    """Only a paid sale is ever shown as paid."""
    assert signal_for(view) is signal


def test_every_stage_has_a_signal() -> None:
    """No stage leaves the lights as they were."""
    assert all(signal_for(replace(READY, stage=stage)) for stage in Stage)


def test_lights_change_only_when_the_signal_does() -> None:
    """The same View twice moves nothing; a second sale that is paid blinks again."""
    indicator = Remembering()
    lights = Lights(indicator)
    paid = replace(READY, stage=Stage.OUTCOME, verdict=Verdict.PAID, request_id="a")
    for view in (READY, READY, replace(READY, notice=notice("code.used")), paid, paid):
        lights.show(view)
    lights.show(replace(paid, request_id="b"))
    assert indicator.shown == [Signal.READY, Signal.PAID, Signal.PAID]


ONE, TWO = (SaleRow(f"E-T01-00000{n}", Amount(100, "NOK"), State.PAID, 0.0) for n in (1, 2))


def test_each_arrival_is_signalled_once_and_in_no_sale() -> None:
    """Money without a sale has a signal of its own; a sale on the desk is not talked into."""
    indicator = Remembering()
    lights = Lights(indicator)
    scanning = replace(READY, stage=Stage.SCANNING)
    for view in (READY, replace(READY, arrived=(ONE,)), replace(READY, arrived=(ONE,))):
        lights.show(view)
    lights.show(replace(scanning, arrived=(ONE, TWO)))
    assert indicator.shown == [Signal.READY, Signal.ARRIVED, Signal.SCAN]
    lights.show(replace(READY, arrived=(ONE, TWO)))
    lights.show(replace(READY, arrived=(TWO,)))
    lights.show(READY)
    assert indicator.shown[3:] == [Signal.READY, Signal.ARRIVED]


def test_a_call_for_a_person_goes_on_after_an_arrival() -> None:
    """The lamp that waits for somebody is not left dim."""
    indicator = Remembering()
    lights = Lights(indicator)
    late = replace(READY, unfinished=(LATE,))
    for view in (late, replace(late, arrived=(ONE,)), replace(late, arrived=(ONE,))):
        lights.show(view)
    assert indicator.shown == [Signal.ATTENTION, Signal.ARRIVED, Signal.ATTENTION]


ONE_COFFEE = Order("", "NOK", (Line("Coffee", 4200, product="K1"),))
TWO_COFFEES = Order("", "NOK", (Line("Coffee", 4200, 2, product="K1"),))
BEER = Order("", "NOK", (Line("Pils", 9800, product="P1", age_limit=18),))


def test_without_a_screen_each_article_has_its_light() -> None:
    """Put on, taken off, refused; then the lamp is as before. Beside a screen nothing changes."""
    alone, beside = Remembering(), Remembering()
    views = [
        READY,
        replace(READY, order=ONE_COFFEE, stage_since_s=1.0),
        replace(READY, order=TWO_COFFEES, stage_since_s=2.0),
        replace(READY, order=TWO_COFFEES, stage_since_s=2.0),  # something else was published
        replace(READY, order=ONE_COFFEE, stage_since_s=3.0),
        replace(READY, order=ONE_COFFEE, stage_since_s=4.0, notice=notice("order.no_product")),
        replace(READY, order=ONE_COFFEE, stage_since_s=5.0, notice=notice("order.no_product")),
    ]
    for lights in (Lights(alone, alone=True), Lights(beside)):
        for view in views:
            lights.show(view)
    added, removed, refused = (
        (signal, Signal.READY) for signal in (Signal.ADDED, Signal.REMOVED, Signal.REFUSED)
    )
    assert alone.shown == [Signal.READY, *added, *added, *removed, *refused, *refused]
    assert beside.shown == [Signal.READY]


def test_without_a_screen_goods_for_adults_call_for_a_person() -> None:
    """Until somebody saw proof of age; at a counter the cashier is there already."""
    alone, beside = Remembering(), Remembering()
    proven = replace(BEER, age_checked=18)
    for lights in (Lights(alone, alone=True), Lights(beside)):
        for at_s, order in enumerate((None, BEER, proven)):
            lights.show(replace(READY, order=order, stage_since_s=float(at_s)))
    assert alone.shown == [Signal.READY, Signal.ADDED, Signal.ATTENTION, Signal.READY]
    assert beside.shown == [Signal.READY]


def test_the_next_customer_after_a_paid_order_begins_from_nothing() -> None:
    """What was paid is not taken off: it is over."""
    indicator = Remembering()
    lights = Lights(indicator, alone=True)
    paid = replace(READY, stage=Stage.OUTCOME, verdict=Verdict.PAID, request_id="a")
    lights.show(replace(paid, order=TWO_COFFEES))
    lights.show(replace(READY, order=ONE_COFFEE, stage_since_s=9.0))
    assert indicator.shown == [Signal.PAID, Signal.ADDED, Signal.READY]
