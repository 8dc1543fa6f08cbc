"""The database behind the switch: made, known by its version, refused in a sentence, kept whole."""

import threading
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from pos.commands.scheme import scheme
from pos.errors import SettingsError
from pos.scheme import migrations
from pos.scheme.schema import REVISION, found_revision
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store, insert_new, migrate_database
from pos.scheme.tables import client, entry, metadata, payment_route

SECRET = "correct-horse-battery"


@pytest.fixture
def new_cluster_database(cluster):
    """A database without any tables on the PostgreSQL server."""
    return cluster.new_database("fresh")


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request, tmp_path) -> str:
    """The URL of a database without any tables, on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/fresh.db"
    return request.getfixturevalue("new_cluster_database")


def set_version(url: str, version: str) -> None:
    """Make the database one of another version of the switch."""
    with Store.open(url) as store, store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_an_empty_database_is_brought_up_once_by_all_who_open_it(fresh):
    """Four at once: each gets its tables, made by one of them."""
    ready = threading.Barrier(4)
    names = []

    def start() -> None:
        ready.wait(10)
        with Store.open(fresh) as store:
            names.append(open_scheme(store).customers.names("vipps"))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(names) == 4
    assert names[0]
    assert all(found == names[0] for found in names)
    with Store.open(fresh) as store:
        balances = {(row["wallet"], row["customer"]) for row in statement(store)["customers"]}
        assert len(balances) == len(statement(store)["customers"])


def test_tables_of_another_version_are_refused_with_the_remedy(fresh):
    """Older ones name the command that brings them up; newer ones want a newer switch."""
    set_version(fresh, "0000")
    with pytest.raises(SettingsError, match="pos scheme migrate"):
        Store.open(fresh)
    with pytest.raises(SettingsError, match="No migration leads on"):
        migrate_database(fresh)


def test_tables_of_a_newer_switch_are_left_alone(fresh):
    """Neither opened nor migrated."""
    set_version(fresh, "9999")
    for refused in (Store.open, migrate_database):
        with pytest.raises(SettingsError, match="update the switch"):
            refused(fresh)


def test_tables_without_a_version_are_left_alone(tmp_path):
    """Another program's database, or one from before versions were kept."""
    url = f"sqlite:///{tmp_path}/other.db"
    with Store.open(url) as store, store.write() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    for refused in (Store.open, migrate_database):
        with pytest.raises(SettingsError, match="--database"):
            refused(url)


