"""The line to the switch between two sales: how often it is looked after, and what is said of it.

Apart from the till's other housekeeping because it decides whether anything may be sold.
"""

import itertools

import pytest

from pos.sale.input import Charge, Presenting, Stop
from pos.sale.view import LinkState, Stage
from tests.engine.conftest import Shop, said
from tests.engine.line import SILENCE_S, TAKES_S, Faults


def probes(till: Shop) -> list[float]:
    """When the line was looked after, in monotonic seconds."""
    return [each.at_s for each in till.line.asked if each.reference.startswith("probe-")]


def test_a_good_line_is_looked_after_every_minute(till: Shop) -> None:
    """And not sooner; what it found is shown."""
    start_s = till.fate.now_s
    till.go_on(190)
    times = probes(till)[1:]
    assert len(times) == 3
    between = [b - a for a, b in zip([start_s, *times], times, strict=False)]
    assert between == pytest.approx([60.0] * 3, abs=5.5)
    assert min(between) >= 60.0 - 0.5


def test_a_line_that_went_down_under_a_waiting_customer_takes_no_code(
    till: Shop, faults: Faults
) -> None:
    """Nothing is sent; the desk is free again, and says why."""
    till.engine.handle(Charge("5", Presenting.CUSTOMER))
    till.line.plan("inquiryPayment", *[faults.lost] * 2)
    till.go_on(66)
    assert till.view.link is LinkState.DOWN
    assert till.view.stage is Stage.SCANNING
    till.scan(till.code())
    assert till.view.stage is Stage.READY
    assert said(till.view.notice)[0] == "link.down"
    assert till.line.of("pay") == []


def test_a_line_that_is_down_is_looked_after_ever_more_rarely(till: Shop, faults: Faults) -> None:
    """After twenty seconds, then every thirty, until it is back; both are shown."""
    till.line.plan("inquiryPayment", *[faults.lost] * 4)
    till.go_on(66)
    assert till.view.link is LinkState.DOWN
    till.go_on(220)
    times = probes(till)[1:]
    # Each wait begins when the silence is over, and the till wakes every five seconds.
    waits = [b - a - SILENCE_S - TAKES_S for a, b in itertools.pairwise(times)]
    assert waits[:4] == pytest.approx([20.0, 30.0, 30.0, 30.0], abs=5.5)
    assert waits[4] + SILENCE_S == pytest.approx(60.0, abs=5.5)
    assert till.view.link is LinkState.UP
    till.line.plan("inquiryPayment", *[faults.lost] * 2)
    till.go_on(120)  # from the beginning again
    again = [each for each in probes(till) if each > times[-1]]
    assert again[1] - again[0] - SILENCE_S - TAKES_S == pytest.approx(20.0, abs=5.5)


def test_a_line_that_is_down_at_the_start_is_looked_after(shop: Shop, faults: Faults) -> None:
    """After twenty seconds, as after any look that found it down."""
    shop.line.plan("inquiryPayment", faults.lost)
    shop.start()
    assert shop.view.link is LinkState.DOWN
    shop.go_on(30)
    first, second = probes(shop)
    assert second - first - SILENCE_S - TAKES_S == pytest.approx(20.0, abs=1.0)
    assert shop.view.link is LinkState.UP


def test_a_line_that_a_sale_found_down_is_looked_after_soon(till: Shop, faults: Faults) -> None:
    """Ten seconds after it was looked after last."""
    (started_s,) = probes(till)
    till.line.plan("pay", faults.not_sent)
    till.charge()
    assert till.view.link is LinkState.DOWN
    till.go_on(15)
    assert probes(till)[1] - started_s == pytest.approx(10.0, abs=2.0)
    assert till.view.link is LinkState.UP


def test_what_is_asked_about_a_sale_is_news_of_the_line(till: Shop) -> None:
    """While a payment is asked about every three seconds nobody asks about nothing beside it."""
    till.go_on(40)
    till.charge("silent")
    till.go_on(55)
    assert len(probes(till)) == 1
    till.engine.handle(Stop(till.view.request_id))
    till.go_on()
    ended_s = till.fate.now_s
    till.go_on(66)
    assert probes(till)[1] - ended_s == pytest.approx(60.0, abs=5.5)


@pytest.mark.parametrize(
    ("fault", "key", "values", "grave"),
    [
        ("lost", "link.down", {}, False),
        ("not_sent", "link.down", {}, False),
        ("unsigned", "link.distrusted", {}, True),
        ("refused", "link.setup", {"code": "CLIENT_INVALID"}, True),
    ],
)
def test_a_till_that_cannot_sell_says_so_before_a_code_is_held_up(
    fault: str, key: str, values: dict[str, str], grave: bool, shop: Shop, faults: Faults
) -> None:
    """The line is tried once more first; nothing is armed, written or sent."""
    bad = faults.refused("CLIENT_INVALID") if fault == "refused" else getattr(faults, fault)
    shop.line.plan("inquiryPayment", bad, bad, bad)
    shop.start()
    seq = shop.book.seq
    for presenting in (Presenting.CUSTOMER, Presenting.MERCHANT):
        shop.fate.pass_time(1.0)
        shop.engine.handle(Charge("5", presenting))
        assert said(shop.view.notice) == (key, values, grave)
        assert (shop.view.stage, shop.view.amount) == (Stage.READY, None)
        assert shop.view.stage_since_s > 0
    assert (shop.eye.count("arm"), shop.line.of("pay"), shop.kinds(seq)) == (0, [], [])
    assert len(probes(shop)) == 3
    shop.charge()
    assert len(probes(shop)) == 4  # the fourth was good
    assert shop.view.verdict == "paid"
