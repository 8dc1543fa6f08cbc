"""`pos bench switch` in small: it measures what it says, on books that are sound."""

import subprocess
import sys

import psycopg
import pytest

from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.wire import InquiryPaymentRequest
from tests.scheme.conftest import check_agreement

MERCHANTS, USERS, PAYMENTS = 30, 300, 900
SALES = 20
FIXTURES = """
    SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indrelid::regclass::text, indisunique::text, indkey::text FROM pg_index
    WHERE indrelid::regclass::text !~ '^pg_'
    UNION ALL SELECT tgrelid::regclass::text, tgenabled::text, tgfoid::regproc::text
    FROM pg_trigger
"""


def bench(cluster, *options: str) -> subprocess.CompletedProcess[str]:
    """The command, on the tests' own server."""
    return subprocess.run(
        [sys.executable, "-m", "pos", "bench", "switch", "--database", cluster.url(), *options],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def ratio(output: str, name: str) -> float:
    """The figure of that name."""
    (line,) = (line for line in output.splitlines() if line.startswith(name))
    return float(line.removeprefix(name).split()[0])


def database(cluster, name: str) -> str:
    """The URL of a database that the command has made."""
    return cluster.url(f"samkassa_bench_{name}")


def furnishing(url: str) -> list[tuple[str, ...]]:
    """Keys, indexes and triggers of all tables."""
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(FIXTURES).fetchall())


def test_the_switch_and_its_limit_are_measured_side_by_side(cluster):
    """One line for each number of processes, and as many payments in the books as were asked."""
    done = bench(cluster, "--processes", "1", "--sales", str(SALES))
    assert "of the limits were missed" in done.stderr or done.returncode == 0, done.stderr
    assert 0 < ratio(done.stdout, "switch / limit, 1 process") < 10
    with Store.open(database(cluster, "speed")) as store:
        check_agreement(store)
    counts = []
    for name in ("speed", "bare"):
        with psycopg.connect(database(cluster, name)) as connection:
            (row,) = connection.execute("""
                SELECT (SELECT count(*) FROM payment WHERE state = 'SUCCEEDED'),
                    (SELECT count(*) FROM payment_route), (SELECT count(*) FROM entry),
                    (SELECT count(*) FROM wallet_code WHERE used_by IS NOT NULL),
                    (SELECT count(*) FROM wallet_charge WHERE state = 'paid'),
                    (SELECT count(*) FROM wallet_movement WHERE kind = 'charge')
            """)
            counts.append(row)
    switch, limit = counts
    assert switch[0] == SALES * 6  # one round more, to become warm
    assert limit[0] == SALES * 5
    # The limit writes, for each payment, just as many rows as the switch does.
    assert [count / switch[0] for count in switch] == [count / limit[0] for count in limit]


@pytest.fixture(scope="module")
def loaded(cluster) -> str:
    """What the command prints when it compares an empty database with a filled one."""
    done = bench(
        cluster, "--loaded", "--merchants", str(MERCHANTS), "--users", str(USERS),
        "--payments", str(PAYMENTS), "--sales", str(SALES),
    )  # fmt: skip
    assert "p99" in done.stdout, done.stderr
    return done.stdout


def test_an_empty_database_and_a_loaded_one_are_compared(loaded):
    """Median and p99, and what was loaded is said."""
    assert f"{MERCHANTS} merchants, {USERS} users, {PAYMENTS} past payments" in loaded
    assert ratio(loaded, "median of pay, loaded / empty") > 0
    assert ratio(loaded, "p99 of pay, loaded / empty") > 0


def test_what_is_loaded_is_as_if_it_had_been_paid(cluster, loaded):
    """Books and wallets agree, a past payment can be asked for, and nothing of the tables is lost:
    keys, indexes and triggers are those of a database that was never filled.
    """
    assert loaded
    url = database(cluster, "loaded")
    assert furnishing(url) == furnishing(cluster_fresh(cluster))
    with Store.open(url) as store, open_scheme(store) as scheme:
        check_agreement(store)
        with store.read() as connection:
            query = "SELECT client_id, payment_id FROM payment ORDER BY paid_at_ms LIMIT 1"
            client_id, payment_id = connection.exec_driver_sql(query).one()
        asked = InquiryPaymentRequest(payment_id=payment_id)
        answer = scheme.book.inquire_payment(client_id, asked)
        assert answer.payment_status == "SUCCESS"
        assert answer.payment_time is not None


def cluster_fresh(cluster) -> str:
    """The URL of a database with the switch's tables, as the switch makes them."""
    url = cluster.new_database("unfilled")
    Store.open(url).close()
    return str(url)


def test_without_a_server_the_remedy_is_told(cluster):
    """One sentence, and no trace of a program."""
    done = subprocess.run(
        [sys.executable, "-m", "pos", "bench", "switch", "--database", cluster.url("nowhere")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "--database" in done.stderr
    assert "Traceback" not in done.stderr
