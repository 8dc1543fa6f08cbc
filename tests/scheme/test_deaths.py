"""Deaths, silences and races: after any of them the switch and the wallets agree."""

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.scheme.partners import PartnerUnreachable
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from tests.scheme.conftest import Clock, Desk, pay_request

CALLS = ("charge", "status", "close", "reverse", "refund")


class Death(BaseException):
    """The process ends here; nothing below catches it."""


Fault = type[BaseException] | Callable[[], object]


@dataclass
class Line:
    """The line from the book to the wallets: once each, it may break, the book may die on it, or
    something else may happen in the meantime.
    """

    plan: dict[tuple[str, str], Fault]

    def strike(self, call: str, when: str) -> None:
        """Let happen what is planned `before` or `after` a call, and not again."""
        fault = self.plan.pop((call, when), None)
        if isinstance(fault, type):
            raise fault
        if fault is not None:
            fault()


class Reached:
    """A wallet at the far end of a line."""

    def __init__(self, wallet, line):
        self.name, self.psp_name, self.currency = wallet.name, wallet.psp_name, wallet.currency
        self._wallet, self._line = wallet, line

    def __getattr__(self, call):
        if call not in CALLS:
            raise AttributeError(call)

        def reach(*arguments):
            self._line.strike(call, "before")
            answer = getattr(self._wallet, call)(*arguments)
            self._line.strike(call, "after")
            return answer

        return reach


def desk_with(store: Store, clock: Clock, **plan: Fault) -> Desk:
    """A desk whose line breaks as planned: `charge_after=Death`."""
    line = Line({tuple(when.rsplit("_", 1)): fault for when, fault in plan.items()})  # type: ignore[misc]
    chance = random.Random(7).randbytes
    return Desk(open_scheme(store, clock, chance, reach=lambda w: Reached(w, line)), clock)


def restarted(desk: Desk) -> Desk:
    """The same database under a new process, which recovers first."""
    scheme = open_scheme(desk.scheme.store, desk.clock, random.Random(8).randbytes)
    scheme.book.recover()
    return Desk(scheme, desk.clock)


def check_agreement(store: Store) -> None:
    """What the wallets moved is what the book says, payment for payment."""
    books = statement(store)
    assert books["unbalanced"] == []
    net: dict[str, int] = {}
    for row in books["wallets"]:
        net[row["payment_id"]] = net.get(row["payment_id"], 0) - row["value"]
    refunded: dict[str, int] = {}
    for row in books["refunds"]:
        if row["state"] == "SUCCEEDED":
            held = refunded.get(row["payment_id"], 0)
            refunded[row["payment_id"]] = held + row["customer_value"]
    for row in books["payments"]:
        key = row["payment_id"]
        charged = row["customer_amount"]["value"] if row["state"] == "SUCCEEDED" else 0
        assert net.get(key, 0) == charged - refunded.get(key, 0), row
    accounts = {
        row["account"]: row["value"]
        for row in books["balances"]
        if row["account"].startswith("wallet:")
    }
    moved: dict[str, int] = {}
    for row in books["wallets"]:
        account = f"wallet:{row['wallet']}"
        moved[account] = moved.get(account, 0) - row["value"]
    assert accounts == moved


@pytest.mark.parametrize("fault", [Death, PartnerUnreachable])
def test_a_death_after_the_charge_is_recovered(store, clock, fault):
    """The wallet has charged and the book does not know: the start asks the wallet first."""
    desk = desk_with(store, clock, charge_after=fault)
    code = desk.code()
    if fault is Death:
        with pytest.raises(Death):
            desk.pay(code=code)
    else:
        assert desk.pay(code=code).result.result_status == "U"
    assert statement(store)["payments"][0]["state"] == "WALLET_PENDING"
    desk = restarted(desk)
    assert statement(store)["payments"][0]["state"] == "SUCCEEDED"
    assert desk.inquire().payment_status == "SUCCESS"
    assert desk.balance() == 5_000_000 - 12_900
    check_agreement(store)


