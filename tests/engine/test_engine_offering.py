"""What the wallets can do, as the screen is told it: asked now and then, or seen, and how old.

Apart from the link, which is one for all of them.
"""

import pytest

from pos.engine.offering import ASK_EVERY_S
from pos.sale.input import Charge, GiveBack, Next, Presenting
from pos.sale.view import LinkState, notice
from tests.engine.conftest import Shop
from tests.engine.line import Faults


@pytest.fixture
def till(shop: Shop) -> Shop:
    """A till on whose screen it is shown."""
    shop.start(tells_wallets=True)
    shop.go_on()
    return shop


def asked(till: Shop) -> int:
    """How often the switch was asked."""
    return len(till.line.of("wallets"))


def test_the_switch_is_asked_now_and_then(till: Shop) -> None:
    """For the till's own currency, within a second; each wallet with the moment of the answer."""
    assert [each.wallet for each in till.view.wallets] == ["Vipps", "ePassi", "AlipayCN"]
    assert all(each.whole and each.scan.able for each in till.view.wallets)
    (call,) = till.line.of("wallets")
    assert (call.body, call.total_s) == ({"currency": "NOK"}, 1.0)
    known_at = till.view.wallets[0].scan.known_at
    till.go_on(ASK_EVERY_S * 3 + 1)
    assert asked(till) == 4
    assert till.view.wallets[0].scan.known_at >= known_at + ASK_EVERY_S


def test_nobody_waits_for_it(till: Shop) -> None:
    """Not while a sale is on the desk."""
    till.engine.handle(Charge("5", Presenting.MERCHANT))
    till.go_on(ASK_EVERY_S * 3)
    assert asked(till) == 1


def test_without_a_link_nothing_can_be_done_and_it_comes_back(till: Shop, faults: Faults) -> None:
    """Said of each wallet, with what was known and since when; right again by itself."""
    known_at = till.view.wallets[0].scan.known_at
    till.line.plan("inquiryPayment", *[faults.lost] * 3)
    till.go_on(62)
    assert till.view.link is LinkState.DOWN
    for each in till.view.wallets:
        for ability in (each.scan, each.show, each.refund):
            assert (ability.able, ability.reason) == (False, notice("link.down"))
            assert known_at <= ability.known_at < known_at + 62
    till.go_on(120)
    assert till.view.link is LinkState.UP
    assert all(each.whole and each.scan.reason is None for each in till.view.wallets)


def test_a_silence_leaves_what_was_known_with_its_age(till: Shop, faults: Faults) -> None:
    """The link is judged by what is about money; this call alone says nothing of it."""
    known_at = till.view.wallets[0].scan.known_at
    till.line.plan("wallets", *[faults.lost] * 2)
    till.go_on(ASK_EVERY_S + 15)
    assert till.view.wallets[0].scan.known_at == known_at
    assert till.view.link is LinkState.UP


def test_what_is_as_it_was_is_not_shown_again(till: Shop, faults: Faults) -> None:
    """Whoever reads the screen to a visitor would begin anew."""
    till.line.plan("wallets", faults.lost)
    till.fate.pass_time(ASK_EVERY_S)
    count = len(till.views)
    till.work()
    assert (asked(till), len(till.views)) == (2, count)


def test_where_the_switch_does_not_say_payments_tell(shop: Shop) -> None:
    """A wallet that paid by its code can be scanned, one that was given back can be; the rest is
    not known, which is not the same as no."""
    shop.line.has_offering = False
    shop.start(tells_wallets=True)
    shop.go_on()
    assert shop.view.wallets == ()
    request_id = shop.charge()
    paid_at = shop.engine.history.payments[request_id].opened_at
    shop.engine.handle(Next())
    shop.go_on(ASK_EVERY_S + 1)
    (vipps,) = shop.view.wallets
    assert (vipps.wallet, vipps.scan.able, vipps.scan.known_at) == ("Vipps", True, paid_at)
    assert (vipps.show.able, vipps.refund.able) == (None, None)
    assert vipps.whole
    shop.engine.handle(GiveBack(request_id, "1"))
    shop.go_on(ASK_EVERY_S + 1)
    assert shop.view.wallets[0].refund.able is True


def test_a_till_on_which_nobody_looks_does_not_ask(shop: Shop) -> None:
    """A command, or a till without a screen."""
    shop.start()
    shop.go_on(ASK_EVERY_S * 2)
    assert (asked(shop), shop.view.wallets) == (0, ())