def test_migrating_makes_the_tables_that_the_switch_expects(fresh):
    """From nothing, by the migrations alone, to exactly the tables of the code."""
    first, second = (CliRunner().invoke(scheme, ["migrate", "--database", fresh]) for _ in range(2))
    assert first.output == f"the tables were brought from nothing to version {REVISION}\n"
    assert second.output == f"the tables have version {REVISION} already\n"

    def ours(what, name, kind, _reflected, _compared) -> bool:
        # PostgreSQL tells of partitions, and of what leads to them, as tables of their own.
        if kind == "foreign_key_constraint":
            name = what.referred_table.name
        return kind not in ("table", "foreign_key_constraint") or name in metadata.tables

    with Store.open(fresh) as store, store.read() as connection:
        options = {"include_object": ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert found_revision(connection) == REVISION


def test_the_newest_migration_is_the_version_that_the_switch_wants():
    """A step that nobody would take is found here."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == REVISION


def test_what_belongs_to_a_client_has_the_client_in_every_key():
    """Or the tables could not be divided by client."""
    divided = [table for table in metadata.tables.values() if "client_id" in table.c]
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    for table in divided:
        if table.name in ("payment_route", "invite"):
            continue  # what leads to a client
        for constraint in table.constraints:
            assert not isinstance(constraint, kinds) or "client_id" in constraint.columns, table
        assert not any(index.unique for index in table.indexes)
    assert {"payment", "refund", "entry"} <= {table.name for table in divided}


def test_a_row_is_inserted_once(store):
    """The second finds the first, and can read it back."""
    row = {"reference": "p-1", "client_id": "till-1", "request_id": "r-1"}
    with store.write() as connection:
        assert insert_new(connection, payment_route, **row)
        assert not insert_new(connection, payment_route, **row | {"request_id": "r-2"})
        assert connection.execute(select(payment_route.c.request_id)).scalar() == "r-1"


def test_reading_changes_nothing_and_sees_one_state(emptied):
    """On PostgreSQL a reading transaction cannot write, and does not see what comes meanwhile."""
    with Store.open(emptied()) as store:
        with store.read() as reading:
            assert reading.execute(select(payment_route)).all() == []
            with store.write() as connection:
                insert_new(connection, payment_route, reference="p", client_id="c", request_id="r")
            assert reading.execute(select(payment_route)).all() == []
        row = insert(client).values(client_id="x", added_at_ms=0)
        with pytest.raises(DBAPIError, match="read-only"), store.read() as reading:
            reading.execute(row)


@pytest.mark.parametrize("table", ["entry", "wallet_movement", "entry_3"])
def test_not_even_all_entries_at_once_can_be_removed(emptied, table):
    """TRUNCATE passes triggers on rows; PostgreSQL refuses it by one of its own."""
    with psycopg.connect(emptied()) as connection, pytest.raises(psycopg.IntegrityError) as refused:
        connection.execute(f"TRUNCATE {table}")
    assert "append-only" in str(refused.value)


def test_postgresql_refuses_entries_that_do_not_balance(emptied):
    """Whoever writes them, and wherever: what is added at once sums to zero in each currency."""
    url = emptied()
    values = {
        "client_id": "till-1", "tx": "capture:p-1", "payment_id": "p-1", "account": "a", "at_ms": 0,
    }  # fmt: skip
    with Store.open(url) as store:
        with store.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO payment (client_id, request_id, payment_id, state, created_at_ms)"
                    " VALUES ('till-1', 'r-1', 'p-1', 'SUCCEEDED', 0)"
                )
            )
        uneven = [
            values | {"leg": 0, "value": 5, "currency": "NOK"},
            values | {"leg": 1, "value": -5, "currency": "SEK"},
        ]
        with pytest.raises(IntegrityError, match="do not sum to zero"), store.write() as connection:
            connection.execute(insert(entry).values(uneven))
        even = [uneven[0], uneven[1] | {"currency": "NOK"}]
        with store.write() as connection:
            connection.execute(insert(entry).values(even))
            (partition,) = connection.execute(
                text("SELECT tableoid::regclass FROM entry LIMIT 1")
            ).one()
        lonely = (
            f"INSERT INTO {partition} SELECT client_id, 'tx-2', leg, payment_id, account, value, "
        )
        with pytest.raises(IntegrityError, match="do not sum to zero"), store.write() as connection:
            connection.execute(text(lonely + "currency, at_ms FROM entry LIMIT 1"))
        assert len(statement(store)["balances"]) == 1


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"postgresql://kari:{SECRET}@127.0.0.1:1/switch", "127.0.0.1:1, database switch"),
        (f"postgresql://kari:{SECRET}@/switch?host=/nowhere/at/all", "/nowhere/at/all"),
        (f"postgresql:/kari:{SECRET}@host/switch", "--database"),
        (f"postgresql://kari:{SECRET}@host:door/switch", "--database"),
        (f"postgresql://kari:{SECRET}@/switch?host=/nowhere&colour=green", "colour"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_without_its_password(url, told):
    """One sentence with the place and the remedy."""
    with pytest.raises(SettingsError) as refused:
        Store.open(url)
    assert told in str(refused.value)
    assert "--database" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_missing_database_is_told_in_a_sentence(cluster):
    """The server answers, and says what is wrong."""
    with pytest.raises(SettingsError, match='"nowhere" does not exist'):
        Store.open(cluster.url("nowhere"))


def test_a_server_that_answers_before_it_is_safe_is_refused(cluster):
    """Unless a simulation asks for just that."""
    url = cluster.new_database("hasty")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE hasty SET synchronous_commit = off")
    with pytest.raises(SettingsError, match="synchronous_commit = on"):
        Store.open(url)
    Store.open(url, durable=False).close()
