"""The switch's books by bare SQL: what must hold in them after anything at all.

Apart from the product's own statement of its books, and sharing nothing with it: the rows are read
as any database client would read them.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

# Each finds rows that must not be there.
FORBIDDEN = {
    "a transaction does not sum to zero": """
        SELECT client_id, tx, currency, SUM(value) FROM entry
        GROUP BY client_id, tx, currency HAVING SUM(value) <> 0""",
    "a paid payment is not captured once": """
        SELECT p.payment_id, p.state, COUNT(DISTINCT e.tx) FROM payment p LEFT JOIN entry e
        ON e.client_id = p.client_id AND e.tx = 'capture:' || p.payment_id
        GROUP BY p.payment_id, p.state
        HAVING p.state = 'SUCCEEDED' AND COUNT(DISTINCT e.tx) <> 1""",
    "what is not paid has entries": """
        SELECT p.payment_id, p.state, e.account, e.currency, SUM(e.value) FROM payment p
        JOIN entry e ON e.client_id = p.client_id AND e.payment_id = p.payment_id
        WHERE p.state IN ('FAILED', 'CANCELLED')
        GROUP BY p.payment_id, p.state, e.account, e.currency HAVING SUM(e.value) <> 0""",
    "a wallet charged an id twice, or gave back what it did not take": """
        SELECT payment_id, COUNT(CASE WHEN kind = 'charge' THEN 1 END), SUM(value)
        FROM wallet_movement WHERE payment_id IS NOT NULL GROUP BY payment_id
        HAVING COUNT(CASE WHEN kind = 'charge' THEN 1 END) <> 1 OR SUM(value) > 0""",
    "a wallet kept another sum than the books say": """
        SELECT p.payment_id, p.state, p.customer_value, r.back, m.kept FROM payment p
        LEFT JOIN (SELECT payment_id, SUM(customer_value) AS back FROM refund
            WHERE state = 'SUCCEEDED' GROUP BY payment_id) r ON r.payment_id = p.payment_id
        LEFT JOIN (SELECT payment_id, -SUM(value) AS kept FROM wallet_movement
            GROUP BY payment_id) m ON m.payment_id = p.payment_id
        WHERE COALESCE(m.kept, 0) <> CASE WHEN p.state = 'SUCCEEDED'
            THEN p.customer_value - COALESCE(r.back, 0) ELSE 0 END""",
    "a wallet moved money of no payment": """
        SELECT m.payment_id, m.kind FROM wallet_movement m LEFT JOIN payment p
        ON p.payment_id = m.payment_id WHERE m.payment_id IS NOT NULL AND p.payment_id IS NULL""",
    "a wallet's account is not what the wallet moved": """
        SELECT a.account, a.value, m.value FROM
        (SELECT account, SUM(value) AS value FROM entry WHERE account LIKE 'wallet:%'
            GROUP BY account) a
        LEFT JOIN (SELECT 'wallet:' || wallet AS account, -SUM(value) AS value
            FROM wallet_movement WHERE payment_id IS NOT NULL GROUP BY wallet) m
        ON m.account = a.account WHERE a.value <> COALESCE(m.value, 0)""",
    "a merchant is owed another sum than was paid and not refunded": """
        SELECT p.client_id, SUM(p.value), r.back, e.owed FROM payment p
        LEFT JOIN (SELECT client_id, SUM(value) AS back FROM refund
            WHERE state = 'SUCCEEDED' GROUP BY client_id) r ON r.client_id = p.client_id
        LEFT JOIN (SELECT client_id, -SUM(value) AS owed FROM entry
            WHERE account LIKE 'merchant:%' GROUP BY client_id) e ON e.client_id = p.client_id
        WHERE p.state = 'SUCCEEDED' GROUP BY p.client_id, r.back, e.owed
        HAVING SUM(p.value) - COALESCE(r.back, 0) <> COALESCE(e.owed, 0)""",
    "more was refunded than was paid": """
        SELECT p.payment_id, p.value, SUM(r.value) FROM payment p JOIN refund r
        ON r.client_id = p.client_id AND r.payment_id = p.payment_id
        WHERE r.state <> 'FAILED' GROUP BY p.payment_id, p.value HAVING SUM(r.value) > p.value""",
    "a refund is done but not paid, or paid but not done": """
        SELECT r.refund_id, r.state, r.customer_value, m.value FROM refund r
        LEFT JOIN wallet_movement m ON m.kind = 'refund' AND m.reference = r.refund_id
        WHERE COALESCE(m.value, 0) <> CASE WHEN r.state = 'SUCCEEDED'
            THEN r.customer_value ELSE 0 END""",
    "a customer spent more than she has": """
        SELECT wallet, customer, SUM(value) FROM wallet_movement
        GROUP BY wallet, customer HAVING SUM(value) < 0""",
    "something is still open": """
        SELECT payment_id, state FROM payment
        WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
        UNION ALL SELECT refund_id, state FROM refund WHERE state = 'PENDING'""",
    "a budget is overspent, or what is left of it is not what was not spent": """
        SELECT p.coupon_id, p.budget, b.left_over, u.spent FROM promotion p
        JOIN (SELECT coupon_id, SUM(value_left) AS left_over, MIN(value_left) AS least
            FROM promotion_budget GROUP BY coupon_id) b ON b.coupon_id = p.coupon_id
        LEFT JOIN (SELECT coupon_id, SUM(value) AS spent FROM promotion_use
            WHERE state <> 'RELEASED' GROUP BY coupon_id) u ON u.coupon_id = p.coupon_id
        WHERE b.least < 0 OR b.left_over + COALESCE(u.spent, 0) <> p.budget""",
    "a customer has had more of a coupon than she may, or other than was counted": """
        SELECT c.coupon_id, c.used_count, c.used_value, u.times, u.value
        FROM promotion_customer c JOIN promotion p ON p.coupon_id = c.coupon_id
        LEFT JOIN (SELECT coupon_id, customer, COUNT(*) AS times, SUM(value) AS value
            FROM promotion_use WHERE state <> 'RELEASED' GROUP BY coupon_id, customer) u
        ON u.coupon_id = c.coupon_id AND u.customer = c.customer
        WHERE c.used_count > COALESCE(p.customer_count, c.used_count)
            OR c.used_value > COALESCE(p.customer_budget, c.used_value)
            OR c.used_count <> COALESCE(u.times, 0) OR c.used_value <> COALESCE(u.value, 0)""",
    "a coupon is spent without a payment, or given to one that came to nothing": """
        SELECT p.payment_id, p.state, u.state FROM promotion_use u JOIN payment p
        ON p.client_id = u.client_id AND p.payment_id = u.payment_id
        WHERE u.state <> CASE WHEN p.state = 'SUCCEEDED' THEN 'SPENT' ELSE 'RELEASED' END""",
    "a wallet's marketing account is not what its coupons saved": """
        SELECT p.wallet, SUM(COALESCE(p.saved_value, 0)), r.back, e.owed FROM payment p
        LEFT JOIN (SELECT q.wallet, SUM(f.saved_value) AS back FROM refund f JOIN payment q
            ON q.client_id = f.client_id AND q.payment_id = f.payment_id
            WHERE f.state = 'SUCCEEDED' GROUP BY q.wallet) r ON r.wallet = p.wallet
        LEFT JOIN (SELECT account, SUM(value) AS owed FROM entry
            WHERE account LIKE 'marketing:%' GROUP BY account) e
        ON e.account = 'marketing:' || p.wallet
        WHERE p.state = 'SUCCEEDED' GROUP BY p.wallet, r.back, e.owed
        HAVING SUM(COALESCE(p.saved_value, 0)) - COALESCE(r.back, 0) <> COALESCE(e.owed, 0)""",
}


@dataclass(frozen=True)
class Books:
    """The database at `url`, read only."""

    url: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._connected() as connection:
            return [tuple(row) for row in connection.execute(query).fetchall()]

    def check(self) -> None:
        """Nothing that is forbidden is there."""
        found = {fault: self.rows(query)[:5] for fault, query in FORBIDDEN.items()}
        assert not any(found.values()), {fault: rows for fault, rows in found.items() if rows}

    def payments(self) -> dict[tuple[str, str], tuple[str, str]]:
        """(client, request id) -> (payment id, state)."""
        query = "SELECT client_id, request_id, payment_id, state FROM payment"
        return {(row[0], row[1]): (row[2], row[3]) for row in self.rows(query)}

    def refunds(self) -> dict[tuple[str, str], tuple[str, str, int]]:
        """(client, refund request id) -> (refund id, state, value)."""
        query = "SELECT client_id, refund_request_id, refund_id, state, value FROM refund"
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in self.rows(query)}

    def _connected(self) -> Any:
        if self.url.startswith("sqlite"):
            return closing(sqlite3.connect(make_url(self.url).database or ""))
        return psycopg.connect(self.url)