def test_a_death_before_the_charge_leaves_it_open_until_repeated(store, clock):
    """The wallet was never asked: an inquiry says nothing final, a repeated pay goes through."""
    desk = desk_with(store, clock, charge_before=Death)
    code = desk.code()
    with pytest.raises(Death):
        desk.pay(code=code)
    desk = restarted(desk)
    assert desk.inquire().payment_status == "PROCESSING"
    assert desk.pay(code=code).result.result_status == "S"
    check_agreement(store)


def test_a_death_before_the_charge_is_closed_when_its_time_is_over(store, clock):
    """Nobody repeats: the payment fails for good, and a late repeat charges nobody."""
    desk = desk_with(store, clock, charge_before=Death)
    code = desk.code()
    with pytest.raises(Death):
        desk.pay(code=code, expiry="2026-03-01T11:01:01+00:00")
    clock.advance(minutes=1)
    desk = restarted(desk)
    assert desk.inquire().payment_status == "FAIL"
    late = desk.pay(code=code, expiry="2026-03-01T11:01:01+00:00")
    assert late.result.result_status == "F"
    assert desk.balance() == 5_000_000
    check_agreement(store)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [Death, PartnerUnreachable])
@pytest.mark.parametrize("behaves", ["pays", "silent"])
def test_a_cancel_is_acknowledged_only_when_the_wallet_did(store, clock, when, fault, behaves):
    """While the wallet has not acknowledged, the answer is U and the payment is open."""
    desk = desk_with(store, clock, **{f"reverse_{when}": fault})
    desk.pay(code=desk.code(behaves=behaves))
    if fault is Death:
        with pytest.raises(Death):
            desk.cancel()
    else:
        answer = desk.cancel()
        assert (answer.result.result_status, answer.cancel_time) == ("U", None)
    assert statement(store)["payments"][0]["state"] == "CANCELLING"
    assert desk.cancel().result.result_status == "S"
    assert desk.inquire().payment_status == "CANCELLED"
    assert desk.balance() == 5_000_000
    check_agreement(store)


def test_a_cancel_overtakes_a_charge_that_the_book_has_not_seen(store, clock):
    """Charged, unseen, cancelled: given back, and both movements stand in the books."""
    desk = desk_with(store, clock, charge_after=Death)
    with pytest.raises(Death):
        desk.pay(code=desk.code())
    assert desk.cancel().result.result_status == "S"
    kinds = [row["kind"] for row in statement(store)["wallets"]]
    assert kinds == ["charge", "reversal"]
    check_agreement(store)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cancel_overtakes_a_charge_that_is_on_its_way(store, clock, when):
    """The cancel is acknowledged while the charge travels: it arrives, or has arrived, in vain."""
    acknowledged = []
    plan = {f"charge_{when}": lambda: acknowledged.append(desk.cancel().result.result_status)}
    desk = desk_with(store, clock, **plan)
    answer = desk.pay(code=desk.code())
    assert acknowledged == ["S"]
    assert answer.result.result_code == "ORDER_IS_CANCELED"
    assert desk.inquire().payment_status == "CANCELLED"
    assert desk.balance() == 5_000_000
    check_agreement(store)


def test_a_payment_closed_while_its_charge_travels_is_never_charged(store, clock):
    """Its time is over and an inquiry closes it before the charge arrives at the wallet."""

    def time_passes() -> None:
        clock.advance(minutes=2)  # the payment has expired, the customer's code has not
        assert desk.inquire().payment_status == "FAIL"

    desk = desk_with(store, clock, charge_before=time_passes)
    answer = desk.pay(code=desk.code(), expiry="2026-03-01T11:02:00+00:00")
    assert answer.result.result_code == "ORDER_IS_CLOSED"
    assert desk.balance() == 5_000_000
    check_agreement(store)


