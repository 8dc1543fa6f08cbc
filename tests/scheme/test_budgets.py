"""A budget under eight threads at once, with declined and cancelled payments among them."""

import random
import threading
from collections import Counter

import pytest
from sqlalchemy import func, select

from pos.scheme.budgets import budgets_left, count_use, draw
from pos.scheme.coupons import Coupon
from pos.scheme.promotion_tables import UseState, promotion_customer, promotion_use
from pos.scheme.promotions import Promotions
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from tests.scheme.conftest import Clock, Desk

THREADS = 8
PAYMENTS = 12  # of each thread


@pytest.mark.parametrize(
    ("budget", "customer_count"), [(30_500, None), (900_000, 7)], ids=["total", "customer"]
)
def test_no_budget_is_overspent_by_eight_threads(shared_database, budget, customer_count):
    """Each thread has a store and a book of its own, like a process; two coupons stack.

    Some pay, some are declined, some cancel: what is spent is what was charged less, and neither
    budget is exceeded; when it is short, it is used to the end.
    """
    coupons = [
        Coupon(
            "a", "a", "vipps", "NOK", budget, off=1_000, customer_count=customer_count, stacks=True
        ),
        Coupon("b", "b", "vipps", "NOK", 90_000, basis_points=500, most=700, stacks=True),
    ]  # fmt: skip
    start, faults = threading.Barrier(THREADS), []

    def work(number: int) -> None:
        try:
            with Store.open(shared_database, durable=False) as store:
                chance = random.Random(number)
                desk = Desk(open_scheme(store, Clock(), chance.randbytes), Clock())
                desk.scheme.book.promotions.running()
                start.wait(60)
                for each in range(PAYMENTS):
                    behaves = chance.choice(["pays", "pays", "pays", "declines"])
                    name = f"r-{number}-{each}"
                    desk.pay(name, f"till-{number}", code=desk.code(behaves=behaves))
                    if chance.random() < 0.2:
                        desk.cancel(name, f"till-{number}")
        except BaseException as fault:  # told by the test's own thread
            start.abort()
            faults.append(fault)

    with Store.open(shared_database, durable=False) as store:
        scheme = open_scheme(store, Clock())
        scheme.book.promotions.add(coupons)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        _check(Desk(scheme, Clock()), budget, customer_count)


def test_limits_hold_for_those_who_all_saw_room_before(shared_database):
    """Eight who were told together that three uses are left: three are counted and drawn for."""
    coupon = Coupon("c", "c", "vipps", "NOK", 3_999, off=1_000, customer_count=3)
    start, counted, drawn = threading.Barrier(THREADS), [], []

    def work() -> None:
        with Store.open(shared_database, durable=False) as store:
            start.wait(60)
            with store.write() as connection:
                counted.append(count_use(connection, coupon, "who", 1_000))
            with store.write() as connection:
                drawn.append(draw(connection, coupon, 1_000) is not None)

    with Store.open(shared_database, durable=False) as store:
        Promotions(store, Clock()).add([coupon])
        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (counted.count(True), drawn.count(True)) == (3, 3)
        with store.read() as connection:
            assert budgets_left(connection, ["c"]) == {"c": 999}


def _check(desk: Desk, budget: int, customer_count: int | None) -> None:
    books = statement(desk.scheme.store)
    assert books["unbalanced"] == []
    states = Counter(payment["state"] for payment in books["payments"])
    assert set(states) == {"SUCCEEDED", "FAILED", "CANCELLED"}
    rows = {row.coupon.coupon_id: row for row in desk.scheme.book.promotions.spending()}
    for row in rows.values():
        assert row.left + row.spent == row.coupon.budget
        assert row.left >= 0
        assert row.reserved == 0
    funded = [b["value"] for b in books["balances"] if b["account"] == "marketing:vipps"]
    assert funded == [rows["a"].spent + rows["b"].spent]
    assert desk.balance() == 5_000_000 - states["SUCCEEDED"] * 12_900 + funded[0]
    with desk.scheme.store.read() as connection:
        held = select(func.count()).where(
            promotion_use.c.coupon_id == "a", promotion_use.c.state == UseState.SPENT
        )
        used_count = connection.execute(held).scalar_one()
        counted = connection.execute(select(promotion_customer.c.used_count)).scalars().all()
    assert used_count * 1_000 == rows["a"].spent
    if customer_count is not None:
        assert counted == [used_count]
        assert used_count <= customer_count
    else:
        assert rows["a"].spent <= budget
        # Whoever comes when it is short still gets what the others gave back.
        while desk.pay(f"last-{rows['a'].left}").promotion_result[0].discount.discount_name == "a":
            rows = {row.coupon.coupon_id: row for row in desk.scheme.book.promotions.spending()}
        assert rows["a"].left == 500
