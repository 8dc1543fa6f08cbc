"""What those who run a switch rely on: health, measures, and work that goes on by itself."""

import json
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from pos.commands.switch import switch
from pos.errors import WrongUse
from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.measures import Measures
from pos.scheme.operations import Health, Watchers
from pos.scheme.partners import PartnerUnreachable
from pos.scheme.pursuit import AT_ONCE_MAX, QUIET_MS, Pursuit
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.scheme.targets import AllowList
from pos.scheme.worker import Worker, working
from pos.switch.signature import (
    Signer,
    content_to_sign,
    load_private_key,
    new_private_key,
    public_key_line,
)
from pos.switch.wire import PATHS, dump
from tests.scheme.conftest import CLIENT, Clock, Desk, pay_request
from tests.scheme.listening import MerchantServer

TILL_KEY = load_private_key(new_private_key())
SWITCH_KEY = load_private_key(new_private_key())


class Wallets:
    """The line to every wallet, which can be cut."""

    def __init__(self) -> None:
        self.cut = False

    def reach(self, wallet):
        """`wallet` at the end of this line."""
        line = self

        class Reached:
            name, psp_name, currency = wallet.name, wallet.psp_name, wallet.currency

            def __getattr__(self, call):
                if line.cut:
                    raise PartnerUnreachable(call)
                return getattr(wallet, call)

        return Reached()


@pytest.fixture
def line():
    """The line to the wallets."""
    return Wallets()


@pytest.fixture
def desk(store, clock, line):
    """A desk whose wallets can be out of reach."""
    chance = random.Random(7).randbytes
    return Desk(open_scheme(store, clock, chance, reach=line.reach), clock)


@pytest.fixture
def pursuit(store, desk, clock):
    """What drives on by itself."""
    return Pursuit(store, desk.scheme.book, clock)


def states(store: Store) -> list[str]:
    """The state of every payment."""
    return [row["state"] for row in statement(store)["payments"]]


def test_an_unfinished_cancellation_is_finished(store, desk, line, pursuit):
    """The wallet was out of reach when the till cancelled; nobody asks, and it is cancelled."""
    before = desk.balance()
    desk.pay()
    assert desk.balance() < before
    line.cut = True
    assert desk.cancel().result.result_status == "U"
    pursuit.drive_on()
    assert states(store) == ["CANCELLING"]
    line.cut = False
    pursuit.drive_on()
    assert states(store) == ["CANCELLED"]
    assert desk.balance() == before


def test_an_unfinished_refund_is_finished(store, desk, line, pursuit):
    """The same of a refund; the customer gets her money once."""
    before = desk.balance()
    paid = desk.pay(value=12_900)
    line.cut = True
    assert desk.refund(paid.payment_id, 900).result.result_status == "U"
    line.cut = False
    pursuit.drive_on()
    pursuit.drive_on()
    assert [row["state"] for row in statement(store)["refunds"]] == ["SUCCEEDED"]
    assert before - desk.balance() == 12_000


def test_a_code_that_nobody_opened_closes(store, desk, clock, pursuit):
    """After its time the order is closed without being asked for; before, nothing happens."""
    desk.show()
    pursuit.drive_on()
    assert states(store) == ["NEW"]
    clock.advance(minutes=4)
    pursuit.drive_on()
    assert states(store) == ["FAILED"]


def test_a_payment_that_the_till_asks_for_is_left_to_it(store, desk, clock, pursuit):
    """Only after a minute the switch asks by itself, and closes it when its time is over."""
    desk.pay(code=desk.code(behaves="silent"))
    asked = "SELECT asked_count FROM wallet_charge"
    pursuit.drive_on()
    with store.read() as connection:
        assert connection.exec_driver_sql(asked).scalar() == 0
    clock.advance(milliseconds=QUIET_MS)
    pursuit.drive_on()
    with store.read() as connection:
        assert connection.exec_driver_sql(asked).scalar() == 1
    clock.advance(minutes=10)
    pursuit.drive_on()
    assert states(store) == ["FAILED"]


def test_what_cannot_be_ended_does_not_keep_it_from_the_rest(store, desk, line, pursuit):
    """A bounded part at a time, each time the next one, then from the beginning."""
    for number in range(AT_ONCE_MAX):
        desk.show(f"r-{number:04}")
        desk.clock.advance(milliseconds=1)
    desk.pay("last")
    line.cut = True
    desk.cancel("last")
    desk.clock.advance(minutes=4)
    line.cut = False
    assert pursuit.drive_on()
    assert not pursuit.drive_on()
    assert set(states(store)) == {"FAILED", "CANCELLED"}


