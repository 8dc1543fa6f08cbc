"""From tables to a database: making them, knowing their version, and bringing them up to date.

Apart from the tables so that partitions, triggers and versions, which differ between SQLite and
PostgreSQL, do not obscure what is kept.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, inspect, select

from pos.errors import SettingsError
from pos.scheme import (
    outbox_tables,  # noqa: F401 - its tables are of the same metadata
    promotion_tables,  # noqa: F401 - its tables are made with the others
    witness_tables,  # noqa: F401 - likewise
)
from pos.scheme.tables import APPEND_ONLY, BALANCED, metadata

# The newest migration, in migrations/versions; they are numbered, so that text compares them.
REVISION = "0001"
PARTITIONS = 8  # by client; on one server, or spread over several
_BRINGING_UP = 0x73616D6B  # two processes that start at once take this advisory lock in turn
_VERSIONS = Path(__file__).with_name("migrations")

# Alembic's own table, by its names.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))

_REFUSE_FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
# Whatever is added at once is balanced by itself, so all of it is. Looking at what was added costs
# next to nothing; looking for the rest of it would cost more than adding it.
_BALANCE_FUNCTION = """
CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM added GROUP BY client_id, tx, currency HAVING sum(value) <> 0;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of % do not sum to zero', TG_ARGV[0]
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$
"""


def bring_up(connection: Connection) -> None:
    """Make the tables in an empty database. Raises SettingsError for another version's.

    Within the transaction of `connection`: either all of it is there afterwards, or nothing.
    """
    if found_revision(connection) is None:
        _wait_for_turn(connection)
        if found_revision(connection) is None:
            create(connection)
            _version.create(connection)
            connection.execute(insert(_version).values(version_num=REVISION))
    _check(connection)


def create(connection: Connection) -> None:
    """Every table with its indexes, partitions and triggers."""
    metadata.create_all(connection, checkfirst=False)
    for statement in _furnishing(connection.dialect.name):
        # As it stands: a percent sign in a function is no placeholder.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def found_revision(connection: Connection) -> str | None:
    """The version of the tables; None in an empty database, "" for tables without a version."""
    present = inspect(connection)
    if present.has_table(_version.name):
        return connection.execute(select(_version.c.version_num)).scalar()
    return "" if present.has_table("payment") else None


def migrate(engine: Engine) -> tuple[str | None, str]:
    """Bring the database to REVISION, or leave it as it was; the versions before and after.

    Raises SettingsError for tables that no migration leads on from.
    """
    # Here, so that a switch that has nothing to migrate does not load it.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    settings = Config()
    settings.set_main_option("script_location", str(_VERSIONS))
    settings.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(settings)

    def steps(revision: object, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs(REVISION, revision)  # type: ignore[arg-type]

    with engine.connect() as connection, connection.begin():
        _wait_for_turn(connection)
        before = found_revision(connection)
        _check_can_be_led_on(before)
        with EnvironmentContext(settings, scripts, fn=steps) as environment:
            environment.configure(connection=connection, target_metadata=metadata)
            try:
                environment.run_migrations()
            except CommandError:
                raise SettingsError(
                    f"No migration leads on from the database's version {before}; bring it to "
                    "this one with the switch that came in between."
                ) from None
    return before, REVISION


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_BRINGING_UP})")


def _check(connection: Connection) -> None:
    found = found_revision(connection)
    if found == REVISION:
        return
    _check_can_be_led_on(found)
    raise SettingsError(
        f"The switch's database has tables of version {found}, and this switch needs {REVISION}; "
        "stop every switch on it and run `pos scheme migrate`."
    )


def _check_can_be_led_on(found: str | None) -> None:
    if found == "":
        raise SettingsError(
            "The database has tables that carry no version of this switch; name another with "
            "--database."
        )
    if found is not None and found > REVISION:
        raise SettingsError(
            f"The switch's database has tables of version {found}, newer than this switch knows "
            f"({REVISION}); update the switch, or name another with --database."
        )


def _furnishing(dialect: str) -> Iterator[str]:
    """What SQLAlchemy does not make of the tables: partitions and triggers."""
    if dialect == "sqlite":
        for table in _marked(APPEND_ONLY):
            for verb in ("UPDATE", "DELETE"):
                yield (
                    f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                    f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
                )
        return
    for table in metadata.sorted_tables:
        yield from _partitions(table)
    yield _REFUSE_FUNCTION
    yield _BALANCE_FUNCTION
    for table in _marked(APPEND_ONLY):
        yield (
            f"CREATE TRIGGER {table.name}_no_change BEFORE UPDATE OR DELETE ON {table.name} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change('{table.name}')"
        )
        for name in (table.name, *_partition_names(table)):
            yield (
                f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('{table.name}')"
            )
    for table in _marked(BALANCED):
        for name in (table.name, *_partition_names(table)):
            yield (
                f"CREATE TRIGGER {name}_balanced AFTER INSERT ON {name} "
                "REFERENCING NEW TABLE AS added FOR EACH STATEMENT "
                f"EXECUTE FUNCTION require_balance('{table.name}')"
            )


def _marked(mark: str) -> list[Table]:
    return [table for table in metadata.sorted_tables if table.info.get(mark)]


def _partition_names(table: Table) -> list[str]:
    if table.dialect_options["postgresql"]["partition_by"] is None:
        return []
    return [f"{table.name}_{number}" for number in range(PARTITIONS)]


def _partitions(table: Table) -> Iterator[str]:
    for number, name in enumerate(_partition_names(table)):
        yield (
            f"CREATE TABLE {name} PARTITION OF {table.name} "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
