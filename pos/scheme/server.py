"""Running the switch: a listening socket, uvicorn in a thread of its own, a clean stop.

Apart from the app so that a command, a demonstration and a test start the very same server.
"""

import resource
import socket
import ssl
import threading
from pathlib import Path
from typing import Self

import uvicorn
from fastapi import FastAPI

from pos.errors import SettingsError
from pos.scheme.patience import Patience, patient_protocol

START_S_MAX = 20.0
GRACE_S = 2  # for answers on their way when the server is told to stop
STOP_BEYOND_GRACE_S = 3.0
# Longer than any client keeps an idle connection, so that we never close one under a request.
KEEP_ALIVE_S = 75
CONNECTIONS_MAX = 4_000
_FILES_BESIDE_CONNECTIONS = 124  # the database's, the log's, the program's own
_EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - what was asked for, not a default


class Listener:
    """A bound socket, so that the URL is known before what answers there is made.

    `url` is for callers on this machine, `public_url` for telephones and tills on its network.
    Raises SettingsError when host and port cannot be listened on.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, tls: bool = False) -> None:
        self.socket = _listening(host, port)
        bound = self.socket.getsockname()[1]
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{_in_url(host)}:{bound}"
        reached = _own_address(self.socket.family) if host in _EVERY_ADDRESS else host
        self.public_url = f"{scheme}://{_in_url(reached)}:{bound}"

    def close(self) -> None:
        """Stop listening; may be called twice."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RunningSwitch:
    """A switch that answers at `url` until `stop`. Raises SettingsError when it cannot start."""

    def __init__(
        self,
        app: FastAPI,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        listener: Listener | None = None,
        tls_cert: Path | None = None,
        tls_key: Path | None = None,
        patience: Patience | None = None,
        grace_s: int = GRACE_S,
    ) -> None:
        listener = listener or Listener(host, port, tls=tls_cert is not None)
        self._socket = listener.socket
        self.url = listener.url
        self._stop_s_max = grace_s + STOP_BEYOND_GRACE_S
        try:
            self._server = uvicorn.Server(_settings(app, tls_cert, tls_key, patience, grace_s))
        except OSError as error:
            self._socket.close()
            raise SettingsError(
                f"The TLS certificate or key cannot be used ({error}); check --tls-cert and "
                "--tls-key."
            ) from None
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="switch", daemon=True
        )
        self._thread.start()
        self._wait_until_it_answers()

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish what is being answered within `grace_s` seconds; may be called twice."""
        self._server.should_exit = True
        self._thread.join(self._stop_s_max)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_it_answers(self) -> None:
        step_s = 0.005
        for _ in range(int(START_S_MAX / step_s)):
            if self._server.started:
                return
            self._thread.join(step_s)
            if not self._thread.is_alive():
                break
        self.stop()
        raise SettingsError("The switch could not start; see the messages above.")


def _settings(
    app: FastAPI,
    tls_cert: Path | None,
    tls_key: Path | None,
    patience: Patience | None,
    grace_s: int,
) -> uvicorn.Config:
    settings = uvicorn.Config(
        app,
        http=patient_protocol(patience or Patience()),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=grace_s,
        limit_concurrency=connections_max(),
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
    )
    settings.load()  # here, so that a bad certificate is told at once
    if settings.ssl is not None:
        settings.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return settings


def connections_max() -> int:
    """How many connections are taken: fewer than this process may open files, else 503."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    return max(1, min(CONNECTIONS_MAX, files - _FILES_BESIDE_CONNECTIONS))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _own_address(family: socket.AddressFamily) -> str:
    """This machine's address on its network; its loopback address when it is on none."""
    # Addresses kept for documentation (RFC 5737, RFC 3849): a datagram socket that is connected
    # sends nothing, but has chosen the address that it would send from.
    elsewhere = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, 9))
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
        return str(probe.getsockname()[0])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingsError(
            f"The switch cannot listen on {host}:{port} ({error}); choose another --host or --port."
        ) from None
    return listener
