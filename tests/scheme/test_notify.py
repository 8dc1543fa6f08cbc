"""Merchants are told of their payments: signed, at the documented times, once it is true."""

import json
import re
import threading
from pathlib import Path

import pytest

from pos.scheme import outbox
from pos.scheme.clients import Clients
from pos.scheme.coupon_table import sample_coupons
from pos.scheme.notify import REST_MS, Notifier
from pos.scheme.outbox import RESEND_AFTER_S, backlog
from pos.scheme.outbox_tables import outbox as outbox_table
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.scheme.targets import AllowList
from pos.switch.signature import (
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
    public_key_line,
)
from tests.scheme.conftest import CLIENT, Clock, Desk, pay_request
from tests.scheme.listening import MerchantServer

GOLDEN = Path(__file__).parents[1] / "switch" / "golden"
SWITCH_KEY = load_private_key(new_private_key())
TILL_KEY = load_private_key(new_private_key())


@pytest.fixture
def merchant():
    """A merchant's server."""
    server = MerchantServer()
    yield server
    server.close()


@pytest.fixture
def outcomes():
    """How the attempts ended, in order."""
    return []


@pytest.fixture
def notifier(store, desk, clock, merchant, outcomes):
    """A notifier, and a till whose merchant may be notified at his server."""
    Clients(store, clock).add(CLIENT, public_key_line(TILL_KEY))
    AllowList(store).allow(CLIENT, f"{merchant.url}/paid")
    wallets = desk.scheme.wallets
    return Notifier(store, wallets, Signer(SWITCH_KEY), clock, observe=outcomes.append)


def pay(desk: Desk, merchant: MerchantServer, request_id="r-1", path="/paid?shop=1", **fields):
    """Pay, asking to be notified; with a fresh code of Vipps if none is given."""
    fields.setdefault("code", desk.code())
    request = pay_request(request_id, **fields)
    request = request.model_copy(update={"payment_notify_url": merchant.url + path})
    return desk.scheme.book.pay(CLIENT, request)


def rows(store: Store) -> list[dict]:
    """What is kept of every notification."""
    with store.read() as connection:
        return [dict(row) for row in connection.execute(outbox_table.select()).mappings()]


def test_a_payment_is_told_of_once(store, desk, notifier, merchant, outcomes):
    """One signed request to the URL asked for; after the acknowledgement nothing more."""
    answer = pay(desk, merchant)
    assert notifier.deliver_next()
    assert not notifier.deliver_next()
    desk.clock.advance(days=2)
    assert not notifier.deliver_next()
    (heard,) = merchant.heard
    assert json.loads(heard.body)["paymentId"] == answer.payment_id
    assert heard.path == "/paid?shop=1"
    fields = {name.lower(): value for name, value in heard.headers.items()}
    assert fields["client-id"] == CLIENT
    assert fields["host"] == f"localhost:{merchant.port}"
    content = content_to_sign("POST", heard.path, CLIENT, fields["request-time"], heard.body)
    Verifier(SWITCH_KEY.public_key()).check(content, fields["signature"])
    assert outcomes == ["DELIVERED"]
    with store.read() as connection:
        assert backlog(connection) == 0


