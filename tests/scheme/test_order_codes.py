"""Codes that a shop shows: made, scanned, taken up, paid, declined, expired."""

import re

import pytest

from pos.scheme.book import OrderRefused


def test_an_order_code_is_paid_by_whichever_wallet_scans_it(desk):
    """The code is of the published shape; the scanning wallet's currency is charged."""
    answer, code = desk.show()
    assert answer.result.result_code == "PAYMENT_IN_PROCESS"
    assert answer.payment_time is None
    assert re.fullmatch(r"https://[a-z.]+/28199904\d{4}[0-9A-Za-z]{24}", code)
    offer = desk.scheme.customers.scan(code, "Alipay")
    assert (offer.merchant_name, str(offer.price), str(offer.charge)) == (
        "Fjord Kafe",
        "129.00 NOK",
        "90.61 CNY",
    )
    assert desk.inquire().payment_status == "PROCESSING"
    desk.scheme.customers.approve("alipay", offer.payment_id)
    paid = desk.inquire()
    assert (paid.payment_status, paid.psp_customer_info.psp_name) == ("SUCCESS", "AlipayCN")
    assert paid.actual_payment_amount.value == "9061"


def test_a_declined_order_fails(desk):
    """The customer says no: the shop is told."""
    _, code = desk.show()
    offer = desk.scheme.customers.scan(code, "vipps")
    desk.scheme.customers.decline("vipps", offer.payment_id)
    assert desk.inquire().payment_status == "FAIL"


def test_an_order_code_expires(desk, clock):
    """An expired code cannot be scanned, and its payment has failed."""
    answer, code = desk.show()
    assert answer.order_code_form.expire_time == "2026-03-01T11:03:01+00:00"
    clock.advance(minutes=3)
    with pytest.raises(OrderRefused, match="expired"):
        desk.scheme.customers.scan(code, "vipps")
    assert desk.inquire().payment_status == "FAIL"


def test_a_scanned_order_expires_too(desk, clock):
    """A customer who opened the order and then did nothing cannot pay after its time."""
    _, code = desk.show()
    offer = desk.scheme.customers.scan(code, "vipps")
    clock.advance(minutes=3)
    assert desk.inquire().payment_status == "FAIL"
    assert desk.scheme.customers.approve("vipps", offer.payment_id).code == "ORDER_IS_CLOSED"


@pytest.mark.parametrize("end", ["paid", "cancelled"])
def test_a_closed_order_cannot_be_scanned(desk, end):
    """A code that was paid or cancelled is closed for everybody."""
    _, code = desk.show()
    if end == "cancelled":
        desk.cancel()
    else:
        offer = desk.scheme.customers.scan(code, "vipps")
        desk.scheme.customers.approve("vipps", offer.payment_id)
    with pytest.raises(OrderRefused, match="closed") as refusal:
        desk.scheme.customers.scan(code, "epassi")
    assert refusal.value.code == "ORDER_IS_CLOSED"


def test_an_order_belongs_to_the_first_who_scans_it(desk):
    """The same customer may scan again; another customer or wallet may not."""
    _, code = desk.show()
    customers = desk.scheme.customers
    first = customers.scan(code, "vipps", "Kari")
    assert customers.scan(code, "vipps", "Kari") == first
    for wallet, name in (("vipps", "Ola"), ("alipay", "Li Na")):
        with pytest.raises(OrderRefused):
            customers.scan(code, wallet, name)


def test_an_unknown_order_code_is_refused(desk):
    """A code of somebody else's is not ours."""
    with pytest.raises(OrderRefused, match="not an order code"):
        desk.scheme.customers.scan("https://qr.alipay.com/abc", "alipay")


def test_an_entry_code_is_answered_with_a_page(desk):
    """The wallet's browser is sent on, and the payment is open."""
    answer = desk.pay(scenario="EntryCode")
    assert answer.redirect_action_form.redirect_url.startswith("https://")
    assert answer.order_code_form is None
    assert desk.inquire().payment_status == "PROCESSING"