def test_one_that_cannot_be_ended_does_not_stop_the_others(store, desk, line, pursuit):
    """A payment of a wallet that is no more waits, and the next one is driven on."""
    desk.pay("r-1")
    desk.pay("r-2")
    line.cut = True
    desk.cancel("r-1")
    desk.cancel("r-2")
    line.cut = False
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE payment SET wallet = 'gone' WHERE request_id = 'r-1'")
    pursuit.drive_on()
    assert sorted(states(store)) == ["CANCELLED", "CANCELLING"]


def test_a_worker_goes_on_after_a_fault_and_stops_when_told():
    """A fault is logged and outlived; after `stop` there is no more."""
    steps = threading.Semaphore(0)
    done = []

    def act() -> bool:
        done.append(len(done))
        steps.release()
        if len(done) == 2:
            raise RuntimeError("a fault")
        return len(done) < 4

    worker = Worker("test", act, 0.01, 0.01)
    with working(worker):
        for _ in range(6):
            assert steps.acquire(timeout=10)
    assert not worker.alive
    assert done == list(range(len(done)))
    worker.stop()


@pytest.fixture
def running(store, desk, clock):
    """A switch that answers, with its measures."""
    Clients(store, clock).add(CLIENT, public_key_line(TILL_KEY))
    measures = Measures(store, desk.scheme.book.rates_day)
    app = create_app(
        desk.scheme.book,
        Clients(store, clock),
        Signer(SWITCH_KEY),
        clock=clock,
        measures=measures,
    )
    with RunningSwitch(app) as answering:
        yield answering, measures


def call(url: str, name: str, body: bytes) -> dict:
    """A signed call, and what came back."""
    time = "2026-03-01T12:00:01+01:00"
    content = content_to_sign("POST", PATHS[name], CLIENT, time, body)
    headers = {
        "client-id": CLIENT,
        "request-time": time,
        "signature": Signer(TILL_KEY).header(content),
    }
    return requests.post(url + PATHS[name], data=body, headers=headers, timeout=20).json()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_measures_count_calls_and_what_is_open(store, desk, running):
    """By call and result code, with times; what is open is read from the database."""
    answering, measures = running
    AllowList(store).allow(CLIENT, "http://localhost:9/paid")
    paid = pay_request("r-1", code=desk.code())
    paid = paid.model_copy(update={"payment_notify_url": "http://localhost:9/paid"})
    call(answering.url, "pay", dump(paid))
    call(answering.url, "pay", dump(pay_request("r-2", code="281031020000000000000000")))
    call(answering.url, "pay", b"{}")
    desk.show("r-3")
    measures.notified("DELIVERED")
    found = samples(requests.get(f"{answering.url}/metrics", timeout=10).text)
    for code in ("SUCCESS", "INVALID_PAYMENT_CODE", "PARAM_ILLEGAL"):
        assert found["samkassa_call_seconds_count", "pay", code] == 1
        assert found["samkassa_call_seconds_sum", "pay", code] > 0
    assert found["samkassa_open_payments", "NEW"] == 1
    assert found["samkassa_open_refunds",] == 0
    assert found["samkassa_outbox",] == 1
    assert found["samkassa_database_up",] == 1
    assert found["samkassa_notifications_total", "DELIVERED"] == 1


def test_nobody_else_is_in_the_measures(desk, running):
    """Neither a payment, nor a code, nor a caller can be told from them."""
    answering, _ = running
    code = desk.code()
    answer = call(answering.url, "pay", dump(pay_request("r-secret", code=code)))
    text = requests.get(f"{answering.url}/metrics", timeout=10).text
    for private in (code, "r-secret", answer["paymentId"], CLIENT, "Kari", "Fjord"):
        assert private not in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_the_measures_are_not_read_through_a_proxy(running, header):
    """Who comes by way of a proxy is not on this machine, whatever the proxy's address is."""
    answering, _ = running
    told = requests.get(f"{answering.url}/metrics", headers={header: "127.0.0.1"}, timeout=10)
    assert told.status_code == 403
    assert "samkassa_" not in told.text


@pytest.mark.parametrize(
    ("networks", "host", "admitted"),
    [
        ((), "127.0.0.1", True),
        ((), "::1", True),
        ((), "::ffff:127.0.0.1", True),
        ((), "10.1.2.3", False),
        ((), "testclient", False),
        (("10.1.0.0/16",), "10.1.2.3", True),
        (("10.1.0.0/16",), "::ffff:10.1.2.3", True),
        (("10.1.0.0/16",), "10.2.0.1", False),
        (("10.1.0.0/16",), "127.0.0.1", True),
        (("fd00::/8",), "fd00::1", True),
    ],
)
def test_who_may_read_the_measures(networks, host, admitted):
    """This machine, and the networks that were named."""
    from fastapi import Request

    request = Request({"type": "http", "client": (host, 5), "headers": []})
    assert Watchers.of(networks).admit(request) is admitted