def test_it_says_what_the_golden_file_says(desk, notifier, merchant):
    """Field by field and in that order; only the payment id is made by chance."""
    golden = (GOLDEN / "notifyPayment.request.json").read_text("utf-8")
    desk.scheme.book.promotions.add(
        coupon for coupon in sample_coupons() if coupon.coupon_id == "nordic-spring"
    )
    answer = pay(desk, merchant, "T07-20260301-000042", code=desk.code("alipay"))
    notifier.deliver_next()
    told = json.loads(merchant.heard[0].body)
    # The payment's id is in that of its quote, too.
    expected = json.loads(golden.replace(json.loads(golden)["paymentId"], answer.payment_id))
    assert told == expected
    assert list(told) == list(expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
def test_alipays_own_tools_take_it(desk, notifier, merchant):
    """The published client checks the signature and reads the message; a changed one it refuses."""
    from com.alipay.ams.api.request.notify.alipay_pay_result_notify import AlipayPayResultNotify
    from com.alipay.ams.api.tools.webhook_tool import check_signature
    from rsa.pkcs1 import VerificationError

    answer = pay(desk, merchant)
    notifier.deliver_next()
    heard = merchant.heard[0]
    fields = {name.lower(): value for name, value in heard.headers.items()}

    def good(body: str) -> bool:
        return check_signature(
            "POST", heard.path, CLIENT, fields["request-time"], body,
            fields["signature"], public_key_line(SWITCH_KEY),
        )  # fmt: skip

    assert good(heard.body.decode())
    with pytest.raises(VerificationError):
        good(heard.body.decode().replace("12900", "12901"))
    read = AlipayPayResultNotify(heard.body.decode())
    assert (read.payment_id, read.payment_amount["value"]) == (answer.payment_id, "12900")
    assert read.result.result_status.name == "S"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b""),
        (200, b"ok"),
        (200, b"{}"),
        (201, b'{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}'),
        (200, b'{"result":{"resultCode":"SUCCESS","resultStatus":"U"}}'),
        (200, b'{"result":{"resultCode":"PROCESS_FAIL","resultStatus":"F"}}'),
        (200, b" " * 10_000),
    ],
    ids=range(7),
)
def test_without_an_acknowledgement_it_is_told_eight_times(
    desk, notifier, merchant, outcomes, status, answer
):
    """At 0 s, 2 min, 10 min, 10 min, 1 h, 2 h, 6 h, 15 h, the same each time; then never again."""
    merchant.status, merchant.answer = status, answer
    began = desk.clock.now
    pay(desk, merchant)
    times = []
    for wait_s in RESEND_AFTER_S:
        if wait_s:
            desk.clock.advance(seconds=wait_s - 1)
            assert not notifier.deliver_next()
            desk.clock.advance(seconds=1)
        assert notifier.deliver_next()
        times.append((desk.clock.now - began).total_seconds())
    desk.clock.advance(days=30)
    assert not notifier.deliver_next()
    assert times == [0, 120, 720, 1320, 4920, 12120, 33720, 87720]
    assert len({heard.body for heard in merchant.heard}) == 1
    assert len(merchant.heard) == len(outcomes) == 8
    assert "DELIVERED" not in outcomes


def test_an_acknowledgement_ends_it(desk, notifier, merchant, outcomes):
    """A server that was away is told again, and no more once it has heard."""
    merchant.status = 503
    pay(desk, merchant)
    notifier.deliver_next()
    merchant.status = 200
    desk.clock.advance(minutes=2)
    assert notifier.deliver_next()
    desk.clock.advance(days=1)
    assert not notifier.deliver_next()
    assert outcomes == ["NOT_ACKNOWLEDGED", "DELIVERED"]


@pytest.mark.parametrize("behaves", ["declines", "no-money", "silent"])
def test_nothing_is_told_of_what_did_not_succeed(store, desk, notifier, merchant, behaves):
    """Failed and unknown payments are not told of."""
    pay(desk, merchant, code=desk.code(behaves=behaves))
    desk.clock.advance(hours=1)
    desk.inquire()
    assert not notifier.deliver_next()
    assert rows(store) == []


def test_a_late_success_is_told(desk, notifier, merchant):
    """A customer who approves later is told of when she has."""
    pay(desk, merchant, code=desk.code(behaves="pin"))
    assert not notifier.deliver_next()
    for _ in range(3):
        desk.inquire()
    assert notifier.deliver_next()
    assert json.loads(merchant.heard[0].body)["result"]["resultStatus"] == "S"


def test_a_payment_cancelled_meanwhile_is_not_told_of(store, desk, notifier, merchant, outcomes):
    """That it was paid is true no more, so no attempt is made, now or later."""
    pay(desk, merchant)
    desk.cancel()
    assert notifier.deliver_next()
    desk.clock.advance(days=1)
    assert not notifier.deliver_next()
    assert (merchant.heard, outcomes) == ([], ["CANCELLED"])


def test_the_row_is_written_with_the_success_or_not_at_all(store, desk, notifier, merchant):
    """Where the outbox cannot be written the payment does not succeed here; asked again it does."""
    with store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE outbox RENAME TO elsewhere")
    with pytest.raises(Exception, match="outbox"):
        pay(desk, merchant)
    with store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO outbox")
    assert rows(store) == []
    assert desk.inquire().payment_status == "SUCCESS"
    assert len(rows(store)) == 1
    assert desk.inquire().payment_status == "SUCCESS"
    assert len(rows(store)) == 1


