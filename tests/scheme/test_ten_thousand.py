"""Ten thousand random operations of eight tills while the switches die and are started again.

The whole number of operations takes minutes; `SCHEME_OPERATIONS` and `SCHEME_SEED` say how many
there are, and which.
"""

import os
import random
import time
from collections import Counter
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

import pytest

from pos.scheme.clients import Clients
from pos.scheme.coupons import Coupon
from pos.scheme.promotions import Promotions
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line
from tests.scheme.audit import Books
from tests.scheme.random_tills import RandomTill, Street
from tests.scheme.switches import Switches

OPERATIONS = int(os.environ.get("SCHEME_OPERATIONS", "1000"))
SEED = os.environ.get("SCHEME_SEED", "1")
TILLS = 8
WAIT_S_MAX = 600
# Of each till; the second and the third belong to merchants of other partners.
CURRENCIES = ("NOK", "EUR", "CNY", "NOK", "SEK", "DKK", "NOK", "EUR")
ACQUIRERS = (None, "epassi", "alipay")

# Budgets that run out on the way, one by one and together.
COUPONS = [
    Coupon("a-total", "a", "vipps", "NOK", 40_000, off=500, stacks=True),
    Coupon("b-percent", "b", "vipps", "NOK", 30_000, basis_points=1_000, most=300, stacks=True),
    Coupon("c-count", "c", "alipay", "CNY", 90_000, off=150, least=300, customer_count=25),
    Coupon("d-personal", "d", "epassi", "EUR", 2_500, off=60, customer_budget=1_500),
    # Limits that are reached at many moments, each of which two payments may reach at once.
    *(
        Coupon(f"f-{n}", f"f-{n}", "vipps", "NOK", 9_000, off=5, customer_count=n, stacks=True)
        for n in (4, 9, 16, 25, 36)
    ),
    Coupon("e-threshold", "e", "vipps", "NOK", 4_999, off=1_000, least=3_000),
]


class Deaths:
    """Kills one switch or all of them, about `apart` operations apart, when the seed says."""

    def __init__(self, street: Street, count: int, apart: int, seed: str) -> None:
        self._street = street
        self._count = count
        self._apart = apart
        self._chance = random.Random(f"deaths {seed}")

    def act(self, operations: int) -> None:
        """Until so many operations are done; in the end all live."""
        switches = self._street.switches
        due = self._gap()
        while due < operations:
            if not self._street.reached(due, WAIT_S_MAX):
                return
            everybody = list(range(self._count))
            chosen = (
                everybody if self._chance.random() < 0.25 else self._chance.sample(everybody, 1)
            )
            switches.kill(*chosen)
            for number in chosen:
                switches.start(number)
            due = self._street.done_count + self._gap()

    def _gap(self) -> int:
        return self._chance.randint(self._apart // 2, self._apart * 3 // 2)


@pytest.mark.timeout(WAIT_S_MAX + 120)
@pytest.mark.parametrize(
    ("engine", "count", "operations", "apart"),
    [("postgresql", 2, OPERATIONS, 120), ("sqlite", 1, OPERATIONS // 10, 40)],
)
def test_everything_at_once_while_switches_die(request, tmp_path, engine, count, operations, apart):
    """Ledger sums are zero, no id is charged twice, every acknowledged answer is still true, and
    no budget is overspent.
    """
    sqlite = f"sqlite:///{tmp_path}/switch.db"
    url = sqlite if engine == "sqlite" else request.getfixturevalue("emptied")()
    began = time.monotonic()
    with Store.open(url) as store, open_scheme(store) as scheme:
        Promotions(store, scheme.clock).add(COUPONS)
        keys = [load_private_key(new_private_key()) for _ in range(TILLS)]
        for number, key in enumerate(keys):
            acquirer = ACQUIRERS[number % len(ACQUIRERS)]
            Clients(store).add(f"till-{number}", public_key_line(key), acquirer)
        with Switches(tmp_path, url, count) as switches:
            street = Street(switches, scheme)
            tills = [
                RandomTill(street, f"till-{n}", key, CURRENCIES[n], f"{SEED} {n}")
                for n, key in enumerate(keys)
            ]
            try:
                _act(street, tills, Deaths(street, count, apart, SEED), operations)
            finally:
                for till in tills:
                    till.close()
            assert switches.kill_count > 0
            assert switches.messages.read_text() == ""
    _check(Books(url), tills)
    print(_figures(engine, tills, switches, Books(url), time.monotonic() - began))  # noqa: T201


def _act(street: Street, tills: list[RandomTill], deaths: Deaths, operations: int) -> None:
    with ThreadPoolExecutor(TILLS + 1) as pool:
        working = [pool.submit(till.act, operations // TILLS) for till in tills]
        working.append(pool.submit(deaths.act, operations // TILLS * TILLS))
        done, left = wait(working, WAIT_S_MAX, FIRST_EXCEPTION)
        street.stop()
        for each in done:
            each.result()
        assert not left, "the tills have stopped"
        for each in [pool.submit(till.settle) for till in tills]:
            each.result()


def _check(books: Books, tills: list[RandomTill]) -> None:
    """The rows are sound, and say what the tills were told."""
    books.check()
    payments, refunds = books.payments(), books.refunds()
    for till in tills:
        for sale in till.sales:
            payment_id, state = payments.get((till.client_id, sale.request_id), (None, ""))
            assert payment_id == sale.payment_id, sale
            assert (state == "SUCCEEDED") == (sale.paid and not sale.over), (state, sale)
            assert not (sale.approved and not sale.cancel_sent) or state == "SUCCEEDED", sale
            for refund in sale.refunds.values():
                row = refunds.get((till.client_id, refund.refund_request_id))
                paid = (refund.refund_id, "SUCCEEDED", refund.value)
                assert (row == paid) if refund.paid else (row is None or row[1] == "FAILED"), refund


def _figures(
    engine: str, tills: list[RandomTill], switches: Switches, books: Books, seconds: float
) -> str:
    states = Counter(state for _, state in books.payments().values())
    refunds = Counter(row[1] for row in books.refunds().values())
    left = books.rows("SELECT coupon_id, SUM(value_left) FROM promotion_budget GROUP BY coupon_id")
    return (
        f"{engine}, seed {SEED}: {seconds:.0f} s, {switches.kill_count} deaths, "
        f"{sum(till.lost_count for till in tills)} lost answers, payments {dict(states)}, "
        f"refunds {dict(refunds)}, left of the budgets {[(row[0], int(row[1])) for row in left]}"
    )
