"""How long the switch's certificate lasts, asked of a real TLS server on this machine."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pos.config import Settings, SwitchSection
from pos.health.diagnosis import Standing
from pos.health.link import certificate


def issued(folder: Path, days: int) -> Path:
    """A certificate of its own for 127.0.0.1, good for so many days yet, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "switch")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


class TlsServer:
    """Shakes hands with whoever connects, and says nothing more."""

    def __init__(self, pem: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            line, _ = self._server.accept()
            with line:
                if self._over.is_set():
                    return
                try:
                    with self._context.wrap_socket(line, server_side=True) as shaken:
                        shaken.recv(1)
                except OSError:  # the till did not like it
                    continue

    def close(self) -> None:
        """Serve no more."""
        self._over.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(30)
        self._server.close()


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[TlsServer, Path]]:
    """A TLS server whose certificate lasts as many days as the test says."""
    pem = issued(tmp_path, request.param)
    running = TlsServer(pem)
    yield running, pem
    running.close()


def settings_for(url: str, ca_file: Path | str = "") -> Settings:
    """A till of the switch at `url`."""
    section = SwitchSection(
        url=url, client_id="t", key="k", public_key="p", ca_file=str(ca_file)
    )  # fmt: skip
    return Settings(switch=section)


@pytest.mark.parametrize(
    ("server", "standing", "word"),
    [
        (300, Standing.GOOD, "300 days"),
        (20, Standing.POOR, "20 days"),
        (2, Standing.FAULT, "2 days"),
        (-1, Standing.FAULT, "expired"),
    ],
    indirect=["server"],
)
def test_the_days_that_are_left_are_told(
    server: tuple[TlsServer, Path], standing: Standing, word: str
) -> None:
    """Three weeks before the end it is to be looked after, three days before it is a fault."""
    running, pem = server
    told = certificate(settings_for(f"https://127.0.0.1:{running.port}", pem))
    assert told.standing is standing
    assert word in told.found
    assert bool(told.remedy) == (standing is not Standing.GOOD)


@pytest.mark.parametrize("server", [300], indirect=True)
def test_a_certificate_of_a_stranger_is_a_fault(server: tuple[TlsServer, Path]) -> None:
    """Signed by nobody that this machine trusts: refused, with what to do."""
    told = certificate(settings_for(f"https://127.0.0.1:{server[0].port}"))
    assert told.standing is Standing.FAULT
    assert "ca_file" in told.remedy


def test_without_https_there_is_no_certificate() -> None:
    """A switch on plain http, or one of the till's own, has none to look after."""
    assert certificate(settings_for("http://127.0.0.1:1")).standing is Standing.ABSENT
    assert certificate(Settings()).standing is Standing.ABSENT