def test_a_refund_that_comes_while_a_cancel_is_at_the_wallet_is_refused(store, clock):
    """The two cannot both give the money back."""
    refused = []
    plan = {"reverse_before": lambda: refused.append(desk.refund(paid.payment_id, 100).result)}
    desk = desk_with(store, clock, **plan)
    paid = desk.pay()
    assert desk.cancel().result.result_status == "S"
    assert [result.result_code for result in refused] == ["ORDER_IS_CANCELED"]
    check_agreement(store)


def test_a_cancel_that_comes_while_a_refund_is_at_the_wallet_is_refused(store, clock):
    """Nor in the other order."""
    refused = []
    desk = desk_with(store, clock, refund_before=lambda: refused.append(desk.cancel().result))
    paid = desk.pay()
    assert desk.refund(paid.payment_id, 100).result.result_status == "S"
    assert [result.result_code for result in refused] == ["ORDER_STATUS_INVALID"]
    check_agreement(store)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [Death, PartnerUnreachable])
def test_a_refund_survives_a_death(store, clock, when, fault):
    """A pending refund already counts, is paid once, and is finished at the next start."""
    desk = desk_with(store, clock, **{f"refund_{when}": fault})
    paid = desk.pay()
    if fault is Death:
        with pytest.raises(Death):
            desk.refund(paid.payment_id, 12_000)
    else:
        answer = desk.refund(paid.payment_id, 12_000)
        assert answer.result.result_code == "REFUND_IN_PROCESS"
    over = desk.refund(paid.payment_id, 1_000, "rf-2")
    assert over.result.result_code == "REFUND_AMOUNT_EXCEED"
    desk = restarted(desk)
    assert statement(store)["refunds"][0]["state"] == "SUCCEEDED"
    assert desk.refund(paid.payment_id, 12_000).result.result_status == "S"
    assert desk.balance() == 5_000_000 - 900
    check_agreement(store)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay", "inquire", "cancel", "refund", "approve", "wait"]),
        st.integers(0, 2),
        st.sampled_from([None, None, "before", "after"]),
        st.sampled_from([Death, PartnerUnreachable]),
    ),
    max_size=14,
)


@settings(max_examples=60)
@given(steps=STEPS, behaves=st.lists(st.sampled_from(["pays", "silent", "pin"]), min_size=3))
def test_any_history_ends_in_agreement(steps, behaves):
    """Any order of calls on three payments, with a death or a silence around any wallet call,
    ends, once the faults are over, with switch and wallets agreeing and nobody charged twice.
    """
    clock = Clock()
    with Store.open() as store:
        line = Line({})
        chance = random.Random(7).randbytes
        desk = Desk(open_scheme(store, clock, chance, reach=lambda w: Reached(w, line)), clock)
        wallets = ("vipps", "epassi", "alipay")
        codes = [desk.code(w, b) for w, b in zip(wallets, behaves, strict=False)]
        for number, (step, which, when, fault) in enumerate(steps):
            if when is not None:
                line.plan = {(call, when): fault for call in CALLS}
            try:
                _take(desk, step, which, codes[which], number)
            except (Death, LookupError):
                continue
        line.plan = {}
        clock.advance(minutes=31)
        assert desk.scheme.book.recover() == 0
        check_agreement(store)
        charges = [row["payment_id"] for row in statement(store)["wallets"] if row["value"] < 0]
        assert len(charges) == len(set(charges)) <= 3


def _take(desk: Desk, step: str, which: int, code: str, number: int) -> None:
    request_id = f"r-{which}"
    if step == "pay":
        desk.pay(request_id, code=code)
    elif step == "cancel":
        desk.cancel(request_id)
    elif step == "wait":
        desk.clock.advance(minutes=4)
    else:
        payment_id = desk.inquire(request_id).payment_id or "none"
        if step == "refund":
            desk.refund(payment_id, 5_000, f"rf-{number}")
        elif step == "approve":
            desk.scheme.customers.approve(("vipps", "epassi", "alipay")[which], payment_id)


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
