"""PostgreSQL as the switch's database: its pool, its time limits, and what it says when it fails.

Apart from the store so that everything particular to PostgreSQL stands here alone.
Transactions are READ COMMITTED: rules rest on unique keys, on compare-and-set and on rows locked
before they are judged. NOTIFY is never sent: it would make every commit wait for every other.
"""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError

from pos.errors import SettingsError

# Four processes of a switch stay under the hundred connections that a server accepts by default.
TRANSACTIONS_MAX = 12
SINGLE_STATEMENTS_MAX = 8
POOL_WAIT_S_MAX = 5
CONNECT_S_MAX = 3
STATEMENT_MS_MAX = 10_000
LOCK_WAIT_MS_MAX = 4_000
IDLE_IN_TRANSACTION_MS_MAX = 30_000
# A connection may have died of old age in between (a firewall, a proxy): renewed before that.
CONNECTION_AGE_S_MAX = 1_800
# A server that vanished without a word is given up after this long, not after TCP's quarter hour.
UNACKNOWLEDGED_MS_MAX = 10_000
KEEPALIVE_S = 5

_READ_ONLY_TRANSACTION = "25006"


def postgresql_engine(url: URL, *, durable: bool) -> Engine:
    """A pool of connections to the server of `url` for transactions, none of them opened yet.

    The query of the URL is libpq's: several `host=`, `sslmode=`, `target_session_attrs=`. With
    `durable=False` a crash of the server may lose the last transactions: for simulations.
    """
    return _pool(url, "READ COMMITTED", TRANSACTIONS_MAX, durable=durable)


def single_engine(url: URL, *, durable: bool) -> Engine:
    """A pool as the other, where each statement is a transaction.

    A pool of its own, because telling a connection so each time takes longer than a statement.
    """
    return _pool(url, "AUTOCOMMIT", SINGLE_STATEMENTS_MAX, durable=durable)


def _pool(url: URL, isolation: IsolationLevel, connections_max: int, *, durable: bool) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # errors are logged, and rows hold what concerns nobody
        isolation_level=isolation,
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S_MAX,
        pool_recycle=CONNECTION_AGE_S_MAX,
        pool_use_lifo=True,
        connect_args=_settings(url, durable=durable),
    )
    event.listen(engine, "handle_error", _leave_a_standby)
    return engine


def check_durable(engine: Engine) -> None:
    """Raises SettingsError where a commit is answered before it is safe."""
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
    if kept == "off":
        raise SettingsError(
            f"PostgreSQL at {place(engine.url)} answers before a payment is safe on its disk; "
            "set synchronous_commit = on for the switch's database."
        )


def unusable(url: URL, error: DBAPIError) -> SettingsError:
    """What a person is told of a server that cannot be used; never the password."""
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    reason = lines[-1].strip().rstrip(".")
    if url.password:
        reason = reason.replace(str(url.password), "***")
    return SettingsError(
        f"PostgreSQL at {place(url)} does not answer or refuses ({reason}); start it, or check "
        "the address, user and password in --database."
    )


def place(url: URL) -> str:
    """Server and database of `url`, without user and password."""
    hosts = url.query.get("host", url.host or "the local socket")
    named = hosts if isinstance(hosts, str) else ", ".join(hosts)
    port = f":{url.port}" if url.port else ""
    return f"{named}{port}, database {url.database or 'of the user'}"


def _settings(url: URL, *, durable: bool) -> dict[str, Any]:
    limits = {
        "statement_timeout": STATEMENT_MS_MAX,
        "lock_timeout": LOCK_WAIT_MS_MAX,
        # A plan for one value of many saves nothing here; making it anew for each, among the
        # partitions, takes longer than the statement.
        "plan_cache_mode": "force_generic_plan",
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS_MAX,
    }
    options = [f"-c {name}={value}" for name, value in limits.items()]
    if not durable:
        options.append("-c synchronous_commit=off")
    settings = {
        "options": " ".join(options),
        "connect_timeout": CONNECT_S_MAX,
        "application_name": "samkassa",
        "tcp_user_timeout": UNACKNOWLEDGED_MS_MAX,
        "keepalives_idle": KEEPALIVE_S,
        "keepalives_interval": KEEPALIVE_S,
        # Of several hosts the primary, also after another one took over.
        "target_session_attrs": "read-write",
    }
    return {name: value for name, value in settings.items() if name not in url.query}


def left_to_a_standby(error: object) -> bool:
    """Whether the server takes no writes any more, and so is no primary."""
    return getattr(error, "sqlstate", None) == _READ_ONLY_TRANSACTION


def _leave_a_standby(context: ExceptionContext) -> None:
    """All connections to a server that is no primary are given up."""
    if left_to_a_standby(context.original_exception):
        context.is_disconnect = True