@pytest.mark.parametrize(
    "path", ["/", "/paidx", "/paid/../secret", "/paid/%2e%2e/secret", "//paid"]
)
def test_an_address_that_was_not_allowed_is_not_called(store, desk, notifier, merchant, path):
    """Another path of the same server is another address; the payment itself is good."""
    assert pay(desk, merchant, path=path).result.result_code == "SUCCESS"
    assert not notifier.deliver_next()
    assert rows(store) == []


def test_an_address_that_is_allowed_no_more_is_not_called(
    store, desk, notifier, merchant, outcomes
):
    """What was taken back counts at once, also for what waits."""
    pay(desk, merchant)
    AllowList(store).disallow(CLIENT, f"{merchant.url}/paid")
    assert notifier.deliver_next()
    assert (merchant.heard, outcomes) == ([], ["NOT_ALLOWED"])


def test_what_is_allowed_to_one_client_is_not_to_another(store, desk, notifier, merchant):
    """The list is each client's own."""
    request = pay_request("r-9", code=desk.code())
    request = request.model_copy(update={"payment_notify_url": f"{merchant.url}/paid"})
    desk.scheme.book.pay("till-2", request)
    assert not notifier.deliver_next()
    assert rows(store) == []


def test_a_server_that_fails_does_not_hold_up_the_others(store, desk, notifier, merchant):
    """After a failure its client rests, and another's notification is made at once."""
    Clients(store, desk.clock).add("till-2", public_key_line(TILL_KEY))
    AllowList(store).allow("till-2", merchant.url)
    merchant.status = 500
    for number in range(3):
        pay(desk, merchant, f"r-{number}")
    assert notifier.deliver_next()
    assert not notifier.deliver_next()
    request = pay_request("other", code=desk.code())
    request = request.model_copy(update={"payment_notify_url": f"{merchant.url}/x"})
    desk.scheme.book.pay("till-2", request)
    assert notifier.deliver_next()
    assert [heard.headers["client-id"] for heard in merchant.heard] == [CLIENT, "till-2"]
    desk.clock.advance(milliseconds=REST_MS)
    assert notifier.deliver_next()


def test_many_workers_tell_each_payment_once(shared_database, merchant):
    """Four threads on two stores, as of two processes, and twenty payments: twenty requests."""
    clock = Clock()
    with Store.open(shared_database) as one, Store.open(shared_database) as two:
        desk = Desk(open_scheme(one, clock), clock)
        Clients(one, clock).add(CLIENT, public_key_line(TILL_KEY))
        AllowList(one).allow(CLIENT, merchant.url)
        paid = {pay(desk, merchant, f"r-{number}").payment_id for number in range(20)}
        faults = []

        def work(store: Store) -> None:
            notifier = Notifier(store, desk.scheme.wallets, Signer(SWITCH_KEY), clock)
            try:
                # Nothing to take may only mean that the others were quicker just now.
                while notifier.deliver_next() or any(row["due_at_ms"] for row in rows(store)):
                    pass
            except Exception as fault:
                faults.append(fault)

        threads = [threading.Thread(target=work, args=(store,)) for store in (one, two) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        told = [json.loads(heard.body)["paymentId"] for heard in merchant.heard]
        assert sorted(told) == sorted(paid)


def test_a_death_in_an_attempt_leaves_it_to_the_next(store, desk, notifier, merchant):
    """The attempt was written down before it was made, so nothing is sent too often."""
    pay(desk, merchant)
    now_ms = rows(store)[0]["due_at_ms"]
    attempt = outbox.take(store, now_ms)
    assert attempt is not None
    assert (attempt.number, outbox.take(store, now_ms)) == (1, None)
    desk.clock.advance(minutes=2)
    assert notifier.deliver_next()
    assert (rows(store)[0]["attempt_count"], len(merchant.heard)) == (2, 1)


def test_nothing_secret_is_told(desk, notifier, merchant):
    """Neither the payment code nor the customer's name or number leaves the switch."""
    code = desk.code()
    pay(desk, merchant, code=code)
    notifier.deliver_next()
    body = merchant.heard[0].body.decode()
    assert code not in body
    assert "Kari" not in body
    assert not re.search(r"\+?47\d{8}", body)