def test_a_network_that_is_none_is_told_in_a_sentence(tmp_path):
    """Before anything is opened."""
    with pytest.raises(WrongUse, match="--metrics"):
        Watchers.of(["everybody"])
    result = CliRunner().invoke(switch, ["--metrics", "10.1.0.1/16", "--state", str(tmp_path)])
    assert isinstance(result.exception, WrongUse)
    assert not (tmp_path / "switch").exists()


def test_health_is_the_databases(running):
    """200 while it answers, on both engines."""
    answering, _ = running
    told = requests.get(f"{answering.url}/health", timeout=10)
    assert (told.status_code, told.json()) == (200, {"status": "ok"})


def test_health_without_a_database(cluster):
    """The server is killed: 503 within the time limits, and good again once it is back."""
    url = cluster.new_database("health")
    with Store.open(url) as store:
        now = [0.0]
        health = Health(store, lambda: now[0])
        clients = Clients(store)
        app = create_app(open_scheme(store).book, clients, Signer(SWITCH_KEY))
        with RunningSwitch(app) as answering:
            assert health.good()
            cluster.kill()
            try:
                assert health.good()  # as it was, within the second
                now[0] = 1.0
                assert not health.good()
                told = requests.get(f"{answering.url}/health", timeout=20)
                assert (told.status_code, told.json()) == (503, {"status": "no database"})
                measures = requests.get(f"{answering.url}/metrics", timeout=20)
                assert samples(measures.text)["samkassa_database_up",] == 0
            finally:
                cluster.start()
            now[0] = 2.0
            assert health.good()


class Started:
    """`pos switch` as a process of its own."""

    def __init__(self, state, database, *options):
        (state / "till.pub").write_text(public_key_line(TILL_KEY))
        command = [sys.executable, "-m", "pos", "switch", "--port", "0", "--state", str(state)]
        self.process = subprocess.Popen(
            [*command, f"--trust={CLIENT}={state / 'till.pub'}", "--database", database, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line.startswith("switch ready on "), self.process.stderr.read()
        self.url = line.removeprefix("switch ready on ").strip()

    def close(self) -> None:
        """Make sure that it is gone."""
        self.process.kill()
        self.process.communicate()


def test_a_stop_waits_for_the_requests_in_flight(tmp_path, cluster):
    """SIGTERM while a payment waits for the database: it is answered in full, then all stops."""
    database = cluster.new_database("stopped")
    started = Started(tmp_path, database, "--no-phone")
    try:
        with Store.open(database) as store:
            code = open_scheme(store).customers.new_code("vipps")
        body = dump(pay_request("r-1", code=code))
        with psycopg.connect(database) as held, ThreadPoolExecutor(1) as pool:
            held.execute("LOCK TABLE payment IN EXCLUSIVE MODE")
            answer = pool.submit(call, started.url, "pay", body)
            wait_for_lock(database)
            started.process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                started.process.wait(0.5)
            held.commit()
            assert answer.result(20)["result"]["resultCode"] == "SUCCESS"
        assert started.process.wait(20) == 0
        assert started.process.stderr.read() == ""
    finally:
        started.close()


def wait_for_lock(database: str) -> None:
    """Return once somebody waits for a lock in `database`."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(database, autocommit=True) as watching:
        for _ in range(2_000):
            if watching.execute(waits).fetchone() != (0,):
                return
            watching.execute("SELECT pg_sleep(0.01)")  # twenty seconds at most
    raise AssertionError("Nobody waits for the lock.")


def test_a_started_switch_notifies_and_pursues_by_itself(tmp_path, shared_database):
    """Of two processes on one database: the merchant is told once, and the open order closes."""
    merchant = MerchantServer()
    running = [Started(tmp_path, shared_database, "--no-phone") for _ in range(2)]
    try:
        with Store.open(shared_database) as store:
            AllowList(store).allow(CLIENT, merchant.url)
            clock = Clock()
            scheme = open_scheme(store)
            old = open_scheme(store, clock)  # long ago, so it is over by now
            Desk(old, clock).show("shown")
            bodies = []
            for number in range(6):
                request = pay_request(f"r-{number}", code=scheme.customers.new_code("vipps"))
                url = f"{merchant.url}/paid"
                bodies.append(dump(request.model_copy(update={"payment_notify_url": url})))
            paid = [call(running[n % 2].url, "pay", body) for n, body in enumerate(bodies)]

            def over() -> bool:
                return len(merchant.heard) >= 6 and "NEW" not in states(store)

            waiting = threading.Event()
            for _ in range(300):
                if over():
                    break
                waiting.wait(0.05)
            assert over()
        for started in running:
            started.process.send_signal(signal.SIGTERM)
        assert [started.process.wait(20) for started in running] == [0, 0]
        told = [json.loads(heard.body)["paymentId"] for heard in merchant.heard]
        assert sorted(told) == sorted(each["paymentId"] for each in paid)
    finally:
        for started in running:
            started.close()
        merchant.close()
