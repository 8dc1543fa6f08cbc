"""A second PostgreSQL that streams from the first, to lose the first one under load.

Apart from the cluster that measurements and proofs start because only a test promotes one.
"""

import time

import psycopg
from psycopg import sql

from pos.bench.cluster import START_S_MAX, Cluster


class Standby(Cluster):
    """A second server that streams what the first one writes, and may take its place.

    From `in_step` on, the first answers no commit before this one has it on its disk.
    """

    NAME = "standby"

    def __init__(self, primary: Cluster) -> None:
        self._primary = primary
        super().__init__(durable=True)

    def in_step(self) -> None:
        """Have the first server wait for this one at every commit."""
        _set(self._primary, "synchronous_standby_names", self.NAME)
        question = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        step_s = 0.02
        with psycopg.connect(self._primary.url(), autocommit=True) as connection:
            for _ in range(int(START_S_MAX / step_s)):
                if connection.execute(question).fetchone() is not None:
                    return
                time.sleep(step_s)
        raise AssertionError(f"The standby was not in step within {START_S_MAX} s.")

    def promote(self) -> None:
        """Be the first server from now on; it takes writes when this returns."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            done = connection.execute("SELECT pg_promote(true, %s)", [START_S_MAX]).fetchone()
        assert done == (True,)

    def url_of_either(self, database: str) -> str:
        """The URL of a database on whichever of the two takes writes."""
        return self._primary.url(database) + f"&host={self.folder}"

    def _make(self) -> None:
        source = f"host={self._primary.folder} user=postgres application_name={self.NAME}"
        self._run(
            "pg_basebackup", "--pgdata", self.folder / "data", "--dbname", source,
            "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
        )  # fmt: skip


def _set(cluster: Cluster, name: str, value: str) -> None:
    """Change a setting of a running server."""
    change = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(change)
        connection.execute("SELECT pg_reload_conf()")
