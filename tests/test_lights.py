"""The lights say what the View says."""

from dataclasses import dataclass, field, replace

import pytest

from hardware.devices import Signal
from pos.lights import Lights, signal_for
from pos.sale.money import Amount
from pos.sale.payment import State
from pos.sale.view import SaleRow, Stage, Verdict, View, notice

READY = View(Stage.READY, "NOK", "Shop")
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
