"""The PostgreSQL to measure on: one that is named, or the wheel's, started for the while.

Apart from the wheel's so that the measurements need not know which of the two it is.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pos.bench.cluster import Cluster
from pos.errors import SettingsError

PREFIX = "samkassa_bench_"
# For a machine that does little else, as the server of a switch would be.
SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "max_connections": "200",
}


class Server(Protocol):
    """A PostgreSQL on which databases can be made."""

    def new_database(self, name: str) -> str:
        """Make an empty database, in place of one of that name; its URL."""


class NamedServer:
    """The server of a URL, whose user may make databases; ours begin with `samkassa_bench_`."""

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
        except ArgumentError:
            raise SettingsError(
                "--database takes the URL of a database of an administrator of a PostgreSQL, such "
                "as postgresql://user:password@host/postgres."
            ) from None

    def new_database(self, name: str) -> str:
        """See Server. Raises SettingsError."""
        url = self._url.render_as_string(hide_password=False)
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                database = sql.Identifier(PREFIX + name)
                dropped = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database)
                connection.execute(dropped)
                made = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database)
                connection.execute(made)
        except psycopg.Error as error:
            told = str(error).strip().splitlines()[-1].strip()
            raise SettingsError(
                f"PostgreSQL does not let us measure ({told}); check --database."
            ) from None
        return self._url.set(database=PREFIX + name).render_as_string(hide_password=False)


def open_server(url: str | None) -> AbstractContextManager[Server]:
    """The server of `url`, or the wheel's, which waits for its disk. Raises SettingsError."""
    if url is not None:
        return nullcontext(NamedServer(url))
    return Cluster(durable=True, settings=SETTINGS)
