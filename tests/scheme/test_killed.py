"""A switch that is killed for real, in the middle of payments, and started again."""

import concurrent.futures
import http.client
import json
import subprocess
import sys

from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import (
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    load_public_key,
    new_private_key,
    public_key_line,
)
from pos.switch.wire import PATHS, dump
from tests.scheme.conftest import TIME, check_agreement, pay_request

PAYMENTS = 12
ANSWERS_BEFORE_DEATH = 4


class KillableSwitch:
    """`pos switch` as a process of its own, killed without warning."""

    def __init__(self, state, key, database):
        self._signer = Signer(key)
        command = [sys.executable, "-m", "pos", "switch", "--port", "0", "--state", str(state)]
        trust = f"--trust=till-1={state / 'till.pub'}"
        self._process = subprocess.Popen(
            [*command, trust, "--until-eof", "--database", database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline()
        self._port = int(line.rpartition(":")[2])
        self._verifier = Verifier(load_public_key((state / "switch" / "switch.pub").read_text()))

    def call(self, call: str, body: bytes):
        """The signed answer, or None when the connection died."""
        path = PATHS[call]
        signature = self._signer.header(content_to_sign("POST", path, "till-1", TIME, body))
        headers = {"client-id": "till-1", "request-time": TIME, "signature": signature}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        content = content_to_sign("POST", path, "till-1", response.headers["response-time"], raw)
        self._verifier.check(content, response.headers["signature"])
        return json.loads(raw)

    def kill(self) -> None:
        """SIGKILL; may be called twice."""
        self._process.kill()
        self._process.communicate()


def test_a_killed_switch_keeps_its_word(tmp_path, shared_database):
    """Twelve payments at once, SIGKILL after the fourth answer, a new start: whatever was
    answered stays, whatever was not can be asked for and cancelled, and switch and wallets agree.
    """
    key = load_private_key(new_private_key())
    (tmp_path / "till.pub").write_text(public_key_line(key))
    with Store.open(shared_database) as store:
        customers = open_scheme(store).customers
        wallets = ["vipps", "epassi", "alipay"] * 4
        bodies = {
            f"r-{n}": dump(pay_request(f"r-{n}", code=customers.new_code(wallet), value=500))
            for n, wallet in enumerate(wallets)
        }
        first = KillableSwitch(tmp_path, key, shared_database)
        answered = {}
        try:
            with concurrent.futures.ThreadPoolExecutor(PAYMENTS) as pool:
                calls = {pool.submit(first.call, "pay", body): r for r, body in bodies.items()}
                for done in concurrent.futures.as_completed(calls):
                    if done.result() is not None:
                        answered[calls[done]] = done.result()
                    if len(answered) == ANSWERS_BEFORE_DEATH:
                        first.kill()
        finally:
            first.kill()
        second = KillableSwitch(tmp_path, key, shared_database)
        try:
            for request_id in bodies:
                question = json.dumps({"paymentRequestId": request_id}).encode()
                found = second.call("inquiryPayment", question)
                if request_id in answered:
                    assert answered[request_id]["result"]["resultStatus"] == "S"
                    assert found["paymentStatus"] == "SUCCESS"
                    assert found["paymentId"] == answered[request_id]["paymentId"]
                else:
                    cancelled = second.call("cancel", question)
                    assert cancelled["result"]["resultStatus"] == "S"
                    late = second.call("pay", bodies[request_id])
                    assert late["result"]["resultCode"] == "ORDER_IS_CANCELED"
        finally:
            second.kill()
        check_agreement(store)
        kept = sum(-row["value"] for row in statement(store)["wallets"] if row["wallet"] == "vipps")
        assert kept == 500 * sum(wallets[int(r[2:])] == "vipps" for r in answered)
