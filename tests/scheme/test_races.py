"""Races: threads and processes with the same requests on the same database file."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from pos.scheme.clients import Clients
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.stickers import Seller, Stickers
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line
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


def at_once(act, count: int = 8) -> list[object]:
    """What `act(number)` returned in each of `count` threads that begin together."""
    ready = threading.Barrier(count)

    def wait_and_act(number: int) -> object:
        ready.wait(10)
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(wait_and_act, range(count)))


def test_a_caller_that_is_registered_many_times_at_once_is_one_caller(shared_database, clock):
    """Nobody is told of a fault, and one of the keys is good."""
    lines = [public_key_line(load_private_key(new_private_key())) for _ in range(8)]
    with Store.open(shared_database) as store:
        for attempt in range(5):
            client = f"till-{attempt}"
            at_once(lambda number, client=client: Clients(store, clock).add(client, lines[number]))
            (row,) = Clients(store, clock).rows(client)
            assert (row["version"], row["state"]) == (1, "good")
            assert row["public_key"] in lines


def test_a_sticker_that_is_issued_many_times_at_once_is_one_sticker(shared_database, clock):
    """Everybody is given the same one to print."""
    with Store.open(shared_database) as store:
        stickers = Stickers(store, open_scheme(store, clock).book, clock)
        seller = Seller("Fjord Kafe", "M-0001", "OSL-1", "5814", "NOK")
        key = public_key_line(load_private_key(new_private_key()))
        Clients(store, clock).add("till-1", key)
        for attempt in range(5):
            issued = at_once(lambda _, to=f"T{attempt}": stickers.issue("till-1", to, seller))
            assert len({sticker.sticker_id for sticker in issued}) == 1
