"""Processes of `pos switch` on one database that die at any moment, and tills that reach them.

Apart from the tests so that whoever asks need not know which of them is alive just now.
"""

import http.client
import json
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pos.switch.signature import (
    SignatureInvalid,
    Signer,
    Verifier,
    content_to_sign,
    load_public_key,
)
from pos.switch.wire import PATHS
from tests.scheme.conftest import TIME

START_S_MAX = 60
ANSWER_S_MAX = 20.0
ATTEMPTS_MAX = 5


class Switches:
    """`count` processes on one database, whose keys and messages lie in `folder`."""

    def __init__(self, folder: Path, database: str, count: int) -> None:
        self._folder = folder
        self._database = database
        self._changed = threading.Condition()
        self._ports: list[int | None] = [None] * count
        self._processes: list[subprocess.Popen[str] | None] = [None] * count
        self.kill_count = 0
        for number in range(count):
            self.start(number)
        line = (folder / "switch" / "switch.pub").read_text()
        self.verifier = Verifier(load_public_key(line))

    def start(self, number: int) -> None:
        """Start a process in the place of one that is dead, and wait until it answers."""
        command = [sys.executable, "-m", "pos", "switch", "--port", "0", "--pay-rate", "0"]
        where = ["--state", str(self._folder), "--database", self._database, "--until-eof"]
        with self.messages.open("a") as messages:
            process = subprocess.Popen(
                [*command, *where],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                text=True,
            )
        self._processes[number] = process
        line = _stdout(process).readline()
        assert "ready" in line, self.messages.read_text()[-2_000:]
        with self._changed:
            self._ports[number] = int(line.rpartition(":")[2])
            self._changed.notify_all()

    def kill(self, *numbers: int) -> None:
        """SIGKILL to these processes, and only then is it known that they are gone."""
        for number in numbers:
            process = self._processes[number]
            if process is not None:
                process.kill()
                process.communicate()
                self.kill_count += 1
            with self._changed:
                self._ports[number] = None
                self._changed.notify_all()

    def port(self, wanted: int) -> int:
        """Where `wanted` answers, or the next one that does; waits for one when none does."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(self._ports), START_S_MAX)
            count = len(self._ports)
            ports = (self._ports[(wanted + step) % count] for step in range(count))
            return next(port for port in ports if port is not None)

    def refused(self, port: int) -> None:
        """Nobody answers at `port`: wait until it is known that its process is gone."""
        with self._changed:
            assert self._changed.wait_for(lambda: port not in self._ports, START_S_MAX)

    @property
    def messages(self) -> Path:
        """The file with all that the processes wrote to standard error."""
        return self._folder / "messages"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            if process is not None:
                process.kill()
                process.communicate()


class Line:
    """One caller's connections to the switches; of one thread at a time."""

    def __init__(self, switches: Switches, client_id: str, key: RSAPrivateKey) -> None:
        self._switches = switches
        self._client_id = client_id
        self._signer = Signer(key)
        self._connections: dict[int, http.client.HTTPConnection] = {}
        self.lost_count = 0

    def call(
        self, call: str, body: bytes, wanted: int, wait_s: float = ANSWER_S_MAX
    ) -> dict[str, Any] | None:
        """The signed answer of whichever switch gave one; None after some attempts without.

        Each attempt is at the next switch, with the same content.
        """
        for attempt in range(ATTEMPTS_MAX):
            answer = self._attempt(call, body, self._switches.port(wanted + attempt), wait_s)
            if answer is not None:
                return answer
            self.lost_count += 1
        return None

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections.values():
            connection.close()

    def _attempt(self, call: str, body: bytes, port: int, wait_s: float) -> dict[str, Any] | None:
        path = PATHS[call]
        signature = self._signer.header(content_to_sign("POST", path, self._client_id, TIME, body))
        headers = {"client-id": self._client_id, "request-time": TIME, "signature": signature}
        if port not in self._connections:
            self._connections[port] = http.client.HTTPConnection("127.0.0.1", port)
        connection = self._connections[port]
        connection.timeout = wait_s
        if connection.sock is not None:
            connection.sock.settimeout(wait_s)
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            raw = response.read()
        except ConnectionRefusedError:
            self._switches.refused(port)
            return None
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        time = response.headers["response-time"]
        with suppress(SignatureInvalid):
            content = content_to_sign("POST", path, self._client_id, time, raw)
            self._switches.verifier.check(content, response.headers["signature"])
            answer: dict[str, Any] = json.loads(raw)
            return answer
        return None


def _stdout(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout
