"""Races: threads and processes with the same requests on the same database file."""

import subprocess
import sys
import threading

from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from tests.scheme.conftest import Desk, check_agreement, pay_request


def test_many_threads_paying_one_id_charge_once(shared_database, clock):
    """Eight threads with the same request: one charge, one answer."""
    with Store.open(shared_database) as store:
        desk = Desk(open_scheme(store, clock), clock)
        request = pay_request(code=desk.code("alipay"))
        ready = threading.Barrier(8)
        answers = []

        def pay() -> None:
            ready.wait(10)
            desk.scheme.book.pay("till-1", request)
            answers.append(desk.inquire().payment_status)

        threads = [threading.Thread(target=pay) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert answers == ["SUCCESS"] * 8
        assert [row["kind"] for row in statement(store)["wallets"]] == ["charge"]
        check_agreement(store)


RACER = """
import sys
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.wire import CancelRequest, PayRequest, load

url, raw = sys.argv[1], sys.argv[2].encode()
with Store.open(url) as store:
    book = open_scheme(store).book
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(10):
        wire = raw.replace(b"RACE", b"race-%d" % number)
        if len(sys.argv) > 3 and number % 2:
            book.cancel("till-1", CancelRequest(payment_request_id="race-%d" % number))
        print(book.pay("till-1", load(PayRequest, wire)).result.result_status, flush=True)
"""


def test_two_processes_racing_the_same_ids_charge_each_once(shared_database):
    """Two switches on one file get the same ten requests, one of them cancelling every other:
    each id is charged at most once, and the books agree with the wallets.
    """
    with Store.open(shared_database) as store:
        scheme = open_scheme(store)
        code = "https://qr.vipps.no/28/2/01/031/4799999901?v=1"  # not single-use
        request = pay_request("RACE", code=code, value=100)
        raw = request.model_dump_json(by_alias=True, exclude_none=True)
        racers = [
            subprocess.Popen(
                [sys.executable, "-c", RACER, shared_database, raw, *extra],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for extra in ([], ["cancel"])
        ]
        try:
            assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 2
            for racer in racers:
                racer.stdin.write("go\n")
                racer.stdin.flush()
            outputs = [racer.communicate(timeout=60)[0].split() for racer in racers]
        finally:
            for racer in racers:
                racer.kill()
                racer.wait()
        assert [len(output) for output in outputs] == [10, 10]
        for row in scheme.customers.waiting("vipps"):
            scheme.customers.approve("vipps", row.payment_id)
        payments = statement(store)["payments"]
        assert len(payments) == 10
        assert {row["state"] for row in payments[1::2]} == {"CANCELLED"}
        assert {row["state"] for row in payments[::2]} == {"SUCCEEDED"}
        check_agreement(store)
