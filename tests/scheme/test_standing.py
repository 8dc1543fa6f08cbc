"""What each wallet can do right now, as a till is told it over real HTTP.

Apart from the payments, which are tried whatever stands here.
"""

import pytest

from pos.sale.view import notice
from pos.scheme import upstream
from tests.scheme.test_upstream import Chain, chained

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CAN = (True, True, True)


@pytest.fixture
def chain(store, clock, tmp_path):
    """Two switches, the second standing for Alipay; it makes no order codes."""
    with chained(store, clock, tmp_path, "false") as joined:
        yield joined


@pytest.fixture
def maker(store, clock, tmp_path):
    """The same, and the second makes the codes that tills show."""
    with chained(store, clock, tmp_path, "true") as joined:
        yield joined


def told(chain: Chain) -> dict[str, tuple[object, ...]]:
    """By wallet whether it can be scanned, shown a code, refunded."""
    return {
        each.wallet: (each.scan.able, each.show.able, each.refund.able)
        for each in chain.shop.wallets()
    }


def test_every_wallet_tells_what_it_can(chain: Chain):
    """Those that are here can do everything; a far one reads no code that it did not make."""
    assert told(chain) == {
        "Vipps": CAN, "ePassi": CAN, "AlipayCN": (True, False, True),
    }  # fmt: skip
    (alipay,) = (each for each in chain.shop.wallets() if each.wallet == "AlipayCN")
    assert alipay.show.reason == notice("offering.not_offered")
    assert not alipay.whole


def test_who_makes_the_codes_can_be_shown_them(maker: Chain):
    """And so can those that take its codes back."""
    assert told(maker) == {"Vipps": CAN, "ePassi": CAN, "AlipayCN": CAN}


def test_a_wallet_whose_switch_is_gone_is_told_so_and_comes_back(chain, monkeypatch):
    """The others go on; nobody has to try a payment for it to be known again."""
    monkeypatch.setattr(upstream, "ANSWERS_KEPT_S", 0.0)
    assert told(chain)["AlipayCN"][0] is True
    chain.far.kill()
    assert told(chain) == {"Vipps": CAN, "ePassi": CAN, "AlipayCN": (False, False, False)}
    (alipay,) = (each for each in chain.shop.wallets() if each.wallet == "AlipayCN")
    assert alipay.scan.reason == alipay.refund.reason == notice("offering.unreachable")
    chain.far.start()
    assert told(chain)["AlipayCN"] == (True, False, True)


def test_without_the_maker_nobody_can_be_shown_a_code(maker, monkeypatch):
    """Each is still scanned and refunded by its own system."""
    monkeypatch.setattr(upstream, "ANSWERS_KEPT_S", 0.0)
    maker.far.kill()
    assert told(maker)["Vipps"] == (True, False, True)
    assert told(maker)["AlipayCN"] == (False, False, False)


def test_many_tills_ask_the_other_switch_once(chain):
    """Within a few seconds the answer is the same, also while it is gone."""
    assert told(chain)["AlipayCN"][0] is True
    chain.far.kill()
    assert told(chain)["AlipayCN"][0] is True


def test_a_currency_that_a_wallet_does_not_take_is_told(chain):
    """Nothing can be paid in it, and what was paid before can still be given back."""
    chain.shop.currency = "XXX"
    assert told(chain)["Vipps"] == (False, False, True)
    (vipps,) = (each for each in chain.shop.wallets() if each.wallet == "Vipps")
    assert vipps.scan.reason == notice("offering.currency")
