"""Several switches on one database: any may die, any may be asked, and each id is charged once."""

import concurrent.futures
import json
import threading
from contextlib import ExitStack

import psycopg
import pytest

from pos.scheme.partners import PartnerUnreachable
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line
from pos.switch.wire import dump
from tests.scheme.conftest import Clock, Desk, pay_request
from tests.scheme.test_deaths import Line, Reached, check_agreement
from tests.scheme.test_killed import KillableSwitch

PRICE = 500
PAYMENTS = 16
ANSWERS_BEFORE_DEATH = 4
ATTEMPTS_MAX = 5
LOOKS_MAX = 2_000


@pytest.fixture
def key(tmp_path):
    """The till's key, whose public half every switch of the test is started with."""
    private = load_private_key(new_private_key())
    (tmp_path / "till.pub").write_text(public_key_line(private))
    return private


@pytest.fixture
def switches(tmp_path, key, shared_database):
    """A function that starts one more switch on the same database and key folder."""
    with ExitStack() as stack:

        def start() -> KillableSwitch:
            started = KillableSwitch(tmp_path, key, shared_database)
            stack.callback(started.kill)
            return started

        yield start


@pytest.fixture
def bodies(shared_database):
    """Requests to pay by request id, each with a code of its own."""
    with Store.open(shared_database) as store:
        customers = open_scheme(store).customers
        wallets = ("vipps", "epassi", "alipay", "vipps")
        return {
            f"r-{number}": dump(
                pay_request(
                    f"r-{number}", code=customers.new_code(wallets[number % 4]), value=PRICE
                )
            )
            for number in range(PAYMENTS)
        }


def charges(store: Store) -> list[str]:
    """The payment ids that wallets took money for, once for each time."""
    return [row["payment_id"] for row in statement(store)["wallets"] if row["kind"] == "charge"]


def test_the_same_request_to_two_switches_at_once_is_charged_once(
    switches, bodies, shared_database
):
    """Every id goes to both at the same moment: both say S, of the same payment."""
    pair = [switches(), switches()]
    with concurrent.futures.ThreadPoolExecutor(2 * PAYMENTS) as pool:
        asked = {
            request_id: [pool.submit(switch.call, "pay", body) for switch in pair]
            for request_id, body in bodies.items()
        }
        for request_id, calls in asked.items():
            first, second = (call.result() for call in calls)
            assert first["result"]["resultStatus"] == "S", (request_id, first)
            assert second["result"]["resultStatus"] == "S", (request_id, second)
            assert first["paymentId"] == second["paymentId"]
    with Store.open(shared_database) as store:
        assert len(charges(store)) == len(set(charges(store))) == PAYMENTS
        check_agreement(store)


def test_a_till_goes_on_at_another_switch_when_one_is_killed(switches, bodies, shared_database):
    """SIGKILL to one of two in the middle: what it did not answer is repeated at the other, while
    a third starts and takes up what is open. Everything is paid, once.
    """
    first, second = switches(), switches()
    answered: list[str] = []
    enough = threading.Event()

    def pay(request_id: str, body: bytes) -> str:
        found = first.call("pay", body)
        if found is not None:
            answered.append(found["paymentId"])
            if len(answered) == ANSWERS_BEFORE_DEATH:
                enough.set()
        for _ in range(ATTEMPTS_MAX):
            if found is not None and found["result"]["resultStatus"] == "S":
                return found["paymentId"]
            found = second.call("pay", body)
        raise AssertionError((request_id, found))

    with concurrent.futures.ThreadPoolExecutor(PAYMENTS) as pool:
        calls = [pool.submit(pay, request_id, body) for request_id, body in bodies.items()]
        assert enough.wait(60)
        first.kill()
        third = switches()
        paid = [call.result() for call in calls]
    assert set(answered) <= set(paid)
    for request_id, payment_id in zip(bodies, paid, strict=True):
        found = third.call("inquiryPayment", json.dumps({"paymentRequestId": request_id}).encode())
        assert (found["paymentStatus"], found["paymentId"]) == ("SUCCESS", payment_id)
    with Store.open(shared_database) as store:
        assert sorted(charges(store)) == sorted(paid)
        check_agreement(store)


def test_many_recoveries_at_once_end_like_one(shared_database):
    """Four processes start on what a fifth left open; nothing is charged or given back twice."""
    clock = Clock()
    with ExitStack() as stack:
        stores = [stack.enter_context(Store.open(shared_database)) for _ in range(5)]
        line = Line({})
        left = Desk(open_scheme(stores[0], clock, reach=lambda w: Reached(w, line)), clock)
        for number in range(6):
            line.plan = {("charge", "after" if number % 2 else "before"): PartnerUnreachable}
            left.pay(f"charged-{number}", code=left.code())
        for number in range(3):
            left.pay(f"cancelled-{number}", code=left.code())
            line.plan = {("reverse", "after" if number % 2 else "before"): PartnerUnreachable}
            left.cancel(f"cancelled-{number}")
        for number in range(3):
            paid = left.pay(f"refunded-{number}", code=left.code())
            line.plan = {("refund", "after" if number % 2 else "before"): PartnerUnreachable}
            left.refund(paid.payment_id, 1_000, f"rf-{number}")
        clock.advance(minutes=31)
        books = [open_scheme(store, clock).book for store in stores[1:]]
        ready = threading.Barrier(len(books))

        def recover(book) -> int:
            ready.wait(10)
            return book.recover()

        with concurrent.futures.ThreadPoolExecutor(len(books)) as pool:
            list(pool.map(recover, books))
        assert books[0].recover() == 0
        check_agreement(stores[0])
        kinds = [row["kind"] for row in statement(stores[0])["wallets"]]
        assert sorted(set(kinds)) == ["charge", "refund", "reversal"]
        assert [kinds.count(kind) for kind in ("charge", "refund", "reversal")] == [9, 3, 3]


def test_a_connection_cut_in_the_middle_of_a_payment_is_unknown_not_failed(tmp_path, key, emptied):
    """The wallet has charged, and the switch is writing that down, when PostgreSQL drops the
    connection: the answer is U, an inquiry finds it paid, and nothing is charged twice.
    """
    url = emptied()
    with Store.open(url) as store, ExitStack() as stack:
        code = open_scheme(store).customers.new_code("alipay")
        switch = KillableSwitch(tmp_path, key, url)
        stack.callback(switch.kill)
        with (
            psycopg.connect(url, autocommit=True) as watcher,
            psycopg.connect(url) as blocker,
            concurrent.futures.ThreadPoolExecutor(1) as pool,
        ):
            blocker.execute("LOCK TABLE entry IN EXCLUSIVE MODE")
            call = pool.submit(switch.call, "pay", dump(pay_request(code=code)))
            waiting = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                " application_name = 'samkassa' AND datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
            for _ in range(LOOKS_MAX):
                if watcher.execute(waiting).fetchall():
                    break
            answer = call.result()
        assert answer["result"]["resultStatus"] == "U"
        assert answer["result"]["resultCode"] == "UNKNOWN_EXCEPTION"
        assert len(charges(store)) == 1
        found = switch.call("inquiryPayment", b'{"paymentRequestId":"r-1"}')
        assert found["paymentStatus"] == "SUCCESS"
        assert len(charges(store)) == 1
        check_agreement(store)
